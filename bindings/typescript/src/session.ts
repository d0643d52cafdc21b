// A conversation over a transport: ids, answers, timeouts, cancellation. Params and results are JSON
// that it neither reads nor makes, except those of cancellation; revisions and tools are not known here.

import { report, type Diagnostics } from './diagnostics.js';
import { ErrorCode, McpError, protocolError } from './error.js';
import {
  isBatch,
  mostSent,
  parseBatch,
  parseMessage,
  readBeginning,
  readEnd,
  tooLong,
  writeCall,
  writeError,
  writeResult,
  type Id,
  type Message,
} from './jsonrpc.js';
import type { Awaitable } from './protocol/handlers.js';
import * as LIMITS from './protocol/limits.js';
import { Together } from './session/batch.js';
import type { Receiver, Transport } from './transport.js';
import { DecodeError } from './wire/error.js';
import { isObject } from './wire/json.js';

/** What answers the other side. */
export interface Handler {
  /** Answers a request with its result, as JSON; what it throws is the answer otherwise. */
  request(method: string, params: unknown, call: IncomingCall): Awaitable<string>;
  /** Takes note of a notification. */
  notification(method: string, params: unknown): void;
  /** Whether what was agreed on has batches. */
  readonly hasBatches?: boolean;
}

/** The way to the other side that belongs to a request: what is said of it goes there. */
export interface Outlet {
  /** Sends a notification; `params` is JSON. A promise where there is no room for more just now. */
  notify(method: string, params?: string): Awaitable<void>;
  /** Sends a request, and resolves with its result as it came. */
  request(method: string, params: string | undefined, options?: RequestOptions): Promise<unknown>;
  /** Closes the way before the answer; tells whether whoever waits comes back for it. */
  hangUp?(): boolean;
  /** Whether it is the way of one request alone, as over HTTP, and not of a whole connection. */
  readonly isOfRequest?: boolean;
}

/** Where the answer to a request goes, and the way that belongs to it. */
export interface Reply {
  readonly outlet: Outlet;
  /** Who asks, where it is not known of the whole conversation: for the handler, nothing here looks at it. */
  readonly from?: unknown;
  /** Is told of the error that the response is made of. */
  failed?(error: unknown): void;
  /** Takes the response, or nothing if the request was cancelled. Called once. */
  answer(response: string | undefined): void;
}

/** A request that is being answered. */
export class IncomingCall {
  readonly id: Id;
  readonly outlet: Outlet;
  readonly from: unknown;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(id: Id, outlet: Outlet, from?: unknown) {
    this.id = id;
    this.outlet = outlet;
    this.from = from;
  }

  /** Aborts when the other side no longer waits. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Nobody waits for the answer any more. */
  cancel(reason?: unknown): void {
    this.#cancelled = true;
    this.#controller?.abort(reason);
  }
}

/** How one request is made. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer; the session's `requestTimeout` if not set. */
  timeout?: number;
  /** Cancels the request. */
  signal?: AbortSignal;
  /** Whether the other side is told when nobody waits any more; `true` if not set. */
  cancellable?: boolean;
  /**
   * Whether it does no harm to send the request twice, should its answer be lost on the way over HTTP; by default
   * that is so for methods that only read.
   */
  repeatable?: boolean;
}

/** What a session can be told. */
export interface SessionOptions {
  /** Milliseconds to wait for an answer. */
  requestTimeout?: number;
  diagnostics?: Diagnostics;
  /** Is called once when the conversation has ended. */
  onEnd?: () => void;
}

/** A request that waits for another to be done. */
interface Held {
  readonly id: Id;
  readonly reply: Reply;
  run(): void;
}

interface Pending {
  method: string;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  release: () => void;
}

/** One side of a conversation. */
export class Session implements Receiver, Outlet {
  readonly #transport: Transport;
  readonly #handler: Handler;
  readonly #requestTimeout: number;
  readonly #mostSent: number;
  readonly #diagnostics: Diagnostics;
  readonly #onEnd: (() => void) | undefined;
  readonly #pending = new Map<Id, Pending>();
  readonly #running = new Map<Id, IncomingCall>();
  /** What had come already when no more was read. */
  #held: Held[] = [];
  readonly #reply: Reply;
  /** Ends what still runs some time after the conversation has ended. */
  #grace: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;
  #end: McpError | undefined;

