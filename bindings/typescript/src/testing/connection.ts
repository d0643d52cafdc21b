// A connection of HTTP/1.1 for tests: it sends the bytes that it is told to, and shows what comes back.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { META } from './http-client.js';

/** A response as it came. */
export interface RawAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export class Connection {
  readonly socket: Socket;
  #received = '';
  #isOver = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    const over = () => {
      this.#isOver = true;
      this.#wake();
    };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', () => {});
  }

  /** Connects to where a server listens. */
  static async to(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next response, its body whole; nothing if the connection ends before. */
  async answer(): Promise<RawAnswer | undefined> {
    const head = await this.#until('\r\n\r\n');
    if (head === undefined) return undefined;
    const [line, ...lines] = head.split('\r\n');
    const status = Number(line!.split(' ')[1]);
    // What is said on the way is no answer.
    if (status === 100) return this.answer();
    const headers: Record<string, string> = {};
    for (const header of lines) {
      const colon = header.indexOf(':');
      headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim();
    }
    let body = '';
    if (headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const size = Number.parseInt((await this.#until('\r\n')) ?? '0', 16);
        body += (await this.#take(size + 2)).slice(0, size);
        if (size === 0) break;
      }
    } else {
      body = await this.#take(Number(headers['content-length'] ?? 0));
    }
    return { status, headers, body: Buffer.from(body, 'latin1').toString() };
  }

  /** Resolves when the other side has closed it. */
  async closed(): Promise<void> {
    while (!this.#isOver) await this.#more();
  }

  /** The text before a mark, which is taken as well; nothing if the connection ends before. */
  async #until(mark: string): Promise<string | undefined> {
    for (;;) {
      const end = this.#received.indexOf(mark);
      if (end >= 0) return (await this.#take(end + mark.length)).slice(0, end);
      if (this.#isOver) return undefined;
      await this.#more();
    }
  }

  async #take(size: number): Promise<string> {
    while (this.#received.length < size && !this.#isOver) await this.#more();
    const text = this.#received.slice(0, size);
    this.#received = this.#received.slice(size);
    return text;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** The text of a request: a modern call of a tool, unless something else is said. */
export function requestText(
  tool: string,
  more: {
    path?: string;
    headers?: Record<string, string | undefined>;
    body?: string;
    meta?: object;
  } = {},
): string {
  const params = { name: tool, arguments: {}, _meta: { ...META, ...more.meta } };
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const { path = '/mcp', headers = {}, body = call } = more;
  const all = Object.entries({
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': tool,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  });
  const lines = all.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
