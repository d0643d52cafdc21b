// How long a call may take, over all its requests, streams and pauses, and what ends it before that.

import { McpError } from '../error.js';

/** Longer than a timer can be set for: for ever, or so to speak. */
const FOR_EVER = 2 ** 31;

/** When a call is over, whatever it waits for. It waits for one thing at a time. */
export class Deadline {
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #awaited: string;
  readonly #after: number;
  #left: number;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends what is waited for. */
  #giveUp: (() => void) | undefined;

  /** @param after Milliseconds. */
  constructor(awaited: string, after: number) {
    this.signal = this.#controller.signal;
    this.#awaited = awaited;
    this.#after = this.#left = after;
    this.#run();
  }

  /** Ends the call with this error. */
  abort(reason: unknown): void {
    this.over();
    this.#controller.abort(reason);
    this.#giveUp?.();
  }

  /** The call is over: there is nothing to watch any more. */
  over(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Waits for something, at most as long as the call may take.
   *
   * @throws What ended the call, if that came first.
   */
  within<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(signal.reason);
      // What fails because the call is over fails for that reason, whatever it says.
      work.then(resolve, (error: unknown) => (signal.aborted ? giveUp() : reject(error)));
      if (signal.aborted) giveUp();
      this.#giveUp = giveUp;
    });
  }

  /** Does something that has bounds of its own, and whose time is not the server's: a user who logs in. */
  async beside<T>(work: Promise<T>): Promise<T> {
    this.#left -= performance.now() - this.#since;
    this.over();
    try {
      return await this.within(work);
    } finally {
      if (!this.signal.aborted) this.#run();
    }
  }

  /** Lets time go by: milliseconds. */
  async pause(time: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await this.within(new Promise<void>((resolve) => (timer = setTimeout(resolve, time))));
    } finally {
      clearTimeout(timer);
    }
  }

  #run(): void {
    this.#since = performance.now();
    if (this.#left >= FOR_EVER) return;
    const expired = () => {
      const what = `no answer to ${this.#awaited} within ${this.#after} ms`;
      this.abort(new McpError('timeout', what));
    };
    this.#timer = setTimeout(expired, this.#left);
  }
}
