// What a legacy client has settled for its session: who it is, what it can do, what it wants to hear.

import * as LIMITS from '../protocol/limits.js';
import type { Revision } from '../protocol/revisions.js';
import type { ClientCapabilities, Implementation } from '../protocol/types/lifecycle.js';
import type { LoggingLevel } from '../protocol/types/logging.js';

/** A legacy client, from its `initialize` on. */
export class LegacyClient {
  /** The least serious line of the log that it wants. */
  logLevel: LoggingLevel = 'info';
  readonly #watched = new Set<string>();

  constructor(
    readonly revision: Revision,
    readonly info: Implementation | undefined,
    readonly capabilities: ClientCapabilities,
  ) {}

  /** Notes that it wants to hear of a resource; tells whether there was room for that. */
  watch(uri: string): boolean {
    if (!this.#watched.has(uri) && this.#watched.size >= LIMITS.maxWatched) return false;
    this.#watched.add(uri);
    return true;
  }

  unwatch(uri: string): void {
    this.#watched.delete(uri);
  }

  watches(uri: string): boolean {
    return this.#watched.has(uri);
  }
}

/** The levels, from the least serious on: syslog's order, RFC 5424. */
const LEVELS: readonly LoggingLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

/** Whether a line of one level is serious enough for who wants another. */
export function isAtLeast(level: LoggingLevel, wanted: LoggingLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}
