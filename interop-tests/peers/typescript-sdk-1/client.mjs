// @ts-check
// Goes through the reference surface of any server with the TypeScript SDK's client, first line.
// One JSON line a step on stdout; 0 when it got to the end, whatever failed, and 1 when it could
// not connect. It checks what came back, not how it came: the wire is the SDK's business.

import { env, stdout } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";

const STEP_TIMEOUT_MS = 5_000;
// Connecting starts a program, on a machine that may be busy.
const CONNECT_TIMEOUT_MS = 30_000;
// Long enough that a call which is never cancelled runs into the step's timeout.
const CANCELLED_CALL_MS = 30_000;
const CANCEL_AFTER_MS = 300;
const POLL_MS = 100;
const INVALID_PARAMS = -32602;
const TOOLS = ["add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"];
const PAYLOAD = JSON.parse(String.raw`{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}`);

/** @typedef {[ok: boolean, detail: unknown]} Outcome */

/** @param {{ content: unknown[] }} result */
const textOf = (result) => result.content.map((block) => /** @type {{ text?: string }} */ (block).text ?? "").join("");

/**
 * What a tool answered: structured, or before revision 2025-06-18 as the JSON of its text.
 * @param {{ content: unknown[], structuredContent?: unknown }} result
 */
function valueOf(result) {
  if (result.structuredContent !== undefined) return result.structuredContent;
  const text = textOf(result);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What each step does, and whether it went as the reference surface says.
 * @param {Client} client
 * @returns {Record<string, () => Promise<Outcome>>}
 */
function stepsOf(client) {
  let cancelsBefore = 0;

  /** @param {string} name @param {Record<string, unknown>} args */
  const call = (name, args = {}) => client.callTool({ name, arguments: args });

  const cancels = async () => Number(textOf(await call("cancels")));

  /** @param {() => Promise<Outcome>} run @param {(code: number) => boolean} expected @returns {Promise<Outcome>} */
  const errorCode = async (run, expected) => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof McpError)) throw error;
      return [expected(error.code), error.code];
    }
  };

  /** @param {string} name @returns {Promise<Outcome>} */
  const greet = async (name) => {
    const { messages } = await client.getPrompt({ name, arguments: { name: "Ann" } });
    const seen = messages.map(({ role, content }) => [role, "text" in content ? content.text : null]);
    return [isDeepStrictEqual(seen, [["user", "Greet Ann"]]), seen];
  };

  return {
    async list_tools() {
      const names = (await client.listTools()).tools.map((tool) => tool.name).sort();
      return [TOOLS.every((name) => names.includes(name)), names];
    },
    async add() {
      const sum = valueOf(await call("add", { a: 2, b: 3 }));
      return [isDeepStrictEqual(sum, { sum: 5 }), sum];
    },
    async echo_payload() {
      const echo = valueOf(await call("echo_any", { payload: PAYLOAD }));
      const equal = isDeepStrictEqual(echo, { echo: PAYLOAD });
      return [equal, equal ? "equal" : echo];
    },
    async fail() {
      const result = await call("fail");
      return [result.isError === true && textOf(result).includes("boom"), textOf(result)];
    },
    unknown_tool: () =>
      errorCode(
        async () => {
          const result = await call("no_such_tool");
          return [false, { isError: result.isError, text: textOf(result) }];
        },
        () => true,
      ),
    wrong_args: () =>
      errorCode(
        async () => {
          const result = await call("add", { a: "x", b: 3 });
          return [result.isError === true, result.isError ? "isError" : result.structuredContent];
        },
        (code) => code === INVALID_PARAMS,
      ),
    async progress() {
      /** @type {unknown[]} */
      const seen = [];
      const result = await client.callTool(
        { name: "slow", arguments: { ms: 150 } },
        undefined,
        { onprogress: ({ progress, total, message }) => seen.push([progress, total, message]) },
      );
      const wanted = [1, 2, 3].map((step) => [step, 3, `step ${step}`]);
      return [isDeepStrictEqual(seen, wanted) && textOf(result) === "done", seen];
    },
    async cancel() {
      cancelsBefore = await cancels();
      const signal = AbortSignal.timeout(CANCEL_AFTER_MS);
      try {
        return [false, textOf(await client.callTool({ name: "slow", arguments: { ms: CANCELLED_CALL_MS } }, undefined, { signal }))];
      } catch (error) {
        return [signal.aborted, signal.aborted ? "cancelled" : String(error)];
      }
    },
    async cancel_srv() {
      for (const end = Date.now() + STEP_TIMEOUT_MS; Date.now() < end; await sleep(POLL_MS)) {
        const count = await cancels();
        if (count > cancelsBefore) return [true, count];
      }
      return [false, "the server did not see it"];
    },
    async ask_name() {
      const text = textOf(await call("ask_name"));
      return [text === "Hello, Zoë!", text];
    },
    async resource() {
      const [content] = (await client.readResource({ uri: "text://greeting" })).contents;
      const seen = ["text" in content ? content.text : null, content.mimeType];
      return [isDeepStrictEqual(seen, ["héllo wörld ✓", "text/plain"]), seen];
    },
    async template() {
      const [content] = (await client.readResource({ uri: "item://caf%C3%A9%20%E2%9C%93" })).contents;
      const text = "text" in content ? content.text : null;
      return [text === "item café ✓", text];
    },
    res_missing: () =>
      errorCode(
        async () => [false, (await client.readResource({ uri: "text://missing" })).contents.length],
        () => true,
      ),
    prompt: () => greet("greet"),
    async complete() {
      const ref = /** @type {const} */ ({ type: "ref/prompt", name: "greet" });
      const { values } = (await client.complete({ ref, argument: { name: "name", value: "Al" } })).completion;
      return [isDeepStrictEqual([...values].sort(), ["Alan", "Alice"]), values];
    },
    async big() {
      const text = textOf(await call("big", { n: 2048 }));
      return [text === "x".repeat(2048 * 1024), text.length];
    },
    prompt_uni: () => greet("grüß 日本"),
  };
}

