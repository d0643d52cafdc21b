// A client: finds out which revision a server speaks, and calls it in that.

import { overTransport, type Opening } from './client/connection.js';
import { ClientSession, type CallOptions, type ClientContext } from './client/session.js';
import { McpError } from './error.js';
import { Endpoint, http, HttpTarget } from './http-client.js';
import { ServerCalls } from './protocol/calls.js';
import type { ClientHandlers } from './protocol/handlers.js';
import { LIMITS } from './protocol/limits.js';
import { negotiate, type Greeting } from './client/negotiation.js';
import { eraOf, type Era, type Revision } from './protocol/revisions.js';
import type {
  ClientCapabilities,
  Implementation,
  ServerCapabilities,
} from './protocol/types/lifecycle.js';
import type { GetPromptResult, Prompt } from './protocol/types/prompts.js';
import type { ReadResourceResult, Resource, ResourceTemplate } from './protocol/types/resources.js';
import type { CallToolResult, Tool } from './protocol/types/tools.js';
import type { InputRequiredResult } from './protocol/types/messages.js';
import { AnyResourceContents } from './protocol/types/content.js';
import type { CompletionReference } from './protocol/types/completion.js';
import { report, type Diagnostics } from './session.js';
import { pair, type Transport } from './transport.js';
import { list } from './wire/codec.js';
import type { JsonObject, JsonValue } from './wire/json.js';

/** What a client can be told. */
export interface ClientOptions {
  /** What it says of itself. */
  name?: string;
  version?: string;
  title?: string;
  /** What it can do for a server; see `handlers`. */
  capabilities?: ClientCapabilities;
  /** What answers a server's requests and questions, and hears its notifications. */
  handlers?: ClientHandlers<ClientContext>;
  /** Which era to speak; by default that is found out. */
  mode?: 'auto' | Era;
  /** The revision to offer; by default the newest of the era. */
  revision?: Revision;
  /** Milliseconds that a call waits for its answer. */
  requestTimeout?: number;
  /** Milliseconds that the answer to `server/discover` may take before the server counts as legacy. */
  probeTimeout?: number;
  /** Is told what goes wrong and is no answer to anybody; standard error if not set. */
  diagnostics?: Diagnostics;
}

/**
 * What a client can be connected to: an address, a transport (a command's is `spawn`, in `isogloss/node`), or a
 * server within this program.
 */
export type Target =
  string | URL | HttpTarget | Transport | { connect(transport: Transport): void };

/**
 * Connects to a server and agrees on a revision with it.
 *
 * @throws McpError of kind `negotiation` if there is none in common, or what a call throws.
 */
export async function connect(target: Target, options: ClientOptions = {}): Promise<Client> {
  const { revision, probeTimeout = LIMITS.probeTimeout } = options;
  const mode = options.mode ?? (revision === undefined ? 'auto' : eraOf(revision));
  const session = new ClientSession(
    openingOf(target),
    identityOf(options),
    options.handlers ?? {},
    {
      requestTimeout: options.requestTimeout ?? LIMITS.requestTimeout,
      diagnostics: options.diagnostics ?? report,
    },
  );
  try {
    return new Client(session, await negotiate(session, mode, revision, probeTimeout));
  } catch (error) {
    await session.close();
    throw error;
  }
}

function openingOf(target: Target): Opening {
  if (typeof target === 'string' || target instanceof URL) return openingOf(http(target));
  if (target instanceof HttpTarget) {
    return (handler, options) => new Endpoint(target, handler, options);
  }
  if (!('connect' in target)) return overTransport(target);
  const [here, there] = pair();
  target.connect(there);
  return overTransport(here);
}

function identityOf({ name = 'isogloss', version = '0', title, capabilities = {} }: ClientOptions) {
  return { info: { name, version, ...(title !== undefined && { title }) }, capabilities };
}

const CONTENTS = list(AnyResourceContents);

