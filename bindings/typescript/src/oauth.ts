// Access tokens for a client: what gets them from the authorization server that a protected server names, puts them on
// requests, and renews them. Who decides whether a server may be used at all is the program; what a token allows is the
// server's business. A browser, and a store in files, are in `isogloss/node`.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization

import type { Assertion, IdentityProvider } from './oauth/assertion.js';
import { OAuth } from './oauth/client.js';
import type { ClientIdentity } from './oauth/identity.js';
import type { OAuthOptions, UserOptions } from './oauth/setup.js';
import type { UserAgent } from './oauth/user-agent.js';

export type { Fetch } from './auth/fetcher.js';
export type { Assertion, IdentityProvider } from './oauth/assertion.js';
export type { OAuth } from './oauth/client.js';
export type { ClientIdentity } from './oauth/identity.js';
export { PrivateKey, type PrivateKeyOptions, type SigningAlgorithm } from './oauth/private-key.js';
export type { OAuthOptions, UserOptions } from './oauth/setup.js';
export { MemoryStore, type TokenStore } from './oauth/store.js';
export { unattended, type UserAgent, type Visit } from './oauth/user-agent.js';

/**
 * A user decides, and is asked by this agent. The client registers itself if no authorization server knows it.
 *
 * @throws TypeError if the server's address, that of the client's document or a scope is none.
 */
export function authorizationCode(
  server: string | URL,
  agent: UserAgent,
  options: UserOptions = {},
): OAuth {
  return new OAuth(server, { kind: 'authorization_code', agent }, options);
}

/**
 * The program acts for itself, as a client that the authorization server knows.
 * https://modelcontextprotocol.io/extensions/auth/oauth-client-credentials
 *
 * @throws TypeError if the server's address or a scope is none.
 */
export function clientCredentials(
  server: string | URL,
  client: ClientIdentity,
  options: OAuthOptions = {},
): OAuth {
  return new OAuth(server, { kind: 'client_credentials' }, { ...options, client });
}

/**
 * The program acts as what its platform says that it is (workload identity): it shows a signed statement of the
 * platform's. Where that is refused it is not tried again, nor in another way.
 * https://www.rfc-editor.org/rfc/rfc7523.html#section-2.1
 *
 * @throws TypeError if the server's address or a scope is none.
 */
export function jwtBearer(
  server: string | URL,
  client: ClientIdentity | string,
  assertion: Assertion,
  options: OAuthOptions = {},
): OAuth {
  return new OAuth(server, { kind: 'jwt_bearer', assertion }, { ...options, client });
}

/**
 * An enterprise decides what its users may use: its identity provider is asked, and the user is not.
 * https://modelcontextprotocol.io/extensions/auth/enterprise-managed-authorization
 *
 * @throws TypeError if the server's address or a scope is none.
 */
export function enterprise(
  server: string | URL,
  client: ClientIdentity | string,
  provider: IdentityProvider,
  options: OAuthOptions = {},
): OAuth {
  return new OAuth(server, { kind: 'enterprise', provider }, { ...options, client });
}
