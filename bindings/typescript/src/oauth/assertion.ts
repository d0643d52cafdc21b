// What others say of a client or its user, and that is shown instead of asking a user.

import type { Awaitable } from '../awaitable.js';
import type { ClientIdentity } from './identity.js';

/**
 * A signed statement: what a platform says of a workload, or an identity provider of a user. Always the same one, or
 * whatever a function gives each time that one is needed; it is told for whom (the issuer).
 */
export type Assertion = string | ((issuer: string) => Awaitable<string>);

/** An enterprise's identity provider, which decides what its people may use. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Who the program is to the provider. */
  readonly client: ClientIdentity | string;
  /** That it signed the user in. */
  readonly idToken: Assertion;
  /** Where its token endpoint is; its metadata is not asked for then. */
  readonly tokenEndpoint?: string;
}
