// Calls that become tasks, and what clients ask about them: the sub-path `isogloss/tasks`, which a server is told of
// by its option `tasks`. How tasks run and are kept is in the folder `tasks`.
// https://modelcontextprotocol.io/extensions/tasks/overview

import type { Awaitable } from '../awaitable.js';
import { Context } from '../context.js';
import { InTask } from '../context/task.js';
import { ErrorCode, McpError, protocolError } from '../error.js';
import type { Dispatched } from '../protocol/handlers.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import { bitOf, eraOf } from '../protocol/revisions.js';
import type { InputRequiredResult } from '../protocol/types/messages.js';
import { InputResponse } from '../protocol/types/messages.js';
import type { SubscriptionFilter } from '../protocol/types/subscriptions.js';
import { CreateTaskResult, type GetTaskResult } from '../protocol/types/tasks.js';
import type { TaskStatusNotificationParams } from '../protocol/types/tasks.js';
import type { CallToolOutcome, CallToolRequestParams } from '../protocol/types/tools.js';
import type { RegisteredTool } from '../registry.js';
import { failure } from '../registry/output.js';
import { TASKS_EXTENSION } from '../revision.js';
import type { Server } from '../server.js';
import { IncomingCall, type Outlet, type RequestOptions } from '../session.js';
import { wayOf, type AsTask, type Way } from '../tasks.js';
import { Running } from '../tasks/running.js';
import { InMemory, type StoredTask, type TaskStore } from '../tasks/store.js';
import { jsonObject, list, required, string, struct, type Codec } from '../wire/codec.js';
import { decode } from '../wire/decoder.js';
import type { JsonObject } from '../wire/json.js';
import { Offered } from './offered.js';

export type { AsTask, TaskOptions } from '../tasks.js';
export type { StoredTask, TaskStore } from '../tasks/store.js';

/** How a server keeps its tasks. */
export interface TasksOptions {
  /** Where their states are kept; in memory if not set. */
  store?: TaskStore;
  /**
   * How many are kept at once, those that have ended among them; `maxTasks` if not set. At the limit a call that
   * could be a task is answered as an ordinary one, or refused if it has to be one.
   */
  maxTasks?: number;
}

/** Lets the tools of one server run as tasks: `server('reports', '1.0.0', { tasks: tasks() })`. */
export function tasks(options: TasksOptions = {}): Tasks {
  return new Tasks(options);
}

/**
 * Makes the call a task, where the tool was offered with `later`: the client gets its answer, and the handler goes
 * on. What it asks before this is asked as by any other call, and its handler runs again with the answers; from here
 * on it does not. Tells whether it is a task now: a client without the extension waits for the result as ever.
 */
export async function beginTask({ task }: Context): Promise<boolean> {
  await task?.begin();
  return task !== undefined;
}

/** Runs a handler that may ask, and gives its questions if it did. */
type InRounds = (
  context: Context,
  work: () => Awaitable<CallToolOutcome>,
) => Awaitable<CallToolOutcome | InputRequiredResult>;

/** The params of `tasks/update`, as far as they are looked at before it is known what is asked. */
const Update: Codec<{ inputResponses: JsonObject; taskId: string }> = /* @__PURE__ */ struct(
  () => ({ inputResponses: required(jsonObject), taskId: required(string) }),
);

const TASK_IDS = list(string);

/** What a legacy client is told by a tool that it cannot use. */
const ALONE = `this tool runs as a task alone, which takes a client of revision 2026-07-28 or later with the extension ${TASKS_EXTENSION}`;

/** The tasks of a server. They end with it. */
export class Tasks {
  readonly #store: TaskStore;
  readonly #running: Running;
  #attached: { readonly server: Server; readonly offered: Offered } | undefined;

  /** @internal They are made by {@link tasks}. */
  constructor({ store = new InMemory(), maxTasks = LIMITS.maxTasks }: TasksOptions) {
    this.#store = store;
    this.#running = new Running(maxTasks);
  }

  /** How many there are, those that have ended and are still kept among them. */
  get count(): number {
    return this.#running.count;
  }

  /**
   * Lets tasks that run finish for so many milliseconds, and cancels them then; those that wait for an answer at
   * once. New ones can begin. `listen` does it when it is closed; `server.close()` cancels tasks without waiting.
   */
  end(within: number): Promise<void> {
    return this.#running.end(within);
  }

  /** @internal */
  close(): Promise<void> {
    return this.#running.close();
  }

  /** @internal @throws TypeError if another server has them. */
  attach(server: Server): void {
    if (this.#attached !== undefined) {
      throw new TypeError('tasks() is for one server: call it for each');
    }
    this.#attached = { server, offered: new Offered(server.registry, server.policy) };
  }

  /** @internal Whether there are tools that run as tasks. */
  get areOffered(): boolean {
    return this.#server.registry.tools.all().some(({ task }) => task !== undefined);
  }

