// A legacy session: opened by `initialize`, and named on every request after it.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management

import { Broken } from './broken.js';
import type { HeadersOf } from './exchange.js';
import { McpError } from '../error.js';
import { HEADER } from '../headers.js';

/** What `initialize` has led to. */
export class Opened {
  /** The server has forgotten it. */
  isLost = false;

  constructor(
    /** Without one the server keeps no sessions. */
    readonly id: string | undefined,
    readonly revision: string,
    /** What it was opened with, as JSON. */
    readonly params: string | undefined,
  ) {}

  /** What every request in it says. */
  get headers(): HeadersOf {
    const revision = { [HEADER.protocolVersion]: this.revision };
    return this.id === undefined ? revision : { ...revision, [HEADER.sessionId]: this.id };
  }

  /** What happens to a call that would be sent in it once it is lost. */
  knownToBeLost(): Broken {
    const text = 'the server has forgotten the session';
    return new Broken('session_lost', false, new McpError('http', text, { status: 404 }));
  }
}
