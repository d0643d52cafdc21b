// Tasks, the client's side: a call that is answered with a task is followed to its end, or handed to whoever wants to
// hold the task itself. The sub-path `isogloss/tasks/client`, which a client is told of by its option `tasks`.
// https://modelcontextprotocol.io/extensions/tasks/overview
//
// A task is looked at again and again, as often as its server asks for and within bounds; news of it are not listened
// to.

import { unlessAborted } from './aborted.js';
import type { Client } from '../client.js';
import { McpError, protocolError } from '../error.js';
import { answerInput, completed } from './input.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { bitOf, eraOf, REVISIONS } from '../protocol/revisions.js';
import type { ClientCapabilities } from '../protocol/types/lifecycle.js';
import {
  InputRequiredResult,
  type InputRequests,
  type InputResponses,
} from '../protocol/types/messages.js';
import { CreateTaskResult, type GetTaskResult } from '../protocol/types/tasks.js';
import {
  CallToolResult,
  type CallToolOutcome,
  type CallToolRequestParams,
} from '../protocol/types/tools.js';
import type { ToolArguments, ToolName } from '../registry/offers.js';
import { TASKS_EXTENSION } from '../revision.js';
import type { CallOptions, ClientSession } from './session.js';
import { byTag, within, type Codec } from '../wire/codec.js';
import { isObject, type JsonObject } from '../wire/json.js';

/** What follows tasks to their ends. */
export interface TaskFollower {
  /** @internal These capabilities, and the extension. */
  declaredIn(capabilities: ClientCapabilities): ClientCapabilities;
  /** @internal The result of a request as it came, or of the task that it was answered with. */
  settle(
    session: ClientSession,
    method: unknown,
    result: unknown,
    options: CallOptions,
  ): Promise<unknown>;
}

/**
 * Has a client declare that it knows tasks: `connect(url, { tasks: followTasks })`. A modern server may then answer a
 * tool call with a task. The call waits for its end as for any result; a call that is aborted, or that takes longer
 * than its `timeout`, cancels it.
 */
export const followTasks: TaskFollower = {
  declaredIn(capabilities) {
    const extensions = { ...capabilities.extensions, [TASKS_EXTENSION]: {} };
    return { ...capabilities, extensions };
  },
  async settle(session, method, result, options) {
    const isTask = isObject(result) && result.resultType === 'task';
    if (!isTask || method !== methods.callTool || eraOf(session.revision) === 'legacy') {
      return result;
    }
    return follow(session, session.check(CreateTaskResult, result, 'result'), options);
  },
};

/** What became of a call that may become a task: it was answered at once, or goes on. */
export type Begun =
  | { readonly task: TaskHandle; readonly result?: undefined }
  | { readonly result: CallToolResult; readonly task?: undefined };

type BegunOutcome = CallToolOutcome | CreateTaskResult;

/** The revisions in which it may be. */
const MODERN = REVISIONS.filter((revision) => eraOf(revision) === 'modern')
  .map(bitOf)
  .reduce((set, bit) => set | bit);

/** What a call is answered with where the answer may be a task. */
const BegunOutcome: Codec<BegunOutcome> = /* @__PURE__ */ byTag('resultType', () => ({
  cases: {
    input_required: within(MODERN, InputRequiredResult),
    task: within(MODERN, CreateTaskResult),
  },
  other: CallToolResult,
  absent: CallToolResult,
  known: MODERN,
}));

const BEGIN: Method<CallToolRequestParams, BegunOutcome> = {
  ...methods.callTool,
  result: BegunOutcome,
};

/**
 * Calls a tool, and hands out the task if the server makes it one; {@link followTasks} lets it. A task that was handed
 * out is nobody's but the program's: it is cancelled by {@link TaskHandle.cancel} alone.
 *
 * @throws McpError if the call fails, or the tool asks for input that this client does not answer.
 */
