// Which tokens let a request in, and what a client is told whose token does not.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test, type TestContext } from 'node:test';

import fc from 'fast-check';

import type { Claims, Diagnostic } from '../index.js';
import {
  fixedTokens,
  jwtVerifier,
  missingScopes,
  protection,
  TokenRefusal,
  type JwtOptions,
  type ProtectionOptions,
} from '../auth.js';
import {
  ask,
  Authority,
  byHand,
  headOf,
  METADATA,
  now,
  parametersOf,
  RESOURCE,
  Signer,
  statusOf,
} from '../testing/authority.js';

async function start(t: TestContext): Promise<Authority> {
  const authority = await Authority.start();
  t.after(() => authority.close());
  return authority;
}

const guarded = (authority: Authority, more: Partial<ProtectionOptions> = {}) =>
  protection({ resource: RESOURCE, verifier: jwtVerifier(authority.issuer), ...more });

async function claimsOf(guard: ReturnType<typeof protection>, token: string): Promise<Claims> {
  const found = await ask(guard, token);
  assert.ok(!('status' in found), inspect(found));
  return found;
}

test('good tokens let a request in and say who asks', async (t) => {
  const authority = await start(t);
  const signers = await Promise.all([
    Signer.make('ES256', 'ec'),
    Signer.make('EdDSA', 'ed'),
    Signer.make('RS256', 'rsa'),
  ]);
  authority.publish(...signers);
  const guard = guarded(authority);
  const exp = now() + 300;
  for (const signer of signers) {
    const token = await signer.sign(authority.claims({ exp, scope: 'a b', team: 'blue' }));
    const { all, ...claims } = await claimsOf(guard, token);
    assert.deepEqual(claims, {
      subject: 'ada',
      clientId: 'app',
      issuer: authority.issuer,
      audience: [RESOURCE],
      scopes: ['a', 'b'],
      expiresAt: new Date(exp * 1000),
    });
    assert.equal(all?.team, 'blue');
  }
  for (const changes of [
    { aud: ['https://other.example.com', RESOURCE] },
    { aud: 'HTTPS://MCP.example.com/mcp' },
    { nbf: now() - 5 },
    { exp: now() - 5 },
    { exp: now() + 100.5 },
    { sub: null, client_id: null, scope: null },
  ]) {
    await claimsOf(guard, await signers[0]!.sign(authority.claims(changes)));
  }
});

test('other tokens do not, and the client is told why', async (t) => {
  const authority = await start(t);
  const ec = await Signer.make('ES256', 'ec');
  const rsa = await Signer.make('RS256', 'rsa');
  const k = Buffer.alloc(32).toString('base64url');
  authority.keys = [ec.jwk, rsa.jwk, { kty: 'oct', kid: 'oct', k }];
  const guard = guarded(authority);
  const good = authority.claims();
  const changed = (changes: object) => ec.sign(authority.claims(changes));
  const signed = await ec.sign(good);
  const [head, payload, signature] = signed.split('.') as [string, string, string];
  const otherSignature = (await changed({ sub: 'eve' })).split('.')[2]!;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const hs256 = { alg: 'HS256', kid: 'ec' };
  const cases: [what: string, token: string, why: RegExp][] = [
    ['expired', await changed({ exp: now() - 60 }), /has expired/],
    ['without an end', await changed({ exp: null }), /does not say exp/],
    ['an end that is a text', await changed({ exp: 'tomorrow' }), /exp/],
    ['from the future', await changed({ nbf: now() + 60 }), /not yet valid/],
    ['for somebody else', await changed({ aud: 'https://other.example.com' }), /not meant for/],
    ['for a longer name', await changed({ aud: `${RESOURCE}.evil.example` }), /not meant for/],
    ['for nobody', await changed({ aud: null }), /not meant for/],
    ['by somebody else', await changed({ iss: 'https://evil.example' }), /was not issued by/],
    ['by nobody', await changed({ iss: null }), /does not say iss/],
    ['by several', await changed({ iss: [authority.issuer, 'x'] }), /cannot be read/],
    ['bound to a key', await changed({ cnf: { jkt: 'x' } }), /bound to a key/],
    ['unsigned', await byHand({ alg: 'none' }, good), /cannot be read/],
    ['unsigned, shouting', await byHand({ alg: 'NONE', kid: 'ec' }, good), /cannot be read/],
    [
      'signed with the public key',
      await byHand(hs256, good, bytes(JSON.stringify(ec.jwk))),
      /not signed in a way/,
    ],
    ['signed with nothing', await byHand(hs256, good, bytes('')), /not signed in a way/],
    [
      'signed with a published secret',
      await byHand({ alg: 'HS256', kid: 'oct' }, good, new Uint8Array(32)),
      /not signed in a way/,
    ],
    [
      "by a stranger with our key's name",
      await (await Signer.make('ES256', 'ec')).sign(good),
      /signature is wrong/,
    ],
    ['by an unknown key', await (await Signer.make('ES256', 'new')).sign(good), /does not publish/],
    ['by a key of another kind', await ec.sign(good, { kid: 'rsa' }), /algorithm is not one/],
    ['that must be understood', await ec.sign(good, { crit: ['b64x'], b64x: 1 }), /crit/],
    ['with another payload', `${head}.${payload}.${otherSignature}`, /signature is wrong/],
    ['with half a signature', `${head}.${payload}.${signature.slice(0, 40)}`, /signature is wrong/],
    ['without a signature', `${head}.${payload}.`, /signature is wrong/],
    ['without a head', `.${payload}.${signature}`, /cannot be read/],
    ['with a part too many', `${signed}.x`, /cannot be read/],
    ['with two parts', `${head}.${payload}`, /cannot be read/],
    ['of five parts, encrypted', 'a.b.c.d.e', /cannot be read/],
    ['no token of this kind', 'opaque', /cannot be read/],
    ['very deep', await byHand('['.repeat(5000), good), /cannot be read/],
    ['too long', await changed({ more: 'x'.repeat(20_000) }), /maxToken/],
    ['not ASCII', 'ä', /characters/],
    ['two in one header', `${signed}, Bearer ${signed}`, /characters/],
  ];
  for (const [what, token, why] of cases) {
    const refused = await ask(guard, token);
    assert.ok('status' in refused, what);
    const told = parametersOf(refused.headers!['www-authenticate'])!;
    assert.deepEqual([refused.status, told.error], [401, 'invalid_token'], what);
    assert.equal(told.resource_metadata, METADATA, what);
    assert.match(told.error_description!, why, what);
    assert.ok(token.length < 10 || !JSON.stringify(refused).includes(token.slice(0, 60)), what);
  }
});

