// Room for calls that are open at the same time. Whoever finds none waits, first come, first served.

import type { Deadline } from './deadline.js';

export class Room {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Takes a place; a promise where none is free just now. */
  enter(deadline: Deadline): void | Promise<void> {
    if (this.#free === 0) return this.#wait(deadline);
    this.#free--;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  async #wait(deadline: Deadline): Promise<void> {
    let admit!: () => void;
    const admitted = new Promise<void>((resolve) => (admit = resolve));
    this.#waiting.push(admit);
    try {
      await deadline.within(admitted);
    } catch (error) {
      const at = this.#waiting.indexOf(admit);
      if (at >= 0) this.#waiting.splice(at, 1);
      // Let in and over at the same time.
      else this.leave();
      throw error;
    }
  }
}
