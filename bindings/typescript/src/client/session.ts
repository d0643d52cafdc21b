// A session as clients have it: typed calls, in the revision that was agreed on. How it is agreed on
// is not decided here.

import { chain, type Awaitable } from '../awaitable.js';
import { ErrorCode, McpError, protocolError, wrapped } from '../error.js';
import type { Connection, Opening, Outgoing } from './connection.js';
import { answerInput, isInputRequired } from './input.js';
import type { Caller, Given } from '../protocol/calls.js';
import { dispatchToClient, type ClientHandlers } from '../protocol/handlers.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { bitOf, eraOf, type Revision } from '../protocol/revisions.js';
import type { ClientCapabilities, Implementation } from '../protocol/types/lifecycle.js';
import type { ProgressNotificationParams } from '../protocol/types/notifications.js';
import { latest, META } from '../revision.js';
import type {
  Diagnostics,
  Handler,
  IncomingCall,
  RequestOptions,
  SessionOptions,
} from '../session.js';
import type { Codec } from '../wire/codec.js';
import { decode } from '../wire/decoder.js';
import { encode } from '../wire/encoder.js';
import { isObject } from '../wire/json.js';

/** How one call is made. */
export interface CallOptions extends RequestOptions {
  /** Is told how far the work is. */
  onProgress?: (progress: ProgressNotificationParams) => void;
}

/** What a client says of itself. */
export interface ClientIdentity {
  readonly info: Implementation;
  readonly capabilities: ClientCapabilities;
}

/** What a client's handlers know of what they handle. */
export interface ClientContext {
  readonly revision: Revision;
  /** Aborts when the server no longer waits. */
  readonly signal: AbortSignal;
}

/** How often a server may ask for input before it finishes. */
const MOST_ROUNDS = 10;

/** What a client says, hears and answers. */
export class ClientSession implements Caller<CallOptions>, Handler {
  /** The revision of the calls that follow. */
  revision = latest('modern');
  readonly identity: ClientIdentity;
  readonly #connection: Connection;
  readonly #handlers: ClientHandlers<ClientContext>;
  readonly #diagnostics: Diagnostics;
  readonly #progress = new Map<unknown, (progress: ProgressNotificationParams) => void>();
  readonly #reported = new Set<string>();
  #lastToken = 0;

  constructor(
    open: Opening,
    identity: ClientIdentity,
    handlers: ClientHandlers<ClientContext>,
    options: Required<Pick<SessionOptions, 'requestTimeout' | 'diagnostics'>>,
  ) {
    this.identity = identity;
    this.#handlers = handlers;
    this.#diagnostics = options.diagnostics;
    this.#connection = open(this, options);
  }

  /**
   * Sends a method in the session's revision.
   *
   * @throws McpError of any kind but `negotiation`.
   */
  async call<Params, Result>(
    method: Method<Params, Result>,
    params: Given<Params> | undefined,
    options: CallOptions = {},
  ): Promise<Result> {
    const { revision } = this;
    if ((method.revisions & bitOf(revision)) === 0) {
      throw new McpError('encode', `${revision} has no ${method.name}`);
    }
    if (method.kind === 'notification') {
      await this.#connection.notify(this.#write(method, params, undefined));
      return undefined as Result;
    }
    let sent: Given<Params> | undefined = params;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const result = await this.#ask(method, sent, options);
      if (!isInputRequired(result)) return result;
      const context = { revision, signal: options.signal ?? new AbortController().signal };
      const input = await answerInput(result, this.#handlers, context);
      sent = { ...params, ...input } as Given<Params>;
    }
    throw new McpError('protocol', `${method.name} asked for input ${MOST_ROUNDS} times`);
  }

