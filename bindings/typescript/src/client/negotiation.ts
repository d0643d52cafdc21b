// How a client and a server agree on a revision: `server/discover` in the modern era, `initialize` in
// the legacy one, and the first before the second for who does not know.

import type { ClientSession } from './session.js';
import { ErrorCode, McpError } from '../error.js';
import * as methods from '../protocol/methods.js';
import { eraOf, isRevision, type Era, type Revision } from '../protocol/revisions.js';
import type { Implementation, ServerCapabilities } from '../protocol/types/lifecycle.js';
import { best, latest, META } from '../revision.js';
import { isObject } from '../wire/json.js';

/** What a server says of itself when a client connects. */
export interface Greeting {
  readonly server: Implementation | undefined;
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
}

/** What was found out by asking for the modern era: a greeting, or why there is none. */
type Probe =
  | { readonly greeting: Greeting }
  | {
      readonly greeting?: undefined;
      readonly supported: readonly string[];
      readonly cause: unknown;
    };

/**
 * Agrees on a revision, which becomes the session's.
 *
 * @param offer The revision to begin with; the newest of the era if not set.
 * @param probeTimeout Milliseconds after which a silent server counts as a legacy one.
 * @throws McpError of kind `negotiation` if there is no revision in common, `closed` if the server ended.
 */
export async function negotiate(
  session: ClientSession,
  mode: 'auto' | Era,
  offer: Revision | undefined,
  probeTimeout: number,
): Promise<Greeting> {
  if (mode === 'legacy') return initialize(session, offer ?? latest('legacy'));
  const timeout = mode === 'auto' ? { timeout: probeTimeout } : {};
  session.revision = offer ?? latest('modern');
  let probe = await discover(session, timeout);
  const other = probe.greeting === undefined ? bestOf('modern', probe.supported) : undefined;
  // Once more, even in the same: the server names what it would take.
  if (other !== undefined) {
    session.revision = other;
    probe = await discover(session, timeout);
  }
  if (probe.greeting !== undefined) return probe.greeting;
  if (mode === 'modern') throw disagreement(probe.supported, probe.cause);
  return initialize(session, bestOf('legacy', probe.supported) ?? latest('legacy'));
}

async function discover(session: ClientSession, options: { timeout?: number }): Promise<Probe> {
  try {
    const result = await session.call(methods.discover, {}, { ...options, cancellable: false });
    const revision = bestOf('modern', result.supportedVersions);
    if (revision === undefined) return { supported: result.supportedVersions, cause: undefined };
    session.revision = revision;
    const { capabilities, instructions, _meta: meta } = result;
    return { greeting: { server: meta?.[META.server], capabilities, instructions } };
  } catch (cause) {
    if (!isFromServer(cause)) throw cause;
    return { supported: supportedBy(cause), cause };
  }
}

/**
 * Whether an error is what a server of another era may make of the question: silence, or any answer that is none. That
 * there is no server, or that it lets nobody in, says nothing about its era.
 */
function isFromServer(error: unknown): error is McpError {
  if (!(error instanceof McpError)) return false;
  if (error.kind === 'http') return error.status !== 401 && error.status !== 403;
  return ['protocol', 'decode', 'timeout', 'outcome_unknown'].includes(error.kind);
}

async function initialize(session: ClientSession, offer: Revision): Promise<Greeting> {
  session.revision = offer;
  const { info, capabilities } = session.identity;
  const result = await session.call(
    methods.initialize,
    { protocolVersion: offer, clientInfo: info, capabilities },
    { cancellable: false },
  );
  const revision = bestOf('legacy', [result.protocolVersion]);
  if (revision === undefined) throw disagreement([result.protocolVersion]);
  session.revision = revision;
  await session.call(methods.initialized, undefined);
  return {
    server: result.serverInfo,
    capabilities: result.capabilities,
    instructions: result.instructions,
  };
}

/** The revisions that the answer to an unknown one names. */
function supportedBy({ code, data }: McpError): readonly string[] {
  if (code !== ErrorCode.UnsupportedProtocolVersion || !isObject(data)) return [];
  const { supported } = data;
  return Array.isArray(supported) ? supported.filter((name) => typeof name === 'string') : [];
}

function bestOf(era: Era, names: readonly string[]): Revision | undefined {
  return best(names.filter((name) => isRevision(name) && eraOf(name) === era));
}

function disagreement(supported: readonly string[], cause?: unknown): McpError {
  const reason =
    supported.length > 0
      ? `the server speaks ${supported.join(', ')}`
      : 'the server does not answer in one';
  return new McpError('negotiation', `no revision in common: ${reason}`, { cause });
}
