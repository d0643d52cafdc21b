import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';

import type { Diagnostic } from './diagnostics.js';
import {
  connect,
  content,
  server,
  text,
  ToolError,
  type JsonObject,
  type ServerOptions,
} from './index.js';
import { protocolError } from './error.js';
import { jsonSchema } from './schema/json-schema.js';
import { RawPeer } from './testing/raw-peer.js';
import { pair } from './transport.js';

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

function weather(options: ServerOptions = {}) {
  return server('weather', '1.0.0', options)
    .tool(
      'add',
      {
        doc: 'Adds.',
        input: jsonSchema({
          type: 'object',
          properties: { a: { type: 'integer' }, b: { type: 'integer', maximum: 10 } },
          required: ['a'],
          additionalProperties: false,
        }),
        output: jsonSchema({
          type: 'object',
          properties: { sum: { type: 'integer' } },
          required: ['sum'],
        }),
      },
      ({ a, b = 0 }) => ({ sum: a + b }),
    )
    .tool(
      'forecast',
      {
        input: z.object({ city: z.string().min(2), days: z.int().default(1) }),
        output: z.array(z.string()),
      },
      async ({ city, days }) => Array.from({ length: days }, () => `${city}: sun`),
    )
    .tool('fail', {}, () => {
      throw new ToolError('boom');
    })
    .tool('bug', {}, async () => {
      throw new Error('a secret');
    })
    .tool('refuse', {}, () => {
      throw protocolError(-32000, 'not today');
    })
    .tool('lie', { output: jsonSchema({ type: 'integer' }) }, () => 'a text' as unknown as number)
    .tool('nothing', {}, () => undefined)
    .tool('say', {}, () => text('done'))
    .tool('show', {}, () => content({ type: 'image', data: 'AA==', mimeType: 'image/png' }))
    .resource('text://greeting', { doc: 'A greeting.' }, () => 'hello')
    .resource('bytes://some', { name: 'some' }, () => new Uint8Array([0, 255]))
    .resource(
      'item://{kind}/{id}',
      { mimeType: 'text/markdown', complete: { id: (typed, given) => [`${given.kind}-${typed}`] } },
      ({ kind, id }, _context, uri) => `${kind} ${id} ${uri}`,
    )
    .prompt(
      'greet',
      {
        doc: 'Greets.',
        arguments: {
          name: {
            complete: (typed) => ['Alice', 'Alan', 'Bob'].filter((name) => name.startsWith(typed)),
          },
          tone: { optional: true },
        },
      },
      ({ name, tone = 'kindly' }) => `Greet ${name} ${tone}`,
    );
}

/** A client that speaks for itself, and what it is answered in the modern era. */
function start(options: ServerOptions = {}) {
  const diagnostics: Diagnostic[] = [];
  const [here, there] = pair();
  weather({ diagnostics: (diagnostic) => diagnostics.push(diagnostic), ...options }).connect(there);
  const peer = new RawPeer(here);
  const ask = (method: string, params: object = {}) =>
    peer.ask(method, { _meta: MODERN, ...params });
  const call = async (name: string, args?: unknown) =>
    (await ask('tools/call', { name, arguments: args })).result;
  return { peer, ask, call, diagnostics };
}

async function initialized(protocolVersion: string, options: ServerOptions = {}) {
  const started = start(options);
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const { result } = await started.peer.ask('initialize', params);
  started.peer.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return { ...started, greeting: result };
}

test('one connection serves both eras, decided by each request', async () => {
  const { peer, ask } = start();
  assert.equal((await peer.ask('tools/list')).error.code, -32600);
  assert.deepEqual((await peer.ask('ping')).result, {});
  assert.equal((await ask('tools/list')).result.resultType, 'complete');
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  };
  assert.equal((await peer.ask('initialize', params)).result.protocolVersion, '2025-06-18');
  assert.equal((await peer.ask('tools/list')).result.resultType, undefined);
  assert.equal((await ask('tools/list')).result.resultType, 'complete');
});

test('batches are of revision 2025-03-26', async () => {
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'forecast', arguments: {} } },
  ];
  for (const revision of ['2025-03-26', '2025-06-18'] as const) {
    const { peer } = await initialized(revision);
    peer.send(batch);
    const answer = await peer.next();
    if (revision === '2025-03-26') assert.equal(answer.length, 2);
    else assert.match(answer.error.message, /^expected object, found array: only/);
  }
});

