// What carries a client's calls: a session over a transport, or an address that is asked over HTTP. Which
// of the two it is nobody else has to know, and either is loaded when it is needed.

import type { Awaitable } from '../awaitable.js';
import type { Method } from '../protocol/methods.js';
import { Session, type Handler, type RequestOptions, type SessionOptions } from '../session.js';
import { pair, type Transport } from '../transport.js';

/** A connection to a server, of either kind. */
export interface Connection {
  /** Sends a request and resolves with its result as it came. */
  request(message: Outgoing, options: RequestOptions): Promise<unknown>;
  /** Sends a notification. */
  notify(message: Outgoing): Awaitable<void>;
  /** Ends it: what is pending fails with an error of kind `closed`. */
  close(): Promise<void>;
}

/** A message that is to be sent. */
export interface Outgoing {
  readonly method: Method<unknown, unknown>;
  /** What `text` was made from. */
  readonly params: object | undefined;
  /** The params as JSON. */
  readonly text: string | undefined;
}

/** Makes a connection whose other side is answered by this handler. */
export type Opening = (handler: Handler, options: Required<SessionOptions>) => Connection;

/** A connection to a server of this program. */
export function within(server: { connect(transport: Transport): void }): Opening {
  const [here, there] = pair();
  server.connect(there);
  return overTransport(here);
}

/** A connection over a transport. When that breaks it is over: there is nowhere to repeat anything. */
export function overTransport(transport: Transport): Opening {
  return (handler, options) => {
    const session = new Session(transport, handler, options);
    return {
      request: ({ method, text }, how) => session.request(method.name, text, how),
      notify: ({ method, text }) => session.notify(method.name, text),
      close: () => session.close(),
    };
  };
}
