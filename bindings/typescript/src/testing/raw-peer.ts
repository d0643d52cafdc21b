// The other side of a connection, for tests: it sends what it is told to and shows what it receives.

import type { Receiver, Transport } from '../transport.js';

export class RawPeer implements Receiver {
  readonly #transport: Transport;
  readonly #received: unknown[] = [];
  readonly #waiting: ((message: any) => void)[] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.open(this);
  }

  /** Sends a text as it is, anything else as JSON. */
  send(message: unknown): void {
    this.#transport.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that is received. */
  next(): Promise<any> {
    const message = this.#received.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends a request and gives what comes back. */
  ask(method: string, params?: unknown, id: unknown = 1): Promise<any> {
    this.send({ jsonrpc: '2.0', id, method, params });
    return this.next();
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  message(text: string): void {
    const message: unknown = JSON.parse(text);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#received.push(message);
    else waiting(message);
  }

  tooLong(): void {}

  ended(): void {}
}
