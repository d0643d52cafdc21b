// What a server offers, to whom, and what becomes of it while the server runs, as text on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';

import {
  ErrorCode,
  protocolError,
  server,
  type Claims,
  type Coercion,
  type Context,
  type Policy,
  type Server,
} from './index.js';
import { HttpClient } from './testing/http-client.js';
import { RawPeer } from './testing/raw-peer.js';
import { pair } from './transport.js';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A client that speaks for itself, in both eras. */
function wireTo(target: Server) {
  const [here, there] = pair();
  target.connect(there);
  const peer = new RawPeer(here);
  const ask = (method: string, params: object = {}, id = 1) =>
    peer.ask(method, { _meta: META, ...params }, id);
  const names = async (list: string, params: object = {}) => {
    const { result } = await ask(`${list}/list`, params);
    return (result[list] as { name: string }[]).map(({ name }) => name);
  };
  return { peer, ask, names };
}

async function initialized(peer: RawPeer) {
  const clientInfo = { name: 'raw', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  await peer.ask('initialize', params);
  peer.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await peer.ask('ping');
}

const nothing = () => undefined;

test('an offer says all that it was told', async () => {
  const shop = server('shop', '1')
    .tool(
      'buy',
      {
        title: 'Buy',
        doc: 'Buys.',
        annotations: { destructiveHint: true, openWorldHint: false },
        icons: [{ src: 'https://example.com/buy.png' }],
        meta: { 'shop/aisle': 7 },
        tags: ['never told'],
      },
      nothing,
    )
    .resource(
      'text://terms',
      {
        name: 'terms',
        title: 'Terms',
        mimeType: 'text/markdown',
        size: 5,
        meta: { lang: 'en' },
        cache: { ttl: 5000, scope: 'public' },
      },
      () => 'terms',
    )
    .resource('item://{id}', { cache: { ttl: 1 } }, ({ id }) => id)
    .prompt('greet', { meta: { kind: 1 } }, () => 'hi');
  const { ask } = wireTo(shop);
  const { result: tools } = await ask('tools/list');
  assert.deepEqual(tools.tools, [
    {
      name: 'buy',
      title: 'Buy',
      description: 'Buys.',
      _meta: { 'shop/aisle': 7 },
      annotations: { destructiveHint: true, openWorldHint: false },
      icons: [{ src: 'https://example.com/buy.png' }],
      inputSchema: { type: 'object', additionalProperties: false },
    },
  ]);
  assert.deepEqual([tools.ttlMs, tools.cacheScope], [60_000, 'public']);
  const { result: resources } = await ask('resources/list');
  assert.deepEqual(resources.resources, [
    {
      name: 'terms',
      title: 'Terms',
      uri: 'text://terms',
      mimeType: 'text/markdown',
      size: 5,
      _meta: { lang: 'en' },
    },
  ]);
  assert.deepEqual((await ask('prompts/list')).result.prompts[0]._meta, { kind: 1 });
  for (const [uri, ttlMs, cacheScope] of [
    ['text://terms', 5000, 'public'],
    ['item://1', 1, 'private'],
  ]) {
    const { result: read } = await ask('resources/read', { uri });
    assert.deepEqual([read.ttlMs, read.cacheScope], [ttlMs, cacheScope]);
  }
});

test('what could not be sent is refused where it is offered, and takes down no list', async () => {
  const shop = server('shop', '1').tool('a', {}, nothing);
  const wrong = { doc: 7 as unknown as string };
  assert.throws(() => shop.tool('b', wrong, nothing), {
    message: 'the tool "b": description: expected string, found number',
  });
  assert.throws(() => shop.tool('a', {}, nothing), { message: 'there is a tool "a" already' });
  assert.throws(() => shop.resource('x://{?q}', {}, () => ''), TypeError);
  assert.deepEqual(await wireTo(shop).names('tools'), ['a']);
});

test('what replaces another takes its place', async () => {
  const shop = server('shop', '1')
    .tool('a', {}, () => 1)
    .tool('b', {}, nothing);
  const { ask, names } = wireTo(shop);
  shop.tool('a', { replace: true }, () => 2);
  shop.tool('c', { replace: true }, nothing);
  assert.deepEqual(await names('tools'), ['a', 'b', 'c']);
  assert.equal((await ask('tools/call', { name: 'a' })).result.structuredContent.result, 2);
});

const POLICY: Policy = ({ kind, tags, annotations }) => {
  if (annotations?.destructiveHint === true) return { refuse: 'not on Sundays' };
  return kind === 'prompt' || tags.includes('secret') ? 'hide' : 'allow';
};

test('a policy decides who sees and who uses what, and pages count what is shown', async () => {
  const guarded = server('guarded', '1', { pageSize: 2, policy: POLICY })
    .tool('a', {}, nothing)
    .tool('secret', { tags: ['secret'] }, nothing)
    .tool('b', {}, nothing)
    .tool('wipe', { annotations: { destructiveHint: true } }, nothing)
    .tool('scoped', { scopes: ['files:write'] }, nothing)
    .prompt('secret', {}, () => 'x');
  const { ask } = wireTo(guarded);
  const shown = ({ result }: any) => result.tools.map(({ name }: { name: string }) => name);
  const first = await ask('tools/list');
  assert.deepEqual([shown(first), first.result.cacheScope], [['a', 'b'], 'private']);
  assert.equal((await ask('server/discover')).result.cacheScope, 'private');
  const second = await ask('tools/list', { cursor: first.result.nextCursor });
  assert.deepEqual([shown(second), second.result.nextCursor], [['wipe', 'scoped'], undefined]);
  for (const [method, name, code, message] of [
    ['tools/call', 'secret', -32602, 'unknown tool: secret'],
    ['tools/call', 'wipe', -32602, 'not on Sundays'],
    ['tools/call', 'scoped', -32600, 'this needs an access token with the scopes: files:write'],
    ['prompts/get', 'secret', -32602, 'unknown prompt: secret'],
  ] as const) {
    assert.deepEqual((await ask(method, { name })).error, { code, message });
  }
});

test('claims decide, for a policy and for scopes', async () => {
  const policy: Policy = ({ tags }, { claims }) =>
    tags.includes('owner') && claims?.subject !== 'ann' ? 'hide' : 'allow';
  const house = server('house', '1', { policy })
    .tool('open', { tags: ['owner'] }, () => 'open')
    .tool('light', { scopes: ['light', 'power'] }, () => 'on');
  const as = (claims: Claims) => new HttpClient(house.http({ guard: () => claims }));
  const shown = async (client: HttpClient) =>
    (await client.modern('tools/list')).messages[0].result.tools.map((tool: any) => tool.name);
  const ann = as({ subject: 'ann', scopes: ['light'] });
  const bob = as({ subject: 'bob', scopes: ['light', 'power'] });
  assert.deepEqual(await shown(ann), ['open', 'light']);
  assert.deepEqual(await shown(bob), ['light']);
  const call = async (client: HttpClient, name: string) =>
    (await client.modern('tools/call', { name })).messages[0];
  assert.equal((await call(ann, 'open')).result.structuredContent.result, 'open');
  assert.equal((await call(bob, 'open')).error.message, 'unknown tool: open');
  assert.equal((await call(bob, 'light')).result.structuredContent.result, 'on');
  assert.match((await call(ann, 'light')).error.message, /the scopes: light power$/);
});

test('nothing of what a policy refuses runs', async () => {
  let ran = 0;
  const run = () => {
    ran++;
    return 'ran';
  };
  const complete = { id: () => [run()] };
  for (const access of ['hide', { refuse: 'no' }] as const) {
    const vault = server('vault', '1', { policy: () => access })
      .tool('open', {}, run)
      .resource('vault://all', {}, run)
      .resource('vault://{id}/one', { complete }, run)
      .prompt('ask', { arguments: { id: { complete: complete.id } } }, run);
    const { ask } = wireTo(vault);
    const argument = { name: 'id', value: '' };
    const template = { type: 'ref/resource', uri: 'vault://{id}/one' };
    for (const [method, params] of [
      ['tools/call', { name: 'open' }],
      ['resources/read', { uri: 'vault://all' }],
      ['resources/read', { uri: 'vault://1/one' }],
      ['prompts/get', { name: 'ask', arguments: { id: '1' } }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'ask' }, argument }],
      ['completion/complete', { ref: template, argument }],
    ] as const) {
      assert.equal((await ask(method, params)).error.code, -32602, method);
    }
  }
  assert.equal(ran, 0);
});

