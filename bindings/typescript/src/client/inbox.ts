// What was told and not taken yet, as an async iterator. It is bounded: a slow reader loses the oldest.

import * as LIMITS from '../protocol/limits.js';

/** Takes what is told, and gives it out one after the other. */
export class Inbox<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onLost: (count: number) => T | undefined;
  readonly #onClose: () => void;
  readonly #items: T[] = [];
  readonly #waiting: Reader<T>[] = [];
  #lost = 0;
  #end: { readonly error?: unknown } | undefined;

  /**
   * @param onLost Is told how many were lost before the next one is given out, and what it gives goes first.
   * @param onClose Is called when whoever reads has had enough.
   */
  constructor(onLost: (count: number) => T | undefined, onClose: () => void = () => {}) {
    this.#onLost = onLost;
    this.#onClose = onClose;
  }

  put(item: T): void {
    if (this.#end !== undefined) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) return reader.resolve({ value: item, done: false });
    this.#items.push(item);
    if (this.#items.length <= LIMITS.maxNews) return;
    this.#items.shift();
    this.#lost++;
  }

  /** Nothing more will come. What is there is given out; then readers are told the error, if there is one. */
  end(end: { readonly error?: unknown } = {}): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if ('error' in end) reject(end.error);
      else resolve({ value: undefined, done: true });
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#lost > 0) {
      const instead = this.#onLost(this.#lost);
      this.#lost = 0;
      if (instead !== undefined) return Promise.resolve({ value: instead, done: false });
    }
    if (this.#items.length > 0) {
      return Promise.resolve({ value: this.#items.shift()!, done: false });
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    if ('error' in this.#end) return Promise.reject(this.#end.error);
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Whoever reads has had enough. */
  close(): void {
    this.#items.length = 0;
    this.#lost = 0;
    this.end();
    this.#end = {};
    this.#onClose();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Somebody who waits for the next one. */
interface Reader<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}
