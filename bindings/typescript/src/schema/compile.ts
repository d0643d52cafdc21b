// From a JSON Schema to rules, once. What cannot be held is refused here, with its place: a reference that leads out
// of the schema or in circles, a pattern that not everybody reads alike, a keyword of the wrong kind.

import { isObject, quote } from '../wire/json.js';
import { formatOf } from './format.js';
import { isSchema, Keywords, type AnySchema } from './keywords.js';
import { canonical } from './number.js';
import { Pattern } from './pattern.js';
import { Places } from './places.js';
import { settle } from './settle.js';
import {
  TYPES,
  type ArrayRule,
  type Bounds,
  type Choices,
  type ObjectRule,
  type Rule,
  type Rules,
  type Text,
  type Type,
  type Within,
} from './rule.js';

/** The one dialect there is. */
const DIALECT = /^(https?:\/\/)?json-schema\.org\/draft\/2020-12\/schema#?$/;

const ABOUT_OBJECTS = [
  'additionalProperties',
  'dependentRequired',
  'dependentSchemas',
  'maxProperties',
  'minProperties',
  'patternProperties',
  'properties',
  'propertyNames',
  'required',
];

const ABOUT_ARRAYS = [
  'contains',
  'items',
  'maxContains',
  'maxItems',
  'minContains',
  'minItems',
  'prefixItems',
  'uniqueItems',
];

/**
 * The rules of a schema.
 *
 * @throws TypeError if it is none, or has what cannot be held.
 */
export function compileRules(schema: AnySchema): Rules {
  const dialect = isObject(schema) ? schema.$schema : undefined;
  if (dialect !== undefined && !(typeof dialect === 'string' && DIALECT.test(dialect))) {
    throw new TypeError(
      `$schema is ${JSON.stringify(dialect)}: only JSON Schema 2020-12 is understood`,
    );
  }
  const compiler = new Compiler(typeof schema === 'boolean' ? {} : schema);
  const root = compiler.rule(schema, '');
  compiler.finish();
  settle(compiler.all);
  return { root, remembers: compiler.remembers };
}

class Compiler {
  readonly all: Rule[] = [];
  remembers = false;
  readonly #places: Places;
  /** The rules of the parts that were met. */
  readonly #known = new Map<object, Rule>();
  readonly #waiting: (readonly [Rule, Keywords])[] = [];

  constructor(schema: Readonly<Record<string, unknown>>) {
    this.#places = new Places(schema);
  }

  /** The rule of a schema. It is filled in later: schemas may refer to themselves. */
  rule(schema: AnySchema, place: string): Rule {
    if (typeof schema === 'boolean') {
      const rule: Rule = schema ? {} : { never: true };
      this.all.push(rule);
      return rule;
    }
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    const rule: Rule = {};
    this.all.push(rule);
    this.#known.set(schema, rule);
    this.#waiting.push([rule, new Keywords(schema, place)]);
    return rule;
  }

