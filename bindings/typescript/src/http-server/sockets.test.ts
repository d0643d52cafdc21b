// What node:http makes of what is no proper request, too much or too slow, and of clients that do not take what they
// are sent.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';

import { server, type HttpOptions } from '../index.js';
import { listen, type ListenOptions, type SocketOptions } from '../node.js';
import { jsonSchema } from '../schema/json-schema.js';
import { Connection, requestText, type RawAnswer } from '../testing/connection.js';

const INPUT = jsonSchema({
  type: 'object',
  properties: { a: { type: 'integer' } },
});

async function start(t: TestContext, options: ListenOptions = {}) {
  const log: string[] = [];
  let isOver = () => {};
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const tested = server('tested', '1.0.0', { diagnostics: () => {} })
    .tool('add', { input: INPUT }, ({ a = 1 }) => ({ sum: a + 1 }))
    .tool('large', {}, () => 'x'.repeat(8_000_000))
    .tool('loud', {}, async (_, { progress, signal }) => {
      signal.addEventListener('abort', isOver);
      for (let done = 1; done <= 2000 && !signal.aborted; done++) {
        await progress(done, 2000, 'x'.repeat(10_000));
        log.push(`told ${done}`);
      }
      return 'done';
    });
  const listening = await listen(tested, { drainTimeout: 0, ...options });
  const connections: Connection[] = [];
  t.after(async () => {
    for (const { socket } of connections) socket.destroy();
    await listening.close();
  });
  const open = async () => {
    const connection = await Connection.to(listening.url);
    connections.push(connection);
    return connection;
  };
  const ask = async (text: string) => {
    const connection = await open();
    connection.write(text);
    return (await connection.answer())!;
  };
  return { listening, open, ask, log, over };
}

const errorOf = ({ body }: RawAnswer) =>
  JSON.parse(body).error as { code: number; message: string };

test('a message that is too long ends alone and names the limit', async (t) => {
  const { open } = await start(t, { maxMessage: 2000 });
  const connection = await open();
  const call = requestText('add').split('\r\n\r\n')[1]!;
  const ask = async (body: string) => {
    connection.write(requestText('add', { body }));
    return (await connection.answer())!;
  };
  const long = await ask(call + ' '.repeat(2000));
  assert.deepEqual([long.status, JSON.parse(long.body).id], [413, 1]);
  assert.match(errorOf(long).message, /2000 bytes \(maxMessage\)/);
  assert.equal((await ask(call)).status, 200, 'the connection lives on');
  assert.equal((await ask(call.padEnd(2000))).status, 200, 'as long as allowed');
  const nameless = await ask('x'.repeat(2001));
  assert.deepEqual([nameless.status, 'id' in JSON.parse(nameless.body)], [413, false]);
  // In pieces whose number nobody knows before.
  const pieces = call
    .padEnd(3000)
    .match(/.{100}/g)!
    .map((piece) => `64\r\n${piece}\r\n`);
  const headers = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
  connection.write(requestText('add', { headers, body: `${pieces.join('')}0\r\n\r\n` }));
  assert.equal((await connection.answer())!.status, 413);
  assert.equal((await ask(call)).status, 200);
});

test('who would send far too much is told before', async (t) => {
  const { open } = await start(t, { maxMessage: 2000 });
  const connection = await open();
  const headers = { expect: '100-continue', 'content-length': '1000000' };
  connection.write(requestText('add', { headers, body: '' }));
  assert.equal((await connection.answer())!.status, 413);
  await connection.closed();
  const patient = await open();
  const text = requestText('add', { headers: { expect: '100-continue' } });
  const [head, body] = text.split('\r\n\r\n') as [string, string];
  patient.write(`${head}\r\n\r\n`);
  await once(patient.socket, 'data');
  patient.write(body);
  assert.equal((await patient.answer())!.status, 200);
});

test('a body in pieces is one message, and two at once are two', async (t) => {
  const { open } = await start(t);
  const connection = await open();
  const text = requestText('add');
  for (const piece of text.match(/[^]{1,97}/g)!) {
    connection.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await connection.answer())!.status, 200);
  connection.write(text + text);
  const [one, other] = [await connection.answer(), await connection.answer()];
  assert.deepEqual([one?.status, other?.status], [200, 200]);
});

test('bytes that are no text are refused', async (t) => {
  const { open } = await start(t);
  for (const bytes of [
    '{"jsonrpc":"2.0","id":1,"method":"\xc3"}',
    '{"jsonrpc":"2.0",\0"id":1}',
    '\xef\xbb\xbf{}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"} {}',
    '{"jsonrpc":"2.0","id":1',
  ]) {
    const connection = await open();
    const headers = { 'content-length': String(bytes.length) };
    connection.write(Buffer.from(requestText('add', { headers, body: bytes }), 'latin1'));
    const answer = (await connection.answer())!;
    assert.deepEqual([answer.status, errorOf(answer).code], [400, -32700], bytes);
  }
});

