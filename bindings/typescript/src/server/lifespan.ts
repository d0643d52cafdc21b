// The state of a server while it serves: set up before the first request is answered, torn down at its end.

import type { Awaitable } from '../awaitable.js';

export class Lifespan<State> {
  readonly #setUp: (() => Awaitable<State>) | undefined;
  #beginning: Promise<void> | undefined;
  #isThere: boolean;
  #state: State | undefined;

  constructor(setUp: (() => Awaitable<State>) | undefined) {
    this.#setUp = setUp;
    this.#isThere = setUp === undefined;
  }

  get state(): State {
    return this.#state as State;
  }

  /** Sets the state up if it is not there; nothing to wait for if it is. One that fails is tried again. */
  begin(): Promise<void> | undefined {
    if (this.#isThere) return undefined;
    this.#beginning ??= this.#begin().finally(() => (this.#beginning = undefined));
    return this.#beginning;
  }

  async #begin(): Promise<void> {
    this.#state = await this.#setUp!();
    this.#isThere = true;
  }

  /** Tears it down. */
  async end(): Promise<void> {
    // What failed to begin has nothing to end.
    await this.#beginning?.catch(() => {});
    if (this.#setUp === undefined || !this.#isThere) return;
    const state = this.#state as Partial<AsyncDisposable & Disposable> | null | undefined;
    this.#isThere = false;
    this.#state = undefined;
    if (state?.[Symbol.asyncDispose] !== undefined) await state[Symbol.asyncDispose]!();
    else state?.[Symbol.dispose]?.();
  }
}
