// The README shows the examples, and the examples run: on the package as its users import it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = new URL('../', import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, PACKAGE));

test('the README shows the examples as they are', () => {
  const readme = readFileSync(path('README.md'), 'utf8');
  for (const name of ['examples/server.mjs', 'examples/http.mjs', 'examples/client.mjs']) {
    const example = readFileSync(path(name), 'utf8');
    assert.ok(readme.includes(`\`\`\`js\n${example}\`\`\``), name);
  }
});

test("the example's client calls the example's server", async () => {
  const client = [path('examples/client.mjs'), path('examples/server.mjs')];
  const { stdout } = await promisify(execFile)(process.execPath, client);
  assert.equal(stdout, "2026-07-28 [ 'get_forecast' ]\n[ 'snow', 'snow' ]\n");
});

test('the example over HTTP answers, and ends when it is told to', async () => {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [path('examples/http.mjs'), '0'], { stdio: [...stdio] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = new URL(line.toString().trim());
  assert.equal((await fetch(new URL('/health', url))).status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});
