// Words of strangers, as far as they are shown: cut and escaped, since anybody may have written them.

import * as LIMITS from '../protocol/limits.js';

/** A foreign text between quotes. What is not visible, or changes the way of reading, is escaped. */
export function quoted(text: string): string {
  const cut = [...text.slice(0, 2 * LIMITS.maxAuthErrorText)].slice(0, LIMITS.maxAuthErrorText);
  return `"${cut.map(escaped).join('')}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** An error in its server's words. */
export function quotedError(code: string, description: string | undefined): string {
  const words = description === undefined ? '' : `: ${quoted(description)}`;
  return `the authorization server says ${quoted(code)}${words}`;
}

/** An address without its query, which may hold a key. */
export function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}
