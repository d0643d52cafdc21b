// The part of the authorization server that hands out tokens: it registers clients, asks a user who says yes, and holds
// every request to what RFC 6749, 7523, 7591, 7636, 8693, 8707 and 9449 ask of it. Tokens are signed, and meant for the
// resource that was named.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import {
  calculateJwkThumbprint,
  compactVerify,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  jwtVerify,
  type JWK,
} from 'jose';

import { Authority, now, Signer, type Answered, type Asked } from './authority.js';

/** What a form or a query brought. */
export type Pairs = Readonly<Record<string, string>>;

/** A client that the server knows. */
export interface Known {
  secret?: string;
  method?: string;
  redirectUris?: readonly string[];
  key?: JWK;
}

/** What a code, or a token to renew with, stands for. */
interface Given {
  client: string;
  scope: string;
  resource: string;
  challenge?: string;
  redirectUri?: string;
  key?: string | undefined;
}

/** Why there is no token: the status, and what is said. */
class No {
  constructor(
    readonly body: object,
    readonly status = 400,
  ) {}
}

const no = (error: string, error_description = '') => new No({ error, error_description });

const URN = 'urn:ietf:params:oauth:';

/** An authorization server that hands out tokens. */
export class Granting {
  readonly authority: Authority;
  readonly signer: Signer;
  readonly clients = new Map<string, Known>();
  /** Who may say what of a client or a user: the public key of each issuer. */
  readonly trusted = new Map<string, JWK>();
  /** The error that a user comes back with. */
  denied: string | undefined;
  /** The `iss` that a user comes back with: this server's, another one, or none. */
  iss: string | undefined;
  expiresIn: number | undefined = 3600;
  refreshes = true;
  /** Gives another token to renew with each time; otherwise the first one stays good. */
  rotates = true;
  /** What tokens allow, whatever was asked for. */
  narrowed: string | undefined;
  /** The nonce that proofs have to have. */
  nonce: string | undefined;
  /** Wants proofs, and binds tokens. */
  dpop = false;
  /** Answers requests for tokens with this. */
  refuses: object | undefined;
  readonly #codes = new Map<string, Given>();
  readonly #refresh = new Map<string, Given>();
  #made = 0;
  readonly #seen: [path: string, pairs: Pairs][] = [];

  private constructor(authority: Authority, signer: Signer) {
    this.authority = authority;
    this.signer = signer;
    this.iss = authority.issuer;
    authority.first = (asked) => this.#answer(asked);
    authority.publish(signer);
  }

  /** With changes to what it says of itself, where null takes something away. */
  static async start(changes: object = {}): Promise<Granting> {
    const granting = new Granting(await Authority.start(), await Signer.make('ES256', 'granting'));
    granting.says('/.well-known/oauth-authorization-server', changes);
    return granting;
  }

  get issuer(): string {
    return this.authority.issuer;
  }

  /** Says at this path what it is, with changes. */
  says(path: string, changes: object = {}): void {
    this.authority.metadata[path] = this.metadata(changes);
  }

