// Asking a token endpoint: who asks, by which proof, and what became of it.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2

import * as LIMITS from '../protocol/limits.js';
import { PROOF, type Proofs } from './dpop.js';
import { documentIn, type Answer, type Fetcher } from '../auth/fetcher.js';
import type { Client } from './identity.js';
import { Refusal, refusalOf } from './refusal.js';
import { drawn, seconds } from './secret.js';
import { readGrant, type Granted } from './token.js';

const SIGNED = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A token endpoint, as one client sees it. */
export interface Endpoint {
  readonly fetcher: Fetcher;
  readonly url: URL;
  /** Whose endpoint it is: what is signed, is signed for it. */
  readonly issuer: string;
  readonly client: Client;
  /** The key that the token is to be bound to. */
  readonly proofs: Proofs | undefined;
}

/**
 * Asks with this form. For want of a nonce it is asked once more.
 *
 * @throws Refusal if the authorization server says why it gives nothing, another Error if there is no answer from it.
 */
export async function askEndpoint(
  endpoint: Endpoint,
  form: Readonly<Record<string, string>>,
): Promise<Granted> {
  const { url, proofs } = endpoint;
  let { answer, proof } = await send(endpoint, form);
  if (
    proofs !== undefined &&
    wantsNonce(url, answer) &&
    proofs.refused(url, proof, answer.headers)
  ) {
    ({ answer, proof } = await send(endpoint, form));
  }
  proofs?.accepted(url, answer.headers);
  const isGood = answer.status >= 200 && answer.status < 300;
  const granted = isGood ? readGrant(documentIn(url, answer)) : undefined;
  if (granted !== undefined) return granted;
  const refusal = refusalOf(url, answer);
  // What is wrong with it is told without its text: a token may be in it.
  throw isGood && !(refusal instanceof Refusal)
    ? new Error(`${url}: the answer is no token`)
    : refusal;
}

async function send(
  { fetcher, url, issuer, client, proofs }: Endpoint,
  form: Readonly<Record<string, string>>,
): Promise<{ answer: Answer; proof: string | null }> {
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  });
  const body = new URLSearchParams(form);
  switch (client.method) {
    case 'none':
      body.set('client_id', client.id);
      break;
    case 'client_secret_post':
      body.set('client_id', client.id);
      body.set('client_secret', client.secret ?? '');
      break;
    case 'client_secret_basic':
      headers.set('authorization', basic(client.id, client.secret ?? ''));
      break;
    case 'private_key_jwt':
      body.set('client_assertion_type', SIGNED);
      body.set('client_assertion', await statement(client, issuer));
  }
  const proof = (await proofs?.prove('POST', url)) ?? null;
  if (proof !== null) headers.set(PROOF, proof);
  const answer = await fetcher.send(url, { method: 'POST', headers, body: body.toString() });
  return { answer, proof };
}

function wantsNonce(url: URL, answer: Answer): boolean {
  if (answer.status !== 400) return false;
  const refusal = refusalOf(url, answer);
  return refusal instanceof Refusal && refusal.code === 'use_dpop_nonce';
}

/** What a client signs to say who it is. */
async function statement({ id, privateKey }: Client, issuer: string): Promise<string> {
  if (privateKey === undefined) {
    throw new Error(`${id}: the private key of the client is not here`);
  }
  const now = seconds();
  const exp = now + LIMITS.assertionLifetime / 1000;
  return privateKey.sign({ iss: id, sub: id, aud: issuer, jti: drawn(), iat: now, exp });
}

/** Id and secret in the header, each encoded as in a form before. */
export function basic(id: string, secret: string): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${btoa(`${encoded(id)}:${encoded(secret)}`)}`;
}
