// The legacy era over HTTP: sessions, streams that are resumed, batches, and clients without a session.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import {
  form,
  server,
  type EventStore,
  type HttpOptions,
  type HttpService,
  type KeptEvent,
} from '../index.js';
import { jsonSchema } from '../schema/json-schema.js';
import { EventReader, HttpClient, seen } from '../testing/http-client.js';

/** What was served, and is to end with its test. */
const served: HttpService[] = [];

afterEach(() => served.splice(0).forEach((service) => service.close()));

const NEWEST = '2025-11-25';
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

function start(options: HttpOptions = {}) {
  const log: string[] = [];
  let wake = () => {};
  const step = async () => new Promise<void>((resolve) => (wake = resolve));
  const tested = server('tested', '1.0.0', { diagnostics: () => {} })
    .tool('add', {}, () => ({ sum: 3 }))
    .tool('work', {}, async (_, { progress }) => {
      await progress(1);
      await progress(2);
      return 'done';
    })
    .tool('steps', {}, async (_, { progress, signal }) => {
      const stopped = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve()),
      );
      for (let done = 1; done <= 3; done++) {
        if (done > 1) await Promise.race([step(), stopped]);
        if (signal.aborted) {
          log.push('cancelled');
          return 'never';
        }
        await progress(done);
      }
      log.push('done');
      return 'done';
    })
    .tool('poll', {}, (_, context) => context.closeStream())
    .tool(
      'ask',
      {},
      async (_, context) =>
        (await context.ask(form('Sure?', jsonSchema({ type: 'object', properties: {} })))).action,
    )
    .resource('text://greeting', {}, () => 'hello')
    .resource('data://bytes', {}, () => 'bytes');
  const service = tested.http(options);
  served.push(service);
  const open = async (revision = NEWEST) => {
    const client = new HttpClient(service);
    const answer = await client.initialize(revision);
    client.headers['mcp-protocol-version'] = revision;
    return { client, answer };
  };
  return { tested, service, log, open, step: () => wake() };
}

const call = (id: unknown, name: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, _meta: { progressToken: id } },
});

const stream = async (client: HttpClient, body: unknown, headers?: Record<string, string>) =>
  new EventReader(await client.send('POST', body, headers));

const resume = async (client: HttpClient, last: string) =>
  new EventReader(await client.send('GET', undefined, { 'last-event-id': last }));

test('every legacy revision and the modern one are served at one address', async () => {
  const { open } = start();
  for (const revision of ['2025-03-26', '2025-06-18', NEWEST]) {
    const { client, answer } = await open(revision);
    assert.equal(answer.messages[0].result.protocolVersion, revision);
    const added = await client.post(call(7, 'add'));
    assert.equal(added.headers.get('content-type'), 'application/json');
    assert.equal(added.messages[0].id, 7);
    delete client.headers['mcp-protocol-version'];
    assert.equal((await client.post(LIST)).status, 200, 'the session knows its revision');
    const worked = await client.post(call(9, 'work'));
    assert.equal(worked.headers.get('content-type'), 'text/event-stream');
    delete client.headers['mcp-session-id'];
    assert.equal((await client.modern('tools/call', { name: 'add' })).status, 200);
  }
});

