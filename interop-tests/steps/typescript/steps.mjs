// @ts-check
// The steps of PEER.md for every peer in this language: what each asks for and expects, its time, and its line
// of output. How an SDK's client does what a step asks for is the peer's part, a `Caller`. It checks what came
// back, not how it came: the wire is the SDK's business.

import { env, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

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

/** What the user answers who is asked for a name. */
export const USER = 'Zoë';

/**
 * Results are the protocol's own, which all SDKs of this language hand over as they are.
 * @typedef {{ type: string, text?: string }} Block
 * @typedef {{ content: Block[], structuredContent?: unknown, isError?: boolean }} ToolResult
 * @typedef {{ contents: { uri: string, text?: string, mimeType?: string }[] }} ResourceResult
 * @typedef {{ messages: { role: string, content: Block }[] }} PromptResult
 * @typedef {{ progress: number, total?: number, message?: string }} Progress
 * @typedef {{ onProgress?: (told: Progress) => void, signal?: AbortSignal }} CallOptions
 */

/**
 * An SDK's client, as the steps use it.
 * @typedef {object} Caller
 * @property {() => Promise<{ revision: string, server?: string }>} connect
 * @property {() => Promise<unknown>} [ping] not where the peer has no such step
 * @property {() => Promise<{ name: string }[]>} listTools
 * @property {(name: string, args?: Record<string, unknown>, options?: CallOptions) => Promise<ToolResult>} callTool
 * @property {(uri: string) => Promise<ResourceResult>} readResource
 * @property {(name: string, args: Record<string, string>) => Promise<PromptResult>} getPrompt
 * @property {(prompt: string, argument: string, value: string) => Promise<string[]>} complete
 * @property {(error: unknown) => number | undefined} codeOf the code, if it is an error of JSON-RPC
 * @property {() => Promise<void>} close also after `connect` failed
 */

/** @typedef {[ok: boolean, detail: unknown]} Outcome */

/** @param {ToolResult} result */
const textOf = ({ content }) => content.map(({ text }) => text ?? '').join('');

/**
 * What each step does, in order: whether it went as the reference surface says, and what was seen.
 * @param {Caller} caller
 * @param {string} revision the one agreed on
 * @returns {Record<string, () => Promise<Outcome>>}
 */
function stepsOf(caller, revision) {
  const { ping } = caller;
  let cancelsBefore = 0;

  const cancels = async () => Number(textOf(await caller.callTool('cancels')));

  /**
   * What a tool gave as data; before 2025-06-18, which has none, the JSON of its text.
   * @param {string} tool @param {Record<string, unknown>} args
   */
  const dataOf = async (tool, args) => {
    const result = await caller.callTool(tool, args);
    return revision < '2025-06-18' ? JSON.parse(textOf(result)) : (result.structuredContent ?? textOf(result));
  };

  /**
   * A call that is to be refused with an error of JSON-RPC.
   * @param {() => Promise<unknown>} call
   * @returns {Promise<Outcome>}
   */
  const refused = async (call) => {
    try {
      return [false, await call()];
    } catch (error) {
      const code = caller.codeOf(error);
      if (code === undefined) throw error;
      return [true, code];
    }
  };

  /**
   * Progress has had messages since 2025-03-26.
   * @param {Progress} told
   */
  const asTold = ({ progress, total, message }) =>
    revision < '2025-03-26' ? [progress, total] : [progress, total, message];

  /** @param {string} name @returns {Promise<Outcome>} */
  const greet = async (name) => {
    const { messages } = await caller.getPrompt(name, { name: 'Ann' });
    const seen = messages.map(({ role, content }) => [role, content.text]);
    return [isDeepStrictEqual(seen, [['user', 'Greet Ann']]), seen];
  };

  return {
    ...(ping && { ping: async () => [true, void (await ping())] }),
    async list_tools() {
      const names = (await caller.listTools()).map(({ name }) => name).sort();
      return [TOOLS.every((name) => names.includes(name)), names];
    },
    async add() {
      const data = await dataOf('add', { a: 2, b: 3 });
      return [isDeepStrictEqual(data, { sum: 5 }), data];
    },
    async echo_payload() {
      const data = await dataOf('echo_any', { payload: PAYLOAD });
      const isEqual = isDeepStrictEqual(data, { echo: PAYLOAD });
      return [isEqual, isEqual ? 'equal' : data];
    },
    async fail() {
      const result = await caller.callTool('fail');
      return [result.isError === true && textOf(result).includes('boom'), textOf(result)];
    },
    unknown_tool: () => refused(() => caller.callTool('no_such_tool')),
    async wrong_args() {
      const [isRefused, seen] = await refused(() => caller.callTool('add', { a: 'x', b: 3 }));
      if (isRefused) return [seen === INVALID_PARAMS, seen];
      return /** @type {ToolResult} */ (seen).isError ? [true, 'isError'] : [false, seen];
    },
    async progress() {
      /** @type {unknown[]} */
      const seen = [];
      const result = await caller.callTool('slow', { ms: 150 }, { onProgress: (told) => seen.push(asTold(told)) });
      const wanted = [1, 2, 3].map((step) => asTold({ progress: step, total: 3, message: `step ${step}` }));
      return [isDeepStrictEqual(seen, wanted) && textOf(result) === 'done', seen];
    },
    async cancel() {
      cancelsBefore = await cancels();
      const signal = AbortSignal.timeout(CANCEL_AFTER_MS);
      try {
        return [false, textOf(await caller.callTool('slow', { ms: CANCELLED_CALL_MS }, { signal }))];
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
      const text = textOf(await caller.callTool('ask_name'));
      return [text === `Hello, ${USER}!`, text];
    },
    async resource() {
      const [{ text, mimeType }] = (await caller.readResource('text://greeting')).contents;
      return [text === 'héllo wörld ✓' && mimeType === 'text/plain', [text, mimeType]];
    },
    async template() {
      const [{ text }] = (await caller.readResource('item://caf%C3%A9%20%E2%9C%93')).contents;
      return [text === 'item café ✓', text];
    },
    res_missing: () => refused(() => caller.readResource('text://missing')),
    prompt: () => greet('greet'),
    async complete() {
      const values = await caller.complete('greet', 'name', 'Al');
      return [isDeepStrictEqual([...values].sort(), ['Alan', 'Alice']), values];
    },
    async big() {
      const text = textOf(await caller.callTool('big', { n: 2048 }));
      return [text === 'x'.repeat(2048 * 1024), text.length];
    },
    prompt_uni: () => greet('grüß 日本'),
  };
}

/**
 * Runs a step within its time and prints its line.
 * @param {Caller} caller @param {string} name @param {number} limit @param {() => Promise<Outcome>} run
 */
async function report(caller, name, limit, run) {
  const ended = new AbortController();
  const late = /** @type {Outcome} */ ([false, `no answer within ${limit} ms`]);
  const tooLate = sleep(limit, late, { signal: ended.signal });
  tooLate.catch(() => {});
  const [ok, detail] = await Promise.race([run(), tooLate]).catch((error) => {
    const code = caller.codeOf(error);
    return [false, code === undefined ? String(error) : `error ${code}: ${error.message}`];
  });
  ended.abort();
  stdout.write(`${JSON.stringify({ step: name, ok, detail: detail ?? null })}\n`);
  return ok;
}

/**
 * Connects, goes through the steps that are asked for, and closes. The exit status: 0 when it got to the end,
 * whatever failed, and 1 when it could not connect.
 * @param {Caller} caller
 */
export async function goThrough(caller) {
  let revision = '';
  const connected = await report(caller, 'connect', CONNECT_MS, async () => {
    const found = await caller.connect();
    revision = found.revision;
    return [true, { revision, server: found.server ?? null }];
  });
  if (!connected) {
    await Promise.race([caller.close(), sleep(STEP_MS)]);
    return 1;
  }
  const only = env.ISOGLOSS_STEPS?.split(',');
  for (const [name, run] of Object.entries(stepsOf(caller, revision))) {
    if (only?.includes(name) ?? name !== 'ping') await report(caller, name, STEP_MS, run);
  }
  await report(caller, 'close', STEP_MS, async () => [true, await caller.close()]);
  return 0;
}
