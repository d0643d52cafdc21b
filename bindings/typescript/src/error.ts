// Errors of this package, and the codes that JSON-RPC and the protocol give to theirs.

import { DecodeError, EncodeError } from './wire/error.js';

/**
 * What went wrong:
 * `protocol` – an error of JSON-RPC, the other side's or one that a handler throws to have it sent;
 * `decode` – a message is not what its type says; `encode` – neither is what was to be sent;
 * `timeout` – an answer did not come in time;
 * `closed` – the connection ended, and what was being asked may have been done;
 * `unreachable` – there was no connection to the server, and nothing was sent;
 * `outcome_unknown` – a request was sent, or may have been, and nothing says what became of it;
 * `http` – a server answered with a status that says no;
 * `authorization` – a server wants credentials, and there is no way to get them;
 * `negotiation` – the two sides have no revision in common, or not what is wanted;
 * `cancelled` – a task was cancelled, and has no result;
 * `tool` – a tool that was called failed; `setup` – this side is configured wrongly.
 */
export type ErrorKind =
  | 'protocol'
  | 'decode'
  | 'encode'
  | 'timeout'
  | 'closed'
  | 'unreachable'
  | 'outcome_unknown'
  | 'http'
  | 'authorization'
  | 'negotiation'
  | 'cancelled'
  | 'tool'
  | 'setup';

/** Codes of JSON-RPC errors. */
export const ErrorCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  /** In legacy revisions; modern ones say `InvalidParams`. */
  ResourceNotFound: -32002,
  /** Headers of HTTP say something else than the message. */
  HeaderMismatch: -32020,
  MissingRequiredClientCapability: -32021,
  UnsupportedProtocolVersion: -32022,
} as const;

/** The error of this package. */
export class McpError extends Error {
  override readonly name = 'McpError';
  readonly kind: ErrorKind;
  /** The code of a `protocol` error. */
  readonly code: number | undefined;
  /** What a `protocol` error says beside its message. */
  readonly data: unknown;
  /**
   * The status of an `http` error. Below 500 the server did not do what it was asked for; from 500 on it may have
   * begun to.
   */
  readonly status: number | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    details: { code?: number; data?: unknown; status?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = kind;
    this.code = details.code;
    this.data = details.data;
    this.status = details.status;
  }
}

/** A tool's own failure: its message is for the model to read. That of any other error is not. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** An error of JSON-RPC. Thrown by a handler it is sent as it is. */
export function protocolError(code: number, message: string, data?: unknown): McpError {
  return new McpError('protocol', message, { code, data });
}

/**
 * A request takes scopes that its access token lacks. Over HTTP it is answered with a challenge that names all
 * of them, so that the client can get a token that has them.
 */
export class InsufficientScope extends McpError {
  /** All scopes that the request takes, also those that the token has. */
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[]) {
    const message = `this needs an access token with the scopes: ${scopes.join(' ')}`;
    super('protocol', message, { code: ErrorCode.InvalidRequest });
    this.scopes = scopes;
  }
}

/** The error of this package for one of decoding or encoding; any other as it is. */
export function wrapped(error: unknown, what: string): unknown {
  if (error instanceof DecodeError) {
    return new McpError('decode', `${what}: ${error.message}`, { cause: error });
  }
  if (error instanceof EncodeError) {
    return new McpError('encode', `${what}: ${error.message}`, { cause: error });
  }
  return error;
}
