// One request by POST and its answer: JSON that is there at once, or a stream together with what the server asks
// and tells meanwhile, which goes on elsewhere where it breaks off and can be resumed.

import { Broken, fitting, interrupted } from './broken.js';
import type { Deadline } from './deadline.js';
import type { Endpoint, Sending } from './endpoint.js';
import { BEGINNING, Events, type Place } from './events.js';
import { causesOf, discard, exchange, isOf } from './exchange.js';
import { Opened } from './legacy.js';
import { messagesIn } from './messages.js';
import { openStream } from './news.js';
import { refusal, saidNo } from './refused.js';
import { McpError } from '../error.js';
import { HEADER } from '../headers.js';
import {
  isLongerThan,
  mostSent,
  readBeginning,
  tooLong,
  writeCall,
  type Id,
  type Message,
} from '../jsonrpc.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import { isObject, quote } from '../wire/json.js';

/** An answer. Its absence is not there yet. */
interface Answer {
  readonly result: unknown;
}

/** The request whose answer is awaited. */
interface Asking {
  readonly id: Id;
  readonly method: string;
  readonly session: Opened | undefined;
}

/**
 * Sends a request and waits for its result, with whatever its stream needs to get there.
 *
 * @param cancellable Whether a legacy server is told when nobody waits any more; a modern one sees the stream end.
 * @throws Broken where there is a rule for what happened; anything else is how the call ends.
 */
export async function attempt(
  endpoint: Endpoint,
  message: Sending,
  cancellable: boolean,
  deadline: Deadline,
): Promise<unknown> {
  const { method } = message;
  const id = endpoint.nextId();
  const text = writeCall(id, method.name, message.text);
  const most = mostSent(endpoint.target.maxMessage);
  if (isLongerThan(text, most)) {
    throw new McpError('encode', `${method.name}: ${tooLong(most)}`);
  }
  const { headers, session } = endpoint.headersOf(message);
  const asking = { id, method: method.name, session };
  const isList = method.name === methods.listTools.name;
  try {
    const answer = await exchange(endpoint.target, 'POST', headers, text, deadline);
    endpoint.lookout.saw();
    const result = await resultOf(endpoint, asking, answer, text, deadline);
    if (method.name === methods.initialize.name) opened(endpoint, message, answer, result);
    if (isList && session === undefined)
      endpoint.mirrors.learn(result, endpoint.options.diagnostics);
    return result;
  } catch (error) {
    if (cancellable && session !== undefined && deadline.signal.aborted && !endpoint.isClosed) {
      endpoint.cancelled(id, error);
    }
    throw error;
  }
}

/** Takes note of an answered `initialize`. What is no answer to it is for whoever decodes it. */
function opened(endpoint: Endpoint, { text }: Sending, answer: Response, result: unknown): void {
  if (!isObject(result) || typeof result.protocolVersion !== 'string') return;
  const id = answer.headers.get(HEADER.sessionId) ?? undefined;
  endpoint.session = new Opened(id, result.protocolVersion, text);
}

async function resultOf(
  endpoint: Endpoint,
  asking: Asking,
  answer: Response,
  text: string,
  deadline: Deadline,
): Promise<unknown> {
  const { target } = endpoint;
  if (!answer.ok) {
    const inSession = asking.session?.id !== undefined;
    const sent = { id: asking.id, text, inSession, address: target.address };
    throw await refusal(sent, answer, deadline);
  }
  if (isOf(answer, 'application/json')) return readAnswer(endpoint, asking, answer, deadline);
  if (isOf(answer, 'text/event-stream')) {
    const events = new Events(answer, target.maxMessage, BEGINNING);
    return follow(endpoint, asking, events, deadline);
  }
  discard(answer);
  const found = quote(answer.headers.get('content-type') ?? 'nothing');
  throw wrong(asking, `expected JSON or an event stream, found ${found} (HTTP ${answer.status})`);
}

/** Reads an answer that is there at once. */
async function readAnswer(
  endpoint: Endpoint,
  asking: Asking,
  answer: Response,
  deadline: Deadline,
): Promise<unknown> {
  const bytes = await readBody(endpoint, asking, answer, deadline);
  const found = await lookThrough(endpoint, asking, bytes, deadline);
  if (found !== undefined) return found.result;
  throw wrong(asking, 'expected a response with the id of the request');
}

