// @ts-check
// The ways in which a server is served, as the SDK documents them, with its defaults.

import { createServer } from "node:http";

import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

/**
 * On standard input and output, or at a port of this machine; then the address is the first line of output.
 * @param {() => import("@modelcontextprotocol/server").McpServer} build @param {string[]} how
 */
export function serve(build, how) {
  if (how[0] === "--http") serveHttp(build, Number(how[1]));
  else serveStdio(build);
}

/** @param {() => import("@modelcontextprotocol/server").McpServer} build @param {number} port */
function serveHttp(build, port) {
  const handle = toNodeHandler(createMcpHandler(build));
  const validateHost = localhostHostValidation();
  const validateOrigin = localhostOriginValidation();
  const listener = createServer((request, response) => {
    if (validateHost(request, response) && validateOrigin(request, response)) void handle(request, response);
  });
  listener.listen(port, "127.0.0.1", () => {
    const address = /** @type {import("node:net").AddressInfo} */ (listener.address());
    console.log(JSON.stringify({ url: `http://127.0.0.1:${address.port}/mcp` }));
  });
}
