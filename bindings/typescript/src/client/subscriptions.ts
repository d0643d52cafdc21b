// What a client watches, told in the way of the server's era. A modern server is asked by a request that stays
// open (`subscriptions/listen`); a legacy one by `resources/subscribe`, once an address however many want to
// hear of it, and tells of its lists in any case.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
// https://modelcontextprotocol.io/specification/2025-11-25/server/resources#subscriptions

import { McpError } from '../error.js';
import { Inbox } from './inbox.js';
import { Listen } from './listen.js';
import type { Change, News } from './news.js';
import * as methods from '../protocol/methods.js';
import { eraOf } from '../protocol/revisions.js';
import type { RequestId } from '../protocol/types/jsonrpc.js';
import type { LoggingLevel } from '../protocol/types/logging.js';
import type { SubscriptionFilter } from '../protocol/types/subscriptions.js';
import type { ClientSession } from './session.js';
import type { Diagnostics } from '../session.js';
import { Turn } from './turn.js';

/**
 * Changes at a server, as they come: `for await (const change of subscription)`. A change of kind `missed`
 * stands for all that was not heard. Leaving the loop ends it, as {@link close} does; it ends by itself with
 * an error that says why nothing more will come.
 */
export interface Subscription extends AsyncIterableIterator<Change, undefined>, AsyncDisposable {
  /** Ends it. */
  close(): Promise<void>;
}

/** How a subscription is made. */
export interface SubscribeOptions {
  /** Ends it: whoever waits for a change gets the signal's reason. */
  signal?: AbortSignal;
}

const ALL_LISTS: SubscriptionFilter = {
  promptsListChanged: true,
  resourcesListChanged: true,
  toolsListChanged: true,
};

/** All subscriptions of a client. */
export class Subscriptions {
  readonly #session: ClientSession;
  readonly #news: News;
  readonly #patience: number;
  readonly #diagnostics: Diagnostics;
  /** Subscriptions are opened one at a time, so that it is plain which of them is agreed on. */
  readonly #turn = new Turn();
  /** How many watch an address at a legacy server. */
  readonly #watched = new Map<string, number>();

  /** @param patience Milliseconds that a server may take to agree. */
  constructor(session: ClientSession, news: News, patience: number, diagnostics: Diagnostics) {
    this.#session = session;
    this.#news = news;
    this.#patience = patience;
    this.#diagnostics = diagnostics;
  }

