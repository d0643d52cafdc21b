// Streamable HTTP on Node's own server: requests go from `node:http` to the endpoint and back without a
// `Request` or a `Response` between them.

import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import { HttpService, type HttpOptions } from '../http-server.js';
import type { Awaitable } from '../awaitable.js';
import type { Answer, EventBody, Incoming, ReadBody } from './exchange.js';
import { LIMITS } from '../protocol/limits.js';
import type { Server } from '../server.js';

/** How much of a body that is too long is kept, to find out what it was about. */
const BEGINNING = 1024;

/** From how many characters on answers do not wait for others: they cost more to hold than a client to wake. */
const MOST_HELD = 16 * 1024;

/** Where a server listens. */
export interface ListenOptions extends HttpOptions {
  /** The port; 0, or none, is any that is free. */
  port?: number;
  /** The address; `127.0.0.1` if not set: this machine alone. */
  host?: string;
  /** Where the server is; `/mcp` if not set. */
  path?: string;
  /** Milliseconds that running calls may take to finish at the end. */
  drainTimeout?: number;
}

/** A server that is being served. */
export interface Listening {
  /** Where it is: `http://127.0.0.1:8080/mcp`. */
  readonly url: string;
  /** What serves it. */
  readonly server: NodeServer;
  /** Accepts nothing more, lets running calls finish for a while, and ends. */
  close(): Promise<void>;
}

/**
 * Serves a server over HTTP, in any revision, with a health check at `/health`.
 *
 * @throws Error if the port cannot be had.
 */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const {
    port = 0,
    host = '127.0.0.1',
    path = '/mcp',
    drainTimeout = LIMITS.drainTimeout,
    ...rest
  } = options;
  const service = server.http(rest);
  const answer = node(service);
  const http = createServer((request, response) => {
    response.once('close', leaveIfClosing);
    const asked = request.url?.split('?')[0];
    if (asked === path || asked === `${path}/`) return answer(request, response);
    // A health check is for probes, which know addresses and no names.
    const isHealth = asked === '/health';
    response.writeHead(isHealth ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(isHealth ? 'ok' : 'not found');
  });
  // A connection whose last request is done says nothing more.
  const leaveIfClosing = () => {
    if (!http.listening) setImmediate(() => http.closeIdleConnections());
  };
  http.maxConnections = LIMITS.maxConnections;
  http.headersTimeout = LIMITS.headTimeout;
  http.keepAliveTimeout = LIMITS.headTimeout;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const { address, port: bound } = http.address() as AddressInfo;
  service.listensAt(address);
  const name = address.includes(':') ? `[${address}]` : address;
  return {
    url: `http://${name}:${bound}${path}`,
    server: http,
    close: () => shutDown(http, service, drainTimeout),
  };
}

async function shutDown(
  http: NodeServer,
  service: HttpService,
  drainTimeout: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  service.endNews();
  http.closeIdleConnections();
  const timer = setTimeout(() => http.closeAllConnections(), drainTimeout);
  await closed;
  clearTimeout(timer);
  service.close();
}

/** A server, or one as it is told to be reached, as what `node:http`, Express and others call with requests. */
export function node(
  server: Server | HttpService,
): (request: IncomingMessage, response: ServerResponse) => void {
  const service = server instanceof HttpService ? server : server.http();
  const departure = new Departure();
  return (request, response) => {
    const done = (answer: Answer) => departure.add(response, answer);
    soon(service.begin(new NodeRequest(request, response)), (begun) => {
      if (typeof begun !== 'function') return done(begun);
      readBody(request, service.maxMessage, (body) => soon(begun(body), done));
    });
  };
}

/**
 * Answers on their way. Those of one turn of the loop go out together at its end: a client with many requests
 * in flight is woken once for all of them, which for small answers is most of what sending them costs.
 */
class Departure {
  #waiting: [response: ServerResponse, answer: Answer][] = [];
  #size = 0;

  add(response: ServerResponse, answer: Answer): void {
    const count = this.#waiting.push([response, answer]);
    this.#size += typeof answer.body === 'string' ? answer.body.length : 0;
    if (this.#size > MOST_HELD) this.#leave();
    else if (count === 1) setImmediate(this.#leave);
  }

  readonly #leave = () => {
    const leaving = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    for (const [response, answer] of leaving) respond(response, answer);
  };
}

/** Goes on at once with what is there. */
function soon<T>(value: Awaitable<T>, next: (value: T) => void): void {
  if (value instanceof Promise) void value.then(next);
  else next(value);
}

class NodeRequest implements Incoming {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #repeated: ReadonlySet<string> | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  isRepeated(name: string): boolean {
    this.#repeated ??= repeatedIn(this.#request);
    return this.#repeated.has(name);
  }

  onGone(gone: () => void): void {
    this.#response.once('close', gone);
  }
}

/** Reads a body, and passes over for a while what is too long: most clients send all before they look. */
function readBody(request: IncomingMessage, limit: number, then: (body: ReadBody) => void): void {
  const pieces: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const timer = setTimeout(() => done({ late: LIMITS.bodyTimeout }), LIMITS.bodyTimeout);
  const done = (body: ReadBody) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    then(body);
  };
  const tooLong = (unread: boolean) => {
    done({ tooLong: Buffer.concat(pieces).toString('utf8', 0, BEGINNING), unread });
  };
  const announced = Number(request.headers['content-length'] ?? 0);
  // What nobody would ever read to its end is not waited for either.
  if (announced > 2 * limit) return tooLong(true);
  request.on('data', (piece: Buffer) => {
    if (isOver) return;
    size += piece.length;
    if (size <= limit || pieces.length === 0) pieces.push(piece);
    if (size > 2 * limit) tooLong(true);
  });
  request.on('end', () => {
    if (size > limit) return tooLong(false);
    const [first] = pieces;
    const whole = pieces.length === 1 ? first! : Buffer.concat(pieces);
    done({ text: whole.toString() });
  });
  request.on('error', (error) => done({ broken: error.message }));
}

const NONE: ReadonlySet<string> = new Set();

/** The names of headers that are there more than once. */
function repeatedIn({ rawHeaders: raw, headers }: IncomingMessage): ReadonlySet<string> {
  // Most often there are none: as many names as lines.
  let names = 0;
  for (const _ in headers) names += 2;
  if (names === raw.length) return NONE;
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return repeated;
}

function respond(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  if (typeof body === 'object') {
    response.writeHead(status, headers);
    response.flushHeaders();
    return stream(response, body);
  }
  // Of a status alone not even a length is said.
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length });
  response.end(body);
}

/** A client that takes nothing of what is sent to it for long is left. */
function stream(response: ServerResponse, body: EventBody): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  response.on('drain', () => {
    clearTimeout(timer);
    body.drained();
  });
  response.once('close', () => {
    clearTimeout(timer);
    body.gone();
  });
  body.start({
    write(text) {
      const hasRoom = response.write(text);
      if (!hasRoom) {
        clearTimeout(timer);
        timer = setTimeout(() => response.destroy(), LIMITS.writeTimeout);
      }
      return hasRoom;
    },
    end: () => response.end(),
  });
}
