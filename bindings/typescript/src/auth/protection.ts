// What a server asks of its clients: a token for this server, with these scopes; and what it tells those without.

import type { Claims } from '../context.js';
import { report, type Diagnostics } from '../diagnostics.js';
import type { Denied, Guard, RequestHead } from '../http-server.js';
import * as LIMITS from '../protocol/limits.js';
import { checked, sameResource, trimmed, wellKnown } from './address.js';
import { writeChallenge, type Challenge } from './challenge.js';
import { requireTime } from './payload.js';
import { expanded, isScope, missingScopes } from './scopes.js';
import { bearer } from './token.js';
import { invalid, TokenRefusal, unavailable, type TokenVerifier } from './verifier.js';

/** The name under `/.well-known`. */
const WELL_KNOWN = 'oauth-protected-resource';

/** What a server asks of its clients. */
export interface ProtectionOptions {
  /**
   * The server's address as clients know it, in front of whatever proxy: they compare it with the address that they
   * use, and ask for tokens for exactly this.
   */
  resource: string;
  /** What finds out whether a token is genuine, and what it says. */
  verifier: TokenVerifier;
  /** Scopes without which nothing is allowed. */
  scopes?: readonly string[];
  /** Scopes that the metadata names, instead of those that are required: what a client asks for at first. */
  scopesSupported?: readonly string[];
  /** Scopes that include others: a token with the one has them all. */
  includes?: Readonly<Record<string, readonly string[]>>;
  /** More names that tokens for this server may have in `aud`: `api://notes`. */
  audiences?: readonly string[];
  /** More authorization servers that clients may get a token from; the verifier's issuers are known already. */
  authorizationServers?: readonly string[];
  /** Where the metadata is, if it is not where RFC 9728 puts it. It is then served elsewhere, not by this server. */
  metadataUrl?: string;
  /** The server's name, for the people who are asked to let a client use it. */
  name?: string;
  /** The address of documentation for who writes clients. */
  documentation?: string;
  /** Milliseconds after its end that a token is still accepted, for clocks that disagree. */
  leeway?: number;
  /** Is told why a token could not be checked; standard error if not set. */
  diagnostics?: Diagnostics;
}

/** A guard that asks every request for an access token. */
export interface Protection extends Guard {
  lacks(head: RequestHead, scopes: readonly string[]): Denied;
  readonly documents: Readonly<Record<string, string>>;
  /** Where clients find the metadata. */
  readonly metadataUrl: string;
}

/**
 * Asks every request for an access token that is meant for this server, and that the verifier finds to be genuine.
 *
 * @throws TypeError with everything that is wrong with the options, one a line.
 */
export function protection(options: ProtectionOptions): Protection {
  requireSound(options);
  const asking = new Asking(options);
  return Object.assign((head: RequestHead) => asking.check(head), {
    lacks: (_: RequestHead, scopes: readonly string[]) => asking.insufficient(scopes),
    documents: documentsOf(options),
    metadataUrl: asking.metadataUrl,
  });
}

function requireSound(options: ProtectionOptions): void {
  const { resource, metadataUrl, scopes = [], scopesSupported = [], includes = {} } = options;
  const wrong = new Set<string>();
  const look = (what: string, text: string) => {
    try {
      checked(what, text);
    } catch (error) {
      wrong.add((error as Error).message);
    }
  };
  look('resource', resource);
  if (metadataUrl !== undefined) look('metadataUrl', metadataUrl);
  serversOf(options).forEach((server) => look('authorizationServers', server));
  const included = Object.entries(includes).flat(2);
  for (const scope of [...scopes, ...scopesSupported, ...included]) {
    const shown = `scope ${JSON.stringify(scope)}`;
    if (!isScope(scope)) {
      wrong.add(`${shown}: expected printable ASCII without spaces, quotes and backslashes`);
    } else if (scope === 'offline_access') {
      wrong.add(`${shown}: it asks for a refresh token, which is between client and issuer`);
    }
  }
  if (wrong.size > 0) throw new TypeError([...wrong].join('\n'));
}

function serversOf({ verifier, authorizationServers = [] }: ProtectionOptions): string[] {
  return [...new Set([...(verifier.issuers ?? []), ...authorizationServers])];
}

