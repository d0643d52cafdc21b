// Tasks over HTTP: they outlive the request that began them, belong to who began them, and are named in headers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { server, type Guard, type HttpOptions } from '../index.js';
import { listen } from '../node.js';
import { EventReader, HttpClient, type Seen } from '../testing/http-client.js';
import { DECLARED, meta } from '../testing/tasks.js';
import { tasks, type AsTask } from './tasks.js';

/** The names of users stand in a header, and what they may do. */
const byName: Guard = (head) => {
  const [subject, ...scopes] = (head.header('x-name') ?? '').split(' ');
  return { subject: subject!, scopes };
};

/** A server whose job is done when it is told so. */
function start(task: AsTask, options: HttpOptions = {}, scopes: string[] = []) {
  let finish = () => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  const jobs = tasks();
  const jobServer = server('jobs', '1', { tasks: jobs }).tool('job', { task, scopes }, async () => {
    await done;
    return 'done';
  });
  const client = new HttpClient(jobServer.http(options));
  return { client, finish, jobs, jobServer };
}

/** Asks as a client that has declared the extension. */
function ask(client: HttpClient, method: string, params: any, headers: object = {}): Promise<Seen> {
  const named = params.taskId === undefined ? {} : { 'mcp-name': params.taskId };
  return client.modern(method, { _meta: DECLARED, ...params }, { ...named, ...headers });
}

const call = (client: HttpClient, headers: object = {}) =>
  ask(client, 'tools/call', { name: 'job', arguments: {} }, headers);

function idOf({ status, messages }: Seen): string {
  assert.equal(status, 200);
  return messages[0].result.taskId as string;
}

/** Opens a subscription to a task. */
async function listenTo(client: HttpClient, id: string, headers: Record<string, string> = {}) {
  const params = { notifications: { taskIds: [id] }, _meta: DECLARED };
  const body = { jsonrpc: '2.0', id: 2, method: 'subscriptions/listen', params };
  const response = await client.send('POST', body, {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'subscriptions/listen',
    ...headers,
  });
  const events = new EventReader(response);
  return { events, next: async () => (await events.next())!.data[0].params };
}

test('a task outlives the request that began it', async () => {
  const { client, finish } = start('optional');
  const id = idOf(await call(client));
  const { next, events } = await listenTo(client, id);
  assert.deepEqual((await next()).notifications, { taskIds: [id] });
  assert.equal((await next()).status, 'working');
  finish();
  assert.equal((await next()).status, 'completed');
  const { messages } = await ask(client, 'tasks/get', { taskId: id });
  assert.equal(messages[0].result.result.structuredContent.result, 'done');
  await events.close();
});

test('what asks about a task names it in a header', async () => {
  const { client } = start('required');
  const taskId = idOf(await call(client));
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    const params = { taskId, inputResponses: {} };
    for (const headers of [
      { 'mcp-name': '' },
      { 'mcp-name': 'another' },
      { 'mcp-method': 'tools/call' },
    ]) {
      const { status, messages } = await ask(client, method, params, headers);
      assert.deepEqual([status, messages[0].error.code], [400, -32020], method);
    }
    const { messages } = await ask(client, method, params);
    assert.equal(messages[0].result.resultType, 'complete', method);
  }
  for (const [method, params] of [
    ['tasks/get', { taskId }],
    ['tools/call', { name: 'job' }],
  ] as const) {
    const { status, messages } = await ask(client, method, { ...params, _meta: meta({}) });
    assert.deepEqual([status, messages[0].error.code], [400, -32021], method);
  }
});

test('a task belongs to who began it', async () => {
  const { client } = start('optional', { guard: byName });
  const [alice, bob] = [{ 'x-name': 'alice' }, { 'x-name': 'bob' }];
  const taskId = idOf(await call(client, alice));
  const status = async () =>
    (await ask(client, 'tasks/get', { taskId }, alice)).messages[0].result.status;
  assert.equal(await status(), 'working');
  const theirs = await ask(client, 'tasks/get', { taskId }, bob);
  const none = await ask(client, 'tasks/get', { taskId: 'none' }, bob);
  assert.deepEqual(theirs.messages[0].error, none.messages[0].error);
  assert.deepEqual([theirs.status, theirs.messages[0].error.code], [200, -32602]);
  for (const method of ['tasks/update', 'tasks/cancel']) {
    const { messages } = await ask(client, method, { taskId, inputResponses: {} }, bob);
    assert.equal(messages[0].error.code, -32602, method);
  }
  const { next, events } = await listenTo(client, taskId, bob);
  assert.deepEqual((await next()).notifications, { taskIds: [] });
  await events.close();
  assert.equal(await status(), 'working');
});

test('who may not call a tool any more may not see what it gave', async () => {
  const { client } = start('optional', { guard: byName }, ['jobs']);
  const taskId = idOf(await call(client, { 'x-name': 'alice jobs' }));
  for (const [name, expected] of [
    ['alice jobs', 200],
    ['alice', 403],
  ] as const) {
    const { status } = await ask(client, 'tasks/get', { taskId }, { 'x-name': name });
    assert.equal(status, expected);
  }
});

test('a site that shuts down waits for tasks to finish', async () => {
  const { jobs, jobServer, finish } = start('optional');
  const listening = await listen(jobServer);
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'job', arguments: {}, _meta: DECLARED },
  });
  const answer = await fetch(listening.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'job',
    },
  });
  const { result } = (await answer.json()) as any;
  assert.deepEqual([result.status, jobs.count], ['working', 1]);
  let isClosed = false;
  const closed = listening.close().then(() => (isClosed = true));
  await new Promise<void>((resolve) => listening.server.once('close', resolve));
  assert.equal(isClosed, false);
  finish();
  await closed;
});
