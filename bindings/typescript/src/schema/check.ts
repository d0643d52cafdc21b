// Checks a value by rules. All that is wrong is collected: a model mends a call better when it is told everything at
// once. What a rule says of a value by way of other rules is found out once, so that the work is bounded by the sizes
// of schema and value, whatever alternatives refer to each other.

import * as LIMITS from '../protocol/limits.js';
import { kindOf, isObject, quote, type Kind } from '../wire/json.js';
import type { Path } from '../wire/error.js';
import { canonical, isMultiple, shownNumber } from './number.js';
import type { Range } from './keywords.js';
import type {
  ArrayRule,
  Bounds,
  Choices,
  ObjectRule,
  Rule,
  Rules,
  Tag,
  Text,
  Within,
} from './rule.js';
import { actual, mayBe } from './settle.js';
import { oneOf, unknown } from './words.js';

/** Something that is wrong, and where. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** What of a value its schemas have looked at. */
interface Noted {
  readonly names: Set<string>;
  /** So many elements from the first on. */
  items: number;
  /** Elements that are contained. */
  readonly others: Set<number>;
}

/** What a rule says of a value, apart from everything else. */
interface Found {
  readonly problems: readonly Problem[];
  readonly noted: Noted | undefined;
}

/** Known already: what rules say of objects and arrays. */
type Known = Map<Rule, Map<object, Found>>;

class TooDeep extends Error {}

/**
 * What is wrong with a value, in the value's order: at most one more than is told (`LIMITS.maxProblems`).
 *
 * @param noun What a member is called in messages.
 */
export function checkValue(rules: Rules, value: unknown, noun: string): readonly Problem[] {
  try {
    return new Check(rules, noun, undefined, 0).of(rules.root, value).problems;
  } catch (error) {
    if (!(error instanceof TooDeep || error instanceof RangeError)) throw error;
    return [{ path: [], message: `nesting deeper than ${LIMITS.maxDepth}` }];
  }
}

class Check {
  readonly #rules: Rules;
  readonly #noun: string;
  #known: Known | undefined;
  readonly #problems: Problem[] = [];
  readonly #path: (string | number)[] = [];
  #depth: number;

  constructor(rules: Rules, noun: string, known: Known | undefined, depth: number) {
    this.#rules = rules;
    this.#noun = noun;
    this.#known = known;
    this.#depth = depth;
  }

  of(rule: Rule, value: unknown): Found {
    const noted = this.#value(rule, value);
    return { problems: this.#problems, noted };
  }

  /** Whether there is more that is wrong than is told. */
  get #isFull(): boolean {
    return this.#problems.length > LIMITS.maxProblems;
  }

  #tell(message: string, ...below: (string | number)[]): void {
    if (this.#isFull) return;
    this.#problems.push({ path: [...this.#path, ...below], message });
  }

