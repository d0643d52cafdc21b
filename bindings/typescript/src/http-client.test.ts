// A client over HTTP: against our own server in every revision, and against servers that a test makes up.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  connect,
  form,
  http,
  LIMITS,
  McpError,
  server,
  text,
  type Authorize,
  type ClientOptions,
  type Diagnostic,
  type Revision,
  type Target,
} from './index.js';
import { jsonSchema } from './schema/json-schema.js';
import { CACHED, event, json, open, reply, stream } from './testing/scripted.js';
import type { Heard, Reply } from './testing/scripted.js';
import { script, serve } from './testing/serving.js';

const STREAMABLE: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

const ADD = jsonSchema({
  type: 'object',
  properties: { a: { type: 'integer' }, b: { type: 'integer' } },
});

function calculator() {
  return server('calculator', '2.0.0', { pageSize: 2 })
    .tool('add', { input: ADD }, ({ a = 0, b = 0 }) => ({ sum: a + b }))
    .tool('fail', {}, () => {
      throw new Error('it does');
    })
    .tool('work', {}, async (_, { progress }) => {
      await progress(1);
      await progress(2);
      return text('done');
    })
    .resource('item://{id}', {}, ({ id }) => `item ${id}`);
}

/** A client that is closed with its test. */
async function client(context: TestContext, target: Target, options: ClientOptions = {}) {
  const connected = await connect(target, { diagnostics: () => {}, ...options });
  context.after(() => connected.close());
  return connected;
}

