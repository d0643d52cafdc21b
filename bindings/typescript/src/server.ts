// A server: what it offers is added to it, and it serves any number of connections.

import { Connection } from './connection.js';
import { LIMITS } from './protocol/limits.js';
import type { Icon } from './protocol/types/content.js';
import type { Implementation, ServerCapabilities } from './protocol/types/lifecycle.js';
import {
  registerPrompt,
  type PromptArgumentOptions,
  type PromptFunction,
  type PromptOptions,
} from './prompts.js';
import { Registry } from './registry.js';
import {
  registerResource,
  registerTemplate,
  type ResourceFunction,
  type ResourceOptions,
} from './resources.js';
import type { Schema } from './schema.js';
import { report, type Diagnostics } from './session.js';
import { registerTool, type NO_ARGUMENTS, type ToolFunction, type ToolOptions } from './tools.js';
import type { Transport } from './transport.js';
import type { Variables } from './uri-template.js';

/** What a server can be told. */
export interface ServerOptions {
  /** Its name for people. */
  title?: string;
  /** What it is, in a sentence. */
  description?: string;
  websiteUrl?: string;
  icons?: Icon[];
  /** How to use it well, for the model. */
  instructions?: string;
  /** Most items on one page of a list. */
  pageSize?: number;
  /** Is told what goes wrong and is no answer to anybody; standard error if not set. */
  diagnostics?: Diagnostics;
}

/** Begins a server. */
export function server(name: string, version: string, options: ServerOptions = {}): Server {
  return new Server(name, version, options);
}

/** A server, in the making or at work. */
export class Server {
  /** Its name and version, as clients see them. */
  readonly info: Implementation;
  readonly instructions: string | undefined;
  readonly pageSize: number;
  readonly registry = new Registry();
  readonly diagnostics: Diagnostics;

  constructor(name: string, version: string, options: ServerOptions = {}) {
    const { instructions, pageSize = LIMITS.pageSize, diagnostics = report, ...about } = options;
    this.info = { name, version, ...about };
    this.instructions = instructions;
    this.pageSize = pageSize;
    this.diagnostics = diagnostics;
  }

  /**
   * Adds a tool. Its function gets arguments that its input schema has let through, and returns a plain
   * value or content; a {@link ToolError} that it throws is for the model to read.
   *
   * @throws TypeError if there is one of that name, or a schema cannot be served and enforced.
   */
  tool<const Input extends Schema = typeof NO_ARGUMENTS, const Output extends Schema = {}>(
    name: string,
    options: ToolOptions<Input, Output>,
    run: ToolFunction<Input, Output>,
  ): this {
    this.registry.tools.add(name, registerTool(name, options, run, this.diagnostics));
    return this;
  }

  /**
   * Adds a resource, or with variables in its address (`item://{id}`) a template of resources.
   *
   * @throws TypeError if there is one of that address, or the template is not understood.
   */
  resource<Uri extends string>(
    uri: Uri,
    options: ResourceOptions<string & keyof Variables<Uri>>,
    read: ResourceFunction<Variables<Uri>>,
  ): this {
    const general = read as ResourceFunction<Record<string, string>>;
    if (uri.includes('{')) {
      this.registry.templates.add(uri, registerTemplate(uri, options, general));
    } else {
      this.registry.resources.add(uri, registerResource(uri, options, general));
    }
    return this;
  }

  /**
   * Adds a prompt.
   *
   * @throws TypeError if there is one of that name.
   */
  prompt<const Arguments extends Readonly<Record<string, PromptArgumentOptions>>>(
    name: string,
    options: PromptOptions<Arguments>,
    get: PromptFunction<Arguments>,
  ): this {
    this.registry.prompts.add(name, registerPrompt(name, options, get));
    return this;
  }

  /** What it can do, as clients see it: it follows from what was added. */
  get capabilities(): ServerCapabilities {
    const { tools, resources, templates, prompts, completes } = this.registry;
    return {
      ...(tools.size > 0 && { tools: {} }),
      ...(resources.size + templates.size > 0 && { resources: {} }),
      ...(prompts.size > 0 && { prompts: {} }),
      ...(completes && { completions: {} }),
    };
  }

  /** Serves a connection, in any revision, until it ends. */
  connect(transport: Transport): void {
    new Connection(this, transport);
  }
}