test('heads that are too large or too slow end their connection alone', async (t) => {
  const { open, ask } = await start(t, { headTimeout: 50 });
  const large = await ask(requestText('add', { headers: { 'x-long': 'x'.repeat(200_000) } }));
  assert.equal(large.status, 431);
  const many = Object.fromEntries(Array.from({ length: 2500 }, (_, at) => [`x-${at}`, 'x']));
  const all = await ask(
    requestText('add', { headers: { ...many, origin: 'http://evil.example' } }),
  );
  assert.equal(all.status, 403, 'no header is left out, however many there are');
  const slow = await open();
  slow.write('POST /mcp HTTP/1.1\r\nhost: localhost\r\n');
  assert.ok([undefined, 408].includes((await slow.answer())?.status));
  const idle = await open();
  idle.write(requestText('add'));
  assert.equal((await idle.answer())!.status, 200);
  await idle.closed();
  assert.equal((await ask(requestText('add'))).status, 200);
});

test('a token of the greatest length that is looked at fits into a head', async (t) => {
  const guard: HttpOptions['guard'] = (head) => ({ subject: head.header('authorization')! });
  const { ask } = await start(t, { guard });
  const authorization = `Bearer ${'a'.repeat(16_384)}`;
  assert.equal((await ask(requestText('add', { headers: { authorization } }))).status, 200);
});

test('who takes nothing of what is sent is left, while events come and while one answer does', async (t) => {
  const socket: SocketOptions = { writeTimeout: 100 };
  const { open, log, over } = await start(t, socket);
  const deaf = await open();
  deaf.socket.pause();
  deaf.write(requestText('loud', { meta: { progressToken: 1 } }));
  await over;
  assert.ok(log.length < 2000, 'it was left before all was told');
  const other = await open();
  other.socket.pause();
  for (let at = 0; at < 4; at++) other.write(requestText('large'));
  // It is seen to be gone by who writes to it.
  const again = setInterval(() => other.write('\r\n'), 20);
  await other.closed();
  clearInterval(again);
});

test('what a slow reader has not taken makes the handler wait', async (t) => {
  const { open, log } = await start(t);
  const connection = await open();
  connection.socket.pause();
  connection.write(requestText('loud', { meta: { progressToken: 1 } }));
  // It stands still before all is told, since nobody reads.
  for (let before = -1; log.length === 0 || log.length !== before;) {
    before = log.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(log.length < 2000, `all ${log.length} messages were told to nobody`);
  connection.socket.resume();
  const answer = (await connection.answer())!;
  const events = answer.body.match(/^data: .*$/gm)!;
  assert.equal(events.length, 2001);
  assert.match(events.at(-1)!, /"result":"done"/);
});

test('a client that closes its half while it waits is gone', async (t) => {
  const { open, over } = await start(t);
  const connection = await open();
  connection.write(requestText('loud', { meta: { progressToken: 1 } }));
  await once(connection.socket, 'data');
  connection.socket.end();
  await over;
});

test('more connections than are served are closed, and the others go on', async (t) => {
  const { open } = await start(t, { maxConnections: 1 });
  const first = await open();
  first.write(requestText('add'));
  assert.equal((await first.answer())!.status, 200);
  const second = await open();
  await second.closed();
  first.write(requestText('add'));
  assert.equal((await first.answer())!.status, 200);
});

test('what is no HTTP is no request', async (t) => {
  const { open, ask } = await start(t);
  const length = 'content-length: 2\r\ncontent-type: application/json\r\n';
  const head = 'POST /mcp HTTP/1.1\r\nhost: localhost\r\n';
  for (const text of [
    'hello\r\n\r\n',
    `${head}${length}content-length: 3\r\n\r\n{}`,
    `${head}${length}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}content-length: 2, 2\r\n\r\n{}`,
    `${head}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`,
    `POST /mcp HTTP/1.1\r\n${length}\r\n{}`,
    `${head} folded\r\n${length}\r\n{}`,
    `${head}content-length : 2\r\n\r\n{}`,
    `${head}x: a\0b\r\n\r\n`,
  ]) {
    const connection = await open();
    connection.write(text);
    const status = (await connection.answer())?.status;
    assert.ok(status === undefined || (status >= 400 && status < 500), `${text}: ${status}`);
  }
  assert.equal((await ask(requestText('add'))).status, 200);
});

test('a whole address in the first line is looked at, too', async (t) => {
  const { ask } = await start(t);
  assert.equal((await ask(requestText('add', { path: 'http://localhost/mcp' }))).status, 200);
  const evil = await ask(requestText('add', { path: 'http://evil.example/mcp' }));
  assert.equal(evil.status, 403);
  assert.match(evil.body, /allowedHosts/);
});

test('a body that does not come is not waited for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { open, listening } = await start(t);
  const connection = await open();
  const arrived = once(listening.server, 'request');
  connection.write(requestText('add', { headers: { 'content-length': '1000' } }));
  await arrived;
  t.mock.timers.tick(60_000);
  const late = (await connection.answer())!;
  assert.equal(late.status, 408);
  assert.match(late.body, /bodyTimeout/);
  await connection.closed();
});