export async function beginTool<S, const Name extends ToolName<S>>(
  client: Client<S>,
  name: Name,
  args: ToolArguments<S, Name>,
  options?: CallOptions,
): Promise<Begun> {
  const { session } = client;
  const params = { name, arguments: args as JsonObject };
  const mayBeTask = session.listening.tasks !== undefined;
  const method = mayBeTask ? BEGIN : methods.callTool;
  const outcome = await session.call<CallToolRequestParams, BegunOutcome>(method, params, options);
  if (mayBeTask && outcome.resultType === 'task') {
    return { task: new TaskHandle(session, outcome as CreateTaskResult) };
  }
  return { result: completed(methods.callTool.name, outcome as CallToolOutcome) };
}

/** A task by its id, which was kept from {@link TaskHandle.id}. Whether there is one is seen when it is looked at. */
export function taskOf<S>({ session }: Client<S>, id: string): TaskHandle {
  return new TaskHandle(session, { taskId: id, status: 'input_required', ttlMs: null });
}

/**
 * A task on a server. Letting go of this leaves the task alone: with its id anyone who may can go on, now or after a
 * restart.
 */
export class TaskHandle {
  /**
   * The task's id. It is worth keeping: it outlives this program. It is a secret as well, since whoever knows it may
   * ask a server without access tokens about the task.
   */
  readonly id: string;
  readonly #session: ClientSession;
  readonly #since = Date.now();
  #ttl: number = LIMITS.maxTaskTtl;
  #pollInterval: number = LIMITS.taskPollInterval;
  /** Whether it is worth a look at once. */
  #asks: boolean;
  #isOver = false;
  /** What was told of it last, as JSON. */
  #seen: string | undefined;
  /** The questions that were answered: they may be there still when it is looked at again. */
  readonly #answered = new Set<string>();

  /** @internal */
  constructor(
    session: ClientSession,
    created: Pick<CreateTaskResult, 'taskId' | 'status' | 'pollIntervalMs' | 'ttlMs'>,
  ) {
    this.#session = session;
    this.id = created.taskId;
    this.#asks = created.status === 'input_required';
    this.#heed(created);
  }

