// Several servers at once, each by itself, and the files that say which.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as z from 'zod';

import { clients, McpError, server, type Target } from '../index.js';
import { parseConfig, readConfig } from '../node.js';
import { parseServers } from './config.js';
import * as LIMITS from '../protocol/limits.js';
import { ScriptedServer } from '../testing/scripted-server.js';

const STDIO_SERVER = fileURLToPath(new URL('../testing/stdio-server.js', import.meta.url));

const parsed = (servers: unknown) =>
  parseConfig('servers.json', JSON.stringify({ mcpServers: servers, theme: 'dark' }));

const messageOf = (error: unknown) => (error as Error).message;

const sums = server('sums', '1', { instructions: 'Add first.' }).tool(
  'add',
  {
    input: z.strictObject({ a: z.number(), b: z.number() }),
    output: z.object({ sum: z.number() }),
  },
  ({ a, b }) => ({ sum: a + b }),
);

test('tools of all servers stand in one list, and a server that fails takes down no other', async () => {
  const config = parsed({
    process: {
      command: process.execPath,
      args: [STDIO_SERVER],
      env: { LANG: 'C' },
      cwd: tmpdir(),
      disabled: false,
    },
    gone: { command: '/no/such/program' },
    wrong: { command: 'x', args: ['-v', 7] },
  });
  await using all = await clients({ ...config, sums });
  const failed = [...all.failed].map(([name, error]) => [name, messageOf(error)]);
  assert.deepEqual(failed, [
    ['gone', '/no/such/program could not be started'],
    ['wrong', 'servers.json: server "wrong": args[1]: expected string, found number'],
  ]);
  assert.deepEqual(
    [...all].map(([name]) => name),
    ['process', 'sums'],
    'in the order of the file',
  );
  const { items, failed: silent } = await all.tools();
  assert.equal(silent.size, 0);
  assert.ok(items.some(({ name }) => name.startsWith('process_')));
  assert.ok(items.some(({ name }) => name === 'sums_add'));
  assert.deepEqual(await all.call('sums_add', { a: 1, b: 2 }), { sum: 3 });
  const output = z.object({ sum: z.number() });
  assert.equal((await all.call('sums_add', { a: 1, b: 2 }, { output })).sum, 3);
  assert.equal((await all.callTool('sums_add', {})).isError, true);
  // The server's own type is known.
  assert.equal((await all.get('sums')?.call('add', { a: 2, b: 2 }))?.sum, 4);
  assert.equal(all.get('sums')?.instructions, 'Add first.');
  await assert.rejects(all.call('gone_add'), {
    kind: 'setup',
    message: /"gone_add".*they are process, sums$/,
  });
});

test('a server that does not list its tools is named with the reason', async () => {
  const silent = new ScriptedServer(({ id }) => [{ id, error: { code: -32603, message: 'no' } }]);
  await using all = await clients({ silent: silent.transport, sums });
  const { items, failed } = await all.tools();
  assert.deepEqual([items.length, messageOf(failed.get('silent'))], [1, 'no']);
});

test('each client can be told something of its own', async () => {
  const who = server('who', '1').tool('who', {}, (_, { client }) => client?.name ?? '');
  await using all = await clients({ one: who, two: who }, (name) => ({ name: `for ${name}` }));
  assert.deepEqual([await all.call('one_who'), await all.call('two_who')], ['for one', 'for two']);
});

test('names that do not tell their tools apart are refused', async () => {
  await assert.rejects(clients({ a: sums, a_b: sums }), {
    kind: 'setup',
    message:
      'the names of the servers "a" and "a_b" do not tell their tools apart: rename one of them',
  });
});

