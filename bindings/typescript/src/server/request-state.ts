// What travels through the client between a question and its answer: the answers that a handler has had
// so far, encrypted, and bound to the request and to who made it. Nobody but the server reads or changes it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements-basic-workflow

import { ErrorCode, protocolError, type McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import type { Answers } from '../context/rounds.js';
import { isObject } from '../wire/json.js';

/** Bytes drawn for every message, from which its key is derived: so a key encrypts one message alone. */
const SALT = 32;

/** A key that is used once needs no nonce that is. */
const NONCE = new Uint8Array(12);

const NOT_OURS =
  'params.requestState: was not given out by this server for this request, or is too old; ' +
  'make the request again without it';

/** Seals and opens under one key: AES-256-GCM with keys by HKDF, which every platform has. */
export class Seal {
  readonly #secret: Uint8Array<ArrayBuffer>;
  #key: Promise<CryptoKey> | undefined;

  /** @throws TypeError if the key has not 32 bytes. */
  constructor(secret: Uint8Array | undefined) {
    if (secret !== undefined && secret.length !== 32) {
      throw new TypeError(`stateKey: expected 32 bytes, found ${secret.length}`);
    }
    this.#secret = Uint8Array.from(secret ?? []);
  }

  /** The state of a request whose handler has had these answers. */
  async close(bound: string, answers: Answers): Promise<string> {
    const salt = crypto.getRandomValues(new Uint8Array(SALT));
    const text = JSON.stringify({ until: Date.now() + LIMITS.requestStateTtl, answers });
    const sealed = await crypto.subtle.encrypt(
      algorithm(bound),
      await this.#derived(salt),
      new TextEncoder().encode(text),
    );
    return base64url(new Uint8Array([...salt, ...new Uint8Array(sealed)]));
  }

  /**
   * The answers in a state that this server gave out for this request.
   *
   * @throws McpError (invalid params) if it was not, or is too old.
   */
  async open(bound: string, state: string): Promise<Answers> {
    const bytes = fromBase64url(state);
    if (bytes === undefined || bytes.length <= SALT) throw refused();
    let text: ArrayBuffer;
    try {
      const key = await this.#derived(bytes.slice(0, SALT));
      text = await crypto.subtle.decrypt(algorithm(bound), key, bytes.slice(SALT));
    } catch {
      throw refused();
    }
    const { until, answers } = JSON.parse(new TextDecoder().decode(text)) as Record<
      string,
      unknown
    >;
    if (typeof until !== 'number' || until < Date.now() || !isObject(answers)) throw refused();
    return answers;
  }

  async #derived(salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
    this.#key ??= crypto.subtle.importKey('raw', this.#bytes(), 'HKDF', false, ['deriveKey']);
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: new Uint8Array() };
    const aes = { name: 'AES-GCM', length: 256 };
    return crypto.subtle.deriveKey(derivation, await this.#key, aes, false, ['encrypt', 'decrypt']);
  }

  /** Without a key, one that nobody else has. */
  #bytes(): Uint8Array<ArrayBuffer> {
    return this.#secret.length > 0 ? this.#secret : crypto.getRandomValues(new Uint8Array(32));
  }
}

function algorithm(bound: string): AesGcmParams {
  return { name: 'AES-GCM', iv: NONCE, additionalData: new TextEncoder().encode(bound) };
}

function refused(): McpError {
  return protocolError(ErrorCode.InvalidParams, NOT_OURS);
}

function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Bytes that were written so, and nothing that only resembles it. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
    // Only the last characters can be written in more than one way.
    const last = bytes.slice(bytes.length - (bytes.length % 3 || 3));
    return text.endsWith(base64url(last)) ? bytes : undefined;
  } catch {
    return undefined;
  }
}
