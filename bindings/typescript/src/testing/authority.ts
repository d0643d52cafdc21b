// An authorization server on this machine: metadata, keys that can be changed, answers about tokens; and signers whose
// keys are made anew in every run.

import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';

import type { Guard, RequestHead } from '../http-server.js';

/** The server that tokens are for. */
export const RESOURCE = 'https://mcp.example.com/mcp';

export const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';

export const now = () => Math.floor(Date.now() / 1000);

/** What was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is answered. */
export interface Answered {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What it answers, and what it was asked. */
export class Authority {
  readonly issuer: string;
  metadata: Record<string, object>;
  keys: object[] = [];
  /** What is said about a token; of others, that it is not active. */
  readonly tokens: Record<string, object> = {};
  /** Answers everything with this status. */
  broken: number | undefined;
  /** The last request for an answer about a token. */
  introspected: { authorization: string | undefined; body: string } | undefined;
  /** Each answer waits for it. */
  gate: Promise<void> = Promise.resolve();
  /** Is called when something is asked. */
  onAsked = () => {};
  /** Answers before all else, or leaves it to the rest. */
  first: (asked: Asked) => Promise<Answered | undefined> = async () => undefined;
  readonly #asked = new Map<string, number>();
  readonly #close: () => void;

  private constructor(issuer: string, close: () => void) {
    this.issuer = issuer;
    this.metadata = {
      '/.well-known/oauth-authorization-server': {
        issuer,
        jwks_uri: `${issuer}/keys`,
        introspection_endpoint: `${issuer}/introspect`,
      },
    };
    this.#close = close;
  }

  static async start(): Promise<Authority> {
    const http = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const [path = '', query = ''] = request.url!.split('?');
      const { method = '', headers } = request;
      const answer = await authority.#answer({ method, path, query, headers, body });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const authority: Authority = new Authority(
      `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      () => {
        http.close();
        http.closeAllConnections();
      },
    );
    return authority;
  }

  async #answer(asked: Asked): Promise<Answered> {
    const { path, body, headers } = asked;
    this.#asked.set(path, this.asked(path) + 1);
    this.onAsked();
    await this.gate;
    if (this.broken !== undefined) return { status: this.broken };
    const first = await this.first(asked);
    if (first !== undefined) return first;
    let found: object | undefined = this.metadata[path];
    if (path === '/keys') found = { keys: this.keys };
    if (path === '/introspect') {
      this.introspected = { authorization: headers.authorization, body };
      found = this.tokens[new URLSearchParams(body).get('token') ?? ''] ?? { active: false };
    }
    return found === undefined ? { status: 404 } : { status: 200, body: JSON.stringify(found) };
  }

  publish(...signers: Signer[]): void {
    this.keys = signers.map((signer) => signer.jwk);
  }

  /** Nothing was asked so far. */
  forget(): void {
    this.#asked.clear();
  }

  /** How often a path was asked. */
  asked(path: string): number {
    return this.#asked.get(path) ?? 0;
  }

  /** The claims of a good token, with changes; null takes one away. */
  claims(changes: object = {}): object {
    const good = {
      iss: this.issuer,
      aud: RESOURCE,
      sub: 'ada',
      client_id: 'app',
      scope: 'notes:read',
      exp: now() + 300,
      iat: now(),
    };
    const all = Object.entries({ ...good, ...changes });
    return Object.fromEntries(all.filter(([, value]) => value !== null));
  }

  close(): void {
    this.#close();
  }
}

/** A private key, and its name. */
export class Signer {
  readonly id: string;
  readonly algorithm: string;
  readonly key: CryptoKey;
  /** Its public key, as it is published. */
  readonly jwk: object;

  private constructor(id: string, algorithm: string, key: CryptoKey, jwk: object) {
    this.id = id;
    this.algorithm = algorithm;
    this.key = key;
    this.jwk = jwk;
  }

  static async make(algorithm: 'ES256' | 'EdDSA' | 'RS256', id: string): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: id };
    return new Signer(id, algorithm, privateKey, jwk);
  }

  /** A token of these claims; `head` changes what it says of itself, and `undefined` takes it away. */
  sign(claims: object, head: object = {}): Promise<string> {
    const all = Object.entries({ alg: this.algorithm, kid: this.id, typ: 'JWT', ...head });
    const said = Object.fromEntries(all.filter(([, value]) => value !== undefined));
    return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader(said as { alg: string })
      .sign(this.key, { crit: { b64x: true } });
  }
}

/** A token with this head, signed with a shared secret, or with nothing. */
export async function byHand(head: unknown, claims: unknown, secret?: Uint8Array): Promise<string> {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const message = `${part(head)}.${part(claims)}`;
  if (secret === undefined) return `${message}.`;
  const { createHmac } = await import('node:crypto');
  return `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`;
}

/** The head of a request with these values of the header `Authorization`, and other headers. */
export function headOf(
  values: readonly string[],
  others: Record<string, string> = {},
): RequestHead {
  return {
    method: 'POST',
    path: '/mcp',
    header: (name) => (name === 'authorization' ? values[0] : others[name]),
    isRepeated: (name) => name === 'authorization' && values.length > 1,
  };
}

/** What becomes of a request with this token. */
export async function ask(guard: Guard, token: string) {
  return guard(headOf([`Bearer ${token}`]));
}

/** The status of the refusal of a request with this token; 200 if there is none. */
export async function statusOf(guard: Guard, token: string): Promise<number> {
  const found = await ask(guard, token);
  return 'status' in found ? found.status : 200;
}

/** Reads `Bearer name="value", …`; nothing if it is anything else. */
export function parametersOf(header: string | undefined): Record<string, string> | undefined {
  const [, rest] = /^Bearer(?: (.*))?$/.exec(header ?? '') ?? [];
  const found: Record<string, string> = {};
  if (rest === undefined) return header === 'Bearer' ? found : undefined;
  for (const part of rest.split(/(?<="), /)) {
    const [, name, value] = /^([a-z_]+)="([ !#-[\]-~]*)"$/.exec(part) ?? [];
    if (name === undefined || name in found) return undefined;
    found[name] = value!;
  }
  return found;
}
