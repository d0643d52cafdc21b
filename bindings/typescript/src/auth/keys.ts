// The public keys of an authorization server, and which algorithm each may be used with.
// https://www.rfc-editor.org/rfc/rfc7517.html

import { importJWK, type CryptoKey, type JWK } from 'jose';

import * as LIMITS from '../protocol/limits.js';
import { isObject } from '../wire/json.js';
import { invalid } from './verifier.js';

/**
 * How a token may be signed: always with a private key whose public one is known.
 * https://www.rfc-editor.org/rfc/rfc7518.html#section-3.1
 */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/** A key that can check signatures. */
interface Key {
  readonly id: string | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly jwk: JWK;
  /** The key as WebCrypto has it, for one algorithm each. */
  readonly made: Map<Algorithm, Promise<CryptoKey>>;
}

/** Keys that can check signatures; others are left out. */
export class KeySet {
  readonly #keys: readonly Key[];

  /**
   * The keys of a JSON Web Key Set. One that is not understood is left out, as RFC 7517, section 5, wants it.
   *
   * @throws TypeError if it is no such set.
   */
  constructor(set: unknown) {
    const keys = isObject(set) ? set.keys : undefined;
    if (!Array.isArray(keys))
      throw new TypeError('expected a set of keys: no array "keys" is there');
    this.#keys = keys.slice(0, LIMITS.maxJwksKeys).flatMap((jwk) => usable(jwk) ?? []);
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Whether there is a key for a token that names this key and algorithm. */
  has(id: string | undefined, algorithm: Algorithm): boolean {
    return this.#fitting(id, algorithm).length === 1;
  }

  /**
   * The key for a token that names this key and algorithm.
   *
   * @throws TokenRefusal if there is none, or several could have signed it.
   */
  async find(id: string | undefined, algorithm: Algorithm): Promise<CryptoKey> {
    const [key, another] = this.#fitting(id, algorithm);
    if (another !== undefined) {
      throw invalid("the token does not say which of its issuer's keys signed it (kid)");
    }
    if (key === undefined) {
      if (!this.#keys.some((known) => id === undefined || known.id === id)) {
        throw invalid('the token is signed with a key that its issuer does not publish');
      }
      throw unsuitable();
    }
    let made = key.made.get(algorithm);
    if (made === undefined) {
      made = importJWK({ ...key.jwk, alg: algorithm }, algorithm) as Promise<CryptoKey>;
      key.made.set(algorithm, made);
    }
    return made.catch(() => {
      throw unsuitable();
    });
  }

  #fitting(id: string | undefined, algorithm: Algorithm): Key[] {
    return this.#keys.filter(
      (key) => (id === undefined || key.id === id) && key.algorithms.includes(algorithm),
    );
  }
}

function unsuitable(): Error {
  return invalid("the token's algorithm is not one of the key that it names");
}

/** A key for signatures, with the algorithms that its kind, and its own word, allow. */
function usable(found: unknown): Key | undefined {
  if (!isObject(found)) return undefined;
  const { kid: id, use, key_ops: operations, alg } = found;
  if (id !== undefined && typeof id !== 'string') return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return undefined;
  }
  const algorithms = byKind(found).filter((algorithm) => alg === undefined || alg === algorithm);
  if (algorithms.length === 0) return undefined;
  // Not what else stands there: a private part that was published by mistake is no public key.
  const { kty, n, e, crv, x, y } = found as JWK;
  return { id, algorithms, jwk: { kty, n, e, crv, x, y } as JWK, made: new Map() };
}

/** Never those of a shared secret: a published secret is none. */
function byKind({ kty, crv, n, e, x, y }: Record<string, unknown>): readonly Algorithm[] {
  const are = (...values: unknown[]) => values.every((value) => typeof value === 'string');
  if (kty === 'RSA' && are(n, e)) return ALGORITHMS.slice(0, 6);
  if (kty === 'EC' && crv === 'P-256' && are(x, y)) return ['ES256'];
  if (kty === 'EC' && crv === 'P-384' && are(x, y)) return ['ES384'];
  if (kty === 'OKP' && crv === 'Ed25519' && are(x)) return ['EdDSA'];
  return [];
}
