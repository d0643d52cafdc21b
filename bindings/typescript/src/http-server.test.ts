import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';

import { form, server, text, type HttpOptions } from './index.js';
import { listen } from './node.js';
import { jsonSchema } from './schema/json-schema.js';
import { EventReader, HttpClient, META, seen } from './testing/http-client.js';

const NAME = jsonSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});

/** A server, a client of it, and what its tools have been through. */
function start(options: HttpOptions = {}) {
  const log: string[] = [];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let isHeld = () => {};
  const holding = new Promise<void>((resolve) => (isHeld = resolve));
  const tested = server('tested', '1.0.0', { diagnostics: () => {} })
    .tool(
      'add',
      {
        input: jsonSchema({
          type: 'object',
          properties: {
            a: { type: 'integer' },
            region: { type: 'string', 'x-mcp-header': 'Region' },
          },
        }),
      },
      ({ a = 0 }) => ({ sum: a + 1 }),
    )
    .tool('steps', {}, async (_, context) => {
      await context.progress(1, 2);
      await context.log('warning', 'half way');
      return text('done');
    })
    .tool('hold', {}, async (_, { signal }) => {
      signal.addEventListener('abort', () => {
        log.push('cancelled');
        letGo();
      });
      isHeld();
      await held;
      return text('let go');
    })
    .tool('greet', {}, async (_, context) => {
      const answer = await context.ask(form('Your name?', NAME), { key: 'who' });
      return text(answer.action === 'accept' ? `Hello, ${answer.content.name}!` : answer.action);
    })
    .tool('poll', {}, async (_, context) => {
      log.push(`closed: ${context.closeStream()}`);
      await held;
      return text('late');
    })
    .tool('grüß', {}, () => text('hallo'));
  const service = tested.http(options);
  return { tested, service, client: new HttpClient(service), log, letGo, holding };
}

test('a modern request is answered with JSON, and with events once something is told', async () => {
  const { client } = start();
  const added = await client.modern('tools/call', { name: 'add', arguments: { a: 1 } });
  assert.deepEqual([added.status, added.headers.get('content-type')], [200, 'application/json']);
  assert.deepEqual(added.messages[0].result.structuredContent, { sum: 2 });
  const meta = { ...META, progressToken: 't', 'io.modelcontextprotocol/logLevel': 'info' };
  const steps = await client.modern('tools/call', { name: 'steps', _meta: meta });
  assert.equal(steps.headers.get('x-accel-buffering'), 'no');
  assert.deepEqual(
    steps.messages.map(({ method, result }) => method ?? result.content[0].text),
    ['notifications/progress', 'notifications/message', 'done'],
  );
  const quiet = await client.modern('tools/call', { name: 'steps' });
  assert.equal(quiet.headers.get('content-type'), 'application/json', 'nothing was asked for');
});

