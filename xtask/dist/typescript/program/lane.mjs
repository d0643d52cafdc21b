// A runtime's lane: the README's weather server is served by it the way its users serve, and a client in it calls.
//
//   lane.mjs <node|bun|deno|workerd> <program>
//
// It runs in Node and starts the runtime as processes. workerd has no processes and no program of its own: there the
// server alone is in it, and this Node's client calls.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [runtime, program] = process.argv.slice(2);
/** How long a runtime may take to serve; the slowest, on two busy cores, takes a tenth of it. */
const SERVES_WITHIN = 30_000;
/** How long the client may take for everything. */
const CALLS_WITHIN = 60_000;
/** No text becomes code: what a Worker never may, nothing else needs to. */
const NO_EVAL = '--disallow-code-generation-from-strings';

const port = await freePort();
const LANES = {
  node: {
    serve: [program, NO_EVAL, 'served.mjs', port],
    run: [program, NO_EVAL],
  },
  bun: { serve: [program, 'served.mjs', port], run: [program] },
  deno: {
    serve: [
      program,
      'serve',
      '--quiet',
      '--no-check',
      '--host',
      '127.0.0.1',
      '--port',
      port,
      'app.mjs',
    ],
    // What the client needs: to start the server's process.
    run: [
      program,
      'run',
      '--quiet',
      '--no-check',
      '--allow-run',
      '--allow-net=127.0.0.1',
      '--allow-read',
      '--allow-env',
    ],
  },
  workerd: {
    serve: [program, 'serve', 'worker.capnp', `--socket-addr=http=127.0.0.1:${port}`],
    run: [process.execPath, NO_EVAL],
  },
};

const lane = LANES[runtime];
const server = start(lane.serve, 'pipe');
let complaints = '';
server.stderr.on('data', (chunk) => (complaints += chunk));
try {
  const url = `http://127.0.0.1:${port}/mcp`;
  await untilServes(url);
  const [client, ...flags] = lane.run;
  const stdioServer = [client, ...flags, 'server.mjs'];
  await end(start([client, ...flags, 'calls.mjs', url, ...stdioServer]), CALLS_WITHIN);
  // workerd says so when a request touches what belongs to another, and goes on.
  if (runtime === 'workerd' && complaints !== '') throw new Error('workerd complained');
} finally {
  if (complaints !== '') console.error(complaints);
  server.kill();
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
}

function start([command, ...args], stderr = 'inherit') {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', stderr] });
  createInterface({ input: child.stdout }).on('line', say);
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  return child;
}

/** Repeats a line of the runtime's; what was not run is a note to whoever looks at all lanes. */
function say(line) {
  console.log(line.startsWith('not run: ') ? `${line} (${runtime})` : `${runtime}: ${line}`);
}

/** Waits for a process that has to end well. */
async function end(child, within) {
  const timer = setTimeout(() => child.kill('SIGKILL'), within);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  if (signal === 'SIGKILL') throw new Error(`the client was not done after ${within} ms`);
  if (code !== 0) throw new Error(`the client ended with ${code ?? signal}`);
}

/** Asks until somebody answers, whatever it is. */
async function untilServes(url) {
  const deadline = Date.now() + SERVES_WITHIN;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    try {
      await (await fetch(url)).text();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`nobody answered at ${url} after ${SERVES_WITHIN} ms`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A port that nobody listens at. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return String(port);
}
