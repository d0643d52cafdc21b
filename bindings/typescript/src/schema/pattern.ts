// Patterns of JSON Schema: what ECMA-262 and RE2 both have, with the meaning that ECMA-262 gives it, by code points.
// A text is matched by walking all possibilities side by side, so that the time is the product of the lengths of
// pattern and text whatever they say; a `RegExp` could go back without end. `pattern-syntax.ts` reads patterns.

import { readPattern, type Assertion, type Node, type Ranges } from './pattern-syntax.js';

/** The most steps that a pattern may become, repetitions written out. */
const MOST_STEPS = 10_000;

type Step =
  | { readonly is: 'one of'; readonly ranges: Ranges }
  | { readonly is: 'either'; first: number; second: number }
  | { readonly is: 'here'; readonly what: Assertion }
  | { readonly is: 'end' };

/** A pattern, ready to be looked for in texts. */
export class Pattern {
  readonly #steps: Step[] = [];

  /** @throws TypeError if it is none, or not one that everybody reads alike. */
  constructor(source: string) {
    try {
      this.#write(readPattern(source));
    } catch (error) {
      throw new TypeError(`the pattern ${JSON.stringify(source)}: ${(error as Error).message}`);
    }
    this.#add({ is: 'end' });
  }

  /** Whether any part of a text is as the pattern says. */
  matches(text: string): boolean {
    const characters = Array.from(text, (character) => character.codePointAt(0)!);
    let now: number[] = [];
    // For each step the last place at which it was reached.
    const reached = new Int32Array(this.#steps.length).fill(-1);
    for (let at = 0; at <= characters.length; at++) {
      if (this.#follow(0, at, characters, reached, now)) return true;
      const next: number[] = [];
      for (const place of now) {
        const step = this.#steps[place]!;
        if (step.is !== 'one of' || !isIn(step.ranges, characters[at])) continue;
        if (this.#follow(place + 1, at + 1, characters, reached, next)) return true;
      }
      now = next;
    }
    return false;
  }

  /** Adds the steps that wait for a character from a step on; tells whether the end is reached. */
  #follow(
    from: number,
    at: number,
    characters: readonly number[],
    reached: Int32Array,
    waiting: number[],
  ): boolean {
    const rest = [from];
    for (let place = rest.pop(); place !== undefined; place = rest.pop()) {
      if (reached[place] === at) continue;
      reached[place] = at;
      const step = this.#steps[place]!;
      if (step.is === 'end') return true;
      if (step.is === 'one of') waiting.push(place);
      else if (step.is === 'either') rest.push(step.second, step.first);
      else if (isHere(step.what, at, characters)) rest.push(place + 1);
    }
    return false;
  }

  #add(step: Step): number {
    if (this.#steps.length >= MOST_STEPS) {
      throw new TypeError(`with its repetitions it is longer than ${MOST_STEPS} steps`);
    }
    return this.#steps.push(step) - 1;
  }

  #write(node: Node): void {
    switch (node.is) {
      case 'one of':
      case 'here':
        this.#add(node);
        return;
      case 'all':
        node.parts.forEach((part) => this.#write(part));
        return;
      case 'either':
        return this.#writeEither(node.parts);
      case 'repeated':
        return this.#writeRepeated(node.part, node.least, node.most);
    }
  }

  #writeEither(parts: readonly Node[]): void {
    const ends: number[] = [];
    for (const [index, part] of parts.entries()) {
      const fork = index < parts.length - 1 ? this.#fork() : undefined;
      this.#write(part);
      if (fork === undefined) continue;
      ends.push(this.#add({ is: 'either', first: 0, second: 0 }));
      this.#lead(fork, fork + 1, this.#steps.length);
    }
    for (const end of ends) this.#lead(end, this.#steps.length, this.#steps.length);
  }

  #writeRepeated(part: Node, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#write(part);
    const forks: number[] = [];
    for (let count = least; count < most && (most < Infinity || count === least); count++) {
      forks.push(this.#fork());
      this.#write(part);
    }
    if (most === Infinity) {
      const back = this.#fork();
      this.#lead(back, forks[0]!, forks[0]!);
    }
    for (const fork of forks) this.#lead(fork, fork + 1, this.#steps.length);
  }

  #fork(): number {
    return this.#add({ is: 'either', first: 0, second: 0 });
  }

  #lead(fork: number, first: number, second: number): void {
    Object.assign(this.#steps[fork]!, { first, second });
  }
}

function isIn(ranges: Ranges, character: number | undefined): boolean {
  if (character === undefined) return false;
  return ranges.some(([low, high]) => low <= character && character <= high);
}

function isHere(what: Assertion, at: number, characters: readonly number[]): boolean {
  if (what === '^') return at === 0;
  if (what === '$') return at === characters.length;
  const isBoundary = isWord(characters[at - 1]) !== isWord(characters[at]);
  return what === 'b' ? isBoundary : !isBoundary;
}

function isWord(character: number | undefined): boolean {
  return character !== undefined && /^\w$/.test(String.fromCodePoint(character));
}
