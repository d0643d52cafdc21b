// What needs Node: standard input and output, processes, files of servers, and its own server of HTTP.

export { parseConfig, readConfig } from './client/config-file.js';
export { spawn, type SpawnOptions } from './stdio/child.js';
export {
  listen,
  node,
  type ListenOptions,
  type Listening,
  type SocketOptions,
} from './http-server/node.js';
export { Browser, type BrowserOptions } from './oauth/browser.js';
export { FileStore } from './oauth/file-store.js';
export { serveStdio, type LineOptions } from './stdio.js';
