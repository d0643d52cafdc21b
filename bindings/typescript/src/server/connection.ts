// One client of a server, over a transport that has connections. Both eras meet on it: each request says
// which one it belongs to.

import { LIST_CHANGED } from './answers.js';
import type { Awaitable } from '../awaitable.js';
import type { Change, Listener } from './changes.js';
import type { Claims } from '../context.js';
import { ErrorCode, protocolError, type McpError } from '../error.js';
import type { Message } from '../jsonrpc.js';
import { LegacyClient } from '../context/legacy-client.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import { bitOf, eraOf, isRevision, type Revision } from '../protocol/revisions.js';
import type { Result } from '../protocol/types/base.js';
import { latest, namedRevision, NEWEST_FIRST } from '../revision.js';
import type { Server } from '../server.js';
import { Session, type Handler, type IncomingCall, type Outlet, type Reply } from '../session.js';
import type { Transport } from '../transport.js';
import { encode } from '../wire/encoder.js';
import { isObject } from '../wire/json.js';

/** Serves one client. */
export class Connection implements Handler {
  readonly #server: Server;
  readonly #session: Session;
  readonly #claims: Claims | undefined;
  readonly #sessionId: string | undefined;
  /** What a legacy client has settled; nothing before its `initialize`. */
  #client: LegacyClient | undefined;
  #feed: Listener | undefined;

  /** @param claims Who has opened it, where something checks that. */
  constructor(server: Server, transport: Transport, claims?: Claims, sessionId?: string) {
    this.#server = server;
    this.#claims = claims;
    this.#sessionId = sessionId;
    this.#session = new Session(transport, this, {
      diagnostics: server.diagnostics,
      onEnd: () => this.#feed?.end(),
    });
  }

  get client(): LegacyClient | undefined {
    return this.#client;
  }

  /** Takes a message that did not come over the transport; who asks may be said by the reply's `from`. */
  receive(message: Message, reply?: Reply): void {
    this.#session.receive(message, reply);
  }

  /** The session's way to the other side, its messages sent by this function. */
  outletOver(send: (message: string) => Awaitable<void>, hangUp: () => boolean): Outlet {
    return this.#session.outletOver(send, hangUp);
  }

  /** Ends it: whoever waits for an answer of the client's fails, and what is being answered is cancelled. */
  end(reason: McpError): void {
    this.#session.ended(reason);
    this.#session.cancelAll(reason);
  }

  request(method: string, params: unknown, call: IncomingCall): Awaitable<string> {
    const named = namedRevision(params);
    if (typeof named === 'string') {
      if (!isRevision(named)) throw unsupported(named);
      if (eraOf(named) === 'modern') {
        return this.#server.answers.answer({
          method,
          params,
          revision: named,
          call,
          client: undefined,
        });
      }
    }
    if (method === 'initialize') return this.#initialize(params);
    const client = this.#client;
    if (client === undefined && method !== 'ping') {
      throw protocolError(
        ErrorCode.InvalidRequest,
        'initialize first, or name a modern revision in params._meta',
      );
    }
    const revision = client?.revision ?? latest('legacy');
    return this.#server.answers.answer({
      method,
      params,
      revision,
      call,
      client,
      claims: (call.from as Claims | undefined) ?? this.#claims,
      sessionId: this.#sessionId,
    });
  }

  /** Whether what was agreed on has batches. */
  get hasBatches(): boolean {
    return this.#client?.revision === '2025-03-26';
  }

  /** Of what a client may tell, one thing concerns a server: that it is ready to hear of changes. */
  notification(method: string): void {
    const client = this.#client;
    if (method !== methods.initialized.name || client === undefined) return;
    this.#feed?.end();
    this.#feed = this.#server.changes.listen(
      (change) => typeof change === 'string' || ('uri' in change && client.watches(change.uri)),
      (change) => this.#tell(change, client.revision),
    );
  }

  #tell(change: Change, revision: Revision): Awaitable<void> {
    const bit = bitOf(revision);
    if (typeof change === 'string') {
      const { name, params } = LIST_CHANGED[change];
      return this.#session.notify(name, encode(params!, {}, bit));
    }
    // Tasks are for modern clients.
    if (!('uri' in change)) return;
    const { name, params } = methods.resourceUpdated;
    return this.#session.notify(name, encode(params!, { uri: change.uri }, bit));
  }

  #initialize(params: unknown): string {
    const { client, result } = shakeHands(this.#server, params);
    this.#client = client;
    return result;
  }
}

/**
 * Shakes hands with a legacy client: what it has settled, and the result of its `initialize` as JSON.
 *
 * @throws DecodeError if its params are wrong.
 */
function shakeHands(server: Server, params: unknown): { client: LegacyClient; result: string } {
  if (JSON.stringify(params ?? {}).length > LIMITS.maxHandshake) {
    const what = `params: longer than the limit of ${LIMITS.maxHandshake} bytes (maxHandshake)`;
    throw protocolError(ErrorCode.InvalidParams, what);
  }
  const revision = agreed(params);
  const bit = bitOf(revision);
  const said = methods.decodeParams(methods.initialize, params, bit);
  const result = {
    protocolVersion: revision,
    capabilities: server.capabilities,
    serverInfo: server.info,
    ...server.aboutUse,
  };
  return {
    client: new LegacyClient(revision, said.clientInfo, said.capabilities),
    result: server.answers.write(methods.initialize, result as Result, revision),
  };
}

/** The revision that `initialize` settles: the one asked for if it is a legacy one, else the newest. */
function agreed(params: unknown): Revision {
  const asked = isObject(params) ? params.protocolVersion : undefined;
  return isRevision(asked) && eraOf(asked) === 'legacy' ? asked : latest('legacy');
}

/** That a revision is not known, with those that are. */
export function unsupported(requested: string): McpError {
  const data = { supported: NEWEST_FIRST, requested };
  return protocolError(ErrorCode.UnsupportedProtocolVersion, 'unsupported protocol version', data);
}