async function failureOf(work: Promise<unknown>): Promise<McpError> {
  const error = await work.then(
    () => assert.fail('expected a failure'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof McpError, String(error));
  return error;
}

test('every revision can be spoken', async (context) => {
  const url = await serve(context, calculator());
  for (const revision of STREAMABLE) {
    const connected = await client(context, new URL(url), { revision });
    assert.equal(connected.revision, revision);
    assert.equal(connected.server?.name, 'calculator');
    assert.equal((await connected.listTools()).length, 3, 'both pages');
    const { content } = await connected.callTool('add', { a: 2, b: 3 });
    assert.deepEqual(content, [{ type: 'text', text: '{"sum":5}' }]);
    assert.equal((await connected.callTool('fail')).isError, true);
    assert.equal((await failureOf(connected.callTool('none'))).code, -32602);
    const { contents } = await connected.readResource('item://caf%C3%A9');
    assert.equal((contents[0] as { text: string }).text, 'item café');
    const heard: number[] = [];
    await connected.callTool('work', {}, { onProgress: ({ progress }) => heard.push(progress) });
    assert.deepEqual(heard, [1, 2], revision);
    await connected.close();
    assert.equal((await failureOf(connected.callTool('add'))).kind, 'closed');
  }
});

test('the newest common revision is found', async (context) => {
  const url = await serve(context, calculator());
  for (const target of [url, new URL(url), http(url)]) {
    assert.equal((await client(context, target)).revision, '2026-07-28');
  }
});

test('a server within the program is reached through whatever is called like fetch', async (context) => {
  const service = calculator();
  const target = http('http://localhost/mcp', {
    fetch: async (url, init) => service.fetch(new Request(url, init)),
  });
  for (const mode of ['modern', 'legacy'] as const) {
    const connected = await client(context, target, { mode });
    const sum = await connected.callTool<{ sum: number }>('add', { a: 2, b: 3 });
    assert.equal(sum.structuredContent?.sum, 5);
    await connected.close();
  }
});

test('a server asks in either era', async (context) => {
  const schema = jsonSchema({ type: 'object', properties: { name: { type: 'string' } } });
  const asking = server('asking', '1').tool('ask', {}, async (_, context) => {
    const answer = await context.ask(form('Your name?', schema));
    return text(answer.action === 'accept' ? `Hello, ${answer.content.name}!` : answer.action);
  });
  const url = await serve(context, asking);
  for (const revision of ['2025-11-25', '2026-07-28'] as const) {
    const connected = await client(context, url, {
      revision,
      capabilities: { elicitation: {} },
      handlers: { elicit: () => ({ action: 'accept', content: { name: 'Zoë' } }) },
    });
    const { content } = await connected.callTool('ask');
    assert.deepEqual(content, [{ type: 'text', text: 'Hello, Zoë!' }], revision);
  }
});

test('more calls than may be open at once are all answered', async (context) => {
  const url = await serve(context, calculator());
  for (const revision of ['2025-11-25', '2026-07-28'] as const) {
    const connected = await client(context, url, { revision });
    const calls = Array.from({ length: LIMITS.maxOpenCalls + 100 }, async (_, a) => {
      const { structuredContent } = await connected.callTool('add', { a, b: 1 });
      assert.deepEqual(structuredContent, { sum: a + 1 });
    });
    await Promise.all(calls);
  }
});

test('a call that is aborted is cancelled on the server', async (context) => {
  let began = () => {};
  let ended = () => {};
  const slow = server('slow', '1').tool('slow', {}, async (_, { signal }) => {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    began();
    await aborted;
    ended();
  });
  const url = await serve(context, slow);
  for (const revision of STREAMABLE) {
    const connected = await client(context, url, { revision });
    const hasBegun = new Promise<void>((resolve) => (began = resolve));
    const hasEnded = new Promise<void>((resolve) => (ended = resolve));
    const controller = new AbortController();
    const call = connected.callTool('slow', {}, { signal: controller.signal });
    await hasBegun;
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(call, reason, revision);
    await hasEnded;
    await assert.rejects(
      connected.callTool('slow', {}, { signal: AbortSignal.abort(reason) }),
      reason,
    );
  }
});

test('a question is over with the call that it was asked for', async (context) => {
  const schema = jsonSchema({ type: 'object', properties: { name: { type: 'string' } } });
  const asking = server('asking', '1').tool('ask', {}, async (_, context) => {
    await context.ask(form('Your name?', schema));
  });
  const url = await serve(context, asking);
  for (const when of [setImmediate, (stop: () => void) => stop()]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let over = (_: unknown) => {};
    const ended = new Promise((resolve) => (over = resolve));
    const connected = await client(context, url, {
      mode: 'legacy',
      onElicit: (_, { signal }) => {
        signal.addEventListener('abort', () => over(signal.reason));
        when(() => controller.abort(reason));
        return new Promise(() => {});
      },
    });
    await assert.rejects(connected.callTool('ask', {}, { signal: controller.signal }), reason);
    assert.equal(await ended, reason);
  }
});

test('a client that is closed ends its calls and its session', async (context) => {
  const made = await script(context, (heard) => heard.handshake() ?? open(':\n\n'));
  const connected = await client(context, made.url, { mode: 'legacy' });
  const call = failureOf(connected.callTool('slow'));
  await made.until('tools/call');
  await connected.close();
  const error = await call;
  assert.deepEqual([error.kind, error.message], ['closed', 'the client was closed']);
  const { headers } = await made.until('DELETE');
  assert.equal(headers['mcp-session-id'], 's1');
  assert.equal(headers['mcp-protocol-version'], '2025-11-25');
});

test('a legacy server is found whatever it says to the probe', async (context) => {
  const probes: Record<string, (heard: Heard) => Reply> = {
    'an error': (heard) => heard.error(200, -32601),
    'an error with a status': (heard) => heard.error(404, -32601),
    'a status': () => reply(400, 'text/html', '<h1>Bad Request: no session</h1>'),
    nonsense: () => reply(200, 'text/html', 'hello'),
    silence: () => open(''),
    'the end of the connection': () => ({ text: '' }),
  };
  for (const [name, probe] of Object.entries(probes)) {
    const made = await script(context, (heard) =>
      heard.what === 'server/discover'
        ? probe(heard)
        : (heard.handshake() ?? heard.error(200, -32601)),
    );
    const connected = await client(context, made.url, { probeTimeout: 300 });
    assert.equal(connected.revision, '2025-11-25', name);
    assert.equal(made.count('initialize'), 1, name);
  }
});

test('who is not let in is told so, and the era is not guessed', async (context) => {
  for (const status of [401, 403]) {
    const made = await script(context, () => reply(status, 'text/plain', 'who\r\nare\0you?'));
    const error = await failureOf(connect(made.url));
    assert.deepEqual([error.kind, error.status], ['http', status]);
    assert.match(error.message, /who are you\?/);
    assert.deepEqual(made.asked(), ['server/discover']);
  }
});

test('a redirect is not followed', async (context) => {
  const location = 'http://elsewhere.example/mcp?key=secret';
  const made = await script(context, () => reply(307, 'text/plain', '', { location }));
  const { message } = await failureOf(connect(made.url));
  assert.match(message, /leads to "http:\/\/elsewhere\.example\/mcp" .*redirects are not followed/);
  assert.doesNotMatch(message, /secret/);
});

test('an answer that is too long fails its call alone', async (context) => {
  for (const streams of [false, true]) {
    const made = await script(context, (heard) => {
      const size = heard.body.params.name === 'long' ? 100_000 : 10;
      const content = [{ type: 'text', text: 'x'.repeat(size) }];
      const answer = heard.response({ resultType: 'complete', content });
      return heard.discovery() ?? (streams ? stream(event('1', answer)) : json(200, answer));
    });
    const connected = await client(context, http(made.url, { maxMessage: 50_000 }));
    const error = await failureOf(connected.callTool('long'));
    assert.match(error.message, /longer than 50000 bytes \(maxMessage\)/);
    await connected.callTool('short');
  }
});

test('whatever a server says, a call ends and the next one works', async (context) => {
  const other = JSON.stringify({ jsonrpc: '2.0', id: 'other', result: {} });
  const both = JSON.stringify({
    jsonrpc: '2.0',
    id: 2,
    result: {},
    error: { code: 1, message: 'x' },
  });
  const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n';
  const nonsense: Reply[] = [
    { text: 'SSH-2.0-OpenSSH\r\n' },
    { text: 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n' },
    { text: `${head}content-length: 100\r\n\r\n{` },
    { text: `${head}transfer-encoding: chunked\r\n\r\nzz\r\n` },
    reply(200, 'application/json', ''),
    reply(200, 'application/json', '[]'),
    reply(200, 'application/json', '[{]'),
    reply(200, 'application/json', '\0'),
    reply(200, 'application/json', '['.repeat(10_000)),
    reply(200, 'application/json', other),
    reply(200, 'application/json', both),
    reply(200, '', '{}'),
    reply(202),
    reply(500, 'text/plain', 'é'.repeat(100_000)),
    reply(418, 'application/json', other),
    stream(''),
    stream('data: {\n\n'),
    stream('id: \0\ndata: []\n\nevent: endpoint\ndata: /sse\n\n'),
    stream(`data: ${other}\n\ndata: ${both}\n\n`),
  ];
  for (const [index, said] of nonsense.entries()) {
    const about = `${index}: ${JSON.stringify(said.text.slice(0, 200))}`;
    const made = await script(context, (heard) => {
      if (heard.body.params.name === 'bad') return said;
      return heard.discovery() ?? heard.result({ resultType: 'complete', content: [] });
    });
    const connected = await client(context, made.url, { mode: 'modern' });
    const { message } = await failureOf(connected.callTool('bad'));
    assert.ok(message.length < 1000, `${about}: ${message}`);
    await connected.callTool('good');
  }
});

test('every wait has a bound, wherever a server falls silent', async (context) => {
  const head = 'content-length: 100\r\n\r\n{';
  const silences: Record<string, Reply> = {
    'before the head': { text: '', open: true },
    'within the head': { text: 'HTTP/1.1 200 OK\r\ncontent-', open: true },
    'within JSON': {
      text: `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}`,
      open: true,
    },
    'within a refusal': {
      text: `HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n${head}`,
      open: true,
    },
    'on a stream': open(':\n\n'),
  };
  for (const mode of ['modern', 'legacy'] as const) {
    for (const [where, said] of Object.entries(silences)) {
      const made = await script(context, (heard) =>
        heard.what === 'tools/call' ? said : (heard.discovery() ?? heard.handshake()!),
      );
      const connected = await client(context, made.url, { mode });
      const error = await failureOf(connected.callTool('x', {}, { timeout: 50 }));
      assert.equal(error.message, 'no answer to tools/call within 50 ms', `${mode}: ${where}`);
    }
  }
  // Whatever is called like fetch may not know of signals.
  const deaf = http('http://localhost/', { fetch: () => new Promise(() => {}) });
  assert.equal(
    (await failureOf(connect(deaf, { requestTimeout: 50, mode: 'modern' }))).kind,
    'negotiation',
  );
});

test('a modern request repeats itself in headers', async (context) => {
  const schema = (name: string, type: string) => ({
    type: 'object',
    properties: { [name]: { type, 'x-mcp-header': name } },
  });
  const tools = [
    { name: 'grüß', inputSchema: schema('region', 'string') },
    { name: 'wrong', inputSchema: schema('n', 'number') },
  ];
  const made = await script(context, (heard) => {
    if (heard.what === 'tools/list') return heard.result({ ...CACHED, tools });
    // What a server says that wants the argument repeated.
    const isBare = heard.what === 'tools/call' && heard.headers['mcp-param-region'] === undefined;
    if (isBare) return heard.error(400, -32020);
    return heard.discovery() ?? heard.result({ resultType: 'complete', content: [] });
  });
  const told: Diagnostic[] = [];
  const target = http(made.url, { headers: { 'x-tenant': 'blue' } });
  const connected = await client(context, target, { diagnostics: (one) => told.push(one) });
  // Nobody has listed the tools: the client does, once it has to.
  await connected.callTool('grüß', { region: 'ä' });
  assert.deepEqual(made.asked(), ['server/discover', 'tools/call', 'tools/list', 'tools/call']);
  await connected.callTool('grüß', { region: 'eu' });
  const expected = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': '=?base64?Z3LDvMOf?=',
    'mcp-param-region': '=?base64?w6Q=?=',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'x-tenant': 'blue',
  };
  const called = made.heard[3]!;
  for (const [name, value] of Object.entries(expected)) assert.equal(called.headers[name], value);
  assert.equal(made.heard[4]!.headers['mcp-param-region'], 'eu');
  assert.notEqual(made.heard[1]!.body.id, called.body.id, 'sent again, it has an id of its own');
  const names = (await connected.listTools()).map(({ name }) => name);
  assert.deepEqual(names, ['grüß']);
  assert.ok(
    told.some(({ message }) => message.startsWith('tool wrong is left out: n: x-mcp-header')),
  );
});

test('a legacy request repeats its session alone', async (context) => {
  const made = await script(context, (heard) => heard.handshake() ?? heard.result({ content: [] }));
  const connected = await client(context, made.url, { mode: 'legacy' });
  await connected.callTool('x');
  const { headers } = await made.until('tools/call');
  const mcp = Object.keys(headers).filter((name) => name.startsWith('mcp-'));
  assert.deepEqual(mcp.sort(), ['mcp-protocol-version', 'mcp-session-id']);
});

test('a legacy stream that ends early is resumed when the server wants it', async (context) => {
  let id: unknown;
  const made = await script(context, (heard) => {
    if (heard.what === 'tools/call') {
      id = heard.body.id;
      return stream('retry: 150\nid: 1-1\ndata:\n\n');
    }
    switch (heard.headers['last-event-id']) {
      case '1-1':
        return stream(event('1-2', { jsonrpc: '2.0', method: 'notifications/x' }));
      case '1-2': {
        const content = [{ type: 'text', text: 'late' }];
        return stream(event('1-3', { jsonrpc: '2.0', id, result: { content } }));
      }
    }
    return heard.handshake()!;
  });
  const connected = await client(context, made.url, { mode: 'legacy' });
  const { content } = await connected.callTool('slow');
  assert.deepEqual(content, [{ type: 'text', text: 'late' }]);
  const resumed = made.heard.filter(({ headers }) => headers['last-event-id'] !== undefined);
  assert.equal(resumed.length, 2);
  let before = await made.until('tools/call');
  for (const after of resumed) {
    assert.ok(after.at - before.at >= 149, 'never before the server wants it');
    assert.equal(after.headers['mcp-session-id'], 's1');
    before = after;
  }
});

test('what a legacy server tells of itself is heard, and its stream is opened again', async (context) => {
  const said = event('1', { jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  let streams = 0;
  const made = await script(context, (heard) => {
    if (heard.method !== 'GET') return heard.handshake() ?? heard.error(200, -32601);
    return ++streams > 2 ? open(said) : stream(`retry: 1\n${said}`);
  });
  let news = 0;
  await new Promise<void>((resolve, reject) => {
    const handlers = { onToolListChanged: () => (++news === 3 ? resolve() : undefined) };
    client(context, made.url, { mode: 'legacy', handlers }).catch(reject);
  });
  assert.equal(made.count('GET'), 3);
});

test('a batch of 2025-03-26 is read', async (context) => {
  const made = await script(context, (heard) => {
    const note = { jsonrpc: '2.0', method: 'notifications/x' };
    return heard.handshake() ?? json(200, [note, heard.response({ content: [] })]);
  });
  const connected = await client(context, made.url, { mode: 'legacy' });
  assert.deepEqual((await connected.callTool('x')).content, []);
});

test('a modern server asks by no request of its own', async (context) => {
  const asked = { jsonrpc: '2.0', id: 1, method: 'roots/list' };
  const made = await script(context, (heard) => {
    const answer = heard.response({ resultType: 'complete', content: [] });
    return heard.discovery() ?? stream(event('1', asked) + event('2', answer));
  });
  const told: string[] = [];
  const connected = await client(context, made.url, {
    handlers: { listRoots: () => assert.fail('nobody is to be asked') },
    diagnostics: ({ message }) => told.push(message),
  });
  await connected.callTool('x');
  assert.deepEqual(told, ['roots/list: only a legacy server may ask by a request of its own']);
  assert.deepEqual(made.asked(), ['server/discover', 'tools/call']);
});

/** Gives every request a token, and a better one once the first is refused. */
function tokens(): Authorize {
  let number = 0;
  return {
    authorize: ({ headers }) => headers.set('authorization', `Bearer t${number}`),
    answered: (_, { status }) => {
      if (status === 401) number++;
      return status === 401;
    },
  };
}

test('a request is sent again with better credentials, within bounds', async (context) => {
  for (const [good, asked] of [
    ['Bearer t1', 2],
    ['none', 1 + LIMITS.authAttempts],
  ] as const) {
    const made = await script(context, (heard) =>
      heard.headers.authorization === good ? heard.discovery()! : reply(401),
    );
    const connecting = client(context, http(made.url, { authorize: tokens() }));
    if (good === 'none') assert.match((await failureOf(connecting)).message, /\(authAttempts\)/);
    else await connecting;
    assert.equal(made.asked().length, asked);
  }
});

test('credentials that cannot be had end the call, and nothing is sent', async (context) => {
  const made = await script(context, (heard) => heard.discovery()!);
  const error = new McpError('authorization', 'nobody has logged in');
  const authorize: Authorize = { authorize: () => Promise.reject(error), answered: () => false };
  assert.equal(await failureOf(connect(http(made.url, { authorize }))), error);
  assert.deepEqual(made.asked(), []);
});

test("the time that credentials take is not the server's", async (context) => {
  const made = await script(context, (heard) => heard.discovery() ?? open(''));
  const authorize: Authorize = {
    // A user who takes his time to log in: longer than the probe may.
    authorize: () => new Promise((resolve) => setTimeout(resolve, 80)),
    answered: () => false,
  };
  const connected = await client(context, http(made.url, { authorize }), { probeTimeout: 60 });
  assert.equal(connected.revision, '2026-07-28');
  const error = await failureOf(connected.callTool('slow', {}, { timeout: 50 }));
  assert.equal(error.kind, 'timeout');
});

test('what is wrong with an address or a header is told before anything is sent', async () => {
  await assert.rejects(connect('example.com/mcp'), /expected http:\/\/ or https:\/\//);
  await assert.rejects(connect('ftp://example.com/mcp'), TypeError);
  await assert.rejects(connect('https://me:secret@example.com'), (error: Error) => {
    assert.match(error.message, /give them in a header/);
    return !error.message.includes('secret');
  });
  for (const name of ['Accept', 'Mcp-Session-Id', 'last-event-id', 'content-length']) {
    const headers = { [name]: 'x' };
    assert.throws(() => http('https://example.com', { headers }), /is set by the transport itself/);
  }
});
