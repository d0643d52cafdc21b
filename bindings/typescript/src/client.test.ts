import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, REVISIONS, server, text, type ClientOptions } from './index.js';
import { jsonSchema } from './schema/json-schema.js';
import { RawPeer } from './testing/raw-peer.js';
import { pair } from './transport.js';

function calculator() {
  let stopped = 0;
  return server('calculator', '2.0.0', { title: 'Calculator', pageSize: 1 })
    .tool(
      'add',
      {
        input: jsonSchema({
          type: 'object',
          properties: { a: { type: 'integer' }, b: { type: 'integer' } },
          required: ['a', 'b'],
        }),
      },
      ({ a, b }) => ({ sum: a + b }),
    )
    .tool('slow', {}, async (_, { signal, progress }) => {
      progress(1, 3, 'begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped++;
    })
    .tool('steps', {}, (_, context) => {
      for (const step of [1, 2, 3]) context.progress(step, 3, `step ${step}`);
      return text('done');
    })
    .tool('stopped', {}, () => ({ stopped }))
    .tool('who', {}, (_, { client, revision }) => ({ client: client?.name, revision }))
    .resource('text://greeting', {}, () => 'hello')
    .prompt('greet', { arguments: { name: {} } }, ({ name }) => `Greet ${name}`);
}

/** A client that connects, and the server it meets, which the test plays. */
function meet(options: ClientOptions = {}) {
  const [here, there] = pair();
  const client = connect(here, { name: 'tester', diagnostics: () => {}, ...options });
  // Looked at by the test, whether it fails before that or not.
  client.catch(() => {});
  const peer = new RawPeer(there);
  const answer = async (result: object) => {
    const { id, method, params } = await peer.next();
    peer.send({ jsonrpc: '2.0', id, ...('code' in result ? { error: result } : { result }) });
    return { method, params };
  };
  return { client, peer, answer };
}

const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: {},
  cacheScope: 'public',
  ttlMs: 0,
};

const INITIALIZED = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  serverInfo: { name: 'old', version: '1' },
};

test('a client and a server agree on what both know best, and on what is asked for', async () => {
  assert.equal((await connect(calculator())).revision, '2026-07-28');
  assert.equal((await connect(calculator(), { mode: 'legacy' })).revision, '2025-11-25');
  for (const revision of REVISIONS) {
    const client = await connect(calculator(), { revision });
    assert.equal(client.revision, revision);
    assert.equal(client.server?.name, 'calculator');
    assert.deepEqual((await client.callTool('add', { a: 2, b: 3 })).content, [
      { type: 'text', text: '{"sum":5}' },
    ]);
  }
});

test('modern requests say who asks, in which revision, and what it can do', async () => {
  const { client, answer } = meet({ capabilities: { roots: {} } });
  const { method, params } = await answer(DISCOVERED);
  assert.deepEqual(
    [method, params],
    [
      'server/discover',
      {
        _meta: {
          'io.modelcontextprotocol/clientCapabilities': { roots: {} },
          'io.modelcontextprotocol/clientInfo': { name: 'tester', version: '0' },
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        },
      },
    ],
  );
  assert.equal((await client).era, 'modern');
});

test('a server that refuses, is silent or names legacy revisions only is asked to initialize', async () => {
  const answers = [
    { code: -32601, message: 'method not found' },
    { ...DISCOVERED, supportedVersions: ['2025-06-18'] },
    { code: -32022, message: '', data: { supported: ['2025-06-18'], requested: '2026-07-28' } },
    { nonsense: true },
  ];
  for (const discovered of answers) {
    const { client, peer, answer } = meet();
    await answer(discovered);
    const { method, params } = await answer(INITIALIZED);
    assert.deepEqual([method, params.clientInfo.name], ['initialize', 'tester']);
    assert.equal((await peer.next()).method, 'notifications/initialized');
    assert.equal((await client).revision, '2025-06-18');
  }
  const { client, peer, answer } = meet({ probeTimeout: 5 });
  assert.equal((await peer.next()).method, 'server/discover');
  assert.equal((await answer(INITIALIZED)).method, 'initialize');
  assert.equal((await client).server?.name, 'old');
});

test('a server is not asked to initialize by a client that insists on the modern era', async () => {
  const { client, answer } = meet({ mode: 'modern' });
  await answer({ ...DISCOVERED, supportedVersions: ['2025-06-18', '2031-01-01'] });
  await assert.rejects(client, {
    kind: 'negotiation',
    message: 'no revision in common: the server speaks 2025-06-18, 2031-01-01',
  });
});

