import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  assistant,
  audio,
  connect,
  content,
  contents,
  embedded,
  image,
  link,
  server,
  user,
} from '../index.js';

const BYTES = new Uint8Array([0, 255]);
const TERMS = contents('text://terms', 'Be kind.');

const shown = server('shown', '1')
  .tool('all', {}, () =>
    content(
      'Look:',
      image(BYTES, 'image/png'),
      audio(BYTES, 'audio/wav'),
      embedded(TERMS),
      link('text://terms', { title: 'Terms', size: 8 }),
    ),
  )
  .resource('dir://all', {}, () => [TERMS, contents('bytes://raw', BYTES)])
  .prompt('look', {}, () => [user('What is it?'), user(image(BYTES, 'image/png')), assistant('?')]);

test('what builders make is what clients get', async () => {
  const client = await connect(shown);
  const picture = { type: 'image', data: 'AP8=', mimeType: 'image/png' };
  assert.deepEqual((await client.callTool('all')).content, [
    { type: 'text', text: 'Look:' },
    picture,
    { type: 'audio', data: 'AP8=', mimeType: 'audio/wav' },
    {
      type: 'resource',
      resource: { uri: 'text://terms', mimeType: 'text/plain', text: 'Be kind.' },
    },
    { type: 'resource_link', uri: 'text://terms', name: 'text://terms', title: 'Terms', size: 8 },
  ]);
  const { contents: read } = await client.readResource('dir://all');
  assert.deepEqual(read, [
    { uri: 'text://terms', mimeType: 'text/plain', text: 'Be kind.' },
    { uri: 'bytes://raw', mimeType: 'application/octet-stream', blob: 'AP8=' },
  ]);
  const { messages } = await client.getPrompt('look');
  assert.deepEqual(messages, [
    { role: 'user', content: { type: 'text', text: 'What is it?' } },
    { role: 'user', content: picture },
    { role: 'assistant', content: { type: 'text', text: '?' } },
  ]);
  await client.close();
});