  /** Fills in all rules. */
  finish(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const [rule, keywords] = next;
      const parts = {
        types: types(keywords),
        choices: choices(keywords),
        bounds: bounds(keywords),
        text: text(keywords),
        array: this.#array(keywords),
        object: this.#object(keywords),
        within: this.#within(keywords),
      };
      const said = Object.entries(parts).filter(([, part]) => part !== undefined);
      Object.assign(rule, Object.fromEntries(said));
    }
  }

  #one(keywords: Keywords, keyword: string): Rule | undefined {
    const schema = keywords.schema(keyword);
    return schema === undefined ? undefined : this.rule(schema, `${keywords.place}/${keyword}`);
  }

  #list(keywords: Keywords, keyword: string): Rule[] {
    const place = `${keywords.place}/${keyword}`;
    return keywords.schemas(keyword).map((schema, index) => this.rule(schema, `${place}/${index}`));
  }

  #named(keywords: Keywords, keyword: string): (readonly [string, Rule])[] {
    const place = `${keywords.place}/${keyword}`;
    return keywords
      .named(keyword)
      .map(([name, schema]) => [name, this.rule(schema, `${place}/${name}`)]);
  }

  #object(keywords: Keywords): ObjectRule | undefined {
    if (!ABOUT_OBJECTS.some((keyword) => keywords.get(keyword) !== undefined)) return undefined;
    const isClosed = keywords.get('additionalProperties') === false;
    return {
      members: new Map(this.#named(keywords, 'properties')),
      required: keywords.names('required'),
      count: keywords.range('minProperties', 'maxProperties'),
      patterns: this.#named(keywords, 'patternProperties').map(([source, rule]) => [
        pattern(keywords, source),
        rule,
      ]),
      names: this.#one(keywords, 'propertyNames'),
      others: isClosed ? 'nothing' : this.#one(keywords, 'additionalProperties'),
      beside: keywords.lists('dependentRequired'),
      given: this.#named(keywords, 'dependentSchemas'),
    };
  }

  #array(keywords: Keywords): ArrayRule | undefined {
    if (!ABOUT_ARRAYS.some((keyword) => keywords.get(keyword) !== undefined)) return undefined;
    const rule = this.#one(keywords, 'contains');
    const often = keywords.range('minContains', 'maxContains');
    return {
      count: keywords.range('minItems', 'maxItems'),
      prefix: this.#list(keywords, 'prefixItems'),
      item: this.#one(keywords, 'items'),
      isUnique: keywords.flag('uniqueItems'),
      contains: rule === undefined ? undefined : { rule, often },
    };
  }

  /** The rules for the same value. */
  #within(keywords: Keywords): Within | undefined {
    const condition = this.#one(keywords, 'if');
    const fits = this.#one(keywords, 'then');
    const otherwise = this.#one(keywords, 'else');
    const within: Within = {
      allOf: [...this.#list(keywords, 'allOf'), ...this.#references(keywords)],
      anyOf: this.#list(keywords, 'anyOf'),
      oneOf: this.#list(keywords, 'oneOf'),
      not: this.#one(keywords, 'not'),
      when: condition && {
        condition,
        ...(fits !== undefined && { then: fits }),
        ...(otherwise !== undefined && { else: otherwise }),
      },
      unevaluatedMembers: this.#one(keywords, 'unevaluatedProperties'),
      unevaluatedItems: this.#one(keywords, 'unevaluatedItems'),
    };
    this.remembers ||=
      within.unevaluatedMembers !== undefined || within.unevaluatedItems !== undefined;
    const isSaid = (part: unknown) => (Array.isArray(part) ? part.length > 0 : part !== undefined);
    return Object.values(within).some(isSaid) ? within : undefined;
  }

  #references(keywords: Keywords): Rule[] {
    const rules: Rule[] = [];
    for (const keyword of ['$ref', '$dynamicRef']) {
      const reference = keywords.text(keyword);
      if (reference === undefined) continue;
      const found = attempt(
        () =>
          keyword === '$ref'
            ? this.#places.find(keywords.all, reference)
            : this.#places.findDynamic(keywords.all, reference),
        (why) => keywords.wrong(`${keyword} ${why}`),
      );
      if (!isSchema(found)) {
        throw keywords.wrong(`${keyword} ${reference} refers to what is no schema`);
      }
      rules.push(this.rule(found, reference));
    }
    return rules;
  }
}

function types(keywords: Keywords): Type[] | undefined {
  const given = keywords.get('type');
  const names = typeof given === 'string' ? [given] : keywords.names('type');
  for (const name of names) {
    if (!TYPES.includes(name as Type)) {
      throw keywords.wrong(`type is ${JSON.stringify(name)}, which is none`);
    }
  }
  return names.length > 0 ? (names as Type[]) : undefined;
}

function bounds(keywords: Keywords): Bounds | undefined {
  const bounds = {
    minimum: keywords.number('minimum'),
    above: keywords.number('exclusiveMinimum'),
    maximum: keywords.number('maximum'),
    below: keywords.number('exclusiveMaximum'),
    multiple: keywords.number('multipleOf'),
  };
  if (bounds.multiple !== undefined && bounds.multiple <= 0) {
    throw keywords.wrong('multipleOf: expected a number above 0');
  }
  return Object.values(bounds).some((bound) => bound !== undefined) ? bounds : undefined;
}

function text(keywords: Keywords): Text | undefined {
  const length = keywords.range('minLength', 'maxLength');
  const source = keywords.text('pattern');
  const name = keywords.text('format');
  const has = name === undefined ? undefined : formatOf(name);
  if (
    source === undefined &&
    has === undefined &&
    length.min === undefined &&
    length.max === undefined
  ) {
    return undefined;
  }
  return {
    length,
    pattern: source === undefined ? undefined : { source, is: pattern(keywords, source) },
    format: has && { name: name!, has },
  };
}

function pattern(keywords: Keywords, source: string): Pattern {
  return attempt(
    () => new Pattern(source),
    (why) => keywords.wrong(why),
  );
}

function choices(keywords: Keywords): Choices | undefined {
  const list = keywords.values('enum');
  const one = keywords.get('const');
  if (list === undefined && one === undefined) return undefined;
  let values = list ?? [one];
  if (list !== undefined && one !== undefined) {
    values = list.filter((value) => canonical(value) === canonical(one)).slice(0, 1);
  }
  const texts = values.filter((value) => typeof value === 'string');
  return {
    canonical: new Set(values.map(canonical)),
    shown: values.map(shown),
    texts,
    isTexts: texts.length === values.length,
  };
}

/** A choice as it is shown; strings are cut as everywhere. */
function shown(value: unknown): string {
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** What is wrong is told in other words. */
function attempt<T>(work: () => T, tell: (why: string) => TypeError): T {
  try {
    return work();
  } catch (error) {
    throw tell((error as Error).message);
  }
}
