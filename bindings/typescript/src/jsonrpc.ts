// The envelope: a line of JSON to a request, a notification, a response or something invalid, and
// back. Params and results stay as they are; what they mean is not known here.

import { ErrorCode, McpError, protocolError } from './error.js';
import * as LIMITS from './protocol/limits.js';
import { isObject, kindOf, parseJson, quote, type RawObject } from './wire/json.js';

/** What pairs a response with its request. */
export type Id = string | number;

/** What a line turned out to be. */
export type Message =
  | { kind: 'request'; id: Id; method: string; params: unknown }
  | { kind: 'notification'; method: string; params: unknown }
  | { kind: 'result'; id: Id; result: unknown }
  /** A response that says what went wrong; without an id it was not clear with what. */
  | { kind: 'error'; id: Id | undefined; error: McpError }
  /** What can only be answered with an error, `id` being `null` where none can be read. */
  | { kind: 'invalid'; id: Id | null; error: McpError }
  /** A response that says nothing. It is never answered. */
  | { kind: 'unusable'; reason: string };

/** Reads a line. It never throws. */
export function parseMessage(text: string): Message {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return invalid(null, (error as Error).message, ErrorCode.ParseError);
  }
  const message = readMessage(value);
  // What is too small for a number of this language has become 0, which would be answered to nobody.
  if (message.kind === 'request' && message.id === 0 && !/"id"\s*:\s*-?0\s*[,}]/.test(text)) {
    return invalid(null, 'id: integer out of range');
  }
  return message;
}

/** Whether a text is an array: a batch of messages, which revision 2025-03-26 has. */
export function isBatch(text: string): boolean {
  return /^[ \t\r\n]*\[/.test(text);
}

/**
 * Reads a batch.
 *
 * @throws McpError if it is no JSON, is empty, or has more messages than `maxBatch`.
 */
export function parseBatch(text: string): Message[] {
  let values: unknown[];
  try {
    values = parseJson(text) as unknown[];
  } catch (error) {
    throw protocolError(ErrorCode.ParseError, (error as Error).message);
  }
  const refuse = (why: string) => protocolError(ErrorCode.InvalidRequest, why);
  if (values.length === 0) throw refuse('a batch of no messages');
  if (values.length > LIMITS.maxBatch) {
    throw refuse(
      `a batch of ${values.length} messages: at most ${LIMITS.maxBatch} are taken (maxBatch)`,
    );
  }
  return values.map(readMessage);
}

/** Takes a JSON value for a message. */
export function readMessage(value: unknown): Message {
  if (!isObject(value)) return invalid(null, `expected object, found ${kindOf(value)}`);
  if (value.method === undefined && (value.result !== undefined || value.error !== undefined)) {
    return readResponse(value);
  }
  return readCall(value);
}

function readCall(value: RawObject): Message {
  const { id, method, params } = value;
  const wrongId = id === undefined ? undefined : refuseId(id);
  if (wrongId !== undefined) return invalid(null, wrongId);
  const known = id === undefined ? null : (id as Id);
  const wrong = refuseVersion(value) ?? refuseMethod(method);
  if (wrong !== undefined) return invalid(known, wrong);
  if (params !== undefined && !isObject(params)) {
    return invalid(known, `params: expected object, found ${kindOf(params)}`);
  }
  const call = { method: method as string, params };
  return known === null
    ? { kind: 'notification', ...call }
    : { kind: 'request', id: known, ...call };
}

function readResponse(value: RawObject): Message {
  const { id, result, error } = value;
  const wrong =
    refuseVersion(value) ?? (id === undefined || id === null ? undefined : refuseId(id));
  if (wrong !== undefined) return { kind: 'unusable', reason: wrong };
  if (result !== undefined && error !== undefined) {
    return { kind: 'unusable', reason: 'both a result and an error' };
  }
  const known = id === undefined || id === null ? undefined : (id as Id);
  if (error !== undefined) return readError(known, error);
  return known === undefined
    ? { kind: 'unusable', reason: 'id: required member is missing' }
    : { kind: 'result', id: known, result };
}

function readError(id: Id | undefined, error: unknown): Message {
  if (!isObject(error)) {
    return { kind: 'unusable', reason: `error: expected object, found ${kindOf(error)}` };
  }
  const { code, message, data } = error;
  if (!Number.isSafeInteger(code) || typeof message !== 'string') {
    return { kind: 'unusable', reason: 'error: expected an integer code and a message' };
  }
  return { kind: 'error', id, error: protocolError(code as number, message, data) };
}

function refuseId(id: unknown): string | undefined {
  if (typeof id === 'string') return undefined;
  if (typeof id !== 'number') return `id: expected string or number, found ${kindOf(id)}`;
  // A rounded id would be answered to nobody.
  const exact = Number.isInteger(id) ? Number.isSafeInteger(id) : Number.isFinite(id);
  return exact ? undefined : 'id: integer out of range';
}

function refuseVersion({ jsonrpc }: RawObject): string | undefined {
  if (jsonrpc === '2.0') return undefined;
  if (jsonrpc === undefined) return 'jsonrpc: required member is missing';
  const found = typeof jsonrpc === 'string' ? quote(jsonrpc) : kindOf(jsonrpc);
  return `jsonrpc: expected "2.0", found ${found}`;
}

function refuseMethod(method: unknown): string | undefined {
  if (typeof method === 'string') return undefined;
  if (method === undefined) return 'method: required member is missing';
  return `method: expected string, found ${kindOf(method)}`;
}

function invalid(id: Id | null, reason: string, code: number = ErrorCode.InvalidRequest): Message {
  return { kind: 'invalid', id, error: protocolError(code, reason) };
}

/** The id at the beginning of a message that is too long, and the member that follows it, if it shows them. */
export function readBeginning(start: string): { id: Id; next: string } | undefined {
  const [, id, next] =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*("[^"\\]*"|\d{1,15})\s*,\s*"(\w+)"/.exec(
      start,
    ) ?? [];
  return id === undefined ? undefined : { id: JSON.parse(id) as Id, next: next! };
}

