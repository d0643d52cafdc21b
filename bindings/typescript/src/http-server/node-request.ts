// A request of `node:http` as it is seen here: its head as it came, its body read when it is wanted.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

import * as LIMITS from '../protocol/limits.js';
import type { Incoming, Unread } from './exchange.js';

/** How much of a body that is too long is kept, to find out what it was about. */
const BEGINNING = 1024;

export class NodeRequest implements Incoming {
  readonly authority: string | undefined;
  readonly path: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** The path and what follows it. */
  readonly #target: string;
  #repeated: ReadonlySet<string> | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    const { url = '/' } = request;
    // Proxies are asked for whole addresses, and some hand them on.
    const [, authority, rest] = url.startsWith('/')
      ? []
      : (/^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []);
    this.authority = authority;
    this.#target = rest === undefined ? url : rest.startsWith('/') ? rest : `/${rest}`;
    const query = this.#target.indexOf('?');
    this.path = query < 0 ? this.#target : this.#target.slice(0, query);
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

  body(limit: number): Promise<{ text: string } | Unread> {
    return this.#read(limit, textOf);
  }

  whole(limit: number): Promise<Request | Unread> {
    return this.#read(limit, (body) => this.#made(body));
  }

  /** The same for whoever knows requests of the web. */
  #made(body: Buffer<ArrayBuffer>): Request | Unread {
    const { method, rawHeaders } = this.#request;
    const gone = new AbortController();
    this.onGone(() => gone.abort());
    try {
      const headers = new Headers();
      for (let index = 0; index < rawHeaders.length; index += 2) {
        headers.append(rawHeaders[index]!, rawHeaders[index + 1]!);
      }
      const carries = method !== 'GET' && method !== 'HEAD';
      return new Request(`http://${this.header('host')}${this.#target}`, {
        method: method!,
        headers,
        signal: gone.signal,
        ...(carries && { body }),
      });
    } catch (error) {
      return { broken: (error as Error).message };
    }
  }

  /** Reads the body, and passes over for a while what is too long: most clients send all before they look. */
  #read<Made>(limit: number, made: (whole: Buffer<ArrayBuffer>) => Made): Promise<Made | Unread> {
    const request = this.#request;
    return new Promise((resolve) => {
      const pieces: Buffer<ArrayBuffer>[] = [];
      let size = 0;
      let isOver = false;
      const timer = setTimeout(() => done({ late: LIMITS.bodyTimeout }), LIMITS.bodyTimeout);
      const done = (body: Made | Unread) => {
        clearTimeout(timer);
        isOver = true;
        resolve(body);
      };
      const tooLong = (unread: boolean) => {
        done({ tooLong: Buffer.concat(pieces).toString('utf8', 0, BEGINNING), unread });
      };
      const announced = Number(request.headers['content-length'] ?? 0);
      // What nobody would ever read to its end is not waited for either.
      if (announced > 2 * limit) return tooLong(true);
      if (request.headers.expect !== undefined) this.#response.writeContinue();
      request.on('data', (piece: Buffer<ArrayBuffer>) => {
        if (isOver) return;
        size += piece.length;
        if (size <= limit || pieces.length === 0) pieces.push(piece);
        if (size > 2 * limit) tooLong(true);
      });
      request.once('end', () => {
        if (size > limit) return tooLong(false);
        done(made(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
      });
      request.once('error', (error) => done({ broken: error.message }));
    });
  }
}

function textOf(whole: Buffer): { text: string } | Unread {
  const text = whole.toString();
  // What could not be read was replaced, with a character that may also have been sent.
  return text.includes('\uFFFD') && !isUtf8(whole) ? { noText: true } : { text };
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
