// What an authorization server says that refuses.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2

import { documentIn, type Answer } from '../auth/fetcher.js';
import { quotedError } from './quoted.js';

/** An authorization server gives no token, and says why with a code. Its message is all that there is to tell. */
export class Refusal extends Error {
  /** `invalid_grant` */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  /** Whether the authorization server does not know the client, or not any more. */
  get isOfClient(): boolean {
    return this.code === 'invalid_client' || this.code === 'unauthorized_client';
  }

  /** Whether what was shown is worth nothing any more. */
  get isOfGrant(): boolean {
    return this.code === 'invalid_grant';
  }
}

/** What a server answered that gave nothing: a {@link Refusal} if it says why. */
export function refusalOf(url: URL, answer: Answer): Error {
  const { error, error_description: description } = documentIn(url, answer) ?? {};
  if (typeof error !== 'string') {
    return new Error(`${url}: expected HTTP 200, found ${answer.status}`);
  }
  const words = typeof description === 'string' ? description : undefined;
  return new Refusal(error, `${url}: ${quotedError(error, words)}`);
}