  #value(given: Rule, value: unknown): Noted | undefined {
    const rule = actual(given);
    if (rule.never === true) {
      this.#tell('nothing is allowed here');
      return undefined;
    }
    const kind = kindOf(value);
    if (rule.types !== undefined && !isOfType(rule, kind)) {
      this.#tell(`expected ${rule.types.join(' or ')}, found ${kind}`);
      return undefined;
    }
    const noted = this.#rules.remembers
      ? { names: new Set<string>(), items: 0, others: new Set<number>() }
      : undefined;
    if (kind === 'number') this.#number(rule, value as number);
    else if (kind === 'string' && rule.text !== undefined) this.#text(rule.text, value as string);
    else if (kind === 'object' && rule.object !== undefined) {
      this.#object(rule.object, value as Record<string, unknown>, noted);
    } else if (kind === 'array' && rule.array !== undefined) {
      this.#array(rule.array, value as unknown[], noted);
    }
    if (rule.choices !== undefined) this.#choice(rule.choices, value, kind);
    if (rule.within !== undefined) this.#within(rule.within, value, kind, noted);
    return noted;
  }

  /** Checks a part of a value, one level below. */
  #part(step: string | number, rule: Rule, value: unknown): void {
    if (this.#depth >= LIMITS.maxDepth) throw new TooDeep();
    this.#depth++;
    this.#path.push(step);
    this.#value(rule, value);
    this.#path.pop();
    this.#depth--;
  }

  #number(rule: Rule, value: number): void {
    const isIntegerWanted = rule.types?.includes('integer') && !rule.types.includes('number');
    const isExact = Number.isSafeInteger(value);
    if (isIntegerWanted && !isExact) {
      if (Number.isFinite(value) && !Number.isInteger(value)) {
        return this.#tell('expected integer, found number');
      }
      // A bound says more than that the integer cannot be held.
      const problem = Math.abs(value) < 2 ** 63 && rule.bounds && outside(rule.bounds, value);
      return this.#tell(problem || 'integer out of range');
    }
    if (!Number.isFinite(value)) return this.#tell('number out of range');
    const problem = rule.bounds && outside(rule.bounds, value);
    if (problem !== undefined) this.#tell(problem);
  }

  #text({ length, pattern, format }: Text, value: string): void {
    if (length.min !== undefined || length.max !== undefined) {
      this.#size(length, [...value].length, 'characters');
    }
    if (pattern?.is.matches(value) === false) {
      this.#tell(`must match the pattern ${JSON.stringify(pattern.source)}`);
    }
    if (format?.has(value) === false) this.#tell(`must have the format ${format.name}`);
  }

  #size({ min, max }: Range, size: number, unit: string): void {
    if (min !== undefined && size < min) this.#tell(`must have at least ${min} ${unit}`);
    else if (max !== undefined && size > max) this.#tell(`must have at most ${max} ${unit}`);
  }

  #object(rule: ObjectRule, value: Record<string, unknown>, noted: Noted | undefined): void {
    let count = 0;
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue;
      count++;
      this.#member(rule, name, value[name], noted);
    }
    const isThere = (name: string) => Object.hasOwn(value, name) && value[name] !== undefined;
    for (const name of rule.required) {
      if (!isThere(name)) this.#tell('required member is missing', name);
    }
    this.#size(rule.count, count, 'members');
    for (const [name, others] of rule.beside) {
      if (!isThere(name)) continue;
      for (const other of others.filter((other) => !isThere(other))) {
        this.#tell(`required member is missing, since ${JSON.stringify(name)} is there`, other);
      }
    }
    for (const [name, also] of rule.given) if (isThere(name)) this.#also(also, value, noted);
  }

  #member(rule: ObjectRule, name: string, value: unknown, noted: Noted | undefined): void {
    if (rule.names !== undefined) {
      for (const { message } of this.#aside(rule.names, name).problems) {
        this.#tell(`its name ${message}`, name);
      }
    }
    const own = rule.members.get(name);
    const matching = rule.patterns.filter(([pattern]) => pattern.matches(name));
    if (own !== undefined) this.#part(name, own, value);
    for (const [, also] of matching) this.#part(name, also, value);
    if (own !== undefined || matching.length > 0 || rule.others !== undefined)
      noted?.names.add(name);
    if (own !== undefined || matching.length > 0 || rule.others === undefined) return;
    if (rule.others !== 'nothing') this.#part(name, rule.others, value);
    // What was meant is not looked for where nobody is told of it: there may be very many.
    else if (!this.#isFull) {
      this.#tell(unknown(this.#noun, name, [...rule.members.keys()]), name);
    }
  }

  #array(rule: ArrayRule, value: readonly unknown[], noted: Noted | undefined): void {
    const before = new Set<string>();
    let fitting = 0;
    for (const [index, item] of value.entries()) {
      const own = rule.prefix[index] ?? rule.item;
      if (own !== undefined) this.#part(index, own, item);
      if (rule.contains && this.#aside(rule.contains.rule, item).problems.length === 0) {
        fitting++;
        noted?.others.add(index);
      }
      if (!rule.isUnique) continue;
      const text = canonical(item);
      if (before.has(text)) this.#tell('must differ from the items before it', index);
      before.add(text);
    }
    this.#size(rule.count, value.length, 'items');
    const { min = 1, max = Infinity } = rule.contains?.often ?? {};
    if (rule.contains && fitting < min) {
      this.#tell(`must have at least ${min} items that fit, has ${fitting}`);
    } else if (rule.contains && fitting > max) {
      this.#tell(`must have at most ${max} items that fit, has ${fitting}`);
    }
    if (noted !== undefined) {
      noted.items = rule.item ? value.length : Math.min(rule.prefix.length, value.length);
    }
  }

  #choice({ canonical: all, shown: choices, isTexts }: Choices, value: unknown, kind: Kind): void {
    if (all.has(canonical(value))) return;
    const seen = isTexts && kind !== 'string' ? kind : shown(value);
    this.#tell(`expected ${oneOf(choices)}, found ${seen}`);
  }

  #within(within: Within, value: unknown, kind: Kind, noted: Noted | undefined): void {
    for (const rule of within.allOf) this.#also(rule, value, noted);
    if (within.anyOf.length > 0) this.#alternatives(within, within.anyOf, value, kind, noted);
    if (within.oneOf.length > 0) this.#alternatives(within, within.oneOf, value, kind, noted);
    if (within.not && this.#aside(within.not, value).problems.length === 0) {
      this.#tell('is what it must not be');
    }
    if (within.when !== undefined) {
      const { problems, noted: seen } = this.#aside(within.when.condition, value);
      if (problems.length === 0) merge(noted, seen);
      const next = problems.length === 0 ? within.when.then : within.when.else;
      if (next !== undefined) this.#also(next, value, noted);
    }
    if (noted !== undefined) this.#rest(within, value, noted);
  }

  /** Checks a value by one more rule. */
  #also(rule: Rule, value: unknown, noted: Noted | undefined): void {
    const found = this.#aside(rule, value);
    this.#adopt(found.problems);
    merge(noted, found.noted);
  }

  #adopt(problems: readonly Problem[]): void {
    for (const { path, message } of problems) this.#tell(message, ...path);
  }

  /** What a rule says of a value, by itself. */
  #aside(given: Rule, value: unknown): Found {
    const rule = actual(given);
    const known = (this.#known ??= new Map());
    const check = () => new Check(this.#rules, this.#noun, known, this.#depth);
    if (typeof value !== 'object' || value === null) return check().of(rule, value);
    let ofRule = known.get(rule);
    if (ofRule === undefined) known.set(rule, (ofRule = new Map()));
    let found = ofRule.get(value);
    if (found === undefined) ofRule.set(value, (found = check().of(rule, value)));
    return found;
  }

  #alternatives(
    { tag, oneOf: ones }: Within,
    rules: readonly Rule[],
    value: unknown,
    kind: Kind,
    noted: Noted | undefined,
  ): void {
    if (tag !== undefined && isObject(value) && noted === undefined)
      return this.#tagged(tag, value);
    let fitting = 0;
    const near: Found[] = [];
    for (const rule of rules) {
      const found = this.#aside(rule, value);
      if (found.problems.length === 0) {
        fitting++;
        merge(noted, found.noted);
        // Of those that may all fit the first is enough, unless what it has looked at is asked for.
        if (rules !== ones && noted === undefined) return;
      } else if (mayBe(rule, kind)) {
        near.push(found);
      }
    }
    // Of several that are near none is nearest.
    if (fitting === 0 && near.length === 1) this.#adopt(near[0]!.problems);
    else if (fitting === 0) this.#tell(nothingFits(rules, kind));
    else if (rules === ones && fitting > 1) {
      this.#tell(`fits ${fitting} of the alternatives, expected just one`);
    }
  }

  /** The alternative that the value itself names. */
  #tagged({ name, rules }: Tag, value: Record<string, unknown>): void {
    const named = Object.hasOwn(value, name) ? value[name] : undefined;
    if (named === undefined) return this.#tell('required member is missing', name);
    const rule = typeof named === 'string' ? rules.get(named) : undefined;
    if (rule !== undefined) return this.#also(rule, value, undefined);
    const seen = typeof named === 'string' ? quote(named) : kindOf(named);
    this.#tell(`expected ${oneOf([...rules.keys()].map(quote))}, found ${seen}`, name);
  }

  /** What no schema has looked at. */
  #rest({ unevaluatedMembers, unevaluatedItems }: Within, value: unknown, noted: Noted): void {
    if (unevaluatedMembers !== undefined && isObject(value)) {
      for (const name of Object.keys(value)) {
        if (value[name] === undefined || noted.names.has(name)) continue;
        this.#leftOver(name, unevaluatedMembers, value[name]);
        noted.names.add(name);
      }
    }
    if (unevaluatedItems !== undefined && Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        if (index < noted.items || noted.others.has(index)) continue;
        this.#leftOver(index, unevaluatedItems, item);
      }
      noted.items = value.length;
    }
  }

  #leftOver(step: string | number, rule: Rule, value: unknown): void {
    if (actual(rule).never === true) this.#tell(`unknown ${this.#noun}`, step);
    else this.#part(step, rule, value);
  }
}

