// @ts-check
// The two modes of the peer made with the TypeScript SDK of the first line: `server [--http <port>]`, and
// `client <stdio|http> <auto|legacy> <command…|url>`. It has no modern era: `auto` is `legacy`.

import { argv, exit, stderr } from "node:process";

const [mode, transport, era, ...target] = argv.slice(2);

if (mode === "server") {
  const { serve, serveHttp } = await import("./server.mjs");
  if (transport === "--http") serveHttp(Number(era));
  else await serve();
} else if (mode === "client" && ["auto", "legacy"].includes(era) && target.length > 0) {
  const { run } = await import("./client.mjs");
  exit(await run(transport, target));
} else {
  stderr.write("usage: peer.mjs server [--http <port>] | client <stdio|http> <auto|legacy> <command…|url>\n");
  exit(2);
}
