// A client: finds out which revision a server speaks, and calls it in that. `calls` has a method for everything
// that can be asked; the others are shorter ways to the commonest.
/// <reference lib="esnext.disposable" preserve="true" />

import { Cache } from './client/cache.js';
import { valueOf } from './client/call.js';
import {
  answering,
  capabilitiesOf,
  type Callbacks,
  type ClientContext,
} from './client/callbacks.js';
import type { Opening } from './client/connection.js';
import { completed } from './client/input.js';
import { negotiate, type Greeting } from './client/negotiation.js';
import { News, type LogListener } from './client/news.js';
import { gathered, items } from './client/pages.js';
import {
  ClientSession,
  type CallOptions,
  type ClientIdentity,
  type Listening,
} from './client/session.js';
import type { TaskFollower } from './client/tasks.js';
import { report, type Diagnostics } from './diagnostics.js';
import type { HttpTarget } from './http-client.js';
import { ServerCalls } from './protocol/calls.js';
import type { ClientHandlers } from './protocol/handlers.js';
import * as LIMITS from './protocol/limits.js';
import * as methods from './protocol/methods.js';
import { eraOf, type Era, type Revision } from './protocol/revisions.js';
import type { CompletionReference } from './protocol/types/completion.js';
import { AnyResourceContents } from './protocol/types/content.js';
import type {
  ClientCapabilities,
  Implementation,
  ServerCapabilities,
} from './protocol/types/lifecycle.js';
import type { LoggingLevel } from './protocol/types/logging.js';
import type { GetPromptResult, Prompt } from './protocol/types/prompts.js';
import type { ReadResourceResult, Resource, ResourceTemplate } from './protocol/types/resources.js';
import type { CallToolResult, Tool } from './protocol/types/tools.js';
import type {
  Offering,
  PromptName,
  PromptTexts,
  ResourceUri,
  ToolArguments,
  ToolName,
  ToolValue,
} from './registry/offers.js';
import type { Infer, StandardSchema } from './schema.js';
import type { Transport } from './transport.js';
import { list } from './wire/codec.js';
import type { JsonObject, JsonValue } from './wire/json.js';

/** What a client can be told. */
export interface ClientOptions extends Callbacks {
  /** What it says of itself. */
  name?: string;
  version?: string;
  title?: string;
  /** What it can do for a server, beside what there are functions for. */
  capabilities?: ClientCapabilities;
  /** The protocol's interface for what a server asks and tells, in the place of single functions. */
  handlers?: ClientHandlers<ClientContext>;
  /** Which era to speak; by default that is found out. */
  mode?: 'auto' | Era;
  /** The revision to offer; by default the newest of the era. */
  revision?: Revision;
  /** Milliseconds that a call waits for its answer. */
  requestTimeout?: number;
  /** Milliseconds that the answer to `server/discover` may take before the server counts as legacy. */
  probeTimeout?: number;
  /** Refuses a whole list for one item that is wrong, instead of setting the item aside with a diagnostic. */
  strict?: boolean;
  /** Whether lists and reads are kept for as long as a modern server allows; `true` if not set. */
  cache?: boolean;
  /** Lets a modern server answer tool calls with tasks: `followTasks` of `isogloss/tasks/client`. */
  tasks?: TaskFollower;
  /** From which level on the server is to send log messages; `info` if not set where there is `onLog`. */
  logLevel?: LoggingLevel;
  /** Hears them. */
  onLog?: LogListener;
  /** Is told what goes wrong and is no answer to anybody; standard error if not set. */
  diagnostics?: Diagnostics;
}

/**
 * What a client can be connected to: an address, a transport (a command's is `spawn`, in `isogloss/node`), or a
 * server within this program.
 */
export type Target<S = unknown> =
  string | URL | HttpTarget | Transport | (S & { connect(transport: Transport): void });

/**
 * Connects to a server and agrees on a revision with it. Where the server's type is known, as that of one within
 * this program or as `connect<typeof weather>(…)`, its tools are called by their types.
 *
 * @throws McpError of kind `negotiation` if there is none in common, or what a call throws.
 */
