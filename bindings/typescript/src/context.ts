// What a handler knows of the request it answers, and can do for the one who waits.

import type { Awaitable } from './awaitable.js';
import { ErrorCode, McpError, protocolError, ToolError, wrapped } from './error.js';
import { isAtLeast, type LegacyClient } from './context/legacy-client.js';
import { ClientCalls, type Caller, type Given } from './protocol/calls.js';
import * as LIMITS from './protocol/limits.js';
import * as methods from './protocol/methods.js';
import type { Method } from './protocol/methods.js';
import { bitOf, eraOf, type Revision } from './protocol/revisions.js';
import { META } from './revision.js';
import type { ProgressNotificationParams } from './protocol/types/notifications.js';
import { RequestMetaObject } from './protocol/types/base.js';
import type { ClientCapabilities, Implementation } from './protocol/types/lifecycle.js';
import type { LoggingLevel } from './protocol/types/logging.js';
import type { InputRequest } from './protocol/types/messages.js';
import { formIn } from './context/older-form.js';
import { lacking, methodOf, type Question } from './context/questions.js';
import type { Rounds } from './context/rounds.js';
import type { InTask } from './context/task.js';
import { traceContextIn, type TraceContext } from './context/trace.js';
import type { Id } from './jsonrpc.js';
import type { Coercion } from './schema/coercion.js';
import type { IncomingCall, RequestOptions } from './session.js';
import type { Codec } from './wire/codec.js';
import { decode } from './wire/decoder.js';
import { encode } from './wire/encoder.js';
import { isObject, type JsonObject, type JsonValue } from './wire/json.js';

/** Who makes a request, as far as whoever checks requests of HTTP has found out. */
export interface Claims {
  readonly issuer?: string;
  readonly subject?: string;
  readonly clientId?: string;
  /** What it may do. */
  readonly scopes?: readonly string[];
  /** Whom the token is meant for. */
  readonly audience?: readonly string[];
  readonly expiresAt?: Date;
  /** Everything that the token says. */
  readonly all?: JsonObject;
}

/** A request, and what is known of how it came. */
export interface Asking {
  readonly method: string;
  readonly params: unknown;
  readonly revision: Revision;
  readonly call: IncomingCall;
  /** Who asks, in the legacy era. */
  readonly client: LegacyClient | undefined;
  readonly claims?: Claims | undefined;
  /** The legacy session that it belongs to, over HTTP. */
  readonly sessionId?: string | undefined;
}

/** What a context knows of the server that answers. */
export interface Home {
  /** What the server has set up. */
  readonly state: unknown;
  /** Whether arguments are taken for what they spell. */
  readonly coercion: Coercion;
  /** Whether there is a tool or a prompt of this name. */
  offers(kind: 'tool' | 'prompt', name: string): boolean;
}

/**
 * Tells how far the work is: `progress` must grow from one call to the next, and is `total` in the end
 * if that is known. Where the client reads slowly it gives a promise of there being room for more.
 */
export type ReportProgress = (
  progress: number,
  total?: number,
  message?: string,
) => Awaitable<void>;

/** The request that a handler answers. `State` is what its server has set up. */
export class Context<out State = unknown> implements Caller<RequestOptions> {
  /** The revision it is made in. */
  readonly revision: Revision;
  /** @internal Set while the request may be answered with questions. */
  rounds: Pick<Rounds, 'answer'> | undefined;
  /** @internal Set while the request may become a task, or has. */
  task: InTask | undefined;
  /** @internal Whose handler it is: the server's own, or that of one that is mounted in it. */
  home: Home;
  /** @internal That of the server that answers, whosever handler it is. */
  readonly coercion: Coercion;
  readonly #asking: Asking;
  #olderMeta: RequestMetaObject | undefined;

  /** @internal Contexts come with requests. */
  constructor(asking: Asking, home: Home) {
    this.revision = asking.revision;
    this.home = home;
    this.coercion = home.coercion;
    this.#asking = asking;
  }

  /** The method that is asked for: `tools/call` … */
  get method(): string {
    return this.#asking.method;
  }

