// Tools that run as tasks, as text on the wire: how they begin, ask, end, and are forgotten.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  accepted,
  form,
  LIMITS,
  protocolError,
  server,
  ToolError,
  type Context,
  type JsonValue,
} from '../index.js';
import { jsonSchema } from '../schema/json-schema.js';
import { DECLARED, EXTENSION, filled, meta, TaskClient } from '../testing/tasks.js';
import { sleep, VirtualTime } from '../testing/virtual-time.js';
import { beginTask, tasks, type AsTask, type StoredTask, type TasksOptions } from './tasks.js';

const NAMED = jsonSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});

/** Asks for a name. */
async function nameOf(context: Context, question: string, key?: string): Promise<string> {
  const answer = await context.ask(form(question, NAMED), key === undefined ? {} : { key });
  return accepted(answer).name;
}

const askName = async (_: unknown, context: Context) => nameOf(context, 'Name?', 'name');
const takeAMinute = async () => {
  await sleep(60_000);
  return 'done';
};

/** A server without tools, its tasks, and time. */
function start(t: TestContext, options: TasksOptions = {}) {
  const time = new VirtualTime(t);
  const jobs = tasks(options);
  const told: string[] = [];
  const diagnostics = ({ message }: { message: string }) => void told.push(message);
  return { time, jobs, told, jobServer: server('jobs', '1', { tasks: jobs, diagnostics }) };
}

/** A tool that never comes to an end, and how often it was told to stop. */
function endless() {
  const stopped: unknown[] = [];
  const run = (_: unknown, { signal }: Context) =>
    new Promise<number>((_, reject) => {
      signal.addEventListener('abort', () => {
        stopped.push(signal.reason);
        reject(signal.reason as Error);
      });
    });
  return { stopped, run };
}

function isAcknowledged({ result }: any) {
  assert.equal(result.resultType, 'complete');
  assert.deepEqual(Object.keys(result).sort(), ['_meta', 'resultType']);
}

test('a call becomes a task for a client that knows tasks, and a result for others', async (t) => {
  const { time, jobServer } = start(t);
  jobServer.tool('slow', { task: { pollInterval: 250 } }, takeAMinute);
  const client = new TaskClient(jobServer, time);
  const created = await client.call('slow');
  assert.deepEqual([created.resultType, created.status], ['task', 'working']);
  assert.deepEqual([created.ttlMs, created.pollIntervalMs], [3_600_000, 250]);
  assert.match(created.createdAt, /^2026-07-28T00:00:00\.\d{3}Z$/);
  assert.match(created.taskId, /^[0-9a-f]{32}$/);
  const working = await client.get(created.taskId);
  assert.deepEqual([working.resultType, working.status], ['complete', 'working']);
  const done = await client.till(created.taskId, 'completed');
  assert.deepEqual(done.result.structuredContent, { result: 'done' });

  const plain = await client.ask('tools/call', { name: 'slow' }, meta({}));
  assert.equal(plain.result.resultType, 'complete');
  const old = new TaskClient(jobServer, time);
  const clientInfo = { name: 'old', version: '1' };
  const hands = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  await old.peer.ask('initialize', hands);
  const result = await time.until(old.peer.ask('tools/call', { name: 'slow', arguments: {} }));
  assert.equal(result.result.structuredContent.result, 'done');
});

test('a tool that is a task alone refuses who knows no tasks', async (t) => {
  const { time, jobServer } = start(t);
  jobServer.tool('slow', { task: 'required' }, takeAMinute);
  const client = new TaskClient(jobServer, time);
  const { error } = await client.ask('tools/call', { name: 'slow' }, meta({}));
  assert.equal(error.code, -32021);
  assert.deepEqual(error.data, { requiredCapabilities: { extensions: { [EXTENSION]: {} } } });
  const clientInfo = { name: 'old', version: '1' };
  const hands = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  await client.peer.ask('initialize', hands);
  const told = await time.until(client.peer.ask('tools/call', { name: 'slow', arguments: {} }));
  assert.equal(told.result.isError, true);
});

