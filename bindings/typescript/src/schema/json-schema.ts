// Enforces JSON Schemas written by hand: a subset, compiled when it is given. A keyword beyond it is
// refused there and then, so that nothing is promised which is not checked.

import { problemsOf, References } from './references.js';
import { dotted, type Path } from '../wire/error.js';
import { isObject, kindOf, quote } from '../wire/json.js';

/** A JSON Schema written by hand. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  /** Leads to a schema within this one: `#/$defs/address`, or `#name` of an `$anchor`. */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly $anchor?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly $schema?: string;
  /** The argument is repeated in the HTTP header `Mcp-Param-<this>`. */
  readonly 'x-mcp-header'?: string;
}

/** Is told each thing that is wrong, and where. */
export type Report = (path: Path, what: string) => void;

/** Checks a value that is at a path. */
export type Rule = (value: any, path: Path, report: Report) => void;

/** What says nothing about values. */
const ANNOTATIONS = [
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  'x-mcp-header',
  '$defs',
  '$anchor',
  'then',
  'else',
];

/**
 * Makes a schema ready.
 *
 * @throws TypeError if it has a keyword that is not one of {@link JsonSchema}, or a reference that leads out of
 * it, to nothing, or back to itself.
 */
export function compileRule(schema: JsonSchema): Rule {
  const references: References = new References(schema, (target, place) =>
    compile(target, { ...place, references }),
  );
  const rule = compile(schema, { where: [], owner: '#', references });
  references.refuseCircles();
  if (!references.areThere) return rule;
  return (value, path, report) => {
    references.forget();
    rule(value, path, report);
    references.forget();
  };
}

/** Where a schema is within the whole. */
interface Site {
  readonly where: Path;
  /** What leads here without going on to another value: of a reference its target, `#` is the whole. */
  readonly owner: string | undefined;
  readonly references: References;
}

/** The site of a schema for another value than that of the schema it stands in. */
function below({ where, references }: Site, ...steps: string[]): Site {
  return { where: [...where, ...steps], owner: undefined, references };
}

/** The site of a schema for the same value. */
function beside(site: Site, ...steps: string[]): Site {
  return { ...site, where: [...site.where, ...steps] };
}

function compile(schema: JsonSchema, site: Site): Rule {
  const { type, ...rest } = schema;
  // What is there is judged before what is missing.
  const given = Object.entries(rest).sort(
    ([a], [b]) => Number(a === 'required') - Number(b === 'required'),
  );
  const rules = given.flatMap(([keyword, wanted]) => {
    if (ANNOTATIONS.includes(keyword) || wanted === undefined) return [];
    if (!Object.hasOwn(KEYWORDS, keyword)) {
      const place = site.where.length > 0 ? ` at ${dotted(site.where)}` : '';
      throw new TypeError(`the keyword "${keyword}"${place} is not enforced by this package`);
    }
    return [KEYWORDS[keyword]!(wanted, schema, site)];
  });
  return (value, path, report) => {
    const wrong = type === undefined ? undefined : refuseType(type, value);
    if (wrong !== undefined) return report(path, wrong);
    for (const rule of rules) rule(value, path, report);
  };
}

function refuseType(type: string, value: unknown): string | undefined {
  const found = kindOf(value);
  if (type !== 'integer') return found === type ? undefined : `expected ${type}, found ${found}`;
  if (typeof value !== 'number' || (Number.isFinite(value) && !Number.isInteger(value)))
    return `expected integer, found ${found}`;
  return Number.isSafeInteger(value) ? undefined : 'integer out of range';
}

