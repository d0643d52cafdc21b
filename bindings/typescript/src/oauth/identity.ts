// Who a client is to an authorization server: what a program knows of it, what a server gave it, and how it proves it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration

import type { AuthorizationServer } from './metadata.js';
import type { PrivateKey } from './private-key.js';

/**
 * A client that an authorization server knows, since somebody registered it there; or, with the address of a document
 * that says what it is as its `id`, one that needs no registration. With neither `secret` nor `privateKey` it proves
 * nothing: a public client.
 */
export interface ClientIdentity {
  readonly id: string;
  /**
   * It is this authorization server that knows it. Name it wherever you can: without it, the first one that the
   * protected server names is taken for it, and is shown the secret.
   */
  readonly issuer?: string;
  /** It proves who it is with this, in the header or the body, as the authorization server wants it. */
  readonly secret?: string;
  /** It proves who it is by what it signs with this (`private_key_jwt`). */
  readonly privateKey?: PrivateKey;
}

/** The identity of an id alone, or as it is. It is copied: what a program changes later changes nothing here. */
export function identityOf(identity: ClientIdentity | string): ClientIdentity {
  return typeof identity === 'string' ? { id: identity } : { ...identity };
}

/** A client of one authorization server. */
export interface Client {
  readonly id: string;
  readonly method: Method;
  readonly secret?: string;
  readonly privateKey?: PrivateKey;
  /** Whether the program has it from elsewhere, and will have it again. */
  readonly given: boolean;
}

/** How a client proves who it is, in the names of RFC 7591. */
export type Method = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** An identity as a client of an authorization server, proving itself in a way that is taken there. */
export function clientAt(identity: ClientIdentity, server: AuthorizationServer): Client {
  const { id, secret, privateKey } = identity;
  return {
    id,
    method: methodOf(identity, server),
    ...(secret !== undefined && { secret }),
    ...(privateKey !== undefined && { privateKey }),
    given: true,
  };
}

/** A client as it is kept: what the program has anyway is not kept a second time. */
export function keptClient({ id, method, secret, given }: Client): Client {
  return { id, method, given, ...(!given && secret !== undefined && { secret }) };
}

/** A client that was kept, with what is not. */
export function restored(kept: Client, { secret, privateKey }: ClientIdentity): Client {
  return {
    ...kept,
    ...(secret !== undefined && { secret }),
    ...(privateKey !== undefined && { privateKey }),
  };
}

/** Whether an authorization server takes it. One that does not say takes the first, as RFC 8414 has it. */
export function isTaken(method: Method, { authentication }: AuthorizationServer): boolean {
  return authentication?.includes(method) ?? method === 'client_secret_basic';
}

function methodOf({ secret, privateKey }: ClientIdentity, server: AuthorizationServer): Method {
  const bySecret: Method[] =
    secret === undefined ? [] : ['client_secret_basic', 'client_secret_post'];
  const able: Method[] = privateKey === undefined ? bySecret : ['private_key_jwt', ...bySecret];
  // Not everyone lists what proves nothing.
  if (able.length === 0) return 'none';
  if (privateKey !== undefined && server.authentication === undefined) return 'private_key_jwt';
  const method = able.find((one) => isTaken(one, server));
  if (method !== undefined) return method;
  const taken = JSON.stringify((server.authentication ?? []).join(', ').slice(0, 300));
  throw new Error(
    `${server.issuer}: the client can prove itself by ${able.join(' or ')}, and ` +
      `token_endpoint_auth_methods_supported has ${taken}`,
  );
}