test('what is hidden is told of to nobody, however its address is spelled', async () => {
  const policy: Policy = ({ tags }) => (tags.includes('secret') ? 'hide' : 'allow');
  const live = server('live', '1', { policy })
    .resource('text://caf%C3%A9', { tags: ['secret'] }, () => '')
    .resource('text://open', {}, () => '');
  const { peer, ask } = wireTo(live);
  const uris = ['text://café', 'text://caf%c3%a9', 'text://open'];
  await ask('subscriptions/listen', { notifications: { resourceSubscriptions: uris } }, 9);
  for (const uri of ['text://café', 'text://caf%c3%a9', 'text://open']) live.resourceUpdated(uri);
  assert.equal((await peer.next()).params.uri, 'text://open');
});

test('a resource is found however its address is spelled', async () => {
  const { ask } = wireTo(server('text', '1').resource('text://café', {}, () => 'bon'));
  for (const uri of ['text://café', 'text://caf%C3%A9', 'text://%63af%c3%a9']) {
    const { result } = await ask('resources/read', { uri });
    assert.deepEqual(result.contents[0], { uri, mimeType: 'text/plain', text: 'bon' });
  }
});

test('changes are told to those who listen', async () => {
  const live = server('live', '1')
    .tool('a', {}, nothing)
    .prompt('p', {}, () => 'x')
    .resource('text://a', {}, () => 'a');
  const modern = wireTo(live);
  const wanted = { toolsListChanged: true, resourceSubscriptions: ['text://a'] };
  const listening = await modern.ask('subscriptions/listen', { notifications: wanted }, 9);
  assert.deepEqual(listening.params.notifications, wanted);
  const legacy = wireTo(live);
  await initialized(legacy.peer);
  await legacy.peer.ask('resources/subscribe', { uri: 'text://a' });

  const news = async (isToldToBoth: boolean) => {
    const { method } = await legacy.peer.next();
    if (isToldToBoth) assert.equal((await modern.peer.next()).method, method);
    return method;
  };
  live.tool('b', {}, nothing);
  assert.equal(await news(true), 'notifications/tools/list_changed');
  assert.deepEqual([live.enablePrompt('p', false), live.enablePrompt('p', false)], [true, false]);
  assert.equal(await news(false), 'notifications/prompts/list_changed');
  live.resourceUpdated('text://other');
  live.resourceUpdated('text://a');
  assert.equal(await news(true), 'notifications/resources/updated');
  assert.deepEqual([live.removeTool('a'), live.removeTool('a')], [true, false]);
  assert.equal(await news(true), 'notifications/tools/list_changed');
  assert.deepEqual(
    [live.enableResource('text://a', false), live.enableResource('x:y', false)],
    [true, false],
  );
  assert.equal(await news(false), 'notifications/resources/list_changed');

  assert.deepEqual(await modern.names('tools'), ['b']);
  assert.deepEqual(await modern.names('prompts'), []);
  const off = await modern.ask('resources/read', { uri: 'text://a' });
  assert.equal(off.error.message, 'resource not found: text://a');
  await live.close();
  const { id, result } = await modern.peer.next();
  assert.deepEqual([id, result.resultType], [9, 'complete']);
});