  /** The params of the request as they came; for middleware, which has them unchecked. */
  get params(): unknown {
    return this.#asking.params;
  }

  /** The id of the request, as its client counts them. */
  get requestId(): Id {
    return this.#asking.call.id;
  }

  /** The legacy session over HTTP that the request belongs to. */
  get sessionId(): string | undefined {
    return this.#asking.sessionId;
  }

  /** What the server has set up: {@link ServerOptions.state}. */
  get state(): State {
    return this.home.state as State;
  }

  /** Where the request stands in a distributed trace. */
  get trace(): TraceContext {
    return traceContextIn(this.#asking.params);
  }

  /** Aborts when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#asking.call.signal;
  }

  /** Who asks, where something checks that. */
  get claims(): Claims | undefined {
    return this.#asking.claims;
  }

  /** @internal What a legacy client has settled. */
  get legacyClient(): LegacyClient | undefined {
    return this.#asking.client;
  }

  /** @internal The request itself. */
  get asking(): Asking {
    return this.#asking;
  }

  /** The request's `_meta`. */
  get meta(): RequestMetaObject | undefined {
    const { params } = this.#asking;
    if (!isObject(params)) return undefined;
    const { _meta: meta, '~_meta': unchecked } = params;
    if (meta !== undefined) return meta as RequestMetaObject;
    // Older revisions use it in every request, but the schemas of most requests do not name it.
    return (this.#olderMeta ??= this.#checked(unchecked));
  }

  /** The client's name and version, if it says so. For display, never for trust. */
  get client(): Implementation | undefined {
    return this.#isLegacy ? this.#asking.client?.info : this.meta?.[META.client];
  }

  /** What the client can do. */
  get capabilities(): ClientCapabilities {
    const { [META.capabilities]: declared } = this.meta ?? {};
    return (this.#isLegacy ? this.#asking.client?.capabilities : declared) ?? {};
  }

  /** Tells how far the work is, if the client wants to know. It may be taken out of the context. */
  get progress(): ReportProgress {
    return (progress, total, message) => this.#report(progress, total, message);
  }

  /**
   * Tells the client a line of the log, if it wants lines of that level.
   *
   * @param logger What tells it: a part of the program.
   */
  log(level: LoggingLevel, data: JsonValue, logger?: string): Awaitable<void> {
    const wanted = this.#isLegacy
      ? this.#asking.client?.logLevel
      : this.meta?.['io.modelcontextprotocol/logLevel'];
    if (wanted === undefined || !isAtLeast(level, wanted)) return;
    const params = { level, data, ...(logger !== undefined && { logger }) };
    return this.notify(methods.loggingMessage, params);
  }

  /**
   * Asks the client's side: its user, its model, or about its roots. Several questions go out together when
   * they are asked together (`Promise.all`).
   *
   * A modern client gets the questions as the result of its request, and sends the request again with the
   * answers: **the handler then runs again from its beginning**, and `ask` gives it the answers that are
   * there; the first run goes no further. So whatever must happen once belongs after the last question.
   * Answers are found by the question's `key`, or by the order of the questions.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
   *
   * @throws McpError if the client has not declared that it answers such a question, if the answer is not
   * what was asked for, or if none came in time.
   */
  async ask<Answer>(question: Question<Answer>, options: { key?: string } = {}): Promise<Answer> {
    this.#requireAnswerable(question.request);
    return question.read(
      this.#isLegacy
        ? await this.#push(question.request)
        : await this.#put(question.request, options.key),
      this.revision,
    );
  }

  /**
   * Closes the connection over which this request is answered, before it is: the client polls for the
   * answer. Tells whether that happens: only legacy clients over HTTP poll, from revision 2025-11-25 on.
   * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
   */
  closeStream(): boolean {
    return this.#asking.call.outlet.hangUp?.() ?? false;
  }

  /** What a legacy client can be asked: typed calls. Modern revisions have none of them. */
  get calls(): ClientCalls<RequestOptions> {
    return new ClientCalls(this);
  }

  /**
   * Sends a method to the client that waits for the answer of this request.
   *
   * @throws McpError of kind `encode` if the revision lacks it or the client has not declared it.
   */
  async call<Params, Result>(
    method: Method<Params, Result>,
    params: Given<Params> | undefined,
    options: RequestOptions = {},
  ): Promise<Result> {
    const bit = bitOf(this.revision);
    if ((method.revisions & bit) === 0) {
      throw new McpError('encode', `${this.revision} has no ${method.name}`);
    }
    if (method.capability !== undefined && !has(this.capabilities, method.capability)) {
      throw new McpError('encode', `the client has not declared ${method.capability}`);
    }
    try {
      const text = method.params && encode(method.params as Codec<unknown>, params ?? {}, bit);
      if (method.kind === 'notification') {
        await this.#asking.call.outlet.notify(method.name, text);
        return undefined as Result;
      }
      const result = await this.#asking.call.outlet.request(method.name, text, {
        signal: this.signal,
        ...options,
      });
      return decode(method.result!, result, bit, ['result']);
    } catch (error) {
      throw wrapped(error, method.name);
    }
  }

  get #isLegacy(): boolean {
    return eraOf(this.revision) === 'legacy';
  }

