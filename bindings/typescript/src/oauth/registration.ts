// A client makes itself known to an authorization server that has never heard of it.
// https://www.rfc-editor.org/rfc/rfc7591.html

import { isLoopback } from '../auth/address.js';
import { isObject } from '../wire/json.js';
import { documentIn, type Fetcher } from '../auth/fetcher.js';
import { isTaken, type Client, type Method } from './identity.js';
import { renews, type AuthorizationServer } from './metadata.js';
import { refusalOf } from './refusal.js';
import { seconds } from './secret.js';

/** A client that made itself known. */
export interface Registration {
  readonly client: Client;
  /** Where its users come back to. */
  readonly redirectUri: string;
  /** Seconds after 1970; 0 for never. */
  readonly expiresAt: number;
}

/** What a client says of itself. */
export interface Registering {
  readonly clientName: string;
  readonly redirectUri: string;
  /** Whether its tokens are to be bound to a key. */
  readonly dpop: boolean;
}

/** A registration that was kept, if it is good for this redirect address. */
export function readRegistration(value: unknown, redirectUri: string): Registration | undefined {
  if (!isObject(value) || !isObject(value.client) || typeof value.client.id !== 'string') {
    return undefined;
  }
  const { redirectUri: own, expiresAt } = value;
  const isGood = expiresAt === 0 || (typeof expiresAt === 'number' && expiresAt > seconds());
  return own === redirectUri && isGood ? (value as unknown as Registration) : undefined;
}

/**
 * Registers at this endpoint.
 *
 * @throws Error if the authorization server refuses it, or its answer is no registration.
 */
export async function register(
  fetcher: Fetcher,
  server: AuthorizationServer,
  endpoint: URL,
  { clientName, redirectUri, dpop }: Registering,
): Promise<Registration> {
  const wanted = methodFor(server);
  const body = JSON.stringify({
    client_name: clientName,
    redirect_uris: [redirectUri],
    grant_types: renews(server) ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: wanted,
    application_type: applicationType(redirectUri),
    ...(dpop && { dpop_bound_access_tokens: true }),
  });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const answer = await fetcher.send(endpoint, { method: 'POST', headers, body });
  if (answer.status !== 201 && answer.status !== 200) {
    const why = refusalOf(endpoint, answer).message;
    const what = `the client cannot be registered with the redirect address ${JSON.stringify(redirectUri)}`;
    throw new Error(`${what}: ${why}`);
  }
  const {
    client_id: id,
    client_secret: secret,
    client_secret_expires_at: expiresAt,
    token_endpoint_auth_method: named,
  } = documentIn(endpoint, answer) ?? {};
  // What is wrong with it is told without its text: a secret may be in it.
  if (typeof id !== 'string' || !(secret == null || typeof secret === 'string')) {
    throw new Error(`${endpoint}: the answer is no registration`);
  }
  const method = named ?? wanted;
  if (!(ABLE as readonly unknown[]).includes(method)) {
    const expected = `token_endpoint_auth_method: expected ${wanted}, found another one`;
    throw new Error(`${endpoint}: ${expected}`);
  }
  const client: Client = {
    id,
    method: method as Method,
    ...(typeof secret === 'string' && { secret }),
    given: false,
  };
  return { client, redirectUri, expiresAt: typeof expiresAt === 'number' ? expiresAt : 0 };
}

const ABLE = ['none', 'client_secret_basic', 'client_secret_post'] as const;

/** How it wants to prove who it is: not at all where that is taken, since a secret on a user's machine is none. */
function methodFor(server: AuthorizationServer): Method {
  const method = ABLE.find((one) => isTaken(one, server));
  if (method !== undefined) return method;
  throw new Error(
    `${server.issuer}: a client that registers itself cannot prove itself in a way that is taken there`,
  );
}

/** Whether its users come back to a program or to a site. */
export function applicationType(redirectUri: string): 'native' | 'web' {
  const url = new URL(redirectUri);
  const isSite = /^https?:$/.test(url.protocol) && !isLoopback(url);
  return isSite ? 'web' : 'native';
}
