// Streamable HTTP on Node's own server: requests go from `node:http` to the endpoint and back without a
// `Request` or a `Response` between them. Bounded in connections and in patience, with an end that lets running
// calls finish.

import type { IncomingMessage, Server as NodeServer, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { HttpService, HttpOptions } from '../http-server.js';
import * as LIMITS from '../protocol/limits.js';
import { Server } from '../server.js';
import { NodeRequest } from './node-request.js';
import { Departure } from './node-response.js';
import { Site } from './site.js';

/** Where a site listens, and how patient it is. */
export interface SocketOptions {
  /** The port; 0, or none, is any that is free. */
  port?: number;
  /** The address; `127.0.0.1` if not set: this machine alone. */
  host?: string;
  /** Milliseconds that the head of a request may take to arrive. */
  headTimeout?: number;
  /** Milliseconds that a client may take nothing of what is sent to it. */
  writeTimeout?: number;
  /** How many connections are served at once; those beyond are closed. */
  maxConnections?: number;
  /** Milliseconds that running calls may take to finish at the end. */
  drainTimeout?: number;
}

/** Where a server listens, and how it is reached. */
export interface ListenOptions extends HttpOptions, SocketOptions {
  /** Where the server is; `/mcp` if not set. */
  path?: string;
}

/** A server that is being served. */
export interface Listening {
  /** Where it is: `http://127.0.0.1:8080/mcp`. */
  readonly url: string;
  /** What serves it. */
  readonly server: NodeServer;
  /** Accepts nothing more, lets running calls and tasks finish for a while, and ends. */
  close(): Promise<void>;
}

/**
 * Serves a server over HTTP, in any revision, with a health check at `/health`; or a site as it was made.
 *
 * @throws Error if the port cannot be had.
 */
export function listen(server: Server, options?: ListenOptions): Promise<Listening>;
export function listen(site: Site, options?: SocketOptions): Promise<Listening>;
export async function listen(what: Server | Site, options: ListenOptions = {}): Promise<Listening> {
  const {
    port = 0,
    host = '127.0.0.1',
    headTimeout = LIMITS.headTimeout,
    writeTimeout = LIMITS.writeTimeout,
    maxConnections = LIMITS.maxConnections,
    drainTimeout = LIMITS.drainTimeout,
    path,
    ...rest
  } = options;
  const site =
    what instanceof Site ? what : new Site(what.http(rest), path === undefined ? {} : { path });
  const endpoint = await site.service.endpoint;
  const http = await serverOf(site, headTimeout, writeTimeout);
  http.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const { address, port: bound } = http.address() as AddressInfo;
  endpoint.listensAt(address);
  const name = address.includes(':') ? `[${address}]` : address;
  return {
    url: `http://${name}:${bound}${site.path}`,
    server: http,
    close: () => shutDown(http, site.service, drainTimeout),
  };
}

async function serverOf(
  site: Site,
  headTimeout: number,
  writeTimeout: number,
): Promise<NodeServer> {
  // Who serves on standard input and output does not wait for it.
  const { createServer } = await import('node:http');
  const answer = node(site);
  const http = createServer({
    maxHeaderSize: LIMITS.maxHead,
    headersTimeout: headTimeout,
    // A body has a time of its own.
    requestTimeout: headTimeout + 2 * LIMITS.bodyTimeout,
    keepAliveTimeout: headTimeout,
    connectionsCheckingInterval: Math.min(headTimeout, 10_000),
  });
  // Of more than there is room for none is left out in silence.
  http.maxHeadersCount = 0;
  http.timeout = writeTimeout;
  // A connection whose last request is done says nothing more.
  const leaveIfClosing = () => {
    if (!http.listening) setImmediate(() => http.closeIdleConnections());
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    response.on('timeout', leaveIfDeaf);
    response.on('close', leaveIfClosing);
    answer(request, response);
  };
  http.on('request', serve);
  // Who would send too much is told before it is sent.
  http.on('checkContinue', serve);
  http.on('connect', (_: IncomingMessage, socket: Socket) => {
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  return http;
}

/** A connection over which nothing went for long is left if there is something to take. */
function leaveIfDeaf(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy();
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
  await Promise.all([closed, service.endTasks(drainTimeout)]);
  clearTimeout(timer);
  service.close();
}

/** A server, or one as it is told to be reached, or a site, as what `node:http`, Express and others call with requests. */
export function node(
  server: Server | HttpService | Site,
): (request: IncomingMessage, response: ServerResponse) => void {
  const service = server instanceof Server ? server.http() : server;
  const departure = new Departure();
  return (request, response) => {
    const answer = service.answer(new NodeRequest(request, response));
    if (answer instanceof Promise) void answer.then((there) => departure.add(response, there));
    else departure.add(response, answer);
  };
}
