// Middleware: what a program does around every request, whatever the method, the era and the transport.

import type { Awaitable } from '../awaitable.js';
import type { Context } from '../context.js';
import type { Result } from '../protocol/types/base.js';

/** The result of any method, before it is checked and written. */
export type AnyResult = Result & { readonly [member: string]: unknown };

/**
 * Stands around every request: it may look at it, answer it itself, fail it by throwing, or hand it on with
 * `next` and look at the result. What is added first is outermost.
 */
export type Middleware<State = unknown> = (
  context: Context<State>,
  next: () => Promise<AnyResult>,
) => Awaitable<AnyResult>;

/** Answers a request through all middleware. */
export function through(
  layers: readonly Middleware[],
  context: Context,
  answer: () => Awaitable<AnyResult>,
): Awaitable<AnyResult> {
  const from = (place: number): Awaitable<AnyResult> => {
    const layer = layers[place];
    if (layer === undefined) return answer();
    let isHandedOn = false;
    return layer(context, async () => {
      if (isHandedOn) throw new TypeError('middleware: next() was called twice for one request');
      isHandedOn = true;
      return from(place + 1);
    });
  };
  return from(0);
}
