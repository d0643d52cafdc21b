// Clients that act without a user: what they show for a token, and tokens that are bound to a key.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';

import { decodeJwt, type JWK } from 'jose';

import { server } from '../index.js';
import { node } from '../node.js';
import {
  authorizationCode,
  clientCredentials,
  enterprise,
  jwtBearer,
  MemoryStore,
  PrivateKey,
  type PrivateKeyOptions,
  type UserOptions,
} from '../oauth.js';
import { Granting, NO_NONCE, proven } from '../testing/authority-grants.js';
import { now, Signer } from '../testing/authority.js';
import { call, guardedBy, statusOf, why, yes } from '../testing/guarded.js';

async function grantingIn(t: TestContext, metadata: object = {}): Promise<Granting> {
  const granting = await Granting.start(metadata);
  t.after(() => granting.close());
  return granting;
}

test('a program proves who it is with a secret', async (t) => {
  const secret = 'hunter2 +%';
  for (const method of ['client_secret_basic', 'client_secret_post']) {
    const granting = await grantingIn(t, { token_endpoint_auth_methods_supported: [method] });
    const guarded = await guardedBy(t, granting);
    granting.know('desk', { secret, method });
    const oauth = clientCredentials(guarded.url, { id: 'desk', secret });
    assert.equal(await call(guarded, oauth), 'a note');
    assert.equal(await call(guarded, oauth, 'write'), 'written');
    const scopes = granting.seen('/token').map(({ scope }) => scope);
    assert.deepEqual(scopes, ['notes:read', 'notes:read notes:write'], method);
  }
});

test('a program proves who it is by what it signs', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1') =>
    key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }) as string;
  const table: [key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1', options?: PrivateKeyOptions][] = [
    [p256, 'pkcs8'],
    [p256, 'sec1'],
    [p384, 'pkcs8'],
    [p384, 'sec1'],
    [ed, 'pkcs8'],
    [rsa, 'pkcs8'],
    [rsa, 'pkcs1', { algorithm: 'PS384' }],
  ];
  const methods = { token_endpoint_auth_methods_supported: ['private_key_jwt'] };
  const granting = await grantingIn(t, methods);
  const guarded = await guardedBy(t, granting);
  for (const [key, type, options] of table) {
    const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
    granting.know('desk', { method: 'private_key_jwt', key: jwk });
    const privateKey = await PrivateKey.fromPem(pem(key, type), { keyId: 'k1', ...options });
    const shown = inspect(privateKey, { showHidden: true, depth: 9 }) + JSON.stringify(privateKey);
    assert.ok(shown.length < 30, shown);
    const identity = { id: 'desk', issuer: granting.issuer, privateKey };
    assert.equal(await call(guarded, clientCredentials(guarded.url, identity)), 'a note');
    const claims = decodeJwt(granting.seen('/token').at(-1)!.client_assertion!);
    assert.equal(claims.aud, granting.issuer);
    assert.ok(claims.exp! <= now() + 60);
  }
});