test('a server is mounted in another under a namespace', async () => {
  const shop = server('shop', '1')
    .tool('buy', { input: z.object({ what: z.string() }) }, ({ what }) => `bought ${what}`)
    .resource('text://terms', {}, (_variables, _context, uri) => `at ${uri}`)
    .resource('item://{id}', { complete: { id: (typed) => [`${typed}1`] } }, ({ id }) => [
      { uri: `item://${id}`, text: id },
      { uri: 'https://example.com', text: 'elsewhere' },
    ])
    .resource('off://x', {}, () => '')
    .prompt('greet', { arguments: { name: { complete: () => ['Al'] } } }, ({ name }) => name);
  shop.enableResource('off://x', false);
  const mall = server('mall', '1').tool('own', {}, nothing).mount('shop', shop);
  const { ask, names } = wireTo(mall);
  assert.deepEqual(await names('tools'), ['own', 'shop_buy']);
  assert.deepEqual(await names('prompts'), ['shop_greet']);
  const { result: listed } = await ask('resources/list');
  assert.deepEqual(
    listed.resources.map(({ uri }: { uri: string }) => uri),
    ['text://shop/terms'],
  );
  const bought = await ask('tools/call', { name: 'shop_buy', arguments: { what: 'tea' } });
  assert.equal(bought.result.structuredContent.result, 'bought tea');
  const terms = await ask('resources/read', { uri: 'text://shop/terms' });
  assert.deepEqual(terms.result.contents, [
    { uri: 'text://shop/terms', mimeType: 'text/plain', text: 'at text://terms' },
  ]);
  const item = await ask('resources/read', { uri: 'item://shop/caf%C3%A9' });
  assert.deepEqual(
    item.result.contents.map(({ uri }: { uri: string }) => uri),
    ['item://café', 'https://example.com'],
  );
  for (const [ref, name, expected] of [
    [{ type: 'ref/prompt', name: 'shop_greet' }, 'name', 'Al'],
    [{ type: 'ref/resource', uri: 'item://shop/{id}' }, 'id', 'x1'],
  ] as const) {
    const argument = { name, value: 'x' };
    const { result } = await ask('completion/complete', { ref, argument });
    assert.deepEqual(result.completion.values, [expected]);
  }
});

