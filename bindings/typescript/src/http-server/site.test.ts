// Servers where they are served: a site over fetch and over node:http, what is beside the server, and how it ends.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import {
  InsufficientScope,
  server,
  site,
  type Guard,
  type HttpOptions,
  type RequestHead,
  type Site,
} from '../index.js';
import { listen, node } from '../node.js';
import { Connection, requestText } from '../testing/connection.js';
import { EventReader, HttpClient, META } from '../testing/http-client.js';

/** Lets in whoever names themselves, and whoever is named `alice` may write. */
const BY_NAME: Guard = Object.assign(
  (head: RequestHead) => {
    const subject = head.header('x-name');
    if (subject === undefined) return { status: 401, body: 'who are you?' };
    return { subject, scopes: subject === 'alice' ? ['write'] : [] };
  },
  {
    lacks: (_: RequestHead, scopes: readonly string[]) => ({ status: 403, body: scopes.join(' ') }),
    documents: { '/.well-known/who': '{"who":"me"}' },
  },
);

function guarded(options: HttpOptions = {}) {
  return server('guarded', '1', { diagnostics: () => {} })
    .tool('whoami', {}, (_, { claims }) => claims?.subject ?? 'nobody')
    .tool('write', {}, (_, { claims }) => {
      if (!claims?.scopes?.includes('write')) throw new InsufficientScope(['write']);
      return 'written';
    })
    .http({ guard: BY_NAME, ...options });
}

/** What answers requests as a site does over `fetch`, and as it does over `node:http`. */
async function bothWays(
  t: TestContext,
  made: Site,
): Promise<((path: string, init?: RequestInit) => Promise<Response>)[]> {
  const listening = await listen(made);
  t.after(() => listening.close());
  return [
    (path, init) => made.fetch(new Request(`http://localhost${path}`, init)),
    (path, init) => fetch(new URL(path, listening.url), init),
  ];
}

const call = (name: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': name,
    ...headers,
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, _meta: META },
  }),
});

test('routes are public or protected as they were added', async (t) => {
  const made = site(guarded(), { path: '/at/mcp' })
    .public('/echo', async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = new Uint8Array(await request.arrayBuffer());
      return new Response(body, { headers: { 'x-at': `${request.method} ${pathname}${search}` } });
    })
    .public('/broken', () => {
      throw new Error('secret');
    })
    .protected('/me', (_, { subject }) => {
      const headers = new Headers({ 'content-language': 'en' });
      headers.append('set-cookie', 'a=1');
      headers.append('set-cookie', 'b=2');
      return new Response(subject, { headers });
    });
  for (const ask of await bothWays(t, made)) {
    const check = async (path: string, init: RequestInit, status: number, words: string) => {
      const answer = await ask(path, init);
      const text = await answer.text();
      assert.equal(answer.status, status, `${path}: ${text}`);
      assert.ok(text.includes(words), `${path}: ${text}`);
      return answer;
    };
    const bob = { 'x-name': 'bob' };
    await check('/at/mcp', call('whoami'), 401, 'who are you?');
    await check('/at/mcp', call('whoami', bob), 200, 'bob');
    await check('/at/mcp/', call('whoami', bob), 200, 'bob');
    await check('/at/mcp?x=1', call('whoami', bob), 200, 'bob');
    await check('/at/mcp', call('write', bob), 403, 'write');
    await check('/at/mcp', call('write', { 'x-name': 'alice' }), 200, 'written');
    await check('/health', {}, 200, 'ok');
    await check('/health', { method: 'DELETE' }, 405, '');
    await check('/.well-known/who', {}, 200, '{"who":"me"}');
    const echoed = await check('/echo?a=b', { method: 'PUT', body: 'hëllo' }, 200, 'hëllo');
    assert.equal(echoed.headers.get('x-at'), 'PUT /echo?a=b');
    await check('/echo', { method: 'HEAD' }, 200, '');
    const binary = await ask('/echo', { method: 'POST', body: new Uint8Array([0, 255]) });
    assert.deepEqual(new Uint8Array(await binary.arrayBuffer()), new Uint8Array([0, 255]));
    await check('/broken', {}, 500, 'internal error');
    await check('/me', {}, 401, 'who are you?');
    const me = await check('/me', { headers: bob }, 200, 'bob');
    assert.deepEqual(me.headers.getSetCookie(), ['a=1', 'b=2']);
    assert.equal(me.headers.get('content-language'), 'en');
    await check('/mcp', call('whoami', bob), 404, 'not found');
    await check('/', {}, 404, 'not found');
    await check('/ECHO', {}, 404, 'not found');
  }
});

test('a health check is for any host, and nothing else is', async (t) => {
  const made = site(guarded()).public('/open', () => new Response('open'));
  const listening = await listen(made);
  t.after(() => listening.close());
  for (const [path, host, status] of [
    ['/health', '10.0.0.7:8080', 200],
    ['/open', 'evil.example', 403],
    ['/open', 'localhost', 200],
    ['http://localhost/open', 'localhost', 200],
    ['http://evil.example/open', 'localhost', 403],
  ] as const) {
    const connection = await Connection.to(listening.url);
    connection.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    assert.equal((await connection.answer())?.status, status, `${path} ${host}`);
  }
});

