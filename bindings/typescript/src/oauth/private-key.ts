// A client's private key, and what it signs: JSON Web Signatures in their compact form.
// https://www.rfc-editor.org/rfc/rfc7515.html#section-7.1

import { SignJWT, type JWTPayload } from 'jose';

import { pkcs8Of, type KeyKind } from './pem.js';

/** What a key can sign with: one of RSA has the choice. */
export type SigningAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'EdDSA';

/** What is said of a private key. */
export interface PrivateKeyOptions {
  /** What it signs with, if not RS256, ES256, ES384 or EdDSA, as the key is one. */
  algorithm?: SigningAlgorithm;
  /** The name under which the authorization server knows the public half (`kid`). */
  keyId?: string;
}

/** A private key, with which a client proves who it is. It is never shown. */
export class PrivateKey {
  readonly #key: CryptoKey;
  readonly #algorithm: SigningAlgorithm;
  readonly #id: string | undefined;

  private constructor(key: CryptoKey, algorithm: SigningAlgorithm, id: string | undefined) {
    this.#key = key;
    this.#algorithm = algorithm;
    this.#id = id;
  }

  /**
   * The key of a PEM text: RSA, P-256, P-384 or Ed25519.
   *
   * @throws TypeError if the text has no such key in it, or one that cannot sign with the algorithm.
   */
  static async fromPem(pem: string, options: PrivateKeyOptions = {}): Promise<PrivateKey> {
    const found = pkcs8Of(pem);
    if (found === undefined) throw noKey();
    const algorithm = options.algorithm ?? OWN[found.kind];
    const fits = found.kind === 'RSA' ? /^[RP]S/.test(algorithm) : algorithm === OWN[found.kind];
    if (!fits) throw new TypeError(`private key: it cannot sign with ${algorithm}`);
    try {
      const importing = importParameters(found.kind, algorithm);
      const key = await crypto.subtle.importKey('pkcs8', found.der, importing, false, ['sign']);
      return new PrivateKey(key, algorithm, options.keyId);
    } catch {
      // What is wrong is told without the text: it is the key.
      throw noKey();
    }
  }

  /** @internal Signs claims as a JSON Web Token. */
  sign(claims: JWTPayload): Promise<string> {
    const head = { alg: this.#algorithm, typ: 'JWT', ...(this.#id && { kid: this.#id }) };
    return new SignJWT(claims).setProtectedHeader(head).sign(this.#key);
  }
}

/** What a kind of key signs with unless something else is said. */
const OWN: Record<KeyKind, SigningAlgorithm> = {
  RSA: 'RS256',
  'P-256': 'ES256',
  'P-384': 'ES384',
  Ed25519: 'EdDSA',
};

function importParameters(
  kind: KeyKind,
  algorithm: string,
): RsaHashedImportParams | EcKeyImportParams {
  const hash = `SHA-${algorithm.slice(2)}`;
  if (kind === 'RSA') {
    return { name: algorithm.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash };
  }
  return kind === 'Ed25519'
    ? { name: kind, namedCurve: kind }
    : { name: 'ECDSA', namedCurve: kind };
}

function noKey(): TypeError {
  return new TypeError('private key: expected the PEM of a key of RSA, P-256, P-384 or Ed25519');
}
