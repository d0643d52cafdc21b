// `isogloss/json-schema`: a JSON Schema 2020-12 written by hand as a Standard Schema, served as it is and enforced. A
// part of its own, so that servers whose schemas are a library's do not carry a second validator.

import type { StandardSchema } from '../schema.js';
import { isObject, kindOf, type JsonObject } from '../wire/json.js';
import { checkValue } from './check.js';
import { compileRules } from './compile.js';
import type { Type } from './rule.js';

/** A JSON Schema (2020-12). Other keywords than these are annotations. */
export interface JsonSchema {
  readonly type?: Type | readonly Type[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SubSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SubSchema;
  readonly patternProperties?: Readonly<Record<string, SubSchema>>;
  readonly propertyNames?: SubSchema;
  readonly unevaluatedProperties?: SubSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly dependentSchemas?: Readonly<Record<string, SubSchema>>;
  readonly items?: SubSchema;
  readonly prefixItems?: readonly SubSchema[];
  readonly unevaluatedItems?: SubSchema;
  readonly contains?: SubSchema;
  readonly minContains?: number;
  readonly maxContains?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** In the common subset of ECMA-262 and RE2. */
  readonly pattern?: string;
  /** Held: date, date-time, time, email, uri, uuid, ipv4, ipv6. Others are annotations. */
  readonly format?: string;
  readonly allOf?: readonly SubSchema[];
  readonly anyOf?: readonly SubSchema[];
  readonly oneOf?: readonly SubSchema[];
  readonly not?: SubSchema;
  readonly if?: SubSchema;
  readonly then?: SubSchema;
  readonly else?: SubSchema;
  /** Leads to a schema within this one: `#/$defs/address`, or `#name` of an `$anchor`. */
  readonly $ref?: string;
  readonly $dynamicRef?: string;
  readonly $defs?: Readonly<Record<string, SubSchema>>;
  readonly $anchor?: string;
  readonly $dynamicAnchor?: string;
  readonly $id?: string;
  readonly $schema?: string;
  readonly $comment?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly deprecated?: boolean;
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly contentEncoding?: string;
  readonly contentMediaType?: string;
  /** `x-mcp-header`: the argument is repeated in the HTTP header `Mcp-Param-<this>`. */
  readonly [extension: `x-${string}`]: unknown;
}

/** A schema within a schema; `true` takes anything, `false` nothing. */
export type SubSchema = boolean | JsonSchema;

/** The values that a JSON Schema lets through, as far as types can say. */
export type InferJson<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly type: infer Name }
      ? InferType<Name extends readonly (infer One)[] ? One : Name, S>
      : S extends { readonly anyOf: readonly (infer One)[] }
        ? InferJson<One>
        : S extends { readonly oneOf: readonly (infer One)[] }
          ? InferJson<One>
          : unknown;

type InferType<Name, S> = Name extends 'object'
  ? InferObject<S>
  : Name extends 'array'
    ? (S extends { readonly items: infer Item } ? InferJson<Item> : unknown)[]
    : Name extends 'string'
      ? string
      : Name extends 'number' | 'integer'
        ? number
        : Name extends 'boolean'
          ? boolean
          : null;

type InferObject<S> = S extends { readonly properties: infer Members }
  ? { [M in keyof Members as M extends RequiredOf<S> ? M : never]: InferJson<Members[M]> } & {
      [M in keyof Members as M extends RequiredOf<S> ? never : M]?: InferJson<Members[M]>;
    }
  : JsonObject;

type RequiredOf<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

/**
 * A JSON Schema as a Standard Schema. By its own text, and not by the values that it lets through, which the
 * compiler thus works out only where they are looked at.
 */
export interface HandWritten<S extends JsonSchema> extends StandardSchema<InferJson<S>> {}

/**
 * Makes a JSON Schema a schema that tools, forms and whatever else takes a Standard Schema can be given.
 *
 * @throws TypeError if it is none, or has what cannot be held: a reference that leads out of it or back to
 * itself, a pattern that is not of the common subset of ECMA-262 and RE2, another dialect than 2020-12.
 */
export function jsonSchema<const S extends JsonSchema>(schema: S): HandWritten<S> {
  if (!isObject(schema)) {
    throw new TypeError(`expected a JSON Schema, an object, found ${kindOf(schema)}`);
  }
  const rules = compileRules(schema);
  const json = ({ target }: { readonly target: string }) => {
    if (target === 'draft-2020-12') return schema as Record<string, unknown>;
    throw new TypeError(`the schema is of JSON Schema draft-2020-12, not ${target}`);
  };
  return {
    '~standard': {
      version: 1,
      vendor: 'isogloss',
      validate(value, options) {
        const noun = options?.libraryOptions?.noun;
        const issues = checkValue(rules, value, typeof noun === 'string' ? noun : 'argument');
        return issues.length > 0 ? { issues } : { value: value as InferJson<S> };
      },
      jsonSchema: { input: json, output: json },
    },
  };
}
