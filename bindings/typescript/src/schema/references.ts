// References within a JSON Schema: `#/$defs/address` and `#name` to the schema that they stand for. One that
// leads out of the schema is never fetched.

import type { JsonSchema, Rule } from './json-schema.js';
import { dotted, type Path } from '../wire/error.js';
import { isObject } from '../wire/json.js';

/** Things that are wrong, each with its path. */
type Problems = readonly (readonly [path: Path, what: string])[];

/** What is wrong with a value, all of it. */
export function problemsOf(rule: Rule, value: unknown, path: Path): Problems {
  const problems: (readonly [Path, string])[] = [];
  rule(value, path, (where, what) => problems.push([where, what]));
  return problems;
}

/** Where a reference stands. */
export interface Place {
  readonly where: Path;
  /** What leads here without going on to another value: of a reference its target, `#` is the whole. */
  readonly owner: string | undefined;
}

/** The references of a schema, each target made ready once. */
export class References {
  readonly #whole: JsonSchema;
  readonly #compile: (schema: JsonSchema, place: Place) => Rule;
  readonly #rules = new Map<string, Rule>();
  readonly #found = new Map<Rule, Map<object, Problems>>();
  /** From what leads to a value to the targets that it leads to for the same value. */
  readonly #leads = new Map<string, Set<string>>();

  /** @param compile Makes a target ready. */
  constructor(whole: JsonSchema, compile: (schema: JsonSchema, place: Place) => Rule) {
    this.#whole = whole;
    this.#compile = compile;
  }

  /** The rule that a reference stands for. */
  rule(reference: string, { owner, where }: Place): Rule {
    const at = dotted(where);
    if (!reference.startsWith('#')) {
      throw new TypeError(
        `${at} is ${reference}: it leads out of the schema, and nothing is fetched`,
      );
    }
    if (owner !== undefined) {
      const targets = this.#leads.get(owner) ?? new Set();
      this.#leads.set(owner, targets.add(reference));
    }
    if (!this.#rules.has(reference)) {
      const target = this.#find(reference);
      if (target === undefined) throw new TypeError(`${at} is ${reference}: it refers to nothing`);
      let rule: Rule | undefined;
      this.#rules.set(reference, (value, path, report) => {
        for (const [below, what] of this.#problems(rule!, value)) report([...path, ...below], what);
      });
      rule = this.#compile(target, { where, owner: reference });
    }
    return this.#rules.get(reference)!;
  }

  /** Whether there are any. */
  get areThere(): boolean {
    return this.#rules.size > 0;
  }

  /** Forgets what was found out of values. */
  forget(): void {
    this.#found.clear();
  }

  /**
   * What is wrong with a value, found out once: alternatives that refer to each other would otherwise look at
   * one value again and again, twice as often a level.
   */
  #problems(rule: Rule, value: unknown): Problems {
    if (typeof value !== 'object' || value === null) return problemsOf(rule, value, []);
    const found = this.#found.get(rule) ?? new Map<object, Problems>();
    this.#found.set(rule, found);
    const problems = found.get(value) ?? problemsOf(rule, value, []);
    found.set(value, problems);
    return problems;
  }

  /** @throws TypeError if a reference leads back to itself without going on to another value. */
  refuseCircles(): void {
    for (const start of this.#leads.keys()) {
      const reached = new Set<string>();
      const waiting = [...this.#leads.get(start)!];
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        if (one === start) throw new TypeError(`$ref is ${one}: it leads back to itself`);
        if (!reached.has(one)) waiting.push(...(this.#leads.get(one) ?? []));
        reached.add(one);
      }
    }
  }

  #find(reference: string): JsonSchema | undefined {
    const pointer = reference.slice(1);
    if (pointer !== '' && !pointer.startsWith('/')) return anchored(this.#whole, pointer);
    let found: unknown = this.#whole;
    for (const step of pointer.split('/').slice(1)) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      const isThere = typeof found === 'object' && found !== null && Object.hasOwn(found, name);
      found = isThere ? (found as Record<string, unknown>)[name] : undefined;
    }
    return isObject(found) ? (found as JsonSchema) : undefined;
  }
}

/** The schema that has an anchor; what looks like one within data is none. */
function anchored(schema: unknown, name: string): JsonSchema | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if (isObject(schema) && schema.$anchor === name) return schema as JsonSchema;
  for (const [keyword, part] of Object.entries(schema)) {
    if (['const', 'enum', 'default', 'examples'].includes(keyword)) continue;
    const found = anchored(part, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