/**
 * The id among the last members of a message that is too long, and its first member besides `jsonrpc`.
 *
 * In a text of JSON `"id"` right after a comma is the beginning of a name: within a string a backslash is before each
 * quotation mark. And if what follows is the rest of one object, with nothing after it, then of the outermost.
 */
export function readEnd(start: string, end: string): { id: Id; next: string } | undefined {
  const [, next] = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(\w+)"\s*:/.exec(start) ?? [];
  if (next === undefined) return undefined;
  for (let at = end.lastIndexOf('"id"'); at > 0; at = end.lastIndexOf('"id"', at - 1)) {
    if (!/,\s*$/.test(end.slice(0, at))) continue;
    try {
      const { id } = parseJson(`{${end.slice(at)}`) as RawObject;
      if (refuseId(id) === undefined) return { id: id as Id, next };
    } catch {
      // Of another object.
    }
  }
  return undefined;
}

/** A request or, without an id, a notification; `params` is JSON. */
export function writeCall(id: Id | undefined, method: string, params: string | undefined): string {
  const withId = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  const withParams = params === undefined ? '' : `,"params":${params}`;
  return `{"jsonrpc":"2.0"${withId},"method":${JSON.stringify(method)}${withParams}}`;
}

/** The longest message that is sent by whoever reads messages of this length: who raises the one raises the other. */
export function mostSent(maxMessage: number = LIMITS.maxMessage): number {
  return Math.max(maxMessage, LIMITS.maxMessage);
}

/** A response; `result` is JSON. One that is too long for whoever reads it is an error instead. */
export function writeResult(id: Id, result: string, most: number = LIMITS.maxMessage): string {
  if (isLongerThan(result, most)) {
    const what = `message longer than the limit of ${most} bytes (maxMessage)`;
    return writeError(id, protocolError(ErrorCode.InternalError, what));
  }
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

/**
 * A response that says what went wrong. Over HTTP one to no request in particular has no `id` at all. What is too
 * long is cut: errors like to say what they were given.
 */
export function writeError(id: Id | null | undefined, error: McpError): string {
  const { code = ErrorCode.InternalError, message, data } = error;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: cut(message), data } });
}

/** A text that an error says, as much of it as is sent. */
export function cut(text: string): string {
  if (!isLongerThan(text, LIMITS.maxErrorText)) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(LIMITS.maxErrorText));
  return `${text.slice(0, read)}…`;
}

/** What is said of a message that is longer than allowed: bytes. */
export function tooLong(limit: number): string {
  return `message longer than ${limit} bytes (maxMessage)`;
}

/** Whether a text has more bytes than this. */
export function isLongerThan(text: string, bytes: number): boolean {
  // No character has more than three bytes a unit; only in between they have to be counted.
  if (text.length > bytes) return true;
  return 3 * text.length > bytes && new TextEncoder().encode(text).length > bytes;
}
