// Events of legacy streams, kept for clients that lose their connection and come back with `Last-Event-ID`.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery

import type { Awaitable } from '../awaitable.js';
import * as LIMITS from '../protocol/limits.js';

/** The id of an event: which of the session's streams it is on, and its place there, from 1 on. */
export interface EventId {
  readonly stream: number;
  readonly place: number;
}

/** An event that was kept. */
export interface KeptEvent extends EventId {
  readonly message: string;
}

/**
 * Where events are kept. The default keeps them in memory, up to `maxKeptEvents` and `maxKeptBytes`.
 * A store may lose events: a client that comes back for one that is gone is told so.
 */
export interface EventStore {
  /** Keeps a message of a session. It is not waited for. */
  keep(session: string, event: KeptEvent): void;
  /**
   * The messages that came after this one on its stream, in order. If some of them are gone, only those
   * after the gap, or none.
   */
  after(session: string, id: EventId): Awaitable<readonly KeptEvent[]>;
  /** Forgets a session, which has ended. */
  forget(session: string): void;
}

export function writeEventId({ stream, place }: EventId): string {
  return `${stream}-${place}`;
}

/** An id as it was written; nothing if it was not. */
export function readEventId(text: string): EventId | undefined {
  const [, stream, place] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  return stream === undefined ? undefined : { stream: Number(stream), place: Number(place) };
}

/** The store of a server that is told no other. The oldest events make room for new ones. */
export class InMemoryEvents implements EventStore {
  readonly #sessions = new Map<string, Set<KeptEvent>>();
  /** All of them from the oldest on, with their sessions. */
  readonly #order = new Map<KeptEvent, string>();
  #size = 0;

  keep(session: string, event: KeptEvent): void {
    const events = this.#sessions.get(session);
    if (events === undefined) this.#sessions.set(session, new Set([event]));
    else events.add(event);
    this.#order.set(event, session);
    this.#size += event.message.length;
    for (const [oldest, owner] of this.#order) {
      if (this.#order.size <= LIMITS.maxKeptEvents && this.#size <= LIMITS.maxKeptBytes) return;
      this.#drop(oldest);
      const others = this.#sessions.get(owner);
      others?.delete(oldest);
      if (others?.size === 0) this.#sessions.delete(owner);
    }
  }

  after(session: string, { stream, place }: EventId): KeptEvent[] {
    const events = [...(this.#sessions.get(session) ?? [])];
    return events.filter((event) => event.stream === stream && event.place > place);
  }

  forget(session: string): void {
    for (const event of this.#sessions.get(session) ?? []) this.#drop(event);
    this.#sessions.delete(session);
  }

  #drop(event: KeptEvent): void {
    this.#order.delete(event);
    this.#size -= event.message.length;
  }
}
