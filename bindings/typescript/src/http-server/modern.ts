// A request and its answer without a session: JSON when the handler is done before it has told anything, a
// stream of events from the first thing it tells on, or when it takes long. A client that goes away cancels.

import type { Awaitable } from '../awaitable.js';
import type { Diagnostics } from '../diagnostics.js';
import { McpError } from '../error.js';
import type { Answers } from '../http-server.js';
import { writeCall, writeError, writeResult, type Id } from '../jsonrpc.js';
import { IncomingCall, answerable, type Outlet } from '../session.js';
import { writeEvent } from '../sse.js';
import { events, failed, json, whole, type Answer, type Incoming } from './exchange.js';
import { Outbox } from './outbox.js';

/** How a request is answered. */
export interface Answering {
  readonly id: Id;
  readonly method: string;
  readonly form: Answers;
  /** Milliseconds after which an answer that is not there becomes a stream. */
  readonly keepAlive: number;
  /** Longest message that is sent, in bytes. */
  readonly mostSent: number;
  readonly diagnostics: Diagnostics;
  /** The response that refuses the request for an error that is there at once, whatever its JSON would say. */
  refusal(error: unknown): Answer | undefined;
  /** The status of an error that is there at once. */
  status(error: McpError): number;
  /** Runs the handler. */
  run(call: IncomingCall): Awaitable<string>;
}

/** Answers a request. */
export function exchange(incoming: Incoming, answering: Answering): Awaitable<Answer> {
  return new Exchange(incoming, answering).begin();
}

class Exchange implements Outlet {
  readonly isOfRequest = true;
  readonly #incoming: Incoming;
  readonly #answering: Answering;
  readonly #call: IncomingCall;
  readonly #outbox: Outbox;
  #begin: ((answer: Answer) => void) | undefined;
  #isOver = false;
  #streams = false;

  constructor(incoming: Incoming, answering: Answering) {
    this.#incoming = incoming;
    this.#answering = answering;
    this.#call = new IncomingCall(answering.id, this);
    this.#outbox = new Outbox(answering.keepAlive, () => this.#gone());
  }

  /** Runs the handler until it is seen how the answer begins. */
  begin(): Awaitable<Answer> {
    const { id, form, keepAlive, mostSent, run } = this.#answering;
    let result: Awaitable<string>;
    try {
      result = run(this.#call);
    } catch (error) {
      return this.#formed(this.#failed(error));
    }
    if (typeof result === 'string' && !this.#streams) {
      const answer = json(200, writeResult(id, result, mostSent));
      return form === 'stream' ? this.#formed(answer) : answer;
    }
    return new Promise((resolve) => {
      const timer = form === 'json' ? undefined : setTimeout(() => this.#stream(), keepAlive);
      this.#begin = (answer) => {
        clearTimeout(timer);
        this.#begin = undefined;
        resolve(answer);
      };
      if (this.#streams) this.#stream();
      this.#incoming.onGone(() => this.#gone());
      Promise.resolve(result).then(
        (text) => this.#done(json(200, writeResult(id, text, mostSent))),
        (error: unknown) => this.#done(this.#failed(error)),
      );
    });
  }

  notify(method: string, params?: string): Awaitable<void> {
    if (this.#isOver || this.#answering.form === 'json') return;
    this.#stream();
    return this.#outbox.push(writeEvent({ data: writeCall(undefined, method, params) }));
  }

  request(method: string): Promise<unknown> {
    return Promise.reject(new McpError('encode', `${method}: there is no way to ask this client`));
  }

  #failed(error: unknown): Answer {
    const { id, method, diagnostics, status, refusal } = this.#answering;
    const refused = this.#streams ? undefined : refusal(error);
    if (refused !== undefined) return refused;
    const told = answerable(method, error, diagnostics);
    return failed(status(told), id, told);
  }

  /** An answer that is there before anything was told, in the form that answers have; with a status it is JSON. */
  #formed(answer: Answer): Answer {
    const { form } = this.#answering;
    const isWhole = form === 'stream' && answer.status === 200;
    return isWhole ? whole(form, [answer.body as string], false) : answer;
  }

  #stream(): void {
    this.#streams = true;
    this.#begin?.(events(this.#outbox));
  }

  #done(answer: Answer): void {
    this.#isOver = true;
    if (!this.#streams) return this.#begin?.(this.#formed(answer));
    void this.#outbox.push(writeEvent({ data: answer.body as string }));
    this.#outbox.end();
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call.cancel(new McpError('closed', 'the client has closed the response'));
    // Whoever serves it still waits for something to send to nobody.
    this.#begin?.(json(200, writeError(this.#answering.id, new McpError('closed', 'cancelled'))));
  }
}
