// What a client does about calls that are broken off: each row of the table is put to the test, on real sockets and
// real processes.

import assert from 'node:assert/strict';
import { spawn as spawnProcess, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { connect, LIMITS, McpError, server, type Client, type Era } from './index.js';
import { listen, spawn } from './node.js';
import { RECOVERY, type RecoveryRow } from './protocol/recovery.js';
import { jsonSchema } from './schema/json-schema.js';
import { faulty, type Cut } from './testing/faulty.js';
import { CACHED, event, json, open, reply, stream } from './testing/scripted.js';
import type { Heard } from './testing/scripted.js';
import { script, serve } from './testing/serving.js';

const ERAS: readonly Era[] = ['modern', 'legacy'];

/** The rows that a test was declared for. */
const tested = new Set<string>();

function nameOf({ failed, sent, repeatable }: RecoveryRow) {
  const words: string[] = [failed];
  if (sent !== undefined) words.push(`sent=${sent}`);
  if (repeatable !== undefined) words.push(`repeatable=${repeatable}`);
  return words.join(' ');
}

/** A test of a row of the table, which is given to it. */
function row(
  which: string,
  name: string,
  body: (row: RecoveryRow, context: TestContext) => Promise<void>,
): void {
  const found = RECOVERY.find((one) => nameOf(one) === which);
  assert.ok(found, `there is no row ${which}`);
  tested.add(which);
  test(`${which}: ${name}`, { timeout: 20_000 }, (context) => body(found, context));
}

/** A client that is closed with its test. */
async function client(context: TestContext, url: string, mode: Era): Promise<Client> {
  const connected = await connect(url, { mode, diagnostics: () => {} });
  context.after(() => connected.close());
  return connected;
}

async function proxy(context: TestContext, to: string, what: string, cuts: Cut[]) {
  const made = await faulty(to, what, cuts);
  context.after(() => made.close());
  return made;
}

/** A server that counts what it has done. */
function counting() {
  const done = { times: 0 };
  const counted = server('counting', '1')
    .resource('text://read', {}, () => {
      done.times++;
      return 'read';
    })
    .tool('call', { input: jsonSchema({ type: 'object' }) }, () => {
      done.times++;
      return 'called';
    });
  return { server: counted, done };
}

async function failureOf(work: Promise<unknown>): Promise<McpError> {
  const error = await work.then(
    () => assert.fail('expected a failure'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof McpError, String(error));
  return error;
}

/** Holds an error to what the row says of the outcome. */
function holds(row: RecoveryRow, error: McpError, otherwise: McpError['kind']): void {
  assert.equal(error.kind, row.outcomeUnknown ? 'outcome_unknown' : otherwise, error.message);
  if (row.outcomeUnknown) assert.match(error.message, /: whether .+ was carried out is not known$/);
}

row(
  'unreachable',
  'a server that is not there yet is waited for within bounds',
  async (it, context) => {
    const place = createServer();
    await new Promise<void>((resolve) => place.listen(0, '127.0.0.1', resolve));
    const { port } = place.address() as AddressInfo;
    await new Promise((resolve) => place.close(resolve));
    const url = `http://127.0.0.1:${port}/mcp`;
    const began = performance.now();
    const error = await failureOf(connect(url));
    holds(it, error, 'unreachable');
    const pauses = LIMITS.connectPause * (2 ** it.atMost - 1);
    assert.ok(
      performance.now() - began >= pauses - 5,
      'it has come back as often as the table says',
    );
    // It comes while the client waits.
    const connecting = client(context, url, 'modern');
    await serve(context, counting().server, { port });
    await connecting;
  },
);

for (const mode of ERAS) {
  row('interrupted repeatable=true', `sent again, ${mode}`, async (it, context) => {
    const cases: [cut: Cut, times: number][] = [
      ['before', 1],
      ['during', 1],
      ['after', 2],
    ];
    for (const [cut, times] of cases) {
      const { server, done } = counting();
      const { url, cuts } = await proxy(context, await serve(context, server), 'resources/read', [
        cut,
      ]);
      const connected = await client(context, url, mode);
      const { contents } = await connected.readResource('text://read');
      assert.equal((contents[0] as { text: string }).text, 'read', cut);
      assert.deepEqual([cuts, done.times], [[], times], cut);
    }
    const { server, done } = counting();
    const always: Cut[] = ['after', 'after', 'after'];
    const { url } = await proxy(context, await serve(context, server), 'resources/read', always);
    const error = await failureOf((await client(context, url, mode)).readResource('text://read'));
    holds(it, error, 'closed');
    assert.equal(done.times, 1 + it.atMost, 'no more often than the table says');
  });

  row('interrupted repeatable=false', `not sent again, ${mode}`, async (it, context) => {
    const cases: [cut: Cut, times: number][] = [
      ['before', 0],
      ['during', 0],
      ['after', 1],
    ];
    for (const [cut, times] of cases) {
      const { server, done } = counting();
      const { url } = await proxy(context, await serve(context, server), 'tools/call', [cut, cut]);
      const connected = await client(context, url, mode);
      const error = await failureOf(connected.callTool('call'));
      holds(it, error, 'closed');
      assert.equal(done.times, times, cut);
      // A caller that knows better says so.
      const result = await connected.callTool('call', {}, { repeatable: true });
      assert.deepEqual(result.structuredContent, { result: 'called' });
    }
  });
}

row(
  'interrupted repeatable=false',
  'a modern stream is not asked for again',
  async (it, context) => {
    const made = await script(context, (heard) => {
      const params = { progressToken: 1, progress: 1 };
      const told = { jsonrpc: '2.0', method: 'notifications/progress', params };
      return heard.discovery() ?? stream(event('1-1', told));
    });
    const error = await failureOf((await client(context, made.url, 'modern')).callTool('call'));
    holds(it, error, 'closed');
    assert.match(error.message, /the stream ended before the answer/);
    assert.deepEqual(made.asked(), ['server/discover', 'tools/call']);
  },
);

row(
  'interrupted repeatable=true',
  'a gateway that lost the answer has not answered',
  async (it, context) => {
    for (const status of [502, 504]) {
      const made = await script(
        context,
        (heard) => heard.discovery() ?? reply(status, 'text/html', '<h1>upstream</h1>'),
      );
      const connected = await client(context, made.url, 'modern');
      assert.equal((await failureOf(connected.callTool('call'))).kind, 'outcome_unknown');
      const error = await failureOf(connected.listTools());
      holds(it, error, 'http');
      assert.match(error.message, new RegExp(String(status)));
      assert.deepEqual([made.count('tools/call'), made.count('tools/list')], [1, 1 + it.atMost]);
    }
  },
);

row('stream_ended', 'a legacy stream is resumed, and nothing is done twice', async (_, context) => {
  let goOn!: () => void;
  const wait = new Promise<void>((resolve) => (goOn = resolve));
  let begun = 0;
  const waiting = server('waiting', '1').tool('wait', {}, async (_, { progress }) => {
    begun++;
    await progress(1);
    await wait;
    return 'done';
  });
  const { url, wasCut } = await proxy(
    context,
    await serve(context, waiting, { sseRetry: 10 }),
    'tools/call',
    ['answer'],
  );
  const connected = await client(context, url, 'legacy');
  const call = connected.callTool('wait', {}, { onProgress: () => {} });
  await wasCut;
  goOn();
  assert.deepEqual((await call).structuredContent, { result: 'done' });
  assert.equal(begun, 1);
});

row('stream_ended', 'a stream that brings nothing new is given up', async (it, context) => {
  const more = () => stream('id: 1-1\nretry: 5\ndata:\n\n');
  const made = await script(context, (heard) => heard.handshake() ?? more());
  const error = await failureOf((await client(context, made.url, 'legacy')).callTool('slow'));
  holds(it, error, 'closed');
  assert.match(error.message, /\(resumeAttempts\)/);
  const resumed = made.heard.filter(({ headers }) => headers['last-event-id'] !== undefined);
  assert.equal(resumed.length, it.atMost);
});

row(
  'stream_ended',
  'one that cannot be resumed says nothing about its call',
  async (it, context) => {
    // As servers say it: with an error of JSON-RPC, which is none of the call's.
    const said = { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'no such event' } };
    for (const status of [400, 405]) {
      const made = await script(context, (heard) => {
        if (heard.what === 'GET') return json(status, said);
        return heard.handshake() ?? stream('id: 1-1\nretry: 5\ndata:\n\n');
      });
      const error = await failureOf((await client(context, made.url, 'legacy')).callTool('slow'));
      holds(it, error, 'closed');
      assert.match(error.message, /no such event/);
      assert.equal(made.count('GET'), 2, "the session's own stream, and the call's, once each");
    }
  },
);

/** A legacy server that gives out `s1` and `s2`, and forgets `s1` where the test says. */
function forgetful(context: TestContext, forgets: (heard: Heard) => boolean) {
  let opened = 0;
  return script(context, (heard) => {
    if (heard.headers['mcp-session-id'] === 's1' && forgets(heard)) {
      return reply(404, 'text/plain', 'session not found');
    }
    if (heard.what === 'initialize') return heard.opening(`s${++opened}`);
    if (heard.what === 'tools/list') return heard.result({ tools: [] });
    if (heard.what === 'tools/call') return heard.result({ content: [] });
    return heard.handshake() ?? heard.error(200, -32601);
  });
}

row(
  'session_lost sent=false',
  'a new one is opened before anything is sent',
  async (_, context) => {
    const made = await forgetful(context, ({ method }) => method === 'GET');
    const connected = await client(context, made.url, 'legacy');
    await connected.callTool('call');
    assert.deepEqual([made.count('initialize'), made.count('tools/call')], [2, 1]);
    const call = made.heard.find(({ what }) => what === 'tools/call');
    assert.equal(call?.headers['mcp-session-id'], 's2');
    assert.equal(made.count('notifications/initialized'), 2);
  },
);

row('session_lost repeatable=true', 'what may be repeated is', async (it, context) => {
  const made = await forgetful(context, ({ what }) => what.startsWith('tools/'));
  assert.deepEqual(await (await client(context, made.url, 'legacy')).listTools(), []);
  assert.deepEqual([made.count('initialize'), made.count('tools/list')], [2, 2]);
  // One that forgets every session is not asked for ever.
  const other = await script(context, (heard) =>
    heard.what === 'tools/list' ? reply(404) : (heard.handshake() ?? heard.error(200, -32601)),
  );
  const error = await failureOf((await client(context, other.url, 'legacy')).listTools());
  holds(it, error, 'http');
  assert.equal(other.count('tools/list'), 1 + it.atMost);
});

row(
  'session_lost',
  'what may not be repeated fails, and the next call has a session',
  async (it, context) => {
    const made = await forgetful(context, ({ what }) => what.startsWith('tools/'));
    const connected = await client(context, made.url, 'legacy');
    const error = await failureOf(connected.callTool('call'));
    holds(it, error, 'http');
    assert.match(error.message, /404 Said: session not found/);
    assert.deepEqual([made.count('initialize'), made.count('tools/call')], [2, 1]);
    await connected.callTool('call');
    assert.deepEqual([made.count('initialize'), made.count('tools/call')], [2, 2]);
  },
);

row(
  'session_lost repeatable=true',
  'our own server that was started anew is used on',
  async (_, context) => {
    const first = await listen(counting().server, { port: 0 });
    const connected = await client(context, first.url, 'legacy');
    await first.close();
    await serve(context, counting().server, { port: Number(new URL(first.url).port) });
    // Both are of this process: its client sees that the old connections ended once the loop has come round.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await connected.listTools()).length, 1);
    await connected.callTool('call');
  },
);

row('header_mismatch', 'the tools are listed, and it is sent again once', async (it, context) => {
  const made = await script(context, (heard) => {
    if (heard.what === 'tools/call') return heard.error(400, -32020);
    if (heard.what === 'tools/list') return heard.result({ ...CACHED, tools: [] });
    return heard.discovery() ?? heard.error(404, -32601);
  });
  const error = await failureOf((await client(context, made.url, 'modern')).callTool('call'));
  holds(it, error, 'protocol');
  assert.equal(error.code, -32020);
  assert.deepEqual(made.asked(), ['server/discover', 'tools/call', 'tools/list', 'tools/call']);
});

row('too_large', 'a message that the server does not take fails alone', async (it, context) => {
  for (const mode of ERAS) {
    const { server, done } = counting();
    const url = await serve(context, server, { maxMessage: 1000 });
    const connected = await client(context, url, mode);
    const error = await failureOf(connected.callTool('call', { x: 'y'.repeat(2000) }));
    holds(it, error, 'http');
    assert.equal(error.status, 413);
    assert.match(error.message, /1000 bytes.*send less, or raise its limit \(maxMessage\)/);
    await connected.callTool('call');
    assert.equal(done.times, 1);
  }
});

row('child_exited', 'its status and its last words are told', async (it, context) => {
  const path = fileURLToPath(new URL('testing/stdio-server.js', import.meta.url));
  for (const mode of ERAS) {
    const connected = await connect(spawn(process.execPath, [path]), { mode });
    context.after(() => connected.close());
    const error = await failureOf(connected.callTool('die'));
    assert.equal(it.action, 'fail');
    // That what was being asked may have been done is what this kind says.
    assert.equal(error.kind, 'closed');
    assert.match(error.message, /exited with status 3:\nfirst of the last words\nand the last$/);
    assert.equal((await failureOf(connected.callTool('echo'))).kind, 'closed', 'it stays so');
  }
});

row('timed_out', 'a legacy server is told that nobody waits any more', async (it, context) => {
  assert.equal(it.action, 'cancel');
  const made = await script(context, (heard) => heard.handshake() ?? open(':\n\n'));
  const connected = await client(context, made.url, 'legacy');
  const error = await failureOf(connected.callTool('slow', {}, { timeout: 50 }));
  assert.equal(error.kind, 'timeout');
  assert.equal(error.message, 'no answer to tools/call within 50 ms');
  const told = await made.until('notifications/cancelled');
  assert.equal(told.body.params.requestId, (await made.until('tools/call')).body.id);
});

row('timed_out', 'a modern server sees its stream end', async (_, context) => {
  let cancelled!: () => void;
  const seen = new Promise<void>((resolve) => (cancelled = resolve));
  const slow = server('slow', '1').tool('slow', {}, async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    cancelled();
  });
  const connected = await client(context, await serve(context, slow), 'modern');
  assert.equal((await failureOf(connected.callTool('slow', {}, { timeout: 50 }))).kind, 'timeout');
  await seen;
});

