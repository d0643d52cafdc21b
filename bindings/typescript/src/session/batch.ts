// The answers to a batch, which go out in one, in the order of what they answer.

import type { Reply } from '../session.js';

export class Together {
  readonly #to: Reply;
  readonly #answers: (string | undefined)[] = [];
  #missing: number;

  /** @param count How many answers there will be. */
  constructor(count: number, to: Reply) {
    this.#to = to;
    this.#missing = count;
  }

  /** Where the answer to the next request goes. */
  next(): Reply {
    const at = this.#answers.push(undefined) - 1;
    return {
      outlet: this.#to.outlet,
      answer: (response) => {
        this.#answers[at] = response;
        this.#missing--;
        const answers = this.#answers.filter((answer) => answer !== undefined);
        // Those that were cancelled are not answered.
        if (this.#missing === 0 && answers.length > 0) this.#to.answer(`[${answers.join(',')}]`);
      },
    };
  }
}
