import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import type { Diagnostic } from './diagnostics.js';
import { McpError, protocolError } from './error.js';
import * as LIMITS from './protocol/limits.js';
import { Session, type Handler, type IncomingCall } from './session.js';
import { RawPeer } from './testing/raw-peer.js';
import { pair } from './transport.js';

/** Answers `echo` with its params, and holds back `hold` until it is cancelled or let go. */
class Scripted implements Handler {
  readonly held: { call: IncomingCall; letGo: (result: string) => void }[] = [];
  readonly noted: string[] = [];

  request(method: string, params: unknown, call: IncomingCall): string | Promise<string> {
    if (method === 'echo') return JSON.stringify(params ?? null);
    if (method === 'large') return JSON.stringify('x'.repeat(LIMITS.maxMessage));
    if (method === 'complain') throw protocolError(-32000, 'é'.repeat(LIMITS.maxErrorText));
    if (method === 'hold') {
      return new Promise((letGo) => this.held.push({ call, letGo }));
    }
    if (method === 'refuse') throw protocolError(-32000, 'refused', { why: 'no' });
    throw new Error('a secret');
  }

  /** As if revision 2025-03-26 had been agreed on. */
  hasBatches = false;

  notification(method: string): void {
    if (method === 'bad') throw new Error('not understood');
    this.noted.push(method);
  }
}

function start(requestTimeout = 60_000) {
  const [here, there] = pair();
  const handler = new Scripted();
  const diagnostics: Diagnostic[] = [];
  const session = new Session(here, handler, {
    requestTimeout,
    diagnostics: (diagnostic) => diagnostics.push(diagnostic),
  });
  return { session, handler, diagnostics, peer: new RawPeer(there) };
}

type Answer = [sent: unknown, id: unknown, code: number, message: RegExp];

const INVALID: Answer[] = [
  ['{', null, -32700, /^invalid JSON/],
  ['["\\ud800"]', null, -32700, /^invalid JSON/],
  [[], null, -32600, /^expected object, found array: only revision 2025-03-26 has batches/],
  [{ id: 1, method: 'echo' }, 1, -32600, /^jsonrpc: required member is missing$/],
  [
    { jsonrpc: '1.0', id: 'a', method: 'echo' },
    'a',
    -32600,
    /^jsonrpc: expected "2.0", found "1.0"$/,
  ],
  [
    { jsonrpc: '2.0', id: null, method: 'echo' },
    null,
    -32600,
    /^id: expected string or number, found null$/,
  ],
  [
    { jsonrpc: '2.0', id: true, method: 'echo' },
    null,
    -32600,
    /^id: expected string or number, found boolean$/,
  ],
  [
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"echo"}',
    null,
    -32600,
    /^id: integer out of range$/,
  ],
  [{ jsonrpc: '2.0', id: 2 }, 2, -32600, /^method: required member is missing$/],
  [{ jsonrpc: '2.0', id: 2, method: 3 }, 2, -32600, /^method: expected string, found number$/],
  [
    { jsonrpc: '2.0', id: 2, method: 'echo', params: [] },
    2,
    -32600,
    /^params: expected object, found array$/,
  ],
];

test('an invalid message is answered, with its id where one can be read', async () => {
  const { peer } = start();
  for (const [sent, id, code, message] of INVALID) {
    peer.send(sent);
    const { error, ...answer } = await peer.next();
    assert.deepEqual([answer, error.code], [{ jsonrpc: '2.0', id }, code], JSON.stringify(sent));
    assert.match(error.message, message);
  }
  assert.deepEqual((await peer.ask('echo', { a: 1 })).result, { a: 1 });
});

test('a response that is wrong, or that nobody waits for, is reported and never answered', async () => {
  const { peer, diagnostics } = start();
  const responses = [
    { jsonrpc: '2.0', id: 7, result: {} },
    { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } },
    { jsonrpc: '2.0', result: {} },
    { jsonrpc: '2.0', id: 1, error: 'no' },
    { jsonrpc: '2.0', id: null, error: { code: 1, message: 'whatever' } },
  ];
  for (const response of responses) peer.send(response);
  // The first answer is to this: nothing else was sent.
  assert.equal((await peer.ask('echo', {}, 'last')).id, 'last');
  assert.equal(diagnostics.length, responses.length);
});

test('requests are answered as they are done, not as they came', async () => {
  const { peer, handler } = start();
  peer.send({ jsonrpc: '2.0', id: 'slow', method: 'hold' });
  assert.equal((await peer.ask('echo', {}, 'quick')).id, 'quick');
  handler.held[0]!.letGo('{"late":true}');
  assert.deepEqual(await peer.next(), { jsonrpc: '2.0', id: 'slow', result: { late: true } });
});

test('a protocol error is sent as it is, any other error says nothing', async () => {
  const { peer, diagnostics } = start();
  const refused = await peer.ask('refuse');
  assert.deepEqual(refused.error, { code: -32000, message: 'refused', data: { why: 'no' } });
  const failed = await peer.ask('fail');
  assert.deepEqual(failed.error, { code: -32603, message: 'internal error' });
  assert.equal((diagnostics[0]?.cause as Error).message, 'a secret');
});

