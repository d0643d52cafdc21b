// Where tokens and registrations are kept. `isogloss/node` has a store in files.

import type { Awaitable } from '../awaitable.js';

/**
 * A place for secrets: what a keychain is. What is kept is text that means something to this package alone, under a key
 * that names a server; it is as secret as a password.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft
 */
export interface TokenStore {
  /**
   * What was kept last under this key.
   *
   * @throws if it cannot be read: calls that need it end with this.
   */
  load(key: string): Awaitable<string | undefined>;
  /**
   * Keeps this under the key, or takes away what is there.
   *
   * @throws if it cannot be kept; the diagnostics are told, and the program goes on without.
   */
  save(key: string, value: string | undefined): Awaitable<void>;
}

/** Keeps things as long as the program runs: the default. */
export class MemoryStore implements TokenStore {
  readonly #kept = new Map<string, string>();

  load(key: string): string | undefined {
    return this.#kept.get(key);
  }

  save(key: string, value: string | undefined): void {
    if (value === undefined) this.#kept.delete(key);
    else this.#kept.set(key, value);
  }
}