  /** Begins at once. */
  constructor(transport: Transport, handler: Handler, options: SessionOptions = {}) {
    this.#transport = transport;
    this.#handler = handler;
    this.#requestTimeout = options.requestTimeout ?? LIMITS.requestTimeout;
    this.#mostSent = mostSent(transport.maxMessage);
    this.#diagnostics = options.diagnostics ?? report;
    this.#onEnd = options.onEnd;
    this.#reply = {
      outlet: this,
      answer: (response) => {
        if (response !== undefined) transport.send(response);
      },
    };
    transport.open(this);
  }

  /** The id that the next request will have. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  /**
   * Sends a request and resolves with its result as it came.
   *
   * @param params JSON, or `undefined` for none.
   * @param send The way it takes, if that is not the transport's own.
   * @throws McpError of kind `protocol`, `timeout` or `closed`, or the reason of `options.signal`.
   */
  request(
    method: string,
    params: string | undefined,
    options: RequestOptions = {},
    send: (message: string) => unknown = (message) => this.#transport.send(message),
  ): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const release = this.#limit(id, method, options);
      this.#pending.set(id, { method, resolve, reject, release });
      send(writeCall(id, method, params));
    });
  }

  /** Sends a notification; `params` is JSON. */
  notify(method: string, params?: string): Awaitable<void> {
    if (this.#end === undefined) return this.#transport.send(writeCall(undefined, method, params));
  }

  /** This session over another way than its transport's. */
  outletOver(send: (message: string) => Awaitable<void>, hangUp: () => boolean): Outlet {
    return {
      notify: (method, params) => send(writeCall(undefined, method, params)),
      request: (method, params, options) => this.request(method, params, options, send),
      hangUp,
      isOfRequest: true,
    };
  }

  /** Ends the conversation: what is pending fails with an error of kind `closed`. */
  async close(): Promise<void> {
    this.ended(new McpError('closed', 'the connection was closed'));
    await this.#transport.close();
  }

  message(text: string): void {
    if (isBatch(text)) this.#takeBatch(text);
    else this.receive(parseMessage(text));
  }

  /** Takes a message that has been read. A request is answered where `reply` says. */
  receive(message: Message, reply: Reply = this.#reply): void {
    switch (message.kind) {
      case 'request':
        return this.#answer(message.id, message.method, message.params, reply);
      case 'notification':
        return this.#note(message.method, message.params);
      case 'result':
        return this.#settle(message.id, (pending) => pending.resolve(message.result));
      case 'error':
        return this.#failed(message);
      case 'invalid':
        return reply.answer(writeError(message.id, message.error));
      case 'unusable':
        this.#warn(`a response that is none: ${message.reason}`);
    }
  }

  tooLong(start: string, limit: number, end = ''): void {
    const what = tooLong(limit);
    const read = readBeginning(start) ?? readEnd(start, end);
    if (read !== undefined && (read.next === 'result' || read.next === 'error')) {
      this.#settle(read.id, ({ method, reject }) =>
        reject(new McpError('decode', `the answer to ${method}: ${what}`)),
      );
    } else {
      const error = protocolError(ErrorCode.InvalidRequest, what);
      this.#transport.send(writeError(read?.id ?? null, error));
    }
  }

  ended(reason: McpError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    for (const { reject, release } of this.#pending.values()) {
      release();
      reject(reason);
    }
    this.#pending.clear();
    this.#onEnd?.();
    // What is under way may finish, for a while.
    if (this.#running.size === 0) return;
    this.#grace = setTimeout(() => this.cancelAll(reason), LIMITS.childGrace);
  }

  /** Cancels what is being answered for one request, if it still is: nobody waits for it. */
  cancel(id: Id, reason: unknown): void {
    this.#running.get(id)?.cancel(reason);
    const held = this.#held.find((held) => held.id === id);
    if (held === undefined) return;
    this.#held.splice(this.#held.indexOf(held), 1);
    held.reply.answer(undefined);
  }

  /** Cancels what is being answered: nobody will take the answers. */
  cancelAll(reason: unknown): void {
    this.#held = [];
    clearTimeout(this.#grace);
    for (const call of this.#running.values()) call.cancel(reason);
  }

  /** Sees to it that a request does not wait for ever. */
  #limit(id: number, method: string, options: RequestOptions): () => void {
    const { signal, cancellable = true, timeout = this.#requestTimeout } = options;
    const giveUp = (error: unknown, reason: string) => {
      this.#settle(id, (pending) => pending.reject(error));
      if (cancellable)
        this.notify('notifications/cancelled', JSON.stringify({ requestId: id, reason }));
    };
    const timer = setTimeout(() => {
      const what = `no answer to ${method} within ${timeout} ms`;
      giveUp(new McpError('timeout', what), what);
    }, timeout);
    const abort = () => giveUp(signal?.reason, 'cancelled by the caller');
    signal?.addEventListener('abort', abort, { once: true });
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  }

  #settle(id: Id, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#warn(`a response to ${JSON.stringify(id)}, which nobody waits for`);
      return;
    }
    this.#pending.delete(id);
    pending.release();
    how(pending);
  }

  #failed(message: Message & { kind: 'error' }): void {
    if (message.id !== undefined) {
      this.#settle(message.id, (pending) => pending.reject(message.error));
    } else {
      this.#warn('an error without an id', message.error);
    }
  }

  #note(method: string, params: unknown): void {
    if (method === 'notifications/cancelled' && isObject(params)) {
      this.cancel(params.requestId as Id, params.reason);
    }
    try {
      this.#handler.notification(method, params);
    } catch (error) {
      this.#warn(`${method} was dropped`, error);
    }
  }

  /**
   * Takes a batch, whose answers go out in one.
   * https://modelcontextprotocol.io/specification/2025-03-26/basic#batching
   */
  #takeBatch(text: string): void {
    const hasBatches = this.#handler.hasBatches === true;
    const refuse = (error: McpError) => this.#reply.answer(writeError(null, error));
    let messages: readonly Message[];
    try {
      messages = parseBatch(text);
    } catch (error) {
      const isJson = (error as McpError).code !== ErrorCode.ParseError;
      return refuse(isJson && !hasBatches ? noBatches() : (error as McpError));
    }
    if (!hasBatches) return refuse(noBatches());
    const isAnswered = ({ kind }: Message) => kind === 'request' || kind === 'invalid';
    const answers = new Together(messages.filter(isAnswered).length, this.#reply);
    for (const message of messages) {
      this.receive(message, isAnswered(message) ? answers.next() : this.#reply);
    }
  }

  #answer(id: Id, method: string, params: unknown, reply: Reply): void {
    // Over HTTP each request has a way of its own, and is begun as it comes.
    if (this.#running.size >= LIMITS.maxRunning && this.#transport.hold !== undefined) {
      this.#transport.hold(true);
      this.#held.push({ id, reply, run: () => this.#answer(id, method, params, reply) });
      return;
    }
    if (this.#running.has(id)) {
      const why = 'a request with this id is being handled already';
      return reply.answer(writeError(id, protocolError(ErrorCode.InvalidRequest, why)));
    }
    const call = new IncomingCall(id, reply.outlet, reply.from);
    try {
      const result = this.#handler.request(method, params, call);
      // Done within the same turn, nobody can have cancelled it.
      if (typeof result === 'string') {
        return reply.answer(writeResult(id, result, this.#mostSent));
      }
      this.#running.set(id, call);
      result.then(
        (text) => this.#finish(call, reply, writeResult(id, text, this.#mostSent)),
        (error: unknown) => {
          // What one fails with that was cancelled is no news to anybody.
          const response = call.cancelled ? '' : this.#failure(id, method, error, reply);
          this.#finish(call, reply, response);
        },
      );
    } catch (error) {
      reply.answer(this.#failure(id, method, error, reply));
    }
  }

  #finish(call: IncomingCall, reply: Reply, response: string): void {
    if (this.#running.get(call.id) === call) this.#running.delete(call.id);
    if (this.#end !== undefined && this.#running.size === 0) clearTimeout(this.#grace);
    reply.answer(call.cancelled ? undefined : response);
    if (this.#held.length > 0) this.#goOn();
  }

  /** Answers what was held back, as far as there is room, and reads on. */
  #goOn(): void {
    while (this.#held.length > 0 && this.#running.size < LIMITS.maxRunning) {
      this.#held.shift()!.run();
    }
    if (this.#held.length === 0) this.#transport.hold?.(false);
  }

  #failure(id: Id, method: string, error: unknown, reply: Reply): string {
    reply.failed?.(error);
    return writeError(id, answerable(method, error, this.#diagnostics));
  }

  #warn(message: string, cause?: unknown): void {
    this.#diagnostics({ level: 'warning', message, cause });
  }
}

function noBatches(): McpError {
  const why = 'only revision 2025-03-26 has batches, send one message alone';
  return protocolError(ErrorCode.InvalidRequest, `expected object, found array: ${why}`);
}

/** What the other side is told of an error; what is not meant for it stays here. */
export function answerable(method: string, error: unknown, diagnostics: Diagnostics): McpError {
  if (error instanceof McpError && error.kind === 'protocol') return error;
  if (error instanceof DecodeError) return protocolError(ErrorCode.InvalidParams, error.message);
  diagnostics({ level: 'error', message: `${method} failed`, cause: error });
  return protocolError(ErrorCode.InternalError, 'internal error');
}
