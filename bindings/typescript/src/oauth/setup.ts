// What a program says before it asks for tokens, checked; and what is kept for it.

import { checked } from '../auth/address.js';
import { Fetcher, type Fetch } from '../auth/fetcher.js';
import { isScope } from '../auth/scopes.js';
import type { Awaitable } from '../awaitable.js';
import { report, type Diagnostics } from '../diagnostics.js';
import * as LIMITS from '../protocol/limits.js';
import type { Grant } from './grant.js';
import { identityOf, type ClientIdentity } from './identity.js';
import { union } from './scopes.js';
import { MemoryStore, type TokenStore } from './store.js';

/** What may be said of any way to get tokens. */
export interface OAuthOptions {
  /** Scopes to ask for from the first time on, besides those that the server asks for. */
  scopes?: readonly string[];
  /**
   * Has all tokens bound to a key of the client, and takes no others (DPoP). Without this it is done where the server
   * asks for it.
   * https://www.rfc-editor.org/rfc/rfc9449.html
   */
  dpop?: boolean;
  /** Keeps tokens and registrations, if not only as long as the program runs. Several clients may share it. */
  store?: TokenStore;
  /** Milliseconds that a user, or what a program does in its own time, may take; `loginTimeout` if not set. */
  loginTimeout?: number;
  /** What asks authorization servers, if not the platform's `fetch`. It must not follow redirects. */
  fetch?: Fetch;
  /** Is told what nobody waits for: that a token could not be kept, say. */
  diagnostics?: Diagnostics;
}

/** What may be said where a user is asked. */
export interface UserOptions extends OAuthOptions {
  /** The client that an authorization server knows already: it is used before all others, and only there. */
  client?: ClientIdentity | string;
  /**
   * The address of a document of yours that says what the client is, for authorization servers that read such
   * documents. It is the client's id there: HTTPS, with a path.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#client-id-metadata-documents
   */
  clientIdMetadata?: ClientIdentity | string;
  /** What users read when they are asked to let the client in, where it registers itself. */
  clientName?: string;
}

/** All that a program said. */
export class Setup {
  readonly server: URL;
  /** The server as the program spelt it. */
  readonly spelling: string;
  readonly grant: Grant;
  /** The program's client, if an authorization server knows it already. */
  readonly identity: ClientIdentity | undefined;
  /** The one whose id is the address of a document. */
  readonly document: ClientIdentity | undefined;
  readonly clientName: string;
  readonly scopes: readonly string[];
  readonly dpop: boolean;
  readonly fetcher: Fetcher;
  readonly #loginTimeout: number;
  readonly #store: TokenStore;
  readonly #diagnostics: Diagnostics;

  /** @throws TypeError if the server's address, the address of the client's document or a scope is none. */
  constructor(server: string | URL, grant: Grant, options: UserOptions) {
    this.spelling = String(server);
    this.server = checked('server', this.spelling);
    this.grant = grant;
    this.identity = options.client === undefined ? undefined : identityOf(options.client);
    this.document = documentOf(options.clientIdMetadata);
    this.clientName = options.clientName ?? 'MCP client';
    this.scopes = scopesOf(options.scopes ?? []);
    this.dpop = options.dpop ?? false;
    this.fetcher = new Fetcher(options.fetch);
    this.#loginTimeout = options.loginTimeout ?? LIMITS.loginTimeout;
    this.#store = options.store ?? new MemoryStore();
    this.#diagnostics = options.diagnostics ?? report;
  }

  /** The key under which the server's token is kept. */
  get tokenKey(): string {
    return `token ${this.server.href}`;
  }

  /** The key under which a registration at an authorization server is kept. */
  registrationKey(issuer: string): string {
    return `client ${issuer}`;
  }

  /** What was kept; what cannot be read any more counts as nothing. */
  async kept(key: string): Promise<unknown> {
    const text = await this.bounded('the token store', () => this.#store.load(key));
    try {
      return text === undefined ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** Keeps something, or takes away what is there. */
  async keep(key: string, value: object | undefined): Promise<void> {
    const text = value && JSON.stringify(value);
    try {
      await this.bounded('the token store', () => this.#store.save(key, text));
    } catch (error) {
      const message = `a token could not be kept: ${(error as Error).message}`;
      this.#diagnostics({ level: 'warning', message });
    }
  }

  /** What a program, or a user behind it, does in its own time: as long as a user may take. */
  async bounded<T>(what: string, work: () => Awaitable<T>): Promise<T> {
    const after = this.#loginTimeout;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `${what}: nothing within ${after} ms (loginTimeout)`;
      timer = setTimeout(() => reject(new Error(why)), after);
    });
    try {
      return await Promise.race([Promise.resolve().then(work), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function documentOf(named: ClientIdentity | string | undefined): ClientIdentity | undefined {
  if (named === undefined) return undefined;
  const document = identityOf(named);
  const { protocol, pathname } = checked('clientIdMetadata', document.id);
  if (protocol === 'https:' && pathname !== '/') return document;
  const found = JSON.stringify(document.id);
  throw new TypeError(`clientIdMetadata: expected https and a path, found ${found}`);
}

function scopesOf(scopes: readonly string[]): string[] {
  const wrong = scopes.find((scope) => !isScope(scope));
  if (wrong === undefined) return union([], scopes);
  const found = JSON.stringify(wrong);
  throw new TypeError(`scopes: ${found} is no scope: expected visible ASCII without quotes`);
}