test('sessions are held to', async () => {
  const { open } = start();
  const { client } = await open();
  const check = async (
    method: string,
    body: unknown,
    headers: Record<string, string | undefined>,
    status: number,
    words: RegExp,
  ) => {
    const all = { ...client.headers };
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) delete client.headers[name];
      else client.headers[name] = value;
    }
    const answer = await client.send(method, body);
    client.headers = all;
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}: ${text}`);
    assert.match(text, words);
  };
  const without = { 'mcp-session-id': undefined };
  const unknown = { 'mcp-session-id': 'unknown' };
  await check('POST', LIST, {}, 200, /add/);
  await check('POST', LIST, without, 400, /Mcp-Session-Id header is missing/);
  await check('POST', LIST, unknown, 404, /no such session/);
  await check('POST', LIST, { 'mcp-protocol-version': '2025-06-18' }, 400, /initialized with/);
  await check('POST', LIST, { 'mcp-protocol-version': '1900-01-01' }, 400, /unsupported protocol/);
  await check('POST', LIST, { 'mcp-protocol-version': '2026-07-28' }, 400, /params\._meta/);
  await check('POST', { jsonrpc: '2.0', id: 1, method: 'ping' }, without, 200, /"result":\{\}/);
  await check('POST', { jsonrpc: '2.0', id: 1, method: 'no/such' }, {}, 200, /-32601/);
  await check('GET', undefined, without, 400, /Mcp-Session-Id/);
  await check('GET', undefined, unknown, 404, /no such session/);
  await check('GET', undefined, { accept: 'application/json' }, 406, /text\/event-stream/);
  await check('DELETE', undefined, without, 400, /Mcp-Session-Id/);
  await check('DELETE', undefined, {}, 204, /^$/);
  await check('DELETE', undefined, {}, 404, /no such session/);
  await check('POST', LIST, {}, 404, /no such session/);
});

test('what is told comes on the stream of its request, which newer clients can resume', async () => {
  const { open } = start();
  for (const [revision, primed] of [
    ['2025-03-26', false],
    ['2025-06-18', false],
    [NEWEST, true],
  ] as const) {
    const { client } = await open(revision);
    const { text } = await client.post(call(5, 'work'));
    assert.equal(/^id: \d+-0\nretry: 1000\ndata: \n\n/.test(text), primed, text);
    const events = await stream(client, call(5, 'work'));
    if (primed) assert.deepEqual((await events.next())?.data, []);
    for (const progress of [1, 2]) {
      const [told] = (await events.next())!.data;
      assert.deepEqual(told.params, { progress, progressToken: 5 });
    }
    const last = (await events.next())!;
    assert.equal(last.data[0].id, 5);
    assert.match(last.id!, /-3$/);
    assert.equal(await events.next(), undefined);
  }
});

test('a client that goes away has not cancelled, and resumes', async () => {
  const { open, log, step } = start();
  const { client } = await open();
  const events = await stream(client, call(5, 'steps'));
  assert.deepEqual((await events.next())?.data, []);
  const first = (await events.next())!;
  assert.equal(first.data[0].params.progress, 1);
  await events.close();
  step();
  // Resumed while it runs: what was missed, and then what comes.
  const again = await resume(client, first.id!);
  const second = (await again.next())!;
  assert.equal(second.data[0].params.progress, 2);
  step();
  assert.equal((await again.next())!.data[0].params.progress, 3);
  assert.equal((await again.next())!.data[0].id, 5);
  assert.equal(await again.next(), undefined);
  assert.deepEqual(log, ['done']);
  // Resumed when it is over, from any place.
  const over = await resume(client, second.id!);
  assert.equal((await over.next())!.data[0].params.progress, 3);
  assert.equal((await over.next())!.data[0].id, 5);
  assert.equal(await over.next(), undefined);
});

test('only a notification cancels, and so does the end of the session', async () => {
  const { open, log } = start();
  const params = { requestId: 5 };
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
  for (const end of ['cancel', 'delete'] as const) {
    const { client } = await open();
    const news = new EventReader(await client.send('GET'));
    assert.deepEqual((await news.next())?.data, []);
    const events = await stream(client, call(5, 'steps'));
    assert.deepEqual((await events.next())?.data, []);
    assert.equal((await events.next())!.data[0].params.progress, 1);
    if (end === 'cancel') assert.equal((await client.post(cancel)).status, 202);
    else assert.equal((await client.send('DELETE')).status, 204);
    assert.equal(await events.next(), undefined, 'no answer to what was cancelled');
    assert.equal(log.pop(), 'cancelled');
    if (end === 'delete') assert.equal(await news.next(), undefined);
  }
});

test('an id in use is refused, and the first request goes on', async () => {
  const { open, step } = start();
  const { client } = await open();
  const events = await stream(client, call(5, 'steps'));
  await events.next();
  await events.next();
  const refused = await client.post(call(5, 'steps'));
  assert.equal(refused.messages[0].error.code, -32600, refused.text);
  step();
  assert.equal((await events.next())!.data[0].params.progress, 2);
});

test('only newer clients poll for what a handler has closed the stream of', async () => {
  const { open } = start();
  for (const [revision, polls] of [
    [NEWEST, true],
    ['2025-06-18', false],
  ] as const) {
    const { client } = await open(revision);
    const answer = await client.post(call(5, 'poll'));
    if (polls) {
      const { id } = new RegExp('^id: (?<id>.*)$', 'm').exec(answer.text)!.groups!;
      const rest = await resume(client, id!);
      assert.equal((await rest.next())!.data[0].result.structuredContent.result, true);
    } else {
      assert.equal(answer.messages[0].result.structuredContent.result, false);
    }
  }
  const { client } = await open();
  delete client.headers['mcp-session-id'];
  const modern = await client.modern('tools/call', { name: 'poll' });
  assert.equal(modern.messages[0].result.structuredContent.result, false);
});

test('what is not kept, or of another session, cannot be resumed', async () => {
  const { open } = start();
  const { client } = await open();
  const other = await open();
  const { text } = await client.post(call(5, 'work'));
  const last = [...text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!;
  const first = last.replace('-3', '-1');
  for (const [who, id, status] of [
    [client, first, 200],
    [other.client, first, 400],
    [client, last.replace('-3', '-9'), 400],
    [client, '99-0', 400],
    [client, 'nonsense', 400],
    [client, last, 400],
  ] as const) {
    const answer = await who.send('GET', undefined, { 'last-event-id': id });
    assert.equal(answer.status, status, id);
    await answer.body?.cancel();
  }
});

/** Keeps events in a list. */
class List implements EventStore {
  readonly kept: { session: string; event: KeptEvent }[] = [];

  keep(session: string, event: KeptEvent) {
    this.kept.push({ session, event });
  }

  async after(session: string, { stream, place }: { stream: number; place: number }) {
    // As one that is elsewhere.
    await new Promise((resolve) => setImmediate(resolve));
    const own = this.kept.filter((one) => one.session === session).map(({ event }) => event);
    return own.filter((event) => event.stream === stream && event.place > place);
  }

  forget(session: string) {
    const others = this.kept.filter((one) => one.session !== session);
    this.kept.splice(0, this.kept.length, ...others);
  }
}

test('events are kept where the program says', async () => {
  const eventStore = new List();
  const { open } = start({ eventStore });
  const { client } = await open();
  const { text } = await client.post(call(5, 'work'));
  assert.equal(eventStore.kept.length, 3);
  const last = [...text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!;
  const events = await resume(client, last.replace('-3', '-1'));
  assert.equal((await events.next())!.data[0].params.progress, 2);
  assert.equal((await events.next())!.data[0].id, 5);
  assert.equal(await events.next(), undefined);
  assert.equal((await client.send('DELETE')).status, 204);
  assert.equal(eventStore.kept.length, 0);
});

test('news comes on one of the streams that listen, and what was told to one that is gone is kept', async () => {
  const { open, tested } = start();
  const { client } = await open();
  // Told before anybody listens.
  tested.tool('one', {}, () => 1);
  const first = new EventReader(await client.send('GET'));
  assert.deepEqual((await first.next())!.data, [], 'an event to resume from');
  const told = (await first.next())!;
  assert.equal(told.data[0].method, 'notifications/tools/list_changed');
  const second = new EventReader(await client.send('GET'));
  assert.deepEqual((await second.next())!.data, []);
  tested.prompt('two', {}, () => 'two');
  // The newest that is read has it, and the other has not.
  assert.equal((await second.next())!.data[0].method, 'notifications/prompts/list_changed');
  await second.close();
  tested.tool('three', {}, () => 3);
  assert.equal((await first.next())!.data[0].method, 'notifications/tools/list_changed');
  const again = await resume(client, told.id!);
  assert.equal((await again.next())!.data[0].method, 'notifications/tools/list_changed');
});

test('resources that are watched are told of', async () => {
  const { open, tested } = start();
  const { client } = await open();
  const news = new EventReader(await client.send('GET'));
  assert.deepEqual((await news.next())!.data, []);
  const params = { uri: 'text://greeting' };
  const watch = { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params };
  assert.equal((await client.post(watch)).status, 200);
  tested.resourceUpdated('data://bytes');
  tested.resourceUpdated('text://greeting');
  assert.equal((await news.next())!.data[0].params.uri, 'text://greeting');
});

test('batches are answered in the revision that has them', async () => {
  const { open } = start();
  const { client } = await open('2025-03-26');
  const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } };
  const ids = ({ messages }: Awaited<ReturnType<HttpClient['post']>>) =>
    messages[0].map(({ id }: { id?: unknown }) => id);
  const two = await client.post([call(1, 'add'), note, call(2, 'add')]);
  assert.equal(two.headers.get('content-type'), 'application/json');
  assert.deepEqual(ids(two), [1, 2]);
  const noted = await client.post([note]);
  assert.deepEqual([noted.status, noted.text], [202, '']);
  const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
  const wrong = await client.post([7, call(1, 'add'), { jsonrpc: '2.0', id: 3 }, initialize]);
  assert.deepEqual(ids(wrong), [undefined, 3, 0, 1]);
  // One that tells something, among others.
  const { messages } = await client.post([call(1, 'add'), call(2, 'work')]);
  const answered = messages.map(({ id }) => id).filter((id) => id !== undefined);
  assert.deepEqual([messages.length, answered.sort()], [4, [1, 2]]);
  for (const [body, words] of [
    [[], /no messages/],
    ['[1', /invalid JSON/],
    [Array(101).fill(note), /maxBatch/],
  ] as const) {
    const refused = await client.post(body);
    assert.equal(refused.status, 400);
    assert.match(refused.text, words);
  }
  const newer = await open('2025-06-18');
  const refused = await newer.client.post([call(1, 'add')]);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /batches are of revision 2025-03-26/);
});

test('without sessions any legacy request is answered by itself', async () => {
  const { open } = start({ stateless: true });
  const { client, answer } = await open();
  assert.equal(answer.headers.get('mcp-session-id'), null);
  delete client.headers['mcp-session-id'];
  const added = await client.post(call(1, 'add'));
  assert.deepEqual(added.messages[0].result.structuredContent, { sum: 3 });
  const asked = await client.post(call(1, 'ask'));
  assert.equal(asked.messages[0].result.isError, true, asked.text);
  delete client.headers['mcp-protocol-version'];
  const oldest = await client.post(call(1, 'add'));
  assert.ok(!('structuredContent' in oldest.messages[0].result), '2025-03-26, which has none');
  const worked = await client.post(call(1, 'work'));
  assert.equal(worked.messages[0].method, 'notifications/progress');
  const batch = await client.post([call(1, 'add'), call(2, 'add')]);
  assert.equal(batch.messages[0].length, 2);
  for (const method of ['GET', 'DELETE']) {
    const refused = await seen(await client.send(method));
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'POST'], method);
  }
});

test('sessions that are unused make room, and those in use do not', async () => {
  const { open, service } = start({ maxSessions: 2 });
  const first = await open();
  const second = await open();
  // A clock tells them apart by milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal((await first.client.post(LIST)).status, 200, 'it was used later than the second');
  const third = await open();
  assert.equal((await second.client.post(LIST)).status, 404);
  assert.equal((await first.client.post(LIST)).status, 200);
  const one = new EventReader(await first.client.send('GET'));
  const other = new EventReader(await third.client.send('GET'));
  await Promise.all([one.next(), other.next()]);
  const full = await new HttpClient(service).post({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: NEWEST, capabilities: {}, clientInfo: { name: 'a', version: '1' } },
  });
  assert.equal(full.status, 503);
  assert.match(full.text, /maxSessions/);
});
