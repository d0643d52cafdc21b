// Answers about tokens that are remembered: for a while, and only so many. Tokens are not kept, their SHA-256 is.

import type { Claims } from '../context.js';
import type { TokenRefusal } from './verifier.js';

/** What was found out about a token. */
export type Finding = Claims | TokenRefusal;

export class Remembered {
  readonly #lifetime: number;
  readonly #capacity: number;
  /** All of them, those that end first in front. */
  readonly #findings = new Map<string, { readonly finding: Finding; readonly until: number }>();

  /** @param lifetime Milliseconds. */
  constructor(lifetime: number, capacity: number) {
    this.#lifetime = lifetime;
    this.#capacity = capacity;
  }

  /** How many there are. */
  get size(): number {
    return this.#findings.size;
  }

  get(token: string): Finding | undefined {
    const found = this.#findings.get(token);
    return found !== undefined && found.until > performance.now() ? found.finding : undefined;
  }

  /** Remembers a finding; the oldest is forgotten where there is no room. */
  put(token: string, finding: Finding): void {
    if (this.#lifetime <= 0 || this.#capacity === 0) return;
    const now = performance.now();
    this.#findings.delete(token);
    for (const [oldest, { until }] of this.#findings) {
      if (until > now && this.#findings.size < this.#capacity) break;
      this.#findings.delete(oldest);
    }
    this.#findings.set(token, { finding, until: now + this.#lifetime });
  }
}
