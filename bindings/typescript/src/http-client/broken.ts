// An attempt that did not lead to an answer, in a way for which there is a rule: see `protocol/recovery`.

import { McpError } from '../error.js';
import { RECOVERY, type Failed, type RecoveryRow } from '../protocol/recovery.js';

/** What broke an attempt off. Whatever else is thrown is how its call ends. */
export class Broken extends Error {
  constructor(
    readonly failed: Failed,
    /** Whether the request may have reached the server. */
    readonly sent: boolean,
    /** How the call ends if nothing is done about it. */
    readonly error: McpError,
  ) {
    super(error.message);
  }
}

/** The way to the answer ended before it. */
export function interrupted(why: string, cause?: unknown): Broken {
  return new Broken('interrupted', true, new McpError('closed', why, { cause }));
}

/** What is told of an error if nothing is done about it. */
export function told(error: unknown): unknown {
  return error instanceof Broken ? error.error : error;
}

/** What is to be done in a case; nothing can be if no row fits. */
export function fitting(
  failed: Failed,
  sent: boolean,
  repeatable: boolean,
): RecoveryRow | undefined {
  return RECOVERY.find(
    (row) =>
      row.failed === failed &&
      (row.sent ?? sent) === sent &&
      (row.repeatable ?? repeatable) === repeatable,
  );
}
