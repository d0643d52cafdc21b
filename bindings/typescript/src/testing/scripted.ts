// An HTTP server on a real socket that says what a test says, byte by byte, one request a connection.

import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A request that came. */
export class Heard {
  readonly at = performance.now();

  constructor(
    readonly method: string,
    readonly headers: Readonly<Record<string, string>>,
    /** Empty if there is none. */
    readonly body: any,
  ) {}

  /** The method of its message, or that of HTTP. */
  get what(): string {
    return this.body.method ?? this.method;
  }

  response(result: object): object {
    return { jsonrpc: '2.0', id: this.body.id, result };
  }

  /** The answer to it with this result. */
  result(result: object, headers: Record<string, string> = {}): Reply {
    return json(200, this.response(result), headers);
  }

  error(status: number, code: number): Reply {
    return json(status, { jsonrpc: '2.0', id: this.body.id, error: { code, message: 'no' } });
  }

  /** What a legacy server says to everything that is needed to get going; nothing to anything else. */
  handshake(): Reply | undefined {
    switch (this.what) {
      case 'server/discover':
        return this.error(400, -32600);
      case 'initialize':
        return this.opening('s1');
      case 'GET':
        return this.headers['last-event-id'] === undefined ? reply(405) : undefined;
      case 'notifications/initialized':
      case 'notifications/cancelled':
        return reply(202);
      case 'DELETE':
        return reply(200);
    }
    return undefined;
  }

  /** The answer that opens a session. */
  opening(session: string): Reply {
    const serverInfo = { name: 'old', version: '1' };
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
    return this.result(result, { 'mcp-session-id': session });
  }

  /** What a modern server says to a probe; nothing to anything else. */
  discovery(): Reply | undefined {
    if (this.what !== 'server/discover') return undefined;
    const supportedVersions = ['2026-07-28'];
    return this.result({ ...CACHED, supportedVersions, capabilities: { tools: {} } });
  }
}

/** What every modern result that may be kept says. */
export const CACHED = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };

/** What is said to a request: bytes, and whether the connection stays open behind them. */
export interface Reply {
  readonly text: string;
  readonly open?: boolean;
}

/** An answer with this status. */
export function reply(
  status: number,
  kind = 'text/plain',
  body = '',
  headers: Record<string, string> = {},
): Reply {
  const all = { 'content-type': kind, 'content-length': Buffer.byteLength(body), ...headers };
  return { text: `${head(status, all)}${body}` };
}

export function json(status: number, body: object, headers?: Record<string, string>): Reply {
  return reply(status, 'application/json', JSON.stringify(body), headers);
}

/** A stream of this text, which ends. */
export function stream(text: string): Reply {
  return { text: head(200, { 'content-type': 'text/event-stream' }) + text };
}

/** The same, and the connection stays open behind it until the client closes it. */
export function open(text: string): Reply {
  return { ...stream(text), open: true };
}

export function event(id: string, data: object): string {
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

function head(status: number, headers: object): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Said\r\n${lines.join('')}connection: close\r\n\r\n`;
}

/** A server, and what it has heard. */
export interface Scripted {
  readonly url: string;
  readonly heard: Heard[];
  /** What was asked, in order. */
  asked(): string[];
  count(what: string): number;
  /** Resolves once this was heard. */
  until(what: string): Promise<Heard>;
  close(): void;
}

export async function scripted(answer: (heard: Heard) => Reply): Promise<Scripted> {
  const heard: Heard[] = [];
  const sockets = new Set<Socket>();
  let news = () => {};
  const server = createServer(async (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const request = await read(socket);
    if (request === undefined) return;
    heard.push(request);
    news();
    const said = answer(request);
    if (said.open) socket.write(said.text);
    else socket.end(said.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const asked = () => heard.map(({ what }) => what);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    heard,
    asked,
    count: (what) => asked().filter((one) => one === what).length,
    async until(what) {
      for (;;) {
        const found = heard.find((one) => one.what === what);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (news = resolve));
      }
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A whole request; nothing if the connection ends before. */
async function read(socket: Socket): Promise<Heard | undefined> {
  const bytes = await wholeRequest(socket);
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  const body = bytes.toString('utf8', end + 4);
  return new Heard(first.split(' ')[0]!, headers, body === '' ? {} : JSON.parse(body));
}

/** The bytes of a request, as soon as all that its head announces has come. */
export function wholeRequest(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const more = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [, length = '0'] =
        /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end)) ?? [];
      if (bytes.length < end + 4 + Number(length)) return;
      socket.off('data', more);
      resolve(bytes);
    };
    socket.on('data', more).once('close', () => resolve(undefined));
  });
}
