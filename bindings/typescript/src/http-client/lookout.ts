// Whether what came in was seen. Servers close connections that are idle, and a program that was busy meanwhile does
// not know it yet: a request would go to a connection that is closed already, and nobody could say whether it was
// carried out. So a program that has not looked for a while looks first.

/** Milliseconds after an answer, with which all that had come was seen, for which it need not look again. */
const RECENTLY = 5;

export class Lookout {
  #last = -Infinity;

  /** An answer came. */
  saw(): void {
    this.#last = performance.now();
  }

  /** Lets the program see what came; nothing where it did just now, or is a browser, whose sockets are elsewhere. */
  look(): void | Promise<void> {
    if (performance.now() - this.#last < RECENTLY) return;
    const { setImmediate } = globalThis as { setImmediate?: (then: () => void) => void };
    // Twice, for what is being seen just now was gathered before.
    if (setImmediate !== undefined) {
      return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
  }
}