test('what is wrong with a file is told with its place', async () => {
  for (const [text, expected] of [
    ['{', /^servers.json: invalid JSON/],
    ['[]', /^servers.json: expected object, found array$/],
    ['{}', /^servers.json: mcpServers: required member is missing$/],
    ['{"mcpServers": 1}', /^servers.json: mcpServers: expected object, found number$/],
  ] as const) {
    assert.throws(() => parseConfig('servers.json', text), { kind: 'setup', message: expected });
  }
  for (const [entry, expected] of [
    [1, 'expected object, found number'],
    [{}, 'expected one of the members "command", "url"'],
    [{ command: 1 }, 'command: expected string, found number'],
    [{ command: 'x', args: 'y' }, 'args: expected array, found string'],
    [{ command: 'x', env: { A: 1 } }, 'env.A: expected string, found number'],
    [{ command: 'x', cwd: null }, 'cwd: expected string, found null'],
    [{ type: 'http', command: 'x' }, 'url: required member is missing'],
    [{ type: 'stdio', url: 'http://x/' }, 'command: required member is missing'],
    [{ type: 'sse', url: 'http://x/' }, 'type: expected "stdio" or "http", found "sse"'],
    [{ url: 'http://x/', headers: ['a'] }, 'headers: expected object, found array'],
  ] as const) {
    const { failed } = await clients(parsed({ s: entry }));
    assert.equal(messageOf(failed.get('s')), `servers.json: server "s": ${expected}`);
  }
});

test('a server is where its entry says', () => {
  const where = (entry: object) => {
    const text = JSON.stringify({ mcpServers: { s: entry } });
    return parseServers('servers.json', text)[0]![1];
  };
  const command = { kind: 'command', command: 'x', args: [], env: {}, cwd: undefined };
  const url = { kind: 'url', url: 'http://x/', headers: {} };
  for (const [entry, expected] of [
    [{ command: 'x', url: 'http://x/' }, command],
    [{ command: 'x', url: 'http://x/', type: 'stdio' }, command],
    [
      { command: 'x', args: ['-v'], cwd: '/' },
      { ...command, args: ['-v'], cwd: '/' },
    ],
    [{ url: 'http://x/' }, url],
    [{ command: 'x', url: 'http://x/', type: 'http' }, url],
    [{ url: 'http://x/', type: 'streamable-http' }, url],
    [
      { url: 'http://x/', headers: { a: 'b' } },
      { ...url, headers: { a: 'b' } },
    ],
  ] as const) {
    assert.deepEqual(where(entry), expected);
  }
});

test('a file is read up to its limit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isogloss-'));
  try {
    const file = join(folder, 'servers.json');
    await writeFile(file, '{"mcpServers": {"a": {"command": "x"}}}');
    assert.deepEqual(Object.keys(await readConfig(file)), ['a']);
    await writeFile(file, ' '.repeat(LIMITS.maxConfig + 1));
    await assert.rejects(readConfig(file), {
      kind: 'setup',
      message: `${file}: larger than the limit of ${LIMITS.maxConfig} bytes (maxConfig)`,
    });
    await writeFile(file, Buffer.of(0xff));
    await assert.rejects(readConfig(file), { kind: 'setup' });
    await rm(file);
    await assert.rejects(readConfig(file), { kind: 'setup', message: /servers\.json: ENOENT/ });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a configuration keeps its secrets', async () => {
  const { inspect } = await import('node:util');
  const config = parsed({ s: { command: 'x', args: ['secret'], env: { A: 'secret' } } });
  assert.ok(!inspect(config, { depth: 9, showHidden: true }).includes('secret'));
});

test('any text is servers, or an error that says so', () => {
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        type: fc.oneof(fc.constantFrom('stdio', 'http'), fc.jsonValue()),
        command: fc.oneof(fc.string(), fc.jsonValue()),
        args: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
        env: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
        url: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.string(), entry).map((mcpServers) => JSON.stringify({ mcpServers })),
  );
  fc.assert(
    fc.property(text, (text) => {
      let servers: Record<string, Target>;
      try {
        servers = parseConfig('servers.json', text);
      } catch (error) {
        assert.ok(error instanceof McpError && error.kind === 'setup');
        return;
      }
      const { mcpServers } = JSON.parse(text) as { mcpServers: object };
      assert.deepEqual(Object.keys(servers), Object.keys(mcpServers));
    }),
  );
});