test('what is done at once is no task', async (t) => {
  const { time, jobs, jobServer } = start(t);
  jobServer.tool('quick', { input: NAMED, task: 'required' }, async () => 'done');
  const client = new TaskClient(jobServer, time);
  const done = await client.call('quick', { arguments: { name: 'x' } });
  assert.equal(done.structuredContent.result, 'done');
  const wrong = await client.call('quick');
  assert.deepEqual([wrong.isError, wrong.resultType], [true, 'complete']);
  assert.equal(jobs.count, 0);
});

test('the extension is there if a tool runs as a task', async (t) => {
  for (const isThere of [true, false]) {
    await t.test(String(isThere), async (t) => {
      const { time, jobServer } = start(t);
      jobServer.tool('job', isThere ? { task: 'optional' } : {}, takeAMinute);
      const client = new TaskClient(jobServer, time);
      const { result } = await client.ask('server/discover', {});
      assert.equal(result.capabilities.extensions?.[EXTENSION] !== undefined, isThere);
      for (const [method, params] of [
        ['tasks/get', { taskId: 'none' }],
        ['tasks/cancel', { taskId: 'none' }],
        ['tasks/update', { taskId: 'none', inputResponses: {} }],
      ] as const) {
        const declared = await client.ask(method, params);
        assert.equal(declared.error.code, isThere ? -32602 : -32601, method);
        const undeclared = await client.ask(method, params, meta({}));
        assert.equal(undeclared.error.code, isThere ? -32021 : -32601, method);
      }
      for (const method of ['tasks/list', 'tasks/result']) {
        assert.equal((await client.ask(method, { taskId: 'none' })).error.code, -32601, method);
      }
    });
  }
});

test('a tool that runs as a task takes a server with tasks, and a server tasks of its own', () => {
  const jobs = tasks();
  const inner = server('inner', '1', { tasks: jobs }).tool(
    'job',
    { task: 'optional' },
    takeAMinute,
  );
  const bare = server('bare', '1');
  assert.throws(() => bare.tool('job', { task: 'optional' }, takeAMinute), /isogloss\/tasks/);
  assert.throws(() => bare.mount('inner', inner), /isogloss\/tasks/);
  assert.throws(() => server('other', '1', { tasks: jobs }), /one server/);
});

test('a mounted tool runs as a task of the outer server', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const inner = server('inner', '1', { tasks: tasks() });
  jobServer.mount('in', inner.tool('ask', { task: 'optional' }, askName));
  const client = new TaskClient(jobServer, time);
  const id = await client.begin('in_ask');
  assert.equal(jobs.count, 1);
  isAcknowledged(await client.update(id, { name: filled({ name: 'Zoë' }) }));
  const { result } = await client.till(id, 'completed');
  assert.equal(result.structuredContent.result, 'Zoë');
});

test('a task asks without running again', async (t) => {
  const { time, jobServer } = start(t);
  let runs = 0;
  jobServer.tool('ask', { task: 'optional' }, async (_, context) => {
    runs += 1;
    const both = ['first', 'second'].map((key) => nameOf(context, key, key));
    return [...(await Promise.all(both)), await nameOf(context, 'Third?')].join(' ');
  });
  const client = new TaskClient(jobServer, time);
  const created = await client.call('ask');
  assert.deepEqual([created.status, created.inputRequests], ['input_required', undefined]);
  const id = created.taskId as string;
  const asked = await client.get(id);
  assert.equal(asked.inputRequests.first.method, 'elicitation/create');
  assert.deepEqual(Object.keys(asked.inputRequests), ['first', 'second']);
  const some = { first: filled({ name: 'A' }), nobody: { asked: 1 } };
  isAcknowledged(await client.update(id, some));
  const left = await client.get(id);
  assert.deepEqual([left.status, Object.keys(left.inputRequests)], ['input_required', ['second']]);

  const wrong = await client.update(id, { second: { what: 1 } });
  assert.equal(wrong.error.code, -32602);
  assert.match(wrong.error.message, /^params\.inputResponses\.second: /);
  const missing = await client.ask('tasks/update', { taskId: id });
  assert.equal(missing.error.message, 'params.inputResponses: required member is missing');

  isAcknowledged(await client.update(id, { second: filled({ name: 'B' }) }));
  const last = await client.till(id, 'input_required');
  const [key] = Object.keys(last.inputRequests);
  isAcknowledged(await client.update(id, { [key!]: filled({ name: 'C' }) }));
  const { result } = await client.till(id, 'completed');
  assert.deepEqual([result.structuredContent.result, runs], ['A B C', 1]);
  isAcknowledged(await client.update(id, {}));
});

