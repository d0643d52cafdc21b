// What is asked of an authorization server, and as which of its clients.

import type { Proofs } from './dpop.js';
import type { Endpoint } from './endpoint.js';
import { clientAt, type Client } from './identity.js';
import type { AuthorizationServer } from './metadata.js';
import type { Setup } from './setup.js';
import type { Granted } from './token.js';

/** What is asked for, and where. */
export interface Asking {
  readonly setup: Setup;
  readonly resource: string;
  readonly server: AuthorizationServer;
  readonly scopes: readonly string[];
  /** The key that the token is to be bound to. */
  readonly proofs: Proofs | undefined;
  /** The authorization server that the program's client belongs to, where the program did not say. */
  readonly bound: string | undefined;
}

/** A token, and the client that it was given to. */
export interface Given {
  readonly granted: Granted;
  readonly client: Client;
}

/**
 * The program's client, if it has one for this authorization server. One server's client is never shown to another.
 *
 * @throws Error if it has one for another authorization server.
 */
export function givenClient({ setup, server, bound }: Asking): Client | undefined {
  const { identity } = setup;
  if (identity === undefined) return undefined;
  const own = identity.issuer ?? bound;
  if (own === undefined || own === server.issuer) return clientAt(identity, server);
  throw new Error(
    `the server wants tokens of ${JSON.stringify(server.issuer)} now, and the client ` +
      `${JSON.stringify(identity.id)} belongs to ${JSON.stringify(own)}: register it there, and say so with ` +
      `the issuer of its ClientIdentity`,
  );
}

export function endpointOf({ setup, server, proofs }: Asking, client: Client): Endpoint {
  const { token: url, issuer } = server;
  return { fetcher: setup.fetcher, url, issuer, client, proofs };
}
