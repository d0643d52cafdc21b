// What a server offers, as types alone: they gather along the chain in which it is made, and a client of the
// same program knows names, arguments and results by them (`connect<typeof weather>(…)`).
//
// Schemas are kept as they are given and looked at where a tool is called, so that a long chain stays cheap.

import type { Accepted, Infer } from '../schema.js';
import type { ToolOutput } from './output.js';
import type { PromptArgumentOptions } from './prompts.js';

/** A tool: the schemas of its arguments and its result, and what its function returns. */
export interface OfferedTool<Input, Output, Value> {
  readonly input: Input;
  readonly output: Output;
  readonly value: Value;
}

/** Whatever has offers: a server, whose member this is in types alone. */
export interface Offering<Tools = object, Resources extends string = string, Prompts = object> {
  readonly '~offers'?: {
    readonly tools: Tools;
    readonly resources: Resources;
    readonly prompts: Prompts;
  };
}

type ToolsOf<S> = S extends Offering<infer Tools, any, any> ? Tools : object;
type PromptsOf<S> = S extends Offering<any, any, infer Prompts> ? Prompts : object;
type ResourcesOf<S> = S extends Offering<any, infer Uris, any> ? Uris : string;

type MemberOf<Known, Name> = Name extends keyof Known ? Known[Name] : undefined;

/** The members of an object; any name where none are known. */
type NameIn<Known> = [keyof Known] extends [never] ? string : keyof Known & string;

/** The names of a server's tools; any name where the server is not known. */
export type ToolName<S> = NameIn<ToolsOf<S>>;

/** What a tool takes. */
export type ToolArguments<S, Name> =
  MemberOf<ToolsOf<S>, Name> extends OfferedTool<infer Input, any, any> ? Accepted<Input> : object;

/** What a tool gives: by its output schema, and without one what its function returns, as JSON. */
export type ToolValue<S, Name> =
  MemberOf<ToolsOf<S>, Name> extends OfferedTool<any, infer Output, infer Value>
    ? Alone<unknown extends Infer<Output> ? AsJson<Exclude<Value, ToolOutput>> : Infer<Output>>
    : unknown;

/** A value that stands alone in a `result` is taken out of it. */
type Alone<Value> = [keyof Value] extends ['result']
  ? Value extends { readonly result: infer Inner }
    ? Inner
    : Value
  : Value;

/** A value after a journey as JSON. */
type AsJson<Value> = Value extends { toJSON(): infer Written }
  ? AsJson<Written>
  : Value extends object
    ? { [Member in keyof Value]: AsJson<Value[Member]> }
    : Value extends void
      ? undefined
      : Value;

/** The names of a server's prompts. */
export type PromptName<S> = NameIn<PromptsOf<S>>;

/** The arguments of a prompt. */
export type PromptTexts<S, Name> =
  MemberOf<PromptsOf<S>, Name> extends infer Arguments extends AnyPromptArguments
    ? TextsOf<Arguments>
    : Record<string, string>;

type TextsOf<Arguments> = {
  [Name in keyof Arguments as Arguments[Name] extends { optional: true } ? never : Name]: string;
} & {
  [Name in keyof Arguments as Arguments[Name] extends { optional: true } ? Name : never]?: string;
};

/** The arguments of a prompt, as it was added. */
export type AnyPromptArguments = Readonly<Record<string, PromptArgumentOptions>>;

/** The addresses of a server's resources, and any other, for those that came with a list. */
export type ResourceUri<S> = Address<ResourcesOf<S>> | (string & {});

type Address<Uri extends string> = string extends Uri
  ? string
  : Uri extends `${infer Start}{${string}}${infer Rest}`
    ? `${Start}${string}${Address<Rest>}`
    : Uri;
