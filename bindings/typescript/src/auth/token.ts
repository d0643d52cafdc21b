// The access token of a request: where it may stand, and what stands for it where it is looked up.

import type { RequestHead } from '../http-server.js';
import * as LIMITS from '../protocol/limits.js';

/** The token of a request, or why it has none that can be looked at. */
export type Found =
  | { readonly token: string }
  /** It does not try to. */
  | { readonly absent: true }
  /** It is no proper request. */
  | { readonly malformed: string }
  /** It has one that cannot be a token. */
  | { readonly impossible: string };

/**
 * Looks for the token of a request: in the header `Authorization`, and nowhere else.
 * https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1
 */
export function bearer(head: RequestHead): Found {
  const value = head.header('authorization');
  if (value === undefined) return { absent: true };
  if (head.isRepeated('authorization')) {
    return { malformed: 'found more than one header Authorization: send one' };
  }
  const [, scheme, token] = /^([^ ]*) (.*)$/s.exec(trimmed(value)) ?? [];
  const text = token === undefined ? '' : trimmed(token);
  if (scheme?.toLowerCase() !== 'bearer' || text === '') return { absent: true };
  if (text.length > LIMITS.maxToken) {
    return { impossible: `the token is longer than maxToken (${LIMITS.maxToken} bytes)` };
  }
  if (!isToken(text)) return { impossible: 'the token has characters that no token has' };
  return { token: text };
}

/** Without the spaces of ASCII around it. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n\f]+/, '').replace(/(?<![ \t\r\n\f])[ \t\r\n\f]+$/, '');
}

/** What RFC 6750 calls a `b64token`. */
function isToken(text: string): boolean {
  return /^[A-Za-z0-9._~+/-]+=*$/.test(text);
}

/** What stands for a token where it is looked up: its SHA-256. */
export async function fingerprint(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)));
}