test('initialize settles the revision asked for, or the newest legacy one', async () => {
  for (const [asked, settled] of [
    ['2024-11-05', '2024-11-05'],
    ['2025-11-25', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
  ] as const) {
    const { greeting } = await initialized(asked);
    assert.equal(greeting.protocolVersion, settled);
    assert.deepEqual(greeting.serverInfo, { name: 'weather', version: '1.0.0' });
  }
});

test('discover tells what there is, and results say who made them', async () => {
  const { ask } = start({ instructions: 'Ask nicely.' });
  const { result } = await ask('server/discover');
  assert.deepEqual(result, {
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'weather', version: '1.0.0' } },
    cacheScope: 'public',
    capabilities: {
      completions: {},
      logging: {},
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      tools: { listChanged: true },
    },
    instructions: 'Ask nicely.',
    resultType: 'complete',
    supportedVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
    ttlMs: 60_000,
  });
});

test('a revision that is not there is refused, with those that are', async () => {
  const { ask } = start();
  const _meta = { ...MODERN, 'io.modelcontextprotocol/protocolVersion': '1900-01-01' };
  const { error } = await ask('tools/list', { _meta });
  assert.equal(error.code, -32022);
  assert.equal(error.data.requested, '1900-01-01');
  assert.equal(error.data.supported[0], '2026-07-28');
});

test('what a revision lacks is no method there, and wrong params say where', async () => {
  const { ask, peer } = start();
  const unknown = await ask('ping');
  assert.deepEqual(unknown.error, { code: -32601, message: 'method not found: ping' });
  const wrong = await ask('tools/call', { name: 1 });
  assert.deepEqual(wrong.error, {
    code: -32602,
    message: 'params.name: expected string, found number',
  });
  const incomplete = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
  const { error } = await peer.ask('tools/list', { _meta: incomplete });
  assert.equal(error.code, -32602);
  assert.match(error.message, /clientCapabilities: required member is missing$/);
});

test('what a legacy revision lacks is left out of what it is sent, and reported once', async () => {
  const { peer, diagnostics } = await initialized('2024-11-05');
  for (let times = 0; times < 2; times++) {
    const { result } = await peer.ask('tools/call', { name: 'add', arguments: { a: 1 } });
    assert.deepEqual(result, { content: [{ type: 'text', text: '{"sum":1}' }] });
  }
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    [
      'initialize: 2024-11-05 has no capabilities.completions',
      'tools/call: 2024-11-05 has no structuredContent',
    ],
  );
});

test('a plain value is structured and text; what is no object is the result', async () => {
  const { call } = start();
  const sum = await call('add', { a: 1, b: 2 });
  assert.deepEqual(sum.structuredContent, { sum: 3 });
  assert.deepEqual(sum.content, [{ type: 'text', text: '{"sum":3}' }]);
  const forecast = await call('forecast', { city: 'Rome' });
  assert.deepEqual(forecast.structuredContent, { result: ['Rome: sun'] });
  assert.deepEqual((await call('nothing')).content, []);
  const said = await call('say');
  assert.deepEqual(
    [said.content, said.structuredContent],
    [[{ type: 'text', text: 'done' }], undefined],
  );
  assert.equal((await call('show')).content[0].type, 'image');
});

test('schemas are served as they are enforced', async () => {
  const { ask } = start();
  const { tools } = (await ask('tools/list')).result;
  const [add, forecast, fail] = tools;
  assert.deepEqual(add.inputSchema.required, ['a']);
  assert.deepEqual(forecast.inputSchema.properties.city, { type: 'string', minLength: 2 });
  assert.deepEqual(forecast.outputSchema.required, ['result']);
  assert.equal(forecast.outputSchema.properties.result.type, 'array');
  assert.deepEqual(fail.inputSchema, { type: 'object', additionalProperties: false });
});