test('what is no private key is refused without being shown', async () => {
  const pem = (kind: string) =>
    `-----BEGIN ${kind}-----\n${btoa('hunter2')}\n-----END ${kind}-----`;
  for (const text of [
    '',
    'hunter2',
    pem('PRIVATE KEY'),
    pem('EC PRIVATE KEY'),
    pem('CERTIFICATE'),
  ]) {
    await assert.rejects(PrivateKey.fromPem(text), (error: Error) => {
      assert.match(error.message, /expected the PEM/);
      assert.ok(!inspect(error).includes('hunter2') && !inspect(error).includes(btoa('hunter2')));
      return true;
    });
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const ed = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  await assert.rejects(PrivateKey.fromPem(ed, { algorithm: 'RS256' }), /cannot sign with RS256/);
});

const attested = (by: Signer, iss: string, aud: string) =>
  by.sign({ iss, sub: 'workload', aud, exp: now() + 60 });

test('a workload shows what its platform says, and is not tried in another way', async (t) => {
  const granting = await grantingIn(t);
  const guarded = await guardedBy(t, granting);
  const cloud = 'https://cloud.example';
  const platform = await Signer.make('RS256', 'platform');
  granting.trusted.set(cloud, platform.jwk);
  granting.know('workload', { method: 'none' });
  const statement = async (issuer: string) => `${await attested(platform, cloud, issuer)}\n`;
  const good = jwtBearer(guarded.url, 'workload', statement);
  assert.equal(await call(guarded, good), 'a note');
  assert.deepEqual(
    granting.seen('/token').map(({ resource }) => resource),
    [guarded.url],
  );
  const wrong = await attested(platform, cloud, 'https://other.example');
  const oauth = jwtBearer(guarded.url, 'workload', wrong);
  const words = await why(call(guarded, oauth));
  assert.match(words, /invalid_grant/);
  for (const shown of [words, inspect(oauth, { showHidden: true, depth: 9 })]) {
    assert.ok(!shown.includes(wrong));
  }
  assert.deepEqual([granting.seen('/token').length, granting.seen('/register').length], [2, 0]);
});

test('an enterprise decides for its users', async (t) => {
  const [provider, granting] = [await grantingIn(t), await grantingIn(t)];
  const guarded = await guardedBy(t, granting);
  const { issuer, signer } = provider;
  for (const one of [provider, granting]) one.trusted.set(issuer, signer.jwk);
  provider.know('desk at work', { method: 'none' });
  granting.know('desk', { secret: 'hunter2', method: 'client_secret_basic' });
  const idToken = await attested(signer, issuer, 'desk at work');
  for (const named of [{ tokenEndpoint: `${issuer}/token` }, {}]) {
    const identityProvider = { issuer, client: 'desk at work', idToken, ...named };
    const client = { id: 'desk', secret: 'hunter2' };
    const oauth = enterprise(guarded.url, client, identityProvider);
    assert.equal(await call(guarded, oauth), 'a note');
  }
  const [exchanged] = provider.seen('/token');
  assert.deepEqual([exchanged!.audience, exchanged!.resource], [granting.issuer, guarded.url]);
  const asked = [granting, provider].flatMap((one) => one.seen('/authorize'));
  assert.equal(asked.length, 0, 'no user was asked');
});

/** A server that takes nothing but tokens bound to a key, each time with another proof. */
class Binding {
  nonce: string | undefined;
  /** Gives another nonce each time, and takes none. */
  restless = false;
  refused = 0;
  /** What was wrong with requests; nothing may be. */
  readonly wrong: unknown[] = [];
  readonly #proofs = new Set<string>();

  private constructor(
    readonly resource: string,
    readonly issuer: string,
  ) {}

  static async start(t: TestContext, { issuer }: Granting): Promise<Binding> {
    const answer = node(server('notes', '1').tool('read', {}, () => 'a note'));
    const socket = createServer(async (request, response) => {
      if (request.url === '/.well-known/oauth-protected-resource/mcp') {
        const resource = binding.resource;
        response.end(JSON.stringify({ resource, authorization_servers: [issuer] }));
        return;
      }
      const headers = await binding.#refusal(request);
      if (headers === undefined) answer(request, response);
      else response.writeHead(401, headers).end();
    });
    await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      socket.close();
      socket.closeAllConnections();
    });
    const { port } = socket.address() as AddressInfo;
    const binding: Binding = new Binding(`http://127.0.0.1:${port}/mcp`, issuer);
    return binding;
  }

  async #refusal({
    headers,
    method,
  }: IncomingMessage): Promise<Record<string, string> | undefined> {
    const { authorization, dpop } = headers;
    if (authorization === undefined) return { 'www-authenticate': 'DPoP algs="ES256"' };
    try {
      assert.match(authorization, /^DPoP /, 'the token is bound');
      assert.ok(typeof dpop === 'string' && !this.#proofs.has(dpop), 'a proof is for one request');
      this.#proofs.add(dpop);
      if (this.restless) this.nonce = `nonce-${this.refused}`;
      const token = authorization.slice('DPoP '.length);
      const key = await proven(dpop, method!, this.resource, token, this.nonce);
      if (key === NO_NONCE) {
        this.refused++;
        return { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': this.nonce! };
      }
      const { cnf } = decodeJwt(token);
      assert.deepEqual(cnf, { jkt: key }, 'it is the key that the token is bound to');
    } catch (error) {
      this.wrong.push(error);
    }
    return undefined;
  }

  /** What the address has besides is no part of a proof. */
  get url(): string {
    return `${this.resource}?a=b`;
  }

  client(options: UserOptions = {}) {
    return authorizationCode(this.resource, yes(), options);
  }
}

test('a token is bound to a key where the server wants it', async (t) => {
  const granting = await grantingIn(t);
  granting.dpop = true;
  granting.nonce = 'of the authorization server';
  const binding = await Binding.start(t, granting);
  binding.nonce = 'of the server';
  const store = new MemoryStore();
  let oauth = binding.client({ store });
  for (let i = 0; i < 3; i++) assert.equal(await call(binding, oauth), 'a note');
  // Each nonce cost one try, the first time.
  assert.deepEqual([binding.refused, granting.seen('/token').length], [1, 2]);
  binding.nonce = 'another one';
  assert.equal(await call(binding, oauth), 'a note');
  // The key is kept with the token, and renews it.
  granting.expiresIn = 0;
  oauth = binding.client({ store });
  assert.equal(await call(binding, oauth), 'a note');
  assert.equal(granting.seen('/authorize').length, 1);
  await oauth.forget();
  assert.equal(await call(binding, oauth), 'a note');
  assert.equal(await call(binding, binding.client({ store })), 'a note');
  assert.equal(granting.seen('/authorize').length, 2, 'renewed with the key that was kept');
  assert.deepEqual(binding.wrong, []);
});

test('a server that takes no nonce is not asked for ever', async (t) => {
  const granting = await grantingIn(t);
  granting.dpop = true;
  const binding = await Binding.start(t, granting);
  binding.restless = true;
  assert.equal(await statusOf(call(binding, binding.client())), 401);
  assert.ok(binding.refused <= 4, String(binding.refused));
  assert.deepEqual(binding.wrong, []);
});

test('a token that was to be bound and is not is not used', async (t) => {
  const granting = await grantingIn(t, { dpop_signing_alg_values_supported: null });
  const guarded = await guardedBy(t, granting);
  const oauth = authorizationCode(guarded.url, yes(), { dpop: true });
  assert.match(await why(call(guarded, oauth)), /expected ES256/);
  assert.equal(granting.seen('/authorize').length, 0);
});
