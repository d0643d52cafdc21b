// Tokens that are signed: JSON Web Tokens, checked with the keys that their issuer publishes, or with keys given.
// https://www.rfc-editor.org/rfc/rfc7519.html, https://www.rfc-editor.org/rfc/rfc9068.html

import { compactVerify, errors, type CryptoKey } from 'jose';

import type { Claims } from '../context.js';
import * as LIMITS from '../protocol/limits.js';
import { isObject, type JsonObject } from '../wire/json.js';
import { checked } from './address.js';
import { Fetcher, type Fetch } from './fetcher.js';
import { Jwks } from './jwks.js';
import { ALGORITHMS, KeySet, type Algorithm } from './keys.js';
import { parseClaims, readClaims } from './payload.js';
import { invalid, type TokenVerifier } from './verifier.js';

/** The fewest bytes of a shared secret: as many as SHA-256 has (RFC 7518, section 3.2). */
const MIN_SECRET = 32;

const UNREADABLE = 'the token cannot be read as a signed JSON Web Token';
const UNACCEPTED = 'the token is not signed in a way that is accepted here';

/** How an issuer's tokens are checked. Times are in milliseconds. */
export interface JwtOptions {
  /** Where the keys are; where the issuer's metadata says if not set. */
  jwksUrl?: string;
  /** The keys, a JSON Web Key Set; nothing is fetched then. */
  keys?: { readonly keys: readonly object[] };
  /**
   * The issuer signs with this secret of at least 32 bytes (HS256), and in no other way. Whoever checks such tokens
   * can also make them: public keys are better.
   */
  sharedSecret?: Uint8Array;
  /** Which algorithms are accepted, instead of all that have public keys. */
  algorithms?: readonly Algorithm[];
  /** The type (`typ`) that tokens must have: `at+jwt` where the issuer follows RFC 9068. Any if not set. */
  requireType?: string;
  /** How far the issuer's clock may be from ours. */
  leeway?: number;
  /** How long fetched keys are used before they are fetched again. */
  keysLifetime?: number;
  /** The shortest time between two fetches, whatever keys tokens name. */
  refreshInterval?: number;
  /** The client that fetches, instead of `fetch`. */
  fetch?: Fetch;
}

/**
 * Checks tokens that this issuer signs: signature, algorithm, `iss`, `exp` and `nbf`. Whom a token is meant for is
 * looked at by the protection.
 *
 * Tokens that are not signed, or are signed with a shared secret, are refused, whatever they say of themselves; so
 * are tokens without `exp`, tokens whose headers must be understood (`crit`), and tokens that are bound to a key
 * (`cnf`).
 *
 * @throws TypeError with everything that is wrong with the options, one a line.
 */
export function jwtVerifier(issuer: string, options: JwtOptions = {}): TokenVerifier {
  return new JwtVerifier(issuer, options);
}

/** The head of a token, as far as it means something here. */
interface Head {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

class JwtVerifier implements TokenVerifier {
  readonly issuers: readonly string[];
  readonly #issuer: string;
  readonly #keys: { find(id: string | undefined, algorithm: Algorithm): Promise<CryptoKey> };
  readonly #secret: Uint8Array | undefined;
  readonly #algorithms: readonly Algorithm[];
  readonly #type: string | undefined;
  readonly #leeway: number;

  constructor(issuer: string, options: JwtOptions) {
    const {
      sharedSecret,
      algorithms = ALGORITHMS,
      requireType,
      leeway = LIMITS.tokenLeeway,
    } = options;
    this.issuers = [issuer];
    this.#issuer = issuer;
    this.#keys = keysOf(issuer, options);
    this.#secret = sharedSecret;
    this.#algorithms = algorithms;
    this.#type = requireType?.toLowerCase();
    this.#leeway = leeway;
  }

  async verify(token: string): Promise<Claims> {
    const head = headOf(token);
    if (this.#type !== undefined && typeOf(head) !== this.#type) {
      throw invalid(`the token is no token of the type ${this.#type}`);
    }
    const key = await this.#key(head);
    return readClaims(this.#inTime(await signed(token, key, head.alg)), Date.now(), this.#leeway);
  }

  /** What the token says of itself chooses among what is accepted here; it cannot add to it. */
  #key({ alg, kid }: Head): CryptoKey | Uint8Array | Promise<CryptoKey> {
    if (this.#secret !== undefined) {
      if (alg === 'HS256') return this.#secret;
      throw invalid(UNACCEPTED);
    }
    const algorithm = this.#algorithms.find((accepted) => accepted === alg);
    if (algorithm === undefined) throw invalid(UNACCEPTED);
    return this.#keys.find(kid, algorithm);
  }

