// A client whose server answers with tasks: followed to their end, answered, given up, or held.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  accepted,
  connect,
  form,
  LIMITS,
  protocolError,
  server,
  ToolError,
  type Client,
  type ClientOptions,
  type Context,
} from '../index.js';
import { jsonSchema } from '../schema/json-schema.js';
import { tasks } from '../server/tasks.js';
import { filled } from '../testing/tasks.js';
import { ScriptedServer } from '../testing/scripted-server.js';
import { sleep, VirtualTime } from '../testing/virtual-time.js';
import { beginTool, followTasks, taskOf, type TaskHandle } from './tasks.js';

const NAMED = jsonSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});

const nameOf = async (context: Context, question: string) =>
  accepted(await context.ask(form(question, NAMED))).name;

/** A server with slow tools that are tasks, how many of its handlers were told to stop, and time. */
function start(t: TestContext) {
  const time = new VirtualTime(t);
  const jobs = tasks();
  const stopped: unknown[] = [];
  const task = { pollInterval: 5_000 };
  const jobServer = server('jobs', '1', { tasks: jobs })
    .tool('slow', { task }, async (_, { progress }) => {
      await sleep(30_000);
      await progress(1, undefined, 'half');
      await sleep(30_000);
      return 'done';
    })
    .tool('ask', { task }, async (_, context) => {
      await sleep(10_000);
      const first = await nameOf(context, 'Name?');
      await sleep(10_000);
      return `${first} ${await nameOf(context, 'Again?')}`;
    })
    .tool('boom', { task }, async () => {
      await sleep(1_000);
      throw new ToolError('boom');
    })
    .tool('refused', { task }, async () => {
      await sleep(1_000);
      throw protocolError(-32001, 'not now');
    })
    .tool('endless', { task }, (_, { signal }) => {
      return new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped.push(signal.reason);
          reject(signal.reason as Error);
        });
      });
    });
  const connected = (options: ClientOptions = { tasks: followTasks }) =>
    connect(jobServer, { mode: 'modern', diagnostics: () => {}, ...options });
  return { time, jobs, stopped, connected };
}

/** A user, and how often she was asked. */
function zoe() {
  const user = {
    asked: 0,
    onElicit: () => {
      user.asked += 1;
      return filled({ name: 'Zoë' }) as { action: 'accept'; content: { name: string } };
    },
  };
  return user;
}

/** Begins a tool that becomes a task. */
async function begin(client: Client<any>, tool: string): Promise<TaskHandle> {
  const { task } = await beginTool(client as Client, tool, {});
  assert.ok(task !== undefined, `${tool} is no task`);
  return task;
}

test('a call waits for the end of its task', async (t) => {
  const { time, jobs, connected } = start(t);
  const cases: [options: ClientOptions, tasks: number][] = [
    [{ tasks: followTasks }, 1],
    [{}, 0],
    [{ tasks: followTasks, mode: 'legacy' }, 0],
  ];
  for (const [options, expected] of cases) {
    const client = await connected(options);
    const [before, begun] = [jobs.count, Date.now()];
    // The requests of a task are answered at once, however long it takes.
    const timeout = 100_000;
    const result = await time.until(client.callTool('slow', {}, { timeout }), 250);
    assert.deepEqual(result.structuredContent, { result: 'done' });
    assert.equal(jobs.count - before, expected);
    // At the pace that the server asks for.
    const took = Date.now() - begun;
    assert.ok(took >= 60_000 && took < 66_000, `${took}`);
  }
});

test('what a task asks is answered, once each', async (t) => {
  const { time, connected } = start(t);
  const user = zoe();
  const client = await connected({ tasks: followTasks, onElicit: user.onElicit });
  assert.equal(await time.until(client.call('ask'), 250), 'Zoë Zoë');
  assert.equal(user.asked, 2);
});

test('a task that asks whom nobody answers is cancelled', async (t) => {
  const { time, jobs, connected } = start(t);
  const client = await connected({ tasks: followTasks, capabilities: { elicitation: {} } });
  await assert.rejects(time.until(client.call('ask'), 250), /elicitation\/create/);
  await time.until(jobs.end(1_000));
  const task = await time.until(begin(client, 'ask'));
  await assert.rejects(time.until(task.result(), 250), /elicitation\/create/);
  assert.equal((await task.state()).status, 'input_required');
});

test('a task that fails is the error of its call', async (t) => {
  const { time, connected } = start(t);
  const client = await connected();
  const failed = { kind: 'tool', message: 'boom' };
  await assert.rejects(time.until(client.call('boom'), 250), failed);
  const refused = { kind: 'protocol', code: -32001, message: 'not now' };
  await assert.rejects(time.until(client.call('refused'), 250), refused);
});

