// A server that runs for long: 100,000 calls, 1,000 legacy sessions that are ended and 1,000 that are abandoned, and
// calls that clients go away from, leave memory, timers and handlers as they were.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { server } from './index.js';
import { jsonSchema } from './schema/json-schema.js';
import { HttpClient, META } from './testing/http-client.js';
import { pair, type Receiver } from './transport.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

/** What is alive: bytes, and what the process still waits for. */
async function alive() {
  // What the last calls have left is gone a turn later.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external, waits: process.getActiveResourcesInfo().length };
}

/** Memory is level if it grew by less than what the engine keeps for itself: 20 bytes a call would be more. */
function requireLevel(before: Awaited<ReturnType<typeof alive>>, after: typeof before): void {
  const { bytes } = before;
  const grown = after.bytes - bytes;
  assert.ok(grown < bytes / 20 + 1_000_000, `${bytes} bytes before, ${grown} more after`);
  assert.ok(after.waits <= before.waits, `${before.waits} waits before, ${after.waits} after`);
}

function start() {
  const running = { handlers: 0 };
  const soaked = server('soaked', '1.0.0', { diagnostics: () => {} })
    .tool(
      'add',
      { input: jsonSchema({ type: 'object', properties: { a: { type: 'integer' } } }) },
      ({ a = 0 }) => ({ sum: a + 1 }),
    )
    .tool('later', {}, async () => {
      running.handlers++;
      await new Promise((resolve) => setImmediate(resolve));
      running.handlers--;
      return 'done';
    })
    .tool('wait', {}, async (_, { signal }) => {
      running.handlers++;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      running.handlers--;
    });
  return { soaked, running };
}

test('a hundred thousand calls leave nothing behind', async () => {
  const { soaked, running } = start();
  const [here, there] = pair();
  soaked.connect(here);
  let answers = 0;
  let wake = () => {};
  const receiver: Receiver = {
    message(text) {
      assert.ok(text.includes('"result"'), text);
      answers++;
      wake();
    },
    tooLong() {},
    ended() {},
  };
  there.open(receiver);
  const texts = ['add', 'later'].map((name) => (id: number) => {
    const params = { name, arguments: {}, _meta: META };
    return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
  });
  const calls = async (count: number) => {
    const wanted = answers + count;
    for (let sent = 0; sent < count; sent += 100) {
      for (let at = 0; at < 100; at++) there.send(texts[at % 2]!(at));
      while (answers < wanted - count + sent + 100) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  };
  await calls(10_000);
  const before = await alive();
  await calls(100_000);
  requireLevel(before, await alive());
  assert.equal(running.handlers, 0);
});

test('a thousand sessions leave nothing behind, whether ended or abandoned', async () => {
  const { soaked, running } = start();
  const service = soaked.http({ maxSessions: 100 });
  const open = async () => {
    const client = new HttpClient(service);
    await client.initialize('2025-11-25');
    assert.equal((await client.post(LIST)).status, 200);
    return client;
  };
  const rounds = async (count: number) => {
    for (let at = 0; at < count; at++) {
      const client = await open();
      // One that would never end.
      const gone = new AbortController();
      const call = { ...LIST, method: 'tools/call', params: { name: 'wait' } };
      const answer = client.send('POST', call, {}, gone.signal);
      assert.equal((await client.send('DELETE')).status, 204);
      await (await answer).body?.cancel();
      assert.equal((await client.post(LIST)).status, 404);
    }
    for (let at = 0; at < count; at++) await open();
  };
  // More than there is room for, so that those to come replace those that are there.
  await rounds(200);
  const before = await alive();
  await rounds(1_000);
  requireLevel(before, await alive());
  assert.equal(running.handlers, 0);
  service.close();
});

test('calls that modern clients go away from leave nothing behind', async () => {
  const { soaked, running } = start();
  const client = new HttpClient(soaked.http());
  const headers = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'wait',
  };
  const rounds = async (count: number) => {
    for (let at = 0; at < count; at++) {
      const gone = new AbortController();
      const params = { name: 'wait', _meta: META };
      const answer = client.send(
        'POST',
        { ...LIST, method: 'tools/call', params },
        headers,
        gone.signal,
      );
      while (running.handlers === 0) await new Promise((resolve) => setImmediate(resolve));
      gone.abort();
      await answer;
    }
  };
  await rounds(200);
  const before = await alive();
  await rounds(1_000);
  requireLevel(before, await alive());
  assert.equal(running.handlers, 0);
});