test('a task fails closed where the client cannot be asked, and where it asks twice the same', async (t) => {
  const { time, jobServer } = start(t);
  jobServer
    .tool('ask', { task: 'optional' }, async (_, context) => {
      await sleep(10);
      return nameOf(context, 'Name?');
    })
    .tool('twice', { task: 'optional' }, async (_, context) => {
      const names = [nameOf(context, 'One?', 'same'), nameOf(context, 'Two?', 'same')];
      return (await Promise.allSettled(names))[1]!.status;
    });
  const client = new TaskClient(jobServer, time);
  const silent = meta({ extensions: { [EXTENSION]: {} } });
  const { result } = await client.ask('tools/call', { name: 'ask' }, silent);
  assert.equal((await client.till(result.taskId, 'failed')).error.code, -32021);
  const id = await client.begin('twice');
  await client.update(id, { same: filled({ name: 'A' }) });
  const end = await client.till(id, 'completed');
  assert.equal(end.result.structuredContent.result, 'rejected');
});

test('a task says how far it has got, and has no other way to its client', async (t) => {
  const { time, jobServer } = start(t);
  let signal: AbortSignal | undefined;
  jobServer.tool('work', { task: 'optional' }, async (_, context) => {
    signal = context.signal;
    await sleep(10_000);
    await context.log('emergency', 'nobody hears this');
    await assert.rejects(context.calls.listRoots(), { kind: 'encode' });
    await context.progress(1, 2, 'half of it');
    await sleep(10_000);
    return context.closeStream();
  });
  const client = new TaskClient(jobServer, time);
  const id = await client.begin('work');
  assert.equal((await client.get(id)).statusMessage, undefined);
  await time.pass(11_000, 1_000);
  const half = await client.get(id);
  assert.deepEqual([half.status, half.statusMessage], ['working', 'half of it']);
  const done = await client.till(id, 'completed');
  assert.deepEqual(
    [done.statusMessage, done.result.structuredContent],
    [undefined, { result: false }],
  );
  assert.equal(signal?.aborted, false);
});

test('a task that is cancelled has its handler told to stop', async (t) => {
  const { time, told, jobServer } = start(t);
  const { stopped, run } = endless();
  jobServer.tool('endless', { task: 'optional' }, run).tool('ask', { task: 'optional' }, askName);
  const client = new TaskClient(jobServer, time);
  const [id, asks] = [await client.begin('endless'), await client.begin('ask')];
  assert.ok(jobServer.removeTool('endless'));
  assert.equal((await client.get(id)).status, 'working');
  isAcknowledged(await client.cancel(id));
  const { status, statusMessage } = await client.get(id);
  assert.deepEqual([status, statusMessage], ['cancelled', 'cancelled by the client']);
  assert.equal(stopped.length, 1);
  isAcknowledged(await client.cancel(asks));
  assert.equal((await client.get(asks)).inputRequests, undefined);
  isAcknowledged(await client.cancel(id));
  isAcknowledged(await client.update(id, { late: filled({}) }));
  assert.equal((await client.get(id)).status, 'cancelled');
  assert.deepEqual(told, []);
});

test('a request that is cancelled before it is a task stops its handler, and one that is a task goes on', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const { stopped, run } = endless();
  jobServer.tool('later', { task: { later: true } }, run).tool('now', { task: 'optional' }, run);
  const client = new TaskClient(jobServer, time);
  const id = await client.begin('now');
  const params = { name: 'later', _meta: DECLARED };
  client.peer.send({ jsonrpc: '2.0', id: 5, method: 'tools/call', params });
  await time.pass(1_000);
  for (const requestId of [1, 5]) {
    const cancelled = { method: 'notifications/cancelled', params: { requestId } };
    client.peer.send({ jsonrpc: '2.0', ...cancelled });
  }
  await time.pass(1_000);
  assert.deepEqual([stopped.length, jobs.count], [1, 1]);
  await client.peer.close();
  await time.pass(10 * LIMITS.childGrace);
  assert.equal(stopped.length, 1);
  assert.equal((await new TaskClient(jobServer, time).get(id)).status, 'working');
});

