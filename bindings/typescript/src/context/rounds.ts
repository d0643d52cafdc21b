// Multi round-trip requests: a handler of a modern request that asks is left where it waits, the request
// is answered with its questions, and the retry runs the handler again with the answers at hand.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr

import type { InputRequest } from '../protocol/types/messages.js';

/** The answers to questions, by their keys. */
export type Answers = Record<string, unknown>;

/** The questions of a handler, and the answers that it took before. */
export interface Asked {
  readonly questions: Record<string, InputRequest>;
  readonly taken: Answers;
}

/** The questions and answers of one request. */
export class Rounds {
  readonly #answers: Answers;
  readonly #taken = new Map<string, unknown>();
  readonly #questions = new Map<string, InputRequest>();
  #asked: Asked | undefined;
  #resolve: ((asked: Asked) => void) | undefined;
  #unnamed = 0;

  /** @param answers The answers from this round and those before it. */
  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** Resolves once the handler waits for answers. */
  asked(): Promise<Asked> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#asked !== undefined) resolve(this.#asked);
    });
  }

  /**
   * The answer to a question; a promise that never resolves if it has been put on the list.
   *
   * @param key Without one it is the question's place: the same in every round, as long as the handler
   * asks in the same order.
   */
  answer(question: InputRequest, key = `question-${++this.#unnamed}`): Promise<unknown> {
    if (this.#taken.has(key) || this.#questions.has(key)) {
      return Promise.reject(new TypeError(`two questions with the key ${JSON.stringify(key)}`));
    }
    if (Object.hasOwn(this.#answers, key)) {
      this.#taken.set(key, this.#answers[key]);
      return Promise.resolve(this.#answers[key]);
    }
    // What is asked within the same turn goes out together.
    if (this.#questions.size === 0) setTimeout(() => this.#ask(), 0);
    this.#questions.set(key, question);
    return new Promise(() => {});
  }

  #ask(): void {
    this.#asked = {
      questions: Object.fromEntries(this.#questions),
      taken: Object.fromEntries(this.#taken),
    };
    this.#resolve?.(this.#asked);
  }
}