  /** Hears of what a resource says. */
  async resource(uri: string, options: SubscribeOptions): Promise<Subscription> {
    const wanted = { resourceSubscriptions: [uri] };
    if (this.#isModern) {
      return this.#listen(wanted, options, ({ resourceSubscriptions = [] }) => {
        if (resourceSubscriptions.includes(uri)) return;
        throw new McpError('negotiation', `the server does not tell of changes of ${uri}`);
      });
    }
    const heard = this.#hear(wanted, undefined, () => this.#unwatch(uri));
    try {
      await this.#watch(uri, options.signal);
      return heard.until(options.signal);
    } catch (error) {
      heard.forget();
      throw error;
    }
  }

  /** Hears of which tools, resources and prompts there are. */
  async lists(options: SubscribeOptions): Promise<Subscription> {
    if (this.#isModern) return this.#listen(ALL_LISTS, options, () => {});
    options.signal?.throwIfAborted();
    return this.#hear(ALL_LISTS, undefined, async () => {}).until(options.signal);
  }

  /** Has the program's listener hear of the lists, until the connection ends. A modern server has to be asked. */
  async forProgram(): Promise<void> {
    if (this.#isModern) await this.#opened(ALL_LISTS).open();
  }

  /**
   * Tells a legacy server that has forgotten its session again what it was told; what was told meanwhile is
   * missed.
   */
  async tellAgain(logLevel: LoggingLevel | undefined): Promise<void> {
    if (logLevel !== undefined) {
      await this.#try(methods.setLevel.name, () =>
        this.#session.call(methods.setLevel, { level: logLevel }),
      );
    }
    const release = await this.#turn.take();
    for (const uri of this.#watched.keys()) {
      await this.#try(methods.subscribe.name, () => this.#session.call(methods.subscribe, { uri }));
    }
    release();
    this.#news.tell({ kind: 'missed' });
  }

  get #isModern(): boolean {
    return eraOf(this.#session.revision) === 'modern';
  }

  async #listen(
    wanted: SubscriptionFilter,
    { signal }: SubscribeOptions,
    check: (honoured: SubscriptionFilter) => void,
  ): Promise<Subscription> {
    signal?.throwIfAborted();
    const listen = this.#opened(wanted);
    const heard = this.#hear(wanted, listen, async () => listen.close());
    const abort = () => listen.close(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      check(await listen.open((error) => heard.end(error)));
      return heard.until(signal);
    } catch (error) {
      heard.forget();
      listen.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #opened(wanted: SubscriptionFilter): Listen {
    return new Listen(this.#session, this.#news, this.#turn, wanted, {
      patience: this.#patience,
      diagnostics: this.#diagnostics,
    });
  }

  #hear(
    wanted: SubscriptionFilter,
    listen: Listen | undefined,
    release: () => Promise<void>,
  ): Heard {
    return new Heard(this.#news, (change, to) => isMeant(change, to, wanted, listen), release);
  }

  /** Begins to watch, for one more. */
  async #watch(uri: string, signal: AbortSignal | undefined): Promise<void> {
    const release = await this.#turn.take();
    try {
      const count = this.#watched.get(uri) ?? 0;
      if (count === 0) {
        await this.#session.call(
          methods.subscribe,
          { uri },
          signal === undefined ? {} : { signal },
        );
      }
      this.#watched.set(uri, count + 1);
    } finally {
      release();
    }
  }

  /** Ends it for one; for the last one the server is told. */
  async #unwatch(uri: string): Promise<void> {
    const release = await this.#turn.take();
    try {
      const count = this.#watched.get(uri) ?? 0;
      if (count > 1) return void this.#watched.set(uri, count - 1);
      this.#watched.delete(uri);
      await this.#session.call(methods.unsubscribe, { uri });
    } finally {
      release();
    }
  }

  async #try(method: string, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (cause) {
      this.#diagnostics({ level: 'warning', message: `${method} in the new session`, cause });
    }
  }
}

/** A server that names the subscription means it; one that does not may mean any. */
function isMeant(
  change: Change,
  to: RequestId | undefined,
  wanted: SubscriptionFilter,
  listen: Listen | undefined,
): boolean {
  if (listen !== undefined && to !== undefined) return listen.named === to;
  switch (change.kind) {
    case 'tools':
    case 'resources':
    case 'prompts':
      return wanted[`${change.kind}ListChanged`] === true;
    case 'resource':
      return wanted.resourceSubscriptions?.some((uri) => change.uri.startsWith(uri)) ?? false;
    case 'missed':
      return true;
  }
}

/** A subscription, from before it is agreed on. */
class Heard implements Subscription {
  /** No change is told any more. */
  readonly forget: () => void;
  readonly #inbox: Inbox<Change>;
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(
    news: News,
    isMeant: (change: Change, to: RequestId | undefined) => boolean,
    release: () => Promise<void>,
  ) {
    this.#inbox = new Inbox(() => ({ kind: 'missed' }));
    this.#release = release;
    this.forget = news.hear(
      (change, to) => {
        if (isMeant(change, to)) this.#inbox.put(change);
      },
      (reason) => this.end(reason),
    );
  }

  /** Nothing more will come, and why. */
  end(error: unknown): void {
    this.forget();
    this.#inbox.end({ error });
  }

  /** The same, ended by a signal. */
  until(signal: AbortSignal | undefined): this {
    const abort = () => {
      this.end(signal?.reason);
      void this.#letGo();
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    return this;
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    return this.#inbox.next();
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  close(): Promise<void> {
    this.forget();
    this.#inbox.close();
    return this.#letGo();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it at the server; whether that heard it is nobody's concern any more. */
  #letGo(): Promise<void> {
    return (this.#closing ??= this.#release().catch(() => {}));
  }
}