test('a task ends as its handler does', async (t) => {
  const { time, told, jobServer } = start(t);
  const later = (end: () => JsonValue) => async () => {
    await sleep(10);
    return end();
  };
  const fail = (error: Error) => () => {
    throw error;
  };
  const task: AsTask = 'optional';
  jobServer
    .tool('said', { task }, later(fail(new ToolError('boom'))))
    .tool('crashed', { task }, later(fail(new Error('a secret'))))
    .tool('refused', { task }, later(fail(protocolError(-32001, 'not now', { why: 1 }))))
    .tool(
      'large',
      { task },
      later(() => 'x'.repeat(LIMITS.maxTaskResult)),
    );
  const client = new TaskClient(jobServer, time);
  for (const [tool, text] of [
    ['said', 'boom'],
    ['crashed', 'internal error'],
  ] as const) {
    const { result } = await client.till(await client.begin(tool), 'completed');
    assert.deepEqual([result.isError, result.content[0].text], [true, text]);
  }
  assert.deepEqual(told, ['the tool crashed failed']);
  for (const [tool, code, message] of [
    ['refused', -32001, /^not now$/],
    ['large', -32603, /maxTaskResult/],
  ] as const) {
    const end = await client.till(await client.begin(tool), 'failed');
    assert.equal(end.error.code, code);
    assert.match(end.error.message, message);
    assert.deepEqual([end.statusMessage, end.result], [end.error.message, undefined]);
    if (tool === 'refused') assert.deepEqual(end.error.data, { why: 1 });
  }
});

test('results have a bound together, and those that are forgotten make room', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const most = 1000 * 1000;
  jobServer.tool('large', { task: { ttl: 100_000 } }, async () => {
    await sleep(10);
    return 'x'.repeat(most / 2);
  });
  const client = new TaskClient(jobServer, time);
  // A value is in its result twice: structured, and as text.
  const fits = Math.floor(LIMITS.maxTaskBytes / (most + 150));
  for (let number = 0; number < fits; number += 1) {
    await client.till(await client.begin('large'), 'completed');
  }
  const { error } = await client.till(await client.begin('large'), 'failed');
  assert.match(error.message, /maxTaskBytes/);
  await time.pass(101_000);
  assert.equal(jobs.count, 0);
  await client.till(await client.begin('large'), 'completed');
});

test('10,000 tasks are forgotten when their time is over, done or not', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const { stopped, run } = endless();
  const task = { ttl: 100_000 };
  jobServer.tool('endless', { task }, run).tool('slow', { task }, takeAMinute);
  const client = new TaskClient(jobServer, time);
  for (let round = 1; round <= 2; round += 1) {
    const answers: any[] = [];
    while (answers.length < LIMITS.maxTasks) {
      for (let id = 0; id < 50; id += 1) {
        const params = { name: id % 2 === 0 ? 'endless' : 'slow', _meta: DECLARED };
        client.peer.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
      }
      const answered = Array.from({ length: 50 }, () => client.peer.next());
      for (const { result } of await time.until(Promise.all(answered), 1)) answers.push(result);
    }
    assert.equal(jobs.count, LIMITS.maxTasks);
    const [first, second] = answers;
    assert.deepEqual([first.resultType, second.resultType], ['task', 'task']);
    const full = await client.call('slow');
    assert.equal(full.resultType, 'complete');
    assert.equal((await client.get(second.taskId)).status, 'completed');
    await time.pass(101_000, 10_000);
    assert.deepEqual([jobs.count, stopped.length], [0, (round * LIMITS.maxTasks) / 2]);
    for (const { taskId } of [first, second]) {
      assert.equal((await client.ask('tasks/get', { taskId })).error.code, -32602);
    }
  }
});

test('where there is no room a call is answered as ever, or refused', async (t) => {
  const { time, jobServer } = start(t, { maxTasks: 1 });
  jobServer
    .tool('may', { task: 'optional' }, takeAMinute)
    .tool('must', { task: 'required' }, takeAMinute);
  const client = new TaskClient(jobServer, time);
  await client.begin('must');
  assert.equal((await client.call('may')).structuredContent.result, 'done');
  const { error } = await client.ask('tools/call', { name: 'must', arguments: {} });
  assert.equal(error.code, -32603);
  assert.match(error.message, /maxTasks/);
});

