// A task, from its beginning until it is forgotten: it follows its handler, keeps how it is, and tells that it has
// changed.

import type { InTask } from '../context/task.js';
import type { Diagnostics } from '../diagnostics.js';
import { McpError } from '../error.js';
import * as methods from '../protocol/methods.js';
import { bitOf, type Revision } from '../protocol/revisions.js';
import type { CreateTaskResult, DetailedTask } from '../protocol/types/tasks.js';
import { CallToolResult, type CallToolOutcome } from '../protocol/types/tools.js';
import { answerable, type IncomingCall } from '../session.js';
import type { Way } from '../tasks.js';
import { encode } from '../wire/encoder.js';
import type { JsonObject } from '../wire/json.js';
import type { StoredTask, TaskStore } from './store.js';

/** A call that is to become a task. */
export interface Beginning {
  readonly owner: string;
  readonly tool: string;
  readonly way: Way;
  readonly revision: Revision;
  readonly talk: InTask;
  /** The call as the handler has it: cancelled with the task. */
  readonly call: IncomingCall;
  readonly store: TaskStore;
  readonly diagnostics: Diagnostics;
  /** Tells whoever listens that it has changed. */
  tell(id: string): void;
}

/** What a task takes part in: those of its server. */
export interface Household {
  /** Makes room for a result of so many bytes, or throws the error that the task fails with. */
  admit(bytes: number): void;
  /** It is kept how the task ended. */
  settled(task: Task): void;
  /** Nothing is kept of it any more, its result of so many bytes among it. */
  forgotten(task: Task, bytes: number): void;
}

/** How a task ended: the members that its state has of it. */
type End =
  | { readonly status: 'completed'; readonly result: JsonObject }
  | { readonly status: 'failed'; readonly error: Failed; readonly statusMessage: string }
  | { readonly status: 'cancelled'; readonly statusMessage: string };

interface Failed {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export class Task {
  /** 128 random bits: nobody guesses one. */
  readonly id = hex(crypto.getRandomValues(new Uint8Array(16)));
  readonly #beginning: Beginning;
  readonly #household: Household;
  readonly #created = Date.now();
  /** States are kept one after the other, so that none takes the place of a later one. */
  #keeping: Promise<void> = Promise.resolve();
  /** Whether there is a state that is to be kept when it is its turn. */
  #isStale = false;
  #isForgotten = false;
  #end: End | undefined;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(beginning: Beginning, household: Household) {
    this.#beginning = beginning;
    this.#household = household;
  }

