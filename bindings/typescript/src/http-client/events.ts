// A stream of events as it comes in, and where it can be resumed.

import { causesOf } from './exchange.js';
import * as LIMITS from '../protocol/limits.js';
import { EventParser, type StreamItem } from '../sse/parser.js';
import type { Deadline } from './deadline.js';

/** Where a stream is resumed, and when. */
export interface Place {
  /** The id of the last event; empty if there was none. */
  readonly lastEventId: string;
  /** Milliseconds that the server wants to be left alone before. */
  readonly retry: number | undefined;
}

/** Before anything was read. */
export const BEGINNING: Place = { lastEventId: '', retry: undefined };

/** What comes next on a stream. */
export type Next =
  | { readonly kind: 'event'; readonly data: Uint8Array }
  /** An event that was longer than allowed: how it began. */
  | { readonly kind: 'tooLong'; readonly beginning: Uint8Array }
  /** It ended, or broke off for this reason. */
  | { readonly kind: 'end'; readonly why: string | undefined };

/** A stream that is read. */
export class Events {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #parser: EventParser;
  readonly #before: Place;
  #items: StreamItem[] = [];

  /** What an answer is, as the continuation of another stream or from the beginning. */
  constructor(answer: Response, limit: number, before: Place) {
    this.#reader = answer.body?.getReader();
    this.#parser = new EventParser(limit);
    this.#before = before;
  }

  /** Events of other sorts than messages are passed over, and those without data, which are there for their id. */
  async next(deadline: Deadline): Promise<Next> {
    for (;;) {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
        if (item.kind === undefined) return { kind: 'tooLong', beginning: item.beginning };
        if (item.kind === 'message' && item.data.length > 0)
          return { kind: 'event', data: item.data };
      }
      if (this.#reader === undefined) return { kind: 'end', why: undefined };
      try {
        const { done, value } = await deadline.within(this.#reader.read());
        if (done) return { kind: 'end', why: undefined };
        this.#items = this.#parser.feed(value);
      } catch (error) {
        if (deadline.signal.aborted) throw error;
        return { kind: 'end', why: causesOf(error) };
      }
    }
  }

  /** Where it has come to. */
  get place(): Place {
    return {
      lastEventId: this.#parser.lastEventId || this.#before.lastEventId,
      retry: this.#parser.retry ?? this.#before.retry,
    };
  }

  /** Whether it has come further than the stream that it continues. */
  get hasMoved(): boolean {
    const { lastEventId } = this.#parser;
    return lastEventId !== '' && lastEventId !== this.#before.lastEventId;
  }

  /** Closes it, which cancels what it belongs to in the modern era. */
  close(): void {
    this.#reader?.cancel().catch(() => {});
  }

  /**
   * Gives a stream whose answer is there time to end: a connection whose answer was not read to its end is of no
   * further use.
   */
  letGo(): void {
    const goesOn = setTimeout(() => this.close(), LIMITS.streamLinger);
    const rest = async () => {
      while (this.#reader !== undefined && !(await this.#reader.read()).done);
    };
    rest()
      .catch(() => {})
      .finally(() => clearTimeout(goesOn));
  }
}
