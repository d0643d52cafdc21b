// What there is for a client: what was offered, as far as it is switched on, the policy lets the client have it,
// and its access token has the scopes. All ways to an offer go through here.

import type { Awaitable } from '../awaitable.js';
import type { Context } from '../context.js';
import { ErrorCode, protocolError, type McpError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import type { CompletionReference } from '../protocol/types/completion.js';
import type { ReadResourceOutcome } from '../protocol/types/resources.js';
import type {
  Caching,
  Completer,
  RegisteredPrompt,
  RegisteredResource,
  RegisteredTool,
  Registry,
} from '../registry.js';
import { settled } from '../registry/address.js';
import { admits, shows, type Policy } from './policy.js';

/** The reading of a resource. */
export interface Reading {
  readonly read: () => Awaitable<ReadResourceOutcome>;
  readonly caching: Caching | undefined;
}

/** What completes arguments, by their names. */
export type Completers = Readonly<Record<string, Completer>>;

/** The lists that there are, and what policies call their items. */
const KINDS = {
  tools: 'tool',
  resources: 'resource',
  templates: 'resourceTemplate',
  prompts: 'prompt',
} as const;

/** What all methods throw: an McpError if something is there for the client and refused. */
export class Offered {
  readonly #registry: Registry;
  readonly #policy: Policy | undefined;

  constructor(registry: Registry, policy: Policy | undefined) {
    this.#registry = registry;
    this.#policy = policy;
  }

  /** A part of a list, as much of it as the client is shown, and where the next one begins. */
  page<List extends keyof typeof KINDS>(
    list: List,
    cursor: string | undefined,
    size: number,
    context: Context,
  ): {
    definitions: ReturnType<Registry[List]['all']>[number]['definition'][];
    nextCursor?: string;
  } {
    const shown = (item: Parameters<typeof shows>[2]) =>
      shows(this.#policy, KINDS[list], item, context);
    return this.#registry[list].page(cursor, size, shown);
  }

  /** @throws McpError (invalid params) if there is none for this client. */
  tool(name: string, context: Context): RegisteredTool {
    const tool = this.#registry.tools.get(name);
    if (tool !== undefined && admits(this.#policy, 'tool', tool, context)) return tool;
    throw invalidParams(`unknown tool: ${name}`);
  }

  /** @throws McpError (invalid params) if there is none for this client. */
  prompt(name: string, context: Context): RegisteredPrompt {
    const prompt = this.#registry.prompts.get(name);
    if (prompt !== undefined && admits(this.#policy, 'prompt', prompt, context)) return prompt;
    throw invalidParams(`unknown prompt: ${name}`);
  }

  /** What reads the resource at an address, if there is one for this client. */
  reading(uri: string, context: Context): Reading | undefined {
    const resource = this.#resourceAt(uri);
    if (resource !== undefined && admits(this.#policy, 'resource', resource, context)) {
      const { caching } = resource;
      return { caching, read: () => resource.read(context, uri) };
    }
    if (uri.length > LIMITS.maxUri) return undefined;
    for (const template of this.#registry.templates.all()) {
      const variables = template.template.match(uri);
      if (variables === undefined) continue;
      if (!admits(this.#policy, 'resourceTemplate', template, context)) continue;
      const { caching } = template;
      return { caching, read: () => template.read(variables, context, uri) };
    }
    return undefined;
  }

  /** Whether a client may hear of changes of what is at an address: not if all that is there is hidden from it. */
  tellsOf(uri: string, context: Context): boolean {
    const resource = this.#resourceAt(uri);
    if (resource !== undefined && admits(this.#policy, 'resource', resource, context)) return true;
    let isHidden = resource !== undefined;
    for (const template of this.#registry.templates.all()) {
      if (template.template.match(uri) === undefined) continue;
      if (admits(this.#policy, 'resourceTemplate', template, context)) return true;
      isHidden = true;
    }
    return !isHidden;
  }

  /**
   * What completes the arguments of a prompt or a template. It tells of what is behind it, so it is for those
   * who may use that.
   *
   * @throws McpError (invalid params) if there is no such prompt or template for this client.
   */
  completers(ref: CompletionReference, context: Context): Completers {
    if (ref.type === 'ref/prompt') return this.prompt(ref.name, context).completers;
    const template = this.#registry.templates.get(ref.uri);
    if (template !== undefined) {
      if (admits(this.#policy, 'resourceTemplate', template, context)) return template.completers;
    } else {
      const resource = this.#registry.resources.get(ref.uri);
      if (resource !== undefined && admits(this.#policy, 'resource', resource, context)) return {};
    }
    throw invalidParams(`unknown resource template: ${ref.uri}`);
  }

  /** The resource at an address, however that is spelled. */
  #resourceAt(uri: string): RegisteredResource | undefined {
    const { resources } = this.#registry;
    const exact = resources.get(uri);
    if (exact !== undefined || /^[^%\x80-\u{10ffff}]*$/u.test(uri)) return exact;
    const wanted = uri.length > LIMITS.maxUri ? undefined : settled(uri);
    if (wanted === undefined) return undefined;
    return resources.all().find(({ definition }) => settled(definition.uri) === wanted);
  }
}

function invalidParams(message: string): McpError {
  return protocolError(ErrorCode.InvalidParams, message);
}
