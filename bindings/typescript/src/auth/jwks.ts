// The keys that an authorization server publishes: fetched when they are needed, kept for a while, and fetched again
// for a key that is not among them. However many tokens name invented keys, the server is asked once an interval.

import type { CryptoKey } from 'jose';

import { endpoint } from './discovery.js';
import type { Fetcher } from './fetcher.js';
import { KeySet, type Algorithm } from './keys.js';
import { unavailable } from './verifier.js';

/** Where keys are, and how they are kept. Times are in milliseconds. */
export interface JwksOptions {
  readonly issuer: string;
  /** Where they are; where the issuer's metadata says if not set. */
  readonly url: URL | undefined;
  readonly fetcher: Fetcher;
  /** How long they are used before they are fetched again. */
  readonly lifetime: number;
  /** The shortest time between two fetches. */
  readonly interval: number;
}

/** Keys from afar. */
export class Jwks {
  readonly #options: JwksOptions;
  #keys: KeySet | undefined;
  #fetched = -Infinity;
  #tried = -Infinity;
  /** Why the last try failed. */
  #error = 'there are no keys yet';
  /** The fetch that is under way. It belongs to nobody who asks: who goes away does not stop it. */
  #fetching: Promise<void> | undefined;

  constructor(options: JwksOptions) {
    this.#options = options;
  }

  /**
   * The key of this name for this algorithm.
   *
   * @throws TokenRefusal if there is none, or keys cannot be had.
   */
  async find(id: string | undefined, algorithm: Algorithm): Promise<CryptoKey> {
    const isFresh = performance.now() - this.#fetched < this.#options.lifetime;
    const isKnown = this.#keys?.has(id, algorithm) === true;
    if (!isKnown || !isFresh) {
      // Nobody waits for a slow server twice: while one request waits, the others use the keys that there are.
      const isUnderWay = this.#fetching !== undefined;
      const fetching = this.#refresh();
      if (!isKnown || !isUnderWay) await fetching;
    }
    if (this.#keys === undefined) throw unavailable(this.#error);
    return this.#keys.find(id, algorithm);
  }

  /** Fetches the keys unless that was tried a moment ago. Who comes while they are fetched shares it. */
  #refresh(): Promise<void> | undefined {
    if (this.#fetching !== undefined) return this.#fetching;
    const now = performance.now();
    if (now - this.#tried < this.#options.interval) return undefined;
    this.#tried = now;
    this.#fetching = this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  /** Takes new keys; a try that failed leaves those that there are. */
  async #fetch(): Promise<void> {
    const { issuer, url, fetcher } = this.#options;
    try {
      const place = url ?? (await endpoint(fetcher, issuer, 'jwks_uri'));
      const found = await fetcher.get(place);
      try {
        this.#keys = new KeySet(found);
      } catch (error) {
        throw new Error(`${place}: ${(error as Error).message}`);
      }
      this.#fetched = performance.now();
    } catch (error) {
      this.#error = (error as Error).message;
    }
  }
}
