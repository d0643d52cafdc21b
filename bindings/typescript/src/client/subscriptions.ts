// Changes at a server, for whoever wants to hear of them, told in the way of the server's era. A modern server is
// asked by a request that stays open (`subscriptions/listen`); a legacy one by `resources/subscribe`, once an
// address however many want to hear of it, and tells of its lists in any case.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
// https://modelcontextprotocol.io/specification/2025-11-25/server/resources#subscriptions
//
// Functions and no members of a client, so that a program which does not use them does not load them.

import { unlessAborted } from './aborted.js';
import type { Awaitable } from '../awaitable.js';
import type { Client } from '../client.js';
import { McpError } from '../error.js';
import { Inbox } from './inbox.js';
import { Listen } from './listen.js';
import type { Change, LogMessage } from './news.js';
import * as methods from '../protocol/methods.js';
import { eraOf } from '../protocol/revisions.js';
import type { RequestId } from '../protocol/types/jsonrpc.js';
import type { SubscriptionFilter } from '../protocol/types/subscriptions.js';
import type { ResourceUri } from '../registry/offers.js';
import type { ClientSession } from './session.js';
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

/**
 * Subscribes to what a resource says: `for await (const change of await subscribe(client, 'text://news'))`.
 *
 * @throws McpError if the server does not tell of it.
 */
export async function subscribe<S>(
  client: Client<S>,
  uri: ResourceUri<S>,
  options: SubscribeOptions = {},
): Promise<Subscription> {
  const subscriptions = Subscriptions.of(client.session);
  const heard = new Heard(subscriptions, { resourceSubscriptions: [uri] });
  return heard.opened(options, async (signal) => {
    if (subscriptions.isModern) {
      const { resourceSubscriptions = [] } = await heard.listen();
      if (resourceSubscriptions.includes(uri)) return;
      throw new McpError('negotiation', `the server does not tell of changes of ${uri}`);
    }
    await subscriptions.watch(uri, signal);
    heard.release = () => subscriptions.unwatch(uri);
  });
}

/**
 * Subscribes to which tools, resources and prompts there are. A server tells of those that it can tell of.
 *
 * @throws McpError if the server does not answer, or says no.
 */
export async function subscribeToLists<S>(
  client: Client<S>,
  options: SubscribeOptions = {},
): Promise<Subscription> {
  const subscriptions = Subscriptions.of(client.session);
  const heard = new Heard(subscriptions, ALL_LISTS);
  return heard.opened(options, async () => {
    if (subscriptions.isModern) await heard.listen();
  });
}

/**
 * Has a listener hear of every change: of the lists, and of what is subscribed to. It holds up the connection while
 * it runs. It ends with the connection, or when what is given back is closed.
 *
 * @throws McpError if the server does not answer, or says no.
 */
