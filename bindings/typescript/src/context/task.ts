// A task as its handler sees it: how far it has got, what it asks, and when it begins to be one. Who keeps tasks, and
// who may ask about one, is not known here.

import type { Rounds } from './rounds.js';
import type { InputRequest } from '../protocol/types/messages.js';

/** A question without an answer. */
interface Asked {
  readonly question: InputRequest;
  answer(answer: unknown): void;
  drop(reason: unknown): void;
}

/** The side of a task that its handler has. Until it is a task, it is a call that is answered with questions. */
export class InTask {
  /** The handler's words about what it does. */
  message: string | undefined;
  /** Is called when the handler has told or asked something. */
  onChange: () => void = () => {};
  /** What the call asks with before it is a task. */
  rounds: Pick<Rounds, 'answer'> | undefined;
  /** Resolves when it is to become a task. */
  readonly wanted: Promise<void>;
  readonly #later: boolean;
  readonly #asked = new Map<string, Asked>();
  /** The keys of all questions so far: none may come again. */
  readonly #keys = new Set<string>();
  readonly #begun: Promise<void>;
  #resolveWanted!: () => void;
  #resolveBegun!: () => void;
  #isTask = false;
  #unnamed = 0;
  #over: { readonly reason: unknown } | undefined;

  /** @param later Whether its handler says when it begins. */
  constructor(later: boolean) {
    this.#later = later;
    this.wanted = new Promise((resolve) => (this.#resolveWanted = resolve));
    this.#begun = new Promise((resolve) => (this.#resolveBegun = resolve));
  }

  /** Nothing more is to be asked before it begins, unless its handler wants to say when. */
  ready(): void {
    if (!this.#later) this.#want();
  }

  /** Has it become a task; resolves when the client knows. */
  begin(): Promise<void> {
    this.#want();
    return this.#begun;
  }

  #want(): void {
    this.#isTask = true;
    this.#resolveWanted();
  }

  /** The call was answered with the task. */
  begun(): void {
    this.#resolveBegun();
  }

  /** Has a task say how far it has got; tells whether there is one, or is just going to be. */
  say(message: string | undefined): boolean {
    if (this.#isTask && message !== undefined && message !== '') {
      this.message = message;
      this.onChange();
    }
    return this.#isTask;
  }

  /** Asks, in the way that it is asked now; the answer comes when the client gives it. */
  answer(question: InputRequest, key?: string): Promise<unknown> {
    return this.#isTask ? this.#ask(question, key) : this.rounds!.answer(question, key);
  }

  #ask(question: InputRequest, key = `question-${++this.#unnamed}`): Promise<unknown> {
    if (this.#over !== undefined) return Promise.reject(this.#over.reason as Error);
    if (this.#keys.has(key)) {
      return Promise.reject(new TypeError(`two questions with the key ${JSON.stringify(key)}`));
    }
    this.#keys.add(key);
    const answered = new Promise((answer, drop) =>
      this.#asked.set(key, { question, answer, drop }),
    );
    // Whoever asked may not wait any more when the task ends.
    answered.catch(() => {});
    this.onChange();
    return answered;
  }

  /** The questions that wait for an answer. */
  get questions(): Record<string, InputRequest> {
    return Object.fromEntries([...this.#asked].map(([key, { question }]) => [key, question]));
  }

  /** Whether any question waits for an answer, or the one of this key. */
  asks(key?: string): boolean {
    return key === undefined ? this.#asked.size > 0 : this.#asked.has(key);
  }

  /** Answers a question that waits. */
  give(key: string, answer: unknown): void {
    this.#asked.get(key)?.answer(answer);
    this.#asked.delete(key);
  }

  /** Nothing is told or asked any more. */
  end(reason: unknown): void {
    this.#over = { reason };
    this.onChange = () => {};
    for (const { drop } of this.#asked.values()) drop(reason);
    this.#asked.clear();
  }
}
