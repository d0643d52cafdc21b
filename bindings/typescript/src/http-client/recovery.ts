// What becomes of a call that was broken off: the table of `protocol/recovery`, put into practice.

import { attempt } from './attempt.js';
import { Broken, fitting } from './broken.js';
import type { Deadline } from './deadline.js';
import type { Endpoint, Sending } from './endpoint.js';
import type { Opened } from './legacy.js';
import { reopen } from './reopen.js';
import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Failed, RecoveryRow } from '../protocol/recovery.js';
import { isObject } from '../wire/json.js';

/** How a call is made. */
export interface Making {
  /** Whether a legacy server is told when nobody waits any more. */
  readonly cancellable: boolean;
  /** Whether it does no harm to send it twice. */
  readonly repeatable: boolean;
}

/**
 * Sends a request until it is answered, or nothing more is to be done about it.
 *
 * @throws How the call ends.
 */
export async function recovering(
  endpoint: Endpoint,
  message: Sending,
  { cancellable, repeatable }: Making,
  deadline: Deadline,
): Promise<unknown> {
  const happened = new Map<Failed, number>();
  for (;;) {
    const { session } = endpoint;
    try {
      if (session?.isLost) throw session.knownToBeLost();
      return await attempt(endpoint, message, cancellable, deadline);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      const times = happened.get(error.failed) ?? 0;
      happened.set(error.failed, times + 1);
      const row = fitting(error.failed, error.sent, repeatable);
      const over = row === undefined || times >= row.atMost;
      const again = !over && (await recover(endpoint, message, row, times, session, deadline));
      if (!again) throw ending(message, error.error, row);
    }
  }
}

/**
 * Does what is to be done; tells whether the request is sent again then.
 *
 * @throws Why that cannot be done.
 */
async function recover(
  endpoint: Endpoint,
  message: Sending,
  row: RecoveryRow,
  times: number,
  session: Opened | undefined,
  deadline: Deadline,
): Promise<boolean> {
  switch (row.action) {
    case 'send_again':
      // A server that is being started is there soon.
      if (row.failed === 'unreachable') await deadline.pause(LIMITS.connectPause * 2 ** times);
      return true;
    case 'open_session':
    case 'only_open_session':
      if (session !== undefined) {
        session.isLost = true;
        await reopen(endpoint, session, deadline);
      }
      return row.action === 'open_session';
    case 'list_tools':
      await relist(endpoint, message, deadline);
      return true;
    case 'resume':
    case 'cancel':
    case 'fail':
      // A stream is resumed where it is read, and a call is cancelled where it is over.
      return false;
  }
}

/** How a call ends about which nothing more is done. */
function ending({ method }: Sending, error: McpError, row: RecoveryRow | undefined): McpError {
  if (row?.outcomeUnknown !== true) return error;
  const text = `${error.message}: whether ${method.name} was carried out is not known`;
  return new McpError('outcome_unknown', text, { cause: error });
}

/** Lists the tools, to learn which of their arguments the headers repeat. */
async function relist(endpoint: Endpoint, { params }: Sending, deadline: Deadline): Promise<void> {
  const { _meta: meta } = params as { _meta?: object };
  let cursor: unknown;
  for (;;) {
    const page = { _meta: meta, ...(cursor !== undefined && { cursor }) };
    const message = { method: methods.listTools, params: page, text: JSON.stringify(page) };
    const result = await attempt(endpoint, message, false, deadline);
    const next = isObject(result) ? (result.nextCursor ?? undefined) : undefined;
    // One that gives out the same cursor again is asked no more; one that goes on for ever, until the deadline.
    if (next === undefined || next === cursor) return;
    cursor = next;
  }
}
