// The modern era over HTTP: headers held to bodies, statuses, streams, and what there is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { protocolError, server, text, type HttpOptions } from '../index.js';
import { jsonSchema } from '../schema/json-schema.js';
import { HttpClient, META, seen } from '../testing/http-client.js';

const NUMBERS = jsonSchema({
  type: 'object',
  properties: { a: { type: 'integer' }, b: { type: 'integer' } },
  required: ['a', 'b'],
  additionalProperties: false,
});

function start(options: HttpOptions = {}) {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const tested = server('tested', '1.0.0', { diagnostics: () => {} })
    .tool('add', { input: NUMBERS }, ({ a, b }) => ({ sum: a + b }))
    .tool('later', {}, () => new Promise((resolve) => setImmediate(() => resolve(text('done')))))
    .tool('refuse', {}, () => {
      throw protocolError(-32001, 'not now');
    })
    .tool('crash', {}, () => {
      throw new Error('a secret');
    })
    .tool('wait', {}, async () => {
      await held;
      return 'done';
    })
    .resource('text://greeting', {}, () => 'hello');
  const service = tested.http(options);
  return { client: new HttpClient(service), letGo };
}

const ADD = { name: 'add', arguments: { a: 1, b: 2 } };

test('what waits and tells nothing is answered as JSON', async () => {
  const { client } = start();
  for (const [method, params] of [
    ['tools/call', ADD],
    ['tools/call', { name: 'later' }],
    ['server/discover', {}],
  ] as const) {
    const answer = await client.modern(method, params);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type')],
      [200, 'application/json'],
    );
    assert.equal(answer.messages[0].result.resultType, 'complete');
  }
});

test('errors have their statuses, and the ids of their requests', async () => {
  const { client } = start();
  const check = async (
    method: string,
    params: object,
    status: number,
    code: number | undefined,
    words: RegExp,
  ) => {
    const answer = await client.modern(method, params);
    const [message] = answer.messages;
    const what = `${method} ${answer.text}`;
    assert.deepEqual([answer.status, message.error?.code, message.id], [status, code, 1], what);
    assert.match(answer.text, words);
  };
  for (const method of [
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
    'no/such',
  ]) {
    await check(method, {}, 404, -32601, /method not found/);
  }
  await check('tools/call', { name: 'nobody' }, 200, -32602, /unknown tool: nobody/);
  await check('tools/call', { name: 'add', arguments: { a: 'x' } }, 200, undefined, /isError/);
  await check('tools/call', { name: 'refuse' }, 200, -32001, /not now/);
  await check('tools/call', { name: 'crash' }, 200, undefined, /"internal error".*isError/);
  await check('resources/read', { uri: 'text://none' }, 200, -32602, /resource not found/);
  await check('tools/list', { cursor: 'x' }, 200, -32602, /cursor/);
  await check('server/discover', { _meta: undefined }, 400, -32602, /params\._meta: required/);
  await check('server/discover', { _meta: {} }, 400, -32602, /protocolVersion: required/);
  const { 'io.modelcontextprotocol/protocolVersion': revision } = META;
  const only = { _meta: { 'io.modelcontextprotocol/protocolVersion': revision } };
  await check('server/discover', only, 400, -32602, /clientCapabilities: required/);
  const bare = async (body: string, code: number, words: RegExp) => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' };
    const answer = await client.post(body, headers);
    assert.deepEqual([answer.status, answer.messages[0].error.code], [400, code], answer.text);
    assert.match(answer.text, words);
    return answer;
  };
  const nameless = await bare('{', -32700, /invalid JSON/);
  assert.ok(!('id' in nameless.messages[0]), 'null is no id of this protocol');
  await bare('', -32700, /invalid JSON/);
  await bare('{"jsonrpc":"2.0","id":1}', -32600, /method: required/);
  await bare('{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, /jsonrpc/);
  await bare('{"jsonrpc":"2.0","id":1,"result":{}}', -32600, /no questions to answer/);
  await bare('[]', -32600, /no batches/);
});

test('the revision is the same in headers and body', async () => {
  const { client } = start();
  const unknown = { ...META, 'io.modelcontextprotocol/protocolVersion': 'v999.0.0' };
  const cases: [version: string | undefined, meta: object, code: number][] = [
    [undefined, META, -32020],
    ['2025-11-25', META, -32020],
    ['v999.0.0', META, -32020],
    ['2026-07-28', unknown, -32020],
    [undefined, unknown, -32020],
    ['v999.0.0', unknown, -32022],
  ];
  for (const [version, _meta, code] of cases) {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } };
    const headers: Record<string, string> = { 'mcp-method': 'tools/list' };
    if (version !== undefined) headers['mcp-protocol-version'] = version;
    const answer = await client.post(body, headers);
    const [{ id, error }] = answer.messages;
    assert.deepEqual([answer.status, error.code, id], [400, code, 1], answer.text);
    if (code !== -32022) continue;
    assert.equal(error.data.requested, 'v999.0.0');
    assert.equal(error.data.supported[0], '2026-07-28');
  }
});

