// @ts-check
// The two modes of the TypeScript SDK peer: `server [--http <port>]`, and
// `client <stdio|http> <auto|legacy|modern> <command…|url>`.

import { argv, exit, stderr } from "node:process";

const [mode, transport, era, ...target] = argv.slice(2);

if (mode === "server") {
  const { serve, serveHttp } = await import("./server.mjs");
  if (transport === "--http") serveHttp(Number(era));
  else serve();
} else if (mode === "client" && ["auto", "legacy", "modern"].includes(era) && target.length > 0) {
  const { run } = await import("./client.mjs");
  exit(await run(transport, era, target));
} else {
  stderr.write("usage: peer.mjs server [--http <port>] | client <stdio|http> <auto|legacy|modern> <command…|url>\n");
  exit(2);
}
