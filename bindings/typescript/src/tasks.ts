// How a tool runs as a task, as it is said where the tool is offered. How tasks run and are kept is in the folder;
// which calls become tasks and who may ask about one is the server's business: `server/tasks.ts`.
// https://modelcontextprotocol.io/extensions/tasks/overview

import * as LIMITS from './protocol/limits.js';

/**
 * How a tool runs as a task, for a client that has declared the extension; other clients wait for its result.
 * `required` refuses them.
 */
export type AsTask = 'optional' | 'required' | TaskOptions;

/** How a tool runs as a task, and for how long. */
export interface TaskOptions {
  /** Refuses clients without the extension. */
  required?: boolean;
  /**
   * Has the handler say when it becomes a task, with `beginTask`. Until then it is an ordinary call, and asks
   * as one.
   */
  later?: boolean;
  /**
   * Milliseconds that a task may run, and be asked about, from its creation on: an hour if not set, a day
   * (`maxTaskTtl`) at most. Then it is dropped, done or not.
   */
  ttl?: number;
  /** Milliseconds that a client is asked to leave between two looks at a task: a second if not set. */
  pollInterval?: number;
}

/** How a tool runs as a task, in full. */
export type Way = Required<TaskOptions>;

/** All that was said, and the rest. */
export function wayOf(said: AsTask): Way {
  const options = typeof said === 'string' ? { required: said === 'required' } : said;
  const { required = false, later = false } = options as TaskOptions;
  const { ttl = LIMITS.taskTtl, pollInterval = LIMITS.taskPollInterval } = options as TaskOptions;
  return {
    required,
    later,
    ttl: Math.min(Math.max(1, Math.trunc(ttl)), LIMITS.maxTaskTtl),
    pollInterval: Math.max(1, Math.trunc(pollInterval)),
  };
}
