// Time that passes as a test says: `setTimeout` and `Date` are the test's, everything else goes on as ever.

import type { TestContext } from 'node:test';

export class VirtualTime {
  readonly #timers: TestContext['mock']['timers'];

  /** It is the test's until that ends. */
  constructor({ mock }: TestContext) {
    this.#timers = mock.timers;
    this.#timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 6, 28) });
  }

  /** What a promise gives, time passing in steps of so many milliseconds until it is there; an hour at most. */
  async until<T>(promise: Promise<T>, step = 50): Promise<T> {
    let isThere = false;
    const settled = () => (isThere = true);
    promise.then(settled, settled);
    for (let passed = 0; passed <= 3_600_000; passed += step) {
      await turns();
      if (isThere) return promise;
      this.#timers.tick(step);
    }
    throw new Error('nothing came of it within an hour');
  }

  /** Lets so many milliseconds pass in steps. */
  async pass(milliseconds: number, step = milliseconds): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      await turns();
      this.#timers.tick(step);
    }
    await turns();
  }
}

/** Waits so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Has everything go on that waits for no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
