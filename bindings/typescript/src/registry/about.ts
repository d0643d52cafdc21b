// What the server is told of an offer and the client is not: tags, the scopes that it takes, whether it is on.

/** What every offer can be told besides what clients see. */
export interface OfferOptions {
  /** For a server's policy to go by. */
  tags?: readonly string[];
  /** What an access token must allow for it to be used; without it the client is told so. */
  scopes?: readonly string[];
  /** Puts it in the place of the one of that name, if there is one; else a name is offered once. */
  replace?: boolean;
}

/** What is known of an offer besides its definition. */
export interface About {
  readonly tags: readonly string[];
  readonly scopes: readonly string[];
  /** One that is off is neither listed nor used. */
  enabled: boolean;
}

export function aboutOf({ tags = [], scopes = [] }: OfferOptions): About {
  return { tags, scopes, enabled: true };
}