async function readBody(
  { target }: Endpoint,
  asking: Asking,
  answer: Response,
  deadline: Deadline,
): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    let piece: ReadableStreamReadResult<Uint8Array>;
    try {
      piece = await deadline.within(reader.read());
    } catch (error) {
      reader.cancel().catch(() => {});
      if (deadline.signal.aborted) throw error;
      throw interrupted(causesOf(error), error);
    }
    if (piece.done) break;
    pieces.push(piece.value);
    size += piece.value.length;
    if (size > target.maxMessage) {
      reader.cancel().catch(() => {});
      throw wrong(asking, tooLong(target.maxMessage));
    }
  }
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Reads a stream until the answer is there; a legacy one that ends before that is resumed where that can be done. */
async function follow(
  endpoint: Endpoint,
  asking: Asking,
  first: Events,
  deadline: Deadline,
): Promise<unknown> {
  let events = first;
  let still = 0;
  try {
    for (;;) {
      const next = await events.next(deadline);
      if (next.kind === 'event') {
        const found = await lookThrough(endpoint, asking, next.data, deadline);
        if (found === undefined) continue;
        events.letGo();
        return found.result;
      }
      if (next.kind === 'tooLong') {
        refuseLong(endpoint, asking, next.beginning);
        continue;
      }
      if (events.hasMoved) still = 0;
      const why = next.why ?? 'the stream ended before the answer';
      const resumed = await resume(endpoint, asking, events.place, why, still, deadline);
      ({ events, still } = resumed);
    }
  } catch (error) {
    events.close();
    throw error;
  }
}

/** An event that is too long fails the call if it may be its answer; any other is only reported. */
function refuseLong(endpoint: Endpoint, asking: Asking, beginning: Uint8Array): void {
  const limit = tooLong(endpoint.target.maxMessage);
  const read = readBeginning(new TextDecoder().decode(beginning));
  const isAnother = read !== undefined && (read.next === 'method' || read.id !== asking.id);
  if (!isAnother) throw wrong(asking, limit);
  endpoint.options.diagnostics({ level: 'warning', message: limit });
}

/** Takes what one text holds; gives the answer if it is there. */
async function lookThrough(
  endpoint: Endpoint,
  asking: Asking,
  bytes: Uint8Array,
  deadline: Deadline,
): Promise<Answer | undefined> {
  let found: Answer | undefined;
  for (const message of messagesIn(bytes)) {
    const answer = answerIn(asking, message);
    if (answer !== undefined) {
      found = answer;
    } else {
      const taken = endpoint.take(message, deadline.signal);
      if (taken !== undefined) await deadline.within(taken);
    }
  }
  return found;
}

/**
 * The answer that a message is, if it is the awaited one.
 *
 * @throws The error that it says, or what is wrong with it: on the way of one request, what names no other is about
 * this one.
 */
function answerIn(asking: Asking, message: Message): Answer | undefined {
  switch (message.kind) {
    case 'result':
      return message.id === asking.id ? message : undefined;
    case 'error':
      if (message.id === asking.id) throw saidNo(message.error);
      if (message.id === undefined) throw wrong(asking, message.error.message);
      return undefined;
    case 'unusable':
      throw wrong(asking, message.reason);
    default:
      return undefined;
  }
}

/**
 * The continuation of a stream that ended before its answer.
 *
 * @throws If there is none.
 */
async function resume(
  endpoint: Endpoint,
  { session }: Asking,
  place: Place,
  ended: string,
  tried: number,
  deadline: Deadline,
): Promise<{ events: Events; still: number }> {
  const row = fitting('stream_ended', true, false);
  let why = ended;
  if (session === undefined || place.lastEventId === '' || row?.action !== 'resume') {
    throw interrupted(why);
  }
  for (let still = tried; ; still++) {
    if (still >= row.atMost) {
      const words = `${why}, and was resumed ${still} times without anything new (resumeAttempts)`;
      throw new Broken('stream_ended', true, new McpError('closed', words));
    }
    // Never before the server wants it.
    await deadline.pause(place.retry ?? LIMITS.sseRetry);
    try {
      const events = await openStream(endpoint, session, place, deadline);
      return { events, still: still + 1 };
    } catch (error) {
      if (error instanceof Broken && error.failed !== 'session_lost') {
        why = error.error.message;
      } else if (error instanceof McpError && error.kind === 'http') {
        throw interrupted(`${why}, and cannot be resumed: ${error.message}`, error);
      } else {
        throw error;
      }
    }
  }
}

/** An answer that is none. */
function wrong({ method }: Asking, message: string): McpError {
  return new McpError('decode', `the answer to ${method}: ${message}`);
}