/**
 * What a protected server says of itself, under the path of the resource and at the root. Anyone may read it.
 * https://www.rfc-editor.org/rfc/rfc9728.html
 */
function documentsOf(options: ProtectionOptions): Record<string, string> {
  const {
    resource,
    metadataUrl,
    scopes = [],
    scopesSupported = scopes,
    name,
    documentation,
  } = options;
  if (metadataUrl !== undefined) return {};
  const servers = serversOf(options);
  const text = JSON.stringify({
    resource,
    ...(servers.length > 0 && { authorization_servers: servers }),
    ...(scopesSupported.length > 0 && { scopes_supported: scopesSupported }),
    bearer_methods_supported: ['header'],
    resource_name: name,
    resource_documentation: documentation,
  });
  const path = trimmed(new URL(resource).pathname);
  return { [`/.well-known/${WELL_KNOWN}${path}`]: text, [`/.well-known/${WELL_KNOWN}`]: text };
}

class Asking {
  readonly metadataUrl: string;
  readonly #options: ProtectionOptions;
  readonly #required: readonly string[];
  readonly #diagnostics: Diagnostics;

  constructor(options: ProtectionOptions) {
    const { resource, metadataUrl, scopes = [], diagnostics = report } = options;
    this.metadataUrl = metadataUrl ?? wellKnown(new URL(resource), WELL_KNOWN);
    this.#options = options;
    this.#required = scopes;
    this.#diagnostics = diagnostics;
  }

  async check(head: RequestHead): Promise<Claims | Denied> {
    const found = bearer(head);
    if ('absent' in found) {
      return this.#challenged(401, undefined, 'send a token in the header Authorization');
    }
    if ('malformed' in found) return this.#challenged(400, 'invalid_request', found.malformed);
    if ('impossible' in found) return this.#challenged(401, 'invalid_token', found.impossible);
    try {
      const { includes = {} } = this.#options;
      const claims = this.#ours(await this.#options.verifier.verify(found.token));
      const all = { ...claims, scopes: expanded(claims.scopes ?? [], includes) };
      return missingScopes(all, this.#required).length === 0 ? all : this.insufficient([]);
    } catch (error) {
      return this.#refused(
        error instanceof TokenRefusal ? error : unavailable((error as Error).message),
      );
    }
  }

  /**
   * The response to a request whose token lacks scopes for what it asks, with everything it needs at once, so that
   * the client can get a token that has it all.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#runtime-insufficient-scope-errors
   */
  insufficient(needed: readonly string[]): Denied {
    const scopes = [...new Set([...this.#required, ...needed])];
    const description = `this needs the scopes ${scopes.join(' ')}`;
    return this.#challenged(403, 'insufficient_scope', description, scopes);
  }

  /** Refuses tokens for others, and those whose time is over. */
  #ours(claims: Claims): Claims {
    const { resource, verifier, audiences = [], leeway = LIMITS.tokenLeeway } = this.#options;
    requireTime(claims.expiresAt, Date.now(), leeway);
    const isOurs = (audience: string) =>
      sameResource(audience, resource) || audiences.includes(audience);
    if (verifier.bindsAudience === true || claims.audience?.some(isOurs)) return claims;
    throw invalid(`the token is not meant for ${resource} (aud)`);
  }

  #refused({ kind, message }: TokenRefusal): Denied {
    if (kind === 'invalid') return this.#challenged(401, 'invalid_token', message);
    this.#diagnostics({ level: 'error', message: `a request was not let in: ${message}` });
    const description = 'the token cannot be checked now; try again later';
    // Sooner the authorization server is not asked for its keys again.
    const retry = { 'retry-after': String(LIMITS.jwksRefreshInterval / 1000) };
    return refusal(503, 'temporarily_unavailable', description, retry);
  }

  #challenged(
    status: number,
    error: Challenge['error'],
    description: string,
    scopes = this.#required,
  ): Denied {
    const { metadataUrl } = this;
    // Without an error there is nothing to describe in the header; the body says it.
    const said = error === undefined ? undefined : description;
    const challenge = writeChallenge({ error, description: said, scopes, metadataUrl });
    const header = { 'www-authenticate': challenge };
    return refusal(status, error ?? 'unauthorized', description, header);
  }
}

function refusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string>,
): Denied {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ error, error_description: description }),
  };
}
