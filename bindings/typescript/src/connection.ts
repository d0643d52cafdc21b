// One client of a server. Both eras meet on a connection: each request says which one it belongs to.

import { chain, type Awaitable } from './awaitable.js';
import { Context, type ClientIdentity } from './context.js';
import { ErrorCode, protocolError, type McpError } from './error.js';
import { dispatchToServer, type ServerHandlers } from './protocol/handlers.js';
import type { Method } from './protocol/methods.js';
import { bitOf, eraOf, isRevision, type Revision } from './protocol/revisions.js';
import type {
  EmptyResult,
  PaginatedRequestParams,
  Result,
  ResultMetaObject,
} from './protocol/types/base.js';
import type { CompleteRequestParams, CompleteResult } from './protocol/types/completion.js';
import type {
  DiscoverResult,
  InitializeRequestParams,
  InitializeResult,
} from './protocol/types/lifecycle.js';
import type {
  GetPromptOutcome,
  GetPromptRequestParams,
  ListPromptsResult,
} from './protocol/types/prompts.js';
import type {
  ListResourceTemplatesResult,
  ListResourcesResult,
  ReadResourceOutcome,
  ReadResourceRequestParams,
} from './protocol/types/resources.js';
import type {
  CallToolOutcome,
  CallToolRequestParams,
  ListToolsResult,
} from './protocol/types/tools.js';
import { latest, META, namedRevision, NEWEST_FIRST } from './revision.js';
import type { Registry } from './registry.js';
import type { Server } from './server.js';
import { Session, type Handler, type IncomingCall } from './session.js';
import type { Transport } from './transport.js';
import { encode } from './wire/encoder.js';
import { isObject } from './wire/json.js';

/** What a legacy client and the server settled when it connected. */
interface Handshake {
  readonly revision: Revision;
  readonly client: ClientIdentity;
}

/** Most values that a completion may hold. */
const MOST_COMPLETIONS = 100;

/** Serves one client. */
export class Connection implements Handler, ServerHandlers<Context> {
  readonly #server: Server;
  readonly #session: Session;
  readonly #about: ResultMetaObject;
  /** What was reported already: members that results cannot have in a client's revision. */
  readonly #reported = new Set<string>();
  #handshake: Handshake | undefined;

  constructor(server: Server, transport: Transport) {
    this.#server = server;
    this.#about = { [META.server]: server.info };
    this.#session = new Session(transport, this, { diagnostics: server.diagnostics });
  }

