// The TypeScript SDK as a peer: `codec`, `server`, and `client stdio <auto|legacy|modern> <command …>`.
// See interop-tests/PEER.md.

import { argv, exit, stderr } from 'node:process';

const [mode, transport, era, command, ...args] = argv.slice(2);

if (mode === 'codec') {
  await import('./codec.mjs');
} else if (mode === 'server' && transport === undefined) {
  await import('./server.mjs');
} else if (mode === 'client' && transport === 'stdio' && command !== undefined) {
  const { run } = await import('./client.mjs');
  exit(await run(era, command, args));
} else {
  stderr.write('usage: peer.mjs codec | server | client stdio <auto|legacy|modern> <command …>\n');
  exit(2);
}
