// One HTTP request and the head of its answer, with credentials, without redirects.

import { Broken, interrupted } from './broken.js';
import type { Deadline } from './deadline.js';
import type { HttpTarget } from './target.js';
import { McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import { quote } from '../wire/json.js';

/** What stands in the head of a request, by the names of headers in lower case. */
export type HeadersOf = Readonly<Record<string, string>>;

type HttpMethod = 'POST' | 'GET' | 'DELETE';

/**
 * Sends a request until it is not refused for its credentials any more, or cannot get better ones.
 *
 * @throws Broken if there is no answer; McpError if the answer leads elsewhere; what ends the call.
 */
export async function exchange(
  target: HttpTarget,
  method: HttpMethod,
  headers: HeadersOf,
  body: string | undefined,
  deadline: Deadline,
): Promise<Response> {
  const { authorize } = target;
  const all = {
    ...target.headers,
    accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  if (authorize === undefined) return send(target, method, all, body, deadline);
  const { signal } = deadline;
  for (let attempt = 0; attempt <= LIMITS.authAttempts; attempt++) {
    const head = { method, url: target.url, headers: new Headers(all) };
    await beside(deadline, authorize.authorize(head, signal));
    const answer = await send(target, method, head.headers, body, deadline);
    const again = await beside(deadline, authorize.answered(head, answer, signal));
    if (!again || (answer.status !== 401 && answer.status !== 403)) return answer;
    discard(answer);
  }
  throw new McpError(
    'http',
    `${target.address} refused ${LIMITS.authAttempts} credentials in a row, each said to be better (authAttempts)`,
    { status: 401 },
  );
}

function beside<T>(deadline: Deadline, work: T | Promise<T>): T | Promise<T> {
  return work instanceof Promise ? deadline.beside(work) : work;
}

async function send(
  target: HttpTarget,
  method: HttpMethod,
  headers: HeadersOf | Headers,
  body: string | undefined,
  deadline: Deadline,
): Promise<Response> {
  const { signal } = deadline;
  const init = { method, headers, redirect: 'manual', signal } as const;
  let answer: Response;
  try {
    const sent = target.fetch(target.url, body === undefined ? init : { ...init, body });
    answer = await deadline.within(sent);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const why = `${target.address}: ${causesOf(cause)}`;
    if (mayHaveBeenSent(cause)) throw interrupted(why, cause);
    throw new Broken('unreachable', false, new McpError('unreachable', why, { cause }));
  }
  const leads = answer.type === 'opaqueredirect' || (answer.status >= 300 && answer.status < 400);
  if (leads) throw redirected(target, answer);
  return answer;
}

function redirected(target: HttpTarget, answer: Response): McpError {
  discard(answer);
  const [to = ''] = (answer.headers.get('location') ?? '').split(/[?#]/);
  // Browsers say that there is a redirect, and nothing about it.
  const where = to === '' ? 'elsewhere' : quote(to);
  const status = answer.status === 0 ? '' : ` (HTTP ${answer.status})`;
  return new McpError(
    'http',
    `${target.address} leads to ${where}${status}, and redirects are not followed: connect to that address if it ` +
      'is yours',
    { status: answer.status },
  );
}

/** Lets go of an answer whose body nobody reads. */
export function discard(answer: Response): void {
  answer.body?.cancel().catch(() => {});
}

/** Whether the body is of this kind. */
export function isOf(answer: Response, kind: string): boolean {
  const [found = ''] = (answer.headers.get('content-type') ?? '').split(';');
  return found.trim().toLowerCase() === kind;
}

/** Codes of errors that come before anything is sent, as Node and Bun give them. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
]);

/**
 * Whether the request of an error may have arrived. Browsers do not say; what is not said is taken for the worse.
 */
function mayHaveBeenSent(error: unknown): boolean {
  for (const one of chainOf(error)) {
    const { code, syscall } = one as { code?: unknown; syscall?: unknown };
    if (NOT_SENT.has(code as string) || syscall === 'connect') return false;
    // Deno has words alone.
    if (/client error \(Connect\)|error trying to connect/.test(one.message)) return false;
  }
  return true;
}

/** What an error says, and what it says of its causes. */
export function causesOf(error: unknown): string {
  const said = chainOf(error).map(({ message, code }) => message || code || '');
  return said.length > 0 ? said.filter((words) => words !== '').join(': ') : String(error);
}

function chainOf(error: unknown): (Error & { code?: string })[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error && chain.length < 8; one = one.cause) chain.push(one);
  return chain;
}
