// What a handler knows of the request it answers, and can do for the one who waits.

import { encode } from './wire/encoder.js';
import { bitOf, type Revision } from './protocol/revisions.js';
import { META } from './revision.js';
import { ProgressNotificationParams, type ProgressToken } from './protocol/types/notifications.js';
import type { RequestMetaObject } from './protocol/types/base.js';
import type { ClientCapabilities, Implementation } from './protocol/types/lifecycle.js';
import type { IncomingCall, Session } from './session.js';
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
export class Context {
  /** The revision it is made in. */
  readonly revision: Revision;
  readonly #session: Session;
  readonly #call: IncomingCall | undefined;
  readonly #params: unknown;
  readonly #identity: ClientIdentity | undefined;

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
    // Older revisions use `_meta` in every request, but the schemas of most requests do not name it.
    const meta = this.#params._meta ?? this.#params['~_meta'];
    return isObject(meta) ? (meta as RequestMetaObject) : undefined;
  }

  /** The client's name and version, if it says so. For display, never for trust. */
  get client(): Implementation | undefined {
    return this.meta?.[META.client] ?? this.#identity?.info;
  }

  /** What the client can do. */
  get capabilities(): ClientCapabilities {
    return this.meta?.[META.capabilities] ?? this.#identity?.capabilities ?? {};
  }

  /** Tells how far the work is, if the client wants to know. It may be taken out of the context. */
  get progress(): ReportProgress {
    return (progress, total, message) => this.#report(progress, total, message);
  }

  #report(progress: number, total: number | undefined, message: string | undefined): void {
    const progressToken = this.meta?.progressToken;
    if (!isToken(progressToken) || this.#call?.cancelled) return;
    const params: ProgressNotificationParams = { progressToken, progress };
    if (total !== undefined) params.total = total;
    if (message !== undefined) params.message = message;
    const text = encode(ProgressNotificationParams, params, bitOf(this.revision));
    this.#session.notify('notifications/progress', text);
  }
}

function isToken(value: unknown): value is ProgressToken {
  return typeof value === 'string' || typeof value === 'number';
}