/** How each keyword is enforced. Those of another kind of value let it through. */
const KEYWORDS: Readonly<Record<string, (given: any, schema: JsonSchema, site: Site) => Rule>> = {
  properties(members: Record<string, JsonSchema>, _schema, site) {
    const rules = Object.entries(members).map(
      ([name, member]) => [name, compile(member, below(site, 'properties', name))] as const,
    );
    return (value, path, report) => {
      if (!isObject(value)) return;
      for (const [name, rule] of rules) {
        if (Object.hasOwn(value, name)) rule(value[name], [...path, name], report);
      }
    };
  },
  required: (names: string[]) => (value, path, report) => {
    if (!isObject(value)) return;
    for (const name of names) {
      if (!Object.hasOwn(value, name)) report([...path, name], 'required member is missing');
    }
  },
  additionalProperties(given: boolean | JsonSchema, { properties = {} }, site) {
    const known = Object.keys(properties);
    const rule: Rule =
      typeof given === 'object'
        ? compile(given, below(site, 'additionalProperties'))
        : (_value, path, report) => {
            if (!given) report(path, `unknown argument${suggestion(String(path.at(-1)), known)}`);
          };
    return (value, path, report) => {
      if (!isObject(value)) return;
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) rule(value[name], [...path, name], report);
      }
    };
  },
  items(item: JsonSchema, _schema, site) {
    const rule = compile(item, below(site, 'items'));
    return (value, path, report) => {
      if (Array.isArray(value))
        value.forEach((part, index) => rule(part, [...path, index], report));
    };
  },
  enum: (values: unknown[]) => (value, path, report) => {
    if (values.some((allowed) => isSame(allowed, value))) return;
    const shown = values.map((allowed) => JSON.stringify(allowed)).sort();
    report(path, `expected one of ${shown.join(', ')}, found ${show(value)}`);
  },
  const: (allowed: unknown) => (value, path, report) => {
    if (!isSame(allowed, value))
      report(path, `expected ${JSON.stringify(allowed)}, found ${show(value)}`);
  },
  minimum: bound(
    (value, limit) => value < limit,
    (limit) => `at least ${limit}`,
  ),
  maximum: bound(
    (value, limit) => value > limit,
    (limit) => `at most ${limit}`,
  ),
  exclusiveMinimum: bound(
    (value, limit) => value <= limit,
    (limit) => `more than ${limit}`,
  ),
  exclusiveMaximum: bound(
    (value, limit) => value >= limit,
    (limit) => `less than ${limit}`,
  ),
  multipleOf: bound(
    (value, step) => !isMultiple(value, step),
    (step) => `a multiple of ${step}`,
  ),
  uniqueItems: (isWanted: boolean) => (value, path, report) => {
    if (!isWanted || !Array.isArray(value)) return;
    for (const [index, item] of value.entries()) {
      if (value.slice(0, index).some((before) => isSame(before, item))) {
        report([...path, index], 'must differ from the items before it');
      }
    }
  },
  minProperties: members(
    (count, limit) => count < limit,
    (limit) => `at least ${limit} members`,
  ),
  maxProperties: members(
    (count, limit) => count > limit,
    (limit) => `at most ${limit} members`,
  ),
  dependentRequired: (needs: Record<string, string[]>) => (value, path, report) => {
    if (!isObject(value)) return;
    for (const [name, others] of Object.entries(needs)) {
      for (const other of Object.hasOwn(value, name) ? others : []) {
        if (Object.hasOwn(value, other)) continue;
        report([...path, other], `required member is missing, since "${name}" is there`);
      }
    }
  },
  allOf(parts: JsonSchema[], _schema, site) {
    const rules = parts.map((part, index) => compile(part, beside(site, 'allOf', String(index))));
    return (value, path, report) => rules.forEach((rule) => rule(value, path, report));
  },
  anyOf(parts: JsonSchema[], _schema, site) {
    if (parts.length === 0) throw new TypeError('anyOf: must have at least 1 items');
    const rules = parts.map((part, index) => compile(part, beside(site, 'anyOf', String(index))));
    const kinds = parts.map(({ type }) => type);
    return (value, path, report) => {
      const wrong = rules.map((rule) => problemsOf(rule, value, path));
      if (wrong.some((problems) => problems.length === 0)) return;
      if (kinds.every((type) => type !== undefined && refuseType(type, value) !== undefined)) {
        return report(path, `expected ${kinds.join(' or ')}, found ${kindOf(value)}`);
      }
      // What is closest to being right is most likely what was meant.
      const [closest] = [...wrong].sort((a, b) => a.length - b.length);
      for (const [where, what] of closest!) report(where, what);
    };
  },
  not(part: JsonSchema, _schema, site) {
    const rule = compile(part, beside(site, 'not'));
    return (value, path, report) => {
      if (problemsOf(rule, value, path).length === 0) report(path, 'is what it must not be');
    };
  },
  if(part: JsonSchema, schema, site) {
    const condition = compile(part, beside(site, 'if'));
    const fits = schema.then && compile(schema.then, beside(site, 'then'));
    const otherwise = schema.else && compile(schema.else, beside(site, 'else'));
    return (value, path, report) => {
      const rule = problemsOf(condition, value, path).length === 0 ? fits : otherwise;
      rule?.(value, path, report);
    };
  },
  $ref: (reference: string, _schema, site) => site.references.rule(reference, beside(site, '$ref')),
  minItems: size(
    'array',
    (count, limit) => count < limit,
    (limit) => `at least ${limit} items`,
  ),
  maxItems: size(
    'array',
    (count, limit) => count > limit,
    (limit) => `at most ${limit} items`,
  ),
  minLength: size(
    'string',
    (count, limit) => count < limit,
    (limit) => `at least ${limit} characters`,
  ),
  maxLength: size(
    'string',
    (count, limit) => count > limit,
    (limit) => `at most ${limit} characters`,
  ),
};