  metadata(changes: object = {}): object {
    const { issuer } = this;
    const all = {
      issuer,
      jwks_uri: `${issuer}/keys`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      authorization_response_iss_parameter_supported: true,
      dpop_signing_alg_values_supported: ['ES256'],
      ...changes,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  }

  /** What came to a path, in order. */
  seen(path: '/authorize' | '/token' | '/register'): Pairs[] {
    return this.#seen.filter(([at]) => at === path).map(([, found]) => found);
  }

  know(id: string, known: Known): void {
    this.clients.set(id, known);
  }

  close(): void {
    this.authority.close();
  }

  async #answer({ method, path, query, headers, body }: Asked): Promise<Answered | undefined> {
    switch (`${method} ${path}`) {
      case 'GET /authorize': {
        const asked = pairs(query);
        this.#seen.push([path, asked]);
        const location = this.#authorize(asked);
        return location === undefined ? { status: 400 } : { status: 302, headers: { location } };
      }
      case 'POST /token': {
        const form: Record<string, string> = { ...pairs(body) };
        for (const name of ['authorization', 'dpop'] as const) {
          const value = headers[name];
          if (typeof value === 'string') form[`header:${name}`] = value;
        }
        this.#seen.push([path, form]);
        const nonce = this.nonce;
        return said(
          () => this.#token(form),
          200,
          nonce === undefined ? {} : { 'dpop-nonce': nonce },
        );
      }
      case 'POST /register':
        this.#seen.push([path, { json: body }]);
        return said(async () => this.#register(JSON.parse(body)), 201);
    }
    return undefined;
  }

  /** The user says yes: where they are sent. */
  #authorize(asked: Pairs): string | undefined {
    const { client_id: client = '', redirect_uri: redirectUri = '' } = asked;
    const { code_challenge: challenge = '', scope = '', resource = '', state = '' } = asked;
    const isKnown = this.clients.get(client)?.redirectUris?.includes(redirectUri) === true;
    if (!client.startsWith('https://') && !isKnown) return undefined;
    if (asked.response_type !== 'code' || asked.code_challenge_method !== 'S256') return undefined;
    if (challenge.length !== 43) return undefined;
    const code = `code-${++this.#made}`;
    this.#codes.set(code, {
      client,
      scope,
      resource,
      challenge,
      redirectUri,
      key: asked.dpop_jkt,
    });
    const back = new URLSearchParams({
      state,
      ...(this.denied === undefined ? { code } : { error: this.denied }),
      ...(this.iss !== undefined && { iss: this.iss }),
    });
    return `${redirectUri}?${back}`;
  }

  #register(wanted: any): object {
    const { redirect_uris: redirectUris, token_endpoint_auth_method: method } = wanted;
    if (!redirectUris?.[0] || !['native', 'web'].includes(wanted.application_type)) {
      throw no('invalid_client_metadata', 'redirect_uris or application_type is missing');
    }
    const id = `client-${++this.#made}`;
    const secret = method === 'none' ? {} : { secret: `secret of ${id}` };
    this.clients.set(id, { method, redirectUris, ...secret });
    return { ...wanted, client_id: id, ...(secret.secret && { client_secret: secret.secret }) };
  }

  async #token(form: Pairs): Promise<object> {
    if (this.refuses !== undefined) throw new No(this.refuses);
    const client = await this.#client(form);
    const proof = form['header:dpop'];
    if (proof === undefined && this.dpop) throw no('invalid_dpop_proof', 'no proof');
    const key =
      proof === undefined
        ? undefined
        : await proven(proof, 'POST', `${this.issuer}/token`, undefined, this.nonce);
    if (key === NO_NONCE) throw no('use_dpop_nonce');
    const { scope = '', resource = '' } = form;
    const given: Given = { client, scope, resource, key };
    switch (form.grant_type) {
      case 'authorization_code':
        given.scope = this.#redeemed(form, given);
        break;
      case 'refresh_token':
        given.scope = this.#renewed(form, given);
        break;
      case 'client_credentials':
        break;
      case `${URN}grant-type:jwt-bearer`: {
        const { assertion = '' } = form;
        const claims = await this.#attested(assertion, this.issuer);
        const isGrant = decodeProtectedHeader(assertion).typ === 'oauth-id-jag+jwt';
        if (isGrant && (claims.client_id !== client || claims.resource !== resource)) {
          throw no('invalid_grant', 'it is for another client or resource');
        }
        break;
      }
      case `${URN}grant-type:token-exchange`:
        return this.#exchange(form, client);
      default:
        throw no('unsupported_grant_type');
    }
    return this.#issue(given);
  }

  /** The scope of a code, which is good for one try. */
  #redeemed(form: Pairs, given: Given): string {
    const code = this.#codes.get(form.code ?? '');
    this.#codes.delete(form.code ?? '');
    const fits =
      code !== undefined &&
      code.client === given.client &&
      code.redirectUri === form.redirect_uri &&
      code.challenge === digest(form.code_verifier ?? '') &&
      code.key === given.key &&
      code.resource === given.resource;
    if (!fits) throw no('invalid_grant', 'client, redirect address, verifier or resource differs');
    return code.scope;
  }

  /** The scope of a token to renew with. What is shown twice was stolen. */
  #renewed(form: Pairs, given: Given): string {
    const { refresh_token: text = '' } = form;
    const old = this.#refresh.get(text);
    if (old === undefined) throw no('invalid_grant', 'unknown token');
    if (this.rotates) this.#refresh.delete(text);
    if (old.client !== given.client || old.resource !== given.resource || old.key !== given.key) {
      throw no('invalid_grant', 'client, resource or key is another one');
    }
    return old.scope;
  }

  async #issue(given: Given): Promise<object> {
    const { client, resource, key } = given;
    const scope = this.narrowed ?? given.scope;
    const claims = {
      iss: this.issuer,
      aud: resource,
      sub: 'ada',
      client_id: client,
      scope,
      exp: now() + 3600,
      jti: String(++this.#made),
      ...(key !== undefined && { cnf: { jkt: key } }),
    };
    const refresh = `refresh-${this.#made}`;
    const renews = this.refreshes && (this.rotates || this.#refresh.size === 0);
    if (renews) this.#refresh.set(refresh, given);
    return {
      access_token: await this.signer.sign(claims),
      token_type: key === undefined ? 'Bearer' : 'DPoP',
      ...(this.expiresIn !== undefined && { expires_in: this.expiresIn }),
      ...(scope !== given.scope && { scope }),
      ...(renews && { refresh_token: refresh }),
    };
  }

  /** The id of the client that proved itself in the way that it has to. */
  async #client(form: Pairs): Promise<string> {
    const wrong = new No({ error: 'invalid_client' }, 401);
    const { client_assertion: assertion, client_secret: posted } = form;
    const [, pair] = /^Basic (.*)$/.exec(form['header:authorization'] ?? '') ?? [];
    let {
      client_id: id,
      secret,
      method,
    } = { client_id: form.client_id, secret: posted, method: '' };
    if (pair !== undefined) {
      assert.ok(id === undefined && assertion === undefined, 'one proof');
      const plain = (text = '') => new URLSearchParams(`x=${text}`).get('x')!;
      const [first, second] = Buffer.from(pair, 'base64').toString().split(':');
      [id, secret, method] = [plain(first), plain(second), 'client_secret_basic'];
    } else if (assertion !== undefined) {
      assert.ok(id === undefined && posted === undefined, 'one proof');
      [id, method] = [decodeJwt(assertion).sub, 'private_key_jwt'];
      const claims = await signed(assertion, this.clients.get(id ?? '')?.key, this.issuer);
      if (claims?.iss !== id) throw wrong;
    } else {
      method = posted === undefined ? 'none' : 'client_secret_post';
    }
    if (id === undefined) throw wrong;
    if (id.startsWith('https://') && method === 'none') return id;
    const known = this.clients.get(id);
    if (known?.method !== method || known.secret !== secret) throw wrong;
    return id;
  }

  /** An identity provider's answer: that its user may. */
  async #exchange(form: Pairs, client: string): Promise<object> {
    assert.equal(form.subject_token_type, `${URN}token-type:id_token`);
    assert.equal(form.requested_token_type, `${URN}token-type:id-jag`);
    const { sub } = await this.#attested(form.subject_token ?? '', client);
    const { audience, resource } = form;
    const claims = { iss: this.issuer, sub, aud: audience, resource, client_id: 'desk' };
    return {
      access_token: await this.signer.sign(
        { ...claims, exp: now() + 60, jti: '1' },
        { typ: 'oauth-id-jag+jwt' },
      ),
      token_type: 'N_A',
      issued_token_type: `${URN}token-type:id-jag`,
    };
  }

  /** The claims of what a trusted issuer signed for this audience. */
  async #attested(assertion: string, audience: string) {
    const key = this.trusted.get(decodeJwt(assertion).iss ?? '');
    const claims = await signed(assertion, key, audience);
    if (claims === undefined) throw no('invalid_grant', 'nobody trusted said so');
    return claims;
  }
}

