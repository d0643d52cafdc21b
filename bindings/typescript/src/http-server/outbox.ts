// The events of one response: written while its client reads, kept while it does not, with a comment now
// and then so that nobody takes the connection for dead.

import type { Awaitable } from '../awaitable.js';
import * as LIMITS from '../protocol/limits.js';
import { COMMENT } from '../sse.js';
import type { EventBody, Out } from './exchange.js';

export class Outbox implements EventBody {
  readonly #keepAlive: number;
  readonly #onClosed: () => void;
  #waiting: string[] = [];
  #writers: (() => void)[] = [];
  #out: Out | undefined;
  #isFull = false;
  #over = false;
  #isClosed = false;
  #written = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param keepAlive Milliseconds of silence after which a comment is sent.
   * @param onClosed Is called once, when everything has been written or the client has gone away.
   */
  constructor(keepAlive: number, onClosed: () => void) {
    this.#keepAlive = keepAlive;
    this.#onClosed = onClosed;
  }

  /** Whether the client is still there, and the end is not. */
  get isOpen(): boolean {
    return !this.#over && !this.#isClosed;
  }

  /** Adds an event; a promise of room where too many wait. After the end it does nothing. */
  push(event: string): Awaitable<void> {
    if (!this.isOpen) return;
    this.#waiting.push(event);
    this.#flush();
    if (this.#waiting.length < LIMITS.maxWaiting) return;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  /** Nothing follows. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#flush();
  }

  start(out: Out): void {
    this.#out = out;
    this.#written = Date.now();
    this.#flush();
    if (this.isOpen) this.#timer = setTimeout(() => this.#tick(), this.#keepAlive);
  }

  drained(): void {
    this.#isFull = false;
    this.#flush();
  }

  gone(): void {
    this.#waiting = [];
    this.#close();
  }

  #flush(): void {
    const out = this.#out;
    if (out === undefined || this.#isClosed) return;
    if (!this.#isFull && this.#waiting.length > 0) {
      const text = this.#waiting.join('');
      this.#waiting = [];
      this.#write(out, text);
      this.#letGo();
    }
    if (this.#over && this.#waiting.length === 0) {
      out.end();
      this.#close();
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#letGo();
    this.#onClosed();
  }

  #write(out: Out, text: string): void {
    this.#written = Date.now();
    this.#isFull = !out.write(text);
  }

  #letGo(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const resolve of writers) resolve();
  }

  #tick(): void {
    const out = this.#out;
    if (!this.isOpen || out === undefined) return;
    const left = this.#written + this.#keepAlive - Date.now();
    // A client that is sent more than it takes needs no sign of life.
    if (left <= 0 && !this.#isFull) this.#write(out, COMMENT);
    this.#timer = setTimeout(() => this.#tick(), left > 0 ? left : this.#keepAlive);
  }
}
