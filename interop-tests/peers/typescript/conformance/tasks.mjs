// Tools that run as tasks, and one that never does: jobs that are done at once, later, badly, or not before the user
// has said something.

import { setTimeout as sleep } from 'node:timers/promises';

import { accepted, form, protocolError, text, ToolError } from '../../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../../bindings/typescript/dist/bundled/json-schema.js';
import { beginTask } from '../../../../bindings/typescript/dist/bundled/tasks.js';

/** An object with these members, all of which are needed but the ones that are said not to be. */
function object(properties, optional = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return jsonSchema({ type: 'object', properties, required, additionalProperties: false });
}

const TEXT = { type: 'string' };
const PERSON = object({ name: TEXT });
const COMPUTATION = object({ seconds: { type: 'integer', minimum: 0 }, label: TEXT }, ['label']);
const CONFIRMATION = object({ confirm: { type: 'boolean' } });
const APPROVAL = object({ name: TEXT, confirm: { type: 'boolean' } });

async function compute({ seconds, label = 'it' }, { signal }) {
  await sleep(seconds * 1000, undefined, { signal });
  return text(`computed ${label} in ${seconds} s`);
}

async function confirmDelete({ filename }, context) {
  const question = form(`Delete ${filename}?`, CONFIRMATION);
  const { confirm } = accepted(await context.ask(question, { key: 'confirm' }));
  return text(`${confirm ? 'deleted' : 'kept'} ${filename}`);
}

async function askTwice(_, context) {
  const question = async (of) =>
    accepted(await context.ask(form(`Does the ${of} approve?`, APPROVAL), { key: of }));
  const [owner, auditor] = await Promise.all([question('owner'), question('auditor')]);
  const both = owner.confirm && auditor.confirm ? 'approved' : 'refused';
  return text(`${both} by ${owner.name} and ${auditor.name}`);
}

async function nameFirst(_, context) {
  const question = form('What is your name?', PERSON);
  const { name } = accepted(await context.ask(question, { key: 'user_name' }));
  await beginTask(context);
  await sleep(100);
  return text(`Hello, ${name}!`);
}

export function offerTasks(server) {
  server
    .tool('greet', { doc: 'Greets at once.', input: PERSON }, ({ name }) => text(`Hello, ${name}!`))
    .tool('slow_compute', { doc: 'Takes so many seconds.', input: COMPUTATION, task: 'optional' }, compute)
    .tool('failing_job', { doc: 'Fails after a second.', task: 'required' }, async () => {
      await sleep(1000);
      throw new ToolError('the job failed');
    })
    .tool('protocol_error_job', { doc: 'Cannot be done.', task: 'optional' }, async () => {
      await sleep(100);
      throw protocolError(-32603, 'the job cannot be done');
    })
    .tool(
      'confirm_delete',
      { doc: 'Deletes, once confirmed.', input: object({ filename: TEXT }), task: 'optional' },
      confirmDelete,
    )
    .tool('multi_input', { doc: 'Asks two things at once.', task: 'optional' }, askTwice)
    .tool(
      'test_tool_with_task',
      { doc: 'Asks for a name, then goes on as a task.', task: { required: true, later: true } },
      nameFirst,
    );
}