test('all that is wrong with arguments is a result that the model can read', async () => {
  const { call } = start();
  const wrong = await call('add', { b: 11, aa: 1 });
  assert.equal(wrong.isError, true);
  assert.deepEqual(wrong.content[0].text.split('\n').sort(), [
    'a: required member is missing',
    'aa: unknown argument, did you mean "a"?',
    'b: must be at most 10',
  ]);
  const short = await call('forecast', { city: 'R', days: 1.5 });
  assert.equal(short.isError, true);
  assert.match(short.content[0].text, /^city: .*\ndays: /);
  assert.match((await call('fail', { x: 1 })).content[0].text, /^x: unknown argument$/);
});

test("a tool's own error is for the model, a protocol error for the client, others for nobody", async () => {
  const { call, ask, diagnostics } = start();
  const failed = await call('fail');
  assert.deepEqual([failed.isError, failed.content[0].text], [true, 'boom']);
  const bug = await call('bug');
  assert.deepEqual([bug.isError, bug.content[0].text], [true, 'internal error']);
  const lie = await call('lie');
  assert.deepEqual([lie.isError, lie.content[0].text], [true, 'internal error']);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    ['the tool bug failed', 'the tool lie failed'],
  );
  const { error } = await ask('tools/call', { name: 'refuse' });
  assert.deepEqual(error, { code: -32000, message: 'not today' });
});

test('what is not there is invalid params; a resource has a code of its own in the legacy era', async () => {
  const { ask } = start();
  assert.equal((await ask('tools/call', { name: 'zzz' })).error.message, 'unknown tool: zzz');
  assert.equal((await ask('prompts/get', { name: 'zzz' })).error.message, 'unknown prompt: zzz');
  const modern = await ask('resources/read', { uri: 'text://zzz' });
  assert.deepEqual([modern.error.code, modern.error.data], [-32602, { uri: 'text://zzz' }]);
  const { peer } = await initialized('2025-06-18');
  assert.equal((await peer.ask('resources/read', { uri: 'text://zzz' })).error.code, -32002);
});

test('resources are text, bytes, or what a template stands for', async () => {
  const { ask } = start();
  const read = async (uri: string) => (await ask('resources/read', { uri })).result.contents;
  assert.deepEqual(await read('text://greeting'), [
    { uri: 'text://greeting', mimeType: 'text/plain', text: 'hello' },
  ]);
  assert.deepEqual(await read('bytes://some'), [
    { uri: 'bytes://some', mimeType: 'application/octet-stream', blob: 'AP8=' },
  ]);
  for (const uri of ['item://a%20b/caf%C3%A9', 'item://a%20b/café']) {
    const [{ text, mimeType }] = await read(uri);
    assert.deepEqual([text, mimeType], [`a b café ${uri}`, 'text/markdown']);
  }
});