test('what is mounted takes arguments by the rules of the server that answers', async () => {
  const input = z.strictObject({ n: z.number() });
  const rules = (coercion: Coercion) => server('any', '1', { coercion });
  for (const [outer, inner, expected] of [
    ['on', 'off', undefined],
    ['off', 'on', true],
  ] as const) {
    const mounted = rules(inner).tool('double', { input }, ({ n }) => 2 * n);
    const { ask } = wireTo(rules(outer).mount('', mounted));
    const { result } = await ask('tools/call', { name: 'double', arguments: { n: '4' } });
    assert.equal(result.isError, expected, outer);
  }
});

test('names that collide are refused, and then nothing is taken over', async () => {
  const shop = server('shop', '1').tool('first', {}, nothing).tool('buy', {}, nothing);
  const mall = server('mall', '1').tool('shop_buy', {}, nothing);
  assert.throws(() => mall.mount('shop', shop), { message: 'there is a tool "shop_buy" already' });
  assert.deepEqual(await wireTo(mall).names('tools'), ['shop_buy']);
  mall.mount('', shop);
  assert.deepEqual(await wireTo(mall).names('tools'), ['shop_buy', 'first', 'buy']);
});

test('middleware stands around every request, the first outermost', async () => {
  const seen: string[] = [];
  const timed = server('timed', '1')
    .tool('count', {}, () => 3)
    .prompt('p', {}, () => 'x')
    .resource('text://a', {}, () => 'a')
    .use(async ({ method }, next) => {
      seen.push(method);
      if (method === 'prompts/list') throw protocolError(-32099, 'no prompts today');
      if (method === 'resources/list') return { resultType: 'complete', resources: [] };
      if (method === 'shop/own') return { resultType: 'complete', own: true };
      return next();
    })
    .use(async (_context, next) => ({ ...(await next()), seen: true }));
  const { peer, ask } = wireTo(timed);
  const { result } = await ask('tools/call', { name: 'count' });
  assert.deepEqual([result.structuredContent, result.seen], [{ result: 3 }, true]);
  assert.equal((await ask('prompts/list')).error.code, -32099);
  assert.equal((await ask('resources/list')).result.seen, undefined, 'the inner one has no turn');
  assert.equal((await ask('shop/own')).result.own, true);
  assert.equal((await ask('shop/other')).error.code, ErrorCode.MethodNotFound);
  await initialized(peer);
  assert.equal((await peer.ask('tools/list')).result.seen, true);
  const http = new HttpClient(timed);
  assert.equal((await http.modern('tools/call', { name: 'count' })).messages[0].result.seen, true);
  await http.initialize('2025-11-25');
  assert.equal((await http.call('count')).messages[0].result.seen, true);
  assert.deepEqual(seen, [
    'tools/call',
    'prompts/list',
    'resources/list',
    'shop/own',
    'shop/other',
    'ping',
    'tools/list',
    'tools/call',
    'tools/call',
  ]);
});

