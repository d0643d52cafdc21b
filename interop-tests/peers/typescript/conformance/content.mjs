// Tools that give every kind of content, and an error.

import { content, text, ToolError } from '../../../../bindings/typescript/dist/index.js';
import { PNG, WAV } from './media.mjs';

const IMAGE = { type: 'image', data: PNG, mimeType: 'image/png' };

/** Offers the simplest of them, which is also offered anew. */
export function offerSimpleText(server) {
  server.tool('test_simple_text', { doc: 'Gives a text.' }, () =>
    text('This is a simple text response for testing.'),
  );
}

export function offerContent(server) {
  offerSimpleText(server);
  server
    .tool('test_image_content', { doc: 'Gives an image.' }, () => content(IMAGE))
    .tool('test_audio_content', { doc: 'Gives a sound.' }, () =>
      content({ type: 'audio', data: WAV, mimeType: 'audio/wav' }),
    )
    .tool('test_embedded_resource', { doc: 'Gives a resource.' }, () =>
      content({
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      }),
    )
    .tool('test_multiple_content_types', { doc: 'Gives a text, an image and a resource.' }, () =>
      content({ type: 'text', text: 'Multiple content types test:' }, IMAGE, {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      }),
    )
    .tool('test_error_handling', { doc: 'Always fails.' }, () => {
      throw new ToolError('This tool intentionally returns an error for testing');
    });
}
