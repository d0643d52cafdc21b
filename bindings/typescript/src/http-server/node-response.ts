// Responses written to `node:http`. A client that takes nothing of what is sent to it for long is left.

import type { ServerResponse } from 'node:http';

import * as LIMITS from '../protocol/limits.js';
import type { Answer, EventBody } from './exchange.js';

/** From how many characters on answers do not wait for others: they cost more to hold than a client to wake. */
const MOST_HELD = 16 * 1024;

/**
 * Answers on their way. Those of one turn of the loop go out together at its end: a client with many requests
 * in flight is woken once for all of them, which for small answers is most of what sending them costs.
 */
export class Departure {
  #waiting: [response: ServerResponse, answer: Answer | Response][] = [];
  #size = 0;

  add(response: ServerResponse, answer: Answer | Response): void {
    const count = this.#waiting.push([response, answer]);
    this.#size += typeof answer.body === 'string' ? answer.body.length : 0;
    if (this.#size > MOST_HELD) this.#leave();
    else if (count === 1) setImmediate(this.#leave);
  }

  readonly #leave = () => {
    const leaving = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    for (const [response, answer] of leaving) respond(response, answer);
  };
}

function respond(response: ServerResponse, answer: Answer | Response): void {
  if (response.destroyed) return;
  if (answer instanceof Response) return void send(response, answer);
  const { status, headers, body } = answer;
  if (typeof body === 'object') {
    response.writeHead(status, headers);
    response.flushHeaders();
    return stream(response, body);
  }
  // Of a status alone not even a length is said.
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length });
  response.end(body);
}

/** Events as they come. */
function stream(response: ServerResponse, body: EventBody): void {
  const patience = new Patience(response);
  response.on('drain', () => {
    patience.end();
    body.drained();
  });
  response.once('close', () => {
    patience.end();
    body.gone();
  });
  body.start({
    write(text) {
      const hasRoom = response.write(text);
      if (!hasRoom) patience.begin();
      return hasRoom;
    },
    end: () => response.end(),
  });
}

/** A response of the web, which is what routes of a program's own give. */
async function send(response: ServerResponse, { status, headers, body }: Response): Promise<void> {
  const patience = new Patience(response);
  const names = [...new Set([...headers.keys()])].filter((name) => name !== 'set-cookie');
  const cookies = headers.getSetCookie();
  response.writeHead(status, {
    ...Object.fromEntries(names.map((name) => [name, headers.get(name)!])),
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
  });
  const reader = body?.getReader();
  response.once('close', () => {
    patience.end();
    reader?.cancel().catch(() => {});
  });
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done || response.destroyed) break;
      if (response.write(piece.value)) continue;
      patience.begin();
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
      patience.end();
    }
    response.end();
  } catch {
    // What has begun can only be broken off.
    response.destroy();
  }
}

/** How long a client may take nothing. */
class Patience {
  readonly #response: ServerResponse;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin(): void {
    this.end();
    this.#timer = setTimeout(() => this.#response.destroy(), LIMITS.writeTimeout);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
