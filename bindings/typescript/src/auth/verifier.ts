// What checks a token: an interface, and the ways in which it can say no.

import type { Awaitable } from '../awaitable.js';
import type { Claims } from '../context.js';

/**
 * Checks access tokens. That a token is meant for this server, has not expired and allows what is asked is looked
 * at by the protection, in what the verifier found.
 */
export interface TokenVerifier {
  /**
   * What the token says, if it is genuine. Do not show, keep or forward it.
   *
   * @throws TokenRefusal if it is not, or if that cannot be found out now. Any other error counts as the latter.
   */
  verify(token: string): Awaitable<Claims>;
  /** Who issues the tokens, to be told to clients that need one. */
  readonly issuers?: readonly string[];
  /**
   * Whether the verifier itself makes sure that tokens are meant for this server, so that `audience` need not name
   * it. Say so only if it is true: a token for another server must be refused.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-audience-binding-and-validation
   */
  readonly bindsAudience?: boolean;
}

/** Why a token is not accepted. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
  /**
   * `invalid`: the token is no good, and the client is told the message (HTTP 401). Say nothing in it that helps to
   * forge one. `unavailable`: whether it is good cannot be found out now (HTTP 503); the message is for who runs
   * the server, and the client is not told.
   */
  readonly kind: 'invalid' | 'unavailable';

  constructor(kind: 'invalid' | 'unavailable', message: string) {
    super(message);
    this.kind = kind;
  }
}

export function invalid(why: string): TokenRefusal {
  return new TokenRefusal('invalid', why);
}

export function unavailable(why: string): TokenRefusal {
  return new TokenRefusal('unavailable', why);
}