test('what is no request to be answered is refused with a status and a reason', async () => {
  const { client } = start({ maxMessage: 1000 });
  const call = { jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: META } };
  const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
  const cases: [body: unknown, headers: Record<string, string>, status: number, message: RegExp][] =
    [
      [call, { ...modern, host: 'evil.example' }, 403, /allowedHosts/],
      [call, { ...modern, origin: 'https://evil.example' }, 403, /allowedOrigins/],
      [call, { ...modern, 'content-type': 'text/plain' }, 415, /application\/json/],
      [call, { ...modern, 'content-encoding': 'gzip' }, 415, /Content-Encoding/],
      [call, { ...modern, accept: 'application/json' }, 406, /text\/event-stream/],
      [call, { ...modern, accept: 'application/json, text/event-stream;q=0' }, 406, /Accept/],
      ['{', modern, 400, /^invalid JSON/],
      [{ ...call, jsonrpc: '1.0' }, modern, 400, /^jsonrpc/],
      [call, { 'mcp-method': 'tools/list' }, 400, /mcp-protocol-version: required header/],
      [
        call,
        { ...modern, 'mcp-protocol-version': '2025-11-25' },
        400,
        /the body says "2026-07-28"/,
      ],
      [call, { 'mcp-protocol-version': '2026-07-28' }, 400, /mcp-method: required header/],
      [call, { ...modern, 'mcp-method': 'TOOLS/LIST' }, 400, /mcp-method is "TOOLS\/LIST"/],
      [{ ...call, params: {} }, modern, 400, /^params\._meta: required member is missing/],
      [[call], modern, 400, /has no batches/],
      [
        { ...call, params: { _meta: META, x: 'x'.repeat(1000) } },
        modern,
        413,
        /limit of 1000 bytes/,
      ],
      [call, {}, 400, /mcp-protocol-version/],
      [{ jsonrpc: '2.0', id: 7, method: 'tools/list' }, {}, 400, /Mcp-Session-Id/],
      [
        { jsonrpc: '2.0', id: 7, method: 'tools/list' },
        { 'mcp-session-id': 'x' },
        404,
        /no such session/,
      ],
    ];
  for (const [body, headers, status, message] of cases) {
    const answer = await client.post(body, headers);
    const what = `${JSON.stringify(body).slice(0, 80)} ${JSON.stringify(headers)}: ${answer.text}`;
    assert.equal(answer.status, status, what);
    assert.match(answer.messages[0].error.message, message, what);
  }
  const unknown = await client.modern('no/such');
  assert.deepEqual([unknown.status, unknown.messages[0].error.code], [404, -32601]);
  const put = await seen(await client.send('PUT', '{}'));
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, POST, DELETE']);
});

test('a page of a listed origin is answered, and may ask what it may do', async () => {
  const { client } = start({
    allowedHosts: ['mcp.example.com'],
    allowedOrigins: ['https://app.example'],
  });
  const origin = { origin: 'https://app.example' };
  const asked = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-a',
  };
  const preflight = await client.send('OPTIONS', undefined, { ...origin, ...asked });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'x-a');
  const answer = await client.modern('tools/list', {}, { ...origin, host: 'mcp.example.com:1' });
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example');
  const own = { host: 'mcp.example.com', origin: 'https://mcp.example.com:8443' };
  assert.equal((await client.modern('tools/list', {}, own)).status, 403);
});

test('headers repeat names and arguments, in Base64 where they must', async () => {
  const { client } = start();
  const greeted = await client.modern(
    'tools/call',
    { name: 'grüß' },
    { 'mcp-name': '=?base64?Z3LDvMOf?=' },
  );
  assert.equal(greeted.messages[0].result.content[0].text, 'hallo');
  const args = { region: 'eu west' };
  for (const [headers, status] of [
    [{ 'mcp-param-region': 'eu west' }, 200],
    [{ 'mcp-param-region': '=?base64?ZXUgd2VzdA==?=' }, 200],
    [{ 'mcp-param-region': '=?base64?ZXUgd2VzdA?=' }, 400],
    [{ 'mcp-param-region': 'us' }, 400],
    [{}, 400],
  ] as const) {
    const answer = await client.modern('tools/call', { name: 'add', arguments: args }, headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    if (status === 400) assert.equal(answer.messages[0].error.code, -32020);
  }
});

test('a modern client that goes away cancels, before and after its answer has begun', async () => {
  for (const options of [{}, { sseKeepAlive: 1 }]) {
    const { client, log, holding } = start(options);
    const controller = new AbortController();
    const headers = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'hold',
    };
    const params = { name: 'hold', _meta: META };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const response = client.send('POST', body, headers, controller.signal);
    await holding;
    if ('sseKeepAlive' in options) await (await response).body!.cancel();
    else controller.abort();
    await response;
    assert.deepEqual(log, ['cancelled']);
  }
});

