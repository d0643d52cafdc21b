// The guide's page on deployment, started as it stands there: its server under its unit's command, two workers of it
// behind nginx with its configuration. Ports and the paths of files are the test's. Where there is no nginx or no
// openssl (Debian's packages of these names) this says what it did not run.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestOver, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { blocksOf } from './testing/guide.js';
import { META } from './testing/http-client.js';

const PAGE = 'deployment.md';
const NAME = 'mcp.example.com';
/** Within the package, which the page's server imports by its name; and nothing that is published. */
const FOLDER = fileURLToPath(new URL('deployment/', import.meta.url));
const path = (name: string) => join(FOLDER, name);
/** How long a process may take to serve; it takes a tenth of a second. */
const SERVES_WITHIN = 10_000;

/** Where a program is; nginx is not on everyone's path. */
function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

const nginx = find('nginx');
const openssl = find('openssl');
const lacking = nginx === undefined ? 'nginx' : openssl === undefined ? 'openssl' : undefined;
const skip =
  lacking === undefined ? false : `not run: the guide's deployment, for want of ${lacking}`;
if (skip) console.log(skip);

const running: ChildProcess[] = [];
const ports = { nginx: 0, workers: [0, 0] };

/** The first block of the page in a language. */
function block(language: string): string {
  const [first] = blocksOf(PAGE, language);
  assert.ok(first !== undefined, `${PAGE}: a block of ${language}`);
  return first.text;
}

/** A text with others in the place of some that have to be there. */
function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((before, [old, other]) => {
    assert.ok(before.includes(old), `${PAGE}: ${old}`);
    return before.replaceAll(old, other);
  }, text);
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const stdio = ['ignore', 'inherit', 'inherit'] as const;
  running.push(spawn(command, args, { env: { ...process.env, ...env }, stdio: [...stdio] }));
}

/** The unit, its programs being the test's. */
const unit = () =>
  replaced(block('ini'), [
    ['/usr/bin/node', process.execPath],
    ['/opt/bookings/server.js', path('server.mjs')],
  ]);

/** Starts a worker by the unit's command, as systemd would at this port. */
function startWorker(port: number): void {
  const [, command] = /^ExecStart=(.+)$/m.exec(unit())!;
  const [program, ...args] = replaced(command!, [['%i', String(port)]]).split(' ');
  start(program!, args, { CREDENTIALS_DIRECTORY: FOLDER });
}

function startNginx(): void {
  const [first, second] = ports.workers;
  const site = replaced(block('nginx'), [
    ['listen 443 ssl', `listen 127.0.0.1:${ports.nginx} ssl`],
    ['127.0.0.1:8081', `127.0.0.1:${first}`],
    ['127.0.0.1:8082', `127.0.0.1:${second}`],
    [`/etc/ssl/certs/${NAME}.pem`, path('certificate.pem')],
    [`/etc/ssl/private/${NAME}.key`, path('key.pem')],
  ]);
  // What surrounds the page's file in /etc/nginx; and a header that tells which worker was asked.
  const around = `daemon off;
pid ${path('nginx.pid')};
error_log stderr warn;
events {}
http {
  access_log off;
  add_header x-worker $upstream_addr always;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${path(kind)};`).join('\n')}
