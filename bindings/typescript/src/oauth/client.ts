// What gives a client's requests their tokens, and learns from the answers.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#error-handling

import { chain, type Awaitable } from '../awaitable.js';
import type { AnswerHead, Authorize, SentHead } from '../http-client/authorize.js';
import { challengeOf, wantsScopes } from './challenge.js';
import { PROOF } from './dpop.js';
import type { Grant } from './grant.js';
import type { Held } from './held.js';
import { shown } from './quoted.js';
import { within } from './scopes.js';
import { Session } from './session.js';
import { Setup, type UserOptions } from './setup.js';

/**
 * Access tokens for one server, got when it asks for them. Several clients may share one.
 *
 * The server's authorization server is found by what the server says of itself; a token is shown to this server alone,
 * and asked for with the resource that the server names, letter by letter. Tokens are renewed before they end, one
 * attempt at a time for all calls; a call that the server refuses for want of scopes gets a token with them and is made
 * again.
 */
export class OAuth implements Authorize {
  readonly #session: Session;

  /** @internal It comes from `authorizationCode` and its siblings. */
  constructor(server: string | URL, grant: Grant, options: UserOptions) {
    this.#session = new Session(new Setup(server, grant, options));
  }

  /**
   * Forgets the token, here and where it is kept: whoever asks next is asked for credentials again. The authorization
   * server is not told.
   */
  forget(): Promise<void> {
    return this.#session.forget();
  }

  /** Puts the token on a request; see {@link Authorize}. */
  authorize(request: SentHead, signal: AbortSignal): Awaitable<void> {
    const session = this.#session;
    if (request.url.origin !== session.server.origin) {
      throw session.told(`a request to ${shown(request.url)} gets none: it is another server`);
    }
    request.headers.delete('authorization');
    request.headers.delete(PROOF);
    const found = chain(session.load(signal), () => session.usable(signal));
    return chain(found, (held) => held && this.#put(held, request));
  }

  #put(held: Held, { method, url, headers }: SentHead): Awaitable<void> {
    headers.set('authorization', held.header);
    const proof = this.#session.proofsFor(held)?.prove(method, url, held.token.access);
    return proof?.then((text) => headers.set(PROOF, text));
  }

  /** Learns from an answer; see {@link Authorize}. */
  answered(sent: SentHead, answer: AnswerHead, signal: AbortSignal): Awaitable<boolean> {
    const session = this.#session;
    const used = sent.headers.get('authorization');
    const { current } = session;
    const held = current !== undefined && current.header === used ? current : undefined;
    const { status, headers } = answer;
    if (status === 401 && used === null) {
      const need = { why: 'none', challenge: challengeOf(headers) } as const;
      return session.get(undefined, need, signal).then(() => true);
    }
    if (used === null) return false;
    if (held === undefined) {
      // Somebody else got another one in the meantime.
      return status === 401 || (status === 403 && wantsScopes(challengeOf(headers)));
    }
    if (status === 401) return this.#refused(held, sent, headers, signal);
    held.prove();
    if (status === 403) return this.#lacking(held, headers, signal);
    session.proofsFor(held)?.accepted(sent.url, headers);
    if (status >= 200 && status < 300) session.succeeded();
    return false;
  }

  /** The server does not take the token. */
  #refused(held: Held, sent: SentHead, headers: Headers, signal: AbortSignal): Awaitable<boolean> {
    const challenge = challengeOf(headers);
    if (challenge.error === 'use_dpop_nonce') {
      const proofs = this.#session.proofsFor(held);
      return proofs?.refused(sent.url, sent.headers.get(PROOF), headers) ?? false;
    }
    if (held.isHopeless) return false;
    return this.#session.get(held, { why: 'refused', challenge }, signal).then(() => true);
  }

  /** The server takes the token, and wants more of it for this. */
  #lacking(held: Held, headers: Headers, signal: AbortSignal): Awaitable<boolean> {
    const challenge = challengeOf(headers);
    // Who was asked for them once and did not give them is not asked again.
    const wasAsked = within(challenge.scopes, held.token.requested);
    if (!wantsScopes(challenge) || wasAsked || !this.#session.mayStepUp()) return false;
    return this.#session.get(held, { why: 'scopes', challenge }, signal).then(() => true);
  }
}
