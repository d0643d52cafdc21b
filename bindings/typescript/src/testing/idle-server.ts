// A server over HTTP in a thread of its own, so that it goes on while the test's thread stands still. Told to, it closes
// the connections that are idle, and says when that is done in the memory that it was given.

import { parentPort, workerData } from 'node:worker_threads';

import { server } from '../index.js';
import { listen } from '../node.js';

const closed = workerData as Int32Array;
let calls = 0;
const { url, server: http } = await listen(server('idle', '1').tool('count', {}, () => ++calls));

parentPort!.on('message', () => {
  http.closeIdleConnections();
  Atomics.store(closed, 0, 1);
  Atomics.notify(closed, 0);
});
parentPort!.postMessage(url);
