// Where a user comes back to on this machine: a port that listens for one visit, and takes nothing but its end. Node
// only.
// https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3

import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import * as LIMITS from '../protocol/limits.js';

const PATH = '/callback';

/** What the user sees: the same whatever happened, and nothing of what came. */
const PAGE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Back to the program</title>' +
  '<p>That was all here. You can close this page and go back to the program.</p></html>\n';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // The address has the code in it.
  'referrer-policy': 'no-referrer',
  connection: 'close',
};

export class Receiver {
  readonly port: number;
  readonly redirectUri: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.redirectUri = `http://127.0.0.1:${this.port}${PATH}`;
  }

  /** Listens at this port, or at any free one if it is 0, until the signal aborts. */
  static async bind(port: number, signal: AbortSignal): Promise<Receiver> {
    const { createServer } = await import('node:http');
    const server = createServer({
      headersTimeout: LIMITS.authFetchTimeout,
      requestTimeout: LIMITS.authFetchTimeout,
      connectionsCheckingInterval: LIMITS.authFetchTimeout,
    });
    server.maxConnections = LIMITS.maxRedirects;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        // Whoever is still there came for nothing: who was waited for has seen the page.
        const close = () => {
          server.close();
          server.closeAllConnections();
        };
        if (signal.aborted) close();
        signal.addEventListener('abort', close, { once: true });
        resolve(new Receiver(server));
      });
    });
  }

  /**
   * The address that a user comes back to with this state. Whatever else comes is turned away, so that no page that
   * guesses the port ends the visit.
   */
  receive(state: string): Promise<string> {
    return new Promise((resolve) => {
      this.#server.on('request', ({ url = '', method }, response) => {
        const { status, query } = taken(url, method, state);
        const seen = answer(response, status);
        if (query !== undefined) void seen.then(() => resolve(`${this.redirectUri}?${query}`));
      });
    });
  }
}

/** Shows the page. Whether it arrived is the browser's business. */
function answer(response: ServerResponse, status: number): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.writeHead(status, HEADERS).end(PAGE);
  });
}

function taken(
  url: string,
  method: string | undefined,
  state: string,
): { status: number; query?: string } {
  const [, path, query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  if (path !== PATH) return { status: 404 };
  if (method !== 'GET') return { status: 405 };
  const isOurs = new URLSearchParams(query).getAll('state').includes(state);
  return isOurs ? { status: 200, query } : { status: 400 };
}
