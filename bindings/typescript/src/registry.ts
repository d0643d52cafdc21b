// What a server offers, in the order in which it was added, and the pages in which it is listed.

import { ErrorCode, protocolError } from './error.js';
import type { Context } from './context.js';
import type { Mirrored } from './schema/mirrored.js';
import type { Awaitable } from './protocol/handlers.js';
import { LIMITS } from './protocol/limits.js';
import type { GetPromptOutcome, Prompt } from './protocol/types/prompts.js';
import type {
  ReadResourceOutcome,
  Resource,
  ResourceTemplate,
} from './protocol/types/resources.js';
import type { CallToolOutcome, Tool } from './protocol/types/tools.js';
import { settled } from './registry/address.js';
import type { UriTemplate } from './registry/uri-template.js';

/** Suggests values for what was typed so far, knowing the arguments that are filled in already. */
export type Completer = (
  typed: string,
  given: Readonly<Record<string, string>>,
  context: Context,
) => Awaitable<readonly string[]>;

export interface RegisteredTool {
  readonly definition: Tool;
  /** The arguments that headers of HTTP repeat. */
  readonly mirrored: readonly Mirrored[];
  call(args: unknown, context: Context): Awaitable<CallToolOutcome>;
}

export interface RegisteredResource {
  readonly definition: Resource;
  read(context: Context, uri: string): Awaitable<ReadResourceOutcome>;
}

export interface RegisteredTemplate {
  readonly definition: ResourceTemplate;
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
  readonly completers: Readonly<Record<string, Completer>>;
  get(args: Record<string, string>, context: Context): Awaitable<GetPromptOutcome>;
}

/** Everything of a server, by name or address. */
export class Registry {
  readonly tools = new Collection<RegisteredTool>('tool');
  readonly resources = new Collection<RegisteredResource>('resource');
  readonly templates = new Collection<RegisteredTemplate>('resource template');
  readonly prompts = new Collection<RegisteredPrompt>('prompt');

  /** The resource at an address, however that is spelled. */
  resourceAt(uri: string): RegisteredResource | undefined {
    const exact = this.resources.get(uri);
    if (exact !== undefined || uri.length > LIMITS.maxUri) return exact;
    if (!/[^\x00-\x7f]|%/.test(uri)) return undefined;
    const wanted = settled(uri);
    if (wanted === undefined) return undefined;
    return this.resources.all().find(({ definition }) => settled(definition.uri) === wanted);
  }

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
export class Collection<Item extends { readonly definition: unknown }> {
  readonly #items = new Map<string, { readonly place: number; readonly item: Item }>();
  readonly #kind: string;
  #lastPlace = 0;

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Whether there ever was one: what a server has declared it does not take back. */
  get wasUsed(): boolean {
    return this.#lastPlace > 0;
  }

  /** @throws TypeError if there is one of that name. */
  add(name: string, item: Item): void {
    if (this.#items.has(name)) throw new TypeError(`there is a ${this.#kind} "${name}" already`);
    this.#items.set(name, { place: ++this.#lastPlace, item });
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
   * @throws McpError (invalid params) if the cursor is none of this list.
   */
  page(
    cursor: string | undefined,
    size: number,
  ): { definitions: Item['definition'][]; nextCursor?: string } {
    const after = cursor === undefined ? 0 : this.#placeOf(cursor);
    const rest = [...this.#items.values()].filter(({ place }) => place > after);
    const shown = rest.slice(0, size);
    const definitions = shown.map(({ item }) => item.definition);
    if (rest.length <= size) return { definitions };
    return { definitions, nextCursor: btoa(String(shown.at(-1)!.place)) };
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
