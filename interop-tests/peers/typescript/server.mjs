// The reference surface as a server, written as a user of the SDK would write it.

import { setTimeout as sleep } from 'node:timers/promises';

import { form, server, text, ToolError } from '../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../bindings/typescript/dist/bundled/json-schema.js';

const SLOW_STEPS = 3;
const NAMES = ['Alice', 'Alan', 'Bob'];

let stopped = 0;

const integers = (...names) =>
  jsonSchema({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
    required: names,
    additionalProperties: false,
  });

const NAME = jsonSchema({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });

const greeting = {
  doc: 'Has somebody greeted.',
  arguments: {
    name: { complete: (typed) => NAMES.filter((name) => name.startsWith(typed)) },
  },
};

export const reference = server('isogloss-typescript', '0.1.0')
  .tool(
    'add',
    { doc: 'Adds two integers.', input: integers('a', 'b'), output: integers('sum') },
    ({ a, b }) => ({ sum: a + b }),
  )
  .tool(
    'echo_any',
    {
      doc: 'Gives the payload back.',
      input: jsonSchema({
        type: 'object',
        properties: { payload: { type: 'object' } },
        required: ['payload'],
        additionalProperties: false,
      }),
    },
    ({ payload }) => ({ echo: payload }),
  )
  .tool('fail', { doc: 'Always fails.' }, () => {
    throw new ToolError('boom');
  })
  .tool(
    'slow',
    { doc: 'Works for so many milliseconds, in three steps.', input: integers('ms') },
    async ({ ms }, { progress, signal }) => {
      for (let step = 1; step <= SLOW_STEPS; step++) {
        await progress(step, SLOW_STEPS, `step ${step}`);
        try {
          await sleep(ms / SLOW_STEPS, undefined, { signal });
        } catch (error) {
          stopped++;
          throw error;
        }
      }
      return text('done');
    },
  )
  .tool('cancels', { doc: 'How many slow calls were stopped.' }, () => text(String(stopped)))
  .tool('ask_name', { doc: 'Asks the user for a name, and greets.' }, async (_, context) => {
    const answer = await context.ask(form('Your name?', NAME));
    if (answer.action !== 'accept') throw new ToolError('no name was given');
    return text(`Hello, ${answer.content.name}!`);
  })
  .tool('big', { doc: 'A text of n KiB.', input: integers('n') }, ({ n }) =>
    text('x'.repeat(n * 1024)),
  )
  .resource('text://greeting', { doc: 'A greeting.', mimeType: 'text/plain' }, () => 'héllo wörld ✓')
  .resource('item://{id}', { doc: 'An item by its id.' }, ({ id }) => `item ${id}`)
  .prompt('greet', greeting, ({ name }) => `Greet ${name}`)
  .prompt('grüß 日本', greeting, ({ name }) => `Greet ${name}`);
