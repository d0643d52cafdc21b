// A protected server over HTTP, in both eras: who is let in, what handlers know of them, and what others are told.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { jwtVerifier, protection } from '../auth.js';
import { form, InsufficientScope, server, site } from '../index.js';
import { listen } from '../node.js';
import { jsonSchema } from '../schema/json-schema.js';
import {
  Authority,
  byHand,
  METADATA,
  now,
  parametersOf,
  RESOURCE,
  Signer,
} from '../testing/authority.js';
import { HttpClient, META } from '../testing/http-client.js';

const SURE = form('Sure?', jsonSchema({ type: 'object', properties: {} }));

const DOCUMENT = '/.well-known/oauth-protected-resource';

async function start(t: TestContext) {
  const authority = await Authority.start();
  t.after(() => authority.close());
  const signer = await Signer.make('ES256', 'ec');
  authority.publish(signer);
  const guard = protection({
    resource: RESOURCE,
    verifier: jwtVerifier(authority.issuer),
    scopes: ['notes:read'],
    includes: { notes: ['notes:read', 'notes:write'] },
    diagnostics: () => {},
  });
  const service = server('notes', '1.0.0')
    .tool('who', {}, (_, { claims }) => `${claims?.subject} ${claims?.scopes?.join()}`)
    .tool('write', {}, (_, { claims }) => {
      if (!claims?.scopes?.includes('notes:write')) throw new InsufficientScope(['notes:write']);
      return 'written';
    })
    .tool('sure', {}, async (_, context) => (await context.ask(SURE, { key: 'sure' })).action)
    .http({ guard });
  const served = site(service)
    .public('/open', () => new Response('open'))
    .protected('/closed', (_, { subject }) => new Response(subject));
  const client = new HttpClient(served);
  const token = (changes: object = {}) => signer.sign(authority.claims(changes));
  /** Whatever is sent from here on is sent with this token. */
  const bear = (text: string | undefined) => {
    delete client.headers.authorization;
    if (text !== undefined) client.headers.authorization = `Bearer ${text}`;
  };
  return { authority, signer, served, client, token, bear };
}

const challengeOf = ({ headers }: { headers: Headers }) =>
  parametersOf(headers.get('www-authenticate') ?? undefined)!;

test('without a token nothing is answered but where to get one', async (t) => {
  const { client, token, bear } = await start(t);
  bear(await token());
  await client.initialize('2025-11-25');
  bear(undefined);
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} };
  const requests: (() => Promise<Response>)[] = [
    () => client.send('POST', { jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    () => client.send('POST', initialize),
    () => client.send('POST', 'not even JSON'),
    () => client.send('GET'),
    () => client.send('DELETE'),
  ];
  for (const [at, request] of requests.entries()) {
    const answer = await request();
    assert.equal(answer.status, 401, String(at));
    const told = challengeOf(answer);
    assert.deepEqual([told.resource_metadata, told.scope], [METADATA, 'notes:read']);
    assert.ok(!('error' in told));
  }
  const query = client.path;
  client.path = `/mcp?access_token=${await token()}`;
  assert.equal((await client.call('who')).status, 401);
  client.path = '/closed';
  assert.equal((await client.send('GET')).status, 401);
  client.path = query;
  bear(await token());
  assert.equal((await client.call('who')).status, 200, 'the session is still there');
});

test('a good token lets in, and its claims reach the handler in both eras', async (t) => {
  const { client, token, bear } = await start(t);
  bear(await token({ scope: 'notes' }));
  const said = 'ada notes,notes:read,notes:write';
  const modern = await client.modern('tools/call', { name: 'who' });
  assert.equal(modern.messages[0].result.structuredContent.result, said);
  await client.initialize('2025-11-25');
  const legacy = await client.call('who');
  assert.equal(legacy.messages[0].result.structuredContent.result, said);
  client.path = '/closed';
  assert.equal(await (await client.send('GET')).text(), 'ada');
});

test('a bad token is refused with the reason', async (t) => {
  const { authority, client, token, bear } = await start(t);
  const good = authority.claims();
  const cases: [token: string, why: RegExp][] = [
    [await token({ exp: now() - 60 }), /has expired/],
    [await token({ aud: 'https://other.example' }), /not meant for/],
    [await token({ iss: 'https://evil.example' }), /not issued by/],
    [await byHand({ alg: 'none' }, good), /cannot be read/],
    [await (await Signer.make('ES256', 'ec')).sign(good), /signature is wrong/],
    ['x'.repeat(20_000), /maxToken/],
  ];
  for (const [text, why] of cases) {
    bear(text);
    const told = challengeOf(await client.modern('tools/list'));
    assert.equal(told.error, 'invalid_token');
    assert.match(told.error_description!, why);
  }
});

