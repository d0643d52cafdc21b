// Where a server is, and what every request to it carries. What asks it is loaded when it is connected to.

import type { Authorize } from './authorize.js';
import type { Endpoint, EndpointOptions, HttpHandler } from './endpoint.js';
import { HEADER } from '../headers.js';
import * as LIMITS from '../protocol/limits.js';

/** What sends requests: the platform's `fetch`, or whatever is called like it. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** What a client over HTTP can be told. */
export interface HttpTargetOptions {
  /** What every request carries: an API key, a tenant. What the protocol sets itself is refused. */
  headers?: ConstructorParameters<typeof Headers>[0];
  /** What gives every request its credentials. */
  authorize?: Authorize;
  /** What sends requests, if not the platform's `fetch`. It must not follow redirects when told not to. */
  fetch?: Fetch;
  /** The largest answer and the largest event that is read, in bytes. A larger one fails its call. */
  maxMessage?: number;
}

/** A server at an address; see {@link http}. */
export class HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorize: Authorize | undefined;
  readonly fetch: Fetch;
  readonly maxMessage: number;

  /** @internal Targets come from {@link http}. */
  constructor(url: string | URL, options: HttpTargetOptions = {}) {
    this.url = checked(url);
    this.headers = readHeaders(options.headers);
    this.authorize = options.authorize;
    // Looked up when it is called: what is put around it later counts, too.
    this.fetch = options.fetch ?? ((address, init) => fetch(address, init));
    this.maxMessage = options.maxMessage ?? LIMITS.maxMessage;
  }

  /** The address without its query, which may hold a key. */
  get address(): string {
    return this.url.origin + this.url.pathname;
  }

  /** @internal What makes a connection to it. */
  async dial(): Promise<(handler: HttpHandler, options: EndpointOptions) => Endpoint> {
    const { Endpoint } = await import('./endpoint.js');
    return (handler, options) => new Endpoint(this, handler, options);
  }
}

/**
 * A server at an address, for `connect`, with what its requests carry:
 * `connect(http('https://example.com/mcp', { headers: { 'x-tenant': 'blue' } }))`.
 *
 * @throws TypeError if the address or a header is wrong.
 */
export function http(url: string | URL, options?: HttpTargetOptions): HttpTarget {
  return new HttpTarget(url, options);
}

function checked(address: string | URL): URL {
  const url = parsed(String(address));
  if (url === undefined) {
    throw new TypeError(
      `${JSON.stringify(String(address))} is no address of a server: expected http:// or https:// and a host`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    // The address itself is not repeated: it holds a password.
    throw new TypeError('an address with credentials: give them in a header instead');
  }
  // It is sent to nobody.
  url.hash = '';
  return url;
}

function parsed(address: string): URL | undefined {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

const OURS = ['accept', 'content-length', 'content-type', 'host', 'transfer-encoding'];

function readHeaders(given: HttpTargetOptions['headers']): Record<string, string> {
  const headers = Object.fromEntries(new Headers(given));
  for (const name of Object.keys(headers)) {
    if (OURS.includes(name) || name.startsWith('mcp-') || name === HEADER.lastEventId) {
      throw new TypeError(`the header ${JSON.stringify(name)} is set by the transport itself`);
    }
  }
  return headers;
}
