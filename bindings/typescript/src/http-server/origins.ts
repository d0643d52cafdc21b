// From where a server may be asked: the names under which it is reached, and the pages whose scripts may
// reach it. Without it any page that a user looks at could talk to the servers on the user's own machine.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security--endpoint

import * as LIMITS from '../protocol/limits.js';
import {
  bare,
  Refused,
  refusal,
  type Answer,
  type Incoming,
  type RequestHead,
} from './exchange.js';

/** The names of this machine, for itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** What a page needs to see of a response, besides what it sees anyway. */
const EXPOSED = 'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after';

/** Names and origins that are let in. */
export class Origins {
  readonly #hosts: string[];
  readonly #origins: readonly string[];

  /** `hosts` besides the loopback names, `origins` besides their own. */
  constructor(hosts: readonly string[], origins: readonly string[]) {
    this.#hosts = hosts.map((host) => host.toLowerCase());
    this.#origins = origins;
  }

  /** Lets the address in that the server listens at. One that is all addresses names none. */
  listensAt(address: string): void {
    const name = address.includes(':') ? `[${address.toLowerCase()}]` : address;
    if (name !== '0.0.0.0' && name !== '[::]') this.#hosts.push(name);
  }

  /**
   * Lets a request in: gives the origin of its page, if that is a listed one.
   *
   * @throws Refused with the setting that would let it in.
   */
  admit(head: Incoming): string | undefined {
    const host = single(head, 'host');
    if (host === undefined) throw new Refused(refusal(400, 'the Host header is missing'));
    // Where both are given a proxy may have looked at either.
    for (const name of head.authority === undefined ? [host] : [host, head.authority]) {
      if (!this.#answersTo(name.toLowerCase())) throw unknownHost(name);
    }
    const origin = single(head, 'origin');
    if (origin === undefined) return undefined;
    if (this.#origins.includes(origin)) return origin;
    if (!this.#isOwn(origin, host.toLowerCase())) throw unknownOrigin(origin);
    return undefined;
  }

  #answersTo(host: string): boolean {
    const { name } = split(host);
    const listed = this.#hosts.some((known) => known === '*' || known === host || known === name);
    return listed || LOOPBACK.includes(name);
  }

  /** Whether a page is this server's own, or one of this machine that asks this machine. */
  #isOwn(origin: string, host: string): boolean {
    const [, scheme, page] = /^(https?):\/\/(.*)$/i.exec(origin) ?? [];
    if (scheme === undefined) return false;
    const [theirs, own] = [split(page!.toLowerCase()), split(host)];
    if (LOOPBACK.includes(theirs.name) && LOOPBACK.includes(own.name)) return true;
    // Under a name that only `*` lets in, a page could be anybody's.
    const isNamed = this.#hosts.some(
      (known) => known !== '*' && (known === host || known === own.name),
    );
    const usual = scheme.toLowerCase() === 'http' ? '80' : '443';
    return isNamed && theirs.name === own.name && (theirs.port ?? usual) === (own.port ?? usual);
  }
}

/** A host's name and its port, if it has one. */
function split(host: string): { name: string; port: string | undefined } {
  const [, name, port] = /^(.*):(\d+)$/.exec(host) ?? [];
  return { name: name ?? host, port };
}

/** The text of a header that may be there once. */
function single(head: RequestHead, name: string): string | undefined {
  const value = head.header(name);
  if (value === undefined) return undefined;
  if (!head.isRepeated(name) && /^[ -~]*$/.test(value)) return value;
  throw new Refused(refusal(400, `expected one ${name} header of visible ASCII`));
}

function unknownHost(host: string): Refused {
  const shown = JSON.stringify(host);
  return new Refused(
    refusal(
      403,
      `the Host header names ${shown}, and this server answers to localhost alone unless it is told more names: ` +
        `if ${shown} is one of them, add it to allowedHosts`,
    ),
  );
}

function unknownOrigin(origin: string): Refused {
  const shown = JSON.stringify(origin);
  return new Refused(
    refusal(
      403,
      `a page of ${shown} asks, and this server answers no pages of other sites unless it is told to: ` +
        `if it should answer this one, add ${shown} to allowedOrigins`,
    ),
  );
}

/** The answer to a browser that asks, before a page does, what the page may do. */
export function preflight(
  head: RequestHead,
  listed: string | undefined,
  methods: string,
): Answer | undefined {
  if (head.method !== 'OPTIONS' || head.header('access-control-request-method') === undefined) {
    return undefined;
  }
  if (listed === undefined) throw unknownOrigin(head.header('origin') ?? '');
  const wanted = head.header('access-control-request-headers');
  return bare(204, {
    'access-control-allow-methods': methods,
    // Any: the arguments that headers repeat have names of the tools' own.
    ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
    'access-control-max-age': String(LIMITS.corsMaxAge / 1000),
  });
}

/** A response that a page of the origin that was let in may see. */
export function exposed<Shown extends Answer | Response>(
  answer: Shown,
  listed: string | undefined,
): Answer | Shown {
  if (listed === undefined) return answer;
  const cors = {
    'access-control-allow-origin': listed,
    'access-control-expose-headers': EXPOSED,
    vary: 'origin',
  };
  if (!(answer instanceof Response)) return { ...answer, headers: { ...answer.headers, ...cors } };
  const { body, status, statusText, headers } = answer;
  const all = new Headers(headers);
  // What the route's own answer varies by stays.
  for (const [name, value] of Object.entries(cors)) {
    if (name === 'vary') all.append(name, value);
    else all.set(name, value);
  }
  return new Response(body, { status, statusText, headers: all }) as Shown;
}
