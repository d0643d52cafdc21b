// What a server sends beside the answers to calls, on any stream: requests, which only a legacy one may send and
// which are answered by POST, and notifications.

import { writeError, type Message } from '../jsonrpc.js';
import { Session, type Diagnostics, type Handler, type Reply } from '../session.js';

/** How many of a server's requests are answered at once. At the limit its streams are not read on until one is done. */
const MAX_RUNNING = 1024;

/** The server's requests that are being answered. */
export class Asked {
  readonly #session: Session;
  readonly #diagnostics: Diagnostics;
  readonly #reply: Reply;
  readonly #tell: (response: string) => void;
  #running = 0;
  #roomForMore: (() => void)[] = [];

  /** @param tell Sends a response; it does not fail. */
  constructor(handler: Handler, diagnostics: Diagnostics, tell: (response: string) => void) {
    // Only its incoming half is used: what is sent are responses.
    const transport = { open() {}, send: tell, async close() {} };
    this.#session = new Session(transport, handler, { diagnostics });
    this.#diagnostics = diagnostics;
    this.#tell = tell;
    this.#reply = {
      outlet: this.#session,
      answer: (response) => {
        this.#running--;
        this.#roomForMore.shift()?.();
        if (response !== undefined) tell(response);
      },
    };
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
        this.#session.receive(message, this.#reply);
    }
  }

  #answer(message: Message): void | Promise<void> {
    if (this.#running >= MAX_RUNNING) {
      return new Promise<void>((resolve) => this.#roomForMore.push(resolve)).then(() =>
        this.#answer(message),
      );
    }
    this.#running++;
    this.#session.receive(message, this.#reply);
  }

  /** Cancels what is being answered: nobody will take the answers. */
  cancelAll(reason: unknown): void {
    this.#session.cancelAll(reason);
  }

  #report(message: string): void {
    this.#diagnostics({ level: 'warning', message });
  }
}
