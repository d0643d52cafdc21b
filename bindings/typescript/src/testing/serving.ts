// Servers over HTTP that are there for one test.

import type { TestContext } from 'node:test';

import type { Server } from '../index.js';
import { listen, type ListenOptions } from '../node.js';
import { scripted, type Heard, type Reply, type Scripted } from './scripted.js';

/** A server that listens until its test is over: its address. */
export async function serve(
  context: TestContext,
  served: Server,
  options: ListenOptions = {},
): Promise<string> {
  const listening = await listen(served, { port: 0, ...options });
  context.after(() => listening.close());
  return listening.url;
}

/** A server that says what it is told to, until its test is over. */
export async function script(
  context: TestContext,
  answer: (heard: Heard) => Reply,
): Promise<Scripted> {
  const made = await scripted(answer);
  context.after(() => made.close());
  return made;
}
