// The README's weather server at a port of this machine, served by Bun in Bun and by Node's own HTTP elsewhere.
//
// `bun app.mjs` would serve the module by itself, as `deno serve` does, but at all of the machine's addresses.

import { listen } from 'isogloss/node';
import weather from './app.mjs';

const port = Number(process.argv[2]);
if (globalThis.Bun) Bun.serve({ hostname: '127.0.0.1', port, fetch: weather.fetch });
else await listen(weather, { port });
