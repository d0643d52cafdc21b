// A modern server that answers as a test says, and what it was asked.

import { pair, type Receiver, type Transport } from '../transport.js';

/** A message of the client's, as it came. */
export interface Heard {
  readonly id?: number;
  readonly method: string;
  readonly params?: any;
}

/** What comes back for a message: the members of a result, or whole messages one after the other. */
export type Answer = Record<string, unknown> | readonly Record<string, unknown>[] | undefined;

export class ScriptedServer implements Receiver {
  /** The client's end. */
  readonly transport: Transport;
  readonly heard: Heard[] = [];
  readonly #there: Transport;
  readonly #answer: (heard: Heard) => Answer;

  /** @param answer What comes back; for `server/discover` it is not asked. */
  constructor(answer: (heard: Heard) => Answer) {
    [this.transport, this.#there] = pair();
    this.#answer = answer;
    this.#there.open(this);
  }

  /** How often a method was asked for. */
  count(method: string): number {
    return this.heard.filter((heard) => heard.method === method).length;
  }

  /** Sends a message. */
  send(message: Record<string, unknown>): void {
    this.#there.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  message(text: string): void {
    const heard = JSON.parse(text) as Heard;
    this.heard.push(heard);
    const answer = heard.method === 'server/discover' ? DISCOVERED : this.#answer(heard);
    if (Array.isArray(answer)) for (const message of answer) this.send(message);
    else if (answer !== undefined) this.send({ id: heard.id, result: answer });
  }

  tooLong(): void {}

  ended(): void {}
}

const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: {},
  cacheScope: 'public',
  ttlMs: 0,
};
