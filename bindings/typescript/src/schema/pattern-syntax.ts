// The syntax of patterns: the common subset of ECMA-262 and RE2. What only one of the two has, or what they read
// differently, is refused by name.

/** Code points from–to, both included. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** What holds between two characters: beginning, end, a word's edge or none. */
export type Assertion = '^' | '$' | 'b' | 'B';

/** A pattern, read. */
export type Node =
  | { readonly is: 'one of'; readonly ranges: Ranges }
  | { readonly is: 'here'; readonly what: Assertion }
  | { readonly is: 'all' | 'either'; readonly parts: readonly Node[] }
  | { readonly is: 'repeated'; readonly part: Node; readonly least: number; readonly most: number };

/** The most often that a part may repeat, as RE2 has it. */
const MOST_REPEATS = 1000;

/** How deep groups may nest. */
const DEEPEST = 50;

const LAST = 0x10ffff;
const DIGIT: Ranges = [[48, 57]];
const WORD: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const LINE_END: Ranges = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** What an escape of a class stands for; the capital letter is all else. */
const CLASSES: Readonly<Record<string, Ranges>> = { d: DIGIT, w: WORD, s: SPACE };

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, v: 11 };

/** @throws TypeError that says what is wrong with it, without the pattern. */
export function readPattern(source: string): Node {
  const reader = new Reader(source);
  const node = reader.alternatives(0);
  if (!reader.isAtEnd) throw new TypeError('a `)` that closes nothing');
  return node;
}

