// Tools that give every kind of content, and an error.

import { content, text, ToolError } from '../../../../bindings/typescript/dist/bundled/index.js';
import { jsonSchema } from '../../../../bindings/typescript/dist/bundled/json-schema.js';
import { PNG, WAV } from './media.mjs';

const IMAGE = { type: 'image', data: PNG, mimeType: 'image/png' };

/** A schema with keywords that are rarely seen: it has to be listed as it is. */
const CONTACT = jsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

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
    })
    .tool('json_schema_2020_12_tool', { doc: 'Takes a contact.', input: CONTACT }, ({ name = 'nobody' }) =>
      text(`The contact is ${name}.`),
    );
}