/** A rule for numbers. */
function bound(
  exceeds: (value: number, limit: number) => boolean,
  words: (limit: number) => string,
): (limit: number) => Rule {
  return (limit) => (value, path, report) => {
    if (typeof value === 'number' && exceeds(value, limit)) report(path, `must be ${words(limit)}`);
  };
}

/** A rule for the number of elements of an array, or of characters of a string. */
function size(
  kind: 'array' | 'string',
  exceeds: (count: number, limit: number) => boolean,
  words: (limit: number) => string,
): (limit: number) => Rule {
  return (limit) => (value, path, report) => {
    if (kindOf(value) === kind && exceeds([...value].length, limit)) {
      report(path, `must have ${words(limit)}`);
    }
  };
}

/** A rule for the number of members of an object. */
function members(
  exceeds: (count: number, limit: number) => boolean,
  words: (limit: number) => string,
): (limit: number) => Rule {
  return (limit) => (value, path, report) => {
    if (isObject(value) && exceeds(Object.keys(value).length, limit)) {
      report(path, `must have ${words(limit)}`);
    }
  };
}

/** Whether a number is so many steps, but for what doubles round: 0.3 is three times 0.1. */
function isMultiple(value: number, step: number): boolean {
  const steps = value / step;
  return Number.isInteger(steps) || Math.abs(steps - Math.round(steps)) < 1e-9 * Math.abs(steps);
}

/** Equality as JSON Schema has it: by value, members in any order. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((part, index) => isSame(part, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}

function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' && value !== null ? kindOf(value) : String(value);
}

/** `, did you mean "city"?` where a known name is close enough to be what was meant. */
export function suggestion(name: string, known: readonly string[]): string {
  const most = Math.max(1, Math.floor(name.length / 3));
  const close = known
    // No fewer edits than their lengths differ by: what cannot be close is not compared.
    .filter((candidate) => Math.abs(candidate.length - name.length) <= most)
    .map((candidate) => [distance(name.toLowerCase(), candidate.toLowerCase()), candidate] as const)
    .filter(([edits]) => edits <= most)
    .sort(([a], [b]) => a - b);
  return close[0] === undefined ? '' : `, did you mean "${close[0][1]}"?`;
}

/** How many letters must be added, dropped, changed or swapped to get from one text to the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i++) {
    const [last, before] = [rows[i - 1]!, rows[i - 2]];
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped =
        from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? before?.[j - 2] : undefined;
      row.push(
        Math.min(
          changed,
          last[j]! + 1,
          row[j - 1]! + 1,
          swapped === undefined ? Infinity : swapped + 1,
        ),
      );
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
