// The client of the official conformance suite: each scenario as a user of the SDK would write it. The suite names the
// scenario and what goes with it in the environment, and the server's address as the last argument.

import { env, stderr } from 'node:process';

import { connect, http } from '../../../bindings/typescript/dist/bundled/index.js';
import { credentialsOf } from './conformance-client/credentials.mjs';
import { scenarioOf, User } from './conformance-client/scenarios.mjs';

/** Goes through the scenario; the exit status. */
export async function play(url) {
  const name = env.MCP_CONFORMANCE_SCENARIO ?? '';
  // What a user of the scenario would know: credentials, arguments.
  const known = JSON.parse(env.MCP_CONFORMANCE_CONTEXT || '{}');
  const user = new User();
  try {
    const authorize = await credentialsOf(name, known, url);
    user.client = await connect(http(url, { authorize }), options(user));
    await scenarioOf(name)(user.client, known);
    return 0;
  } catch (error) {
    stderr.write(`${name}: ${error?.stack ?? error}\n`);
    return 1;
  } finally {
    await user.client?.close();
  }
}

function options(user) {
  // That of the leg.
  const revision = env.MCP_CONFORMANCE_PROTOCOL_VERSION;
  return {
    name: 'isogloss-typescript-conformance',
    version: '0.1.0',
    ...(revision && { revision }),
    capabilities: { roots: {}, sampling: {} },
    fillDefaults: true,
    onElicit: (form) => user.answers(form),
  };
}
