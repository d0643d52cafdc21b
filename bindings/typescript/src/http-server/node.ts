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
import type { Answer, EventBody, Incoming, ReadBody } from './exchange.js';
import * as LIMITS from '../protocol/limits.js';
import type { Server } from '../server.js';

/** How much of a body that is too long is kept, to find out what it was about. */
const BEGINNING = 1024;

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
  return (request, response) => {
    const answer = service.answer(new NodeRequest(request, response));
    if (answer instanceof Promise) void answer.then((there) => respond(response, there));
    else respond(response, answer);
  };
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
    this.#repeated ??= repeatedIn(this.#request.rawHeaders);
    return this.#repeated.has(name);
  }

  onGone(gone: () => void): void {
    this.#response.once('close', gone);
  }

  /** Reads the body, and passes over for a while what is too long: most clients send all before they look. */
  body(limit: number): Promise<ReadBody> {
    const request = this.#request;
    return new Promise((resolve) => {
      const pieces: Buffer[] = [];
      let size = 0;
      const timer = setTimeout(() => done({ late: LIMITS.bodyTimeout }), LIMITS.bodyTimeout);
      const done = (body: ReadBody) => {
        clearTimeout(timer);
        request.removeAllListeners('data');
        resolve(body);
      };
      const tooLong = (unread: boolean) => {
        done({ tooLong: Buffer.concat(pieces).toString('utf8', 0, BEGINNING), unread });
      };
      const announced = Number(request.headers['content-length'] ?? 0);
      // What nobody would ever read to its end is not waited for either.
      if (announced > 2 * limit) return tooLong(true);
      request.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size <= limit || pieces.length === 0) pieces.push(piece);
        if (size > 2 * limit) tooLong(true);
      });
      request.once('end', () => {
        if (size > limit) return tooLong(false);
        const [first] = pieces;
        const whole = pieces.length === 1 ? first! : Buffer.concat(pieces);
        done({ text: whole.toString() });
      });
      request.once('error', (error) => done({ broken: error.message }));
    });
  }
}

/** The names of headers that are there more than once. */
function repeatedIn(raw: readonly string[]): ReadonlySet<string> {
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
