// Asking a server for a token, or what leads to one; and the bounds that hold for it whatever client does it. Answers
// that refuse are read, too: they say why.

import { objectIn, type Fetch } from '../auth/fetcher.js';
import * as LIMITS from '../protocol/limits.js';
import type { JsonObject } from '../wire/json.js';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A client of HTTP and its bounds. */
export class Fetcher {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {
    this.#fetch = fetch;
  }

  /** The answer to a request, whatever its status, within `authFetchTimeout` and up to `maxAuthDocument`. */
  async send(url: URL, init: RequestInit): Promise<Answer> {
    const after = LIMITS.authFetchTimeout;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${url}: no answer within ${after} ms (authFetchTimeout)`));
        controller.abort();
      }, after);
    });
    try {
      const set: RequestInit = { ...init, redirect: 'manual', signal: controller.signal };
      return await Promise.race([this.#answer(url, set), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(url: URL, init: RequestInit): Promise<Answer> {
    let answer: Response;
    try {
      answer = await this.#fetch(url.href, init);
    } catch (error) {
      throw new Error(`${url}: ${reason(error)}`);
    }
    return { status: answer.status, headers: answer.headers, text: await read(url, answer) };
  }
}

/** The JSON object that an answer is; nothing if it is none. */
export function documentIn(url: URL, { text }: Answer): JsonObject | undefined {
  try {
    return objectIn(url, text);
  } catch {
    return undefined;
  }
}

/** Reads a body up to the limit. */
async function read(url: URL, { body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = '';
  let size = 0;
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return text + decoder.decode();
    text += decoder.decode(piece.value, { stream: true });
    size += piece.value.length;
    if (size > LIMITS.maxAuthDocument) {
      reader?.cancel().catch(() => {});
      const limit = `maxAuthDocument (${LIMITS.maxAuthDocument} bytes)`;
      throw new Error(`${url}: the answer is longer than ${limit}`);
    }
  }
}

/** What stopped a request: `fetch` says it in the cause alone. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
