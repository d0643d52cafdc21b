// Lets one in at a time, in the order in which they came.

export class Turn {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when nobody else is in, with what lets the next one in; calling it again does nothing. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let release!: () => void;
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    return release;
  }
}
