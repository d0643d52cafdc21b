// The messages that one text holds: one, or a batch of revision 2025-03-26.

import { parseMessage, readMessage, type Message } from '../jsonrpc.js';
import { parseJson } from '../wire/json.js';

const decoder = new TextDecoder();

const BRACKET = 0x5b;

/** Reads bytes. It never throws: what is wrong is a message of its own kind. */
export function messagesIn(bytes: Uint8Array): Message[] {
  const text = decoder.decode(bytes);
  if (bytes[0] !== BRACKET && !text.trimStart().startsWith('[')) return [parseMessage(text)];
  try {
    return (parseJson(text) as unknown[]).map(readMessage);
  } catch {
    // It says what is wrong with it.
    return [parseMessage(text)];
  }
}
