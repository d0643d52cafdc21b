// Which revision two sides speak: what is common to the negotiation of servers and clients.

import { eraOf, REVISIONS, type Era, type Revision } from './protocol/revisions.js';
import { isObject } from './wire/json.js';

/** The members of `_meta` that make a request a modern one. */
export const META = {
  revision: 'io.modelcontextprotocol/protocolVersion',
  client: 'io.modelcontextprotocol/clientInfo',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  server: 'io.modelcontextprotocol/serverInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
} as const;

/** The extension of tools that run as tasks. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** All revisions, newest first: as both sides name what they support. */
export const NEWEST_FIRST: readonly Revision[] = [...REVISIONS].reverse();

/** The newest revision of an era. */
export function latest(era: Era): Revision {
  return NEWEST_FIRST.find((revision) => eraOf(revision) === era)!;
}

/** The newest of these revisions that this package has. */
export function best(names: readonly unknown[]): Revision | undefined {
  return NEWEST_FIRST.find((revision) => names.includes(revision));
}

/** The revision that a message says it is in, if it says so. */
export function namedRevision(params: unknown): unknown {
  return isObject(params) && isObject(params._meta) ? params._meta[META.revision] : undefined;
}
