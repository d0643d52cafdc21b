// Credentials of a client: what puts them on its HTTP requests, and learns from the answers.

import type { Awaitable } from '../awaitable.js';

/** The head of a request that a client is about to send. */
export interface SentHead {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly url: URL;
  /** What is added here is sent. */
  readonly headers: Headers;
}

/** The head of an answer, before its body is read. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

/** What gives a client's HTTP requests their credentials. It sees heads alone, never what is asked or answered. */
export interface Authorize {
  /**
   * Adds to a request what it needs; called right before it is sent, each time that it is sent.
   *
   * @throws McpError if there is no way to get credentials: the request is not sent then.
   */
  authorize(request: SentHead, signal: AbortSignal): Awaitable<void>;

  /**
   * Learns from an answer, whatever its status. Tells whether the request is to be sent once more, with better
   * credentials: that is for refusals (401 and 403) alone, and for whoever implements this to bound.
   *
   * @throws McpError if better credentials were needed and cannot be had: the call ends with this.
   */
  answered(request: SentHead, answer: AnswerHead, signal: AbortSignal): Awaitable<boolean>;
}
