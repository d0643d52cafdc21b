// The header `WWW-Authenticate`: what a client is told that has no token, or not the right one.
// https://www.rfc-editor.org/rfc/rfc6750.html#section-3, https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1

/** What a challenge says. */
export interface Challenge {
  /** None for a request that brought no token: it made no mistake. */
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | undefined;
  readonly description?: string | undefined;
  readonly scopes: readonly string[];
  readonly metadataUrl: string;
}

export function writeChallenge({ error, description, scopes, metadataUrl }: Challenge): string {
  const parameters = [
    ['error', error],
    ['error_description', description],
    ['scope', scopes.join(' ')],
    ['resource_metadata', metadataUrl],
  ];
  const said = parameters.flatMap(([name, value]) =>
    value ? [`${name}="${quotable(value)}"`] : [],
  );
  return `Bearer ${said.join(', ')}`.trim();
}

/**
 * Text that stands between quotes as it is: RFC 6750 allows neither quotes nor backslashes nor anything beyond
 * ASCII, so that nothing has to be escaped, and nothing can end the value early.
 */
function quotable(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replace(/[^ -~]/gu, '?');
}
