// Tools for what each modern request says by itself: capabilities, the level of the log, headers; and for
// lists that change while clients listen.

import { text } from '../../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../../bindings/typescript/dist/bundled/json-schema.js';
import { offerSimpleText } from './content.mjs';
import { offerSimplePrompt } from './prompts.mjs';
import { said } from './questions.mjs';
import { asked } from './rounds.mjs';

const PLACE = jsonSchema({
  type: 'object',
  properties: {
    region: { type: 'string', description: 'Where; also in a header.', 'x-mcp-header': 'Region' },
  },
  additionalProperties: false,
});

export function offerStateless(server) {
  server
    .tool('test_missing_capability', { doc: "Needs the client's model." }, async (_, context) => {
      await context.ask(said('Say something', 10));
      return text('The client has a model.');
    })
    .tool('test_streaming_elicitation', { doc: 'Asks the user.' }, async (_, context) => {
      const ok = await asked(context, 'go_on', 'Shall it go on?', 'ok', 'boolean');
      return text(`It shall ${ok ? '' : 'not '}go on.`);
    })
    .tool('test_logging_tool', { doc: 'Logs for whoever asked for it.' }, async (_, context) => {
      await context.log('info', 'for whoever asked for it');
      return text('The log was written, if anybody asked for it.');
    })
    .tool('test_trigger_tool_change', { doc: 'Offers a tool anew.' }, () => {
      server.removeTool('test_simple_text');
      offerSimpleText(server);
      return text('The list of tools has changed.');
    })
    .tool('test_trigger_prompt_change', { doc: 'Offers a prompt anew.' }, () => {
      server.removePrompt('test_simple_prompt');
      offerSimplePrompt(server);
      return text('The list of prompts has changed.');
    })
    .tool(
      'test_x_mcp_header',
      { doc: 'Has an argument that is also a header.', input: PLACE },
      ({ region = 'nowhere' }) => text(`The region is ${region}.`),
    );
}