export async function connect<S extends Offering = Offering>(
  target: Target<S>,
  options: ClientOptions = {},
): Promise<Client<S>> {
  const { revision, probeTimeout = LIMITS.probeTimeout } = options;
  const mode = options.mode ?? (revision === undefined ? 'auto' : eraOf(revision));
  const { requestTimeout = LIMITS.requestTimeout, diagnostics = report } = options;
  const listening = listeningOf(options, diagnostics);
  const { news } = listening;
  const opening = await openingOf(target);
  const session = new ClientSession(opening, identityOf(options), listening, {
    requestTimeout,
    diagnostics,
    onEnd: () => news.ended(),
  });
  try {
    const greeting = await negotiate(session, mode, revision, probeTimeout);
    await beginLog(session, greeting);
    return new Client(session, greeting);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** What carries calls is loaded when it is known what that is: who connects to no address loads nothing of HTTP. */
async function openingOf(target: Target): Promise<Opening> {
  if (typeof target === 'string' || target instanceof URL) {
    const { http } = await import('./http-client.js');
    return http(target).dial();
  }
  if ('dial' in target) return target.dial();
  const { overTransport, within } = await import('./client/connection.js');
  return 'connect' in target ? within(target) : overTransport(target);
}

function identityOf(options: ClientOptions): ClientIdentity {
  const { name = 'isogloss', version = '0', title, tasks } = options;
  const capabilities = capabilitiesOf(options, options.capabilities ?? {});
  return {
    info: { name, version, ...(title !== undefined && { title }) },
    capabilities: tasks?.declaredIn(capabilities) ?? capabilities,
    logLevel: options.logLevel ?? (options.onLog === undefined ? undefined : 'info'),
  };
}

function listeningOf(options: ClientOptions, diagnostics: Diagnostics): Listening {
  const { handlers = {}, strict = false, onLog, tasks } = options;
  const cache = options.cache === false ? undefined : new Cache();
  const news = new News(cache, diagnostics);
  if (onLog !== undefined) news.hearLogs(onLog, () => {});
  return { answering: answering(options, handlers), handlers, news, cache, strict, tasks };
}

/** Tells a legacy server what to log, now and in each session that follows, if it can log. */
async function beginLog(session: ClientSession, { capabilities }: Greeting): Promise<void> {
  if (capabilities.logging === undefined) return;
  const tell = () => tellLogLevel(session);
  session.toTellAgain.push(tell);
  await tell().catch((cause: unknown) => {
    session.options.diagnostics({
      level: 'warning',
      message: 'the server takes no log level',
      cause,
    });
  });
}

/** Tells a legacy server from which level on log messages are wanted; a modern one is told in every request. */
async function tellLogLevel(session: ClientSession): Promise<void> {
  const { logLevel: level } = session.identity;
  if (eraOf(session.revision) === 'modern' || level === undefined) return;
  await session.call(methods.setLevel, { level });
}

const CONTENTS = list(AnyResourceContents);

/** Arguments that may be left out where none of them is needed. */
type Given<Arguments, Options> = {} extends Arguments
  ? [args?: Arguments, options?: Options]
  : [args: Arguments, options?: Options];

/** A connection to a server; `S` is the server's type, where that is known. */
export class Client<S = Offering> implements AsyncDisposable {
  /** Every method of the revision, as the protocol has it. */
  readonly calls: ServerCalls<CallOptions>;
  /** The server's name and version, if it says so. For display, never for trust. */
  readonly server: Implementation | undefined;
  /** What the server can do. */
  readonly capabilities: ServerCapabilities;
  /** How to use the server well, for the model. */
  readonly instructions: string | undefined;
  /** @internal */
  readonly session: ClientSession;

  /** @internal Clients come from {@link connect}. */
  constructor(session: ClientSession, { server, capabilities, instructions }: Greeting) {
    this.session = session;
    this.calls = new ServerCalls(session);
    this.server = server;
    this.capabilities = capabilities;
    this.instructions = instructions;
  }

  /** The revision that was agreed on. */
  get revision(): Revision {
    return this.session.revision;
  }

  /** The era of that revision. */
  get era(): Era {
    return eraOf(this.revision);
  }

  /**
   * Calls a tool and gives the plain value that it gave: `await client.call('get_forecast', { city: 'Oslo' })`.
   * `output`, a schema of any library that speaks Standard Schema, checks it and says what it is.
   *
   * The value is the result's structured content, or where there is none its text as JSON. A value that stands
   * alone in a `result`, since it is no object, is taken out of it.
   *
   * @throws ToolFailed if the tool failed; McpError of kind `protocol` if there is no such tool, `decode` if the
   * result is not of that kind; what any call throws.
   */
  call<const Name extends ToolName<S>, const Output extends StandardSchema<any, any>>(
    name: Name,
    args: ToolArguments<S, Name>,
    options: CallOptions & { readonly output: Output },
  ): Promise<Infer<Output>>;
  call<const Name extends ToolName<S>>(
    name: Name,
    ...given: Given<ToolArguments<S, Name>, CallOptions>
  ): Promise<ToolValue<S, Name>>;
  async call(
    name: string,
    args?: unknown,
    options?: CallOptions & { readonly output?: StandardSchema },
  ): Promise<unknown> {
    const result = await this.callTool(name, (args ?? {}) as object, options);
    return valueOf(name, result, options?.output);
  }

  /**
   * Calls a tool and gives its whole result. One that fails is a result too: `isError` is set, and its text says
   * why.
   *
   * @throws McpError of kind `protocol` if there is no such tool, or what any call throws.
   */
  async callTool<Structured = JsonValue>(
    name: string,
    args: object = {},
    options?: CallOptions,
  ): Promise<ToolResult<Structured>> {
    const params = { name, arguments: args as JsonObject };
    const outcome = await this.calls.callTool(params, options);
    return completed(methods.callTool.name, outcome) as ToolResult<Structured>;
  }

  /** The tools, in the server's order; a page is asked for when it is needed. */
  tools(options?: CallOptions): AsyncGenerator<Tool, undefined> {
    return items(
      (page) => this.calls.listTools(page, options),
      ({ tools }) => tools,
    );
  }

  /** All tools, from all pages. */
  listTools(options?: CallOptions): Promise<Tool[]> {
    return gathered(this.tools(options));
  }

  /** The resources that the server lists; a page is asked for when it is needed. */
  resources(options?: CallOptions): AsyncGenerator<Resource, undefined> {
    return items(
      (page) => this.calls.listResources(page, options),
      ({ resources }) => resources,
    );
  }

  /** All resources that the server lists. */
  listResources(options?: CallOptions): Promise<Resource[]> {
    return gathered(this.resources(options));
  }

  /** The resource templates; a page is asked for when it is needed. */
  resourceTemplates(options?: CallOptions): AsyncGenerator<ResourceTemplate, undefined> {
    return items(
      (page) => this.calls.listResourceTemplates(page, options),
      ({ resourceTemplates }) => resourceTemplates,
    );
  }

  /** All resource templates. */
  listResourceTemplates(options?: CallOptions): Promise<ResourceTemplate[]> {
    return gathered(this.resourceTemplates(options));
  }

  /** Reads a resource. */
  async readResource(uri: ResourceUri<S>, options?: CallOptions): Promise<ReadResourceResult> {
    const { name } = methods.readResource;
    const outcome = completed(name, await this.calls.readResource({ uri }, options));
    if (this.era === 'legacy' || 'ttlMs' in outcome || 'cacheScope' in outcome) {
      return outcome as ReadResourceResult;
    }
    // Without a word on caching it counts as a result of an unknown kind, of which nothing was checked.
    const { contents } = outcome as { contents?: unknown };
    return { ...outcome, contents: this.session.check(CONTENTS, contents, 'result.contents') };
  }

  /** The prompts; a page is asked for when it is needed. */
  prompts(options?: CallOptions): AsyncGenerator<Prompt, undefined> {
    return items(
      (page) => this.calls.listPrompts(page, options),
      ({ prompts }) => prompts,
    );
  }

  /** All prompts. */
  listPrompts(options?: CallOptions): Promise<Prompt[]> {
    return gathered(this.prompts(options));
  }

  /** The messages of a prompt. */
  async getPrompt<const Name extends PromptName<S>>(
    name: Name,
    ...[args, options]: Given<PromptTexts<S, Name>, CallOptions>
  ): Promise<GetPromptResult> {
    const params = { name, arguments: (args ?? {}) as Record<string, string> };
    return completed(methods.getPrompt.name, await this.calls.getPrompt(params, options));
  }

  /** Suggests values for an argument of a prompt, or a variable of a resource template. */
  async complete(
    ref: CompletionReference,
    argument: { name: string; value: string },
    options?: CallOptions,
  ): Promise<string[]> {
    return (await this.calls.complete({ ref, argument }, options)).completion.values;
  }

  /** Asks for a sign of life, in legacy revisions; modern ones have no such call. */
  async ping(options?: CallOptions): Promise<void> {
    await this.calls.ping({}, options);
  }

  /**
   * Has the server send log messages from this level on, whatever the option `logLevel` said. A modern server is told
   * in every request that follows.
   *
   * @throws McpError if a legacy server refuses.
   */
  async setLogLevel(level: LoggingLevel): Promise<void> {
    this.session.identity = { ...this.session.identity, logLevel: level };
    await tellLogLevel(this.session);
  }

  /** Drops what is kept of the server's results, as is to be done where the client goes on for somebody else. */
  forget(): void {
    this.session.listening.cache?.heed({ kind: 'missed' });
  }

  /** Ends the connection. Calls that are under way fail with an error of kind `closed`. */
  close(): Promise<void> {
    return this.session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What a tool gave, with what its structured content is taken to be. */
export type ToolResult<Structured> = Omit<CallToolResult, 'structuredContent'> & {
  structuredContent?: Structured;
};