test('a notification is noted and not answered, even if it cannot be understood', async () => {
  const { peer, handler, diagnostics } = start();
  peer.send({ jsonrpc: '2.0', method: 'bad' });
  peer.send({ jsonrpc: '2.0', method: 'good' });
  assert.equal((await peer.ask('echo', {}, 'after')).id, 'after');
  assert.deepEqual(handler.noted, ['good']);
  assert.equal(diagnostics[0]?.message, 'bad was dropped');
});

test('a cancelled request aborts its handler and is not answered', async () => {
  const { peer, handler } = start();
  peer.send({ jsonrpc: '2.0', id: 'gone', method: 'hold' });
  await peer.ask('echo');
  const { call, letGo } = handler.held[0]!;
  const { signal } = call;
  assert.equal(signal.aborted, false);
  const cancelled = { requestId: 'gone', reason: 'changed my mind' };
  peer.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled });
  await peer.ask('echo');
  assert.equal(signal.aborted, true);
  letGo('{}');
  assert.equal((await peer.ask('echo', {}, 'after')).id, 'after');
});

test('a batch is refused as a whole if it is empty, too long, or no JSON', async () => {
  const { peer, handler } = start();
  handler.hasBatches = true;
  const long = Array.from({ length: LIMITS.maxBatch + 1 }, () => ({}));
  for (const [sent, code, message] of [
    ['[]', -32600, /^a batch of no messages$/],
    [long, -32600, /^a batch of 101 messages: at most 100 are taken \(maxBatch\)$/],
    [' [{}', -32700, /^invalid JSON/],
  ] as const) {
    peer.send(sent);
    const { id, error } = await peer.next();
    assert.deepEqual([id, error.code], [null, code]);
    assert.match(error.message, message);
  }
});

test('what runs at once is bounded: the rest waits, and nothing is refused', async () => {
  const { peer, handler } = start();
  const most = LIMITS.maxRunning;
  const requests = Array.from({ length: most + 3 }, (_, id) => ({
    jsonrpc: '2.0',
    id,
    method: 'hold',
  }));
  for (const request of requests) peer.send(request);
  peer.send({ jsonrpc: '2.0', id: 'last', method: 'echo' });
  await setImmediate();
  assert.equal(handler.held.length, most);
  handler.held[0]!.letGo('{}');
  assert.equal((await peer.next()).id, 0);
  for (const { letGo } of handler.held.slice(1, most)) letGo('{}');
  const answered = new Set<unknown>();
  while (answered.size < most) answered.add((await peer.next()).id);
  assert.ok(answered.has('last') && handler.held.length === most + 3);
  for (const { letGo } of handler.held) letGo('{}');
  const rest = [await peer.next(), await peer.next(), await peer.next()];
  assert.deepEqual(
    rest.map(({ id }) => id),
    [most, most + 1, most + 2],
  );
});

test('a request gets the result that has its id', async () => {
  const { session, peer } = start();
  const results = [session.request('one', '{"n":1}'), session.request('two', undefined)];
  const [one, two] = [await peer.next(), await peer.next()];
  assert.deepEqual(one, { jsonrpc: '2.0', id: one.id, method: 'one', params: { n: 1 } });
  assert.deepEqual(two, { jsonrpc: '2.0', id: two.id, method: 'two' });
  peer.send({ jsonrpc: '2.0', id: two.id, result: { is: 'two' } });
  peer.send({ jsonrpc: '2.0', id: one.id, error: { code: -1, message: 'no', data: 7 } });
  assert.deepEqual(await results[1], { is: 'two' });
  await assert.rejects(results[0]!, { kind: 'protocol', code: -1, message: 'no', data: 7 });
});

test('a request that is not answered in time fails, says what it waited for, and is cancelled', async () => {
  const { session, peer } = start(5);
  const result = session.request('never', undefined);
  await assert.rejects(result, { kind: 'timeout', message: 'no answer to never within 5 ms' });
  const { id } = await peer.next();
  const { method, params } = await peer.next();
  assert.deepEqual([method, params.requestId], ['notifications/cancelled', id]);
});

test('a request that is aborted fails with the reason and is cancelled', async () => {
  const { session, peer } = start();
  const controller = new AbortController();
  const result = session.request('never', undefined, { signal: controller.signal });
  const { id } = await peer.next();
  controller.abort(new Error('enough'));
  await assert.rejects(result, { message: 'enough' });
  assert.equal((await peer.next()).params.requestId, id);
  await assert.rejects(session.request('never', undefined, { signal: controller.signal }), {
    message: 'enough',
  });
});

test('when the connection ends, so does every call', async () => {
  const { session, peer } = start();
  const pending = assert.rejects(session.request('never', undefined), { kind: 'closed' });
  await peer.next();
  await peer.close();
  await pending;
  await assert.rejects(session.request('later', undefined), { kind: 'closed' });
});

