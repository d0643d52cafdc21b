// A user is asked: the authorization code grant with PKCE, and what has to hold before a code is believed.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#authorization-flow-steps

import { checked } from '../auth/address.js';
import { endpointOf, givenClient, type Asking, type Given } from './asking.js';
import { askEndpoint } from './endpoint.js';
import { clientAt, type Client } from './identity.js';
import { renews, type AuthorizationServer } from './metadata.js';
import { quotedError } from './quoted.js';
import { readRegistration, register } from './registration.js';
import { OFFLINE } from './scopes.js';
import { digest, drawn } from './secret.js';
import type { UserAgent, Visit } from './user-agent.js';

/** A token for a user's yes, and the client that it was given to. */
export async function authorizeByCode(asking: Asking, agent: UserAgent): Promise<Given> {
  const { setup, server } = asking;
  const { authorization } = server;
  if (authorization === undefined) {
    throw new Error(`the metadata of ${server.issuer} names no authorization_endpoint`);
  }
  if (!server.hasS256) {
    throw new Error(
      `${server.issuer}: code_challenge_methods_supported: expected S256: without it a code that is stolen is a token`,
    );
  }
  const over = new AbortController();
  try {
    const visit = await setup.bounded('a place to come back to', () => agent.begin(over.signal));
    return await visited(asking, authorization, visit);
  } finally {
    over.abort();
  }
}

async function visited(asking: Asking, authorization: URL, visit: Visit): Promise<Given> {
  const { setup, server, resource } = asking;
  const { redirectUri } = visit;
  checked('redirect address', redirectUri);
  const client = await clientFor(asking, redirectUri);
  const [state, verifier] = [drawn(), drawn()];
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirectUri,
    state,
    code_challenge: await digest(verifier),
    code_challenge_method: 'S256',
    resource,
    ...(asking.proofs && { dpop_jkt: await asking.proofs.thumbprint() }),
    ...scopesOf(asking),
  });
  const address = `${authorization}${authorization.search === '' ? '?' : '&'}${query}`;
  const back = await setup.bounded("the user's way back", () => visit.show(address));
  const granted = await askEndpoint(endpointOf(asking, client), {
    grant_type: 'authorization_code',
    code: codeIn(back, state, server),
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource,
  });
  return { granted, client };
}

/** The scopes to ask the user for. */
function scopesOf({ scopes, server }: Asking): Record<string, string> {
  const isOffline = renews(server) && server.scopes.includes(OFFLINE);
  const all = isOffline ? [...scopes, OFFLINE] : scopes;
  return {
    // OpenID Connect gives it to users alone who were asked.
    ...(isOffline && { prompt: 'consent' }),
    ...(all.length > 0 && { scope: all.join(' ') }),
  };
}

/**
 * The client that asks: the program's own, a document that says what it is, or one that is registered for it.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration
 */
async function clientFor(asking: Asking, redirectUri: string): Promise<Client> {
  const { setup, server } = asking;
  const { issuer, registration: endpoint } = server;
  const given = givenClient(asking);
  if (given !== undefined) return given;
  if (setup.document !== undefined && server.readsClientDocuments) {
    return clientAt(setup.document, server);
  }
  const key = setup.registrationKey(issuer);
  const known = readRegistration(await setup.kept(key), redirectUri);
  if (known !== undefined) return known.client;
  if (endpoint === undefined) {
    const hint = server.readsClientDocuments ? ' or clientIdMetadata' : '';
    throw new Error(
      `${issuer}: clients cannot register themselves there: have one registered, and name it with the option ` +
        `client${hint}`,
    );
  }
  const { clientName, fetcher } = setup;
  const dpop = asking.proofs !== undefined;
  const made = await register(fetcher, server, endpoint, { clientName, redirectUri, dpop });
  await setup.keep(key, made);
  return made.client;
}

/**
 * The code that the user came back with. Whoever sent them back has to be who they were sent to, before anything of
 * what they say is looked at or shown.
 */
export function codeIn(
  back: string,
  state: string,
  { issuer, sendsIss }: Pick<AuthorizationServer, 'issuer' | 'sendsIss'>,
): string {
  const [, query = ''] = /^[^?]*\?([^#]*)/.exec(back.trim()) ?? [];
  const said = new URLSearchParams(query);
  const one = (name: string): string | undefined => {
    const [value, ...others] = said.getAll(name);
    if (others.length > 0) throw new Error(`the user came back with ${name} twice`);
    return value;
  };
  if (one('state') !== state) {
    throw new Error('the user came back with another state than they were sent with');
  }
  const iss = one('iss');
  if (iss !== undefined && iss !== issuer) {
    const expected = JSON.stringify(issuer);
    throw new Error(`the user came back from another issuer (iss) than ${expected}`);
  }
  if (iss === undefined && sendsIss) {
    const expected = JSON.stringify(issuer);
    throw new Error(`the user came back without iss, which ${expected} says it sends`);
  }
  const error = one('error');
  if (error !== undefined) throw new Error(quotedError(error, one('error_description')));
  const code = one('code');
  if (!code) throw new Error('the user came back without a code');
  return code;
}
