// Who may ask: the place for whatever checks the credentials of a request. Nothing of the kind is here;
// `isogloss/auth` has one for access tokens, and a program may have its own.

import type { Awaitable } from '../awaitable.js';
import type { Claims } from '../context.js';
import { refusal, type Answer, type RequestHead } from './exchange.js';

/**
 * Checks every request to a server and to the protected routes beside it, before a body is read: gives what is
 * known of who asks, or the response that refuses. A function is enough; the rest is for those who have it.
 */
export interface Guard {
  (head: RequestHead): Awaitable<Claims | Denied>;
  /**
   * The response to a request that takes all of these scopes, and whose credentials lack some.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#scope-challenge-handling
   */
  lacks?(head: RequestHead, scopes: readonly string[]): Denied;
  /** JSON documents that a site serves to everybody, by path, since they tell how to get in. */
  readonly documents?: Readonly<Record<string, string>>;
}

/** A response that refuses a request. */
export interface Denied {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A refusal as a response. */
export function denied({ status, headers, body }: Denied): Answer {
  return { status, headers: { ...headers }, ...(body !== undefined && { body }) };
}

/** The response to a request that lacks scopes, whatever guards it. */
export function lacking(
  guard: Guard | undefined,
  head: RequestHead,
  scopes: readonly string[],
): Answer {
  if (guard?.lacks !== undefined) return denied(guard.lacks(head, scopes));
  return refusal(403, `this needs an access token with the scopes: ${scopes.join(' ')}`);
}
