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

  /** Takes a message; a promise where there is no room for more just now. */
  take(message: Message, isLegacy: boolean): void | Promise<void> {
    switch (message.kind) {
      case 'request':
        if (isLegacy) return this.#answer(message);
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

  #receive(message: Message): void | Promise<void> {
    if (this.#isOver) return;
    if (this.#taker === undefined) {
      this.#loading ??= this.#load();
      return this.#loading.then(() => this.#receive(message));
    }
    this.#taker.session.receive(message, this.#taker.reply);
  }

  #answer(message: Message): void | Promise<void> {
    if (this.#running >= MAX_RUNNING) {
      return new Promise<void>((resolve) => this.#roomForMore.push(resolve)).then(() =>
        this.#answer(message),
      );
    }
    this.#running++;
    return this.#receive(message);
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
