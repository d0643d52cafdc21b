// A site: a server at its path, a health check, the documents of its guard, and whatever a program serves
// beside it. Each route says when it is added whether anybody may ask for it.

import { chain, type Awaitable } from '../awaitable.js';
import type { Claims } from '../context.js';
import type { HttpService } from '../http-server.js';
import { bare, notAllowed, type Answer, type Incoming } from './exchange.js';
import { answerFetch } from './fetch.js';

/** Answers a request to a route that anybody may ask for. */
export type PublicRoute = (request: Request) => Awaitable<Response>;

/** Answers a request to a route that only those may ask for whom the guard lets in. */
export type ProtectedRoute = (request: Request, claims: Claims) => Awaitable<Response>;

/** Where a site has its server. */
export interface SiteOptions {
  /** The path of the server; `/mcp` if not set. */
  path?: string;
}

/** What is at a path. */
type Route = (incoming: Incoming) => Awaitable<Answer | Response>;

/** Puts a server on a site: at `/mcp`, with `/health` beside it, which answers `ok`. */
export function site(service: HttpService, options: SiteOptions = {}): Site {
  return new Site(service, options);
}

/** A server over HTTP and what is around it. */
export class Site {
  /** Where the server is. */
  readonly path: string;
  /** @internal */
  readonly service: HttpService;
  readonly #routes = new Map<string, Route>();

  /** @throws TypeError if the path is none, or something else is there. */
  constructor(service: HttpService, { path = '/mcp' }: SiteOptions = {}) {
    this.path = path;
    this.service = service;
    const answer = (incoming: Incoming) => service.answer(incoming);
    this.#add(path, answer);
    if (path !== '/') this.#add(`${path}/`, answer);
    this.#add('/health', health);
    for (const [at, text] of Object.entries(service.guard?.documents ?? {})) {
      this.#add(at, (incoming) => document(incoming, text));
    }
  }

  /**
   * Adds something that anybody may ask for. Host and Origin are looked at all the same.
   *
   * @throws TypeError if the path is none, or something else is there.
   */
  public(path: string, answer: PublicRoute): this {
    return this.#add(path, (incoming) =>
      chain(this.service.endpoint, (endpoint) => endpoint.route(incoming, answer)),
    );
  }

  /**
   * Adds something that only those may ask for whom the guard lets in.
   *
   * @throws TypeError if the path is none, if something else is there, or if the server has no guard.
   */
  protected(path: string, answer: ProtectedRoute): this {
    const { guard } = this.service;
    if (guard === undefined) {
      throw new TypeError(`${path} is protected, and nothing checks who asks: set guard`);
    }
    return this.#add(path, (incoming) =>
      chain(this.service.endpoint, (endpoint) => endpoint.guarded(incoming, guard, answer)),
    );
  }

  /** Answers a request, whatever it is for: what Deno, Bun, Workers and others serve. */
  readonly fetch = (request: Request): Promise<Response> => {
    return answerFetch(request, (incoming) => this.answer(incoming));
  };

  /** @internal Answers a request of whatever serves HTTP. */
  answer(incoming: Incoming): Awaitable<Answer | Response> {
    const route = this.#routes.get(incoming.path);
    return route === undefined ? text(404, 'not found') : route(incoming);
  }

  #add(path: string, route: Route): this {
    if (!path.startsWith('/')) {
      throw new TypeError(`${JSON.stringify(path)} is no path: it begins with a slash`);
    }
    if (this.#routes.has(path)) throw new TypeError(`${path}: something is there already`);
    this.#routes.set(path, route);
    return this;
  }
}

/** For probes, which know addresses and no names. */
function health({ method }: Incoming): Answer {
  return method === 'GET' || method === 'HEAD' ? text(200, 'ok') : notAllowed('GET, HEAD');
}

/** Any page may read what tells how to get in. */
function document({ method }: Incoming, body: string): Answer {
  const any = { 'access-control-allow-origin': '*' };
  const methods = 'GET, HEAD, OPTIONS';
  if (method === 'OPTIONS') {
    const allowed = {
      'access-control-allow-methods': methods,
      'access-control-allow-headers': '*',
    };
    return bare(204, { ...any, ...allowed });
  }
  if (method !== 'GET' && method !== 'HEAD') return bare(405, { ...any, allow: methods });
  const said = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
  return { status: 200, headers: { ...any, ...said }, body };
}

function text(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
