// Prompts: a function and its arguments to what the registry keeps.

import { aboutOf, type OfferOptions } from './about.js';
import type { Context } from '../context.js';
import { chain, type Awaitable } from '../awaitable.js';
import { ErrorCode, protocolError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import { unknown } from '../schema/words.js';
import type { MetaObject } from '../protocol/types/base.js';
import type { Icon } from '../protocol/types/content.js';
import type { GetPromptResult, Prompt, PromptMessage } from '../protocol/types/prompts.js';
import type { Completer, RegisteredPrompt } from '../registry.js';
import { bounded, lines, problem } from '../schema.js';

/** An argument of a prompt: a text. */
export interface PromptArgumentOptions {
  /** What it means. */
  doc?: string;
  /** Its name for people. */
  title?: string;
  /** Whether it may be left out. */
  optional?: boolean;
  /** What suggests values for it. */
  complete?: Completer;
}

/** What there is to say of a prompt. */
export interface PromptOptions<Arguments> extends OfferOptions {
  /** What it is for. */
  doc?: string;
  /** Its name for people. */
  title?: string;
  /** Its arguments, by name. */
  arguments?: Arguments;
  icons?: Icon[];
  meta?: MetaObject;
}

/** The texts that a prompt's arguments give to its function. */
export type PromptArguments<Arguments> = {
  [Name in keyof Arguments]: Arguments[Name] extends { optional: true }
    ? string | undefined
    : string;
};

/** What a prompt gives: the text of one message of the user, several messages, or a whole result. */
export type PromptValue = string | PromptMessage[] | GetPromptResult;

/** Makes the messages of a prompt. */
export type PromptFunction<Arguments, State = unknown> = (
  args: PromptArguments<Arguments>,
  context: Context<State>,
) => Awaitable<PromptValue>;

type AnyArguments = Readonly<Record<string, PromptArgumentOptions>>;

export function registerPrompt(
  name: string,
  options: PromptOptions<AnyArguments>,
  get: (args: any, context: Context<any>) => Awaitable<PromptValue>,
): RegisteredPrompt {
  const given = Object.entries(options.arguments ?? {});
  return {
    definition: definitionOf(name, options, given),
    about: aboutOf(options),
    completers: Object.fromEntries(
      given.flatMap(([argument, { complete }]) => (complete ? [[argument, complete]] : [])),
    ),
    get(args, context) {
      const problems = problemsOf(args, given);
      if (problems.length > 0)
        throw protocolError(ErrorCode.InvalidParams, lines(bounded(problems)));
      return chain(get(args, context), (value) => resultOf(value, options.doc));
    },
  };
}

/** Arguments that the prompt does not have, and those that are missing; texts they are already. */
function problemsOf(args: object, given: readonly [string, PromptArgumentOptions][]): string[] {
  const known = given.map(([argument]) => argument);
  const at = (argument: string, what: string) => problem(['params', 'arguments', argument], what);
  const strangers = Object.keys(args)
    .filter((argument) => !known.includes(argument))
    .slice(0, LIMITS.maxProblems + 1);
  const missing = given.filter(
    ([argument, { optional }]) => optional !== true && !Object.hasOwn(args, argument),
  );
  return [
    ...strangers.map((argument) => at(argument, unknown('argument', argument, known))),
    ...missing.map(([argument]) => at(argument, 'required member is missing')),
  ];
}

function definitionOf(
  name: string,
  { title, doc, icons, meta }: PromptOptions<unknown>,
  given: [string, PromptArgumentOptions][],
): Prompt {
  return {
    name,
    ...(title !== undefined && { title }),
    ...(doc !== undefined && { description: doc }),
    ...(icons !== undefined && { icons }),
    ...(meta !== undefined && { _meta: meta }),
    ...(given.length > 0 && {
      arguments: given.map(([argument, { title, doc, optional = false }]) => ({
        name: argument,
        ...(title !== undefined && { title }),
        ...(doc !== undefined && { description: doc }),
        required: !optional,
      })),
    }),
  };
}

function resultOf(value: PromptValue, doc: string | undefined): GetPromptResult {
  if (typeof value === 'object' && 'messages' in value) return value;
  const messages: PromptMessage[] =
    typeof value === 'string' ? [{ role: 'user', content: { type: 'text', text: value } }] : value;
  return doc === undefined ? { messages } : { description: doc, messages };
}
