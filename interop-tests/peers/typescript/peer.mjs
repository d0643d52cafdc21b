// The TypeScript SDK as a peer: `codec`, `server` and `bench`, both with `--http <port>`, `conformance-server`,
// and `client stdio <auto|legacy|modern> <command …>`. See interop-tests/PEER.md.

import { argv, exit, stderr } from 'node:process';

import { saysHow, serve, USAGE } from './serving.mjs';

const [mode, ...words] = argv.slice(2);

/** What serves in a mode. */
const SERVERS = {
  server: async () => (await import('./server.mjs')).reference,
  bench: async () => (await import('./bench.mjs')).bench,
};

if (mode === 'codec') {
  await import('./codec.mjs');
} else if (mode === 'conformance-server' && words.length === 0) {
  const { conformance } = await import('./conformance.mjs');
  await serve(conformance, ['--http', '0']);
} else if (Object.hasOwn(SERVERS, mode ?? '') && saysHow(words)) {
  await serve(await SERVERS[mode](), words);
} else if (mode === 'client' && words[0] === 'stdio' && words.length > 2) {
  const [, era, command, ...args] = words;
  const { run } = await import('./client.mjs');
  exit(await run(era, command, args));
} else {
  stderr.write(
    `usage: peer.mjs codec | server ${USAGE} | bench ${USAGE} | conformance-server | ` +
      'client stdio <auto|legacy|modern> <command …>\n',
  );
  exit(2);
}
