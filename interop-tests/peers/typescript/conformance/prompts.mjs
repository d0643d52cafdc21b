// Prompts: with arguments, a resource, an image, and one that asks first.

import { PNG } from './media.mjs';
import { asked } from './rounds.mjs';

const user = (content) => ({ role: 'user', content });
const words = (text) => user({ type: 'text', text });

/** Offers the simplest of them, which is also offered anew. */
export function offerSimplePrompt(server) {
  server.prompt('test_simple_prompt', { doc: 'A text.' }, () => 'This is a simple prompt for testing.');
}

export function offerPrompts(server) {
  offerSimplePrompt(server);
  server
    .prompt(
      'test_prompt_with_arguments',
      {
        doc: 'A text with arguments.',
        arguments: { arg1: { doc: 'The first.', complete: () => ['test', 'testing'] }, arg2: { doc: 'The second.' } },
      },
      ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
    )
    .prompt(
      'test_prompt_with_embedded_resource',
      { doc: 'A text and a resource.', arguments: { resourceUri: { doc: 'Its address.' } } },
      ({ resourceUri: uri }) => [
        user({
          type: 'resource',
          resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
        }),
        words('Please process the embedded resource above.'),
      ],
    )
    .prompt('test_prompt_with_image', { doc: 'A text and an image.' }, () => [
      user({ type: 'image', data: PNG, mimeType: 'image/png' }),
      words('Please analyze the image above.'),
    ])
    .prompt('test_input_required_result_prompt', { doc: 'Asks for its context.' }, async (_, context) => {
      const question = 'What context should the prompt use?';
      return `Use this context: ${await asked(context, 'user_context', question, 'context')}`;
    });
}
