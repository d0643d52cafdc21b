// How authorization servers are asked: for their keys, which change, and about tokens; how often; and what becomes of
// requests when they do not answer.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  introspectionVerifier,
  jwtVerifier,
  protection,
  type IntrospectionOptions,
  type JwtOptions,
} from '../auth.js';
import type { Diagnostic } from '../index.js';
import { ask, Authority, now, RESOURCE, Signer, statusOf } from '../testing/authority.js';
import { Remembered } from './remembered.js';

const PLACE = '/.well-known/oauth-authorization-server';
const NEVER = 3_600_000;

async function start(t: TestContext) {
  const authority = await Authority.start();
  t.after(() => authority.close());
  const ec = await Signer.make('ES256', 'ec');
  authority.publish(ec);
  const told: Diagnostic[] = [];
  const guard = (options: JwtOptions = {}, issuer = authority.issuer) =>
    protection({
      resource: RESOURCE,
      verifier: jwtVerifier(issuer, options),
      diagnostics: (diagnostic) => told.push(diagnostic),
    });
  return { authority, ec, guard, told };
}

test('keys are fetched once, however many ask at once', async (t) => {
  const { authority, ec, guard } = await start(t);
  const asked = guard();
  const token = await ec.sign(authority.claims());
  const all = await Promise.all(Array.from({ length: 50 }, () => statusOf(asked, token)));
  assert.ok(all.every((status) => status === 200));
  assert.deepEqual([authority.asked(PLACE), authority.asked('/keys')], [1, 1]);
});

test('a new key is found, and an old one forgotten', async (t) => {
  const { authority, ec: old, guard } = await start(t);
  const added = await Signer.make('RS256', 'new');
  const asked = guard({ refreshInterval: 0 });
  const [byOld, byNew] = [await old.sign(authority.claims()), await added.sign(authority.claims())];
  assert.equal(await statusOf(asked, byOld), 200);
  assert.equal(await statusOf(asked, byNew), 401, 'not yet published');
  authority.publish(old, added);
  assert.equal(await statusOf(asked, byNew), 200);
  assert.equal(await statusOf(asked, byOld), 200);
  authority.publish(added);
  // Looked at again because of an unknown key; the old one is gone then.
  const stranger = await Signer.make('ES256', 'x');
  assert.equal(await statusOf(asked, await stranger.sign(authority.claims())), 401);
  assert.equal(await statusOf(asked, byOld), 401, 'no longer published');
});

test('invented keys do not make it ask again and again', async (t) => {
  const { authority, ec, guard } = await start(t);
  const asked = guard({ refreshInterval: NEVER });
  for (let at = 0; at < 100; at++) {
    const token = await ec.sign(authority.claims(), { kid: `invented-${at}` });
    assert.equal(await statusOf(asked, token), 401);
  }
  assert.equal(await statusOf(asked, await ec.sign(authority.claims())), 200);
  assert.equal(authority.asked('/keys'), 1);
});

test('old keys are fetched again, and kept if that fails', async (t) => {
  const { authority, ec, guard } = await start(t);
  const asked = guard({ keysLifetime: 0, refreshInterval: 0 });
  const token = await ec.sign(authority.claims());
  assert.equal(await statusOf(asked, token), 200);
  assert.equal(await statusOf(asked, token), 200);
  assert.equal(authority.asked('/keys'), 2);
  authority.broken = 500;
  assert.equal(await statusOf(asked, token), 200);
  authority.broken = undefined;
  authority.publish();
  assert.equal(await statusOf(asked, token), 401, 'revoked');
});

test('while keys are fetched again those that there are do', async (t) => {
  const { authority, ec, guard } = await start(t);
  const asked = guard({ keysLifetime: 0, refreshInterval: 0 });
  const token = await ec.sign(authority.claims());
  assert.equal(await statusOf(asked, token), 200);
  let open = () => {};
  authority.gate = new Promise((resolve) => (open = resolve));
  const fetching = new Promise<void>((resolve) => (authority.onAsked = resolve));
  const waits = statusOf(asked, token);
  await fetching;
  assert.equal(await statusOf(asked, token), 200);
  open();
  assert.equal(await waits, 200);
});