  /** @internal Calls a tool that may run as a task; nothing if it is to be called as any other. */
  call(
    tool: RegisteredTool,
    said: AsTask,
    params: CallToolRequestParams,
    context: Context,
    inRounds: InRounds,
  ): Awaitable<CallToolOutcome> | undefined {
    const way = wayOf(said);
    if (!isDeclared(context)) {
      if (!way.required) return undefined;
      if (eraOf(context.revision) === 'modern') throw undeclared();
      // It has no extension to declare: the model is told.
      return failure(ALONE);
    }
    if (!this.#running.take()) {
      if (!way.required) return undefined;
      const what = 'there is no room for another task (maxTasks); try again later';
      throw protocolError(ErrorCode.InternalError, what);
    }
    return this.#called(tool, way, params, context, inRounds);
  }

  /** Calls a tool in a place that was taken, which is given back unless the call becomes a task. */
  async #called(
    tool: RegisteredTool,
    way: Way,
    params: CallToolRequestParams,
    context: Context,
    inRounds: InRounds,
  ): Promise<CallToolOutcome> {
    const talk = new InTask(way.later);
    const detour = new Detour(context);
    const inner = new Context({ ...context.asking, call: detour.call }, context.home);
    inner.task = talk;
    let isAnswered = false;
    const begin = async (handling: Promise<CallToolOutcome>) => {
      const task = await this.#running.begin({
        owner: ownerOf(context),
        tool: params.name,
        way,
        revision: context.revision,
        talk,
        call: detour.call,
        store: this.#store,
        diagnostics: this.#server.diagnostics,
        tell: (task) => this.#server.changes.tell({ task }),
      });
      detour.leave();
      task.follow(handling);
      talk.begun();
      // The type of a call's outcome is that of the protocol without its extensions.
      return task.created as unknown as CallToolOutcome;
    };
    const work = (): Awaitable<CallToolOutcome> => {
      talk.rounds = inner.rounds;
      inner.rounds = talk;
      const handling = tool.call(params.arguments, inner);
      if (!(handling instanceof Promise)) return handling;
      return new Promise((resolve, reject) => {
        handling.then(resolve, reject);
        // What is done within the same turn is no task.
        void talk.wanted.then(turn).then(() => {
          if (!isAnswered && !context.asking.call.cancelled) resolve(begin(handling));
        });
      });
    };
    let outcome: CallToolOutcome | undefined;
    try {
      outcome = await inRounds(inner, work);
      return outcome;
    } finally {
      isAnswered = true;
      if (!isTask(outcome)) this.#running.release();
    }
  }

  /** @internal What a result is written by that the protocol without its extensions does not have. */
  codecOf(result: object): Codec<unknown> | undefined {
    return isTask(result) ? (CreateTaskResult as Codec<unknown>) : undefined;
  }

  /**
   * @internal Answers what is asked about a task; nothing if that is not asked.
   *
   * @throws DecodeError if the params are wrong.
   */
  dispatch(context: Context): Dispatched | undefined {
    // A task outlives its tool.
    if (this.count === 0 && !this.areOffered) return undefined;
    const { params } = context;
    const bit = bitOf(context.revision);
    const method = methods.findMethod(context.method, 'server', bit);
    switch (method) {
      case methods.getTask:
        return {
          method,
          result: this.#get(methods.decodeParams(methods.getTask, params, bit).taskId, context),
        };
      case methods.cancelTask:
        return {
          method,
          result: this.#cancel(
            methods.decodeParams(methods.cancelTask, params, bit).taskId,
            context,
          ),
        };
      case methods.updateTask: {
        // Answers to questions that nobody asks are passed over, whatever they are.
        const { taskId, inputResponses } = decode(Update, params ?? {}, bit, ['params']);
        return { method, result: this.#update(taskId, inputResponses, context) };
      }
    }
    return undefined;
  }

  async #get(id: string, context: Context): Promise<GetTaskResult> {
    const { state } = await this.#find(id, context);
    return { ...state, resultType: 'complete' };
  }

  /** Cancels a task. One that has ended, or runs in another process, is left as it is. */
  async #cancel(id: string, context: Context): Promise<{ resultType: 'complete' }> {
    await this.#find(id, context);
    await this.#running.get(id)?.cancel('cancelled by the client');
    return { resultType: 'complete' };
  }

  async #update(
    id: string,
    responses: JsonObject,
    context: Context,
  ): Promise<{ resultType: 'complete' }> {
    const { state } = await this.#find(id, context);
    const task = this.#running.get(id);
    if (task === undefined && state.status === 'input_required') {
      const what =
        'the task runs in another process; requests about it are routed by the header Mcp-Name';
      throw protocolError(ErrorCode.InternalError, what);
    }
    const bit = bitOf(context.revision);
    const answers = Object.entries(responses)
      .filter(([key]) => task?.asksFor(key))
      .map(([key, answer]) => {
        const place = ['params', 'inputResponses', key];
        return [key, decode(InputResponse, answer, bit, place)] as const;
      });
    if (answers.length > 0) await task!.answer(answers);
    return { resultType: 'complete' };
  }

  /**
   * @internal Those of the tasks that a subscription names which there are for this client.
   *
   * @throws McpError if the client has not declared the extension, or names too many.
   */
  async watched(wanted: SubscriptionFilter, context: Context): Promise<string[] | undefined> {
    const { taskIds } = wanted as { taskIds?: unknown };
    if (taskIds === undefined) return undefined;
    const place = ['params', 'notifications', 'taskIds'];
    const ids = decode(TASK_IDS, taskIds, bitOf(context.revision), place);
    if (!isDeclared(context)) throw undeclared();
    if (ids.length > LIMITS.maxWatched) {
      const what = `${place.join('.')}: must have at most ${LIMITS.maxWatched} items`;
      throw protocolError(ErrorCode.InvalidParams, what);
    }
    const known: string[] = [];
    for (const id of new Set(ids)) {
      const isThere = await this.#find(id, context).then(
        () => true,
        () => false,
      );
      if (isThere) known.push(id);
    }
    return known;
  }

  /** @internal Tells a subscription how a task is, unless it is forgotten. */
  async tell(id: string, meta: { [member: string]: unknown }, context: Context): Promise<void> {
    const found = await this.#store.get(id);
    if (found === undefined) return;
    const params = { ...found.state, _meta: meta } as TaskStatusNotificationParams;
    await context.notify(methods.taskStatus, params);
  }

  get #server(): Server {
    return this.#attached!.server;
  }

  /**
   * A task of the one who asks.
   *
   * @throws McpError if there is none, it is another's, or the client has not declared the extension.
   */
  async #find(id: string, context: Context): Promise<StoredTask> {
    if (!isDeclared(context)) throw undeclared();
    const found = await this.#store.get(id);
    // The same words for a task that there never was, that is forgotten, and that is another's.
    if (found === undefined || found.owner !== ownerOf(context)) {
      const what = 'unknown task: there is none of this id, or its time is over';
      throw protocolError(ErrorCode.InvalidParams, what);
    }
    // Who may not call the tool any more may not see what it gave either.
    const { server, offered } = this.#attached!;
    if (server.registry.tools.get(found.tool) !== undefined) offered.tool(found.tool, context);
    return found;
  }
}