test('an answer to initialize in an unknown revision ends the connection', async () => {
  const { client, answer } = meet({ mode: 'legacy' });
  await answer({ ...INITIALIZED, protocolVersion: '2031-01-01' });
  await assert.rejects(client, { kind: 'negotiation' });
});

test('a result without a type is the ordinary one', async () => {
  const { client, answer } = meet();
  await answer(DISCOVERED);
  const result = (await client).callTool('any');
  await answer({ content: [] });
  assert.equal((await result).resultType, 'complete');
});

test('a result that is wrong says where', async () => {
  const { client, answer } = meet();
  await answer(DISCOVERED);
  const result = (await client).callTool('any');
  await answer({ content: [{ type: 'text', text: 1 }] });
  await assert.rejects(result, {
    kind: 'decode',
    message: 'the answer to tools/call: result.content[0].text: expected string, found number',
  });
});

test('contents that come without a word on caching are checked all the same', async () => {
  const { client, answer } = meet();
  await answer(DISCOVERED);
  const right = (await client).readResource('a://b');
  await answer({ contents: [{ uri: 'a://b', text: 'c' }] });
  assert.deepEqual((await right).contents, [{ uri: 'a://b', text: 'c' }]);
  const wrong = (await client).readResource('a://b');
  await answer({ resultType: 'complete', contents: [{ uri: 1, text: 'c' }] });
  await assert.rejects(wrong, {
    kind: 'decode',
    message: /result.contents\[0\].uri: expected string/,
  });
});

test('what a revision lacks is not sent', async () => {
  const modern = await connect(calculator());
  await assert.rejects(modern.ping(), { kind: 'encode', message: '2026-07-28 has no ping' });
  const legacy = await connect(calculator(), { revision: '2025-06-18' });
  await legacy.ping();
});

test('lists are gathered from all their pages; a cursor that comes again is the end', async () => {
  const tools = await (await connect(calculator())).listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['add', 'slow', 'steps', 'stopped', 'who'],
  );
  const { client, answer } = meet();
  await answer(DISCOVERED);
  const listed = (await client).listTools();
  for (let times = 0; times < 2; times++) {
    await answer({ ...DISCOVERED, tools: [], nextCursor: 'again' });
  }
  assert.deepEqual(await listed, []);
});

test('progress reaches the call it is of, in every revision', async () => {
  for (const revision of REVISIONS) {
    const client = await connect(calculator(), { revision });
    const seen: number[] = [];
    await client.callTool('steps', {}, { onProgress: ({ progress }) => seen.push(progress) });
    assert.deepEqual(seen, [1, 2, 3], revision);
  }
});

test('a call that is aborted stops its tool', async () => {
  const client = await connect(calculator());
  const controller = new AbortController();
  const call = client.callTool(
    'slow',
    {},
    {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    },
  );
  await assert.rejects(call, { message: 'enough' });
  const { structuredContent } = await client.callTool<{ stopped: number }>('stopped');
  assert.equal(structuredContent?.stopped, 1);
});

test('a handler knows who asks, in both eras', async () => {
  for (const revision of ['2025-06-18', '2026-07-28'] as const) {
    const client = await connect(calculator(), { revision, name: 'asker' });
    const { structuredContent } = await client.callTool('who');
    assert.deepEqual(structuredContent, { client: 'asker', revision });
  }
});

test('a legacy server is answered by the handlers, and pinged back without any', async () => {
  const { client, peer, answer } = meet({
    mode: 'legacy',
    capabilities: { roots: {} },
    handlers: { listRoots: async () => ({ roots: [{ uri: 'file:///home' }] }) },
  });
  await answer(INITIALIZED);
  await client;
  await peer.next();
  assert.deepEqual((await peer.ask('ping', {}, 'p')).result, {});
  assert.deepEqual((await peer.ask('roots/list', {}, 'r')).result, {
    roots: [{ uri: 'file:///home' }],
  });
  const { error } = await peer.ask('sampling/createMessage', {}, 's');
  assert.equal(error.code, -32601);
});