test('method and name are the same in headers and body', async () => {
  const { client } = start();
  const cases: [headers: Record<string, string>, status: number][] = [
    [{ 'mcp-name': '  add  ' }, 200],
    [{ 'mcp-name': '=?base64?YWRk?=' }, 200],
    [{ 'mcp-name': 'Add' }, 400],
    [{ 'mcp-name': '=?base64?YWR?=' }, 400],
    [{ 'mcp-name': 'add, refuse' }, 400],
    [{ 'mcp-method': 'TOOLS/CALL' }, 400],
    [{ 'mcp-method': 'tools/list' }, 400],
  ];
  for (const [headers, status] of cases) {
    const answer = await client.modern('tools/call', ADD, headers);
    const code = answer.messages[0].error?.code;
    const expected = status === 400 ? -32020 : undefined;
    assert.deepEqual([answer.status, code], [status, expected], JSON.stringify(headers));
  }
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...ADD, _meta: META } };
  for (const headers of [{ 'mcp-method': 'tools/call' }, { 'mcp-name': 'add' }]) {
    const answer = await client.post(body, { 'mcp-protocol-version': '2026-07-28', ...headers });
    assert.deepEqual([answer.status, answer.messages[0].error.code], [400, -32020]);
  }
  const read = { uri: 'text://greeting' };
  const other = await client.modern('resources/read', read, { 'mcp-name': 'text://other' });
  assert.equal(other.status, 400);
});

test('arguments are the same in headers and body', async () => {
  const input = jsonSchema({
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      count: { type: 'integer', 'x-mcp-header': 'Count' },
      deep: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry' } } },
    },
  });
  const client = new HttpClient(
    server('s', '1')
      .tool('place', { input }, () => 'ok')
      .http(),
  );
  const cases: [args: object, headers: Record<string, string>, agree: boolean][] = [
    [{ region: 'Hello' }, { 'mcp-param-region': 'Hello' }, true],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8=?=' }, true],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }, false],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVs!!!bG8=?=' }, false],
    [{ region: 'SGVsbG8=' }, { 'mcp-param-region': 'SGVsbG8=' }, true],
    [{ region: '=?base64?SGVsbG8=' }, { 'mcp-param-region': '=?base64?SGVsbG8=' }, true],
    [{ region: 'Hello' }, {}, false],
    [{ region: 'Hello' }, { 'mcp-param-region': 'hello' }, false],
    [{ region: '' }, { 'mcp-param-region': '' }, true],
    [{}, {}, true],
    [{}, { 'mcp-param-region': 'Hello' }, false],
    [{ count: 42 }, { 'mcp-param-count': '42.0' }, true],
    [{ count: 42 }, { 'mcp-param-count': '43' }, false],
    [{ deep: { dry: true } }, { 'mcp-param-dry': 'true' }, true],
    [{ deep: { dry: true } }, { 'mcp-param-dry': 'false' }, false],
    [{}, { 'mcp-param-unknown': 'anything' }, true],
  ];
  for (const [args, headers, agree] of cases) {
    const answer = await client.modern('tools/call', { name: 'place', arguments: args }, headers);
    const found = [answer.status, answer.messages[0].error?.code];
    const what = `${JSON.stringify(args)} ${JSON.stringify(headers)}`;
    assert.deepEqual(found, agree ? [200, undefined] : [400, -32020], what);
  }
});

test('a long answer becomes a stream that is kept alive', async () => {
  const { client, letGo } = start({ sseKeepAlive: 1 });
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'wait', _meta: META },
  };
  const response = await client.send('POST', body, {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'wait',
  });
  const { headers } = response;
  assert.deepEqual(
    ['content-type', 'cache-control', 'x-accel-buffering'].map((name) => headers.get(name)),
    ['text/event-stream', 'no-cache', 'no'],
  );
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let comments = 0; comments < 2; comments++) {
    assert.equal((await reader.read()).value, ':\n\n');
  }
  letGo();
  let rest = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    rest += piece.value;
  }
  assert.match(rest, /"result":"done"/);
  assert.ok(!rest.includes('id: '), 'modern streams are not resumed');
});

test('notifications are taken and not answered', async () => {
  const { client } = start();
  for (const name of ['cancelled', 'initialized', 'no_such']) {
    const note = { jsonrpc: '2.0', method: `notifications/${name}`, params: { requestId: 1 } };
    const answer = await client.post(note, { 'mcp-protocol-version': '2026-07-28' });
    assert.deepEqual([answer.status, answer.text], [202, ''], name);
  }
});

test('modern clients have no sessions', async () => {
  const { client } = start();
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-session-id': 'x' };
  for (const method of ['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH']) {
    const answer = await seen(await client.send(method, undefined, headers));
    const allow = answer.headers.get('allow');
    assert.deepEqual([answer.status, allow], [405, 'GET, POST, DELETE'], method);
  }
  const answer = await client.modern('tools/call', ADD, { 'mcp-session-id': 'unknown' });
  assert.deepEqual([answer.status, answer.headers.get('mcp-session-id')], [200, null]);
});