test('without keys nobody is let in, and the reason stays here', async (t) => {
  const { authority, ec, guard, told } = await start(t);
  authority.broken = 502;
  const asked = guard({ refreshInterval: 0 });
  const token = await ec.sign(authority.claims());
  const refused = await ask(asked, token);
  assert.ok('status' in refused && refused.status === 503);
  assert.ok(!('www-authenticate' in refused.headers!) && !refused.body!.includes('502'));
  assert.match(told[0]!.message, /502 Bad Gateway/);
  authority.broken = undefined;
  assert.equal(await statusOf(asked, token), 200);
});

test('metadata is found in all its places, and believed only of the issuer', async (t) => {
  const openid = '/.well-known/openid-configuration';
  const cases: [
    tenant: string,
    place: string,
    names: string | undefined,
    why: RegExp | undefined,
  ][] = [
    ['', PLACE, undefined, undefined],
    ['', openid, undefined, undefined],
    ['/tenant', `${PLACE}/tenant`, undefined, undefined],
    ['/tenant', `${openid}/tenant`, undefined, undefined],
    ['/tenant', `/tenant${openid}`, undefined, undefined],
    ['', PLACE, 'https://honest.example', /issuer: expected/],
  ];
  for (const [tenant, place, names, why] of cases) {
    const { authority, ec, guard, told } = await start(t);
    const issuer = `${authority.issuer}${tenant}`;
    authority.metadata = {
      [place]: { issuer: names ?? issuer, jwks_uri: `${authority.issuer}/keys` },
    };
    const status = await statusOf(
      guard({}, issuer),
      await ec.sign(authority.claims({ iss: issuer })),
    );
    assert.equal(status, why === undefined ? 200 : 503, place);
    if (why === undefined) continue;
    assert.match(told[0]!.message, why);
    assert.equal(authority.asked('/keys'), 0);
  }
});

test('an issuer elsewhere names no address of this machine', async () => {
  const issuer = 'https://auth.example.com';
  const verifier = jwtVerifier(issuer, {
    fetch: async () => Response.json({ issuer, jwks_uri: 'http://127.0.0.1:1/keys' }),
  });
  const token = await (await Signer.make('ES256', 'ec')).sign({});
  await assert.rejects(
    async () => verifier.verify(token),
    /cannot name an address of this machine/,
  );
});

test('an answer that is no set of keys is refused, whoever fetched it', async () => {
  const ec = await Signer.make('ES256', 'ec');
  const keys = JSON.stringify({ keys: [ec.jwk] });
  const token = await ec.sign({ iss: 'https://auth.example.com', exp: now() + 60 });
  const cases: [status: number, body: BodyInit, why: RegExp | undefined][] = [
    [200, keys, undefined],
    [302, keys, /expected HTTP 200, found 302/],
    [200, ' '.repeat(300_000), /maxAuthDocument/],
    [200, '<html>', /invalid JSON/],
    [200, '[]', /expected object/],
    [200, new Uint8Array([0x22, 0xff, 0x22]), /no UTF-8/],
    [200, '{}', /expected a set of keys/],
  ];
  for (const [status, body, why] of cases) {
    let count = 0;
    const verifier = jwtVerifier('https://auth.example.com', {
      jwksUrl: 'https://auth.example.com/keys',
      async fetch() {
        count++;
        return new Response(body, { status });
      },
    });
    const verified = (async () => verifier.verify(token))();
    if (why === undefined) await verified;
    else await assert.rejects(verified, (error: Error) => why.test(error.message), String(why));
    assert.equal(count, 1);
  }
});

test('a server that never answers is waited for only so long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const verifier = jwtVerifier('https://auth.example.com', {
    jwksUrl: 'https://auth.example.com/keys',
    fetch() {
      isAsked();
      return new Promise(() => {});
    },
  });
  const token = await (await Signer.make('ES256', 'ec')).sign({});
  const refused = assert.rejects(async () => verifier.verify(token), /authFetchTimeout/);
  await asked;
  t.mock.timers.tick(10_000);
  await refused;
});

const asking = (authority: Authority, options: Partial<IntrospectionOptions> = {}) =>
  introspectionVerifier(authority.issuer, {
    clientId: 'notes server',
    clientSecret: 'p:ss wörd',
    ...options,
  });

