// Values that are there now or later. What can be done at once is: a promise costs a turn of the queue.

import type { Awaitable } from './protocol/handlers.js';

export type { Awaitable } from './protocol/handlers.js';

/** Goes on with a value at once, or with a promise's when it is there. */
export function chain<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Does something that may fail, now or later; `fail` then makes the value or throws another error. */
export function settle<T>(work: () => Awaitable<T>, fail: (error: unknown) => T): Awaitable<T> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch(fail) : result;
  } catch (error) {
    return fail(error);
  }
}