/** A store that is elsewhere: everything takes a while, and it has texts alone. */
class Notes {
  readonly kept = new Map<string, string>();
  isBroken = false;

  async put(task: StoredTask): Promise<void> {
    await sleep(1);
    if (this.isBroken) throw new Error('the store is broken');
    this.kept.set(task.id, JSON.stringify(task));
  }

  async get(id: string): Promise<StoredTask | undefined> {
    const text = this.kept.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as StoredTask);
  }

  async remove(id: string): Promise<void> {
    this.kept.delete(id);
  }
}

test('a server that is closed ends its tasks', async (t) => {
  const store = new Notes();
  const { time, jobs, jobServer } = start(t, { store });
  const { stopped, run } = endless();
  jobServer.tool('endless', { task: 'optional' }, run);
  const id = await new TaskClient(jobServer, time).begin('endless');
  await time.until(jobServer.close());
  assert.deepEqual([stopped.length, jobs.count], [1, 0]);
  assert.equal((await store.get(id))?.state.status, 'cancelled');
});

test('a server that shuts down lets tasks finish for a while', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const { stopped, run } = endless();
  jobServer
    .tool('endless', { task: 'optional' }, run)
    .tool('slow', { task: 'optional' }, takeAMinute)
    .tool('ask', { task: 'optional' }, askName);
  const client = new TaskClient(jobServer, time);
  const slow = await client.begin('slow');
  const [never, asks] = [await client.begin('endless'), await client.begin('ask')];
  const ended = jobs.end(90_000);
  assert.equal((await client.till(asks, 'cancelled')).statusMessage, 'the server was shut down');
  assert.equal((await client.get(slow)).status, 'working');
  await time.until(ended, 1_000);
  assert.equal((await client.get(slow)).status, 'completed');
  assert.equal((await client.get(never)).statusMessage, 'the server was shut down');
  assert.equal(stopped.length, 1);
});

test('servers with one store tell of one another’s tasks', async (t) => {
  const store = new Notes();
  const { time, jobServer } = start(t, { store });
  const asking = { task: 'optional' } as const;
  const far = server('jobs', '1', { tasks: tasks({ store }) }).tool('ask', asking, askName);
  const near = new TaskClient(jobServer.tool('ask', asking, askName), time);
  const id = await near.begin('ask');
  const other = new TaskClient(far, time);
  assert.equal((await other.get(id)).inputRequests.name.method, 'elicitation/create');
  const answer = { name: filled({ name: 'Zoë' }) };
  assert.match((await other.update(id, answer)).error.message, /Mcp-Name/);
  isAcknowledged(await near.update(id, answer));
  const done = await other.till(id, 'completed');
  assert.equal(done.result.structuredContent.result, 'Zoë');
});

test('a task that cannot be kept is none, and the last state is the one that is kept', async (t) => {
  const store = new Notes();
  const { time, jobs, told, jobServer } = start(t, { store });
  const { stopped, run } = endless();
  jobServer
    .tool('endless', { task: 'optional' }, run)
    .tool('chatty', { task: 'optional' }, async (_, { progress }) => {
      await sleep(100);
      for (let step = 0; step < 1000; step += 1) void progress(step, 1000, `step ${step}`);
      return 'done';
    });
  const client = new TaskClient(jobServer, time);
  store.isBroken = true;
  const { error } = await client.ask('tools/call', { name: 'endless' });
  assert.equal(error.code, -32603);
  assert.deepEqual([jobs.count, stopped.length], [0, 1]);
  store.isBroken = false;
  const id = await client.begin('chatty');
  const done = await client.till(id, 'completed');
  assert.equal(done.result.structuredContent.result, 'done');
  await time.pass(1_000, 10);
  assert.equal((await client.get(id)).status, 'completed');
  assert.deepEqual(told, ['tools/call failed']);
});