export async function onChange<S>(
  client: Client<S>,
  listener: (change: Change) => Awaitable<void>,
): Promise<{ close(): void }> {
  const { session } = client;
  const subscriptions = Subscriptions.of(session);
  const listen = subscriptions.isModern ? subscriptions.listen(ALL_LISTS) : undefined;
  const close = () => {
    forget();
    listen?.close();
  };
  const forget = session.listening.news.hear((change) => listener(change), close);
  try {
    await listen?.open();
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Log messages from now on, until the connection ends; the server sends them from the client's `logLevel` on.
 * Whoever is so slow that messages are lost (`maxNews`) goes on with the oldest that is there, and the diagnostics
 * are told.
 */
export function logMessages<S>({
  session,
}: Client<S>): AsyncIterableIterator<LogMessage, undefined> {
  const lost = (count: number) => {
    const message = `${count} log messages were lost (maxNews)`;
    session.options.diagnostics({ level: 'warning', message });
    return undefined;
  };
  const inbox = new Inbox<LogMessage>(lost, () => forget());
  const forget = session.listening.news.hearLogs(
    (message) => inbox.put(message),
    () => inbox.end(),
  );
  return inbox;
}

const ALL_LISTS: SubscriptionFilter = {
  promptsListChanged: true,
  resourcesListChanged: true,
  toolsListChanged: true,
};

/** What the subscriptions of a client have in common. */
class Subscriptions {
  static readonly #all = new WeakMap<ClientSession, Subscriptions>();
  readonly session: ClientSession;
  /** They are opened one at a time, so that it is plain which of them is agreed on. */
  readonly #turn = new Turn();
  /** How many watch an address at a legacy server. */
  readonly #watched = new Map<string, number>();

  static of(session: ClientSession): Subscriptions {
    let found = Subscriptions.#all.get(session);
    if (found === undefined) Subscriptions.#all.set(session, (found = new Subscriptions(session)));
    return found;
  }

  private constructor(session: ClientSession) {
    this.session = session;
    session.toTellAgain.push(() => this.#watchAgain());
  }

  get isModern(): boolean {
    return eraOf(this.session.revision) === 'modern';
  }

  listen(wanted: SubscriptionFilter): Listen {
    return new Listen(this.session, this.#turn, wanted);
  }

  /** Begins to watch, for one more. */
  async watch(uri: string, signal: AbortSignal | undefined): Promise<void> {
    const release = await this.#turn.take();
    try {
      signal?.throwIfAborted();
      const count = this.#watched.get(uri) ?? 0;
      const options = signal === undefined ? {} : { signal };
      if (count === 0) await this.session.call(methods.subscribe, { uri }, options);
      this.#watched.set(uri, count + 1);
    } finally {
      release();
    }
  }

  /** Ends it for one; for the last one the server is told. */
  async unwatch(uri: string): Promise<void> {
    const release = await this.#turn.take();
    try {
      const count = this.#watched.get(uri) ?? 0;
      if (count > 1) return void this.#watched.set(uri, count - 1);
      this.#watched.delete(uri);
      await this.session.call(methods.unsubscribe, { uri });
    } finally {
      release();
    }
  }

  async #watchAgain(): Promise<void> {
    const release = await this.#turn.take();
    const again = [...this.#watched.keys()].map((uri) =>
      this.session.call(methods.subscribe, { uri }),
    );
    try {
      await Promise.all(again);
    } finally {
      release();
    }
  }
}

/** A subscription, from before it is agreed on. */
class Heard implements Subscription {
  /** Ends it at the server. */
  release: () => Promise<unknown> = async () => {};
  readonly #subscriptions: Subscriptions;
  readonly #wanted: SubscriptionFilter;
  readonly #inbox = new Inbox<Change>(() => ({ kind: 'missed' }));
  readonly #forget: () => void;
  #listen: Listen | undefined;
  #released: Promise<void> | undefined;

  constructor(subscriptions: Subscriptions, wanted: SubscriptionFilter) {
    this.#subscriptions = subscriptions;
    this.#wanted = wanted;
    this.#forget = subscriptions.session.listening.news.hear(
      (change, to) => {
        if (this.#isMeant(change, to)) this.#inbox.put(change);
      },
      (reason) => this.#end(reason),
    );
  }

  /** Opens it as the server's era wants it, and has it ended by a signal. */
  async opened(
    { signal }: SubscribeOptions,
    open: (signal: AbortSignal | undefined) => Promise<void>,
  ): Promise<this> {
    try {
      await unlessAborted(signal, () => open(signal));
    } catch (error) {
      void this.close();
      throw error;
    }
    const abort = () => {
      this.#end(signal?.reason);
      void this.#letGo();
    };
    signal?.addEventListener('abort', abort, { once: true });
    return this;
  }

  /** Asks a modern server; gives what it has agreed to tell. */
  listen(): Promise<SubscriptionFilter> {
    const listen = (this.#listen = this.#subscriptions.listen(this.#wanted));
    this.release = async () => listen.close();
    return listen.open((error) => this.#end(error));
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    return this.#inbox.next();
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  close(): Promise<void> {
    this.#forget();
    this.#inbox.close();
    return this.#letGo();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Nothing more will come, and why. */
  #end(error: unknown): void {
    this.#forget();
    this.#inbox.end({ error });
  }

  /** Whether the server heard of the end is nobody's concern any more. */
  #letGo(): Promise<void> {
    return (this.#released ??= this.release().then(
      () => {},
      () => {},
    ));
  }

  /** A server that names the subscription means it; one that does not may mean any. */
  #isMeant(change: Change, to: RequestId | undefined): boolean {
    if (this.#listen !== undefined && to !== undefined) return this.#listen.named === to;
    const { resourceSubscriptions = [], ...lists } = this.#wanted;
    switch (change.kind) {
      case 'tools':
      case 'resources':
      case 'prompts':
        return lists[`${change.kind}ListChanged`] === true;
      case 'resource':
        return resourceSubscriptions.some((uri) => change.uri.startsWith(uri));
      case 'missed':
        return true;
    }
  }
}