test('a token that lacks scopes is told all that the request takes', async (t) => {
  const { client, token, bear } = await start(t);
  bear(await token());
  await client.initialize('2025-11-25');
  const modern = (name: string) => client.modern('tools/call', { name });
  const legacy = (name: string) => client.call(name);
  const all = 'notes:read notes:write';
  for (const [ask, tool, scope, needed] of [
    [modern, 'who', 'other', 'notes:read'],
    [modern, 'write', 'notes:read', all],
    [modern, 'write', all, undefined],
    [modern, 'write', 'notes', undefined],
    [legacy, 'write', 'notes:read', all],
    [legacy, 'write', 'notes', undefined],
  ] as const) {
    bear(await token({ scope }));
    const answer = await ask(tool);
    assert.equal(answer.status, needed === undefined ? 200 : 403, `${tool} with ${scope}`);
    if (needed === undefined) continue;
    const told = challengeOf(answer);
    assert.deepEqual(
      [told.error, told.scope, told.resource_metadata],
      ['insufficient_scope', needed, METADATA],
    );
  }
});

test('the metadata is for everybody, and so is what was declared public', async (t) => {
  const { authority, client } = await start(t);
  for (const path of [DOCUMENT, `${DOCUMENT}/mcp`]) {
    client.path = path;
    const answer = await client.send('GET', undefined, { origin: 'https://page.example' });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.deepEqual(await answer.json(), {
      resource: RESOURCE,
      authorization_servers: [authority.issuer],
      scopes_supported: ['notes:read'],
      bearer_methods_supported: ['header'],
    });
  }
  for (const [path, status] of [
    [`${DOCUMENT}/other`, 404],
    ['/open', 200],
    ['/health', 200],
  ] as const) {
    client.path = path;
    assert.equal((await client.send('GET')).status, status, path);
  }
});

test("a session, and the state of a question, are their owner's alone", async (t) => {
  const { client, token, bear } = await start(t);
  bear(await token());
  await client.initialize('2025-11-25');
  for (const [changes, status] of [
    [{}, 200],
    [{ scope: 'notes:read notes:write' }, 200],
    [{ sub: 'eve' }, 404],
    [{ sub: null }, 404],
    [{ client_id: 'other' }, 404],
    [{}, 200],
  ] as const) {
    bear(await token(changes));
    assert.equal((await client.call('who')).status, status, JSON.stringify(changes));
  }
  const first = await client.modern('tools/call', { name: 'sure' });
  const { requestState } = first.messages[0].result;
  const inputResponses = { sure: { action: 'decline' } };
  const again = { name: 'sure', requestState, inputResponses };
  bear(await token({ sub: 'eve' }));
  assert.equal((await client.modern('tools/call', again)).messages[0].error.code, -32602);
  bear(await token());
  const answered = await client.modern('tools/call', again);
  assert.equal(answered.messages[0].result.structuredContent.result, 'decline');
});

test('an authorization server that fails closes the door and says nothing of it', async (t) => {
  const { authority, client, token, bear } = await start(t);
  authority.broken = 500;
  bear(await token());
  const answer = await client.modern('tools/list');
  const { headers } = answer;
  assert.deepEqual(
    [answer.status, headers.get('retry-after'), headers.get('www-authenticate')],
    [503, '10', null],
  );
  assert.ok(!answer.text.includes('127.0.0.1'));
});

test('two headers are none, and node:http asks as fetch does', async (t) => {
  const { served, token } = await start(t);
  const listening = await listen(served);
  t.after(() => listening.close());
  const { request } = await import('node:http');
  const bearing = async (values: string[]) => {
    const sent = request(listening.url, { method: 'POST' });
    sent.setHeader('authorization', values);
    sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { _meta: META } }));
    return new Promise<number | undefined>((resolve, reject) => {
      sent.on('error', reject).on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
  };
  const good = `Bearer ${await token()}`;
  assert.equal(await bearing([good, good]), 400);
  assert.equal(await bearing(['Bearer x']), 401);
  assert.equal(await bearing([good]), 415, 'it was let in, and sends no JSON');
});
