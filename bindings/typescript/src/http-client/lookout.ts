// Whether what came in was seen. Servers close connections that are idle, and a program that was busy meanwhile does
// not know it yet: a request would go to a connection that is closed already, and nobody could say whether it was
// carried out. So a program that has not looked for a while looks first.

/** Milliseconds after an answer, with which all that had come was seen, for which it need not look again. */
const RECENTLY = 5;

/** The platform's own, whatever a test puts in its place later. Browsers have none: their sockets are elsewhere. */
const { setImmediate } = globalThis as { setImmediate?: (then: () => void) => void };

export class Lookout {
  #last = -Infinity;

  /** An answer came. */
  saw(): void {
    this.#last = performance.now();
  }

  /** Lets the program see what came; nothing where it did just now, or need not. */
  look(): void | Promise<void> {
    if (setImmediate === undefined || performance.now() - this.#last < RECENTLY) return;
    // Twice, for what is being seen just now was gathered before.
    return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }
}
