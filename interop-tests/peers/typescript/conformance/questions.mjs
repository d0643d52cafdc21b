// Tools that ask the user or the model of a client, in one round: with a form of their own, with defaults,
// with all kinds of choices.

import { elicit, form, sample, text, ToolError } from '../../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../../bindings/typescript/dist/bundled/json-schema.js';

const one = (name) =>
  jsonSchema({
    type: 'object',
    properties: { [name]: { type: 'string' } },
    required: [name],
    additionalProperties: false,
  });

/** A question to the model, in one message of the user. */
export const said = (words, maxTokens) =>
  sample({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens });

/** What the model said, if that is a text. */
export function textOf({ content }) {
  if (content.type === 'text') return content.text;
  throw new ToolError(`the model answered with something else than text: ${content.type}`);
}

const USER = jsonSchema({
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
});

const PROFILE = jsonSchema({
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
});

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First Option' },
  { const: 'value2', title: 'Second Option' },
  { const: 'value3', title: 'Third Option' },
];

/** All kinds of choices that there are. */
const CHOICES = {
  mode: 'form',
  message: 'Choose, please.',
  requestedSchema: {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', enum: OPTIONS },
      titledSingle: { type: 'string', oneOf: TITLED },
      legacyEnum: {
        type: 'string',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
      titledMulti: { type: 'array', items: { anyOf: TITLED } },
    },
  },
};

const told = ({ action, content }) => `action=${action}, content=${JSON.stringify(content ?? null)}`;

export function offerQuestions(server) {
  server
    .tool('test_sampling', { doc: "Asks the client's model.", input: one('prompt') }, async ({ prompt }, context) =>
      text(`LLM response: ${textOf(await context.ask(said(prompt, 100)))}`),
    )
    .tool('test_elicitation', { doc: 'Asks the user.', input: one('message') }, async ({ message }, context) =>
      text(`User response: ${told(await context.ask(form(message, USER)))}`),
    )
    .tool('test_elicitation_sep1034_defaults', { doc: 'Asks with defaults.' }, async (_, context) => {
      const answer = await context.ask(form('Your profile, please; all of it has a default.', PROFILE));
      return text(`Elicitation completed: ${told(answer)}`);
    })
    .tool('test_elicitation_sep1330_enums', { doc: 'Asks for choices.' }, async (_, context) =>
      text(`Elicitation completed: ${told(await context.ask(elicit(CHOICES)))}`),
    );
}
