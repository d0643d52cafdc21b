// Scopes: those that a text names, what two sets of them make, and which are asked for.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#scope-selection-strategy

import { isScope } from '../auth/scopes.js';

/** What lets an authorization server of OpenID Connect hand out a token to renew with. */
export const OFFLINE = 'offline_access';

/** The scopes of a text, each once and in order; what cannot be one is left out. */
export function words(text: string): string[] {
  return union([], text.split(' '));
}

/** These scopes and those of the others that are not among them. */
export function union(scopes: readonly string[], others: readonly string[]): string[] {
  return [...new Set([...scopes, ...others.filter(isScope)])];
}

/** Whether all of these are among those. */
export function within(these: readonly string[], those: readonly string[]): boolean {
  return these.every((scope) => those.includes(scope));
}

/**
 * What to ask for: what the server asks for, else what it says it knows; and always what was there before, so that
 * nothing is lost.
 */
export function wanted(
  before: readonly string[],
  asked: readonly string[],
  supported: readonly string[] | undefined,
): string[] {
  const isFirst = asked.length === 0 && before.length === 0;
  const all = union(before, isFirst ? (supported ?? []) : asked);
  // Whether it may be asked for is for the authorization server to say, not for whoever says so today.
  return all.filter((scope) => scope !== OFFLINE);
}
