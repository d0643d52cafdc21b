// Schemas at the user's edge: any library that speaks Standard Schema and Standard JSON Schema. A JSON Schema
// written by hand becomes one by `jsonSchema` of `isogloss/json-schema`. What is checked is what is served.

import { cut } from './jsonrpc.js';
import * as LIMITS from './protocol/limits.js';
import type { Awaitable } from './protocol/handlers.js';
import { dotted, type Path } from './wire/error.js';
import { isObject, kindOf, type JsonObject } from './wire/json.js';

/** What a schema library gives: standardschema.dev. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
      options?: { readonly libraryOptions?: Record<string, unknown> | undefined },
    ) => Awaitable<StandardResult<Output>>;
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

/** What a user may give where a schema is wanted. A JSON Schema by hand is wrapped: `jsonSchema({ … })`. */
export type Schema = StandardSchema<any, any>;

/** The values that a schema lets through. */
export type Infer<S> = S extends StandardSchema<any, infer Output> ? Output : unknown;

/** The values that a schema takes: where a library changes them, not those that it gives. */
export type Accepted<S> = S extends StandardSchema<infer Input, any> ? Input : unknown;

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

/** What is said of members that the schema of a result does not know. */
const OF_RESULTS = { libraryOptions: { noun: 'member' } } as const;

/**
 * Makes a schema ready.
 *
 * @param side Whether it is for what comes in or goes out: a library may say different things of these.
 * @throws TypeError if it is no Standard Schema, or its library gives no JSON Schema.
 */
export function compile(schema: Schema, side: 'input' | 'output'): CompiledSchema {
  const standard = standardOf(schema);
  if (standard.jsonSchema === undefined) {
    throw new TypeError(
      `${standard.vendor} gives no JSON Schema of this schema: say it with withJsonSchema(schema, json), or by ` +
        `the library's own way to Standard JSON Schema (of valibot: toStandardJsonSchema of ` +
        `@valibot/to-json-schema)`,
    );
  }
  const options = side === 'output' ? OF_RESULTS : undefined;
  const judge = (result: StandardResult<unknown>): Checked =>
    result.issues === undefined
      ? { value: result.value }
      : { problems: bounded(result.issues.slice(0, LIMITS.maxProblems + 1).map(ofIssue)) };
  return {
    json: standard.jsonSchema[side]({ target: 'draft-2020-12' }) as JsonObject,
    check(value) {
      const result = standard.validate(value, options);
      return result instanceof Promise ? result.then(judge) : judge(result);
    },
  };
}

function standardOf(schema: Schema): StandardSchema['~standard'] {
  // Schemas of some libraries are functions.
  const isThing = typeof schema === 'function' || isObject(schema);
  if (isThing && isObject(schema['~standard'])) return schema['~standard'];
  throw new TypeError(
    `expected a Standard Schema, found ${isThing ? 'a plain object' : kindOf(schema)}: wrap a JSON Schema ` +
      `written by hand in jsonSchema(…) of isogloss/json-schema`,
  );
}

/** A schema of a library that gives no JSON Schema of its schemas, with one that says the same, to be served. */
export function withJsonSchema<Input, Output>(
  schema: StandardSchema<Input, Output>,
  json: Readonly<Record<string, unknown>>,
): StandardSchema<Input, Output> {
  const served = () => json;
  const jsonSchema = { input: served, output: served };
  return { '~standard': { ...standardOf(schema), jsonSchema } } as StandardSchema<Input, Output>;
}

function ofIssue({ message, path = [] }: StandardIssue): string {
  const steps = path.map((step) => (typeof step === 'object' ? step.key : step));
  return problem(
    steps.map((step) => (typeof step === 'number' ? step : String(step))),
    message,
  );
}

/** As many problems as are told, and that there are more. */
export function bounded(problems: readonly string[]): readonly string[] {
  const most = LIMITS.maxProblems;
  if (problems.length <= most) return problems;
  return [
    ...problems.slice(0, most),
    `more is wrong: only the first ${most} are told (max_problems)`,
  ];
}

/** Everything that is wrong, a line each, as far as an error may say it. */
export function lines(problems: readonly string[]): string {
  let text = '';
  for (const [told, problem] of problems.entries()) {
    if (text.length > LIMITS.maxErrorText) return `${text}\nand ${problems.length - told} more`;
    text += `${told > 0 ? '\n' : ''}${cut(problem)}`;
  }
  return text;
}

/** A path and what is wrong there, as it is shown. */
export function problem(path: Path, what: string): string {
  return path.length > 0 ? `${dotted(path)}: ${what}` : what;
}