test('a server says what a token is worth', async (t) => {
  const { authority } = await start(t);
  const active = (changes: object) => authority.claims({ active: true, ...changes });
  const cases: [token: string, answer: object, why: RegExp | undefined][] = [
    ['good', active({}), undefined],
    ['nameless', active({ iss: null }), undefined],
    ['revoked', { active: false }, /not active/],
    ['silent', authority.claims(), /not active/],
    ['sly', active({ active: 'true' }), /not active/],
    ['others', active({ aud: 'https://other.example' }), /not meant for/],
    ['foreign', active({ iss: 'https://evil.example' }), /not issued by/],
    ['late', active({ exp: now() - 60 }), /has expired/],
    ['early', active({ nbf: now() + 60 }), /not yet valid/],
  ];
  for (const [token, answer] of cases) authority.tokens[token] = answer;
  const guard = protection({ resource: RESOURCE, verifier: asking(authority) });
  for (const [token, , why] of cases) {
    const found = await ask(guard, token);
    if (!('status' in found)) assert.deepEqual([found.subject, why], ['ada', undefined], token);
    else assert.match(found.body!, why ?? /nothing/, token);
  }
  assert.equal(await statusOf(guard, 'unknown'), 401);
});

test('it asks as itself, in the header or in the body', async (t) => {
  const { authority } = await start(t);
  const verify = (options: Partial<IntrospectionOptions>, token: string) =>
    assert.rejects(async () => asking(authority, options).verify(token));
  await verify({}, 'a+b/c=');
  // `notes%20server:p%3Ass%20w%C3%B6rd`
  assert.deepEqual(authority.introspected, {
    authorization: 'Basic bm90ZXMlMjBzZXJ2ZXI6cCUzQXNzJTIwdyVDMyVCNnJk',
    body: 'token=a%2Bb%2Fc%3D&token_type_hint=access_token',
  });
  await verify({ secretInBody: true }, 'x');
  const { authorization, body } = authority.introspected!;
  assert.equal(authorization, undefined);
  assert.match(body, /&client_id=notes%20server&client_secret=p%3Ass%20w%C3%B6rd$/);
});

test('an answer is believed for a while, good or bad', async (t) => {
  const { authority } = await start(t);
  authority.tokens.good = authority.claims({ active: true });
  for (const [lifetime, expected] of [
    [NEVER, 2],
    [0, 20],
  ] as const) {
    const guard = protection({ resource: RESOURCE, verifier: asking(authority, { lifetime }) });
    const before = authority.asked('/introspect');
    for (let at = 0; at < 10; at++) {
      assert.equal(await statusOf(guard, 'good'), 200);
      assert.equal(await statusOf(guard, 'bad'), 401);
    }
    assert.equal(authority.asked('/introspect') - before, expected);
  }
});

test('a server is asked about so many tokens at the same time', async () => {
  let [running, most] = [0, 0];
  const verifier = introspectionVerifier('https://auth.example.com', {
    clientId: 'a',
    clientSecret: 'b',
    endpoint: 'https://auth.example.com/introspect',
    async fetch() {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return Response.json({ active: true });
    },
  });
  await Promise.all(Array.from({ length: 200 }, async (_, at) => verifier.verify(`t${at}`)));
  assert.deepEqual([running, most], [0, 32]);
});

test('a server that fails is no answer, and is asked again', async (t) => {
  const { authority } = await start(t);
  authority.tokens.good = authority.claims({ active: true });
  const told: Diagnostic[] = [];
  const guard = protection({
    resource: RESOURCE,
    verifier: asking(authority, { endpoint: `${authority.issuer}/introspect` }),
    diagnostics: (diagnostic) => told.push(diagnostic),
  });
  for (const status of [401, 500]) {
    authority.broken = status;
    assert.equal(await statusOf(guard, 'good'), 503);
    assert.ok(told.at(-1)!.message.includes(String(status)));
  }
  authority.broken = undefined;
  assert.equal(await statusOf(guard, 'good'), 200);
  assert.equal(authority.asked(PLACE), 0);
});

test('findings are remembered for their time, and only so many', (t) => {
  let time = 0;
  t.mock.method(performance, 'now', () => time);
  const remembered = new Remembered(60, 3);
  remembered.put('a', { subject: 'old' });
  time = 30;
  remembered.put('a', { subject: 'new' });
  time = 61;
  remembered.put('b', {});
  assert.deepEqual(
    remembered.get('a'),
    { subject: 'new' },
    'it lives on from when it was given anew',
  );
  time = 90;
  assert.equal(remembered.get('a'), undefined);
  for (let at = 0; at < 100; at++) {
    remembered.put(String(at), {});
    assert.ok(remembered.size <= 3);
  }
  assert.deepEqual(
    [96, 97, 98, 99].map((at) => remembered.get(String(at)) !== undefined),
    [false, true, true, true],
  );
});
