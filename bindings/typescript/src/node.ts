// What needs Node: standard input and output, and processes.

export { spawn, type SpawnOptions } from './child.js';
export { serveStdio, type LineOptions } from './stdio.js';
