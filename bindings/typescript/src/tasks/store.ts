// Where the states of tasks are kept. The default keeps them in memory; a program's own store lets several processes
// answer for one another.

import type { Awaitable } from '../awaitable.js';
import type { DetailedTask } from '../protocol/types/tasks.js';

/** The state of a task, as it is kept: plain JSON. */
export interface StoredTask {
  /** The task's id: whoever knows it may ask about a task that belongs to nobody, so it is a secret. */
  readonly id: string;
  /** Whom the task belongs to, as far as an access token said so; empty for nobody. */
  readonly owner: string;
  /** The tool that was called. */
  readonly tool: string;
  /** When the task is to be forgotten: milliseconds since 1970. */
  readonly expiresAt: number;
  /** The state as `tasks/get` tells it: its status, its questions, its result or its error. */
  readonly state: DetailedTask;
}

/**
 * Where the states of tasks are kept.
 *
 * A handler runs where it was called, whatever the store: another process can tell how a task is, but cannot
 * answer its questions. Requests about a task carry its id in the header `Mcp-Name`, so that a gateway sends them
 * where the task runs.
 */
export interface TaskStore {
  /**
   * Keeps the state of a task in the place of what was known of it. When it is done, `get` has to find it: a
   * client is told of a task only then.
   */
  put(task: StoredTask): Awaitable<void>;
  /** The state of a task; nothing if it is not known, or was to be forgotten. */
  get(id: string): Awaitable<StoredTask | undefined>;
  /**
   * Forgets a task: it is too old. Not called for tasks of a process that ended before, so a store looks at
   * `expiresAt` itself.
   */
  remove(id: string): Awaitable<void>;
}

/** The store of a server that is told no other. How much it keeps is bounded where tasks begin and end. */
export class InMemory implements TaskStore {
  readonly #kept = new Map<string, StoredTask>();

  put(task: StoredTask): void {
    this.#kept.set(task.id, task);
  }

  get(id: string): StoredTask | undefined {
    return this.#kept.get(id);
  }

  remove(id: string): void {
    this.#kept.delete(id);
  }
}
