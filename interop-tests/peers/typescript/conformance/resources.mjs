// Resources: text, bytes, a template, and one to be watched.

import { PNG } from './media.mjs';

export function offerResources(server) {
  server
    .resource(
      'test://static-text',
      { name: 'static-text', doc: 'A text that stays as it is.' },
      () => 'This is the content of the static text resource.',
    )
    .resource(
      'test://static-binary',
      { name: 'static-binary', doc: 'An image that stays as it is.', mimeType: 'image/png' },
      () => Buffer.from(PNG, 'base64'),
    )
    .resource(
      'test://watched-resource',
      { name: 'watched-resource', doc: 'One to be watched.' },
      () => 'Watched resource content',
    )
    .resource(
      'test://template/{id}/data',
      { name: 'template', doc: 'Data by their id.', mimeType: 'application/json' },
      ({ id }) => JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
    );
}