test('a token with any character changed is refused', async (t) => {
  const authority = await start(t);
  for (const signer of [await Signer.make('ES256', 'ec'), await Signer.make('EdDSA', 'ed')]) {
    authority.publish(signer);
    const guard = guarded(authority);
    const token = await signer.sign(authority.claims());
    assert.equal(await statusOf(guard, token), 200);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      assert.equal(await statusOf(guard, changed), 401, `changed at ${at}: ${changed}`);
    }
  }
});

test('a request without one token is told what to do', async () => {
  const guard = protection({
    resource: RESOURCE,
    verifier: fixedTokens({}),
    scopes: ['notes:read'],
  });
  const cases: [values: string[], status: number, error: string | undefined, words: RegExp][] = [
    [[], 401, undefined, /send a token/],
    [['Basic YTpi'], 401, undefined, /send a token/],
    [['Bearer'], 401, undefined, /send a token/],
    [['Bearer a', 'Bearer a'], 400, 'invalid_request', /more than one/],
    [['Bearer a b'], 401, 'invalid_token', /characters/],
  ];
  for (const [values, status, error, words] of cases) {
    const refused = await guard(headOf(values, { cookie: 'access_token=a' }));
    assert.ok('status' in refused);
    const { headers, body } = refused;
    const told = parametersOf(headers!['www-authenticate'])!;
    assert.deepEqual([refused.status, told.error], [status, error], values.join());
    assert.deepEqual([told.scope, told.resource_metadata], ['notes:read', METADATA]);
    assert.equal(headers!['cache-control'], 'no-store');
    assert.match(JSON.parse(body!).error_description, words);
  }
});

test('a token without enough scopes is told all that it needs', async () => {
  const guard = protection({
    resource: RESOURCE,
    verifier: fixedTokens({
      none: {},
      read: { scopes: ['read'] },
      admin: { scopes: ['admin'] },
      both: { scopes: ['read', 'write'] },
    }),
    scopes: ['read'],
    includes: { admin: ['read', 'write'] },
    scopesSupported: ['read', 'write'],
  });
  const refused = await ask(guard, 'none');
  assert.ok('status' in refused);
  const told = parametersOf(refused.headers!['www-authenticate'])!;
  assert.deepEqual([refused.status, told.error, told.scope], [403, 'insufficient_scope', 'read']);
  for (const [token, missing] of [
    ['read', ['write']],
    ['admin', []],
    ['both', []],
  ] as const) {
    assert.deepEqual(missingScopes(await claimsOf(guard, token), ['write']), missing, token);
  }
  const lacks = guard.lacks(headOf([]), ['write']);
  assert.equal(lacks.status, 403);
  assert.equal(parametersOf(lacks.headers!['www-authenticate'])!.scope, 'read write');
});