test('prompts are filled with their arguments, which are checked', async () => {
  const { ask } = start();
  const get = (args: object) => ask('prompts/get', { name: 'greet', arguments: args });
  const { messages } = (await get({ name: 'Ann' })).result;
  assert.deepEqual(messages, [
    { role: 'user', content: { type: 'text', text: 'Greet Ann kindly' } },
  ]);
  const { error } = await get({ nam: 'Ann' });
  assert.equal(error.code, -32602);
  assert.match(error.message, /params.arguments.nam: unknown argument, did you mean "name"\?/);
  assert.match(error.message, /params.arguments.name: required member is missing/);
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x${n}`, '']));
  const told = (await get(many)).error.message.split('\n');
  assert.deepEqual(told.slice(99), [
    'params.arguments.x99: unknown argument',
    'more is wrong: only the first 100 are told (max_problems)',
  ]);
});

test('arguments of prompts and variables of templates are completed', async () => {
  const { ask } = start();
  const complete = async (ref: object, name: string, value: string, given?: object) => {
    const params = { ref, argument: { name, value }, context: { arguments: given ?? {} } };
    return (await ask('completion/complete', params)).result?.completion.values;
  };
  const prompt = { type: 'ref/prompt', name: 'greet' };
  assert.deepEqual(await complete(prompt, 'name', 'Al'), ['Alice', 'Alan']);
  assert.deepEqual(await complete(prompt, 'tone', 'k'), []);
  assert.deepEqual(await complete(prompt, 'constructor', ''), []);
  const template = { type: 'ref/resource', uri: 'item://{kind}/{id}' };
  assert.deepEqual(await complete(template, 'id', '7', { kind: 'book' }), ['book-7']);
  assert.equal(await complete({ type: 'ref/prompt', name: 'zzz' }, 'a', ''), undefined);
});

test('lists come in pages, in the order in which things were added', async () => {
  const { ask } = start({ pageSize: 4 });
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const { result } = await ask('tools/list', cursor === undefined ? {} : { cursor });
    assert.ok(result.tools.length <= 4);
    names.push(...result.tools.map((tool: { name: string }) => tool.name));
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(names, [
    'add',
    'forecast',
    'fail',
    'bug',
    'refuse',
    'lie',
    'nothing',
    'say',
    'show',
  ]);
  for (const forged of ['', 'zz', 'MA==', 'OTk=', '!']) {
    assert.equal((await ask('tools/list', { cursor: forged })).error.code, -32602, forged);
  }
});

test('what cannot be served is refused when it is added', () => {
  const some = server('some', '1');
  const twice = () => some.tool('a', {}, () => 1).tool('a', {}, () => 2);
  assert.throws(twice, /there is a tool "a" already/);
  assert.throws(
    () => some.tool('b', { input: jsonSchema({ type: 'string' }) }, () => 1),
    /tool "b": the input schema: arguments are an object/,
  );
  const plain = { type: 'object' } as unknown as ReturnType<typeof jsonSchema>;
  assert.throws(
    () => some.tool('c', { input: plain }, () => 1),
    /tool "c": the input schema: .* wrap .* jsonSchema/,
  );
  assert.throws(() => some.resource('item://{?x}', {}, () => ''), /only \{name\} and \{\+name\}/);
});

test('a resource is found however its address is spelled, and a template by what it stands for', async () => {
  const café = server('café', '1')
    .resource('text://café', {}, () => 'coffee')
    .resource('item://{id}', {}, ({ id }) => id);
  const client = await connect(café);
  const read = async (uri: string) => {
    const { contents } = await client.readResource(uri);
    return (contents[0] as { text: string }).text;
  };
  assert.equal(await read('text://café'), 'coffee');
  assert.equal(await read('text://caf%c3%a9'), 'coffee');
  assert.equal(await read('item://caf%C3%A9'), 'café');
  await assert.rejects(read('text://caf%ff'), { code: -32602 });
  await assert.rejects(read('item://%ff'), { code: -32602 });
  await client.close();
});

test('strings are taken for what they spell, whatever library the schema is of', async () => {
  const told: string[] = [];
  const options = {
    coercion: 'report',
    diagnostics: ({ message }: Diagnostic) => told.push(message),
  } as const;
  const either = z.union([z.int(), z.string()]);
  const input = z.object({
    n: z.int().min(1),
    list: z.array(z.boolean()),
    either: either.optional(),
  });
  const client = await connect(
    server('lenient', '1', options).tool('echo', { input }, (args) => args),
  );
  const call = async (args: JsonObject) => (await client.callTool('echo', args)).structuredContent;
  const given = { n: '5', list: '["true", false]', either: '7' };
  assert.deepEqual(await call(given), { n: 5, list: [true, false], either: '7' });
  assert.deepEqual(told, [
    'the tool echo: arguments: n: taken as number, sent as string',
    'the tool echo: arguments: list: taken as array, sent as string',
    'the tool echo: arguments: list[0]: taken as boolean, sent as string',
  ]);
  told.length = 0;
  const refused = await client.callTool('echo', { n: '0', list: [] });
  assert.equal(refused.isError, true);
  assert.deepEqual(told, [], 'what is refused is not told');
  await client.close();
});

test('a plain result finds the definitions that its schema refers to', async () => {
  const output = jsonSchema({
    type: 'array',
    items: { $ref: '#/$defs/day' },
    $defs: { day: { type: 'string' } },
  });
  const days = server('days', '1').tool('days', { output }, () => ['Monday'] as never);
  const client = await connect(days);
  assert.deepEqual((await client.listTools())[0]!.outputSchema, {
    type: 'object',
    properties: { result: { type: 'array', items: { $ref: '#/$defs/day' } } },
    required: ['result'],
    $defs: { day: { type: 'string' } },
  });
  assert.deepEqual((await client.callTool('days')).structuredContent, { result: ['Monday'] });
  await client.close();
});