  request(name: string, params: unknown, call: IncomingCall): Awaitable<string> {
    const revision = this.#revisionOf(name, params);
    const context = new Context(revision, this.#session, call, params, this.#handshake?.client);
    const found = dispatchToServer(this, name, params, bitOf(revision), context);
    if (found === undefined) {
      throw protocolError(ErrorCode.MethodNotFound, `method not found: ${name}`);
    }
    return chain(found.result, (result) => this.#write(found.method, result as Result, revision));
  }

  /** Of what a client may tell, nothing concerns a server yet: the session sees to cancellation. */
  notification(): void {}

  initialize(params: InitializeRequestParams, context: Context): InitializeResult {
    const { clientInfo: info, capabilities } = params;
    this.#handshake = { revision: context.revision, client: { info, capabilities } };
    return {
      protocolVersion: context.revision,
      capabilities: this.#server.capabilities,
      serverInfo: this.#server.info,
      ...this.#instructions,
    };
  }

  discover(): DiscoverResult {
    return {
      resultType: 'complete',
      supportedVersions: [...NEWEST_FIRST],
      capabilities: this.#server.capabilities,
      cacheScope: 'private',
      ttlMs: 0,
      ...this.#instructions,
    };
  }

  ping(): EmptyResult {
    return {};
  }

  listTools({ cursor }: PaginatedRequestParams): ListToolsResult {
    const { definitions, ...next } = this.#registry.tools.page(cursor, this.#server.pageSize);
    return { tools: definitions, ...next };
  }

  callTool(params: CallToolRequestParams, context: Context): Awaitable<CallToolOutcome> {
    const tool = this.#registry.tools.get(params.name);
    if (tool === undefined) throw invalidParams(`unknown tool: ${params.name}`);
    return tool.call(params.arguments, context);
  }

  listResources({ cursor }: PaginatedRequestParams): ListResourcesResult {
    const { definitions, ...next } = this.#registry.resources.page(cursor, this.#server.pageSize);
    return { resources: definitions, ...next };
  }

  listResourceTemplates({ cursor }: PaginatedRequestParams): ListResourceTemplatesResult {
    const { definitions, ...next } = this.#registry.templates.page(cursor, this.#server.pageSize);
    return { resourceTemplates: definitions, ...next };
  }

  readResource(
    { uri }: ReadResourceRequestParams,
    context: Context,
  ): Awaitable<ReadResourceOutcome> {
    const resource = this.#registry.resources.get(uri);
    if (resource !== undefined) return resource.read(context, uri);
    for (const template of this.#registry.templates.all()) {
      const variables = template.template.match(uri);
      if (variables !== undefined) return template.read(variables, context, uri);
    }
    const isLegacy = eraOf(context.revision) === 'legacy';
    const code = isLegacy ? ErrorCode.ResourceNotFound : ErrorCode.InvalidParams;
    throw protocolError(code, `resource not found: ${uri}`, { uri });
  }

  listPrompts({ cursor }: PaginatedRequestParams): ListPromptsResult {
    const { definitions, ...next } = this.#registry.prompts.page(cursor, this.#server.pageSize);
    return { prompts: definitions, ...next };
  }

  getPrompt(params: GetPromptRequestParams, context: Context): Awaitable<GetPromptOutcome> {
    const prompt = this.#registry.prompts.get(params.name);
    if (prompt === undefined) throw invalidParams(`unknown prompt: ${params.name}`);
    return prompt.get(params.arguments ?? {}, context);
  }

  complete(params: CompleteRequestParams, context: Context): Awaitable<CompleteResult> {
    const { ref, argument, context: given } = params;
    const owner =
      ref.type === 'ref/prompt'
        ? this.#registry.prompts.get(ref.name)
        : this.#registry.templates.get(ref.uri);
    if (owner === undefined) {
      throw invalidParams(
        `params.ref: unknown ${ref.type === 'ref/prompt' ? 'prompt' : 'template'}`,
      );
    }
    const completer = Object.hasOwn(owner.completers, argument.name)
      ? owner.completers[argument.name]!
      : () => [];
    return chain(completer(argument.value, given?.arguments ?? {}, context), (values) => ({
      completion: {
        values: values.slice(0, MOST_COMPLETIONS),
        total: values.length,
        hasMore: values.length > MOST_COMPLETIONS,
      },
    }));
  }

  get #registry(): Registry {
    return this.#server.registry;
  }

  get #instructions(): { instructions?: string } {
    const { instructions } = this.#server;
    return instructions === undefined ? {} : { instructions };
  }

  /**
   * The revision a request is made in. One that names a modern revision is in that; any other is legacy,
   * and needs a handshake first.
   */
  #revisionOf(name: string, params: unknown): Revision {
    const named = namedRevision(params);
    if (typeof named === 'string') {
      if (!isRevision(named)) throw unsupported(named);
      if (eraOf(named) === 'modern') return named;
    }
    if (name === 'initialize') return agreed(params);
    if (this.#handshake !== undefined) return this.#handshake.revision;
    if (name === 'ping') return latest('legacy');
    throw protocolError(
      ErrorCode.InvalidRequest,
      'initialize first, or name a modern revision in params._meta',
    );
  }

  #write(method: Method<unknown, unknown>, result: Result, revision: Revision): string {
    const isModern = eraOf(revision) === 'modern';
    const sent = isModern ? { ...result, _meta: { ...this.#about, ...result._meta } } : result;
    const leftOut = new Set<string>();
    const text = encode(method.result!, sent, bitOf(revision), leftOut);
    for (const member of leftOut) this.#reportOnce(`${method.name}: ${revision} has no ${member}`);
    return text;
  }

  #reportOnce(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#server.diagnostics({ level: 'info', message });
  }
}

/** The revision that `initialize` settles: the one asked for if it is a legacy one, else the newest. */
function agreed(params: unknown): Revision {
  const asked = isObject(params) ? params.protocolVersion : undefined;
  return isRevision(asked) && eraOf(asked) === 'legacy' ? asked : latest('legacy');
}

function invalidParams(message: string): McpError {
  return protocolError(ErrorCode.InvalidParams, message);
}

function unsupported(requested: string): McpError {
  const data = { supported: NEWEST_FIRST, requested };
  return protocolError(ErrorCode.UnsupportedProtocolVersion, 'unsupported protocol version', data);
}
