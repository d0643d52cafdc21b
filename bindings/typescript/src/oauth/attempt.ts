// One attempt at another token: the old one renewed, or asked for anew where the server says.

import type { Given } from './asking.js';
import { wantsDpop, type Challenge } from './challenge.js';
import { authorizationServer, ownAuthorizationServer, protectedServer } from './discovery.js';
import type { Proofs } from './dpop.js';
import { askEndpoint } from './endpoint.js';
import { askFor } from './grant.js';
import { Held } from './held.js';
import { keptClient } from './identity.js';
import type { AuthorizationServer } from './metadata.js';
import { Refusal } from './refusal.js';
import { union, wanted } from './scopes.js';
import type { Setup } from './setup.js';
import { isOver, tokenOf, type Token } from './token.js';

/** Why another token is needed. */
export type Need =
  | { readonly why: 'ends' }
  /** There is none, the server refuses the one that there is, or wants more scopes. */
  | { readonly why: 'none' | 'refused' | 'scopes'; readonly challenge: Challenge };

/** What is known from one attempt to the next. */
export interface Known {
  current: Held | undefined;
  /** Scopes that were asked for so far. */
  requested: readonly string[];
  /** What the server wanted last; nothing before it refused anything. */
  challenge: Challenge | undefined;
  /** The authorization server that was asked last. */
  asked: AuthorizationServer | undefined;
  /** The issuer that the program's client was used with. */
  bound: string | undefined;
}

/** Where a token is to be had. */
interface Place {
  readonly resource: string;
  readonly scopes: readonly string[] | undefined;
  readonly dpop: boolean;
  readonly server: AuthorizationServer;
  /** Nobody named it. */
  readonly guessed: boolean;
}

export class Attempt {
  readonly #setup: Setup;
  readonly #known: Known;
  readonly #proofs: Proofs;

  constructor(setup: Setup, known: Known, proofs: Proofs) {
    this.#setup = setup;
    this.#known = known;
    this.#proofs = proofs;
  }

