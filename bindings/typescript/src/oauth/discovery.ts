// The way from a refused request to an authorization server: what the server says of itself, then what the
// authorization server does. A document that is wrong ends it; only where none is found the next place is tried.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery

import { checked, wellKnown } from '../auth/address.js';
import { places } from '../auth/discovery.js';
import type { JsonObject } from '../wire/json.js';
import type { Challenge } from './challenge.js';
import { documentIn, type Fetcher } from '../auth/fetcher.js';
import {
  reachable,
  readAuthorizationServer,
  readProtected,
  unsaid,
  type AuthorizationServer,
  type Protected,
} from './metadata.js';

const PROTECTED = 'oauth-protected-resource';

/** What a place was found to hold: a document, or why there is none. */
type Found = { document: JsonObject } | { nothing: string };

/** What the server says of itself; nothing if it says nothing anywhere. */
export async function protectedServer(
  fetcher: Fetcher,
  server: URL,
  { resourceMetadata }: Challenge,
): Promise<Protected | undefined> {
  if (resourceMetadata !== undefined) {
    const found = await at(fetcher, reachable('resource_metadata', resourceMetadata, server));
    if ('nothing' in found) throw new Error(found.nothing);
    return readProtected(resourceMetadata, found.document, server);
  }
  const root = `${server.origin}/.well-known/${PROTECTED}`;
  for (const place of new Set([wellKnown(server, PROTECTED), root])) {
    const found = await at(fetcher, checked('metadata', place));
    if ('document' in found) return readProtected(place, found.document, server);
  }
  return undefined;
}

/** What an issuer says of itself, that this server named. */
export async function authorizationServer(
  fetcher: Fetcher,
  issuer: string,
  server: URL,
): Promise<AuthorizationServer> {
  const nothing: string[] = [];
  for (const place of places(reachable('authorization_servers', issuer, server))) {
    const found = await at(fetcher, checked('metadata', place));
    if ('document' in found) return readAuthorizationServer(place, found.document, issuer);
    nothing.push(found.nothing);
  }
  throw new Error(`no metadata of ${issuer}: ${nothing.join('; ')}`);
}

/** A server that has no metadata may be one of revision 2025-03-26: its own authorization server. */
export async function ownAuthorizationServer(
  fetcher: Fetcher,
  server: URL,
): Promise<AuthorizationServer> {
  const place = `${server.origin}/.well-known/oauth-authorization-server`;
  const found = await at(fetcher, checked('metadata', place));
  if ('nothing' in found) return unsaid(server);
  return readAuthorizationServer(place, found.document, server.origin);
}

async function at(fetcher: Fetcher, place: URL): Promise<Found> {
  const answer = await fetcher.send(place, { headers: { accept: 'application/json' } });
  if (answer.status >= 500) {
    throw new Error(`${place}: expected HTTP 200, found ${answer.status}`);
  }
  if (answer.status !== 200) return { nothing: `${place}: found HTTP ${answer.status}` };
  // Some servers answer a page to whatever they are asked.
  const document = documentIn(place, answer);
  return document ? { document } : { nothing: `${place}: expected a JSON object` };
}
