// Tokens that are written down: for a server on a machine of one's own, and for tests.

import type { Claims } from '../context.js';
import { fingerprint } from './token.js';
import { invalid, type TokenVerifier } from './verifier.js';

/**
 * Accepts these tokens, each with what it stands for. Make them from at least 16 random bytes: nothing else keeps
 * them from being guessed. Only their SHA-256 is kept, and compared in constant time.
 */
export function fixedTokens(tokens: Readonly<Record<string, Claims>>): TokenVerifier {
  return new FixedTokens(tokens);
}

class FixedTokens implements TokenVerifier {
  /** They were given to this server alone. */
  readonly bindsAudience = true;
  readonly #known: Promise<readonly (readonly [Uint8Array, Claims])[]>;

  constructor(tokens: Readonly<Record<string, Claims>>) {
    this.#known = Promise.all(
      Object.entries(tokens).map(async ([token, claims]) => [await fingerprint(token), claims]),
    );
  }

  async verify(token: string): Promise<Claims> {
    const asked = await fingerprint(token);
    let found: Claims | undefined;
    // To the end, so that the time tells nothing of where a token stands.
    for (const [known, claims] of await this.#known) {
      if (areEqual(known, asked)) found = claims;
    }
    if (found === undefined) throw invalid('the token is not known');
    return found;
  }
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.reduce((found, byte, at) => found | (byte ^ other[at]!), 0) === 0;
}