  /** Holds claims to what every signed token has to say. */
  #inTime(all: JsonObject): JsonObject {
    const { exp, iss } = all;
    if (typeof exp !== 'number') throw invalid('the token does not say exp');
    if (iss === undefined || iss === null) throw invalid('the token does not say iss');
    if (typeof iss === 'string' && iss !== this.#issuer) {
      throw invalid(`the token was not issued by ${this.#issuer}`);
    }
    return all;
  }
}

/** Where the keys come from. */
function keysOf(issuer: string, options: JwtOptions): KeySet | Jwks {
  const { jwksUrl, keys, sharedSecret, algorithms } = options;
  const wrong: string[] = [];
  const hear = <T>(make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      wrong.push((error as Error).message);
      return undefined;
    }
  };
  let set: KeySet | undefined;
  let url: URL | undefined;
  if (sharedSecret !== undefined) {
    const { length } = sharedSecret;
    if (length < MIN_SECRET) {
      wrong.push(`sharedSecret: expected at least ${MIN_SECRET} bytes, found ${length}`);
    }
  } else if (keys !== undefined) {
    set = hear(() => new KeySet(keys));
    if (set?.size === 0) wrong.push('keys: found none that can check a signature');
  } else if (jwksUrl !== undefined) {
    url = hear(() => checked('jwksUrl', jwksUrl));
  } else {
    hear(() => checked('issuer', issuer));
  }
  if (algorithms?.length === 0) wrong.push('algorithms: expected at least one, found none');
  if (wrong.length > 0) throw new TypeError(wrong.join('\n'));
  if (set !== undefined) return set;
  const { keysLifetime = LIMITS.jwksLifetime, refreshInterval = LIMITS.jwksRefreshInterval } =
    options;
  const fetcher = new Fetcher(options.fetch);
  return new Jwks({ issuer, url, fetcher, lifetime: keysLifetime, interval: refreshInterval });
}

/** Reads the head of a token. */
function headOf(token: string): Head {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isBase64Url)) throw invalid(UNREADABLE);
  let head: unknown;
  try {
    const bytes = Uint8Array.from(atob(plain(parts[0]!)), (character) => character.charCodeAt(0));
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(UNREADABLE);
  }
  if (!isObject(head)) throw invalid(UNREADABLE);
  const { alg, kid, typ } = head;
  const isText = (value: unknown) => value === undefined || typeof value === 'string';
  if (typeof alg !== 'string' || !isText(kid) || !isText(typ)) throw invalid(UNREADABLE);
  if ('crit' in head) {
    throw invalid('the token has headers that must be understood (crit), and none are');
  }
  // `none`, and whatever else is no signature.
  if (!/^((HS|RS|PS)(256|384|512)|ES(256|384)|EdDSA)$/.test(alg)) throw invalid(UNREADABLE);
  return { alg, kid: kid as string | undefined, typ: typ as string | undefined };
}

/** The claims of a token that was signed with this key. */
async function signed(
  token: string,
  key: CryptoKey | Uint8Array,
  algorithm: string,
): Promise<JsonObject> {
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(token, key, { algorithms: [algorithm] }));
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw invalid("the token's signature is wrong");
    }
    throw invalid(error instanceof errors.JWSInvalid ? UNREADABLE : UNACCEPTED);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw invalid(UNREADABLE);
  }
  return parseClaims(text);
}

function typeOf({ typ = '' }: Head): string {
  return typ.toLowerCase().replace(/^application\//, '');
}

/** Whether it is Base64 for addresses as there is one way to write it: no token has two texts. */
function isBase64Url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false;
  const last = text.at(-1) ?? 'A';
  const rest = text.length % 4;
  if (rest === 1) return false;
  // Bits of the last character that no byte needs.
  const unused = rest === 0 ? 0 : rest === 2 ? 0b1111 : 0b11;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return (alphabet.indexOf(last) & unused) === 0;
}

/** The same in the alphabet of `atob`. */
function plain(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/');
}
