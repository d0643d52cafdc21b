// The documents in which a protected server and an authorization server say what they are, and what has to hold before
// anything of them is used.
// https://www.rfc-editor.org/rfc/rfc9728.html#section-2, https://www.rfc-editor.org/rfc/rfc8414.html#section-2

import { checked, isLoopback, isThisMachine, trimmed } from '../auth/address.js';
import * as LIMITS from '../protocol/limits.js';
import type { JsonObject } from '../wire/json.js';
import { quoted, shown } from './quoted.js';

/** What a protected server says of itself. */
export interface Protected {
  /** As it stands: it is compared and sent letter by letter. */
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[] | undefined;
  readonly wantsDpop: boolean;
}

/** The document at this place, if it is about the server that is asked. */
export function readProtected(place: string, document: JsonObject, server: URL): Protected {
  const members = new Members(place, document);
  const resource = members.text('resource');
  if (resource === undefined) throw members.wrong('resource');
  if (!covers(resource, server)) {
    throw new Error(
      `${place}: resource: expected ${shown(server)} or what its path begins with, found ${quoted(resource)}: a ` +
        `token for that is none for this server`,
    );
  }
  return {
    resource,
    authorizationServers: members.texts('authorization_servers') ?? [],
    scopes: members.texts('scopes_supported'),
    wantsDpop: members.flag('dpop_bound_access_tokens_required'),
  };
}

/** Whether a resource is this server, or one that it is a part of: the same origin, and a path that leads to it. */
export function covers(resource: string, server: URL): boolean {
  // The parser of URLs mends what is no address, and goes up where a path says `..`: it counts as it stands.
  const [, named] = /^[a-z][a-z0-9+.-]*:\/\/[^/?]+([^?]*)/i.exec(resource) ?? [];
  const isPlain = /^[!$-?A-[\]-~]+$/.test(resource) && URL.canParse(resource);
  if (named === undefined || !isPlain) return false;
  const found = new URL(resource);
  const path = trimmed(named);
  const rest = server.pathname.startsWith(path) ? server.pathname.slice(path.length) : undefined;
  const isBelow = rest === '' || rest?.startsWith('/') === true;
  const hasQuery = found.search === '' || found.search === server.search;
  return found.origin === server.origin && isBelow && hasQuery;
}

/** What an authorization server says of itself, as far as a client goes by it. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorization: URL | undefined;
  readonly token: URL;
  readonly registration: URL | undefined;
  readonly scopes: readonly string[];
  /** Nothing where it does not say. */
  readonly grants: readonly string[] | undefined;
  readonly authentication: readonly string[] | undefined;
  readonly hasS256: boolean;
  readonly sendsIss: boolean;
  readonly readsClientDocuments: boolean;
  readonly hasDpop: boolean;
}

/** The document at this place, if it is this issuer's. */
export function readAuthorizationServer(
  place: string,
  document: JsonObject,
  issuer: string,
): AuthorizationServer {
  const from = checked('issuer', issuer);
  const members = new Members(place, document);
  const found = members.text('issuer') ?? '';
  // Metadata of somebody else would send codes and tokens there.
  if (found !== issuer) {
    throw new Error(`${place}: issuer: expected ${quoted(issuer)}, found ${quoted(found)}`);
  }
  const endpoint = (name: string) => {
    const text = members.text(name);
    return text === undefined ? undefined : reachable(name, text, from);
  };
  const token = endpoint('token_endpoint');
  if (token === undefined) {
    throw new Error(`${place}: token_endpoint: required member is missing`);
  }
  const lists = (name: string, one: string) => members.texts(name)?.includes(one) === true;
  return {
    issuer,
    authorization: endpoint('authorization_endpoint'),
    token,
    registration: endpoint('registration_endpoint'),
    scopes: members.texts('scopes_supported') ?? [],
    grants: members.texts('grant_types_supported'),
    authentication: members.texts('token_endpoint_auth_methods_supported'),
    hasS256: lists('code_challenge_methods_supported', 'S256'),
    sendsIss: members.flag('authorization_response_iss_parameter_supported'),
    readsClientDocuments: members.flag('client_id_metadata_document_supported'),
    hasDpop: lists('dpop_signing_alg_values_supported', 'ES256'),
  };
}

/**
 * A server that says nothing of itself: one of revision 2025-03-26, which has its endpoints at fixed places.
 * https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#fallbacks-for-servers-without-metadata-discovery
 */
export function unsaid({ origin }: URL): AuthorizationServer {
  return {
    issuer: origin,
    authorization: new URL('/authorize', origin),
    token: new URL('/token', origin),
    registration: new URL('/register', origin),
    scopes: [],
    grants: undefined,
    authentication: ['client_secret_basic', 'client_secret_post', 'none'],
    // That revision asks it of all.
    hasS256: true,
    sendsIss: false,
    readsClientDocuments: false,
    hasDpop: false,
  };
}

/** Whether an authorization server renews tokens: what it does not say is taken for yes. */
export function renews({ grants }: AuthorizationServer): boolean {
  return grants === undefined || grants.includes('refresh_token');
}

/**
 * An address that somebody named who is at another one, and that may be asked: nobody elsewhere has a say in what is
 * asked of this machine.
 */
export function reachable(what: string, text: string, from: URL): URL {
  if (text.length > LIMITS.maxUri) {
    throw new Error(`${what}: longer than maxUri (${LIMITS.maxUri} bytes)`);
  }
  const url = checked(what, text);
  if (isThisMachine(url) && !isLoopback(from)) {
    throw new Error(
      `${what} ${quoted(text)}: ${from.origin} cannot name an address of this machine`,
    );
  }
  return url;
}

/** The members of a document, each of the kind that it has to be. `null` counts as absent. */
class Members {
  readonly #place: string;
  readonly #document: JsonObject;

  constructor(place: string, document: JsonObject) {
    this.#place = place;
    this.#document = document;
  }

  text(name: string): string | undefined {
    return this.#one(name, (value): value is string => typeof value === 'string');
  }

  texts(name: string): string[] | undefined {
    return this.#one(
      name,
      (value): value is string[] =>
        Array.isArray(value) && value.every((one) => typeof one === 'string'),
    );
  }

  flag(name: string): boolean {
    return this.#one(name, (value): value is boolean => typeof value === 'boolean') === true;
  }

  wrong(name: string): Error {
    return new Error(`${this.#place}: ${name}: the member is missing or of another kind`);
  }

  #one<T>(name: string, is: (value: unknown) => value is T): T | undefined {
    const value: unknown = Object.hasOwn(this.#document, name) ? this.#document[name] : undefined;
    if (value === undefined || value === null) return undefined;
    if (!is(value)) throw this.wrong(name);
    return value;
  }
}
