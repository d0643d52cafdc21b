// News of what a server offers: from whoever changes it to the clients that listen, in both eras.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions

import type { Awaitable } from '../awaitable.js';

/** What has changed: a list, what the resource at an address says, or how the task of an id is. */
export type Change =
  'tools' | 'resources' | 'prompts' | { readonly uri: string } | { readonly task: string };

/** Where changes are told. */
export class Changes {
  readonly #listeners = new Set<Listener>();

  tell(change: Change): void {
    for (const listener of this.#listeners) listener.hear(change);
  }

  /**
   * Has changes told from now on, one after the other. While one is being told, others of the same kind
   * count once: a slow listener misses nothing, and little waits for it.
   *
   * @param wants Whether a change is one to hear of.
   * @returns What ends it.
   */
  listen(wants: (change: Change) => boolean, tell: (change: Change) => Awaitable<void>): Listener {
    const listener = new Listener(wants, tell, () => this.#listeners.delete(listener));
    this.#listeners.add(listener);
    return listener;
  }

  /** Has everybody go who only listens. */
  end(): void {
    for (const listener of [...this.#listeners]) listener.end();
  }
}

/** Somebody who listens. */
export class Listener {
  readonly #waiting = new Map<string, Change>();
  readonly #wants: (change: Change) => boolean;
  readonly #tell: (change: Change) => Awaitable<void>;
  readonly #forget: () => void;
  #over: Promise<void> | undefined;
  #resolve: () => void = () => {};
  #telling = false;
  #ended = false;

  constructor(
    wants: (change: Change) => boolean,
    tell: (change: Change) => Awaitable<void>,
    forget: () => void,
  ) {
    this.#wants = wants;
    this.#tell = tell;
    this.#forget = forget;
  }

  /**
   * Resolves when it has ended. Made for who asks: on Workers no request may resolve what another waits for, and
   * those who listen for a session have nobody who waits.
   */
  get over(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return (this.#over ??= new Promise((resolve) => (this.#resolve = resolve)));
  }

  hear(change: Change): void {
    if (this.#ended || !this.#wants(change)) return;
    this.#waiting.set(typeof change === 'string' ? change : JSON.stringify(change), change);
    if (!this.#telling) void this.#go();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#forget();
    this.#resolve();
  }

  async #go(): Promise<void> {
    this.#telling = true;
    for (const [key, change] of this.#waiting) {
      if (this.#ended) break;
      this.#waiting.delete(key);
      await this.#tell(change);
    }
    this.#telling = false;
  }
}
