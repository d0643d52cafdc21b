// A client of the README's weather server, in the runtime that runs this: within the program, over the streams of a
// process, and over HTTP. Each way is one line on standard output; what goes wrong ends it.
//
//   calls.mjs <address of a server> <command of a server …>

import assert from 'node:assert/strict';

import { connect } from 'isogloss';
import { spawn } from 'isogloss/node';
import weather from './app.mjs';
import { callLegacy, callModern } from './plain.mjs';

const [url, ...command] = process.argv.slice(2);
const ARGUMENTS = { city: 'Oslo', days: 2 };
const ANSWER = { result: ['snow', 'snow'] };

/** Lists, calls, reads and is refused, in both eras. */
async function useServer(how, target) {
  for (const [mode, revision] of [
    ['auto', '2026-07-28'],
    ['legacy', '2025-11-25'],
  ]) {
    const client = await connect(target(), { mode });
    assert.equal(client.revision, revision);
    assert.deepEqual(
      (await client.listTools()).map(({ name }) => name),
      ['get_forecast'],
    );
    const result = await client.callTool('get_forecast', ARGUMENTS);
    assert.deepEqual(result.structuredContent, ANSWER);
    assert.equal((await client.callTool('get_forecast', { city: 'Oslo', dya: 1 })).isError, true);
    const { contents } = await client.readResource('city://Oslo/profile');
    assert.equal(contents[0].text, '# Oslo');
    await client.close();
  }
  console.log(how);
}

await useServer('in memory, both eras', () => weather);
await useServer('over stdio, both eras', () => spawn(command[0], command.slice(1)));

const modern = await callModern(url, 'get_forecast', ARGUMENTS);
assert.deepEqual(modern.structuredContent, ANSWER);
const legacy = await callLegacy(url, 'get_forecast', ARGUMENTS);
assert.equal(legacy.revision, '2025-11-25');
assert.deepEqual(legacy.result.structuredContent, ANSWER);
console.log('over HTTP by plain requests, both eras');
await useServer('over HTTP, both eras', () => url);