  /** Gets another token than the one that was seen. */
  async run(seen: Held | undefined, need: Need): Promise<void> {
    if (need.why === 'ends' && (await this.#renewedEarly(seen))) return;
    const challenge = need.why === 'ends' ? this.#known.challenge : need.challenge;
    if (challenge === undefined) {
      // Where another one is to be had is for the server to say, once it is asked without.
      this.#known.current = undefined;
      return;
    }
    this.#known.challenge = challenge;
    // Where tokens are to be had may have changed, which a refusal is the sign of.
    const place = await this.#discover(challenge);
    this.#known.asked = place.server;
    const isSame =
      seen?.token.issuer === place.server.issuer && seen.token.resource === place.resource;
    if (need.why === 'refused' && seen?.isRenewable && isSame && (await this.#renew(seen.token))) {
      return;
    }
    await this.#ask(place, challenge, seen?.token);
  }

  /** Renews a token that ends soon. One that cannot be renewed just now is used as long as it lasts. */
  async #renewedEarly(seen: Held | undefined): Promise<boolean> {
    if (seen?.token.refresh === undefined) return false;
    try {
      return await this.#renew(seen.token);
    } catch (error) {
      if (isOver(seen.token)) throw error;
      return true;
    }
  }

  /** Renews a token; false if there is nothing to renew any more. */
  async #renew(old: Token): Promise<boolean> {
    if (old.refresh === undefined) return false;
    const { issuer, token: url } = await this.#issuer(old.issuer);
    const { client, resource, refresh, bound } = old;
    const { fetcher } = this.#setup;
    const proofs = bound ? this.#proofs : undefined;
    const form = { grant_type: 'refresh_token', refresh_token: refresh, resource };
    let granted;
    try {
      granted = await askEndpoint({ fetcher, url, issuer, client, proofs }, form);
    } catch (error) {
      if (!(error instanceof Refusal && (error.isOfGrant || error.isOfClient))) throw error;
      await this.#unregister(error, issuer);
      return false;
    }
    // What is not given anew is still good.
    const token = { refresh, ...usable(url, () => tokenOf(granted, bound, originOf(old))) };
    await this.#put(token, true);
    return true;
  }

  /** Asks for a token, with what the program has to show. */
  async #ask(place: Place, challenge: Challenge, seen: Token | undefined): Promise<void> {
    const { server, resource, guessed } = place;
    const setup = this.#setup;
    const before = union(this.#known.requested, seen?.granted ?? []);
    const scopes = union(wanted(before, challenge.scopes, place.scopes), setup.scopes);
    const dpop = setup.dpop || place.dpop || wantsDpop(challenge);
    if (dpop && !server.hasDpop) {
      throw new Error(
        `${server.issuer}: dpop_signing_alg_values_supported: expected ES256, since tokens are to be bound to a key`,
      );
    }
    const proofs = dpop ? this.#proofs : undefined;
    let given: Given;
    try {
      given = await askFor({ setup, resource, server, scopes, proofs, bound: this.#known.bound });
    } catch (error) {
      await this.#unregister(error, server.issuer);
      const why = guessed ? 'it names no authorization server, and is none itself: ' : '';
      throw new Error(why + (error as Error).message);
    }
    const { granted, client } = given;
    const { issuer } = server;
    const origin = { granted: scopes, requested: scopes, issuer, resource, client };
    await this.#put(
      usable(server.token, () => tokenOf(granted, dpop, origin)),
      false,
    );
  }

  /** Forgets a registration that is worth nothing any more, so that the next attempt makes another. */
  async #unregister(error: unknown, issuer: string): Promise<void> {
    if (error instanceof Refusal && error.isOfClient) {
      await this.#setup.keep(this.#setup.registrationKey(issuer), undefined);
    }
  }

  async #discover(challenge: Challenge): Promise<Place> {
    const { fetcher, server: url, spelling, identity } = this.#setup;
    const found = await protectedServer(fetcher, url, challenge);
    if (found === undefined) {
      const server = await ownAuthorizationServer(fetcher, url);
      return { resource: spelling, scopes: undefined, dpop: false, server, guessed: true };
    }
    const { resource, scopes, wantsDpop: dpop, authorizationServers: named } = found;
    const own = identity?.issuer ?? this.#known.bound ?? this.#known.current?.token.issuer;
    const issuer = named.find((one) => one === own) ?? named[0];
    if (issuer === undefined) {
      throw new Error('authorization_servers: expected at least one, found none');
    }
    const server = await authorizationServer(fetcher, issuer, url);
    return { resource, scopes, dpop, server, guessed: false };
  }

  /** An authorization server that gave a token before. */
  async #issuer(issuer: string): Promise<AuthorizationServer> {
    if (this.#known.asked?.issuer === issuer) return this.#known.asked;
    const { fetcher, server } = this.#setup;
    this.#known.asked =
      issuer === server.origin
        ? await ownAuthorizationServer(fetcher, server)
        : await authorizationServer(fetcher, issuer, server);
    return this.#known.asked;
  }

  async #put(token: Token, renewed: boolean): Promise<void> {
    this.#known.requested = token.requested;
    if (token.client.given) this.#known.bound = token.issuer;
    this.#known.current = new Held(token, { renewed });
    const kept = { ...token, client: keptClient(token.client) };
    const key = token.bound ? this.#proofs.kept : undefined;
    await this.#setup.keep(this.#setup.tokenKey, { token: kept, ...(key && { key }) });
  }
}

function originOf({ granted, requested, issuer, resource, client }: Token) {
  return { granted, requested, issuer, resource, client };
}

function usable(url: URL, make: () => Token): Token {
  try {
    return make();
  } catch (error) {
    throw new Error(`${url}: ${(error as Error).message}`);
  }
}