class Reader {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#characters = [...source];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  /** Up to the end, or a `)` that is not its own. */
  alternatives(depth: number): Node {
    if (depth > DEEPEST) throw new TypeError(`groups nest deeper than ${DEEPEST}`);
    const all: Node[][] = [[]];
    while (!this.isAtEnd && this.#peek() !== ')') {
      if (this.#take('|')) {
        this.#refuseRepetition();
        all.push([]);
      } else {
        all.at(-1)!.push(this.#quantified(this.#part(depth)));
      }
    }
    const parts = all.map((parts): Node => ({ is: 'all', parts }));
    return parts.length === 1 ? parts[0]! : { is: 'either', parts };
  }

  #part(depth: number): Node {
    const next = this.#next()!;
    switch (next) {
      case '^':
      case '$':
        return { is: 'here', what: next };
      case '.':
        return { is: 'one of', ranges: complement(LINE_END) };
      case '[':
        return { is: 'one of', ranges: this.#bracket() };
      case '(':
        return this.#group(depth);
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new TypeError(`\`${next}\` with nothing to repeat`);
      case '{':
      case '}':
      case ']':
        throw new TypeError(`\`${next}\` that stands alone: write \`\\${next}\``);
      default:
        return literal(next.codePointAt(0)!);
    }
  }

  #group(depth: number): Node {
    if (this.#take('?')) this.#groupKind();
    const node = this.alternatives(depth + 1);
    if (!this.#take(')')) throw new TypeError('a `(` that is never closed');
    return node;
  }

  /** What follows `(?`: no capture, or a name that says nothing. */
  #groupKind(): void {
    if (this.#take(':')) return;
    const [first, second] = [this.#peek(), this.#peek(1)];
    const end = this.#characters.indexOf('>', this.#at);
    if (first === '<' && end >= 0 && second !== '=' && second !== '!') {
      const name = this.#characters.slice(this.#at + 1, end).join('');
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        throw new TypeError(`a group named \`${name}\`: letters, digits and \`_\` make a name`);
      }
      this.#at = end + 1;
      return;
    }
    const shown = `\`(?${this.#characters.slice(this.#at, this.#at + 2).join('')}\``;
    if (first === '=' || first === '!')
      throw new TypeError(`${shown} is a lookahead, which RE2 does not have`);
    if (first === '<') throw new TypeError(`${shown} is a lookbehind, which RE2 does not have`);
    throw new TypeError(`${shown} is a group of a kind that is not understood`);
  }

  /** An escape outside brackets. */
  #escape(): Node {
    const next = this.#next();
    if (next === 'b' || next === 'B') return { is: 'here', what: next };
    if (next !== undefined && /^[1-9k]$/.test(next)) {
      throw new TypeError(`\`\\${next}\` refers back, which RE2 does not have`);
    }
    const escaped = this.#escaped(next);
    return typeof escaped === 'number' ? literal(escaped) : { is: 'one of', ranges: escaped };
  }

  /** What an escape stands for, inside and outside brackets: one character, or a class. */
  #escaped(next: string | undefined): number | Ranges {
    if (next === undefined) throw new TypeError('a `\\` at the end');
    if (Object.hasOwn(CLASSES, next)) return CLASSES[next]!;
    if (/^[DWS]$/.test(next)) return complement(CLASSES[next.toLowerCase()]!);
    if (Object.hasOwn(CONTROLS, next)) return CONTROLS[next]!;
    if (next === 'x') return this.#hex(2);
    if (next === 'u') return this.#hex(4);
    if (next === 'p' || next === 'P') {
      throw new TypeError(
        `\`\\${next}\` depends on the version of Unicode: list the characters in \`[…]\``,
      );
    }
    if (/^[!-/:-@[-`{-~]$/.test(next)) return next.codePointAt(0)!;
    throw new TypeError(`the escape \`\\${next}\` is not one that ECMA-262 and RE2 share`);
  }

  #hex(count: number): number {
    const digits = this.#characters.slice(this.#at, this.#at + count).join('');
    const value = parseInt(digits, 16);
    const isHalf = value >= 0xd800 && value <= 0xdfff;
    if (digits.length !== count || !/^[\da-fA-F]+$/.test(digits) || isHalf) {
      throw new TypeError(`an escape without ${count} hexadecimal digits of a character`);
    }
    this.#at += count;
    return value;
  }

  /** What stands in brackets, the first of which was read. */
  #bracket(): Ranges {
    const isNegated = this.#take('^');
    if (this.#peek() === ']') {
      throw new TypeError('`[]` and `[^]` mean different things: write `\\]` for the bracket');
    }
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take(']')) {
      const low = this.#inBrackets();
      const isRange = this.#peek() === '-' && this.#peek(1) !== ']';
      if (typeof low !== 'number') {
        if (isRange)
          throw new TypeError('a range that begins with a class: write `\\-` for the hyphen');
        ranges.push(...low);
        continue;
      }
      if (!isRange) {
        ranges.push([low, low]);
        continue;
      }
      this.#next();
      const high = this.#inBrackets();
      if (typeof high !== 'number') {
        throw new TypeError('a range that ends with a class: write `\\-` for the hyphen');
      }
      if (high < low) {
        const shown = `${String.fromCodePoint(low)}-${String.fromCodePoint(high)}`;
        throw new TypeError(`the range \`${shown}\` goes backwards`);
      }
      ranges.push([low, high]);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  #inBrackets(): number | Ranges {
    const next = this.#next();
    if (next === undefined) throw new TypeError('a `[` that is never closed');
    if (next === '[' && /^[:.=]$/.test(this.#peek() ?? '')) {
      throw new TypeError('`[:` means different things: write `\\[` for the bracket');
    }
    if (next !== '\\') return next.codePointAt(0)!;
    const escaped = this.#next();
    if (escaped === 'b' || escaped === 'B') {
      throw new TypeError(`\`\\${escaped}\` in brackets means different things`);
    }
    return this.#escaped(escaped);
  }

  #quantified(part: Node): Node {
    const from = this.#at;
    const bounds = this.#bounds();
    if (bounds === undefined) return part;
    const shown = this.#characters.slice(from, this.#at).join('');
    if (part.is === 'here') throw new TypeError(`\`${shown}\` with nothing to repeat`);
    // That the shortest is wanted does not matter to whether there is one.
    this.#take('?');
    if (/^[*+?]$/.test(this.#peek() ?? '')) {
      throw new TypeError(`\`${this.#peek()}\` after \`${shown}\` repeats a repetition`);
    }
    return { is: 'repeated', part, least: bounds[0], most: bounds[1] };
  }

  #refuseRepetition(): void {
    const from = this.#at;
    if (this.#bounds() === undefined) return;
    const shown = this.#characters.slice(from, this.#at).join('');
    throw new TypeError(`\`${shown}\` with nothing to repeat`);
  }

  #bounds(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    const end = this.#characters.indexOf('}', this.#at);
    if (end < 0) throw new TypeError('`{` that stands alone: write `\\{`');
    const inside = this.#characters.slice(this.#at + 1, end).join('');
    this.#at = end + 1;
    return counts(inside);
  }

  #peek(ahead = 0): string | undefined {
    return this.#characters[this.#at + ahead];
  }

  #next(): string | undefined {
    return this.#characters[this.#at++];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

/** The bounds between the braces. */
function counts(text: string): readonly [least: number, most: number] {
  const found = /^(\d+)(,?)(\d*)$/.exec(text);
  if (found === null || (found[2] === '' && found[3] !== '')) {
    throw new TypeError(`\`{${text}}\` is no count of repetitions: write \`\\{\` for the brace`);
  }
  const least = Number(found[1]);
  const most = found[3] !== '' ? Number(found[3]) : found[2] === ',' ? Infinity : least;
  if (most < least) throw new TypeError(`\`{${text}}\` goes backwards`);
  if (Math.max(least, most === Infinity ? 0 : most) > MOST_REPEATS) {
    throw new TypeError(`\`{${text}}\` repeats more than ${MOST_REPEATS} times`);
  }
  return [least, most];
}

function literal(character: number): Node {
  return { is: 'one of', ranges: [[character, character]] };
}

/** All characters but these. */
function complement(ranges: Ranges): Ranges {
  const rest: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    if (from < low) rest.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) rest.push([from, LAST]);
  return rest;
}
