// A server: what it offers is added to it, and it serves any number of connections.

import { report, type Diagnostics } from './diagnostics.js';
import { Answers } from './server/answers.js';
import { Changes } from './server/changes.js';
import { Connection } from './server/connection.js';
import { HttpService, type HttpOptions } from './http-server.js';
import { Lifespan } from './server/lifespan.js';
import type { Middleware } from './server/middleware.js';
import { takeOver } from './server/mount.js';
import type { Policy } from './server/policy.js';
import type { Awaitable } from './awaitable.js';
import type { Home } from './context.js';
import * as LIMITS from './protocol/limits.js';
import type { CacheScope } from './protocol/types/base.js';
import type { Icon } from './protocol/types/content.js';
import type { Implementation, ServerCapabilities } from './protocol/types/lifecycle.js';
import { registerPrompt, type PromptFunction, type PromptOptions } from './registry/prompts.js';
import { Registry } from './registry.js';
import {
  registerResource,
  registerTemplate,
  type ResourceFunction,
  type ResourceOptions,
} from './registry/resources.js';
import type { AnyPromptArguments, OfferedTool, Offering } from './registry/offers.js';
import type { ToolOutput } from './registry/output.js';
import { TASKS_EXTENSION } from './revision.js';
import { Seal } from './server/request-state.js';
import type { Accepted, Schema, StandardSchema } from './schema.js';
import type { Coercion } from './schema/coercion.js';
import type { Tasks } from './server/tasks.js';
import {
  registerTool,
  type NO_ARGUMENTS,
  type ToolFunction,
  type ToolOptions,
} from './registry/tools.js';
import type { Transport } from './transport.js';
import type { Variables } from './registry/uri-template.js';

/** What a server can be told. */
export interface ServerOptions<State = unknown> {
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
  /** Who may share them: `private` if a policy decides what is seen, else `public`. */
  cacheScope?: CacheScope;
  /** Decides who sees and who uses what. */
  policy?: Policy<State>;
  /**
   * Sets up what handlers find as `context.state`, before the first request is answered. {@link Server.close}
   * tears it down if it can be disposed of (`Symbol.asyncDispose`, `Symbol.dispose`).
   */
  state?: () => Awaitable<State>;
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
  /** Lets tools run as tasks: `tasks()` of `isogloss/tasks`. */
  tasks?: Tasks;
  /** Is told what goes wrong and is no answer to anybody; standard error if not set. */
  diagnostics?: Diagnostics;
}

/** Begins a server. */
export function server<State = undefined>(
  name: string,
  version: string,
  options: ServerOptions<State> = {},
): Server<State, {}, never, {}> {
  return new Server(name, version, options);
}

/**
 * A server, in the making or at work. `State` is what it has set up while it serves; the rest of its type is
 * what was added to it in one chain.
 */
export class Server<
  out State = unknown,
  out Tools extends object = object,
  out Resources extends string = string,
  out Prompts extends object = object,
