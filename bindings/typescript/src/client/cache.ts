// Results that their server lets a client keep: lists and reads, for as long as `ttlMs` says, and never longer
// than the server's news leaves them true.
// https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
//
// What is kept belongs to one client alone, whatever `cacheScope` says: nothing is ever shown to another
// principal. A program whose client goes on for somebody else says so with `forget`.

import type { Change } from './news.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { isObject } from '../wire/json.js';

interface Kept {
  readonly method: string;
  readonly result: string;
  /** On the cache's clock. */
  readonly until: number;
  /** Of a read. */
  readonly uri: string | undefined;
  /** About as much as it takes. */
  readonly size: number;
}

const MAY_BE_KEPT: ReadonlySet<string> = new Set(
  [
    methods.listTools,
    methods.listPrompts,
    methods.listResources,
    methods.listResourceTemplates,
    methods.readResource,
  ].map(({ name }) => name),
);

/** Whether a method's results may be kept at all. */
export function mayBeKept({ name }: Method<any, unknown>): boolean {
  return MAY_BE_KEPT.has(name);
}

/** Where a result is put that is on its way. */
export class Slot {
  readonly #cache: Cache;
  readonly #method: string;
  readonly #params: string;
  readonly #drops: number;

  constructor(cache: Cache, method: string, params: string, drops: number) {
    this.#cache = cache;
    this.#method = method;
    this.#params = params;
    this.#drops = drops;
  }

  /**
   * The text of a result as it came, if its server lets it be kept: to be {@link put} here once it is known
   * to be right, which may change the result.
   */
  textOf(result: unknown): { readonly text: string; readonly ttl: number } | undefined {
    const ttl = ttlOf(result);
    return ttl === undefined ? undefined : { text: JSON.stringify(result), ttl };
  }

  /** Keeps a result, unless something has changed since it was asked for. */
  put({ text, ttl }: { readonly text: string; readonly ttl: number }): void {
    if (this.#drops !== this.#cache.drops) return;
    const { uri } = JSON.parse(this.#params) as { uri?: string };
    this.#cache.keep(this.#params, {
      method: this.#method,
      result: text,
      until: this.#cache.now() + ttl,
      uri,
      size: text.length + this.#params.length,
    });
  }
}

/** What a client keeps. */
export class Cache {
  /** How often something was dropped for news: what was asked before that is not kept after it. */
  drops = 0;
  /** The clock, in milliseconds: one that nobody sets. */
  readonly now: () => number;
  /** By method and params, oldest first. */
  readonly #results = new Map<string, Kept>();
  #bytes = 0;

  constructor(now = () => performance.now()) {
    this.now = now;
  }

  /** A result that is kept, or where to put it when it has come; `params` is the whole text of its params. */
  find(method: string, params: string): { readonly kept: unknown } | Slot {
    const key = keyOf(method, params);
    const found = this.#results.get(key);
    if (found !== undefined && found.until > this.now()) {
      return { kept: JSON.parse(found.result) as unknown };
    }
    this.#remove(key);
    return new Slot(this, method, params, this.drops);
  }

  /** Drops what is not known to be true any more. */
  heed(change: Change): void {
    this.drops++;
    switch (change.kind) {
      case 'tools':
        return this.#drop(({ method }) => method === methods.listTools.name);
      case 'prompts':
        return this.#drop(({ method }) => method === methods.listPrompts.name);
      case 'resources':
        return this.#drop(({ method }) => method.startsWith('resources/'));
      case 'resource':
        // It may name a part of what is kept.
        return this.#drop(({ uri }) => uri !== undefined && change.uri.startsWith(uri));
      case 'missed':
        return this.#drop(() => true);
    }
  }

  /** Makes room by dropping what is over, and then what has been there for longest. */
  keep(params: string, result: Kept): void {
    if (result.size > LIMITS.maxCachedBytes) return;
    const key = keyOf(result.method, params);
    this.#remove(key);
    if (this.#isFull(result.size)) {
      const now = this.now();
      this.#drop(({ until }) => until <= now);
    }
    for (const oldest of this.#results.keys()) {
      if (!this.#isFull(result.size)) break;
      this.#remove(oldest);
    }
    this.#results.set(key, result);
    this.#bytes += result.size;
  }

  #isFull(size: number): boolean {
    return this.#results.size >= LIMITS.maxCached || this.#bytes + size > LIMITS.maxCachedBytes;
  }

  #drop(isOver: (kept: Kept) => boolean): void {
    for (const [key, kept] of this.#results) if (isOver(kept)) this.#remove(key);
  }

  #remove(key: string): void {
    const kept = this.#results.get(key);
    if (kept === undefined) return;
    this.#results.delete(key);
    this.#bytes -= kept.size;
  }
}

function keyOf(method: string, params: string): string {
  return `${method} ${params}`;
}

/** How long a result may be kept, in milliseconds; nothing if it may not, or asks for something. */
function ttlOf(result: unknown): number | undefined {
  if (!isObject(result)) return undefined;
  const { resultType = 'complete', ttlMs } = result;
  if (resultType !== 'complete' || typeof ttlMs !== 'number' || !(ttlMs > 0)) return undefined;
  return Math.min(ttlMs, LIMITS.maxCachedTtl);
}