test('questions are asked by the result in the modern era, and by a request in the legacy one', async () => {
  const { client } = start();
  const first = await client.modern('tools/call', { name: 'greet' });
  const { resultType, inputRequests, requestState } = first.messages[0].result;
  assert.deepEqual([resultType, Object.keys(inputRequests)], ['input_required', ['who']]);
  const inputResponses = { who: { action: 'accept', content: { name: 'Zoë' } } };
  const again = { name: 'greet', inputResponses, requestState };
  const done = await client.modern('tools/call', again);
  assert.equal(done.messages[0].result.content[0].text, 'Hello, Zoë!');
  for (const wrong of [
    { ...again, requestState: `${requestState}-TAMPERED` },
    { ...again, requestState: 'A' },
    { ...again, arguments: { other: 'request' } },
  ]) {
    assert.equal((await client.modern('tools/call', wrong)).messages[0].error.code, -32602);
  }
  const none = { ...META, 'io.modelcontextprotocol/clientCapabilities': {} };
  const refused = await client.modern('tools/call', { name: 'greet', _meta: none });
  assert.deepEqual([refused.status, refused.messages[0].error.code], [400, -32021]);
  assert.deepEqual(refused.messages[0].error.data, { requiredCapabilities: { elicitation: {} } });

  await client.initialize('2025-11-25');
  const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'greet' } };
  const events = new EventReader(await client.send('POST', call));
  assert.deepEqual((await events.next())?.data, [], 'a stream begins with an event without data');
  const [asked] = (await events.next())!.data;
  assert.equal(asked.method, 'elicitation/create');
  const result = { action: 'accept', content: { name: 'Zoë' } };
  assert.equal((await client.post({ jsonrpc: '2.0', id: asked.id, result })).status, 202);
  assert.equal((await events.next())!.data[0].result.content[0].text, 'Hello, Zoë!');
  assert.equal(await events.next(), undefined);
});

test('a legacy session is of one revision, and ends', async () => {
  const { client } = start();
  const { headers } = await client.initialize('2025-06-18');
  assert.match(headers.get('mcp-session-id')!, /^[0-9a-f]{32}$/);
  assert.deepEqual((await client.call('add', { a: 1 })).messages[0].result.structuredContent, {
    sum: 2,
  });
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  assert.equal((await client.post(list, { 'mcp-protocol-version': '2025-11-25' })).status, 400);
  assert.equal((await client.post(list, { 'mcp-protocol-version': '2025-06-18' })).status, 200);
  assert.equal((await client.send('DELETE')).status, 204);
  assert.equal((await client.post(list)).status, 404);
});

test('sessions are of whoever opened them, are so many, and end when unused', async () => {
  const guard: HttpOptions['guard'] = (head) => {
    const subject = head.header('x-user');
    return subject === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Bearer' } }
      : { subject };
  };
  const { client, service } = start({ guard, maxSessions: 1 });
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  assert.equal((await client.post(list)).status, 401);
  client.headers['x-user'] = 'ann';
  await client.initialize('2025-11-25');
  assert.equal((await client.post(list)).status, 200);
  assert.equal((await client.post(list, { 'x-user': 'bob' })).status, 404);
  const other = new HttpClient(service);
  other.headers['x-user'] = 'bob';
  await other.initialize('2025-11-25');
  assert.equal((await client.post(list)).status, 404, 'it has made room');
  const idle = start({ sessionIdle: 0 });
  await idle.client.initialize('2025-11-25');
  assert.equal((await idle.client.post(list)).status, 404);
});

test('a client that loses its stream comes back for the rest', async () => {
  const { client, log, letGo } = start();
  await client.initialize('2025-11-25');
  const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'poll' } };
  const events = new EventReader(await client.send('POST', call));
  const { id } = (await events.next())!;
  assert.equal(await events.next(), undefined, 'the handler has closed its stream');
  assert.deepEqual(log, ['closed: true']);
  const resumed = new EventReader(await client.send('GET', undefined, { 'last-event-id': id! }));
  letGo();
  const last = (await resumed.next())!;
  assert.deepEqual([last.data[0].id, last.data[0].result.content[0].text], [5, 'late']);
  assert.equal(await resumed.next(), undefined);
  const replayed = await seen(await client.send('GET', undefined, { 'last-event-id': id! }));
  assert.equal(replayed.messages[0].id, 5, 'what was kept is told again');
  for (const wrong of ['x', `${id}9`, '99-1']) {
    assert.equal(
      (await client.send('GET', undefined, { 'last-event-id': wrong })).status,
      400,
      wrong,
    );
  }
});

