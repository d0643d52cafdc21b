// What a legacy server tells that is about no request: a stream of the session's own, by GET, kept open in the
// background. A server may have none.

import { Broken, told } from './broken.js';
import { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import { BEGINNING, Events, type Place } from './events.js';
import { exchange, isOf } from './exchange.js';
import { tooLong } from '../jsonrpc.js';
import type { Opened } from './legacy.js';
import { messagesIn } from './messages.js';
import { noStream } from './refused.js';
import { McpError } from '../error.js';
import { HEADER } from '../headers.js';
import * as LIMITS from '../protocol/limits.js';

/**
 * Opens a stream of a session, from where another one had come to.
 *
 * @throws What there is instead of one.
 */
export async function openStream(
  { target }: Endpoint,
  session: Opened,
  place: Place,
  deadline: Deadline,
): Promise<Events> {
  const seen = place.lastEventId === '' ? {} : { [HEADER.lastEventId]: place.lastEventId };
  const headers = { ...session.headers, ...seen };
  const answer = await exchange(target, 'GET', headers, undefined, deadline);
  if (answer.ok && isOf(answer, 'text/event-stream')) {
    return new Events(answer, target.maxMessage, place);
  }
  const inSession = session.id !== undefined;
  const sent = { id: undefined, text: undefined, inSession, address: target.address };
  throw await noStream(sent, answer, deadline);
}

/**
 * Hears what a session has to tell, until the session or the client ends. Resolves when it is heard, or is not yet
 * but will be: a server may open the stream no sooner than it has something to say.
 */
export function hearNews(endpoint: Endpoint, session: Opened): Promise<void> {
  return new Promise((resolve) => {
    const grace = setTimeout(resolve, LIMITS.listenGrace);
    const answered = () => {
      clearTimeout(grace);
      resolve();
    };
    hear(endpoint, session, answered)
      .catch((cause: unknown) => {
        if (endpoint.isClosed) return;
        const why = cause instanceof Error ? cause.message : String(cause);
        const message = `nothing more is heard from the server: ${why}`;
        endpoint.options.diagnostics({ level: 'warning', message, cause });
      })
      .finally(answered);
  });
}

/** Opens the stream again and again, until it is refused or brings nothing any more. */
async function hear(endpoint: Endpoint, session: Opened, answered: () => void): Promise<void> {
  let place = BEGINNING;
  let still = 0;
  for (;;) {
    // One a stream, and one for the pauses between two: news may be long in coming.
    const heard = await hearOnce(endpoint, session, place, answered);
    if (heard === undefined) return;
    if (heard.news) still = 0;
    place = heard.place;
    if (still === LIMITS.resumeAttempts) {
      const tried = `was opened ${still} times without anything new (resumeAttempts)`;
      throw new McpError('closed', `${heard.why}; it ${tried}`);
    }
    still++;
    await endpoint.during('the next stream', Infinity, (deadline) =>
      deadline.pause(place.retry ?? LIMITS.sseRetry),
    );
  }
}

interface Heard {
  readonly place: Place;
  /** Whether anything came. */
  readonly news: boolean;
  readonly why: string;
}

/** Hears one stream to its end; nothing where there is none and none will be. */
async function hearOnce(
  endpoint: Endpoint,
  session: Opened,
  place: Place,
  answered: () => void,
): Promise<Heard | undefined> {
  const { requestTimeout } = endpoint.options;
  try {
    return await endpoint.during("the server's stream", requestTimeout, async (deadline) => {
      const events = await openStream(endpoint, session, place, deadline);
      answered();
      // It is open: from here on there is no telling how long it may be silent.
      deadline.over();
      return hearStream(endpoint, events, deadline);
    });
  } catch (error) {
    if (endpoint.isClosed) return undefined;
    answered();
    if (error instanceof Broken && error.failed === 'session_lost') {
      session.isLost = true;
      return undefined;
    }
    const isHttp = error instanceof McpError && error.kind === 'http';
    // There is none, which is the server's right.
    if (isHttp && error.status === 405) return undefined;
    if (isHttp && place.lastEventId === '') throw error;
    // What cannot be continued is begun anew.
    const why = (told(error) as Error).message;
    return { place: { ...place, lastEventId: '' }, news: false, why };
  }
}

async function hearStream(endpoint: Endpoint, events: Events, deadline: Deadline): Promise<Heard> {
  const { diagnostics } = endpoint.options;
  let news = false;
  for (;;) {
    const next = await events.next(deadline);
    if (next.kind === 'end') {
      const why = next.why ?? 'the stream ended';
      return { place: events.place, news: news || events.hasMoved, why };
    }
    news = true;
    if (next.kind === 'tooLong') {
      diagnostics({ level: 'warning', message: tooLong(endpoint.target.maxMessage) });
      continue;
    }
    for (const message of messagesIn(next.data)) await endpoint.take(message);
  }
}
