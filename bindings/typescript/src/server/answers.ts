// What a server answers, method by method, whatever way a request came: params in, the text of a result out.

import { chain, type Awaitable } from '../awaitable.js';
import type { Listener } from './changes.js';
import { Context, type Asking } from '../context.js';
import { ErrorCode, protocolError, type McpError } from '../error.js';
import { dispatchToServer, type ServerHandlers } from '../protocol/handlers.js';
import { LIMITS } from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { bitOf, eraOf, type Revision } from '../protocol/revisions.js';
import {
  ResultMetaObject,
  type EmptyResult,
  type PaginatedRequestParams,
  type Result,
} from '../protocol/types/base.js';
import type { CompleteRequestParams, CompleteResult } from '../protocol/types/completion.js';
import type { DiscoverResult } from '../protocol/types/lifecycle.js';
import type { SetLevelRequestParams } from '../protocol/types/logging.js';
import type { InputRequiredResult } from '../protocol/types/messages.js';
import type {
  GetPromptOutcome,
  GetPromptRequestParams,
  ListPromptsResult,
} from '../protocol/types/prompts.js';
import type {
  ListResourceTemplatesResult,
  ListResourcesResult,
  ReadResourceOutcome,
  ReadResourceRequestParams,
  SubscribeRequestParams,
  UnsubscribeRequestParams,
} from '../protocol/types/resources.js';
import type {
  SubscriptionFilter,
  SubscriptionsListenRequestParams,
  SubscriptionsListenResult,
} from '../protocol/types/subscriptions.js';
import type {
  CallToolOutcome,
  CallToolRequestParams,
  ListToolsResult,
} from '../protocol/types/tools.js';
import { META, NEWEST_FIRST } from '../revision.js';
import type { Collection, Registry } from '../registry.js';
import type { Seal } from './request-state.js';
import { Rounds, type Answers as Given } from '../context/rounds.js';
import type { Server } from '../server.js';
import { encode } from '../wire/encoder.js';

/** Most values that a completion may hold. */
const MOST_COMPLETIONS = 100;

/** What the params of a request that may be answered with questions say of them. */
interface Retried {
  readonly inputResponses?: object;
  readonly requestState?: string;
}

/** Answers the requests of all clients of a server. */
export class Answers implements ServerHandlers<Context> {
  readonly #server: Server;
  readonly #seal: Seal;
  /** What was reported already: members that results cannot have in a client's revision. */
  readonly #reported = new Set<string>();
  /** What every result of the modern era says of the server, as JSON. */
  #written: string | undefined;

  constructor(server: Server, seal: Seal) {
    this.#server = server;
    this.#seal = seal;
  }

  /**
   * Answers a request with the text of its result.
   *
   * @throws McpError of kind `protocol`, or whatever goes wrong here, which is not for the client.
   */
  answer(asking: Asking): Awaitable<string> {
    const { method, params, revision } = asking;
    const found = dispatchToServer(this, method, params, bitOf(revision), new Context(asking));
    if (found === undefined) throw noSuchMethod(method);
    return chain(found.result, (result) => this.write(found.method, result as Result, revision));
  }

  discover(): DiscoverResult {
    return {
      resultType: 'complete',
      supportedVersions: [...NEWEST_FIRST],
      capabilities: this.#server.capabilities,
      cacheScope: 'public',
      ttlMs: this.#server.cacheTtl,
      ...this.#server.aboutUse,
    };
  }

  ping(): EmptyResult {
    return {};
  }

  setLevel({ level }: SetLevelRequestParams, { legacyClient }: Context): EmptyResult {
    if (legacyClient !== undefined) legacyClient.logLevel = level;
    return {};
  }

  subscribe({ uri }: SubscribeRequestParams, { legacyClient }: Context): EmptyResult {
    if (!this.#registry.hasResources || legacyClient === undefined) {
      throw noSuchMethod(methods.subscribe.name);
    }
    requireWatchable('params.uri', uri);
    if (legacyClient.watch(uri)) return {};
    throw invalidParams(
      `a client can subscribe to at most ${LIMITS.maxWatched} resources; unsubscribe from one`,
    );
  }

  unsubscribe({ uri }: UnsubscribeRequestParams, { legacyClient }: Context): EmptyResult {
    legacyClient?.unwatch(uri);
    return {};
  }