test('a page that was let in sees why a route refused it, and any page reads the documents', async (t) => {
  const origin = 'https://app.example';
  const handler = () => new Response('fine');
  const service = guarded({ maxMessage: 100, allowedOrigins: [origin] });
  const made = site(service).public('/all', handler).protected('/some', handler);
  for (const ask of await bothWays(t, made)) {
    for (const [path, body, status] of [
      ['/all', 1, 200],
      ['/all', 150, 413],
      ['/some', 1, 401],
      ['/mcp', 1, 401],
    ] as const) {
      const headers = { origin };
      const answer = await ask(path, { method: 'POST', body: 'x'.repeat(body), headers });
      assert.equal(answer.status, status, path);
      assert.equal(answer.headers.get('access-control-allow-origin'), origin, path);
    }
    const asked = { origin, 'access-control-request-method': 'PUT' };
    const preflight = await ask('/all', { method: 'OPTIONS', headers: asked });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-methods')!, /PUT/);
    const evil = { ...asked, origin: 'http://evil.example' };
    const refused = await ask('/all', { method: 'OPTIONS', headers: evil });
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /allowedOrigins/);
    for (const [method, status] of [
      ['GET', 200],
      ['HEAD', 200],
      ['OPTIONS', 204],
      ['POST', 405],
    ] as const) {
      const answer = await ask('/.well-known/who', { method, headers: evil });
      const { headers } = answer;
      assert.deepEqual([answer.status, headers.get('access-control-allow-origin')], [status, '*']);
    }
  }
});

test('a site that is wrong is not made', () => {
  const open = server('open', '1').http();
  const handler = () => new Response('');
  const cases: [make: () => unknown, why: RegExp][] = [
    [() => site(open).protected('/admin', handler), /\/admin is protected, and nothing checks/],
    [() => site(open).public('/mcp', handler), /\/mcp: something is there already/],
    [() => site(open).public('/mcp/', handler), /something is there already/],
    [() => site(open).public('/health', handler), /something is there already/],
    [() => site(open).public('status', handler), /"status" is no path: it begins with a slash/],
    [() => site(open, { path: 'mcp' }), /no path/],
    [() => site(guarded(), { path: '/.well-known/who' }), /something is there already/],
    [() => site(guarded()).public('/a', handler).protected('/a', handler), /there already/],
  ];
  for (const [make, why] of cases) assert.throws(make, why);
});

test('a session is of who opened it, and lacks what its requests lack', async () => {
  const client = new HttpClient(site(guarded()));
  client.headers['x-name'] = 'bob';
  await client.initialize('2025-11-25');
  assert.match((await client.call('whoami')).text, /bob/);
  const refused = await client.send('POST', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'write' },
  });
  assert.deepEqual([refused.status, await refused.text()], [403, 'write']);
  client.headers['x-name'] = 'eve';
  const stolen = await client.call('whoami');
  assert.equal(stolen.status, 404);
  assert.match(stolen.text, /no such session/);
});

test('a site, a service and a server are nested in a server of node:http', async (t) => {
  const plain = server('nested', '1').tool('add', {}, () => 3);
  const nested = {
    '/site': node(site(plain.http(), { path: '/site' })),
    '/service': node(plain.http()),
    '/server': node(plain),
  };
  const http = createServer((request, response) => {
    nested[request.url as keyof typeof nested](request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => http.close());
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  for (const path of Object.keys(nested)) {
    const answer = await fetch(base + path, call('add'));
    assert.match(await answer.text(), /"result":3/, path);
    const evil = await fetch(base + path, call('add', { origin: 'http://evil.example' }));
    assert.equal(evil.status, 403, path);
  }
});

/** A server with a tool that waits until it is let go on. */
function waiting() {
  const begun: (() => void)[] = [];
  const held: (() => void)[] = [];
  const served = server('waits', '1').tool('wait', {}, async () => {
    begun.shift()?.();
    await new Promise<void>((resolve) => held.push(resolve));
    return 'done';
  });
  const begins = () => new Promise<void>((resolve) => begun.push(resolve));
  return { served, begins, letGo: () => held.forEach((resolve) => resolve()) };
}

test('calls that run finish when a server shuts down', async () => {
  const { served, begins, letGo } = waiting();
  const listening = await listen(served);
  const legacy = new HttpClient({
    fetch: (request) => fetch(listening.url, request),
  });
  const { headers } = await legacy.initialize('2025-11-25');
  assert.ok(headers.get('mcp-session-id'));
  const idle = await Connection.to(listening.url);
  idle.write(requestText('none'));
  await idle.answer();
  const news = new EventReader(await legacy.send('GET'));
  assert.deepEqual((await news.next())?.data, []);
  const wanted = { _meta: META, notifications: { toolsListChanged: true } };
  const subscription = await fetch(listening.url, {
    ...call('x', { 'mcp-method': 'subscriptions/listen' }),
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: wanted }),
  });
  const subscribed = new EventReader(subscription);
  assert.equal(
    (await subscribed.next())?.data[0].method,
    'notifications/subscriptions/acknowledged',
  );
  const first = begins();
  const modern = fetch(listening.url, call('wait'));
  await first;
  const second = begins();
  const old = legacy.call('wait');
  await second;

  const closed = listening.close();
  assert.equal(await news.next(), undefined);
  assert.equal((await subscribed.next())?.data[0].result.resultType, 'complete');
  assert.equal(await subscribed.next(), undefined);
  await idle.closed();
  await assert.rejects(Connection.to(listening.url), 'nothing more is accepted');
  letGo();
  assert.match(await (await modern).text(), /done/);
  assert.match((await old).text, /done/);
  await closed;
});

test('calls that do not finish are dropped after a while', async () => {
  const { served, begins } = waiting();
  const listening = await listen(served, { drainTimeout: 20 });
  const connection = await Connection.to(listening.url);
  const begun = begins();
  connection.write(requestText('wait'));
  await begun;
  await listening.close();
  await connection.closed();
});