test('a message that was too long is refused, by its id if it shows one', async () => {
  const { session, peer } = start();
  session.tooLong('{"jsonrpc":"2.0","id":"x","method":"echo","params":{"te', 100);
  const { id, error } = await peer.next();
  assert.deepEqual(
    [id, error.code, error.message],
    ['x', -32600, 'message longer than 100 bytes (maxMessage)'],
  );
  session.tooLong('{"method":"echo","params":{"te', 100);
  assert.equal((await peer.next()).id, null);
  const result = session.request('big', undefined);
  const request = await peer.next();
  session.tooLong(`{"jsonrpc":"2.0","id":${request.id},"result":{"te`, 100);
  await assert.rejects(result, {
    kind: 'decode',
    message: 'the answer to big: message longer than 100 bytes (maxMessage)',
  });
});

test('an answer that was too long fails its call, also if it has its id last', async () => {
  const { session, peer } = start();
  for (const outcome of ['result', 'error']) {
    for (const [first, last] of [
      ['"jsonrpc":"2.0",', ''],
      ['', ',"jsonrpc":"2.0"'],
    ]) {
      const call = session.request('big', undefined);
      const { id } = await peer.next();
      // In its text there is what looks like the end of another answer.
      session.tooLong(`{${first}"${outcome}":{"te`, 100, `x,\\"id\\":0}"},"id":${id}${last}}`);
      await assert.rejects(call, {
        kind: 'decode',
        message: 'the answer to big: message longer than 100 bytes (maxMessage)',
      });
    }
  }
  session.tooLong('{"method":"echo","params":{"te', 100, 'xt":"x"},"id":"y"}');
  assert.equal((await peer.next()).id, 'y');
});

test('an id in use is refused, and the first request goes on', async () => {
  const { peer, handler } = start();
  peer.send({ jsonrpc: '2.0', id: 5, method: 'hold' });
  const { error } = await peer.ask('hold', {}, 5);
  assert.deepEqual([error.code, handler.held.length], [-32600, 1]);
  assert.match(error.message, /is being handled already/);
  handler.held[0]!.letGo('{}');
  assert.deepEqual(await peer.next(), { jsonrpc: '2.0', id: 5, result: {} });
  assert.equal((await peer.ask('echo', {}, 5)).id, 5, 'it is free again');
});

test('the answers to a batch go out in one, where the revision has batches', async () => {
  const { peer, handler } = start();
  const echo = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'echo' });
  const note = { jsonrpc: '2.0', method: 'noted' };
  peer.send([echo(1)]);
  assert.match((await peer.next()).error.message, /only revision 2025-03-26 has batches/);
  handler.hasBatches = true;
  peer.send([{ jsonrpc: '2.0', id: 1, method: 'hold' }, note, 7, {}, echo(2)]);
  await setImmediate();
  handler.held[0]!.letGo('{}');
  const answers = await peer.next();
  assert.deepEqual(
    answers.map(({ id, error }: any) => [id, error?.code]),
    [
      [1, undefined],
      [null, -32600],
      [null, -32600],
      [2, undefined],
    ],
  );
  peer.send([note]);
  assert.equal(
    (await peer.ask('echo', {}, 'next')).id,
    'next',
    'nothing is answered to notes alone',
  );
  assert.deepEqual(handler.noted, ['noted', 'noted']);
  for (const [sent, code, why] of [
    ['[1', -32700, /invalid JSON/],
    [[], -32600, /no messages/],
    [Array(101).fill(note), -32600, /maxBatch/],
  ] as const) {
    peer.send(sent);
    const { id, error } = await peer.next();
    assert.deepEqual([id, error.code], [null, code]);
    assert.match(error.message, why);
  }
});

test('an answer that nobody could read is an error, and so is what an error is given cut', async () => {
  const { peer } = start();
  const large = await peer.ask('large');
  assert.equal(large.error.code, -32603);
  assert.match(large.error.message, /16777216 bytes \(maxMessage\)/);
  const { error } = await peer.ask('complain');
  assert.equal(error.message, `${'é'.repeat(LIMITS.maxErrorText / 2)}…`);
});

test('what is under way when the connection ends may finish, and is cancelled after a while', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { session, peer, handler } = start();
  peer.send({ jsonrpc: '2.0', id: 5, method: 'hold' });
  await peer.ask('echo');
  const { signal } = handler.held[0]!.call;
  session.ended(new McpError('closed', 'gone'));
  t.mock.timers.tick(LIMITS.childGrace - 1);
  assert.equal(signal.aborted, false);
  t.mock.timers.tick(1);
  assert.equal(signal.aborted, true);
});

test('an id that a number of this language cannot hold is refused', async () => {
  const { peer } = start();
  for (const id of ['1e-400', '-1e-999', '0.0000e1', '1e400', '9007199254740993']) {
    peer.send(`{"jsonrpc":"2.0","id":${id},"method":"echo"}`);
    assert.equal((await peer.next()).error?.code, -32600, id);
  }
  for (const id of ['0', ' 0 ', '1.5', '-0']) {
    peer.send(`{"jsonrpc":"2.0","id":${id},"method":"echo"}`);
    assert.equal((await peer.next()).id, Number(id) + 0, id);
  }
});
