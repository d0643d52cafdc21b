// An access token: what an authorization server's answer says of it, what is kept of it, and when it is due.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1

import * as LIMITS from '../protocol/limits.js';
import { isObject, type JsonObject } from '../wire/json.js';
import type { Client } from './identity.js';
import { words } from './scopes.js';
import { seconds } from './secret.js';

/** An authorization server's answer. */
export interface Granted {
  readonly access: string;
  readonly type: string;
  /** Seconds. */
  readonly lifetime: number | undefined;
  readonly refresh: string | undefined;
  readonly scope: string | undefined;
  readonly issuedType: string | undefined;
}

/** What goes into a token besides the answer. */
export interface Origin {
  /** What it allows if the answer does not say. */
  readonly granted: readonly string[];
  /** What was asked for so far. */
  readonly requested: readonly string[];
  readonly issuer: string;
  readonly resource: string;
  readonly client: Client;
}

/** An access token, whom it is from and whom it is for. */
export interface Token extends Origin {
  readonly access: string;
  /** Bound to the client's key. */
  readonly bound: boolean;
  readonly refresh?: string;
  /** Seconds after 1970; nothing if nobody knows. */
  readonly expiresAt?: number;
  /** From when on it is better renewed. */
  readonly dueAt?: number;
}

/** The answer in a document; nothing if it is none. */
export function readGrant(document: JsonObject | undefined): Granted | undefined {
  const { access_token: access, token_type: type } = document ?? {};
  if (typeof access !== 'string' || typeof type !== 'string') return undefined;
  const optional = ['refresh_token', 'scope', 'issued_token_type'].map((name) => document![name]);
  if (!optional.every((one) => one == null || typeof one === 'string')) return undefined;
  const [refresh, scope, issuedType] = optional.map((one) => one ?? undefined) as string[];
  const { expires_in: lifetime } = document!;
  // Some send the number as a text.
  const number = typeof lifetime === 'string' && lifetime !== '' ? Number(lifetime) : lifetime;
  if (number != null && typeof number !== 'number') return undefined;
  const isTime = number != null && number >= 0 && number <= Number.MAX_SAFE_INTEGER / 1000;
  return { access, type, lifetime: isTime ? number : undefined, refresh, scope, issuedType };
}

/**
 * The token of an answer.
 *
 * @throws Error if it is none that can be used.
 */
export function tokenOf(
  granted: Granted,
  wantsBound: boolean,
  origin: Origin,
  now: number = seconds(),
): Token {
  const type = granted.type.toLowerCase();
  const bound = type === 'dpop';
  if (!bound && type !== 'bearer') {
    throw new Error('token_type: expected Bearer or DPoP, found another one');
  }
  if (bound !== wantsBound) {
    throw new Error(
      wantsBound
        ? "the token is not bound to the client's key, though that was asked for"
        : 'the token is bound to a key, though nobody asked for that',
    );
  }
  if (!isSendable(granted.access)) {
    throw new Error('access_token: expected visible characters, found others');
  }
  const { lifetime, refresh, access } = granted;
  return {
    ...origin,
    granted: granted.scope === undefined ? origin.granted : words(granted.scope),
    access,
    bound,
    ...(refresh !== undefined && { refresh }),
    ...(lifetime !== undefined && {
      expiresAt: Math.floor(now + lifetime),
      // Of a short life the first half is used.
      dueAt: Math.floor(now + lifetime - Math.min(LIMITS.tokenLeeway / 1000, lifetime / 2)),
    }),
  };
}

/** Whether a header can have it. */
function isSendable(access: string): boolean {
  return /^[!-~]+$/.test(access);
}

/** The header of a request with a token. */
export function headerOf({ bound, access }: Token): string {
  return `${bound ? 'DPoP' : 'Bearer'} ${access}`;
}

export function isDue({ dueAt }: Token): boolean {
  return dueAt !== undefined && dueAt <= seconds();
}

export function isOver({ expiresAt }: Token): boolean {
  return expiresAt !== undefined && expiresAt <= seconds();
}

/** A token that was kept; nothing if it cannot be read any more. */
export function readToken(value: unknown): Token | undefined {
  if (!isObject(value) || !isObject(value.client)) return undefined;
  const texts = (list: unknown) =>
    Array.isArray(list) && list.every((one) => typeof one === 'string');
  const isThere =
    typeof value.access === 'string' &&
    isSendable(value.access) &&
    [value.issuer, value.resource, value.client.id, value.client.method].every(
      (one) => typeof one === 'string',
    ) &&
    texts(value.granted) &&
    texts(value.requested);
  return isThere ? (value as unknown as Token) : undefined;
}