${site}}
`;
  writeFileSync(path('nginx.conf'), around);
  start(nginx!, ['-e', 'stderr', '-p', FOLDER, '-c', path('nginx.conf')]);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A request to nginx under the server's name; the answer's head. */
function send(
  method: string,
  headers: Record<string, string>,
  body?: object,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    host: '127.0.0.1',
    port: ports.nginx,
    path: '/mcp',
    method,
    servername: NAME,
    ca: readFileSync(path('certificate.pem')),
    agent: false,
    headers: {
      host: NAME,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const sent = requestOver(options, resolve).once('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

async function ask(
  method: string,
  params: object,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; result: any; session: string; worker: string }> {
  const answer = await send('POST', headers, { jsonrpc: '2.0', id: 1, method, params });
  let text = '';
  for await (const chunk of answer) text += chunk;
  const header = (name: string) => String(answer.headers[name] ?? '');
  const json = /^data: (.+)$/m.exec(text)?.[1] ?? text;
  return {
    status: answer.statusCode,
    result: JSON.parse(json).result,
    session: header('mcp-session-id'),
    worker: header('x-worker'),
  };
}

const MODERN = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'book',
};
const book = (more: object = {}) =>
  ask('tools/call', { name: 'book', arguments: { people: 4 }, _meta: META, ...more }, MODERN);

const LEGACY = { protocolVersion: '2025-11-25', capabilities: {} };
const initialize = () =>
  ask('initialize', { ...LEGACY, clientInfo: { name: 'test', version: '1' } });

async function untilServes(what: string, serves: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SERVES_WITHIN;
  while (!(await serves().catch(() => false))) {
    assert.ok(Date.now() < deadline, `${what} does not serve after ${SERVES_WITHIN} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

before(async () => {
  if (skip) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  // The page's server is JavaScript as it stands.
  writeFileSync(path('server.mjs'), block('ts'));
  writeFileSync(path('state-key'), randomBytes(32));
  const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  const files = ['-keyout', path('key.pem'), '-out', path('certificate.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync(openssl!, ['req', ...kind, '-days', '1', ...subject, ...files], { stdio: 'ignore' });
  ports.nginx = await freePort();
  ports.workers = [await freePort(), await freePort()];
  for (const port of ports.workers) startWorker(port);
  startNginx();
  for (const port of ports.workers) {
    const health = `http://127.0.0.1:${port}/health`;
    await untilServes(health, async () => (await fetch(health)).ok);
  }
  await untilServes('nginx', async () => (await initialize()).status === 200);
});

after(async () => {
  for (const child of running) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  rmSync(FOLDER, { recursive: true, force: true });
});

test('what one worker asked is answered by another', { skip }, async () => {
  const { result: question, worker: one } = await book();
  assert.equal(question.resultType, 'input_required');
  const [key] = Object.keys(question.inputRequests);
  const { result, worker: other } = await book({
    requestState: question.requestState,
    inputResponses: { [key!]: { action: 'accept', content: {} } },
  });
  assert.deepEqual(result.structuredContent, { result: 'A table for 4 is booked.' });
  assert.notEqual(one, other);
});

test('a legacy client is led to the worker that has its session', { skip }, async () => {
  const { session, worker } = await initialize();
  assert.notEqual(session, '');
  for (let n = 0; n < 4; n += 1) {
    const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
    const { status, worker: asked } = await ask('tools/list', {}, headers);
    assert.deepEqual([status, asked], [200, worker]);
  }
});

test('a stream is not held back', { skip }, async () => {
  const { session } = await initialize();
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
  const stream = await send('GET', headers);
  assert.equal(stream.statusCode, 200);
  const [first] = (await once(stream, 'data')) as [Buffer];
  assert.match(first.toString(), /^id: /m);
  stream.destroy();
});

test('another name is refused by the server itself', { skip }, async () => {
  const answer = await send('POST', { host: 'elsewhere.example' }, {});
  assert.equal(answer.statusCode, 403);
  answer.resume();
});

const systemd = find('systemd-analyze');
const noSystemd = !systemd && "not run: systemd's look at the guide's unit, for want of systemd";

test('systemd understands all of the unit', { skip: skip || noSystemd }, () => {
  writeFileSync(path('bookings@.service'), unit());
  const args = ['verify', path('bookings@8081.service')];
  const { stderr } = spawnSync(systemd!, args, { encoding: 'utf8' });
  // Of other units of the machine it may complain too.
  assert.deepEqual(
    stderr.split('\n').filter((line) => line.includes('bookings@')),
    [],
  );
});

test('workers end by themselves when systemd stops them', { skip }, async () => {
  for (const worker of running.slice(0, 2)) {
    worker.kill('SIGTERM');
    if (worker.exitCode === null) await once(worker, 'exit');
    assert.equal(worker.exitCode, 0);
  }
});
