// The lane of browsers: a page, bundled, uses the README's weather server from another origin, in a real Chromium.
//
//   browser.mjs <chromium>
//
// The page's origin is one that the server allows exactly; then the same page comes from another, and is refused.
// Names under `.example` lead to this machine, since pages of this machine itself may ask its servers anyway.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { listen } from 'isogloss/node';
import weather from './app.mjs';

const [chromium] = process.argv.slice(2);
/** How long a page may take, the browser's start included; on two busy cores it takes a tenth of it. */
const DONE_WITHIN = 60_000;
const ANSWER = { result: ['snow', 'snow'] };

let hear;
const pages = createServer(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request) text += chunk;
    response.end();
    hear(JSON.parse(text));
  } else if (request.url === '/page.js') {
    response.setHeader('content-type', 'text/javascript');
    response.end(readFileSync(new URL('page.js', import.meta.url)));
  } else {
    // As strict as a page can be about scripts: text never becomes code.
    response.setHeader('content-security-policy', "default-src 'self'; connect-src *");
    response.setHeader('content-type', 'text/html');
    response.end(
      '<!doctype html><title>page</title><script type="module" src="/page.js"></script>',
    );
  }
}).listen(0, '127.0.0.1');
await once(pages, 'listening');
const { port } = pages.address();

const allowed = `http://app.example:${port}`;
const serving = await listen(weather, {
  port: 0,
  allowedHosts: ['mcp.example'],
  allowedOrigins: [allowed],
});
const server = new URL(serving.url);
server.hostname = 'mcp.example';

try {
  const { outcomes, error } = await open(allowed);
  assert.equal(error, undefined);
  const expected = [
    'in memory',
    'plain, modern',
    'plain, legacy',
    'client, modern',
    'client, legacy',
  ];
  assert.deepEqual(outcomes, Object.fromEntries(expected.map((way) => [way, ANSWER])));
  for (const way of expected) console.log(`chromium: ${way}`);

  const refused = await open(`http://other.example:${port}`);
  assert.match(refused.error, /Failed to fetch/);
  console.log('chromium: a page of another origin is refused');
} finally {
  await serving.close();
  pages.close();
  pages.closeAllConnections();
}

/** Opens the page under an origin in a browser of its own, and gives what it made of the server. */
async function open(origin) {
  const profile = mkdtempSync(join(tmpdir(), 'isogloss-chromium-'));
  const outcome = new Promise((resolve) => (hear = resolve));
  const query = new URLSearchParams({ server: String(server) });
  const browser = spawn(
    chromium,
    [
      '--headless',
      // A sandbox cannot be made by root, or within many containers; the page is our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      '--host-resolver-rules=MAP *.example 127.0.0.1',
      `${origin}/?${query}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  browser.stderr.on('data', (chunk) => (said += chunk));
  // Its other processes write into the profile for a while: all of them are gone when nobody can say anything more.
  const ended = once(browser, 'close');
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new Error(`the page was not done after ${DONE_WITHIN} ms; Chromium said:\n${said}`)),
      DONE_WITHIN,
    );
  });
  const gone = ended.then(([code]) => {
    throw new Error(`Chromium ended with ${code} before the page was done; it said:\n${said}`);
  });
  try {
    return await Promise.race([outcome, late, gone]);
  } finally {
    clearTimeout(timer);
    gone.catch(() => {});
    browser.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}
