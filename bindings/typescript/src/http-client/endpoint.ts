// A server as it is asked over HTTP: a call is a POST of its own. There is no connection and no table of calls that
// wait; what calls share is here.

import { Asked } from './asked.js';
import { Broken, told } from './broken.js';
import { Deadline } from './deadline.js';
import type { Diagnostics } from '../diagnostics.js';
import { discard, exchange, type HeadersOf } from './exchange.js';
import { writeCall, type Id, type Message } from '../jsonrpc.js';
import type { Opened } from './legacy.js';
import { Lookout } from './lookout.js';
import { Mirrors } from './mirrors.js';
import { hearNews } from './news.js';
import { recovering } from './recovery.js';
import { refusal } from './refused.js';
import { Room } from './room.js';
import type { HttpTarget } from './target.js';
import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import type { Handler, RequestOptions } from '../session.js';

/** A message that is to be sent: its params as values, and as the JSON that was made from them. */
export interface Sending {
  readonly method: Method<unknown, unknown>;
  readonly params: object | undefined;
  readonly text: string | undefined;
}

/** What answers the server, and hears what it tells. */
export interface HttpHandler extends Handler {
  /** A legacy server had forgotten what was agreed on, and a session like the first was opened. */
  agreedAnew?(): void;
}

export interface EndpointOptions {
  /** Milliseconds that a call waits for its answer. */
  readonly requestTimeout: number;
  readonly diagnostics: Diagnostics;
}

/** A server at an address. */
export class Endpoint {
  readonly target: HttpTarget;
  readonly handler: HttpHandler;
  readonly options: EndpointOptions;
  readonly mirrors = new Mirrors();
  readonly lookout = new Lookout();
  /** The legacy session that is open, if there is one. */
  session: Opened | undefined;
  /** A session is being opened in the place of one that is lost. */
  reopening: Promise<void> | undefined;
  readonly #asked: Asked;
  /** Room for calls. What answers a server needs none: calls that are open may wait for it. */
  readonly #room = new Room(LIMITS.maxOpenCalls);
  /** What ends with the client. */
  readonly #open = new Set<Deadline>();
  #lastId = 0;
  #closing: Promise<void> | undefined;

  /** Nothing is sent yet. */
  constructor(target: HttpTarget, handler: HttpHandler, options: EndpointOptions) {
    this.target = target;
    this.handler = handler;
    this.options = options;
    this.#asked = new Asked(handler, options.diagnostics, (response) => this.#tell(response));
  }

  nextId(): Id {
    return ++this.#lastId;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Sends a request and resolves with its result as it came.
   *
   * @throws McpError of any kind but `negotiation`, or the reason of `signal`.
   */
  request(message: Sending, options: RequestOptions): Promise<unknown> {
    const { cancellable = true, repeatable = message.method.replaySafe === true } = options;
    const { timeout = this.options.requestTimeout } = options;
    const making = { cancellable, repeatable };
    const call = async (deadline: Deadline) => {
      const admitted = this.#room.enter(deadline);
      if (admitted !== undefined) await admitted;
      // What may be sent again is, should its connection turn out to be closed.
      const looking = repeatable ? undefined : this.lookout.look();
      if (looking !== undefined) await looking;
      try {
        return await recovering(this, message, making, deadline);
      } catch (error) {
        throw told(error);
      } finally {
        this.#room.leave();
      }
    };
    return this.during(message.method.name, timeout, call, options.signal);
  }

  /**
   * Sends a notification.
   *
   * @throws McpError if it does not arrive.
   */
  async notify(message: Sending): Promise<void> {
    const { name } = message.method;
    const { headers, session } = this.headersOf(message);
    await this.#send(headers, session, name, writeCall(undefined, name, message.text));
    if (name === methods.initialized.name && this.session !== undefined) {
      await hearNews(this, this.session);
    }
  }

  /** Sends a legacy message that is not answered: a notification, or an answer. */
  sendAlone(what: string, message: string): Promise<void> {
    return this.#send(this.session?.headers ?? {}, this.session, what, message);
  }

  /** Tells a legacy server that nobody waits any more. */
  cancelled(requestId: Id, cause: unknown): void {
    const reason = cause instanceof McpError ? cause.message : 'cancelled by the caller';
    const { name } = methods.cancelled;
    const message = writeCall(undefined, name, JSON.stringify({ requestId, reason }));
    // It is only kind to tell; who does not hear it does some work for nothing.
    this.sendAlone(name, message).catch(() => {});
  }

  /**
   * What the headers of a message say, and the session that it belongs to: none in the modern era, and none where it
   * opens one.
   */
  headersOf({ method, params }: Sending): { headers: HeadersOf; session: Opened | undefined } {
    const modern = this.mirrors.headers(method, params);
    if (modern !== undefined) return { headers: modern, session: undefined };
    const session = method.name === methods.initialize.name ? undefined : this.session;
    return { headers: session?.headers ?? {}, session };
  }

  /** Takes a message that is no answer; `call` is the signal of the call whose stream it came on. */
  take(message: Message, call?: AbortSignal): void | Promise<void> {
    return this.#asked.take(message, this.session !== undefined, call);
  }

  /** Does something that ends when its time is over, when its caller wants it, or with the client. */
  async during<T>(
    what: string,
    timeout: number,
    work: (deadline: Deadline) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.isClosed) throw closed();
    if (signal?.aborted) throw signal.reason;
    const deadline = new Deadline(what, timeout);
    const abort = () => deadline.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#open.add(deadline);
    try {
      return await work(deadline);
    } finally {
      deadline.over();
      this.#open.delete(deadline);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends it: calls that wait fail with an error of kind `closed`, and a legacy session is ended on the server, too. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const deadline of this.#open) deadline.abort(closed());
    this.#asked.cancelAll(closed());
    if (this.session?.id === undefined) return;
    const deadline = new Deadline('the end of the session', LIMITS.childGrace);
    try {
      discard(await exchange(this.target, 'DELETE', this.session.headers, undefined, deadline));
    } catch {
      // It is the server's to keep or to end: a refusal changes nothing.
    } finally {
      deadline.over();
    }
  }

  #send(
    headers: HeadersOf,
    session: Opened | undefined,
    what: string,
    text: string,
  ): Promise<void> {
    return this.during(what, this.options.requestTimeout, async (deadline) => {
      try {
        const answer = await exchange(this.target, 'POST', headers, text, deadline);
        if (answer.ok) return discard(answer);
        const inSession = session?.id !== undefined;
        const sent = { id: undefined, text, inSession, address: this.target.address };
        throw await refusal(sent, answer, deadline);
      } catch (error) {
        const isLost = error instanceof Broken && error.failed === 'session_lost';
        if (isLost && session !== undefined) session.isLost = true;
        throw told(error);
      }
    });
  }

  /** Sends an answer; that it could not be sent is told to the diagnostics. */
  #tell(response: string): void {
    this.sendAlone('an answer', response).catch((cause: unknown) => {
      if (this.isClosed) return;
      this.options.diagnostics({ level: 'warning', message: 'an answer could not be sent', cause });
    });
  }
}

/** The error of what is asked once it is closed. */
function closed(): McpError {
  return new McpError('closed', 'the client was closed');
}
