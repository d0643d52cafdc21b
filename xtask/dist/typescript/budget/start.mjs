// How long a server takes from the start of its process to its first answer, beside a process that does nothing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';

const RUNS = 15;
const DISCOVER = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})}\n`;
/** The same server without zod, and what answers a line without any server. */
const BARE = `import { server } from 'isogloss';
import { serveStdio } from 'isogloss/node';
await serveStdio(server('bare', '1').tool('nothing', {}, () => 'nothing'));`;
const FLOOR = `process.stdin.once('data', () => process.stdout.write('{}\\n'));`;

/** The shortest time of each kind of process: what else the machine does only makes it longer. */
export async function measureStart(program) {
  const kinds = [
    { name: "the README's server, with zod", args: ['server.mjs'], times: [] },
    {
      name: 'a server with one tool, without zod',
      args: ['--input-type=module', '-e', BARE],
      times: [],
    },
    { name: 'Node alone, which answers any line', args: ['-e', FLOOR], times: [] },
  ];
  for (let run = 0; run < RUNS; run += 1) {
    for (const { args, times } of kinds) times.push(await start(program, args));
  }
  return {
    runs: RUNS,
    machine: `${cpus().length} cores, Node ${process.versions.node}`,
    rows: kinds.map(({ name, times }) => ({ name, ms: Math.min(...times) })),
  };
}

async function start(program, args) {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { cwd: program, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(DISCOVER);
  await once(child.stdout, 'data');
  const took = performance.now() - begun;
  child.stdin.end();
  child.kill();
  await once(child, 'exit');
  return took;
}
