// Text that nobody can guess, and digests of text.

import { base64url } from 'jose';

/** 256 random bits, of characters that may stand anywhere. */
export function drawn(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
}

/** The SHA-256 of a text, as it stands in addresses and headers. */
export async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(bytes));
}

/** Seconds after 1970. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
