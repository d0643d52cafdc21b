// @ts-check
// The mode `bench`: its two tools, the way the SDK's own documentation writes them.

import { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod/v4";

/** @param {Record<string, unknown>} value */
const structured = (value) => ({
  content: [{ type: /** @type {const} */ ("text"), text: JSON.stringify(value) }],
  structuredContent: value,
});

export function build() {
  const server = new McpServer({ name: "typescript-sdk-bench", version: "1" });
  server.registerTool(
    "add",
    {
      description: "Adds two integers.",
      inputSchema: z.object({ a: z.int(), b: z.int() }),
      outputSchema: z.object({ result: z.int() }),
    },
    async ({ a, b }) => structured({ result: a + b }),
  );
  server.registerTool(
    "echo",
    {
      description: "Gives the payload back.",
      inputSchema: z.object({ payload: z.record(z.string(), z.unknown()) }),
      outputSchema: z.record(z.string(), z.unknown()),
    },
    async ({ payload }) => structured(payload),
  );
  return server;
}