async function said(
  answer: () => Promise<object>,
  status: number,
  headers: Record<string, string> = {},
): Promise<Answered> {
  try {
    return { status, headers, body: JSON.stringify(await answer()) };
  } catch (refused) {
    if (!(refused instanceof No)) return { status: 500, body: String(refused) };
    return { status: refused.status, headers, body: JSON.stringify(refused.body) };
  }
}

export const NO_NONCE = Symbol('no nonce');

/**
 * The thumbprint of the key that a proof was made with, if it is a good one for this request; or that it lacks the
 * nonce.
 */
export async function proven(
  proof: string,
  method: string,
  address: string,
  token: string | undefined,
  nonce: string | undefined,
): Promise<any> {
  const { jwk, typ } = decodeProtectedHeader(proof);
  assert.ok(jwk !== undefined && !('d' in jwk), 'the public key is in the head, and nothing else');
  assert.equal(typ, 'dpop+jwt');
  const { payload } = await compactVerify(proof, await importJWK(jwk as JWK, 'ES256'));
  const claims = JSON.parse(new TextDecoder().decode(payload));
  assert.deepEqual([claims.htm, claims.htu], [method, address]);
  assert.equal(claims.ath, token === undefined ? undefined : digest(token));
  assert.ok(Math.abs(claims.iat - now()) < 60 && typeof claims.jti === 'string');
  if (nonce !== undefined && claims.nonce !== nonce) return NO_NONCE;
  return calculateJwkThumbprint(jwk as JWK);
}

/** The claims of a token that this key signed for this audience. */
async function signed(token: string, key: JWK | undefined, audience: string) {
  if (key === undefined) return undefined;
  try {
    const { alg } = decodeProtectedHeader(token);
    return (await jwtVerify(token, await importJWK(key, alg!), { audience })).payload;
  } catch {
    return undefined;
  }
}

/** What a form or a query has; a name twice is nothing that a client of ours sends. */
function pairs(text: string): Pairs {
  const all = [...new URLSearchParams(text)];
  assert.equal(new Set(all.map(([name]) => name)).size, all.length, `a name twice: ${text}`);
  return Object.fromEntries(all);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