  #checked(meta: unknown): RequestMetaObject | undefined {
    if (!isObject(meta)) return undefined;
    try {
      return decode(RequestMetaObject, meta, bitOf(this.revision));
    } catch {
      return undefined;
    }
  }

  /** @internal Tells the client something on the way that belongs to this request. */
  notify<Params>(method: Method<Params, void>, params: Params): Awaitable<void> {
    const { call } = this.#asking;
    if (call.cancelled) return;
    const text = encode(method.params!, params, bitOf(this.revision));
    return call.outlet.notify(method.name, text);
  }

  #report(
    progress: number,
    total: number | undefined,
    message: string | undefined,
  ): Awaitable<void> {
    if (this.task?.say(message)) return;
    const progressToken = this.meta?.progressToken;
    if (progressToken === undefined) return;
    const params: ProgressNotificationParams = { progressToken, progress };
    if (total !== undefined) params.total = total;
    if (message !== undefined) params.message = message;
    return this.notify(methods.progress, params);
  }

  /** Sends a question as a request. */
  async #push(request: InputRequest): Promise<unknown> {
    const method = methodOf(request);
    const bit = bitOf(this.revision);
    if ((method.revisions & bit) === 0) {
      throw new McpError('encode', `${this.revision} has no ${method.name}`);
    }
    const { call } = this.#asking;
    const isForm = request.method === 'elicitation/create';
    const params = isForm ? formIn(this.revision, request.params) : request.params;
    return call.outlet.request(method.name, encode(method.params!, params, bit), {
      timeout: LIMITS.askTimeout,
      signal: call.signal,
    });
  }

  /** Puts a question on the list of what the request is answered with. */
  #put(request: InputRequest, key: string | undefined): Promise<unknown> {
    if (this.rounds !== undefined) return this.rounds.answer(request, key);
    throw new TypeError('only tools, prompts and resources can ask in this revision');
  }

  /** It fails closed: a client that has not declared it is asked nothing. */
  #requireAnswerable(request: InputRequest): void {
    const missing = lacking(request, this.capabilities);
    if (missing === undefined) return;
    if (this.#isLegacy) {
      throw new ToolError(`the client cannot be asked: it has not declared ${missing.name}`);
    }
    throw protocolError(
      ErrorCode.MissingRequiredClientCapability,
      `the client has to declare the capability ${missing.name}`,
      { requiredCapabilities: missing.needed },
    );
  }
}

/** Whether capabilities have one: `resources.subscribe`, `extensions.<name with dots>`. */
function has(capabilities: object, name: string): boolean {
  const [, group, rest] = /^([^.]*)(?:\.(.*))?$/.exec(name)!;
  const found: unknown = Reflect.get(capabilities, group!);
  if (rest === undefined || !isObject(found)) return found !== undefined;
  return found[rest] !== undefined;
}
