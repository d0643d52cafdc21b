// What a server offers, in the order in which it was added, and the pages in which it is listed.

import { ErrorCode, protocolError } from './error.js';
import type { Context } from './context.js';
import type { Awaitable } from './protocol/handlers.js';
import type { GetPromptOutcome, Prompt } from './protocol/types/prompts.js';
import type {
  ReadResourceOutcome,
  Resource,
  ResourceTemplate,
} from './protocol/types/resources.js';
import type { CallToolOutcome, Tool } from './protocol/types/tools.js';
import type { UriTemplate } from './uri-template.js';

/** Suggests values for what was typed so far, knowing the arguments that are filled in already. */
export type Completer = (
  typed: string,
  given: Readonly<Record<string, string>>,
  context: Context,
) => Awaitable<readonly string[]>;

export interface RegisteredTool {
  readonly definition: Tool;
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

  /** Whether anything suggests values for its arguments. */
  get completes(): boolean {
    const all = [...this.prompts.all(), ...this.templates.all()];
    return all.some(({ completers }) => Object.keys(completers).length > 0);
  }
}

/** Things of one kind, in the order in which they were added. */
export class Collection<Item extends { readonly definition: unknown }> {
  readonly #items = new Map<string, Item>();
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#items.size;
  }

  /** @throws TypeError if there is one of that name. */
  add(name: string, item: Item): void {
    if (this.#items.has(name)) throw new TypeError(`there is a ${this.#kind} "${name}" already`);
    this.#items.set(name, item);
  }

  get(name: string): Item | undefined {
    return this.#items.get(name);
  }

  all(): Item[] {
    return [...this.#items.values()];
  }

  /**
   * The definitions on one page, and where the next one begins.
   *
   * @throws McpError (invalid params) if the cursor was not given out by this list.
   */
  page(
    cursor: string | undefined,
    size: number,
  ): { definitions: Item['definition'][]; nextCursor?: string } {
    const start = cursor === undefined ? 0 : this.#position(cursor);
    const end = start + size;
    const definitions = this.all()
      .slice(start, end)
      .map(({ definition }) => definition);
    return end < this.size ? { definitions, nextCursor: btoa(String(end)) } : { definitions };
  }

  #position(cursor: string): number {
    const position = /^\d+$/.test(decoded(cursor)) ? Number(decoded(cursor)) : 0;
    if (position > 0 && position < this.size) return position;
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