test('handlers are for every part of the protocol: a legacy server may ask for tasks and tell of them', async () => {
  const told: string[] = [];
  const { client, peer, answer } = meet({
    revision: '2025-11-25',
    handlers: {
      legacyListTasks: () => ({ tasks: [] }),
      onLegacyTaskStatus: ({ taskId }) => void told.push(taskId),
    },
  });
  await answer({ ...INITIALIZED, protocolVersion: '2025-11-25' });
  await client;
  await peer.next();
  const now = '2026-01-01T00:00:00Z';
  const times = { createdAt: now, lastUpdatedAt: now, ttl: null };
  const params = { taskId: 't', status: 'working', ...times };
  peer.send({ jsonrpc: '2.0', method: 'notifications/tasks/status', params });
  assert.deepEqual((await peer.ask('tasks/list', {}, 'l')).result, { tasks: [] });
  assert.deepEqual(told, ['t']);
  assert.equal((await peer.ask('tasks/get', { taskId: 't' }, 'g')).error.code, -32601);
});

test('what a legacy request claims in `_meta` is no identity', async () => {
  const [here, there] = pair();
  server('some', '1')
    .tool('who', {}, (_, { client, capabilities, meta }) => ({ client, capabilities, meta }))
    .connect(there);
  const peer = new RawPeer(here);
  const clientInfo = { name: 'raw', version: '1' };
  await peer.ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  for (const [_meta, seen] of [
    [{ progressToken: 1, 'io.modelcontextprotocol/clientCapabilities': 7 }, { progressToken: 1 }],
    [{ progressToken: [] }, undefined],
  ] as const) {
    const { result } = await peer.ask('tools/call', { name: 'who', _meta });
    const { meta, ...rest } = result.structuredContent;
    assert.deepEqual(rest, { client: clientInfo, capabilities: {} });
    assert.equal(meta?.progressToken, seen?.progressToken);
  }
});

test('every method of the protocol can be called by its type', async () => {
  const client = await connect(calculator(), { mode: 'legacy' });
  const page = await client.calls.listPrompts({});
  assert.deepEqual(page.prompts[0]?.arguments, [{ name: 'name', required: true }]);
  const prompt = await client.getPrompt('greet', { name: 'Ann' });
  assert.deepEqual(prompt.messages[0]?.content, { type: 'text', text: 'Greet Ann' });
  assert.deepEqual(await client.calls.setLevel({ level: 'info' }), {});
});

test('input that a modern server asks for is given by the handlers, round by round', async () => {
  const { client, answer } = meet({
    capabilities: { elicitation: {}, roots: {} },
    handlers: {
      elicit: (params) => ({ action: 'accept', content: { name: `${params.message} Zoë` } }),
      listRoots: () => ({ roots: [] }),
    },
  });
  await answer(DISCOVERED);
  const result = (await client).callTool('ask_name', { a: 1 });
  const form = { message: 'Name?', requestedSchema: { type: 'object', properties: {} } };
  const asked = {
    name: { method: 'elicitation/create', params: form },
    roots: { method: 'roots/list' },
  };
  await answer({ resultType: 'input_required', inputRequests: asked, requestState: 'sealed' });
  const { params } = await answer({ resultType: 'input_required', requestState: 'again' });
  assert.deepEqual(params.inputResponses, {
    name: { action: 'accept', content: { name: 'Name? Zoë' } },
    roots: { roots: [] },
  });
  assert.deepEqual([params.arguments, params.requestState], [{ a: 1 }, 'sealed']);
  const last = await answer({ resultType: 'complete', content: [] });
  assert.deepEqual([last.params.inputResponses, last.params.requestState], [undefined, 'again']);
  assert.deepEqual((await result).content, []);
});

test('a tool may ask a legacy client, if that has said that it can be asked', async () => {
  const asking = server('asking', '1').tool('who', {}, async (_, { calls }) => {
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } } as const;
    const { content } = await calls.elicit({ message: 'Your name?', requestedSchema });
    return text(`Hello, ${content?.name}!`);
  });
  const handlers = {
    elicit: () => ({ action: 'accept', content: { name: 'Zoë' } }) as const,
  };
  const able = await connect(asking, {
    mode: 'legacy',
    capabilities: { elicitation: {} },
    handlers,
  });
  assert.deepEqual((await able.callTool('who')).content, [{ type: 'text', text: 'Hello, Zoë!' }]);
  const unable = await connect(asking, { mode: 'legacy', handlers });
  assert.equal((await unable.callTool('who')).isError, true);
});
