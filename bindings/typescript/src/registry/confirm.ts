// Tools that want a yes: the user is asked before one runs, in both eras, and nothing but a yes is one.

import type { Context } from '../context.js';
import { form } from '../context/questions.js';
import { failure } from './output.js';
import type { CallToolResult } from '../protocol/types/tools.js';
import type { Awaitable } from '../awaitable.js';

/** The key of the question. */
const KEY = 'confirm';

const CONFIRMATION = {
  type: 'object',
  properties: { confirm: { type: 'boolean', description: 'Whether to go on.' } },
  required: ['confirm'],
} as const;

/**
 * Runs a tool once the user has confirmed it.
 *
 * @throws McpError or ToolError if the client cannot be asked.
 */
export async function confirmed(
  question: string,
  context: Context,
  run: () => Awaitable<CallToolResult>,
): Promise<CallToolResult> {
  const { content } = await context.ask(form(question, CONFIRMATION), { key: KEY });
  if (content?.confirm === true) return run();
  return failure('the user did not confirm this; nothing was done');
}