  /** Takes what the server asks for, within bounds. */
  #heed({ pollIntervalMs, ttlMs }: Pick<CreateTaskResult, 'pollIntervalMs' | 'ttlMs'>): void {
    const wanted = Math.max(pollIntervalMs ?? LIMITS.taskPollInterval, LIMITS.minTaskPollInterval);
    this.#pollInterval = Math.min(wanted, LIMITS.maxTaskPollInterval);
    this.#ttl = Math.min(Math.max(0, ttlMs ?? LIMITS.maxTaskTtl), LIMITS.maxTaskTtl);
  }

  /**
   * How the task is now.
   *
   * @throws McpError if the request fails: there is no such task, say, or not any more.
   */
  state(options?: CallOptions): Promise<GetTaskResult> {
    return this.#session.call(methods.getTask, { taskId: this.id }, options);
  }

  /**
   * How the task is, now and whenever that changes, to its end. Questions are left to whoever goes through this; what
   * was told once is not told again.
   *
   * @throws McpError if a request fails, or the task's time is over; the signal's reason.
   */
  async *states(options: { signal?: AbortSignal } = {}): AsyncGenerator<GetTaskResult, undefined> {
    while (!this.#isOver || this.#seen === undefined) {
      const state = await this.#within(options.signal, (signal) => this.#change(signal));
      yield state;
    }
  }

  /**
   * Answers questions of the task; those that are left out wait on.
   *
   * @throws McpError if the request fails.
   */
  async answer(answers: InputResponses, options?: CallOptions): Promise<void> {
    const params = { taskId: this.id, inputResponses: answers };
    await this.#session.call(methods.updateTask, params, options);
  }

  /**
   * Waits for the end of the task, and has its questions answered by what answers the client's. Aborted, it leaves
   * the task alone.
   *
   * @throws McpError: the error that the task failed with; of kind `cancelled` if it was cancelled, `timeout` if its
   * time is over; if a request fails, or a question is not answered.
   */
  async result(options: { signal?: AbortSignal } = {}): Promise<CallToolResult> {
    const result = await this.end(options.signal);
    return this.#session.check(CallToolResult, result, 'result');
  }

  /**
   * Has the task cancelled. The server may let it come to its end all the same.
   *
   * @throws McpError if the request fails.
   */
  async cancel(options?: CallOptions): Promise<void> {
    await this.#session.call(methods.cancelTask, { taskId: this.id }, options);
  }

  /** @internal Whether its end was seen. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @internal The result of the call that became the task, as it came. */
  end(signal: AbortSignal | undefined): Promise<JsonObject> {
    return this.#within(signal, (signal) => this.#end(signal));
  }

  /** Does something until the signal aborts, or the task's time is over. */
  async #within<T>(
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ttl = this.#ttl;
    const controller = new AbortController();
    const overdue = () =>
      controller.abort(new McpError('timeout', `the task did not end within ${ttl} ms`));
    const timer = setTimeout(overdue, this.#since + ttl - Date.now());
    const abort = () => controller.abort(outer!.reason);
    outer?.addEventListener('abort', abort);
    if (outer?.aborted) abort();
    try {
      return await unlessAborted(controller.signal, () => work(controller.signal));
    } finally {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    }
  }

  async #change(signal: AbortSignal): Promise<GetTaskResult> {
    for (;;) {
      const state = await this.#look(signal);
      // Not by the time of the last change: clocks are coarse.
      const text = JSON.stringify(state);
      if (text !== this.#seen) {
        this.#seen = text;
        return state;
      }
    }
  }

  async #end(signal: AbortSignal): Promise<JsonObject> {
    for (;;) {
      const state = await this.#look(signal);
      switch (state.status) {
        case 'working':
          break;
        case 'input_required':
          await this.#answerNew(state.inputRequests, signal);
          break;
        case 'completed':
          state.result.resultType ??= 'complete';
          return state.result;
        case 'failed': {
          const { code, message, data } = state.error;
          throw protocolError(code, message, data);
        }
        case 'cancelled': {
          const why = state.statusMessage === undefined ? '' : `: ${state.statusMessage}`;
          throw new McpError('cancelled', `the task was cancelled${why}`);
        }
      }
    }
  }

  /** Looks at the task when it is time to. */
  async #look(signal: AbortSignal): Promise<GetTaskResult> {
    if (!this.#asks) await pause(this.#pollInterval, signal);
    this.#asks = false;
    const state = await this.state({ signal });
    this.#heed(state);
    this.#isOver = state.status !== 'working' && state.status !== 'input_required';
    return state;
  }

  /** Has the questions answered that were not before. */
  async #answerNew(asked: InputRequests, signal: AbortSignal): Promise<void> {
    const fresh = Object.entries(asked).filter(([key]) => !this.#answered.has(key));
    if (fresh.length === 0) return;
    const { revision, listening } = this.#session;
    const questions: InputRequiredResult = {
      resultType: 'input_required',
      inputRequests: Object.fromEntries(fresh),
    };
    const context = { revision, signal };
    const given = await answerInput(methods.getTask, questions, listening.answering, context);
    await this.answer(given.inputResponses!, { signal });
    for (const [key] of fresh) this.#answered.add(key);
    // It goes on now, and may be done soon.
    this.#pollInterval = LIMITS.minTaskPollInterval;
  }
}

/** Follows a task to its end; gives what the call would have been answered with. Given up, it cancels the task. */
async function follow(
  session: ClientSession,
  created: CreateTaskResult,
  { signal, timeout }: CallOptions,
): Promise<JsonObject> {
  const task = new TaskHandle(session, created);
  const controller = new AbortController();
  const abort = () => controller.abort(signal!.reason);
  const what = `no answer to ${methods.callTool.name} within ${timeout} ms`;
  const late = () => controller.abort(new McpError('timeout', what));
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    return await task.end(controller.signal);
  } catch (error) {
    // Whether the server heard it is nobody's concern any more.
    if (!task.isOver) task.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Waits so many milliseconds, or fails with the signal's reason. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