  /** Tells of changes until the client has enough or the server closes down. */
  async subscriptionsListen(
    { notifications }: SubscriptionsListenRequestParams,
    context: Context,
  ): Promise<SubscriptionsListenResult> {
    const filter = this.#honoured(notifications);
    const { id } = context.asking.call;
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    let listener: Listener | undefined;
    context.signal.addEventListener('abort', () => listener?.end(), { once: true });
    await context.notify(methods.subscriptionsAcknowledged, { _meta, notifications: filter });
    listener = this.#server.changes.listen(
      (change) => {
        if (typeof change !== 'string') return !!filter.resourceSubscriptions?.includes(change.uri);
        return filter[`${change}ListChanged`] === true;
      },
      (change) => {
        if (typeof change !== 'string') {
          return context.notify(methods.resourceUpdated, { _meta, uri: change.uri });
        }
        return context.notify(LIST_CHANGED[change], { _meta });
      },
    );
    if (context.signal.aborted) listener.end();
    await listener.over;
    return { resultType: 'complete', _meta };
  }

  listTools(params: PaginatedRequestParams, { revision }: Context): ListToolsResult {
    const { definitions, ...rest } = this.#page(methods.listTools, 'tools', params, revision);
    return { tools: definitions, ...rest };
  }

  callTool(params: CallToolRequestParams, context: Context): Awaitable<CallToolOutcome> {
    const tool = this.#registry.tools.get(params.name);
    if (tool === undefined) throw invalidParams(`unknown tool: ${params.name}`);
    return this.#run(context, params.name, params, () => tool.call(params.arguments, context));
  }

  listResources(params: PaginatedRequestParams, { revision }: Context): ListResourcesResult {
    const { definitions, ...rest } = this.#page(
      methods.listResources,
      'resources',
      params,
      revision,
    );
    return { resources: definitions, ...rest };
  }

  listResourceTemplates(
    params: PaginatedRequestParams,
    { revision }: Context,
  ): ListResourceTemplatesResult {
    const { definitions, ...rest } = this.#page(
      methods.listResourceTemplates,
      'templates',
      params,
      revision,
    );
    return { resourceTemplates: definitions, ...rest };
  }

  readResource(
    params: ReadResourceRequestParams,
    context: Context,
  ): Awaitable<ReadResourceOutcome> {
    const { uri } = params;
    const isLegacy = eraOf(context.revision) === 'legacy';
    const read = this.#reading(uri, context);
    if (read === undefined) {
      const code = isLegacy ? ErrorCode.ResourceNotFound : ErrorCode.InvalidParams;
      throw protocolError(code, `resource not found: ${uri}`, { uri });
    }
    const outcome = this.#run(context, uri, params, read);
    if (isLegacy) return outcome;
    return chain(outcome, (result) =>
      'contents' in result ? { ttlMs: 0, cacheScope: 'private' as const, ...result } : result,
    );
  }

  listPrompts(params: PaginatedRequestParams, { revision }: Context): ListPromptsResult {
    const { definitions, ...rest } = this.#page(methods.listPrompts, 'prompts', params, revision);
    return { prompts: definitions, ...rest };
  }

  getPrompt(params: GetPromptRequestParams, context: Context): Awaitable<GetPromptOutcome> {
    const prompt = this.#registry.prompts.get(params.name);
    if (prompt === undefined) throw invalidParams(`unknown prompt: ${params.name}`);
    const get = () => prompt.get(params.arguments ?? {}, context);
    return this.#run(context, params.name, params, get);
  }

  complete(params: CompleteRequestParams, context: Context): Awaitable<CompleteResult> {
    if (!this.#registry.completes) throw noSuchMethod(methods.complete.name);
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

  /** A part of a list, and how long it may be kept. A feature that was not declared is not there. */
  #page<Kind extends 'tools' | 'resources' | 'templates' | 'prompts'>(
    method: Method<PaginatedRequestParams, unknown>,
    kind: Kind,
    { cursor }: PaginatedRequestParams,
    revision: Revision,
  ) {
    const registry = this.#registry;
    const isDeclared =
      kind === 'tools' || kind === 'prompts' ? registry[kind].wasUsed : registry.hasResources;
    if (!isDeclared) throw noSuchMethod(method.name);
    const items = registry[kind] as Collection<ReturnType<Registry[Kind]['all']>[number]>;
    const page = items.page(cursor, this.#server.pageSize);
    if (eraOf(revision) === 'legacy') return page;
    return { ...page, ttlMs: this.#server.cacheTtl, cacheScope: 'public' as const };
  }

  /** What reads the resource at an address, if there is one. */
  #reading(uri: string, context: Context): (() => Awaitable<ReadResourceOutcome>) | undefined {
    const resource = this.#registry.resourceAt(uri);
    if (resource !== undefined) return () => resource.read(context, uri);
    if (uri.length > LIMITS.maxUri) return undefined;
    for (const template of this.#registry.templates.all()) {
      const variables = template.template.match(uri);
      if (variables !== undefined) return () => template.read(variables, context, uri);
    }
    return undefined;
  }

  /** As much of what is wanted as there is. */
  #honoured(wanted: SubscriptionFilter): SubscriptionFilter {
    const { tools, prompts, hasResources } = this.#registry;
    const watched = hasResources ? wanted.resourceSubscriptions : undefined;
    const place = 'params.notifications.resourceSubscriptions';
    if (watched !== undefined && watched.length > LIMITS.maxWatched) {
      throw invalidParams(`${place}: must have at most ${LIMITS.maxWatched} items`);
    }
    watched?.forEach((uri) => requireWatchable(place, uri));
    const { toolsListChanged, promptsListChanged, resourcesListChanged } = wanted;
    return {
      ...(promptsListChanged !== undefined && prompts.wasUsed && { promptsListChanged }),
      ...(watched !== undefined && { resourceSubscriptions: watched }),
      ...(resourcesListChanged !== undefined && hasResources && { resourcesListChanged }),
      ...(toolsListChanged !== undefined && tools.wasUsed && { toolsListChanged }),
    };
  }

  /** Runs a handler that may ask. A legacy client is asked at once, a modern one by what it is answered. */
  #run<T>(
    context: Context,
    name: string,
    { inputResponses, requestState }: Retried,
    work: () => Awaitable<T>,
  ): Awaitable<T | InputRequiredResult> {
    if (eraOf(context.revision) === 'legacy') return work();
    if (requestState === undefined) {
      return this.#inRounds(context, name, { ...inputResponses }, work);
    }
    return this.#seal
      .open(boundOf(context, name), requestState)
      .then((before) => this.#inRounds(context, name, { ...before, ...inputResponses }, work));
  }

  #inRounds<T>(
    context: Context,
    name: string,
    answers: Given,
    work: () => Awaitable<T>,
  ): Awaitable<T | InputRequiredResult> {
    const rounds = new Rounds(answers);
    context.rounds = rounds;
    const result = work();
    if (!(result instanceof Promise)) return result;
    const asks = async (): Promise<InputRequiredResult> => {
      const { questions, taken } = await rounds.asked();
      const state = await this.#seal.close(boundOf(context, name), taken);
      return { resultType: 'input_required', inputRequests: questions, requestState: state };
    };
    return Promise.race([result, asks()]);
  }

  /** The text of a result; in the modern era it says which server made it. */
  write(method: Method<unknown, unknown>, result: Result, revision: Revision): string {
    const isModern = eraOf(revision) === 'modern';
    const { _meta: meta } = result;
    const bit = bitOf(revision);
    const about = { [META.server]: this.#server.info };
    const sent =
      isModern && meta !== undefined ? { ...result, _meta: { ...about, ...meta } } : result;
    const leftOut = new Set<string>();
    const text = encode(method.result!, sent, bit, leftOut);
    for (const member of leftOut) this.#reportOnce(`${method.name}: ${revision} has no ${member}`);
    if (!isModern || meta !== undefined) return text;
    // The same in every result, so written once; by its name it is the first of all members.
    this.#written ??= encode(ResultMetaObject, about, bit);
    return `{"_meta":${this.#written}${text.length > 2 ? ',' : ''}${text.slice(1)}`;
  }

  #reportOnce(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#server.diagnostics({ level: 'info', message });
  }
}

/** What a legacy client, or a subscription, is told of a list. */
export const LIST_CHANGED = {
  tools: methods.toolListChanged,
  resources: methods.resourceListChanged,
  prompts: methods.promptListChanged,
} as const;

/** What a state is good for: one request of one principal. */
function boundOf({ asking, claims }: Context, name: string): string {
  const { method, params } = asking;
  const { arguments: args } = params as { arguments?: unknown };
  const { issuer = null, subject = null, clientId = null } = claims ?? {};
  return JSON.stringify([method, name, args ?? null, issuer, subject, clientId]);
}

function requireWatchable(place: string, uri: string): void {
  if (uri.length <= LIMITS.maxUri) return;
  throw invalidParams(
    `${place}: an address longer than the limit of ${LIMITS.maxUri} bytes (maxUri)`,
  );
}

function noSuchMethod(name: string): McpError {
  return protocolError(ErrorCode.MethodNotFound, `method not found: ${name}`);
}

function invalidParams(message: string): McpError {
  return protocolError(ErrorCode.InvalidParams, message);
}