test('a tool may ask first, and become a task then', async (t) => {
  const { time, jobs, jobServer } = start(t);
  let runs = 0;
  jobServer.tool('greet', { task: { later: true } }, async (_, context) => {
    runs += 1;
    const name = await nameOf(context, 'Your name?', 'name');
    const isTask = await beginTask(context);
    await sleep(1_000);
    const other = await nameOf(context, 'Whom else?', 'other');
    return `${name} and ${other}, ${isTask}`;
  });
  const client = new TaskClient(jobServer, time);
  const asks = await client.call('greet');
  assert.deepEqual([asks.resultType, asks.taskId, jobs.count], ['input_required', undefined, 0]);
  const { requestState } = asks;
  const inputResponses = { name: filled({ name: 'Ann' }) };
  const created = await client.call('greet', { inputResponses, requestState });
  assert.deepEqual([created.resultType, created.requestState], ['task', undefined]);
  await client.till(created.taskId, 'input_required');
  isAcknowledged(await client.update(created.taskId, { other: filled({ name: 'Bob' }) }));
  const { result } = await client.till(created.taskId, 'completed');
  assert.deepEqual([result.structuredContent.result, runs], ['Ann and Bob, true', 2]);
});

test('a task that wants to be confirmed begins when it was', async (t) => {
  const { time, jobServer } = start(t);
  jobServer.tool('wipe', { task: 'required', confirm: 'Wipe it all?' }, takeAMinute);
  const client = new TaskClient(jobServer, time);
  const asks = await client.call('wipe');
  assert.equal(asks.inputRequests.confirm.params.message, 'Wipe it all?');
  const { requestState } = asks;
  for (const [confirm, becomes] of [
    [true, 'task'],
    [false, 'complete'],
  ] as const) {
    const inputResponses = { confirm: filled({ confirm }) };
    const { resultType } = await client.call('wipe', { inputResponses, requestState });
    assert.equal(resultType, becomes);
  }
});

test('whoever listens to a task is told how it is', async (t) => {
  const { time, jobServer } = start(t);
  jobServer.tool('ask', { task: 'optional' }, askName);
  const client = new TaskClient(jobServer, time);
  const id = await client.begin('ask');
  const wanted = { notifications: { taskIds: [id, 'none', id] } };
  const refused = await client.ask('subscriptions/listen', wanted, meta({}));
  assert.equal(refused.error.code, -32021);
  const many = { taskIds: Array.from({ length: LIMITS.maxWatched + 1 }, String) };
  for (const [notifications, why] of [
    [{ taskIds: 'one' }, /^params\.notifications\.taskIds: expected array/],
    [many, /^params\.notifications\.taskIds: must have at most/],
  ] as const) {
    const { error } = await client.ask('subscriptions/listen', { notifications });
    assert.match(error.message, why);
  }

  const listener = new TaskClient(jobServer, time);
  const opened = await listener.ask('subscriptions/listen', wanted);
  assert.equal(opened.method, 'notifications/subscriptions/acknowledged');
  assert.deepEqual(opened.params.notifications, { taskIds: [id] });
  const next = () => time.until(listener.peer.next());
  const now = await next();
  assert.deepEqual([now.method, now.params.status], ['notifications/tasks', 'input_required']);
  assert.equal(now.params._meta['io.modelcontextprotocol/subscriptionId'], 1);
  assert.equal(now.params.inputRequests.name.method, 'elicitation/create');
  await client.update(id, { name: filled({ name: 'Zoë' }) });
  for (;;) {
    const { params } = await next();
    assert.equal(params.taskId, id);
    if (params.status !== 'completed') continue;
    assert.equal(params.result.structuredContent.result, 'Zoë');
    break;
  }
});

test('middleware stands around what is asked of tasks', async (t) => {
  const { time, jobs, jobServer } = start(t);
  const seen: string[] = [];
  jobServer.tool('ask', { task: 'optional' }, askName).use(async ({ method }, next) => {
    seen.push(method);
    return next();
  });
  const client = new TaskClient(jobServer, time);
  const id = await client.begin('ask');
  assert.equal(jobs.count, 1);
  isAcknowledged(await client.update(id, { name: filled({ name: 'Zoë' }) }));
  await client.till(id, 'completed');
  assert.deepEqual(seen.slice(0, 3), ['tools/call', 'tasks/update', 'tasks/get']);
});
