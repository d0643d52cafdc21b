// Tokens that say nothing by themselves: their authorization server is asked, and its answer believed for a while.
// https://www.rfc-editor.org/rfc/rfc7662.html

import type { Claims } from '../context.js';
import * as LIMITS from '../protocol/limits.js';
import type { JsonObject } from '../wire/json.js';
import { checked } from './address.js';
import { endpoint } from './discovery.js';
import { Fetcher, objectIn, type Fetch } from './fetcher.js';
import { parseClaims, readClaims } from './payload.js';
import { Remembered, type Finding } from './remembered.js';
import { fingerprint } from './token.js';
import { invalid, TokenRefusal, unavailable, type TokenVerifier } from './verifier.js';

/** How an authorization server is asked about tokens. */
export interface IntrospectionOptions {
  /** Who asks. */
  clientId: string;
  clientSecret: string;
  /** Sends id and secret in the body (`client_secret_post`) instead of the header (`client_secret_basic`). */
  secretInBody?: boolean;
  /** Where it is asked; its metadata is not asked for then. */
  endpoint?: string;
  /** Milliseconds that its clock may be from ours. */
  leeway?: number;
  /** Milliseconds that an answer is believed: so long a revoked token still works. 0 asks for every request. */
  lifetime?: number;
  /** The client that asks, instead of `fetch`. */
  fetch?: Fetch;
}

/**
 * Asks the issuer about every token that it does not remember. Whom a token is meant for is looked at by the
 * protection.
 *
 * @throws TypeError if an address is wrong.
 */
export function introspectionVerifier(
  issuer: string,
  options: IntrospectionOptions,
): TokenVerifier {
  return new IntrospectionVerifier(issuer, options);
}

class IntrospectionVerifier implements TokenVerifier {
  readonly issuers: readonly string[];
  readonly #issuer: string;
  readonly #options: IntrospectionOptions;
  readonly #fetcher: Fetcher;
  readonly #remembered: Remembered;
  readonly #turns = new Turns(LIMITS.introspectionConcurrency);
  #place: URL | undefined;

  constructor(issuer: string, options: IntrospectionOptions) {
    if (options.endpoint === undefined) checked('issuer', issuer);
    else this.#place = checked('introspection endpoint', options.endpoint);
    this.issuers = [issuer];
    this.#issuer = issuer;
    this.#options = options;
    this.#fetcher = new Fetcher(options.fetch);
    const { lifetime = LIMITS.introspectionLifetime } = options;
    this.#remembered = new Remembered(lifetime, LIMITS.introspectionCache);
  }

  async verify(token: string): Promise<Claims> {
    const key = String.fromCharCode(...(await fingerprint(token)));
    const finding =
      this.#remembered.get(key) ?? (await this.#turns.take(() => this.#find(token, key)));
    if (finding instanceof TokenRefusal) throw finding;
    return finding;
  }

  async #find(token: string, key: string): Promise<Finding> {
    // Somebody may have asked while this waited for its turn.
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const answer = await this.#ask(token).catch((error: Error) => {
      throw unavailable(error.message);
    });
    const finding = this.#understood(answer);
    this.#remembered.put(key, finding);
    return finding;
  }

  async #ask(token: string): Promise<string> {
    const url = (this.#place ??= await endpoint(
      this.#fetcher,
      this.#issuer,
      'introspection_endpoint',
    ));
    const { clientId, clientSecret, secretInBody = false } = this.#options;
    const [id, secret] = [encoded(clientId), encoded(clientSecret)];
    const body = `token=${encoded(token)}&token_type_hint=access_token`;
    const text = await this.#fetcher.text(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(!secretInBody && { authorization: `Basic ${btoa(`${id}:${secret}`)}` }),
      },
      body: secretInBody ? `${body}&client_id=${id}&client_secret=${secret}` : body,
    });
    objectIn(url, text);
    return text;
  }

  #understood(answer: string): Finding {
    try {
      const all: JsonObject = parseClaims(answer);
      // Anything but a clear yes is a no.
      if (all.active !== true) return invalid('the token is not active');
      const { leeway = LIMITS.tokenLeeway } = this.#options;
      const claims = readClaims(all, Date.now(), leeway);
      if (claims.issuer === undefined || claims.issuer === this.#issuer) return claims;
      return invalid(`the token was not issued by ${this.#issuer}`);
    } catch (error) {
      if (error instanceof TokenRefusal) return error;
      throw error;
    }
  }
}

/** So many at a time; the others wait in the order in which they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** As `application/x-www-form-urlencoded` has it; a space becomes `%20`, which is read as one too. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
