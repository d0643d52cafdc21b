// A proxy on real sockets that breaks connections where a test says.

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { wholeRequest } from './scripted.js';

/**
 * Where a connection breaks: nothing reaches the server; half of the request does; the server has answered, and nothing
 * of it reaches the client; the answer breaks off behind its first event.
 */
export type Cut = 'before' | 'during' | 'after' | 'answer';

export interface Faulty {
  readonly url: string;
  /** What is still to be broken. */
  readonly cuts: Cut[];
  /** Resolves once a connection was broken. */
  readonly wasCut: Promise<void>;
  close(): void;
}

/** Hands on requests to a server; those that contain `what` are broken, one after the other. */
export async function faulty(to: string, what: string, cuts: readonly Cut[]): Promise<Faulty> {
  const left = [...cuts];
  const sockets = new Set<Socket>();
  let cut!: () => void;
  const wasCut = new Promise<void>((resolve) => (cut = resolve));
  const server = createServer(async (client) => {
    sockets.add(client);
    client.on('error', () => {}).on('close', () => sockets.delete(client));
    const request = await wholeRequest(client);
    if (request === undefined) return;
    const how = request.includes(what) ? left.shift() : undefined;
    if (how === 'before') return end(client);
    const { hostname, port } = new URL(to);
    const upstream = connect(Number(port), hostname);
    upstream.on('error', () => client.destroy());
    // A client that goes away is gone for the server, too.
    client.on('close', () => upstream.destroy());
    if (how === 'during') {
      upstream.write(lastOfItsConnection(request).subarray(0, request.length / 2), () => {
        upstream.end();
        end(client);
      });
      return;
    }
    upstream.write(lastOfItsConnection(request));
    let answer = '';
    upstream.on('data', (piece: Buffer) => {
      answer += piece.toString();
      if (how !== 'after') client.write(piece);
      // An event with an id: the stream can be resumed.
      const [, body = ''] = answer.split('\r\n\r\n');
      if (how === 'answer' && /id: .*\n\n/s.test(body)) end(client);
    });
    upstream.on('end', () => (how === undefined ? client.end() : end(client)));
  });
  const end = (client: Socket) => {
    client.destroy();
    cut();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    cuts: left,
    wasCut,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function lastOfItsConnection(request: Buffer): Buffer {
  const text = request.toString('latin1').replace(/\r\nconnection:[^\r]*/i, '');
  return Buffer.from(text.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'), 'latin1');
}
