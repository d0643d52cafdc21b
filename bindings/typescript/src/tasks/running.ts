// The tasks of a server: those that run, by their ids, and how many there are and how much is kept of them.

import { ErrorCode, protocolError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import { Task, type Beginning, type Household } from './task.js';

/** What a task is told that ends with its server. */
const SHUT_DOWN = 'the server was shut down';

export class Running implements Household {
  readonly #most: number;
  readonly #running = new Map<string, Task>();
  /** Those that are kept, however they are. */
  readonly #all = new Set<Task>();
  /** Places for calls that may become tasks. */
  #taken = 0;
  /** Bytes of the results that are kept. */
  #bytes = 0;
  #onIdle: () => void = () => {};

  /** @param most How many there are at most. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many are not forgotten yet, those that have ended among them. */
  get count(): number {
    return this.#all.size;
  }

  /** Takes a place for one more; tells whether there was one. */
  take(): boolean {
    if (this.#taken >= this.#most) return false;
    this.#taken += 1;
    return true;
  }

  /** Gives back a place that no task has. */
  release(): void {
    this.#taken -= 1;
  }

  /**
   * Begins a task in a place that was taken. It is kept before anybody is told of it.
   *
   * @throws whatever its store does; then the place is still taken.
   */
  async begin(beginning: Beginning): Promise<Task> {
    const task = new Task(beginning, this);
    await task.begin();
    this.#all.add(task);
    this.#running.set(task.id, task);
    return task;
  }

  /** The one of this id that runs here. */
  get(id: string): Task | undefined {
    return this.#running.get(id);
  }

  /** Lets those that run finish for a while, and ends them then. One that waits for an answer would wait in vain. */
  async end(within: number): Promise<void> {
    for (const task of this.#running.values()) if (task.asks) void task.cancel(SHUT_DOWN);
    await this.#idle(within);
    for (const task of this.#running.values()) void task.cancel(SHUT_DOWN);
    // Until that is kept.
    await this.#idle(Math.max(within, LIMITS.childGrace));
  }

  /** Ends all at once, and keeps none. */
  async close(): Promise<void> {
    await this.end(0);
    for (const task of [...this.#all]) task.leave();
  }

  /** Resolves when nothing runs, or after so many milliseconds. */
  #idle(within: number): Promise<void> {
    if (this.#running.size === 0 || within === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  admit(bytes: number): void {
    const tooLong = (what: string) => protocolError(ErrorCode.InternalError, what);
    if (bytes > LIMITS.maxTaskResult) {
      const limit = `the limit of ${LIMITS.maxTaskResult} bytes (maxTaskResult)`;
      throw tooLong(`the result is longer than ${limit}`);
    }
    if (this.#bytes + bytes > LIMITS.maxTaskBytes) {
      const limit = `all are limited to ${LIMITS.maxTaskBytes} bytes (maxTaskBytes)`;
      throw tooLong(`there is no room for the result: ${limit}`);
    }
    this.#bytes += bytes;
  }

  settled({ id }: Task): void {
    this.#running.delete(id);
    if (this.#running.size === 0) this.#onIdle();
  }

  forgotten(task: Task, bytes: number): void {
    this.settled(task);
    if (!this.#all.delete(task)) return;
    this.#bytes -= bytes;
    this.release();
  }
}
