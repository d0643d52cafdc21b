// Headers held to the message that they repeat: gateways route by the headers, servers act by the body, and
// nobody may tell the two different things.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation

import { ErrorCode, protocolError, type McpError } from '../error.js';
import { decodeHeader, HEADER } from '../headers.js';
import type { Mirrored } from '../schema/mirrored.js';
import { findMethod } from '../protocol/methods.js';
import { bitOf, type Revision } from '../protocol/revisions.js';
import { META } from '../revision.js';
import { isObject, quote } from '../wire/json.js';
import type { RequestHead } from './exchange.js';

/**
 * Holds the headers of a modern request to its body.
 *
 * @throws McpError for the first thing that is missing or says something else.
 */
export function requireAgreement(
  head: RequestHead,
  revision: Revision,
  method: string,
  params: unknown,
  mirroredOf: (tool: string) => readonly Mirrored[],
): void {
  const given = isObject(params) ? params : {};
  requireMeta(given._meta);
  const found = required(head, HEADER.method);
  if (found !== method) throw differs(HEADER.method, found, method);
  const member = findMethod(method, 'server', bitOf(revision))?.nameHeader;
  const name = member === undefined ? undefined : given[member];
  if (typeof name !== 'string') return;
  const said = decoded(HEADER.name, required(head, HEADER.name));
  if (said !== name) throw differs(HEADER.name, said, name);
  if (method === 'tools/call') requireArguments(head, given.arguments, mirroredOf(name));
}

/** What every modern request has to say. */
function requireMeta(meta: unknown): void {
  const missing = !isObject(meta)
    ? ''
    : typeof meta[META.revision] !== 'string'
      ? `.${META.revision}`
      : meta[META.capabilities] === undefined
        ? `.${META.capabilities}`
        : undefined;
  if (missing === undefined) return;
  throw protocolError(
    ErrorCode.InvalidParams,
    `params._meta${missing}: required member is missing`,
  );
}

/** Holds the headers that repeat arguments to them. */
function requireArguments(head: RequestHead, given: unknown, all: readonly Mirrored[]): void {
  for (const mirrored of all) {
    const name = `${HEADER.param}${mirrored.header.toLowerCase()}`;
    const value = mirrored.valueIn(given);
    const found = single(head, name);
    if (found === undefined) {
      if (value !== undefined) throw absent(name);
      continue;
    }
    const said = decoded(name, found);
    if (value === undefined) {
      throw mismatch(`${name} is ${quote(said)}, and the body has no ${mirrored.shown}`);
    }
    if (!mirrored.agrees(said, value)) throw differs(name, said, value);
  }
}

/** The revision that the headers name. */
export function revisionOf(head: RequestHead): string | undefined {
  return single(head, HEADER.protocolVersion);
}

/** That the headers name another revision than the body, or none. */
export function otherRevision(found: string | undefined, said: string): McpError {
  return found === undefined
    ? absent(HEADER.protocolVersion)
    : differs(HEADER.protocolVersion, found, said);
}

/** The value of a header that may be there once. */
function single(head: RequestHead, name: string): string | undefined {
  const value = head.header(name);
  if (value !== undefined && head.isRepeated(name)) {
    throw mismatch(`${name} is there more than once`);
  }
  return value;
}

function required(head: RequestHead, name: string): string {
  const value = single(head, name);
  if (value === undefined) throw absent(name);
  return value;
}

function decoded(name: string, value: string): string {
  try {
    return decodeHeader(value.replace(/^[ \t]+|[ \t]+$/g, ''));
  } catch (error) {
    throw mismatch(`${name}: ${(error as Error).message}`);
  }
}

function differs(name: string, found: string, said: string): McpError {
  return mismatch(`${name} is ${quote(found)}, and the body says ${quote(said)}`);
}

function absent(name: string): McpError {
  return mismatch(`${name}: required header is missing`);
}

function mismatch(what: string): McpError {
  return protocolError(ErrorCode.HeaderMismatch, `header mismatch: ${what}`);
}
