// Batches, which revision 2025-03-26 has: messages that come in one array, and whose answers go out in one.
// https://modelcontextprotocol.io/specification/2025-03-26/basic#batching

import { ErrorCode, protocolError } from '../error.js';
import { readMessage, type Message } from '../jsonrpc.js';
import { LIMITS } from '../protocol/limits.js';
import type { Outlet, Reply } from '../session.js';
import { parseJson } from '../wire/json.js';

/** Whether a text is an array of messages, if it is anything. */
export function isBatch(text: string): boolean {
  // Nearly every message begins so.
  return text.charCodeAt(0) !== 0x7b && /^[ \t\r\n]*\[/.test(text);
}

/**
 * The messages of a batch.
 *
 * @param has Whether what was agreed on has batches.
 * @throws McpError of kind `protocol` if it is refused as a whole.
 */
export function readBatch(text: string, has: boolean): Message[] {
  let values: unknown[];
  try {
    values = parseJson(text) as unknown[];
  } catch (error) {
    throw protocolError(ErrorCode.ParseError, (error as Error).message);
  }
  const refused = (why: string) => protocolError(ErrorCode.InvalidRequest, why);
  if (!has) {
    const alone = 'only revision 2025-03-26 has batches, send one message alone';
    throw refused(`expected object, found array: ${alone}`);
  }
  if (values.length === 0) throw refused('a batch of no messages');
  if (values.length > LIMITS.maxBatch) {
    const most = `at most ${LIMITS.maxBatch} are taken (maxBatch)`;
    throw refused(`a batch of ${values.length} messages: ${most}`);
  }
  return values.map(readMessage);
}

/** Where the messages of a batch are answered: together, once all answers are there. */
export function replyTogether(
  messages: readonly Message[],
  outlet: Outlet,
  send: (text: string) => void,
): Reply {
  const answers: string[] = [];
  let missing = messages.filter(({ kind }) => kind === 'request' || kind === 'invalid').length;
  return {
    outlet,
    answer(response) {
      if (response !== undefined) answers.push(response);
      if (--missing === 0 && answers.length > 0) send(`[${answers.join(',')}]`);
    },
  };
}
