// A server: what it offers is added to it, and it serves any number of connections.

import { Answers } from './server/answers.js';
import { Changes } from './server/changes.js';
import { Connection } from './server/connection.js';
import { HttpService, type HttpOptions } from './http-server.js';
import { LIMITS } from './protocol/limits.js';
import type { Icon } from './protocol/types/content.js';
import type { Implementation, ServerCapabilities } from './protocol/types/lifecycle.js';
import {
  registerPrompt,
  type PromptArgumentOptions,
  type PromptFunction,
  type PromptOptions,
} from './registry/prompts.js';
import { Registry } from './registry.js';
import {
  registerResource,
  registerTemplate,
  type ResourceFunction,
  type ResourceOptions,
} from './registry/resources.js';
import { Seal } from './server/request-state.js';
import type { Schema, StandardSchema } from './schema.js';
import type { Coercion } from './schema/coercion.js';
import { report, type Diagnostics } from './session.js';
import {
  registerTool,
  type NO_ARGUMENTS,
  type ToolFunction,
  type ToolOptions,
} from './registry/tools.js';
import type { Transport } from './transport.js';
import type { Variables } from './registry/uri-template.js';

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
  /** Milliseconds that modern clients may keep lists and what a server says of itself. */
  cacheTtl?: number;
  /**
   * 32 bytes that seal what travels through a modern client between a question and its answer; drawn at the
   * start if not set. Processes that answer each other's clients share one.
   */
  stateKey?: Uint8Array;
  /**
   * Whether arguments that a model sent as strings are taken for what they spell, where no string is wanted:
   * `off` if not set.
   */
  coercion?: Coercion;
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
  readonly cacheTtl: number;
  /** @internal */
  readonly registry = new Registry();
  /** @internal */
  readonly changes = new Changes();
  /** @internal */
  readonly answers: Answers;
  /** @internal */
  readonly diagnostics: Diagnostics;
  /** @internal */
  readonly coercion: Coercion;
  #http: HttpService | undefined;

  constructor(name: string, version: string, options: ServerOptions = {}) {
    const {
      instructions,
      pageSize = LIMITS.pageSize,
      cacheTtl = LIMITS.cacheTtl,
      stateKey,
      coercion = 'off',
      diagnostics = report,
      ...about
    } = options;
    this.info = { name, version, ...about };
    this.instructions = instructions;
    this.pageSize = pageSize;
    this.cacheTtl = cacheTtl;
    this.answers = new Answers(this, new Seal(stateKey));
    this.diagnostics = diagnostics;
    this.coercion = coercion;
  }

  /**
   * Adds a tool. Its function gets arguments that its input schema has let through, and returns a plain
   * value or content; a {@link ToolError} that it throws is for the model to read.
   *
   * @throws TypeError if there is one of that name, or a schema cannot be served and enforced.
   */
  tool<
    const Input extends Schema = typeof NO_ARGUMENTS,
    const Output extends Schema = StandardSchema,
  >(name: string, options: ToolOptions<Input, Output>, run: ToolFunction<Input, Output>): this {
    const { diagnostics, coercion } = this;
    this.registry.tools.add(name, registerTool(name, options, run, diagnostics, coercion));
    this.changes.tell('tools');
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
    if (/[{}]/.test(uri)) {
      this.registry.templates.add(uri, registerTemplate(uri, options, general));
    } else {
      this.registry.resources.add(uri, registerResource(uri, options, general));
    }
    this.changes.tell('resources');
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
    this.changes.tell('prompts');
    return this;
  }

  /** Takes a tool back; tells whether there was one. */
  removeTool(name: string): boolean {
    const wasThere = this.registry.tools.remove(name);
    if (wasThere) this.changes.tell('tools');
    return wasThere;
  }

  /** Takes a resource back, or a template; tells whether there was one. */
  removeResource(uri: string): boolean {
    const { resources, templates } = this.registry;
    const wasThere = resources.remove(uri) || templates.remove(uri);
    if (wasThere) this.changes.tell('resources');
    return wasThere;
  }

  /** Takes a prompt back; tells whether there was one. */
  removePrompt(name: string): boolean {
    const wasThere = this.registry.prompts.remove(name);
    if (wasThere) this.changes.tell('prompts');
    return wasThere;
  }

  /** Tells those who watch the resource at this address that it says something else now. */
  resourceUpdated(uri: string): void {
    this.changes.tell({ uri });
  }

  /** @internal What it can do, as clients see it: it follows from what was added. */
  get capabilities(): ServerCapabilities {
    const { tools, hasResources, prompts, completes } = this.registry;
    const listChanged = true;
    return {
      ...(tools.wasUsed && { tools: { listChanged } }),
      ...(hasResources && { resources: { listChanged, subscribe: true } }),
      ...(prompts.wasUsed && { prompts: { listChanged } }),
      ...(completes && { completions: {} }),
      logging: {},
    };
  }

  /** @internal How to use it, if there is anything to say. */
  get aboutUse(): { instructions?: string } {
    return this.instructions === undefined ? {} : { instructions: this.instructions };
  }

  /** Serves a connection, in any revision, until it ends. */
  connect(transport: Transport): void {
    new Connection(this, transport);
  }

  /** The server over HTTP, as `options` say. */
  http(options: HttpOptions = {}): HttpService {
    return new HttpService(this, options);
  }

  /**
   * Answers a request of HTTP, in any revision: what Deno, Bun, Workers, Hono and others serve. As a server
   * on the user's own machine has it; {@link http} says it otherwise.
   */
  readonly fetch = (request: Request): Promise<Response> => {
    this.#http ??= this.http();
    return this.#http.fetch(request);
  };
}
