// Tools: a function and its schemas to what the registry keeps, and the function's values to results.

import { aboutOf, type OfferOptions } from './about.js';
import { chain, settle, type Awaitable } from '../awaitable.js';
import { confirmed } from './confirm.js';
import type { Context } from '../context.js';
import type { Diagnostics } from '../diagnostics.js';
import { McpError, ToolError } from '../error.js';
import { mirroredIn } from '../schema/mirrored.js';
import { failure, structured, ToolOutput } from './output.js';
import type { MetaObject } from '../protocol/types/base.js';
import type { Icon } from '../protocol/types/content.js';
import type {
  CallToolResult,
  Tool,
  ToolAnnotations,
  ToolInputSchema,
  ToolOutputSchema,
} from '../protocol/types/tools.js';
import type { RegisteredTool } from '../registry.js';
import {
  compile,
  lines,
  type Accepted,
  type CompiledSchema,
  type Infer,
  type Schema,
  type StandardSchema,
} from '../schema.js';
import { mend } from '../schema/coercion.js';
import type { AsTask } from '../tasks.js';
import type { JsonObject } from '../wire/json.js';

/** What there is to say of a tool. */
export interface ToolOptions<Input, Output> extends OfferOptions {
  /** What it does and when to use it, for the model. */
  doc?: string;
  /** Its name for people. */
  title?: string;
  /** Its arguments; without it, it takes none. */
  input?: Input;
  /** What it gives back; without it, results are not described. */
  output?: Output;
  annotations?: ToolAnnotations;
  icons?: Icon[];
  meta?: MetaObject;
  /**
   * What the user is asked before it runs, if its arguments are right. Without a yes it does not, in both eras:
   * it fails closed. With a modern client this is a question like any other: {@link Context.ask}.
   */
  confirm?: string;
  /** Has it run as a task: `isogloss/tasks`, which the server is told of by `ServerOptions.tasks`. */
  task?: AsTask;
}

/** The function of a tool: arguments to a plain value, or to {@link ToolOutput}. */
export type ToolFunction<Input, Output, State = unknown, Value = Accepted<Output> | ToolOutput> = (
  args: Infer<Input>,
  context: Context<State>,
) => Awaitable<Value>;

const NOTHING = { type: 'object', additionalProperties: false };

/** A tool without arguments refuses any. */
export const NO_ARGUMENTS: StandardSchema<{}> = {
  '~standard': {
    version: 1,
    vendor: 'isogloss',
    validate(value) {
      const names = Object.keys(value as object);
      if (names.length === 0) return { value: {} };
      return { issues: names.map((name) => ({ path: [name], message: 'unknown argument' })) };
    },
    jsonSchema: { input: () => NOTHING, output: () => NOTHING },
  },
};

/**
 * Makes a tool ready to be called.
 *
 * @param give Makes a result of what is as the output schema says.
 * @throws TypeError if a schema cannot be served and enforced.
 */
export function registerTool(
  name: string,
  options: ToolOptions<Schema, Schema>,
  run: (args: any, context: Context<any>) => unknown,
  diagnostics: Diagnostics,
  give: (value: unknown) => CallToolResult = structured,
): RegisteredTool {
  const input = schemaOf(name, 'input', options.input ?? NO_ARGUMENTS);
  if (input.json.type !== 'object') {
    throw new TypeError(
      `tool "${name}": the input schema: arguments are an object, so its type is "object"`,
    );
  }
  const output =
    options.output === undefined ? undefined : schemaOf(name, 'output', options.output);
  const respond = (value: unknown) => resultOf(value, output, give);
  const fail = (error: unknown, { asking }: Context) => {
    // One that is cancelled stops, and nobody waits for what it says: that is no failure of the tool's.
    if (asking.call.cancelled) return failure('cancelled');
    return failed(error, name, diagnostics);
  };
  const { confirm, task } = options;
  const begin = (args: unknown, context: Context) => chain(run(args, context), respond);
  // Whatever is asked before is asked as by any other call.
  const inTask = (args: unknown, context: Context) => {
    context.task?.ready();
    return begin(args, context);
  };
  const work = task === undefined ? begin : inTask;
  const call = (args: unknown, context: Context, mended: readonly string[]) =>
    chain(input.check(args), (checked) => {
      if (checked.problems !== undefined) return failure(lines(checked.problems));
      for (const line of mended) {
        diagnostics({ level: 'info', message: `the tool ${name}: arguments: ${line}` });
      }
      if (confirm === undefined) return work(checked.value, context);
      return confirmed(confirm, context, () => work(checked.value, context));
    });
  return {
    definition: definitionOf(name, options, input, output),
    about: aboutOf(options),
    mirrored: mirroredIn(input.json),
    ...(task !== undefined && { task }),
    call(args = {}, context) {
      return settle(
        () => {
          const { coercion } = context;
          if (coercion === 'off') return call(args, context, NONE);
          const mended = mend(input.json, args);
          return call(mended.value, context, coercion === 'report' ? mended.lines : NONE);
        },
        (error) => fail(error, context),
      );
    },
  };
}

const NONE: readonly string[] = [];

/** @throws TypeError that says whose schema it is. */
function schemaOf(name: string, side: 'input' | 'output', schema: Schema): CompiledSchema {
  try {
    return compile(schema, side);
  } catch (error) {
    const why = (error as Error).message;
    throw new TypeError(`tool "${name}": the ${side} schema: ${why}`, { cause: error });
  }
}

function definitionOf(
  name: string,
  options: ToolOptions<unknown, unknown>,
  input: CompiledSchema,
  output: CompiledSchema | undefined,
): Tool {
  const { title, doc, annotations, icons, meta } = options;
  return {
    name,
    ...(title !== undefined && { title }),
    ...(doc !== undefined && { description: doc }),
    inputSchema: input.json as ToolInputSchema & JsonObject,
    ...(output !== undefined && { outputSchema: servedOutput(output.json) }),
    ...(annotations !== undefined && { annotations }),
    ...(icons !== undefined && { icons }),
    ...(meta !== undefined && { _meta: meta }),
  };
}

/** A structured result is an object: what is none is sent as the member `result` of one. */
function servedOutput(json: JsonObject): ToolOutputSchema {
  if (json.type === 'object') return json as ToolOutputSchema & JsonObject;
  // What refers to its definitions by their place finds them there.
  const { $defs, $schema, ...result } = json;
  return {
    ...($schema !== undefined && { $schema }),
    type: 'object',
    properties: { result },
    required: ['result'],
    ...($defs !== undefined && { $defs }),
  } as ToolOutputSchema & JsonObject;
}

function resultOf(
  value: unknown,
  output: CompiledSchema | undefined,
  give: (value: unknown) => CallToolResult,
): Awaitable<CallToolResult> {
  if (value instanceof ToolOutput) return value.result;
  if (value === undefined && output === undefined) return { content: [] };
  if (output === undefined) return structured(value);
  return chain(output.check(value), (checked) => {
    if (checked.problems === undefined) return give(checked.value);
    throw new TypeError(
      `the result is not what the output schema says:\n${checked.problems.join('\n')}`,
    );
  });
}

/** A failure of the tool is for the model; one of the protocol for the client; others for nobody. */
function failed(error: unknown, name: string, diagnostics: Diagnostics): CallToolResult {
  if (error instanceof McpError && error.kind === 'protocol') throw error;
  if (error instanceof ToolError) return failure(error.message);
  diagnostics({ level: 'error', message: `the tool ${name} failed`, cause: error });
  return failure('internal error');
}
