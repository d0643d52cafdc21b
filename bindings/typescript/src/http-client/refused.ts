// Answers whose status says no: what they mean for a call.

import { Broken } from './broken.js';
import type { Deadline } from './deadline.js';
import { ErrorCode, McpError } from '../error.js';
import { parseMessage, type Id } from '../jsonrpc.js';
import * as LIMITS from '../protocol/limits.js';

/** What was sent and refused. */
export interface Refused {
  /** The id of the request, if it was one. */
  readonly id: Id | undefined;
  /** What was sent, if anything was. */
  readonly text: string | undefined;
  /** It named a session. */
  readonly inSession: boolean;
  readonly address: string;
}

/** What an answer means that says no, as an error to be thrown. */
export async function refusal(sent: Refused, answer: Response, deadline: Deadline): Promise<Error> {
  const body = await beginningOf(answer, deadline);
  const said = protocolErrorIn(body, sent.id);
  const { status } = answer;
  const http = (text: string) => new McpError('http', text, { status });
  if (status === 404 && sent.inSession && said?.code !== ErrorCode.MethodNotFound) {
    return new Broken('session_lost', true, http(words(sent.address, answer, body)));
  }
  if (status === 413) {
    const size = new TextEncoder().encode(sent.text ?? '').length;
    const why = said?.message ?? firstWords(body);
    const text =
      `${sent.address} takes no message of ${size} bytes (HTTP 413: ${why}): send less, or raise its limit ` +
      '(maxMessage)';
    return new Broken('too_large', true, http(text));
  }
  // Who may ask is no matter of the protocol, whatever the body looks like.
  if (status === 401 || status === 403) {
    return http(words(sent.address, answer, said?.message ?? body));
  }
  if (said !== undefined) return saidNo(said);
  const error = http(words(sent.address, answer, body));
  // Something between the two lost the server's answer.
  return status === 502 || status === 504 ? new Broken('interrupted', true, error) : error;
}

/** What it means where a stream was asked for, and no request: the status alone, whatever the body says. */
export async function noStream(
  sent: Refused,
  answer: Response,
  deadline: Deadline,
): Promise<Error> {
  const body = await beginningOf(answer, deadline);
  const { status } = answer;
  const error = new McpError('http', words(sent.address, answer, body), { status });
  return sent.inSession && status === 404 ? new Broken('session_lost', true, error) : error;
}

/** What an error of JSON-RPC means for a call. */
export function saidNo(error: McpError): Error {
  return error.code === ErrorCode.HeaderMismatch
    ? new Broken('header_mismatch', true, error)
    : error;
}

/** The error of JSON-RPC that a body is, for this request or for none that could be read. */
function protocolErrorIn(body: string, id: Id | undefined): McpError | undefined {
  const message = parseMessage(body);
  const isOurs = message.kind === 'error' && (message.id === undefined || message.id === id);
  return isOurs ? message.error : undefined;
}

/** As much of a body as is looked at. One that breaks off is taken as far as it came. */
async function beginningOf(answer: Response, deadline: Deadline): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < LIMITS.maxRefusal) {
      const { done, value } = await deadline.within(reader.read());
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    if (deadline.signal.aborted) throw deadline.signal.reason;
  }
  reader.cancel().catch(() => {});
  return text.slice(0, LIMITS.maxRefusal);
}

function words(address: string, { status, statusText }: Response, body: string): string {
  const said = firstWords(body);
  const name = statusText === '' ? '' : ` ${firstWords(statusText)}`;
  const what = `${address} answered ${status}${name}${said === '' ? '' : `: ${said}`}`;
  if (status === 401) return `${what}: give the client credentials (authorize, or a header)`;
  if (status === 403) return `${what}: these credentials, or this client's origin, are not let in`;
  return what;
}

/** The first words of a body, on one line. */
function firstWords(body: string): string {
  const begins = body
    .slice(0, LIMITS.maxRefusalWords)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return body.length > LIMITS.maxRefusalWords ? `${begins}…` : begins;
}