>
  implements Home, Offering<Tools, Resources, Prompts>, AsyncDisposable
{
  /** @internal In types alone. */
  declare readonly '~offers'?: {
    readonly tools: Tools;
    readonly resources: Resources;
    readonly prompts: Prompts;
  };
  /** Its name and version, as clients see them. */
  readonly info: Implementation;
  readonly instructions: string | undefined;
  readonly pageSize: number;
  readonly cacheTtl: number;
  readonly cacheScope: CacheScope;
  /** @internal */
  readonly policy: Policy | undefined;
  /** @internal */
  readonly tasks: Tasks | undefined;
  /** @internal The outermost first. */
  readonly middleware: Middleware[] = [];
  /** @internal */
  readonly lifespan: Lifespan<State>;
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
  readonly #mounted = new Set<Server>();
  #http: HttpService | undefined;

  constructor(name: string, version: string, options: ServerOptions<State> = {}) {
    const {
      policy,
      state,
      cacheScope = policy === undefined ? 'public' : 'private',
      instructions,
      pageSize = LIMITS.pageSize,
      cacheTtl = LIMITS.cacheTtl,
      stateKey,
      coercion = 'off',
      tasks,
      diagnostics = report,
      ...about
    } = options;
    this.info = { name, version, ...about };
    this.instructions = instructions;
    this.pageSize = pageSize;
    this.cacheTtl = cacheTtl;
    this.cacheScope = cacheScope;
    this.policy = policy as Policy | undefined;
    this.lifespan = new Lifespan(state);
    this.answers = new Answers(this, new Seal(stateKey));
    this.diagnostics = diagnostics;
    this.coercion = coercion;
    this.tasks = tasks;
    tasks?.attach(this);
  }

  /**
   * Adds a tool. Its function gets arguments that its input schema has let through, and returns a plain
   * value or content; a {@link ToolError} that it throws is for the model to read.
   *
   * @throws TypeError if there is one of that name, or a schema cannot be served and enforced.
   */
  tool<
    const Name extends string,
    const Input extends Schema = typeof NO_ARGUMENTS,
    const Output extends Schema = StandardSchema,
    Value extends Accepted<Output> | ToolOutput = Accepted<Output> | ToolOutput,
  >(
    name: Name,
    options: ToolOptions<Input, Output>,
    run: ToolFunction<Input, Output, State, Value>,
  ): Server<State, Tools & Record<Name, OfferedTool<Input, Output, Value>>, Resources, Prompts> {
    if (options.task !== undefined) this.#requireTasks(name);
    const tool = registerTool(name, options, run, this.diagnostics);
    this.registry.tools.add(name, tool, options.replace);
    this.changes.tell('tools');
    return this as Server<State, any, Resources, Prompts>;
  }

  /**
   * Adds a resource, or with variables in its address (`item://{id}`) a template of resources.
   *
   * @throws TypeError if there is one of that address, or the template is not understood.
   */
  resource<Uri extends string>(
    uri: Uri,
    options: ResourceOptions<string & keyof Variables<Uri>>,
    read: ResourceFunction<Variables<Uri>, State>,
  ): Server<State, Tools, Resources | Uri, Prompts> {
    const general = read as ResourceFunction<Record<string, string>>;
    const { resources, templates } = this.registry;
    if (/[{}]/.test(uri)) {
      templates.add(uri, registerTemplate(uri, options, general), options.replace);
    } else {
      resources.add(uri, registerResource(uri, options, general), options.replace);
    }
    this.changes.tell('resources');
    return this;
  }

  /**
   * Adds a prompt.
   *
   * @throws TypeError if there is one of that name.
   */
  prompt<const Name extends string, const Arguments extends AnyPromptArguments>(
    name: Name,
    options: PromptOptions<Arguments>,
    get: PromptFunction<Arguments, State>,
  ): Server<State, Tools, Resources, Prompts & Record<Name, Arguments>> {
    this.registry.prompts.add(name, registerPrompt(name, options, get), options.replace);
    this.changes.tell('prompts');
    return this as Server<State, Tools, Resources, any>;
  }

  /**
   * Puts a function around every request: of all methods but the handshake, both eras and all transports. What
   * is added first is outermost.
   */
  use(middleware: Middleware<State>): this {
    this.middleware.push(middleware as Middleware);
    return this;
  }

  /**
   * Offers what another server offers now, under a namespace: a tool or prompt `x` as `namespace_x`, a resource
   * `scheme://rest` as `scheme://namespace/rest`. An empty namespace keeps the names. The other server's state
   * comes along, its middleware and its policy do not: what is asked here is answered by this server's rules.
   *
   * @throws TypeError if there is one of such a name already; then nothing is taken over.
   */
  mount(namespace: string, other: Server): this {
    for (const { definition, task } of other.registry.tools.all()) {
      if (task !== undefined) this.#requireTasks(definition.name);
    }
    takeOver(this.registry, namespace, other.registry, (context, work) => {
      context.home = other;
      const beginning = other.lifespan.begin();
      return beginning === undefined ? work() : beginning.then(work);
    });
    this.#mounted.add(other);
    for (const kind of ['tools', 'resources', 'prompts'] as const) this.changes.tell(kind);
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

  /** Switches a tool on or off: one that is off is neither listed nor called. Tells whether that changed anything. */
  enableTool(name: string, on = true): boolean {
    const hasChanged = this.registry.tools.enable(name, on);
    if (hasChanged) this.changes.tell('tools');
    return hasChanged;
  }

  /** Switches a resource on or off, or a template; tells whether that changed anything. */
  enableResource(uri: string, on = true): boolean {
    const { resources, templates } = this.registry;
    const hasChanged = resources.enable(uri, on) || templates.enable(uri, on);
    if (hasChanged) this.changes.tell('resources');
    return hasChanged;
  }

  /** Switches a prompt on or off; tells whether that changed anything. */
  enablePrompt(name: string, on = true): boolean {
    const hasChanged = this.registry.prompts.enable(name, on);
    if (hasChanged) this.changes.tell('prompts');
    return hasChanged;
  }

  /** Tells those who watch the resource at this address that it says something else now. */
  resourceUpdated(uri: string): void {
    this.changes.tell({ uri });
  }

  /** Ends all subscriptions and tasks, and tears down what was set up: that of mounted servers, too. */
  async close(): Promise<void> {
    await this.tasks?.close();
    this.changes.end();
    await this.lifespan.end();
    for (const other of this.#mounted) await other.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  get state(): State {
    return this.lifespan.state;
  }

  /** @internal */
  offers(kind: 'tool' | 'prompt', name: string): boolean {
    const { tools, prompts } = this.registry;
    return (kind === 'tool' ? tools : prompts).get(name) !== undefined;
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
      ...(this.tasks?.areOffered && { extensions: { [TASKS_EXTENSION]: {} } }),
    };
  }

  #requireTasks(tool: string): void {
    if (this.tasks !== undefined) return;
    throw new TypeError(`${tool} runs as a task: set the server's option tasks (isogloss/tasks)`);
  }

  /** @internal How to use it, if there is anything to say. */
  get aboutUse(): { instructions?: string } {
    return this.instructions === undefined ? {} : { instructions: this.instructions };
  }

  /**
   * What it offers, as the text of a contract file (`<name>.mcp.json`): what `isogloss pull` would write of it. Nothing
   * is set up for it, and what a policy shows to whom does not count.
   */
  async contract(): Promise<string> {
    const { contractOf } = await import('./contract/file.js');
    return contractOf(this);
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
