// What a server sends beside the answers to calls, on any stream: requests, which only a legacy one may send and
// which are answered by POST, and notifications. What takes them is loaded with the first: many servers send none.

import type { Diagnostics } from '../diagnostics.js';
import { writeError, type Message } from '../jsonrpc.js';
import type { Handler, Reply, Session } from '../session.js';

/** How many of a server's requests are answered at once. At the limit its streams are not read on until one is done. */
const MAX_RUNNING = 1024;

/** The server's requests that are being answered. */
export class Asked {
  readonly #handler: Handler;
  readonly #diagnostics: Diagnostics;
  readonly #tell: (response: string) => void;
  #loading: Promise<void> | undefined;
  #taker: { readonly session: Session; readonly reply: Reply } | undefined;
  #isOver = false;
  #running = 0;
  #roomForMore: (() => void)[] = [];

  /** @param tell Sends a response; it does not fail. */
  constructor(handler: Handler, diagnostics: Diagnostics, tell: (response: string) => void) {
    this.#handler = handler;
    this.#diagnostics = diagnostics;
    this.#tell = tell;
  }

  async #load(): Promise<void> {
    const { Session } = await import('../session.js');
    // Only its incoming half is used: what is sent are responses.
    const transport = { open() {}, send: this.#tell, async close() {} };
    const session = new Session(transport, this.#handler, { diagnostics: this.#diagnostics });
    const answer = (response: string | undefined) => {
      this.#running--;
      this.#roomForMore.shift()?.();
      if (response !== undefined) this.#tell(response);
    };
    this.#taker = { session, reply: { outlet: session, answer } };
  }

  /**
   * Takes a message; a promise where there is no room for more just now.
   *
   * @param call Aborts when the call is given up on whose stream it came: a question is over with it, for nobody reads
   * the stream any more, on which it would be withdrawn.
   */
  take(message: Message, isLegacy: boolean, call?: AbortSignal): void | Promise<void> {
    switch (message.kind) {
      case 'request':
        if (isLegacy) return this.#answer(message, call);
        return this.#report(
          `${message.method}: only a legacy server may ask by a request of its own`,
        );
      case 'invalid':
        this.#report(`refused a message: ${message.error.message}`);
        if (message.id !== null && isLegacy) this.#tell(writeError(message.id, message.error));
        return;
      default:
        return this.#receive(message);
    }
  }

  #receive(message: Message, call?: AbortSignal): void | Promise<void> {
    if (this.#isOver) return;
    if (this.#taker === undefined) {
      this.#loading ??= this.#load();
      return this.#loading.then(() => this.#receive(message, call));
    }
    const { session, reply } = this.#taker;
    if (message.kind !== 'request' || call === undefined) return session.receive(message, reply);
    if (call.aborted) return reply.answer(undefined);
    const withdraw = () => session.cancel(message.id, call.reason);
    call.addEventListener('abort', withdraw);
    const answer = (response: string | undefined) => {
      call.removeEventListener('abort', withdraw);
      reply.answer(response);
    };
    session.receive(message, { ...reply, answer });
    // What answers it may have ended the call.
    if (call.aborted) withdraw();
  }

  #answer(message: Message, call: AbortSignal | undefined): void | Promise<void> {
    if (this.#running >= MAX_RUNNING) {
      return new Promise<void>((resolve) => this.#roomForMore.push(resolve)).then(() =>
        this.#answer(message, call),
      );
    }
    this.#running++;
    return this.#receive(message, call);
  }

  /** Cancels what is being answered: nobody will take the answers. */
  cancelAll(reason: unknown): void {
    this.#isOver = true;
    this.#taker?.session.cancelAll(reason);
  }

  #report(message: string): void {
    this.#diagnostics({ level: 'warning', message });
  }
}