test('a call that is given up cancels its task, and a handle that is let go of does not', async (t) => {
  const { time, stopped, connected } = start(t);
  const client = await connected();
  const late = client.callTool('endless', {}, { timeout: 20_000 });
  const timedOut = { kind: 'timeout', message: 'no answer to tools/call within 20000 ms' };
  await assert.rejects(time.until(late, 250), timedOut);
  await time.pass(1_000);
  assert.equal(stopped.length, 1);

  const controller = new AbortController();
  const aborted = client.callTool('endless', {}, { signal: controller.signal });
  await time.pass(20_000, 250);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await time.pass(1_000);
  assert.equal(stopped.length, 2);

  const { id } = await time.until(begin(client, 'endless'));
  await time.pass(20_000, 250);
  assert.equal(stopped.length, 2);
  const task = taskOf(client, id);
  const states = task.states();
  const next = () => time.until(states.next(), 250);
  assert.equal((await next()).value?.status, 'working');
  await task.cancel();
  assert.equal((await next()).value?.status, 'cancelled');
  assert.deepEqual(await next(), { done: true, value: undefined });
  assert.equal(stopped.length, 3);
  const cancelled = {
    kind: 'cancelled',
    message: 'the task was cancelled: cancelled by the client',
  };
  await assert.rejects(time.until(task.result(), 250), cancelled);
});

test('a task can be held, watched and answered', async (t) => {
  const { time, connected } = start(t);
  const client = await connected({ tasks: followTasks, capabilities: { elicitation: {} } });
  const task = await time.until(begin(client, 'ask'));
  const seen: string[] = [];
  const watched = (async () => {
    for await (const state of task.states()) {
      seen.push(state.status);
      if (state.status === 'input_required') {
        const answers = Object.keys(state.inputRequests).map((key) => [
          key,
          filled({ name: 'Zoë' }),
        ]);
        await task.answer(Object.fromEntries(answers));
      }
      if (state.status === 'completed') {
        assert.deepEqual(state.result.structuredContent, { result: 'Zoë Zoë' });
      }
    }
  })();
  await time.until(watched, 250);
  assert.equal(seen.filter((status) => status === 'input_required').length, 2);
  assert.equal(seen.at(-1), 'completed');

  const slow = await time.until(begin(client, 'slow'));
  await time.pass(40_000, 250);
  assert.equal((await slow.state()).statusMessage, 'half');
  const controller = new AbortController();
  const waiting = slow.result({ signal: controller.signal });
  controller.abort(new Error('not now'));
  await assert.rejects(waiting, /not now/);
  const { structuredContent } = await time.until(slow.result(), 250);
  assert.deepEqual(structuredContent, { result: 'done' });
});

test('what is no task is a result at once, and the typed calls ask about tasks too', async (t) => {
  const { time, connected } = start(t);
  const client = await connected();
  const { id } = await time.until(begin(client, 'endless'));
  assert.equal((await client.calls.getTask({ taskId: id })).status, 'working');
  await assert.rejects(client.calls.getTask({ taskId: 'none' }), { code: -32602 });
  const plain = await connected({});
  const { task, result } = await time.until(beginTool(plain, 'boom', {}));
  assert.deepEqual([task, result?.isError], [undefined, true]);
});

/** A server that answers tool calls with a task that never ends. */
function neverEnding(members: object): ScriptedServer {
  const at = '2026-07-28T00:00:00Z';
  const task = { taskId: 't', status: 'working', createdAt: at, lastUpdatedAt: at, ...members };
  return new ScriptedServer(({ method }) => {
    if (method === 'tools/call') return { resultType: 'task', ...task };
    return { resultType: 'complete', ...(method === 'tasks/get' && task) };
  });
}

test('a server is looked at within bounds, and not for ever', async (t) => {
  const time = new VirtualTime(t);
  const most = Number.MAX_SAFE_INTEGER;
  for (const [members, ttl, looks, step] of [
    [{ ttlMs: 10_000, pollIntervalMs: 0 }, 10_000, 100, 10],
    [{ ttlMs: 600_000, pollIntervalMs: most }, 600_000, 10, 1_000],
    [{ ttlMs: 10_000, pollIntervalMs: -5 }, 10_000, 100, 10],
    [{ ttlMs: 10_000 }, 10_000, 10, 100],
  ] as const) {
    const scripted = neverEnding(members);
    const client = await connect(scripted.transport, { mode: 'modern', tasks: followTasks });
    const timedOut = { kind: 'timeout', message: `the task did not end within ${ttl} ms` };
    await assert.rejects(time.until(client.callTool('job'), step), timedOut);
    const count = scripted.count('tasks/get');
    assert.ok(count >= looks / 2 && count <= looks, `${JSON.stringify(members)}: ${count} looks`);
    await time.pass(1_000);
    assert.equal(scripted.count('tasks/cancel'), 1);
  }
});

test('a task that is kept for ever is followed for a day', async (t) => {
  const time = new VirtualTime(t);
  for (const ttlMs of [null, Number.MAX_SAFE_INTEGER]) {
    const scripted = neverEnding({ ttlMs, pollIntervalMs: 60_000 });
    const client = await connect(scripted.transport, { mode: 'modern', tasks: followTasks });
    const ended = assert.rejects(client.callTool('job'), { kind: 'timeout' });
    await time.pass(LIMITS.maxTaskTtl - 60_000, 60_000);
    assert.ok(scripted.count('tasks/get') > 1_000);
    assert.equal(scripted.count('tasks/cancel'), 0);
    await time.pass(120_000, 60_000);
    await ended;
    assert.equal(scripted.count('tasks/cancel'), 1);
  }
});

test('a task that was not asked for is no result', async () => {
  const { transport } = neverEnding({ ttlMs: null });
  const client = await connect(transport, { mode: 'modern' });
  await assert.rejects(client.callTool('job'), { kind: 'decode' });
  await assert.rejects(beginTool(client, 'job', {}), { kind: 'decode' });
});
