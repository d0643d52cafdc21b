// A legacy session in the place of one that the server has forgotten.

import { attempt } from './attempt.js';
import type { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import type { Opened } from './legacy.js';
import { hearNews } from './news.js';
import { McpError } from '../error.js';
import { writeCall } from '../jsonrpc.js';
import * as methods from '../protocol/methods.js';

/**
 * Opens a session in the place of one that is lost, unless another call does it.
 *
 * @throws What the server says, or McpError of kind `negotiation` if it opens none in the same revision.
 */
export async function reopen(endpoint: Endpoint, lost: Opened, deadline: Deadline): Promise<void> {
  while (endpoint.reopening !== undefined) {
    // If it fails, that is told to whoever began it; who has waited tries for himself.
    await deadline.within(endpoint.reopening.catch(() => {}));
  }
  if (endpoint.session !== lost) return;
  endpoint.reopening = open(endpoint, lost, deadline);
  try {
    await endpoint.reopening;
  } finally {
    endpoint.reopening = undefined;
  }
}

async function open(endpoint: Endpoint, lost: Opened, deadline: Deadline): Promise<void> {
  endpoint.options.diagnostics({
    level: 'info',
    message: 'the server has forgotten the session: a new one is opened',
  });
  const message = { method: methods.initialize, params: undefined, text: lost.params };
  await attempt(endpoint, message, false, deadline);
  const opened = endpoint.session;
  if (opened === undefined || opened === lost || opened.revision !== lost.revision) {
    const why = 'the server has forgotten the session, and opens none in the same revision';
    throw new McpError('negotiation', `${why}: connect again`);
  }
  const { name } = methods.initialized;
  await deadline.within(endpoint.sendAlone(name, writeCall(undefined, name, '{}')));
  await deadline.within(hearNews(endpoint, opened));
  endpoint.handler.agreedAnew?.();
}
