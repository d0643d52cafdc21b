// What an authorization server says of itself: where its keys are, and where it can be asked about a token.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery

import { checked, isLoopback, isThisMachine, trimmed, wellKnown } from './address.js';
import type { Fetcher } from './fetcher.js';

/** The address that an issuer's metadata names. */
export async function endpoint(
  fetcher: Fetcher,
  issuer: string,
  name: 'jwks_uri' | 'introspection_endpoint',
): Promise<URL> {
  const url = checked('issuer', issuer);
  const errors: string[] = [];
  for (const place of places(url)) {
    let found: URL | undefined;
    try {
      found = await endpointAt(fetcher, issuer, place, name);
    } catch (error) {
      errors.push((error as Error).message);
      continue;
    }
    if (found !== undefined) return found;
    throw new Error(`the metadata of ${issuer} names no ${name}`);
  }
  throw new Error(`no metadata of ${issuer}: ${errors.join('; ')}`);
}

async function endpointAt(
  fetcher: Fetcher,
  issuer: string,
  place: string,
  name: string,
): Promise<URL | undefined> {
  const metadata = await fetcher.get(checked('metadata', place));
  // Metadata of somebody else would make somebody else's tokens good.
  if (metadata.issuer !== issuer) {
    const found = JSON.stringify(metadata.issuer ?? '');
    throw new Error(`${place}: issuer: expected ${JSON.stringify(issuer)}, found ${found}`);
  }
  const text = metadata[name];
  if (typeof text !== 'string') return undefined;
  const url = checked(name, text);
  if (isThisMachine(url) && !isLoopback(new URL(issuer))) {
    const what = `${place}: ${name} ${JSON.stringify(text)}`;
    throw new Error(`${what}: an issuer elsewhere cannot name an address of this machine`);
  }
  return url;
}

/** Where an issuer's metadata may be, best first. */
export function places(issuer: URL): string[] {
  const path = trimmed(issuer.pathname);
  return [
    wellKnown(issuer, 'oauth-authorization-server'),
    wellKnown(issuer, 'openid-configuration'),
    ...(path === '' ? [] : [`${issuer.origin}${path}/.well-known/openid-configuration`]),
  ];
}
