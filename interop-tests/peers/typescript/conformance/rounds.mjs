// Tools that ask under a name, several things at once, and again and again: in the modern era each round is a
// request of its own.

import { form, roots, text, ToolError } from '../../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../../bindings/typescript/dist/bundled/json-schema.js';
import { said, textOf } from './questions.mjs';

/** Asks for one thing; what was answered, unless the user did not. */
export async function asked(context, key, message, name, type = 'string') {
  const schema = jsonSchema({ type: 'object', properties: { [name]: { type } }, required: [name] });
  const answer = await context.ask(form(message, schema), { key });
  if (answer.action === 'accept') return answer.content[name];
  throw new ToolError('the user did not answer');
}

// The state is the SDK's, which refuses one that it did not seal: the tools have nothing to do for it.
async function confirmed(_, context) {
  const ok = await asked(context, 'confirm', 'Please confirm', 'ok', 'boolean');
  return text(ok ? 'state-ok: confirmed' : 'state-ok: not confirmed');
}

export function offerRounds(server) {
  const tool = (name, doc, run) => server.tool(`test_input_required_result_${name}`, { doc }, run);

  tool('elicitation', 'Asks for a name.', async (_, context) =>
    text(`Hello, ${await asked(context, 'user_name', 'What is your name?', 'name')}!`),
  );
  tool('sampling', 'Asks the model.', async (_, context) => {
    const question = said('What is the capital of France?', 100);
    return text(`The model says: ${textOf(await context.ask(question, { key: 'capital_question' }))}`);
  });
  tool('list_roots', 'Asks for the roots.', async (_, context) => {
    const found = await context.ask(roots(), { key: 'client_roots' });
    return text(`The roots are ${found.map(({ uri }) => uri).join(', ')}`);
  });
  tool('request_state', 'Asks, with a state.', confirmed);
  tool('tampered_state', 'Asks, with a sealed state.', confirmed);
  tool('multiple_inputs', 'Asks three things at once.', async (_, context) => {
    const [name, greeting, found] = await Promise.all([
      asked(context, 'user_name', 'What is your name?', 'name'),
      context.ask(said('Generate a greeting', 50), { key: 'greeting' }),
      context.ask(roots(), { key: 'client_roots' }),
    ]);
    return text(`${textOf(greeting)} ${name}, with ${found.length} roots`);
  });
  tool('multi_round', 'Asks twice.', async (_, context) => {
    const name = await asked(context, 'step1', 'What is your name?', 'name');
    const color = await asked(context, 'step2', 'What is your favorite color?', 'color');
    return text(`${name} likes ${color}.`);
  });
  tool('capabilities', 'Asks whom it can.', async (_, context) => {
    if (context.capabilities.elicitation !== undefined) {
      return text(`The user is ${await asked(context, 'user_name', 'What is your name?', 'name')}.`);
    }
    const answer = await context.ask(said('Make up a name', 50), { key: 'made_up_name' });
    return text(`The model made up ${textOf(answer)}.`);
  });
}
