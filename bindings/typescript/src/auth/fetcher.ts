// Asking an authorization server, and the bounds that hold for it whatever client does it.

import * as LIMITS from '../protocol/limits.js';
import { isObject, type JsonObject } from '../wire/json.js';

/** A client of HTTP, as `fetch` is one. It is to follow no redirects: documents are where metadata says. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly text: string;
}

/** A client and its bounds. What goes wrong is an Error for who runs the server, never for its clients. */
export class Fetcher {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {
    this.#fetch = fetch;
  }

  /** The JSON object at an address. */
  async get(url: URL): Promise<JsonObject> {
    return objectIn(url, await this.text(url, {}));
  }

  /** The text that answers a request, if its status is 200. */
  async text(url: URL, init: RequestInit): Promise<string> {
    const headers = { accept: 'application/json', ...(init.headers as Record<string, string>) };
    const { status, statusText, text } = await this.send(url, { ...init, headers });
    if (status === 200) return text;
    throw new Error(`${url}: expected HTTP 200, found ${status} ${statusText}`.trim());
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
    const { status, statusText, headers } = answer;
    return { status, statusText, headers, text: await read(url, answer) };
  }
}

/** Reads a body up to the limit. */
async function read(url: URL, { body }: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = body?.getReader();
  let text = '';
  let size = 0;
  for (;;) {
    const piece = await reader?.read();
    try {
      if (piece === undefined || piece.done) return text + decoder.decode();
      text += decoder.decode(piece.value, { stream: true });
    } catch {
      throw new Error(`${url}: expected JSON, found no UTF-8`);
    }
    size += piece.value.length;
    if (size > LIMITS.maxAuthDocument) {
      reader?.cancel().catch(() => {});
      const limit = `maxAuthDocument (${LIMITS.maxAuthDocument} bytes)`;
      throw new Error(`${url}: the answer is longer than ${limit}`);
    }
  }
}

/** The JSON object of an answer. */
export function objectIn(url: URL, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${url}: invalid JSON: ${(error as Error).message}`);
  }
  if (isObject(value)) return value as JsonObject;
  throw new Error(
    `${url}: expected object, found ${Array.isArray(value) ? 'array' : typeof value}`,
  );
}

/** The JSON object that an answer is; nothing if it is none. */
export function documentIn(url: URL, { text }: Answer): JsonObject | undefined {
  try {
    return objectIn(url, text);
  } catch {
    return undefined;
  }
}

/** What stopped a request: `fetch` says it in the cause alone. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
