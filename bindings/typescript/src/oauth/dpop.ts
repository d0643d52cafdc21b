// Proofs that whoever shows a token has the key that it is bound to, and the nonces that servers want in them.
// https://www.rfc-editor.org/rfc/rfc9449.html

import {
  calculateJwkThumbprint,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type JWK,
} from 'jose';

import * as LIMITS from '../protocol/limits.js';
import { digest, drawn, seconds } from './secret.js';

export const PROOF = 'dpop';
const NONCE = 'dpop-nonce';

/** What a server wants in the next proof. */
interface Nonce {
  text: string;
  /** How many proofs in a row were refused for want of the next one. */
  refused: number;
}

/** A client's key, and what the servers that it shows proofs to want in the next one. */
export class Proofs {
  readonly #key: CryptoKey;
  /** With its private half. */
  readonly #jwk: JWK;
  /** By origin. */
  readonly #nonces = new Map<string, Nonce>();

  private constructor(key: CryptoKey, jwk: JWK) {
    this.#key = key;
    this.#jwk = jwk;
  }

  /** With the key that was kept, if it is a key of P-256, or a new one. */
  static async of(kept: unknown): Promise<Proofs> {
    const jwk = readKept(kept);
    if (jwk !== undefined) {
      try {
        return new Proofs((await importJWK(jwk, 'ES256')) as CryptoKey, jwk);
      } catch {
        // What cannot be read any more counts as nothing.
      }
    }
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return new Proofs(privateKey, await exportJWK(privateKey));
  }

  /** What the key is kept as. It is as secret as the token. */
  get kept(): JWK {
    return this.#jwk;
  }

  /** What stands for the public key (RFC 7638), for a code that is bound to it. */
  thumbprint(): Promise<string> {
    return calculateJwkThumbprint(this.#public());
  }

  /** A proof for one request, and for the token that goes with it. */
  async prove(method: string, url: URL, token?: string): Promise<string> {
    const nonce = this.#nonces.get(url.origin)?.text;
    const claims = {
      jti: drawn(),
      htm: method,
      htu: url.origin + url.pathname,
      iat: seconds(),
      ...(token !== undefined && { ath: await digest(token) }),
      ...(nonce !== undefined && { nonce }),
    };
    const head = { alg: 'ES256', typ: 'dpop+jwt', jwk: this.#public() };
    return new SignJWT(claims).setProtectedHeader(head).sign(this.#key);
  }

  /** Learns from an answer that is no refusal. */
  accepted({ origin }: URL, answer: Headers): void {
    const text = answer.get(NONCE) || this.#nonces.get(origin)?.text;
    if (text !== undefined) this.#nonces.set(origin, { text, refused: 0 });
  }

  /**
   * Learns from a refusal for want of a nonce; whether another proof is worth a try. However many requests are refused
   * at once, the row of refusals grows only by one that had the nonce before this one.
   */
  refused({ origin }: URL, proof: string | null, answer: Headers): boolean {
    const text = answer.get(NONCE);
    const sent = nonceIn(proof);
    if (!text || sent === text) return false;
    const before = this.#nonces.get(origin);
    const hadIt = before !== undefined && sent === before.text;
    const refused = (before?.refused ?? 0) + (hadIt ? 1 : 0);
    this.#nonces.set(origin, { text, refused });
    return refused < LIMITS.maxNonceRefusals;
  }

  #public(): JWK {
    const { crv, kty, x, y } = this.#jwk;
    return { crv, kty, x, y } as JWK;
  }
}

function readKept(kept: unknown): JWK | undefined {
  const jwk = (kept ?? {}) as JWK;
  return jwk.kty === 'EC' && jwk.crv === 'P-256' && typeof jwk.d === 'string' ? jwk : undefined;
}

/** The nonce in a proof of ours. */
function nonceIn(proof: string | null): unknown {
  return proof === null ? undefined : decodeJwt(proof).nonce;
}
