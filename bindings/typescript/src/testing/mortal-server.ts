// A server over HTTP that tests start as a process, kill, and start anew. Its argument is the port; 0 is any free one.

import { server } from '../index.js';
import { listen } from '../node.js';

const mortal = server('mortal', '1.0.0')
  .tool('quick', {}, () => 'done')
  .tool('endless', {}, () => {
    console.log('endless: called');
    return new Promise<string>(() => {});
  });

const { url } = await listen(mortal, { port: Number(process.argv[2]) });
console.log(`serves: ${url}`);
