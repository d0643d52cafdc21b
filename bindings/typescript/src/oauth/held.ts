// A token that a client has, and what its server's answers have shown of its worth.

import * as LIMITS from '../protocol/limits.js';
import { headerOf, type Token } from './token.js';

/** A token, and what is known of its worth. */
export class Held {
  readonly token: Token;
  /** What goes into a request's header `Authorization`. */
  readonly header: string;
  /** Got for an older one, and not by asking anew. */
  readonly #renewed: boolean;
  /** The server took it. */
  #proven: boolean;
  readonly #since = performance.now();

  constructor(token: Token, from: { renewed?: boolean; proven?: boolean } = {}) {
    this.token = token;
    this.header = headerOf(token);
    this.#renewed = from.renewed ?? false;
    this.#proven = from.proven ?? false;
  }

  prove(): void {
    this.#proven = true;
  }

  /** Whether it was got by asking anew a moment ago, and never taken: another one is worth no try yet. */
  get isHopeless(): boolean {
    const isNew = performance.now() - this.#since < LIMITS.loginPause;
    return !this.#renewed && !this.#proven && isNew;
  }

  /** Whether renewing it is worth a try. */
  get isRenewable(): boolean {
    return this.token.refresh !== undefined && (!this.#renewed || this.#proven);
  }
}
