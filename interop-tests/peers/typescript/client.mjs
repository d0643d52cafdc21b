// How this SDK's client does what the steps of interop-tests/steps/typescript ask for.

import { env } from 'node:process';

import { connect, McpError } from '../../../bindings/typescript/dist/bundled/index.js';
import { spawn } from '../../../bindings/typescript/dist/bundled/node.js';
import { goThrough, USER } from '../../steps/typescript/steps.mjs';

/** Where a server is: at an address, or what a command starts. */
export const targetOf = (transport, [target, ...args]) =>
  transport === 'http' ? target : spawn(target, args);

/** Goes through the steps against a server; the exit status. */
export function run(mode, target) {
  const offer = mode === 'legacy' && env.ISOGLOSS_REVISION;
  let client;

  return goThrough({
    async connect() {
      client = await connect(target, {
        name: 'isogloss-typescript',
        version: '0.1.0',
        mode,
        ...(offer && { revision: offer }),
        onElicit: () => ({ action: 'accept', content: { name: USER } }),
      });
      return { revision: client.revision, server: client.server?.name };
    },
    ping: () => client.ping(),
    listTools: () => client.listTools(),
    callTool: (name, args, options) => client.callTool(name, args, options),
    readResource: (uri) => client.readResource(uri),
    getPrompt: (name, args) => client.getPrompt(name, args),
    complete: (prompt, name, value) =>
      client.complete({ type: 'ref/prompt', name: prompt }, { name, value }),
    codeOf: (error) => (error instanceof McpError ? error.code : undefined),
    close: async () => client?.close(),
  });
}
