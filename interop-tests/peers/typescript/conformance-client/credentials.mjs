// What a user of each scenario has in hand: credentials, or a browser. The choice among them is the user's; all that
// becomes of it is the SDK's.

import {
  authorizationCode,
  clientCredentials,
  enterprise,
  jwtBearer,
  PrivateKey,
  unattended,
} from '../../../../bindings/typescript/dist/bundled/oauth.js';

/** Where the suite's users come back to: nobody listens there, since nobody is sent there. */
const BACK = 'http://localhost:3000/callback';

/** The document that the suite takes for ours. */
const DOCUMENT = 'https://conformance-test.local/client-metadata.json';

/** What gives requests their credentials; nothing where no server asks for any. */
export async function credentialsOf(scenario, known, url) {
  const id = known.client_id;
  const bySecret = { id, secret: known.client_secret };
  switch (scenario) {
    case 'auth/client-credentials-jwt':
      return clientCredentials(url, {
        id,
        privateKey: await PrivateKey.fromPem(known.private_key_pem),
      });
    case 'auth/client-credentials-basic':
      return clientCredentials(url, bySecret);
    case 'auth/wif-jwt-bearer':
      return jwtBearer(url, id, known.valid_jwt);
    case 'auth/enterprise-managed-authorization':
      return enterprise(url, bySecret, {
        issuer: known.idp_issuer,
        client: known.idp_client_id,
        idToken: known.idp_id_token,
        tokenEndpoint: known.idp_token_endpoint,
      });
    case 'auth/pre-registration':
      return user(url, { client: bySecret });
    default:
      return scenario.startsWith('auth/') ? user(url, {}) : undefined;
  }
}

/** A user with a browser, who says yes. */
function user(url, options) {
  const agent = unattended(BACK, sentBack);
  return authorizationCode(url, agent, { clientIdMetadata: DOCUMENT, ...options });
}

/** Where the authorization server sends its user: the suite's answers at once. */
async function sentBack(address) {
  const answer = await fetch(address, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`expected a redirect, found HTTP ${answer.status}`);
  return new URL(location, address).href;
}
