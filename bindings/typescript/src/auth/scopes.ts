// Scopes: what a token lacks for what is asked, and scopes that include others.

import type { Claims } from '../context.js';

/** Those of the scopes that a token does not allow, each once, in the order given; empty if it allows all of them. */
export function missingScopes({ scopes = [] }: Claims, needed: readonly string[]): string[] {
  return [...new Set(needed)].filter((scope) => !scopes.includes(scope));
}

/** The scopes with what they include, and what that includes. */
export function expanded(
  scopes: readonly string[],
  includes: Readonly<Record<string, readonly string[]>>,
): string[] {
  const all = new Set(scopes);
  // A set is walked through to what is added meanwhile.
  for (const scope of all) {
    if (!Object.hasOwn(includes, scope)) continue;
    for (const narrower of includes[scope]!) all.add(narrower);
  }
  return [...all];
}

/** Whether RFC 6749 allows it as a scope. */
export function isScope(text: string): boolean {
  return /^[!#-[\]-~]+$/.test(text);
}
