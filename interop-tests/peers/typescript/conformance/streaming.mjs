// Tools that tell how far they are, and one that closes its stream before it answers.

import { setTimeout as sleep } from 'node:timers/promises';

import { text } from '../../../../bindings/typescript/dist/bundled/index.js';

const PAUSE_MS = 50;
const RECONNECTION_MS = 100;

export function offerStreaming(server) {
  server
    .tool('test_tool_with_progress', { doc: 'Tells how far it is.' }, async (_, { progress }) => {
      for (const done of [0, 50, 100]) {
        if (done > 0) await sleep(PAUSE_MS);
        await progress(done, 100);
      }
      return text('All of it is done.');
    })
    .tool('test_tool_with_logging', { doc: 'Logs what it does.' }, async (_, context) => {
      await context.log('info', 'Tool execution started');
      await sleep(PAUSE_MS);
      await context.log('info', 'Tool processing data');
      await sleep(PAUSE_MS);
      await context.log('info', 'Tool execution completed');
      return text('Everything was logged.');
    })
    .tool('test_reconnection', { doc: 'Has its client come back.' }, async (_, context) => {
      context.closeStream();
      await sleep(RECONNECTION_MS);
      return text('The client came back for this.');
    });
}
