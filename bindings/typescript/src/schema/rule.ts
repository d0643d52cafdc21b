// A JSON Schema as rules to check by: nothing in them has to be parsed again. `compile.ts` makes them, `check.ts`
// goes by them.

import type { Range } from './keywords.js';
import type { Pattern } from './pattern.js';

/** A type of JSON Schema. */
export type Type = 'array' | 'boolean' | 'integer' | 'null' | 'number' | 'object' | 'string';

export const TYPES: readonly Type[] = [
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
];

/** What one value has to be. One without members takes anything. */
export interface Rule {
  /** The rule that this one is another place of. */
  alias?: Rule;
  /** Whether it takes nothing. */
  never?: true;
  /** The types that a value may have; without it any. */
  types?: readonly Type[];
  choices?: Choices;
  bounds?: Bounds;
  text?: Text;
  array?: ArrayRule;
  object?: ObjectRule;
  within?: Within;
}

/** The values that there are. */
export interface Choices {
  /** In the spelling in which equal values are equal texts. */
  readonly canonical: ReadonlySet<string>;
  /** All, as they are shown. */
  readonly shown: readonly string[];
  /** The texts among them. */
  readonly texts: readonly string[];
  /** Whether they are texts and nothing else. */
  readonly isTexts: boolean;
}

/** What numbers have to be. */
export interface Bounds {
  readonly minimum: number | undefined;
  readonly above: number | undefined;
  readonly maximum: number | undefined;
  readonly below: number | undefined;
  readonly multiple: number | undefined;
}

/** What texts have to be. */
export interface Text {
  readonly length: Range;
  readonly pattern: { readonly source: string; readonly is: Pattern } | undefined;
  readonly format: { readonly name: string; has(text: string): boolean } | undefined;
}

/** What arrays have to be. */
export interface ArrayRule {
  readonly count: Range;
  readonly prefix: readonly Rule[];
  readonly item: Rule | undefined;
  readonly isUnique: boolean;
  readonly contains: { readonly rule: Rule; readonly often: Range } | undefined;
}

/** What objects have to be. */
export interface ObjectRule {
  readonly members: ReadonlyMap<string, Rule>;
  readonly required: readonly string[];
  readonly count: Range;
  readonly patterns: readonly (readonly [Pattern, Rule])[];
  readonly names: Rule | undefined;
  /** What other members have to be; `undefined` if the schema does not say. */
  readonly others: Rule | 'nothing' | undefined;
  /** A member, and those that have to be there beside it. */
  readonly beside: readonly (readonly [name: string, others: readonly string[]])[];
  /** A member, and what the object has to be if it is there. */
  readonly given: readonly (readonly [name: string, rule: Rule])[];
}

/** Rules for the same value. */
export interface Within {
  readonly allOf: readonly Rule[];
  readonly anyOf: readonly Rule[];
  readonly oneOf: readonly Rule[];
  readonly not: Rule | undefined;
  readonly when:
    { readonly condition: Rule; readonly then?: Rule; readonly else?: Rule } | undefined;
  readonly unevaluatedMembers: Rule | undefined;
  readonly unevaluatedItems: Rule | undefined;
  /** How alternatives are told apart. */
  tag?: Tag;
}

/** A member whose text says which of the alternatives is meant. */
export interface Tag {
  readonly name: string;
  readonly rules: ReadonlyMap<string, Rule>;
}

/** The rules of a schema. */
export interface Rules {
  readonly root: Rule;
  /** Whether what was looked at has to be remembered: `unevaluatedProperties` and `unevaluatedItems` ask for it. */
  readonly remembers: boolean;
}
