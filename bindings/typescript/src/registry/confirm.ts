// Tools that want a yes: the user is asked before one runs, in both eras, and nothing but a yes is one.

import type { Context } from '../context.js';
import { form } from '../context/questions.js';
import { failure } from './output.js';
import type { CallToolResult } from '../protocol/types/tools.js';
import type { StandardSchema } from '../schema.js';
import type { Awaitable } from '../awaitable.js';
import { kindOf, type JsonObject } from '../wire/json.js';

/** The key of the question, and of its answer. */
const KEY = 'confirm';

const JSON_SCHEMA = {
  type: 'object',
  properties: { confirm: { type: 'boolean', description: 'Whether to go on.' } },
  required: ['confirm'],
};

const CONFIRMATION: StandardSchema<{ confirm: boolean }> = {
  '~standard': {
    version: 1,
    vendor: 'isogloss',
    validate(value) {
      const confirm = (value as JsonObject)['confirm'];
      if (typeof confirm === 'boolean') return { value: { confirm } };
      const isMissing = confirm === undefined;
      const message = isMissing
        ? 'required member is missing'
        : `expected boolean, found ${kindOf(confirm)}`;
      return { issues: [{ path: [KEY], message }] };
    },
    jsonSchema: { input: () => JSON_SCHEMA, output: () => JSON_SCHEMA },
  },
};

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
