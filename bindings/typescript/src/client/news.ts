// What a server tells of its own: that what it offers has changed, and log messages. It comes together here and
// is handed to whoever wants to hear it; how a server is brought to tell is not decided here.

import type { Awaitable } from '../awaitable.js';
import type { Diagnostics } from '../diagnostics.js';
import { McpError } from '../error.js';
import type { Cache } from './cache.js';
import * as methods from '../protocol/methods.js';
import type { RequestId } from '../protocol/types/jsonrpc.js';
import type { LoggingMessageNotificationParams } from '../protocol/types/logging.js';
import type { NotificationParams } from '../protocol/types/base.js';
import type { ResourceUpdatedNotificationParams } from '../protocol/types/resources.js';
import type {
  SubscriptionFilter,
  SubscriptionsAcknowledgedNotificationParams,
} from '../protocol/types/subscriptions.js';

/**
 * What has changed at a server: which `tools`, `resources` (or templates of them) or `prompts` there are, or
 * what the `resource` at an address says, or one that is a part of it. `missed`: nobody knows, for a while
 * nothing was heard, or more came than was waited for, and everything may have changed.
 */
export type Change =
  | { readonly kind: 'tools' | 'resources' | 'prompts' | 'missed' }
  | { readonly kind: 'resource'; readonly uri: string };

/** A line of a server's log. */
export type LogMessage = LoggingMessageNotificationParams;

/** Hears log messages; it holds up the connection while it runs. */
export type LogListener = (message: LogMessage) => Awaitable<void>;

/** Hears a change, and the subscription that it was told to, where the server says so. */
type Hearer = (change: Change, to: RequestId | undefined) => Awaitable<void>;

/** Hears that a subscription was agreed on, before anything is told under its name. */
type Agreed = (named: RequestId, honoured: SubscriptionFilter) => void;

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** Where everything that a server tells comes together. */
export class News {
  readonly #cache: Cache | undefined;
  readonly #diagnostics: Diagnostics;
  readonly #hearers = new Set<Hearer>();
  readonly #logListeners = new Set<LogListener>();
  readonly #onEnd = new Set<(reason: McpError) => void>();
  #expecting: Agreed | undefined;

  constructor(cache: Cache | undefined, diagnostics: Diagnostics) {
    this.#cache = cache;
    this.#diagnostics = diagnostics;
  }

  /** Takes the params of a notification, checked, if it is news. */
  take(method: string, params: unknown): void {
    switch (method) {
      case methods.toolListChanged.name:
        return this.tell({ kind: 'tools' }, namedIn(params));
      case methods.resourceListChanged.name:
        return this.tell({ kind: 'resources' }, namedIn(params));
      case methods.promptListChanged.name:
        return this.tell({ kind: 'prompts' }, namedIn(params));
      case methods.resourceUpdated.name: {
        const { uri } = params as ResourceUpdatedNotificationParams;
        return this.tell({ kind: 'resource', uri }, namedIn(params));
      }
      case methods.subscriptionsAcknowledged.name:
        return this.#agreed(params as SubscriptionsAcknowledgedNotificationParams);
      case methods.loggingMessage.name:
        for (const listener of this.#logListeners) this.#hand(listener, params as LogMessage);
    }
  }

  /** Tells a change; what is kept of it is dropped before anybody hears of it. */
  tell(change: Change, to?: RequestId): void {
    this.#cache?.heed(change);
    for (const hearer of this.#hearers) this.#hand((change) => hearer(change, to), change);
  }

  /** Has changes told until the connection ends; gives what ends that. */
  hear(hearer: Hearer, onEnd: (reason: McpError) => void): () => void {
    return registered([this.#hearers, hearer], [this.#onEnd, onEnd]);
  }

  /** Has log messages told until the connection ends; gives what ends that. */
  hearLogs(listener: LogListener, onEnd: () => void): () => void {
    return registered([this.#logListeners, listener], [this.#onEnd, onEnd]);
  }

  /** Waits for the next subscription to be agreed on; gives what ends the waiting. */
  expect(agreed: Agreed): () => void {
    this.#expecting = agreed;
    return () => {
      if (this.#expecting === agreed) this.#expecting = undefined;
    };
  }

  /** The connection is over. */
  ended(): void {
    const reason = new McpError('closed', 'the connection has ended');
    for (const onEnd of [...this.#onEnd]) onEnd(reason);
  }

  #agreed({ _meta: meta, notifications }: SubscriptionsAcknowledgedNotificationParams): void {
    const named = meta?.[SUBSCRIPTION_ID];
    const expecting = this.#expecting;
    if (named === undefined || expecting === undefined) {
      const what =
        named === undefined ? `its _meta has no ${SUBSCRIPTION_ID}` : 'nobody waits for it';
      throw new McpError('decode', what);
    }
    this.#expecting = undefined;
    expecting(named, notifications);
  }

  /** A listener's failure is its own, and stops nobody else from hearing. */
  #hand<T>(listener: (told: T) => Awaitable<void>, told: T): void {
    const failed = (cause: unknown) =>
      this.#diagnostics({ level: 'error', message: 'a listener failed', cause });
    try {
      const heard = listener(told);
      if (heard instanceof Promise) heard.catch(failed);
    } catch (cause) {
      failed(cause);
    }
  }
}

/** Adds each to its set; gives what takes them out again. */
function registered<A, B>(
  ...both: readonly [readonly [Set<A>, A], readonly [Set<B>, B]]
): () => void {
  const [[these, one], [those, other]] = both;
  these.add(one);
  those.add(other);
  return () => {
    these.delete(one);
    those.delete(other);
  };
}

function namedIn(params: unknown): RequestId | undefined {
  return (params as NotificationParams | undefined)?._meta?.[SUBSCRIPTION_ID] as
    RequestId | undefined;
}
