// A server within another: what one offers, offered by the other under a namespace. It is used by the other
// server's rules, and with the state of its own.

import { chain, type Awaitable } from '../awaitable.js';
import type { Context } from '../context.js';
import type { ReadResourceOutcome } from '../protocol/types/resources.js';
import type {
  Completer,
  RegisteredPrompt,
  RegisteredResource,
  RegisteredTemplate,
  RegisteredTool,
  Registry,
} from '../registry.js';
import { UriTemplate } from '../registry/uri-template.js';

/** Does something for a request as the mounted server does it. */
type Within = <T>(context: Context, work: () => Awaitable<T>) => Awaitable<T>;

/**
 * Offers what there is in another registry: a tool or prompt `x` as `namespace_x`, a resource `scheme://rest` as
 * `scheme://namespace/rest`. An empty namespace keeps the names.
 *
 * @throws TypeError if there is one of such a name already; then nothing is taken over.
 */
export function takeOver(into: Registry, namespace: string, from: Registry, within: Within): void {
  const mount = new Mount(namespace, within);
  const tools = from.tools.all().map((tool) => mount.tool(tool));
  const prompts = from.prompts.all().map((prompt) => mount.prompt(prompt));
  const resources = from.resources.all().map((resource) => mount.resource(resource));
  const templates = from.templates.all().map((template) => mount.template(template));
  for (const { definition } of tools) into.tools.requireFree(definition.name);
  for (const { definition } of prompts) into.prompts.requireFree(definition.name);
  for (const { definition } of resources) into.resources.requireFree(definition.uri);
  for (const { definition } of templates) into.templates.requireFree(definition.uriTemplate);
  for (const tool of tools) into.tools.add(tool.definition.name, tool);
  for (const prompt of prompts) into.prompts.add(prompt.definition.name, prompt);
  for (const resource of resources) into.resources.add(resource.definition.uri, resource);
  for (const template of templates) into.templates.add(template.definition.uriTemplate, template);
}

class Mount {
  readonly #namespace: string;
  readonly #within: Within;

  constructor(namespace: string, within: Within) {
    this.#namespace = namespace;
    this.#within = within;
  }

  tool(tool: RegisteredTool): RegisteredTool {
    return {
      ...tool,
      definition: { ...tool.definition, name: this.#prefixed(tool.definition.name) },
      about: { ...tool.about },
      call: (args, context) => this.#within(context, () => tool.call(args, context)),
    };
  }

  prompt(prompt: RegisteredPrompt): RegisteredPrompt {
    return {
      ...prompt,
      definition: { ...prompt.definition, name: this.#prefixed(prompt.definition.name) },
      about: { ...prompt.about },
      completers: this.#completers(prompt.completers),
      get: (args, context) => this.#within(context, () => prompt.get(args, context)),
    };
  }

  resource(resource: RegisteredResource): RegisteredResource {
    const uri = moved(this.#namespace, resource.definition.uri);
    return {
      ...resource,
      definition: { ...resource.definition, uri },
      about: { ...resource.about },
      read: (context, asked) => this.#read(context, asked, (uri) => resource.read(context, uri)),
    };
  }

  template(template: RegisteredTemplate): RegisteredTemplate {
    const uriTemplate = moved(this.#namespace, template.definition.uriTemplate);
    return {
      ...template,
      definition: { ...template.definition, uriTemplate },
      about: { ...template.about },
      template: new UriTemplate(uriTemplate),
      completers: this.#completers(template.completers),
      read: (variables, context, asked) =>
        this.#read(context, asked, (uri) => template.read(variables, context, uri)),
    };
  }

  /** Reads by the address that the mounted server knows; what it says is at the one that was asked for. */
  #read(
    context: Context,
    asked: string,
    read: (uri: string) => Awaitable<ReadResourceOutcome>,
  ): Awaitable<ReadResourceOutcome> {
    const known = back(this.#namespace, asked);
    const outcome = this.#within(context, () => read(known));
    return chain(outcome, (result) => {
      if (!('contents' in result)) return result;
      const contents = result.contents.map((one) =>
        one.uri === known ? { ...one, uri: asked } : one,
      );
      return { ...result, contents };
    });
  }

  #completers(all: Readonly<Record<string, Completer>>): Readonly<Record<string, Completer>> {
    const mounted = Object.entries(all).map(([argument, complete]): [string, Completer] => [
      argument,
      (typed, given, context) => this.#within(context, () => complete(typed, given, context)),
    ]);
    return Object.fromEntries(mounted);
  }

  #prefixed(name: string): string {
    return this.#namespace === '' ? name : `${this.#namespace}_${name}`;
  }
}

/** An address within a namespace. One without `://` has no place for it. */
function moved(namespace: string, uri: string): string {
  const at = uri.indexOf('://');
  if (namespace === '' || at < 0) return uri;
  return `${uri.slice(0, at + 3)}${namespace}/${uri.slice(at + 3)}`;
}

/** The address that was moved into a namespace. */
function back(namespace: string, uri: string): string {
  const start = uri.indexOf('://') + 3;
  const inside = `${namespace}/`;
  if (namespace === '' || !uri.startsWith(inside, start)) return uri;
  return uri.slice(0, start) + uri.slice(start + inside.length);
}