test('every row of the table is put to the test', () => {
  assert.deepEqual([...tested].sort(), RECOVERY.map(nameOf).sort());
});

/** A server in a process of its own. */
class Mortal {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  url = '';

  private constructor(port: string) {
    const path = fileURLToPath(new URL('testing/mortal-server.js', import.meta.url));
    this.#process = spawnProcess(process.execPath, [path, port], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#process.stdout!)[Symbol.asyncIterator]();
  }

  static async start(context: TestContext, port = '0'): Promise<Mortal> {
    const mortal = new Mortal(port);
    context.after(() => mortal.#process.kill('SIGKILL'));
    mortal.url = await mortal.says('serves: ');
    return mortal;
  }

  /** Waits until it says this; gives what stands after it. */
  async says(what: string): Promise<string> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) assert.fail(`it ended without a word of ${what}`);
      if (value.startsWith(what)) return value.slice(what.length);
    }
  }

  async kill(): Promise<void> {
    const dead = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await dead;
  }
}

for (const mode of ERAS) {
  const name =
    'a server that is killed leaves its call unknown, and is used on once it is there again';
  test(`${name}, ${mode}`, { timeout: 30_000 }, async (context) => {
    const first = await Mortal.start(context);
    const connected = await client(context, first.url, mode);
    const call = failureOf(connected.callTool('endless'));
    await first.says('endless: called');
    await first.kill();
    const error = await call;
    assert.equal(error.kind, 'outcome_unknown', error.message);
    assert.equal((await failureOf(connected.callTool('quick'))).kind, 'unreachable');
    const again = await Mortal.start(context, new URL(first.url).port);
    assert.equal(again.url, first.url);
    assert.equal((await connected.listTools()).length, 2);
    assert.deepEqual((await connected.callTool('quick')).structuredContent, { result: 'done' });
  });
}

const BUSY =
  'a client that was busy while its idle connection was closed sends its call over another';
test(BUSY, { timeout: 30_000 }, async (context) => {
  const closed = new Int32Array(new SharedArrayBuffer(4));
  const path = new URL('testing/idle-server.js', import.meta.url);
  const thread = new Worker(path, { workerData: closed });
  context.after(() => thread.terminate());
  const [url] = (await once(thread, 'message')) as [string];
  const connected = await client(context, url, 'modern');
  for (let time = 1; time <= 3; time++) {
    const { structuredContent } = await connected.callTool('count');
    assert.deepEqual(structuredContent, { result: time });
    // Nothing is seen from here on: neither that it is closed, nor, for some time, anything else.
    Atomics.store(closed, 0, 0);
    thread.postMessage('close');
    assert.notEqual(Atomics.wait(closed, 0, 0, 10_000), 'timed-out');
    Atomics.wait(closed, 0, 1, 20);
  }
});