/** A connection to a server. */
export class Client {
  /** Every method of the revision, as the protocol has it. */
  readonly calls: ServerCalls<CallOptions>;
  /** The server's name and version, if it says so. For display, never for trust. */
  readonly server: Implementation | undefined;
  /** What the server can do. */
  readonly capabilities: ServerCapabilities;
  /** How to use the server well, for the model. */
  readonly instructions: string | undefined;
  readonly #session: ClientSession;

  /** @internal Clients come from {@link connect}. */
  constructor(session: ClientSession, { server, capabilities, instructions }: Greeting) {
    this.#session = session;
    this.calls = new ServerCalls(session);
    this.server = server;
    this.capabilities = capabilities;
    this.instructions = instructions;
  }

  /** The revision that was agreed on. */
  get revision(): Revision {
    return this.#session.revision;
  }

  /** The era of that revision. */
  get era(): Era {
    return eraOf(this.revision);
  }

  /**
   * Calls a tool. One that fails is a result too: `isError` is set, and its text says why.
   *
   * @throws McpError of kind `protocol` if there is no such tool, or what any call throws.
   */
  async callTool<Structured = JsonValue>(
    name: string,
    args: object = {},
    options?: CallOptions,
  ): Promise<ToolResult<Structured>> {
    const params = { name, arguments: args as JsonObject };
    return completed(await this.calls.callTool(params, options)) as ToolResult<Structured>;
  }

  /** All tools, in the server's order. */
  listTools(options?: CallOptions): Promise<Tool[]> {
    return all(
      (page) => this.calls.listTools(page, options),
      ({ tools }) => tools,
    );
  }

  /** All resources that the server lists. */
  listResources(options?: CallOptions): Promise<Resource[]> {
    return all(
      (page) => this.calls.listResources(page, options),
      ({ resources }) => resources,
    );
  }

  /** All resource templates. */
  listResourceTemplates(options?: CallOptions): Promise<ResourceTemplate[]> {
    return all(
      (page) => this.calls.listResourceTemplates(page, options),
      ({ resourceTemplates }) => resourceTemplates,
    );
  }

  /** Reads a resource. */
  async readResource(uri: string, options?: CallOptions): Promise<ReadResourceResult> {
    const outcome = completed(await this.calls.readResource({ uri }, options));
    if (this.era === 'legacy' || 'ttlMs' in outcome || 'cacheScope' in outcome) {
      return outcome as ReadResourceResult;
    }
    // Without a word on caching it counts as a result of an unknown kind, of which nothing was checked.
    const { contents } = outcome as { contents?: unknown };
    return { ...outcome, contents: this.#session.check(CONTENTS, contents, 'result.contents') };
  }

  /** All prompts. */
  listPrompts(options?: CallOptions): Promise<Prompt[]> {
    return all(
      (page) => this.calls.listPrompts(page, options),
      ({ prompts }) => prompts,
    );
  }

  /** The messages of a prompt. */
  async getPrompt(
    name: string,
    args: Record<string, string> = {},
    options?: CallOptions,
  ): Promise<GetPromptResult> {
    return completed(await this.calls.getPrompt({ name, arguments: args }, options));
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

  /** Ends the connection. Calls that are under way fail with an error of kind `closed`. */
  close(): Promise<void> {
    return this.#session.close();
  }
}

/** What a tool gave, with what its structured content is taken to be. */
export type ToolResult<Structured> = Omit<CallToolResult, 'structuredContent'> & {
  structuredContent?: Structured;
};

/** An outcome that is a result: the session gives the input that is asked for before. */
function completed<Complete>(outcome: Complete | InputRequiredResult): Complete {
  return outcome as Complete;
}

/** The items of all pages. */
async function all<Page extends { nextCursor?: string }, Item>(
  load: (page: { cursor?: string }) => Promise<Page>,
  itemsOf: (page: Page) => Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const page = await load(cursor === undefined ? {} : { cursor });
    items.push(...itemsOf(page));
    cursor = page.nextCursor;
    if (cursor === undefined) return items;
    if (seen.has(cursor)) throw new McpError('protocol', 'the server gives the same page twice');
    seen.add(cursor);
  }
}