function isOfType({ types }: Rule, kind: Kind): boolean {
  return types!.some((type) => type === kind || (type === 'integer' && kind === 'number'));
}

function merge(noted: Noted | undefined, other: Noted | undefined): void {
  if (noted === undefined || other === undefined) return;
  other.names.forEach((name) => noted.names.add(name));
  noted.items = Math.max(noted.items, other.items);
  other.others.forEach((index) => noted.others.add(index));
}

/** The first bound that a number is beyond. */
function outside({ minimum, above, maximum, below, multiple }: Bounds, value: number) {
  const must = (words: string, bound: number) => `must be ${words} ${shownNumber(bound)}`;
  if (minimum !== undefined && value < minimum) return must('at least', minimum);
  if (above !== undefined && value <= above) return must('more than', above);
  if (maximum !== undefined && value > maximum) return must('at most', maximum);
  if (below !== undefined && value >= below) return must('less than', below);
  if (multiple !== undefined && !isMultiple(value, multiple))
    return must('a multiple of', multiple);
  return undefined;
}

/** What is said where no alternative fits, and none is nearest. */
function nothingFits(rules: readonly Rule[], kind: Kind): string {
  const all = rules.map(actual);
  if (all.every(({ choices }) => choices !== undefined)) {
    return `expected ${oneOf(all.flatMap(({ choices }) => choices!.shown))}, found another ${kind}`;
  }
  const types: readonly string[] = [...new Set(all.flatMap(({ types = [] }) => types))];
  if (types.length === 0 || types.includes(kind)) return 'matches none of the alternatives';
  return `expected ${types.join(' or ')}, found ${kind}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(JSON.stringify(value));
}