test('what a verifier accepts can be narrowed', async (t) => {
  const authority = await start(t);
  const ec = await Signer.make('ES256', 'ec');
  const rsa = await Signer.make('RS256', 'rsa');
  const keys = { keys: [ec.jwk, rsa.jwk] };
  const good = authority.claims();
  const sharedSecret = new Uint8Array(32).fill(7);
  const cases: [options: JwtOptions, token: string, why: RegExp | undefined][] = [
    [{ keys }, await ec.sign(good), undefined],
    [{ keys }, await rsa.sign(good), undefined],
    [{ keys }, await rsa.sign(good, { kid: undefined }), undefined],
    [{ keys, algorithms: ['ES256'] }, await ec.sign(good), undefined],
    [{ keys, algorithms: ['ES256'] }, await rsa.sign(good), /not signed in a way/],
    [{ keys, requireType: 'at+jwt' }, await ec.sign(good, { typ: 'at+jwt' }), undefined],
    [
      { keys, requireType: 'at+jwt' },
      await ec.sign(good, { typ: 'application/AT+JWT' }),
      undefined,
    ],
    [{ keys, requireType: 'at+jwt' }, await ec.sign(good), /no token of the type at\+jwt/],
    [{ keys, leeway: 0 }, await ec.sign(authority.claims({ exp: now() - 2 })), /has expired/],
    [{ keys, leeway: 600_000 }, await ec.sign(authority.claims({ exp: now() - 60 })), undefined],
    [{ sharedSecret }, await byHand({ alg: 'HS256' }, good, sharedSecret), undefined],
    [
      { sharedSecret },
      await byHand({ alg: 'HS256' }, good, new Uint8Array(32).fill(8)),
      /signature is wrong/,
    ],
    [{ sharedSecret }, await ec.sign(good), /not signed in a way/],
    [{ sharedSecret }, await byHand({ alg: 'none' }, good), /cannot be read/],
  ];
  for (const [at, [options, token, why]] of cases.entries()) {
    const verified = (async () => jwtVerifier(authority.issuer, options).verify(token))();
    if (why === undefined) await verified;
    else await assert.rejects(verified, why, String(at));
  }
  assert.equal(authority.asked('/keys'), 0, 'nothing was fetched: the keys were given');
});

test('a key is used for what it is meant for', async (t) => {
  const authority = await start(t);
  const ec = await Signer.make('ES256', 'a');
  const rsa = await Signer.make('RS256', 'a');
  const other = await Signer.make('RS256', 'b');
  const cases: [keys: object[], signer: Signer, head: object, why: RegExp | undefined][] = [
    [[rsa.jwk], rsa, {}, undefined],
    [[{ ...rsa.jwk, alg: 'RS256' }], rsa, {}, undefined],
    [[{ ...rsa.jwk, alg: 'RS384' }], rsa, {}, /algorithm is not one/],
    [[{ ...rsa.jwk, alg: 'RSA-OAEP' }, ec.jwk], rsa, { kid: 'x' }, /does not publish/],
    [[{ ...rsa.jwk, use: 'sig' }], rsa, {}, undefined],
    [[{ ...rsa.jwk, use: 'enc' }, other.jwk], rsa, {}, /does not publish/],
    [[{ ...rsa.jwk, key_ops: ['encrypt'] }, other.jwk], rsa, {}, /does not publish/],
    [[rsa.jwk, ec.jwk], ec, {}, undefined],
    [[rsa.jwk, other.jwk], rsa, { kid: undefined }, /does not say which/],
    [[7, null, { kty: 'new' }, ec.jwk] as object[], ec, {}, undefined],
    [[{ ...ec.jwk, x: '!' }], ec, {}, /algorithm is not one/],
  ];
  for (const [at, [keys, signer, head, why]] of cases.entries()) {
    const verifier = jwtVerifier(authority.issuer, { keys: { keys } });
    const verified = (async () => verifier.verify(await signer.sign(authority.claims(), head)))();
    if (why === undefined) await verified;
    else await assert.rejects(verified, why, String(at));
  }
});

test('an audience of another name is accepted if it is ours', async (t) => {
  const authority = await start(t);
  const ec = await Signer.make('ES256', 'ec');
  authority.publish(ec);
  const token = await ec.sign(authority.claims({ aud: 'api://notes' }));
  assert.equal(await statusOf(guarded(authority), token), 401);
  assert.equal(await statusOf(guarded(authority, { audiences: ['api://notes'] }), token), 200);
});