/**
 * The way of a call that may become a task: until it is one it goes with the request that began it; from then on it
 * has no way to the client, and is not cancelled with the request.
 */
class Detour implements Outlet {
  readonly call: IncomingCall;
  #outlet: Outlet | undefined;
  readonly #signal: AbortSignal;
  readonly #abort = () => this.call.cancel(this.#signal.reason);

  constructor({ asking, signal }: Context) {
    const { id, outlet, from } = asking.call;
    this.#outlet = outlet;
    this.#signal = signal;
    this.call = new IncomingCall(id, this, from);
    signal.addEventListener('abort', this.#abort);
  }

  /** It is a task now. */
  leave(): void {
    this.#outlet = undefined;
    this.#signal.removeEventListener('abort', this.#abort);
  }

  /** Of a task, messages of the log are dropped: there is nobody to hear them. */
  notify(method: string, params?: string): Awaitable<void> {
    if (this.#outlet !== undefined) return this.#outlet.notify(method, params);
    if (method !== methods.loggingMessage.name) throw noWay(method);
  }

  request(method: string, params: string | undefined, options?: RequestOptions): Promise<unknown> {
    if (this.#outlet !== undefined) return this.#outlet.request(method, params, options);
    return Promise.reject(noWay(method));
  }

  hangUp(): boolean {
    return this.#outlet?.hangUp?.() ?? false;
  }

  get isOfRequest(): boolean {
    return this.#outlet?.isOfRequest ?? false;
  }
}

function noWay(method: string): McpError {
  return new McpError('encode', `${method}: a task has no way to its client`);
}

/** A turn of the event loop later. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function isTask(result: object | undefined): boolean {
  return (result as { resultType?: string } | undefined)?.resultType === 'task';
}

function isDeclared({ revision, capabilities }: Context): boolean {
  if (eraOf(revision) === 'legacy') return false;
  return capabilities.extensions?.[TASKS_EXTENSION] !== undefined;
}

/** That a client would have to declare the extension. */
function undeclared(): McpError {
  return protocolError(
    ErrorCode.MissingRequiredClientCapability,
    `the client has to declare the capability extensions.${TASKS_EXTENSION}`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}

/** Whom a task belongs to: the principal, as the access token names it; nobody without a token. */
function ownerOf({ claims }: Context): string {
  if (claims === undefined) return '';
  const { issuer = null, subject = null, clientId = null } = claims;
  return JSON.stringify([issuer, subject, clientId]);
}
