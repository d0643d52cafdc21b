// What needs Node: standard input and output, processes, and its own server of HTTP.

export { spawn, type SpawnOptions } from './stdio/child.js';
export {
  listen,
  node,
  type ListenOptions,
  type Listening,
  type SocketOptions,
} from './http-server/node.js';
export { serveStdio, type LineOptions } from './stdio.js';
