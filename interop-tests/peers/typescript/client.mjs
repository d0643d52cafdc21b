// Goes through the reference surface of any server, one JSON line a step.

import { env, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { connect, McpError } from '../../../bindings/typescript/dist/index.js';
import { spawn } from '../../../bindings/typescript/dist/node.js';

const STEP_MS = 5_000;
// Connecting starts a program, on a machine that may be busy.
const CONNECT_MS = 30_000;
// Long enough that a call which is never cancelled runs into the step's limit.
const CANCELLED_CALL_MS = 30_000;
const CANCEL_AFTER_MS = 300;
const POLL_MS = 100;
const INVALID_PARAMS = -32602;
const TOOLS = ['add', 'ask_name', 'big', 'cancels', 'echo_any', 'fail', 'slow'];
const PAYLOAD = JSON.parse(String.raw`{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}`);

const textOf = ({ content }) => content.map((block) => block.text ?? '').join('');

/** What the tool gave as data; before 2025-06-18, which has none, the JSON of its text. */
const dataOf = (result) => result.structuredContent ?? JSON.parse(textOf(result));

/** The steps, in order: each gives whether it went as the reference surface says, and what was seen. */
function stepsOf(client) {
  let cancelsBefore = 0;

  const cancels = async () => Number(textOf(await client.callTool('cancels')));

  const refused = async (call, isExpected = () => true) => {
    try {
      return [false, await call()];
    } catch (error) {
      if (!(error instanceof McpError) || error.code === undefined) throw error;
      return [isExpected(error.code), error.code];
    }
  };

  const greet = async (name) => {
    const { messages } = await client.getPrompt(name, { name: 'Ann' });
    const seen = messages.map(({ role, content }) => [role, content.text]);
    return [isDeepStrictEqual(seen, [['user', 'Greet Ann']]), seen];
  };

  return {
    async ping() {
      await client.ping();
      return [true, null];
    },
    async list_tools() {
      const names = (await client.listTools()).map(({ name }) => name).sort();
      return [TOOLS.every((name) => names.includes(name)), names];
    },
    async add() {
      const data = dataOf(await client.callTool('add', { a: 2, b: 3 }));
      return [isDeepStrictEqual(data, { sum: 5 }), data];
    },
    async echo_payload() {
      const data = dataOf(await client.callTool('echo_any', { payload: PAYLOAD }));
      const isEqual = isDeepStrictEqual(data, { echo: PAYLOAD });
      return [isEqual, isEqual ? 'equal' : data];
    },
    async fail() {
      const result = await client.callTool('fail');
      return [result.isError === true && textOf(result).includes('boom'), textOf(result)];
    },
    unknown_tool: () => refused(() => client.callTool('no_such_tool')),
    async wrong_args() {
      let isError;
      const call = async () => ({ isError } = await client.callTool('add', { a: 'x', b: 3 }));
      const outcome = await refused(call, (code) => code === INVALID_PARAMS);
      return isError === true ? [true, 'isError'] : outcome;
    },
    async progress() {
      const seen = [];
      const onProgress = ({ progress, total, message }) => seen.push([progress, total, message]);
      const result = await client.callTool('slow', { ms: 150 }, { onProgress });
      // Progress has had messages since 2025-03-26.
      const hasMessages = client.revision > '2024-11-05';
      const wanted = [1, 2, 3].map((step) => [step, 3, hasMessages ? `step ${step}` : undefined]);
      return [isDeepStrictEqual(seen, wanted) && textOf(result) === 'done', seen];
    },
    async cancel() {
      cancelsBefore = await cancels();
      const signal = AbortSignal.timeout(CANCEL_AFTER_MS);
      try {
        return [false, await client.callTool('slow', { ms: CANCELLED_CALL_MS }, { signal })];
      } catch (error) {
        return [signal.aborted, signal.aborted ? 'cancelled' : String(error)];
      }
    },
    async cancel_srv() {
      for (const end = Date.now() + STEP_MS; Date.now() < end; await sleep(POLL_MS)) {
        const count = await cancels();
        if (count > cancelsBefore) return [true, count];
      }
      return [false, 'the server did not see it'];
    },
    async ask_name() {
      const text = textOf(await client.callTool('ask_name'));
      return [text === 'Hello, Zoë!', text];
    },
    async resource() {
      const [{ text, mimeType }] = (await client.readResource('text://greeting')).contents;
      return [text === 'héllo wörld ✓' && mimeType === 'text/plain', [text, mimeType]];
    },
    async template() {
      const [{ text }] = (await client.readResource('item://caf%C3%A9%20%E2%9C%93')).contents;
      return [text === 'item café ✓', text];
    },
    res_missing: () => refused(() => client.readResource('text://missing')),
    prompt: () => greet('greet'),
    async complete() {
      const ref = { type: 'ref/prompt', name: 'greet' };
      const values = await client.complete(ref, { name: 'name', value: 'Al' });
      return [isDeepStrictEqual([...values].sort(), ['Alan', 'Alice']), values];
    },
    async big() {
      const text = textOf(await client.callTool('big', { n: 2048 }));
      return [text === 'x'.repeat(2048 * 1024), text.length];
    },
    prompt_uni: () => greet('grüß 日本'),
  };
}

/** Runs a step within its time, and prints its line. */
async function step(name, limit, run) {
  const ended = new AbortController();
  const tooLate = sleep(limit, [false, `nothing within ${limit} ms`], { signal: ended.signal });
  tooLate.catch(() => {});
  const [ok, detail] = await Promise.race([run(), tooLate]).catch((error) => [false, String(error)]);
  ended.abort();
  stdout.write(`${JSON.stringify({ step: name, ok, detail: detail ?? null })}\n`);
  return ok;
}

export async function run(mode, command, args) {
  let client;
  const offer = mode === 'legacy' && env.ISOGLOSS_REVISION;
  const connected = await step('connect', CONNECT_MS, async () => {
    client = await connect(spawn(command, args), {
      name: 'isogloss-typescript',
      version: '0.1.0',
      mode,
      ...(offer && { revision: offer }),
      capabilities: { elicitation: {} },
      handlers: { elicit: () => ({ action: 'accept', content: { name: 'Zoë' } }) },
    });
    return [true, { revision: client.revision, server: client.server?.name ?? null }];
  });
  if (!connected) return 1;
  const only = env.ISOGLOSS_STEPS?.split(',');
  for (const [name, go] of Object.entries(stepsOf(client))) {
    if (only === undefined ? name !== 'ping' : only.includes(name)) await step(name, STEP_MS, go);
  }
  await step('close', STEP_MS, async () => [true, await client.close()]);
  return 0;
}