test("a verifier of one's own is held to audience and time", async () => {
  const down = 'the database at 10.0.0.7 is down';
  const cases: [found: Claims | Error, status: number][] = [
    [{ audience: [RESOURCE] }, 200],
    [{}, 401],
    [{ audience: [RESOURCE], expiresAt: new Date(0) }, 401],
    [new TokenRefusal('invalid', 'no'), 401],
    [new TokenRefusal('unavailable', down), 503],
    [new Error(down), 503],
  ];
  for (const [found, status] of cases) {
    const told: Diagnostic[] = [];
    const guard = protection({
      resource: RESOURCE,
      verifier: {
        verify() {
          if (found instanceof Error) throw found;
          return found;
        },
      },
      diagnostics: (diagnostic) => told.push(diagnostic),
    });
    const answer = await ask(guard, 'x');
    assert.equal('status' in answer ? answer.status : 200, status);
    assert.equal(
      told.some(({ message }) => message.includes('10.0.0.7')),
      status === 503,
    );
    if (status !== 503 || !('status' in answer)) continue;
    assert.deepEqual(
      [answer.headers!['retry-after'], answer.headers!['www-authenticate']],
      ['10', undefined],
    );
    assert.ok(!answer.body!.includes('10.0.0.7'));
  }
});

test('a wrong setup is told before anybody asks', () => {
  const https = 'https://auth.example.com';
  const made = (options: Partial<ProtectionOptions>) => () =>
    protection({ resource: RESOURCE, verifier: jwtVerifier(https), ...options });
  const cases: [make: () => unknown, why: RegExp][] = [
    [made({ resource: 'mcp.example.com' }), /resource "mcp\.example\.com": expected an absolute/],
    [made({ resource: 'http://mcp.example.com' }), /use https/],
    [made({ scopes: ['a b'] }), /without spaces/],
    [made({ scopesSupported: ['offline_access'] }), /refresh token/],
    [made({ metadataUrl: 'nowhere' }), /metadataUrl/],
    [
      made({ authorizationServers: ['ftp://x'] }),
      /authorizationServers "ftp:\/\/x": expected https/,
    ],
    [made({ resource: 'x', scopes: ['a b'] }), /resource[^\n]*\nscope/],
    [() => jwtVerifier('http://auth.example.com'), /use https/],
    [() => jwtVerifier(https, { jwksUrl: 'http://10.0.0.1/keys' }), /jwksUrl/],
    [() => jwtVerifier(https, { keys: {} as { keys: [] } }), /expected a set of keys/],
    [() => jwtVerifier(https, { keys: { keys: [] } }), /found none/],
    [() => jwtVerifier(https, { sharedSecret: new Uint8Array(5) }), /at least 32 bytes/],
    [() => jwtVerifier(https, { algorithms: [] }), /algorithms/],
  ];
  made({})();
  for (const [make, why] of cases) assert.throws(make, why);
});

test('nothing that is secret is shown', () => {
  const secret = 'hunter2hunter2hunter2hunter2hunter2';
  const sharedSecret = new TextEncoder().encode(secret);
  const verifier = fixedTokens({ [secret]: {} });
  for (const shown of [
    verifier,
    jwtVerifier('https://a.example', { sharedSecret }),
    protection({ resource: RESOURCE, verifier }),
  ]) {
    assert.ok(!inspect(shown, { depth: 9, showHidden: true }).includes('hunter2'));
    assert.ok(!(JSON.stringify(shown) ?? '').includes('hunter2'));
  }
});

test('whatever is sent as credentials is refused with a challenge that can be read', async () => {
  const verifier = jwtVerifier('https://auth.example.com', {
    sharedSecret: new Uint8Array(32).fill(7),
  });
  const guard = protection({ resource: RESOURCE, verifier });
  const token = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,80}$/),
    fc
      .array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })
      .map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.')),
  );
  await fc.assert(
    fc.asyncProperty(
      token,
      fc.constantFrom('Bearer ', 'bearer  ', '', 'Basic '),
      async (text, scheme) => {
        const refused = await guard(headOf([scheme + text]));
        assert.ok('status' in refused && refused.status === 401);
        assert.ok(parametersOf(refused.headers!['www-authenticate']));
      },
    ),
  );
});

test('a challenge can always be read again', async () => {
  const scope = fc.stringMatching(/^[!#-[\]-~]{1,20}$/).filter((one) => one !== 'offline_access');
  const property = fc.asyncProperty(
    fc.string({ unit: 'binary' }),
    fc.uniqueArray(scope, { maxLength: 5 }),
    async (why, scopes) => {
      const verifier = {
        verify() {
          throw new TokenRefusal('invalid', why);
        },
      };
      const refused = await ask(protection({ resource: RESOURCE, verifier, scopes }), 'x');
      assert.ok('status' in refused);
      const told = parametersOf(refused.headers!['www-authenticate']);
      assert.ok(told !== undefined, refused.headers!['www-authenticate']);
      assert.deepEqual([told.error, told.resource_metadata], ['invalid_token', METADATA]);
      assert.equal(told.scope ?? '', scopes.join(' '));
      assert.equal((told.error_description ?? '').length, [...why].length);
    },
  );
  await fc.assert(property);
});
