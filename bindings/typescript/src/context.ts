// What a handler knows of the request it answers, and can do for the one who waits.

import { McpError, wrapped } from './error.js';
import { ClientCalls, type Caller, type Given } from './protocol/calls.js';
import type { Method } from './protocol/methods.js';
import { bitOf, eraOf, type Revision } from './protocol/revisions.js';
import { META } from './revision.js';
import { ProgressNotificationParams } from './protocol/types/notifications.js';
import { RequestMetaObject } from './protocol/types/base.js';
import type { ClientCapabilities, Implementation } from './protocol/types/lifecycle.js';
import type { IncomingCall, RequestOptions, Session } from './session.js';
import type { Codec } from './wire/codec.js';
import { decode } from './wire/decoder.js';
import { encode } from './wire/encoder.js';
import { isObject } from './wire/json.js';

/** What a legacy client said of itself when it connected. */
export interface ClientIdentity {
  readonly info: Implementation | undefined;
  readonly capabilities: ClientCapabilities;
}

/**
 * Tells how far the work is: `progress` must grow from one call to the next, and is `total` in the end
 * if that is known.
 */
export type ReportProgress = (progress: number, total?: number, message?: string) => void;

/** The request that a handler answers. */
export class Context implements Caller<RequestOptions> {
  /** The revision it is made in. */
  readonly revision: Revision;
  readonly #session: Session;
  readonly #call: IncomingCall | undefined;
  readonly #params: unknown;
  readonly #identity: ClientIdentity | undefined;
  #olderMeta: RequestMetaObject | undefined;

  constructor(
    revision: Revision,
    session: Session,
    call: IncomingCall | undefined,
    params: unknown,
    identity: ClientIdentity | undefined,
  ) {
    this.revision = revision;
    this.#session = session;
    this.#call = call;
    this.#params = params;
    this.#identity = identity;
  }

  /** Aborts when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#call?.signal ?? new AbortController().signal;
  }

  /** The request's `_meta`. */
  get meta(): RequestMetaObject | undefined {
    if (!isObject(this.#params)) return undefined;
    const { _meta: meta, '~_meta': unchecked } = this.#params;
    if (meta !== undefined) return meta as RequestMetaObject;
    // Older revisions use it in every request, but the schemas of most requests do not name it.
    return (this.#olderMeta ??= this.#checked(unchecked));
  }

  /** The client's name and version, if it says so. For display, never for trust. */
  get client(): Implementation | undefined {
    return this.#isLegacy ? this.#identity?.info : this.meta?.[META.client];
  }

  /** What the client can do. */
  get capabilities(): ClientCapabilities {
    const { [META.capabilities]: declared } = this.meta ?? {};
    return (this.#isLegacy ? this.#identity?.capabilities : declared) ?? {};
  }

  /** Tells how far the work is, if the client wants to know. It may be taken out of the context. */
  get progress(): ReportProgress {
    return (progress, total, message) => this.#report(progress, total, message);
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
        this.#session.notify(method.name, text);
        return undefined as Result;
      }
      const result = await this.#session.request(method.name, text, {
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

  #report(progress: number, total: number | undefined, message: string | undefined): void {
    const progressToken = this.meta?.progressToken;
    if (progressToken === undefined || this.#call?.cancelled) return;
    const params: ProgressNotificationParams = { progressToken, progress };
    if (total !== undefined) params.total = total;
    if (message !== undefined) params.message = message;
    const text = encode(ProgressNotificationParams, params, bitOf(this.revision));
    this.#session.notify('notifications/progress', text);
  }
}

/** Whether capabilities have one: `resources.subscribe`, `extensions.<name with dots>`. */
function has(capabilities: object, name: string): boolean {
  const [, group, rest] = /^([^.]*)(?:\.(.*))?$/.exec(name)!;
  const found: unknown = Reflect.get(capabilities, group!);
  if (rest === undefined || !isObject(found)) return found !== undefined;
  return found[rest] !== undefined;
}
