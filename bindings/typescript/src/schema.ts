// Schemas at the user's edge: any library that speaks Standard Schema and Standard JSON Schema, or a
// JSON Schema written by hand, which `json-schema.ts` enforces. What is checked is what is served.

import { compileRule, type JsonSchema } from './schema/json-schema.js';
import * as LIMITS from './protocol/limits.js';
import type { Awaitable } from './protocol/handlers.js';
import { dotted, type Path } from './wire/error.js';
import type { JsonObject } from './wire/json.js';

/** What a schema library gives: standardschema.dev. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Awaitable<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Standard JSON Schema: the library's own account of itself. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
      readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a user may give where a schema is wanted. */
export type Schema = StandardSchema<any, any> | JsonSchema;

/** The values that a schema lets through. */
export type Infer<S> =
  S extends StandardSchema<any, infer Output>
    ? Output
    : S extends { readonly const: infer Value }
      ? Value
      : S extends { readonly enum: readonly (infer Value)[] }
        ? Value
        : S extends { readonly type: infer Type }
          ? InferType<Type, S>
          : unknown;

/** The values that a schema takes: where a library changes them, not those that it gives. */
export type Accepted<S> = S extends StandardSchema<infer Input, any> ? Input : Infer<S>;

type InferType<Type, S> = Type extends 'object'
  ? InferObject<S>
  : Type extends 'array'
    ? (S extends { readonly items: infer Item } ? Infer<Item> : unknown)[]
    : Type extends 'string'
      ? string
      : Type extends 'number' | 'integer'
        ? number
        : Type extends 'boolean'
          ? boolean
          : null;

type InferObject<S> = S extends { readonly properties: infer Members }
  ? { [M in keyof Members as M extends RequiredOf<S> ? M : never]: Infer<Members[M]> } & {
      [M in keyof Members as M extends RequiredOf<S> ? never : M]?: Infer<Members[M]>;
    }
  : JsonObject;

type RequiredOf<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

/** A schema, ready to be served and enforced. */
export interface CompiledSchema {
  /** As JSON Schema, to be shown to the other side. */
  readonly json: JsonObject;
  /** The value, as the schema gives it, or everything that is wrong with it. */
  check(value: unknown): Awaitable<Checked>;
}

/** What a check found: a value, or problems, each with its path before it. */
export type Checked =
  | { readonly value: unknown; readonly problems?: undefined }
  | { readonly problems: readonly string[] };

/**
 * Makes a schema ready.
 *
 * @param side Whether it is for what comes in or goes out: a library may say different things of these.
 * @throws TypeError if a library gives no JSON Schema, or a keyword is not one of {@link JsonSchema}.
 */
export function compile(schema: Schema, side: 'input' | 'output'): CompiledSchema {
  if ('~standard' in schema) return compileStandard(schema, side);
  const rule = compileRule(schema);
  return {
    json: schema as JsonObject,
    check(value) {
      const problems: string[] = [];
      rule(value, [], (path, what) => {
        if (problems.length <= LIMITS.maxProblems) problems.push(problem(path, what));
      });
      return problems.length > 0 ? { problems: bounded(problems) } : { value };
    },
  };
}

function compileStandard(schema: StandardSchema, side: 'input' | 'output'): CompiledSchema {
  const standard = schema['~standard'];
  if (standard.jsonSchema === undefined) {
    throw new TypeError(
      `${standard.vendor} gives no JSON Schema (Standard JSON Schema) of its schemas`,
    );
  }
  const judge = (result: StandardResult<unknown>): Checked =>
    result.issues === undefined
      ? { value: result.value }
      : { problems: bounded(result.issues.slice(0, LIMITS.maxProblems + 1).map(ofIssue)) };
  return {
    json: standard.jsonSchema[side]({ target: 'draft-2020-12' }) as JsonObject,
    check(value) {
      const result = standard.validate(value);
      return result instanceof Promise ? result.then(judge) : judge(result);
    },
  };
}

function ofIssue({ message, path = [] }: StandardIssue): string {
  const steps = path.map((step) => (typeof step === 'object' ? step.key : step));
  return problem(
    steps.map((step) => (typeof step === 'number' ? step : String(step))),
    message,
  );
}

/** As many problems as are told, and that there are more. */
function bounded(problems: readonly string[]): readonly string[] {
  const most = LIMITS.maxProblems;
  if (problems.length <= most) return problems;
  return [
    ...problems.slice(0, most),
    `more is wrong: only the first ${most} are told (max_problems)`,
  ];
}

/** A path and what is wrong there, as it is shown. */
export function problem(path: Path, what: string): string {
  return path.length > 0 ? `${dotted(path)}: ${what}` : what;
}
