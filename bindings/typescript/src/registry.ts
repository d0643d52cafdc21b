// What a server offers, in the order in which it was added, and the pages in which it is listed.

import { ErrorCode, protocolError } from './error.js';
import type { About } from './registry/about.js';
import type { Context } from './context.js';
import type { Mirrored } from './schema/mirrored.js';
import type { Awaitable } from './protocol/handlers.js';
import { bitOf } from './protocol/revisions.js';
import type { CacheScope } from './protocol/types/base.js';
import { Prompt, type GetPromptOutcome } from './protocol/types/prompts.js';
import {
  Resource,
  ResourceTemplate,
  type ReadResourceOutcome,
} from './protocol/types/resources.js';
import { Tool, type CallToolOutcome } from './protocol/types/tools.js';
import { latest } from './revision.js';
import { encode } from './wire/encoder.js';
import type { Codec } from './wire/codec.js';
import type { AsTask } from './tasks.js';
import type { UriTemplate } from './registry/uri-template.js';

/** Suggests values for what was typed so far, knowing the arguments that are filled in already. */
export type Completer = (
  typed: string,
  given: Readonly<Record<string, string>>,
  context: Context,
) => Awaitable<readonly string[]>;

/** How long, in milliseconds, and by whom what was read may be kept. */
export interface Caching {
  readonly ttlMs: number;
  readonly cacheScope: CacheScope;
}

export interface RegisteredTool {
  readonly definition: Tool;
  readonly about: About;
  /** The arguments that headers of HTTP repeat. */
  readonly mirrored: readonly Mirrored[];
  /** How it runs as a task, if it does. */
  readonly task?: AsTask;
  call(args: unknown, context: Context): Awaitable<CallToolOutcome>;
}

export interface RegisteredResource {
  readonly definition: Resource;
  readonly about: About;
  readonly caching?: Caching;
  read(context: Context, uri: string): Awaitable<ReadResourceOutcome>;
}

export interface RegisteredTemplate {
  readonly definition: ResourceTemplate;
  readonly about: About;
  readonly caching?: Caching;
  readonly template: UriTemplate;
  readonly completers: Readonly<Record<string, Completer>>;
  read(
    variables: Record<string, string>,
    context: Context,
    uri: string,
  ): Awaitable<ReadResourceOutcome>;
}

export interface RegisteredPrompt {
  readonly definition: Prompt;
  readonly about: About;
  readonly completers: Readonly<Record<string, Completer>>;
  get(args: Record<string, string>, context: Context): Awaitable<GetPromptOutcome>;
}

/** Everything of a server, by name or address. */
export class Registry {
  readonly tools = new Collection<RegisteredTool>('tool', Tool);
  readonly resources = new Collection<RegisteredResource>('resource', Resource);
  readonly templates = new Collection<RegisteredTemplate>('resource template', ResourceTemplate);
  readonly prompts = new Collection<RegisteredPrompt>('prompt', Prompt);

  /** Whether there ever were resources, or templates of them. */
  get hasResources(): boolean {
    return this.resources.wasUsed || this.templates.wasUsed;
  }

  /** Whether anything suggests values for its arguments. */
  get completes(): boolean {
    const all = [...this.prompts.all(), ...this.templates.all()];
    return all.some(({ completers }) => Object.keys(completers).length > 0);
  }
}

/** Things of one kind, in the order in which they were added. */
export class Collection<Item extends { readonly definition: object; readonly about: About }> {
  readonly #items = new Map<string, { readonly place: number; readonly item: Item }>();
  readonly #kind: string;
  readonly #codec: Codec<Item['definition']>;
  #lastPlace = 0;

  constructor(kind: string, codec: Codec<Item['definition']>) {
    this.#kind = kind;
    this.#codec = codec;
  }

  /** Whether there ever was one: what a server has declared it does not take back. */
  get wasUsed(): boolean {
    return this.#lastPlace > 0;
  }

  /**
   * Adds one, or puts it in the place of the one of that name.
   *
   * @throws TypeError if there is one of that name that it is not to replace, or its definition could not be
   * sent: it would take down the list.
   */
  add(name: string, item: Item, replace = false): void {
    if (!replace) this.requireFree(name);
    this.#requireSendable(name, item.definition);
    const place = this.#items.get(name)?.place ?? ++this.#lastPlace;
    this.#items.set(name, { place, item });
  }

  /** @throws TypeError if there is one of that name. */
  requireFree(name: string): void {
    if (this.#items.has(name)) throw new TypeError(`there is a ${this.#kind} "${name}" already`);
  }

  /** Switches one on or off; tells whether that changed anything. */
  enable(name: string, on: boolean): boolean {
    const about = this.get(name)?.about;
    if (about === undefined || about.enabled === on) return false;
    about.enabled = on;
    return true;
  }

  /** Takes one out; tells whether it was there. */
  remove(name: string): boolean {
    return this.#items.delete(name);
  }

  get(name: string): Item | undefined {
    return this.#items.get(name)?.item;
  }

  all(): Item[] {
    return [...this.#items.values()].map(({ item }) => item);
  }

  /**
   * The definitions on one page, and where the next one begins. A cursor names a place that nothing else
   * gets, and so outlives what comes and goes.
   *
   * @param shown What this client is shown.
   * @throws McpError (invalid params) if the cursor is none of this list.
   */
  page(
    cursor: string | undefined,
    size: number,
    shown: (item: Item) => boolean,
  ): { definitions: Item['definition'][]; nextCursor?: string } {
    const after = cursor === undefined ? 0 : this.#placeOf(cursor);
    const definitions: Item['definition'][] = [];
    let last = after;
    for (const { place, item } of this.#items.values()) {
      if (place <= after || !shown(item)) continue;
      if (definitions.length === size) return { definitions, nextCursor: btoa(String(last)) };
      definitions.push(item.definition);
      last = place;
    }
    return { definitions };
  }

  #requireSendable(name: string, definition: Item['definition']): void {
    try {
      encode(this.#codec, definition, bitOf(latest('modern')));
    } catch (error) {
      throw new TypeError(`the ${this.#kind} "${name}": ${(error as Error).message}`);
    }
  }

  #placeOf(cursor: string): number {
    const text = decoded(cursor);
    const place = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    if (place > 0 && place <= this.#lastPlace) return place;
    throw protocolError(ErrorCode.InvalidParams, 'params.cursor: not a cursor of this list');
  }
}

function decoded(cursor: string): string {
  try {
    return atob(cursor);
  } catch {
    return '';
  }
}
