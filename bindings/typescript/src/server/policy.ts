// Who sees and who uses what: one question to the program for each thing that would be listed or used, and
// the scopes that an offer takes.

import type { Context } from '../context.js';
import { InsufficientScope, protocolError, ErrorCode } from '../error.js';
import type { About } from '../registry/about.js';
import type { ToolAnnotations } from '../protocol/types/tools.js';

/**
 * What a policy decides: `allow`, it is listed and can be used; `hide`, it is not there, as far as this client
 * can tell; `refuse`, it is listed, and using it fails with these words.
 */
export type Access = 'allow' | 'hide' | { readonly refuse: string };

/** The sorts of things that are offered. */
export type ItemKind = 'tool' | 'resource' | 'resourceTemplate' | 'prompt';

/** What a policy is asked about. */
export interface Item {
  readonly kind: ItemKind;
  /** Its name, or its address or template. */
  readonly name: string;
  /** The tags that it was offered with. */
  readonly tags: readonly string[];
  /** The scopes that it takes. They are checked besides. */
  readonly scopes: readonly string[];
  /** What a tool hints at. */
  readonly annotations?: ToolAnnotations;
}

/**
 * Decides for each client and each thing offered who sees and who uses it: by tag, annotation, claim, or
 * anything else that the request tells. It is asked for every item of a list and every use, so it is quick.
 */
export type Policy<State = unknown> = (item: Item, context: Context<State>) => Access;

/** An offer, as far as it is looked at here. */
interface Offered {
  readonly definition: object;
  readonly about: About;
}

/** Whether a client is shown an offer. */
export function shows(
  policy: Policy | undefined,
  kind: ItemKind,
  offered: Offered,
  context: Context,
): boolean {
  if (!offered.about.enabled) return false;
  return policy === undefined || policy(itemOf(kind, offered), context) !== 'hide';
}

/**
 * Whether a client may use an offer; false if it is not there for it.
 *
 * @throws McpError if it is there and refused: by the policy, or for want of scopes.
 */
export function admits(
  policy: Policy | undefined,
  kind: ItemKind,
  offered: Offered,
  context: Context,
): boolean {
  if (!offered.about.enabled) return false;
  if (policy !== undefined) {
    const access = policy(itemOf(kind, offered), context);
    if (access === 'hide') return false;
    if (access !== 'allow') throw protocolError(ErrorCode.InvalidParams, access.refuse);
  }
  requireScopes(offered.about, context);
  return true;
}

function requireScopes({ scopes }: About, context: Context): void {
  if (scopes.length === 0) return;
  const held = context.claims?.scopes ?? [];
  // All of them are named, so that a client gets a token with all at once.
  if (!scopes.every((scope) => held.includes(scope))) throw new InsufficientScope(scopes);
}

function itemOf(kind: ItemKind, { definition, about }: Offered): Item {
  const { name, uri, uriTemplate, annotations } = definition as Named;
  const { tags, scopes } = about;
  const item = { kind, name: uri ?? uriTemplate ?? name, tags, scopes };
  return kind === 'tool' && annotations !== undefined ? { ...item, annotations } : item;
}

/** What definitions are told apart by. */
interface Named {
  readonly name: string;
  readonly uri?: string;
  readonly uriTemplate?: string;
  readonly annotations?: ToolAnnotations;
}
