// Who takes a user to an authorization server and brings back where they were sent.

import type { Awaitable } from '../awaitable.js';

/** What shows a user an authorization server's page: a browser on this machine, or whatever a program has instead. */
export interface UserAgent {
  /**
   * Makes ready for one visit. The signal aborts when the visit is over, however it ended: what waits for the user
   * stops then.
   *
   * @throws if there is no place where a user could come back to.
   */
  begin(signal: AbortSignal): Awaitable<Visit>;
}

/** One visit of a user to an authorization server. */
export interface Visit {
  /** Where the authorization server is to send the user back to. It stays the same during a visit. */
  readonly redirectUri: string;
  /**
   * Shows the user this address, and gives the one that they were sent back to, with all that stands in it. Whether it
   * is what was waited for is checked afterwards; how long may be waited is bounded by `loginTimeout`.
   *
   * @throws if the user could not be shown it, or does not come back.
   */
  show(address: string): Awaitable<string>;
}

/**
 * A function of the program's own instead of a browser: for tests, for a web application, for a machine without a
 * screen. Users come back to `redirectUri`; the function is given the address to show, and gives the one that the user
 * was sent back to.
 */
export function unattended(
  redirectUri: string,
  show: (address: string, signal: AbortSignal) => Awaitable<string>,
): UserAgent {
  return { begin: (signal) => ({ redirectUri, show: (address) => show(address, signal) }) };
}
