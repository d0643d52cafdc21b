// A request that is kept open, on which a modern server tells of changes. When it breaks or the server ends it,
// it is made again, and then it is told that something may have been missed.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions#opening-a-stream

import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { RequestId } from '../protocol/types/jsonrpc.js';
import type { SubscriptionFilter } from '../protocol/types/subscriptions.js';
import type { ClientSession } from './session.js';
import type { Turn } from './turn.js';

/** It waits for as long as it is wanted: in milliseconds as long as a timer can, and then it is made again. */
const FOR_EVER = 2 ** 31 - 1;

export class Listen {
  /** What the server calls it now. */
  named: RequestId | undefined;
  readonly #session: ClientSession;
  readonly #turn: Turn;
  readonly #wanted: SubscriptionFilter;
  /** Ends the request that is open now, or the pause before the next. */
  #now = new AbortController();
  #isClosed = false;

  /** @param turn Is taken while it is opened. */
  constructor(session: ClientSession, turn: Turn, wanted: SubscriptionFilter) {
    this.#session = session;
    this.#turn = turn;
    this.#wanted = wanted;
  }

  /**
   * Opens it, and gives what the server has agreed to tell. It is kept open in the background.
   *
   * @param onEnd Is told why it cannot be opened any more.
   * @throws McpError if the server says no, or nothing in time.
   */
  open(onEnd: (reason: unknown) => void = () => {}): Promise<SubscriptionFilter> {
    return new Promise((resolve, reject) => {
      this.#keepOpen(resolve).catch((reason: unknown) => {
        // What was opened is not refused any more, and what is closed is no news to whoever closed it.
        reject(reason);
        if (!this.#isClosed) onEnd(reason);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#now.abort();
  }

  /** @throws Why it could not be opened, or cannot be opened any more. */
  async #keepOpen(opened: (honoured: SubscriptionFilter) => void): Promise<never> {
    const { diagnostics, requestTimeout: patience } = this.#session.options;
    let isOpened = false;
    for (let again = 0; ; again++) {
      const began = performance.now();
      const why = await this.#ended(isOpened, (honoured) => {
        isOpened = true;
        opened(honoured);
      });
      if (!isOpened || this.#isClosed || !mayBeReopened(why)) throw why;
      // One that was open for long is no sign that the next will not be.
      if (performance.now() - began > patience) again = 0;
      if (again === LIMITS.resumeAttempts) {
        const tried = `it was opened again ${again} times in a row (resumeAttempts)`;
        throw new McpError('closed', `${why.message}; ${tried}`, { cause: why });
      }
      const message = `a subscription is opened again: ${why.message}`;
      diagnostics({ level: 'warning', message });
      await this.#pause(LIMITS.sseRetry);
    }
  }

  /** Makes the request, waits until it is agreed on and then until it ends; gives why. */
  async #ended(isAgain: boolean, agreed: (honoured: SubscriptionFilter) => void): Promise<Error> {
    const { requestTimeout: patience } = this.#session.options;
    const { news } = this.#session.listening;
    const release = await this.#turn.take();
    const now = (this.#now = new AbortController());
    if (this.#isClosed) now.abort();
    let isAgreed = false;
    const late = setTimeout(() => {
      const what = `no answer to subscriptions/listen, which is to be acknowledged, within ${patience} ms`;
      now.abort(new McpError('timeout', what));
    }, patience);
    const unexpect = news.expect((named, honoured) => {
      isAgreed = true;
      clearTimeout(late);
      release();
      this.named = named;
      if (isAgain) news.tell({ kind: 'missed' }, named);
      agreed(honoured);
    });
    try {
      const params = { notifications: this.#wanted };
      // It is made again here, where it is known that something was missed.
      const options = { timeout: FOR_EVER, signal: now.signal, repeatable: false };
      await this.#session.call(methods.subscriptionsListen, params, options);
      const early = isAgreed ? '' : ' before it began';
      return new ServerEnded(`the server has ended the subscription${early}`);
    } catch (error) {
      return error as Error;
    } finally {
      clearTimeout(late);
      unexpect();
      release();
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = (this.#now = new AbortController());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    });
  }
}

/** The server has ended the request in good order. */
class ServerEnded extends McpError {
  constructor(message: string) {
    super('closed', message);
  }
}

/** Whether it makes sense to ask again: not where there is no connection any more, nor where the server says no. */
function mayBeReopened(why: unknown): boolean {
  if (why instanceof ServerEnded) return true;
  if (!(why instanceof McpError)) return false;
  switch (why.kind) {
    case 'outcome_unknown':
    case 'unreachable':
    case 'timeout':
      return true;
    case 'http':
      return (why.status ?? 0) >= 500;
    default:
      return false;
  }
}