/**
 * Runs one step within its time and prints its line.
 * @param {string} name
 * @param {() => Promise<Outcome>} run
 */
async function step(name, run) {
  const ended = new AbortController();
  const limit = name === "connect" ? CONNECT_TIMEOUT_MS : STEP_TIMEOUT_MS;
  const tooLate = sleep(limit, /** @type {Outcome} */ ([false, `no answer within ${limit} ms`]), {
    signal: ended.signal,
  });
  tooLate.catch(() => {});
  /** @type {Outcome} */
  let outcome;
  try {
    outcome = await Promise.race([run(), tooLate]);
  } catch (error) {
    outcome = [false, error instanceof McpError ? `error ${error.code}: ${error.message}` : String(error)];
  }
  ended.abort();
  const [ok, detail] = outcome;
  stdout.write(`${JSON.stringify({ step: name, ok, detail: detail ?? null })}\n`);
  return ok;
}

/** @param {string} transport @param {string[]} target */
export async function run(transport, target) {
  const only = env.ISOGLOSS_STEPS?.split(",");
  const client = new Client({ name: "typescript-sdk-1-peer", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { name: "Zoë" } }));

  const connected = await step("connect", async () => {
    const wire =
      transport === "http"
        ? new StreamableHTTPClientTransport(new URL(target[0]))
        : new StdioClientTransport({ command: target[0], args: target.slice(1) });
    // The client keeps the revision to itself; it tells its transport, over HTTP alone one that remembers it.
    let revision = null;
    const { setProtocolVersion } = wire;
    wire.setProtocolVersion = (version) => {
      revision = version;
      setProtocolVersion?.call(wire, version);
    };
    await client.connect(wire);
    return [true, { revision, server: client.getServerVersion()?.name ?? null }];
  });
  if (!connected) {
    await client.close();
    return 1;
  }
  for (const [name, go] of Object.entries(stepsOf(client))) {
    if (!only || only.includes(name)) await step(name, go);
  }
  await step("close", async () => [true, await client.close()]);
  return 0;
}
