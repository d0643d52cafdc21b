// What a client shows for a token: a user's yes, what it is itself, or what somebody else says of it.

import { checked } from '../auth/address.js';
import { endpointOf, givenClient, type Asking, type Given } from './asking.js';
import type { Assertion, IdentityProvider } from './assertion.js';
import { authorizeByCode } from './code.js';
import { authorizationServer } from './discovery.js';
import { askEndpoint } from './endpoint.js';
import { clientAt, identityOf, type Client } from './identity.js';
import { reachable, unsaid } from './metadata.js';
import type { Setup } from './setup.js';
import type { Granted } from './token.js';
import type { UserAgent } from './user-agent.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** How tokens are got. */
export type Grant =
  | { readonly kind: 'authorization_code'; readonly agent: UserAgent }
  | { readonly kind: 'client_credentials' }
  | { readonly kind: 'jwt_bearer'; readonly assertion: Assertion }
  | { readonly kind: 'enterprise'; readonly provider: IdentityProvider };

/** Asks for a token with what the program has to show. */
export async function askFor(asking: Asking): Promise<Given> {
  const { setup, server } = asking;
  const scope = asking.scopes.join(' ');
  const { grant } = setup;
  switch (grant.kind) {
    case 'authorization_code':
      return authorizeByCode(asking, grant.agent);
    case 'client_credentials':
      return shown(asking, { grant_type: grant.kind }, scope);
    case 'jwt_bearer': {
      const assertion = await said(setup, grant.assertion, server.issuer);
      return shown(asking, { grant_type: JWT_BEARER, assertion }, scope);
    }
    case 'enterprise': {
      const { access, scope: allowed } = await exchanged(asking, grant.provider, scope);
      // The enterprise may allow less than was asked for.
      return shown(asking, { grant_type: JWT_BEARER, assertion: access }, allowed ?? scope);
    }
  }
}

/** What somebody says, for this issuer; without the line's end that files have. */
async function said(setup: Setup, assertion: Assertion, issuer: string): Promise<string> {
  if (typeof assertion === 'string') return assertion.trim();
  return (await setup.bounded('the assertion', () => assertion(issuer))).trim();
}

/** Asks with what there is to show, and without a user. */
async function shown(
  asking: Asking,
  form: Readonly<Record<string, string>>,
  scope: string,
): Promise<Given> {
  const client = givenClient(asking);
  if (client === undefined) throw new Error('the program has no client: see ClientIdentity');
  const { resource } = asking;
  const whole = { ...form, resource, ...(scope !== '' && { scope }) };
  return { granted: await askEndpoint(endpointOf(asking, client), whole), client };
}

/**
 * What the identity provider says of its user, for this authorization server.
 * https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
 */
async function exchanged(
  { setup, server, resource }: Asking,
  provider: IdentityProvider,
  scope: string,
): Promise<Granted> {
  const { url, client } = await providerAt(setup, provider);
  const form = {
    grant_type: EXCHANGE,
    requested_token_type: ID_JAG,
    audience: server.issuer,
    resource,
    subject_token: await said(setup, provider.idToken, provider.issuer),
    subject_token_type: ID_TOKEN,
    ...(scope !== '' && { scope }),
  };
  const { fetcher } = setup;
  const endpoint = { fetcher, url, issuer: provider.issuer, client, proofs: undefined };
  const granted = await askEndpoint(endpoint, form);
  if (granted.issuedType === ID_JAG) return granted;
  throw new Error(`${url}: issued_token_type: expected ${ID_JAG}`);
}

/** The token endpoint of an identity provider, and the program as its client. */
async function providerAt(
  { fetcher }: Setup,
  { issuer, client, tokenEndpoint }: IdentityProvider,
): Promise<{ url: URL; client: Client }> {
  const from = checked("the identity provider's issuer", issuer);
  const identity = identityOf(client);
  if (tokenEndpoint === undefined) {
    const server = await authorizationServer(fetcher, issuer, from);
    return { url: server.token, client: clientAt(identity, server) };
  }
  const url = reachable('token_endpoint', tokenEndpoint, from);
  // What it takes is not known then.
  return { url, client: clientAt(identity, { ...unsaid(url), authentication: undefined }) };
}