test('what changes is told to legacy sessions on a GET stream, and to modern subscriptions', async () => {
  const { client, tested, service } = start();
  const params = {
    _meta: META,
    notifications: { toolsListChanged: true, promptsListChanged: true },
  };
  const body = { jsonrpc: '2.0', id: 'sub', method: 'subscriptions/listen', params };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
  const subscribed = new EventReader(await client.send('POST', body, headers));
  const [acknowledged] = (await subscribed.next())!.data;
  assert.equal(acknowledged.method, 'notifications/subscriptions/acknowledged');
  assert.deepEqual(
    acknowledged.params.notifications,
    { toolsListChanged: true },
    'there are no prompts',
  );

  await client.initialize('2025-11-25');
  tested.tool('new', {}, () => 1);
  const legacy = new EventReader(await client.send('GET'));
  assert.deepEqual((await legacy.next())!.data, []);
  assert.equal((await legacy.next())!.data[0].method, 'notifications/tools/list_changed');
  const [told] = (await subscribed.next())!.data;
  assert.equal(told.method, 'notifications/tools/list_changed');
  assert.equal(told.params._meta['io.modelcontextprotocol/subscriptionId'], 'sub');
  service.endNews();
  assert.equal((await subscribed.next())!.data[0].result.resultType, 'complete');
  assert.equal(await legacy.next(), undefined);
});

test('batches are of 2025-03-26', async () => {
  const { client } = start();
  await client.initialize('2025-03-26');
  const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
  const { messages } = await client.post([ping(1), { jsonrpc: '2.0', method: 'x' }, 7, ping(2)]);
  assert.deepEqual(
    messages[0].map(({ id }: { id?: number }) => id),
    [undefined, 1, 2],
  );
  assert.equal((await client.post([{ jsonrpc: '2.0', method: 'notifications/x' }])).status, 202);
  await client.initialize('2025-06-18');
  assert.equal((await client.post([ping(1)])).status, 400);
});

test('without sessions any process can answer any request', async () => {
  const { client } = start({ stateless: true });
  const { headers } = await client.initialize('2025-11-25');
  assert.equal(headers.get('mcp-session-id'), null);
  delete client.headers['mcp-session-id'];
  client.headers['mcp-protocol-version'] = '2025-11-25';
  assert.deepEqual((await client.call('add', { a: 4 })).messages[0].result.structuredContent, {
    sum: 5,
  });
  assert.equal((await client.send('GET')).status, 405);
});

test('a silent stream is kept alive by comments', async () => {
  const { client, letGo } = start({ sseKeepAlive: 1 });
  await client.initialize('2025-11-25');
  const response = await client.send('POST', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'hold' },
  });
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes(':\n\n')) text += new TextDecoder().decode((await reader.read()).value);
  letGo();
  while (!text.includes('let go')) text += new TextDecoder().decode((await reader.read()).value);
});

test('on Node a server listens, answers, and shuts down when its calls are done', async () => {
  const { tested, holding, letGo } = start();
  const listening = await listen(tested);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
  };
  const call = (name: string) => {
    const params = { name, _meta: META };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    return fetch(listening.url, {
      method: 'POST',
      headers: { ...headers, 'mcp-name': name },
      body,
    });
  };
  assert.equal((await seen(await call('add'))).messages[0].result.structuredContent.sum, 1);
  const health = new URL('/health', listening.url);
  assert.equal(await (await fetch(health)).text(), 'ok');
  const held = call('hold');
  await holding;
  const closed = listening.close();
  letGo();
  assert.equal((await seen(await held)).messages[0].result.content[0].text, 'let go');
  await closed;
  await assert.rejects(fetch(health));
});

test('a header given twice is refused', async () => {
  const { tested } = start();
  const listening = await listen(tested);
  const status = await new Promise((resolve) => {
    const sent = request(listening.url, { method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.setHeader('origin', ['http://localhost', 'http://localhost']);
    sent.end();
  });
  assert.equal(status, 400);
  await listening.close();
});