  /**
   * Keeps the task, before anybody is told of it.
   *
   * @throws whatever the store does.
   */
  async begin(): Promise<void> {
    const { talk, way } = this.#beginning;
    talk.onChange = () => void this.#publish();
    const kept = this.#put();
    this.#keeping = kept.catch(() => {});
    try {
      await kept;
    } catch (error) {
      this.#isForgotten = true;
      this.#stop(new McpError('closed', 'the task could not be kept'));
      throw error;
    }
    this.#timer = setTimeout(() => this.#forget(), way.ttl);
    // A process does not stay for what is over: while a handler runs, that is what it stays for.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Takes what the handler gives for the end. */
  follow(handling: Promise<CallToolOutcome>): void {
    const { revision, diagnostics } = this.#beginning;
    handling
      .then((result) => {
        if (this.#end !== undefined) return;
        const text = encode(CallToolResult, result as CallToolResult, bitOf(revision));
        const bytes = new TextEncoder().encode(text).length;
        this.#household.admit(bytes);
        this.#bytes = bytes;
        this.#finish({ status: 'completed', result: JSON.parse(text) as JsonObject });
      })
      .catch((error: unknown) => {
        if (this.#end !== undefined) return;
        const failed = answerable(methods.callTool.name, error, diagnostics);
        const { code, message: statusMessage, data } = failed;
        const told = { code: code!, message: statusMessage, ...(data !== undefined && { data }) };
        this.#finish({ status: 'failed', error: told, statusMessage });
      });
  }

  /** Ends it if it has not ended: its handler's signal aborts. Resolves when that is kept. */
  cancel(statusMessage: string): Promise<void> {
    if (this.#end === undefined) this.#finish({ status: 'cancelled', statusMessage });
    return this.#keeping;
  }

  /** Whether a question waits for an answer. */
  get asks(): boolean {
    return this.#beginning.talk.asks();
  }

  /** Whether a question of this key waits for an answer. */
  asksFor(key: string): boolean {
    return this.#beginning.talk.asks(key);
  }

  /** Gives the handler answers to its questions; resolves when it is kept that they are not asked any more. */
  answer(answers: readonly (readonly [key: string, answer: unknown])[]): Promise<void> {
    for (const [key, answer] of answers) this.#beginning.talk.give(key, answer);
    return this.#publish();
  }

  /** What the call is answered with that became this task. */
  get created(): CreateTaskResult {
    const { talk } = this.#beginning;
    return {
      resultType: 'task',
      ...this.#facts,
      status: talk.asks() ? 'input_required' : 'working',
      ...(talk.message !== undefined && { statusMessage: talk.message }),
    };
  }

  /** Drops what is left of it here; in a store of the program's it stays until its time is over. */
  leave(): void {
    this.#isForgotten = true;
    this.#drop();
  }

  get #facts() {
    const { way } = this.#beginning;
    return {
      taskId: this.id,
      createdAt: new Date(this.#created).toISOString(),
      lastUpdatedAt: new Date().toISOString(),
      pollIntervalMs: way.pollInterval,
      ttlMs: way.ttl,
    };
  }

  /** The state now. */
  get #state(): DetailedTask {
    const facts = this.#facts;
    if (this.#end !== undefined) return { ...facts, ...this.#end } as DetailedTask;
    const { talk } = this.#beginning;
    const said = talk.message === undefined ? {} : { statusMessage: talk.message };
    if (!talk.asks()) return { ...facts, ...said, status: 'working' };
    return { ...facts, ...said, status: 'input_required', inputRequests: talk.questions };
  }

  async #put(): Promise<void> {
    const { owner, tool, way, store } = this.#beginning;
    const expiresAt = this.#created + way.ttl;
    const task: StoredTask = { id: this.id, owner, tool, expiresAt, state: this.#state };
    await store.put(task);
  }

  /** Keeps the state as it is when it is its turn, and tells that it has changed. */
  #publish(): Promise<void> {
    if (!this.#isStale) {
      this.#isStale = true;
      this.#keeping = this.#keeping.then(() => this.#keep());
    }
    return this.#keeping;
  }

  async #keep(): Promise<void> {
    this.#isStale = false;
    if (this.#isForgotten) return;
    const { tell, diagnostics } = this.#beginning;
    try {
      await this.#put();
      tell(this.id);
    } catch (cause) {
      diagnostics({ level: 'error', message: 'the state of a task was not kept', cause });
    }
  }

  #finish(end: End): void {
    this.#end = end;
    if (end.status === 'cancelled') this.#stop(new McpError('cancelled', end.statusMessage));
    else this.#beginning.talk.end(new McpError('cancelled', 'the task has ended'));
    void this.#publish().then(() => this.#household.settled(this));
  }

  /** Nobody takes what the handler gives. */
  #stop(reason: McpError): void {
    const { talk, call } = this.#beginning;
    talk.end(reason);
    call.cancel(reason);
  }

  /** Its time is over, done or not. */
  #forget(): void {
    this.#isForgotten = true;
    const { store, diagnostics } = this.#beginning;
    if (this.#end === undefined) this.#stop(new McpError('timeout', `over after ${this.#ttl} ms`));
    this.#drop();
    this.#keeping
      .then(() => store.remove(this.id))
      .catch((cause: unknown) => {
        diagnostics({ level: 'error', message: 'a task was not forgotten', cause });
      });
  }

  get #ttl(): number {
    return this.#beginning.way.ttl;
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#end ??= { status: 'cancelled', statusMessage: 'its time is over' };
    this.#household.forgotten(this, this.#bytes);
    this.#bytes = 0;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