test('a result of middleware is held to the protocol, and next is called once', async () => {
  const loose = server('loose', '1', { diagnostics: () => {} })
    .tool('a', {}, nothing)
    .use(async ({ method }, next) => {
      if (method === 'tools/list') return { tools: 7 };
      await next();
      return next();
    });
  const { ask } = wireTo(loose);
  for (const [method, params] of [
    ['tools/list', {}],
    ['tools/call', { name: 'a' }],
  ] as const) {
    assert.equal((await ask(method, params)).error.message, 'internal error');
  }
});

test('state is there before the first request, and is disposed of at the end', async () => {
  const log: string[] = [];
  const open = (name: string) => async () => {
    log.push(`open ${name}`);
    return { name, [Symbol.asyncDispose]: async () => void log.push(`close ${name}`) };
  };
  const shop = server('shop', '1', { state: open('shop') }).tool(
    'whose',
    {},
    (_args, { state }) => state.name,
  );
  const mall = server('mall', '1', { state: open('mall') })
    .tool('whose', {}, (_args, { state }) => state.name)
    .prompt('whose', {}, (_args, { state }) => state.name)
    .resource('text://whose', {}, (_variables, { state }) => state.name)
    .mount('shop', shop);
  const { peer, ask } = wireTo(mall);
  assert.deepEqual(log, []);
  const calls = ['whose', 'shop_whose', 'whose'].map((name, id) =>
    peer.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { _meta: META, name } }),
  );
  const answers = await Promise.all(calls.map(() => peer.next()));
  const byId = answers.sort((one, other) => one.id - other.id);
  assert.deepEqual(
    byId.map(({ result }) => result.structuredContent.result),
    ['mall', 'shop', 'mall'],
  );
  const { result: prompt } = await ask('prompts/get', { name: 'whose' });
  assert.equal(prompt.messages[0].content.text, 'mall');
  await mall.close();
  await mall.close();
  assert.deepEqual(log, ['open mall', 'open shop', 'close mall', 'close shop']);
});

test('what is set up is known by its type, and by handlers that do not care for it', () => {
  const plain = server('plain', '1');
  // @ts-expect-error: nothing was set up.
  plain.tool('a', {}, (_args, { state }) => state.name);
  const typed = server('typed', '1', { state: () => ({ name: 'Ann' }) });
  // @ts-expect-error: it has no such member.
  typed.tool('a', {}, (_args, { state }) => state.nam);
  typed.tool('b', {}, (_args, context: Context) => context.method).mount('plain', plain);
});

test('a state that cannot be set up fails the request, and is tried again', async () => {
  let tries = 0;
  const state = async () => {
    if (++tries === 1) throw new Error('the database is away');
    return tries;
  };
  const messages: unknown[] = [];
  const shop = server('shop', '1', {
    state,
    diagnostics: ({ cause }) => messages.push((cause as Error).message),
  }).tool('tries', {}, (_args, context) => context.state * 2);
  const { ask } = wireTo(shop);
  assert.equal((await ask('tools/call', { name: 'tries' })).error.message, 'internal error');
  assert.equal((await ask('tools/call', { name: 'tries' })).result.structuredContent.result, 4);
  assert.deepEqual(messages, ['the database is away']);
});
