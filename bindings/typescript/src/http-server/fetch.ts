// `Request` to `Response`: how everything but Node serves HTTP, and much on Node does too.

import * as LIMITS from '../protocol/limits.js';
import type { Awaitable } from '../awaitable.js';
import type { Answer, EventBody, Incoming, Unread } from './exchange.js';

/** How much of a body that is too long is kept, to find out what it was about. */
const BEGINNING = 1024;

export async function answerFetch(
  request: Request,
  answer: (incoming: Incoming) => Awaitable<Answer | Response>,
): Promise<Response> {
  const answered = await answer(incomingOf(request));
  if (answered instanceof Response) return answered;
  const { status, headers, body } = answered;
  if (body === undefined) return new Response(null, { status, headers });
  if (typeof body === 'string') return new Response(body, { status, headers });
  return new Response(streamOf(body), { status, headers });
}

function incomingOf(request: Request): Incoming {
  const { method, headers, signal } = request;
  let url: URL | undefined;
  const address = () => (url ??= new URL(request.url));
  return {
    method,
    get path() {
      return address().pathname;
    },
    authority: undefined,
    // Some platforms leave the Host header out: the address says the same.
    header: (name) => headers.get(name) ?? (name === 'host' ? address().host : undefined),
    // Headers given twice are one by now, with a comma, which agrees with nothing.
    isRepeated: () => false,
    body: (limit) => read(request, limit, textOf),
    whole: (limit) => {
      if (request.body === null) return request;
      const made = (body: Uint8Array<ArrayBuffer>) =>
        new Request(request.url, { method, headers, body, signal });
      return read(request, limit, made);
    },
    onGone: (gone) => signal.addEventListener('abort', gone, { once: true }),
  };
}

function textOf(whole: Uint8Array): { text: string } | Unread {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(whole) };
  } catch {
    return { noText: true };
  }
}

/** Reads a body, and passes over for a while what is too long: most clients send all before they look. */
async function read<Made>(
  { body }: Request,
  limit: number,
  made: (whole: Uint8Array<ArrayBuffer>) => Made,
): Promise<Made | Unread> {
  if (body === null) return made(new Uint8Array());
  const reader = body.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), LIMITS.bodyTimeout);
  });
  try {
    for (;;) {
      const piece = await Promise.race([reader.read(), late]);
      if (piece === 'late') return { late: LIMITS.bodyTimeout };
      if (piece.done) break;
      size += piece.value.length;
      if (size <= limit || pieces.length === 0) pieces.push(piece.value);
      if (size > 2 * limit) return { tooLong: beginning(pieces), unread: true };
    }
  } catch (error) {
    return { broken: (error as Error).message };
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
  if (size > limit) return { tooLong: beginning(pieces), unread: false };
  return made(joined(pieces));
}

function beginning(pieces: readonly Uint8Array<ArrayBuffer>[]): string {
  return new TextDecoder().decode(joined(pieces).slice(0, BEGINNING));
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function streamOf(body: EventBody): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        body.start({
          write(text) {
            controller.enqueue(encoder.encode(text));
            return (controller.desiredSize ?? 0) > 0;
          },
          end: () => controller.close(),
        });
      },
      pull: () => body.drained(),
      cancel: () => body.gone(),
    },
    { highWaterMark: 1 },
  );
}
