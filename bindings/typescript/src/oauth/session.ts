// The token that a client has for a server, and how it gets another one: one attempt at a time, whoever waits for it,
// and to its end even if nobody waits any more, since a token that was renewed is worth nothing any more.

import type { Awaitable } from '../awaitable.js';
import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import { isObject } from '../wire/json.js';
import { Attempt, type Known, type Need } from './attempt.js';
import { Proofs } from './dpop.js';
import { Held } from './held.js';
import { restored } from './identity.js';
import { shown } from './quoted.js';
import type { Setup } from './setup.js';
import { isDue, readToken, type Token } from './token.js';

export class Session {
  readonly #setup: Setup;
  readonly #known: Known = {
    current: undefined,
    requested: [],
    challenge: undefined,
    asked: undefined,
    bound: undefined,
  };
  #proofs: Proofs | undefined;
  #loading: Promise<void> | undefined;
  /** The attempt that is under way; how it failed, if it did. */
  #attempt: Promise<McpError | undefined> | undefined;
  /** Attempts at more scopes without a success between. */
  #stepUps = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  get server(): URL {
    return this.#setup.server;
  }

  get current(): Held | undefined {
    return this.#known.current;
  }

  /** The key of the client, for a token that is bound to it. */
  proofsFor({ token }: Held): Proofs | undefined {
    return token.bound ? this.#proofs : undefined;
  }

  /** What was kept of an earlier run; at once if it was looked at before. */
  load(signal: AbortSignal): Awaitable<void> {
    if (this.#proofs !== undefined) return undefined;
    // One that fails is tried again by whoever comes next.
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return unlessAborted(this.#loading, signal);
  }

  async #load(): Promise<void> {
    let kept: unknown;
    try {
      kept = await this.#setup.kept(this.#setup.tokenKey);
    } catch (error) {
      throw this.told((error as Error).message);
    }
    const { token: text, key } = isObject(kept) ? kept : {};
    const proofs = await Proofs.of(key);
    const token = this.#restored(readToken(text));
    if (token !== undefined) {
      this.#known.requested = token.requested;
      if (token.client.given) this.#known.bound = token.issuer;
      this.#known.current = new Held(token, { proven: true });
    }
    this.#proofs = proofs;
  }

  /** A token that was kept, unless it is of a client that the program does not have any more. */
  #restored(token: Token | undefined): Token | undefined {
    const { identity, document } = this.#setup;
    if (token === undefined) return undefined;
    if (!token.client.given) return identity === undefined ? token : undefined;
    const known = [identity, document].find((one) => one?.id === token.client.id);
    return known && { ...token, client: restored(token.client, known) };
  }

  /** The token to send, renewed if it ends soon; nothing if there is none yet, which the server may not mind. */
  usable(signal: AbortSignal): Awaitable<Held | undefined> {
    const { current } = this.#known;
    if (current === undefined || !isDue(current.token)) return current;
    return this.get(current, { why: 'ends' }, signal).then(() => this.#known.current);
  }

  /** Whether another attempt at more scopes is worth it: not for ever. */
  mayStepUp(): boolean {
    return ++this.#stepUps <= LIMITS.maxStepUps;
  }

  /** The server did what it was asked. */
  succeeded(): void {
    this.#stepUps = 0;
  }

  /** Forgets the token. */
  async forget(): Promise<void> {
    this.#known.current = undefined;
    await this.#setup.keep(this.#setup.tokenKey, undefined);
  }

  /**
   * Gets another token than the one that was seen, unless somebody else did; what fails for one fails for all who
   * waited.
   */
  async get(seen: Held | undefined, need: Need, signal: AbortSignal): Promise<void> {
    if (this.#known.current !== seen) return;
    // Somebody else tries: what comes of it is what would come of this.
    this.#attempt ??= this.#try(seen, need).finally(() => (this.#attempt = undefined));
    const failure = await unlessAborted(this.#attempt, signal);
    if (failure !== undefined && this.#known.current === seen) throw failure;
  }

  async #try(seen: Held | undefined, need: Need): Promise<McpError | undefined> {
    try {
      await new Attempt(this.#setup, this.#known, this.#proofs!).run(seen, need);
      return undefined;
    } catch (error) {
      return this.told((error as Error).message);
    }
  }

  told(why: string): McpError {
    return new McpError('authorization', `no access token for ${shown(this.server)}: ${why}`);
  }
}

/** What a promise gives, unless whoever waits for it does not any more. It goes on without them. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