  async #ask<Params, Result>(
    method: Method<Params, Result>,
    params: Given<Params> | undefined,
    options: CallOptions,
  ): Promise<Result> {
    const token = options.onProgress === undefined ? undefined : ++this.#lastToken;
    const message = this.#write(method, params, token);
    if (token !== undefined) this.#progress.set(token, options.onProgress!);
    try {
      const result = await this.#connection.request(message, options);
      return this.#read(method, result, this.revision);
    } finally {
      this.#progress.delete(token);
    }
  }

  /** Checks a value that came with a result and is not checked yet. */
  check<T>(codec: Codec<T>, value: unknown, path: string): T {
    try {
      return decode(codec, value, bitOf(this.revision), path.split('.'));
    } catch (error) {
      throw wrapped(error, 'an answer');
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  request(name: string, params: unknown, call: IncomingCall): Awaitable<string> {
    if (name === 'ping') return '{}';
    const { revision } = this;
    const bit = bitOf(revision);
    const context: ClientContext = {
      revision,
      get signal() {
        return call.signal;
      },
    };
    const found = dispatchToClient(this.#handlers, name, params, bit, context);
    if (found === undefined) {
      throw protocolError(ErrorCode.MethodNotFound, `method not found: ${name}`);
    }
    return chain(found.result, (result) => encode(found.method.result!, result, bit));
  }

  notification(name: string, params: unknown): void {
    const bit = bitOf(this.revision);
    const context = { revision: this.revision, signal: new AbortController().signal };
    let result: unknown;
    if (name === methods.progress.name) {
      const progress = methods.decodeParams(methods.progress, params, bit);
      this.#progress.get(progress.progressToken)?.(progress);
      result = this.#handlers.onProgress?.(progress, context);
    } else {
      result = dispatchToClient(this.#handlers, name, params, bit, context)?.result;
    }
    if (result instanceof Promise) result.catch((cause: unknown) => this.#failed(name, cause));
  }

  #failed(name: string, cause: unknown): void {
    this.#diagnostics({ level: 'error', message: `${name} failed`, cause });
  }

  /** A message whose params have what a request of the revision must have in `_meta`. */
  #write(method: Method<unknown, unknown>, params: unknown, token: number | undefined): Outgoing {
    const { revision } = this;
    const sent = this.#withMeta(method, params as { _meta?: object } | undefined, token);
    if (method.params === undefined || sent === undefined) {
      return { method, params: undefined, text: undefined };
    }
    const leftOut = new Set<string>();
    try {
      return { method, params: sent, text: encode(method.params, sent, bitOf(revision), leftOut) };
    } catch (error) {
      throw wrapped(error, `the params of ${method.name}`);
    } finally {
      for (const member of leftOut)
        this.#reportOnce(`${method.name}: ${revision} has no ${member}`);
    }
  }

  #withMeta(
    method: Method<unknown, unknown>,
    params: { _meta?: object } | undefined,
    token: number | undefined,
  ): object | undefined {
    if (method.kind === 'notification') return params;
    const progress = token === undefined ? undefined : { progressToken: token };
    if (eraOf(this.revision) === 'legacy') {
      if (progress === undefined) return params;
      // With a `~`, for most of the older schemas do not name `_meta` where it is used all the same.
      const { _meta: meta, ...rest } = params ?? {};
      return { ...rest, '~_meta': { ...meta, ...progress } };
    }
    const { info, capabilities } = this.identity;
    const own = {
      [META.revision]: this.revision,
      [META.client]: info,
      [META.capabilities]: capabilities,
    };
    return { ...params, _meta: { ...params?._meta, ...progress, ...own } };
  }

  #read<Result>(method: Method<unknown, Result>, result: unknown, revision: Revision): Result {
    // Servers of before results had types leave theirs out: then it is the ordinary one.
    if (eraOf(revision) === 'modern' && isObject(result)) result.resultType ??= 'complete';
    try {
      return decode(method.result!, result, bitOf(revision), ['result']);
    } catch (error) {
      throw wrapped(error, `the answer to ${method.name}`);
    }
  }

  #reportOnce(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#diagnostics({ level: 'info', message });
  }
}
