// Coercion: models send a number, a truth value, an object or an array as a string that spells it. Where a schema
// wants no string, such a string is taken for what it spells. Goes by the JSON Schema alone, whatever library it is of.

import { dotted, type Path } from '../wire/error.js';
import { isObject, kindOf } from '../wire/json.js';

/**
 * Whether arguments of the wrong kind are taken for what they were meant to be: `off`, they are refused; `on`, they
 * are taken for what they spell; `report`, the same, and the diagnostics are told of each.
 */
export type Coercion = 'off' | 'on' | 'report';

/** Kinds of values as bits; integers are numbers. */
const BITS: Readonly<Record<string, number>> = {
  array: 1,
  boolean: 2,
  null: 4,
  number: 8,
  integer: 8,
  object: 16,
  string: 32,
};
const ANY = 63;

/** How many schemas are looked at for one call; values beyond that are taken as they are. */
const MOST_WORK = 100_000;

/** What was made of arguments, and a line for each change. */
export interface Mended {
  readonly value: unknown;
  readonly lines: readonly string[];
}

/** Takes strings in a value for what they spell, where the schema wants that and no string. */
export function mend(schema: unknown, value: unknown): Mended {
  const mender = new Mender(schema);
  return { value: mender.value(schema, value, []), lines: mender.lines };
}

class Mender {
  readonly lines: string[] = [];
  readonly #whole: unknown;
  #work = 0;

  constructor(whole: unknown) {
    this.#whole = whole;
  }

  value(schema: unknown, given: unknown, path: Path): unknown {
    const value = typeof given === 'string' ? this.#meant(schema, given, path) : given;
    if (Array.isArray(value)) {
      return value.map((item, index) =>
        this.value(
          this.#below(schema, (keywords) => itemOf(keywords, index)),
          item,
          [...path, index],
        ),
      );
    }
    if (!isObject(value)) return value;
    const members = Object.entries(value).map(([name, member]) => {
      const schemaOf = this.#below(schema, (keywords) => memberOf(keywords, name));
      return [name, this.value(schemaOf, member, [...path, name])];
    });
    return Object.fromEntries(members);
  }

  #meant(schema: unknown, text: string, path: Path): unknown {
    const kinds = this.#kinds(schema);
    if ((kinds & BITS.string!) !== 0) return text;
    let meant: unknown;
    try {
      meant = JSON.parse(text.trim());
    } catch {
      return text;
    }
    const kind = kindOf(meant);
    if (kind === 'null' || (kinds & BITS[kind]!) === 0) return text;
    const what = `taken as ${kind}, sent as string`;
    this.lines.push(path.length > 0 ? `${dotted(path)}: ${what}` : what);
    return meant;
  }

  /** The kinds that a schema leaves. */
  #kinds(schema: unknown, depth = 0): number {
    if (!isObject(schema) || depth > 64 || ++this.#work > MOST_WORK) return ANY;
    const { type, enum: choices, const: one, $ref } = schema;
    let kinds = ANY;
    if (type !== undefined) {
      const names = Array.isArray(type) ? type : [type];
      kinds = names.reduce((all: number, name) => all | (BITS[String(name)] ?? 0), 0);
    }
    if (Array.isArray(choices)) kinds &= union(choices.map((choice) => BITS[kindOf(choice)]!));
    if (one !== undefined) kinds &= BITS[kindOf(one)]!;
    if ($ref !== undefined) kinds &= this.#kinds(this.#target($ref), depth + 1);
    for (const part of list(schema.allOf)) kinds &= this.#kinds(part, depth + 1);
    for (const keyword of ['anyOf', 'oneOf']) {
      const parts = list(schema[keyword]);
      if (parts.length > 0) kinds &= union(parts.map((part) => this.#kinds(part, depth + 1)));
    }
    return kinds;
  }

  /** The schema of a part of a value: what the schema, those that it refers to and its alternatives say of it. */
  #below(
    schema: unknown,
    pick: (keywords: Record<string, unknown>) => unknown,
    depth = 0,
  ): unknown {
    if (!isObject(schema) || depth > 64 || ++this.#work > MOST_WORK) return true;
    const below = (part: unknown) => this.#below(part, pick, depth + 1);
    const all = [this.#resolved(pick(schema)), ...list(schema.allOf).map(below)];
    if (schema.$ref !== undefined) all.push(below(this.#target(schema.$ref)));
    for (const keyword of ['anyOf', 'oneOf']) {
      const parts = [...new Set(list(schema[keyword]).map(below))];
      if (parts.length > 0) all.push(parts.length === 1 ? parts[0] : { anyOf: parts });
    }
    const said = [...new Set(all.filter(isObject))];
    return said.length <= 1 ? (said[0] ?? true) : { allOf: said };
  }

  /** What stands for nothing but another place is that place, so that it is seen to be the same. */
  #resolved(schema: unknown): unknown {
    const isReference = isObject(schema) && '$ref' in schema && Object.keys(schema).length === 1;
    return isReference ? this.#target(schema.$ref) : schema;
  }

  /** What a reference by place leads to; of anything else nothing is known. */
  #target(reference: unknown): unknown {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) return true;
    let found: unknown = this.#whole;
    for (const step of reference.split('/').slice(1)) {
      const name = unescaped(step);
      found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    return found;
  }
}

function memberOf(
  { properties, additionalProperties, patternProperties }: Record<string, unknown>,
  name: string,
) {
  if (isObject(properties) && Object.hasOwn(properties, name)) return properties[name];
  return patternProperties === undefined ? additionalProperties : undefined;
}

function itemOf({ prefixItems, items }: Record<string, unknown>, index: number): unknown {
  return list(prefixItems)[index] ?? items;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function union(kinds: readonly number[]): number {
  return kinds.reduce((all, one) => all | one, 0);
}

function unescaped(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}
