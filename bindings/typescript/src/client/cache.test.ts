// Results that are kept: for how long, how many, and what news makes of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, onChange, server, type Change } from '../index.js';
import { Cache, Slot } from './cache.js';
import * as LIMITS from '../protocol/limits.js';
import { ScriptedServer } from '../testing/scripted-server.js';

const LIST = 'tools/list';

/** A cache with a clock that the test sets. */
function kept() {
  let now = 0;
  const cache = new Cache(() => now);
  const find = (params: string) => cache.find(LIST, JSON.stringify({ cursor: params }));
  return {
    cache,
    has: (params: string) => !(find(params) instanceof Slot),
    advance: (ms: number) => (now += ms),
    put(params: string, ttlMs: number, size = 0) {
      const slot = find(params);
      assert.ok(slot instanceof Slot, `${params} is kept already`);
      slot.put(slot.textOf({ tools: [], ttlMs, x: 'x'.repeat(size) })!);
    },
  };
}

test('what has been there for longest makes room', () => {
  const { put, has } = kept();
  for (let i = 0; i < LIMITS.maxCached; i++) put(String(i), 1000);
  assert.ok(has('0'));
  put('one more', 1000);
  assert.deepEqual([has('0'), has('1'), has('one more')], [false, true, true]);
  const half = LIMITS.maxCachedBytes / 2;
  put('half', 1000, half);
  put('the other half', 1000, half);
  assert.deepEqual([has('1'), has('half'), has('the other half')], [false, false, true]);
  put('too large', 1000, 2 * half);
  assert.deepEqual([has('too large'), has('the other half')], [false, true]);
});

test('what is over makes room first', () => {
  const { put, has, advance } = kept();
  put('long', 1000);
  for (let i = 1; i < LIMITS.maxCached; i++) put(String(i), 10);
  advance(10);
  put('one more', 1000);
  assert.deepEqual([has('long'), has('one more')], [true, true]);
});

test('a result is kept as long as the server lets it, and never longer than the limit', () => {
  const { put, has, advance } = kept();
  put('short', 1000);
  put('for ever', 1e12);
  advance(999);
  assert.ok(has('short'));
  advance(1);
  assert.ok(!has('short'));
  advance(LIMITS.maxCachedTtl - 1001);
  assert.ok(has('for ever'));
  advance(1);
  assert.ok(!has('for ever'));
});

const list = (member: string, ttlMs: number) => ({
  resultType: 'complete',
  [member]: [],
  ttlMs,
  cacheScope: 'private',
});

test('what may be kept is asked for once, and what must not be is asked for again', async () => {
  const scripted = new ScriptedServer(({ method, params }) => {
    if (method === LIST) return list('tools', 60_000);
    if (method === 'prompts/list') return list('prompts', 0);
    if (method === 'resources/read') return list('contents', params.uri === 'a://b' ? 60_000 : -1);
    return { resultType: 'complete', content: [], ttlMs: 60_000, cacheScope: 'public' };
  });
  const client = await connect(scripted.transport);
  for (let time = 0; time < 2; time++) {
    await client.listTools();
    await client.listPrompts();
    await client.callTool('t');
    await client.readResource('a://b');
  }
  const counts = [LIST, 'prompts/list', 'tools/call', 'resources/read'];
  assert.deepEqual(
    counts.map((method) => scripted.count(method)),
    [1, 2, 2, 1],
  );
  client.forget();
  await client.listTools();
  assert.equal(scripted.count(LIST), 2);
});

test('what is kept is not changed by whoever got it', async () => {
  const tool = { name: 'a', inputSchema: { type: 'object' } };
  const scripted = new ScriptedServer(() => ({ ...list('tools', 60_000), tools: [tool] }));
  const client = await connect(scripted.transport);
  (await client.listTools())[0]!.name = 'changed';
  assert.deepEqual(await client.listTools(), [tool]);
  assert.equal(scripted.count(LIST), 1);
});

test('a program may want nothing to be kept', async () => {
  const scripted = new ScriptedServer(() => list('tools', 60_000));
  const client = await connect(scripted.transport, { cache: false });
  await client.listTools();
  await client.listTools();
  assert.equal(scripted.count(LIST), 2);
});

test('news drops what it is about, and what was asked for before it', async () => {
  const scripted = new ScriptedServer(({ id, method }) => {
    if (method === LIST) return list('tools', 60_000);
    if (method === 'resources/read') return list('contents', 60_000);
    // The list that is on its way is older than the news.
    const result = list('prompts', 60_000);
    return [{ method: 'notifications/prompts/list_changed' }, { id, result }];
  });
  const client = await connect(scripted.transport);
  for (let time = 0; time < 2; time++) {
    await client.listPrompts();
    await client.listTools();
    await client.readResource('a://b');
  }
  const counts = ['prompts/list', LIST, 'resources/read'];
  assert.deepEqual(
    counts.map((method) => scripted.count(method)),
    [2, 1, 1],
  );
});

test('each kind of news drops its own', () => {
  const methods = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
  const kept = (change: Change) => {
    const cache = new Cache();
    const params = (uri?: string) => JSON.stringify({ uri });
    const reads = ['a://b', 'c://d'].map((uri) => ['resources/read', params(uri)] as const);
    const all = [...methods.map((method) => [method, params()] as const), ...reads];
    for (const [method, text] of all) {
      const slot = cache.find(method, text) as Slot;
      slot.put(slot.textOf({ ttlMs: 1000 })!);
    }
    cache.heed(change);
    return all.map(([method, text]) => (cache.find(method, text) instanceof Slot ? '-' : '+'));
  };
  for (const [change, expected] of [
    [{ kind: 'tools' }, '-+++++'],
    [{ kind: 'prompts' }, '+-++++'],
    [{ kind: 'resources' }, '++----'],
    [{ kind: 'resource', uri: 'a://b/part' }, '++++-+'],
    [{ kind: 'missed' }, '------'],
  ] as const) {
    assert.equal(kept(change).join(''), expected, change.kind);
  }
});

test("our server's lists are kept until it tells of a change", async () => {
  const growing = server('growing', '1').tool('old', {}, () => 1);
  let told: () => void;
  const changed = new Promise<void>((resolve) => (told = resolve));
  const client = await connect(growing);
  await onChange(client, () => told());
  assert.equal((await client.listTools()).length, 1);
  growing.tool('new', {}, () => 1);
  await changed;
  assert.equal((await client.listTools()).length, 2);
  await client.close();
});
