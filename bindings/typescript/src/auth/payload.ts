// What the claims of a token, or an authorization server's answer about it, mean. The same for both: RFC 7662 took
// its names from RFC 7519.

import type { Claims } from '../context.js';
import { isObject, type JsonObject } from '../wire/json.js';
import { invalid } from './verifier.js';

const UNREADABLE = 'what the token says cannot be read';

/** The claims that mean something here: of one name given twice, programs differ in which they take. */
const KNOWN = [
  'sub',
  'client_id',
  'azp',
  'iss',
  'aud',
  'scope',
  'scp',
  'exp',
  'nbf',
  'cnf',
] as const;

/**
 * The object of a text of claims.
 *
 * @throws TokenRefusal if it is none, or one of the claims that mean something is there twice.
 */
export function parseClaims(text: string): JsonObject {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    throw invalid(UNREADABLE);
  }
  if (!isObject(all) || hasTwins(text)) throw invalid(UNREADABLE);
  return all as JsonObject;
}

/** Whether an object's text, which is known to be JSON, has one of the known names twice. */
function hasTwins(text: string): boolean {
  const seen = new Set<string>();
  let depth = 0;
  for (const [piece, , colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (piece === '{' || piece === '[') depth++;
    else if (piece === '}' || piece === ']') depth--;
    else if (depth === 1 && colon !== undefined) {
      const name = JSON.parse(piece.slice(0, piece.lastIndexOf('"') + 1)) as string;
      if (seen.has(name) && (KNOWN as readonly string[]).includes(name)) return true;
      seen.add(name);
    }
  }
  return false;
}

/**
 * Reads claims.
 *
 * @param now Milliseconds since 1970.
 * @throws TokenRefusal if they cannot be read, or are not valid at this time.
 */
export function readClaims(all: JsonObject, now: number, leeway: number): Claims {
  const known = Object.fromEntries(
    KNOWN.map((name) => [name, Object.hasOwn(all, name) ? (all[name] ?? undefined) : undefined]),
  );
  // Such a token is worth nothing without a proof that goes with it (RFC 8705, RFC 9449): a thief has none.
  if (known.cnf !== undefined) {
    throw invalid(
      'the token is bound to a key or a certificate and cannot be used as a bearer token',
    );
  }
  const [subject, id, azp, issuer] = [known.sub, known.client_id, known.azp, known.iss].map(text);
  const audience = list(known.aud);
  const scopes = [...list(known.scope), ...list(known.scp)].flatMap((some) => some.split(' '));
  const expiresAt = moment(known.exp);
  const begins = moment(known.nbf);
  requireTime(expiresAt, now, leeway);
  if (begins !== undefined && begins.getTime() > now + leeway) {
    throw invalid('the token is not yet valid');
  }
  const clientId = id ?? azp;
  return {
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(issuer !== undefined && { issuer }),
    audience,
    scopes: [...new Set(scopes)].filter((scope) => scope !== ''),
    ...(expiresAt !== undefined && { expiresAt }),
    all,
  };
}

/** Refuses what has expired. */
export function requireTime(expiresAt: Date | undefined, now: number, leeway: number): void {
  if (expiresAt !== undefined && expiresAt.getTime() + leeway <= now) {
    throw invalid('the token has expired');
  }
}

function text(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(UNREADABLE);
}

/** A text, or a list of texts. */
function list(value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw invalid(UNREADABLE);
}

/** The moment of so many seconds after 1970. */
function moment(seconds: unknown): Date | undefined {
  if (seconds === undefined) return undefined;
  if (typeof seconds !== 'number') throw invalid(UNREADABLE);
  const date = new Date(seconds * 1000);
  if (seconds >= 0 && !Number.isNaN(date.getTime())) return date;
  throw invalid('the token names a time that there is not');
}
