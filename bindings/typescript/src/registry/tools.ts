// Tools: a function and its schemas to what the registry keeps, and the function's values to results.

import { aboutOf, type OfferOptions } from './about.js';
import { chain, settle, type Awaitable } from '../awaitable.js';
import { confirmed } from './confirm.js';
import type { Context } from '../context.js';
import { McpError, ToolError } from '../error.js';
import { cut } from '../jsonrpc.js';
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
import { compile, type CompiledSchema, type Accepted, type Infer, type Schema } from '../schema.js';
import type { Diagnostics } from '../session.js';
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
   * What the user is asked before it runs. Without a yes it does not, in both eras: it fails closed. With a
   * modern client this is a question like any other: {@link Context.ask}.
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

/** A tool without arguments refuses any. */
export const NO_ARGUMENTS = { type: 'object', additionalProperties: false } as const;

/**
 * Makes a tool ready to be called.
 *
 * @throws TypeError if a schema cannot be served and enforced.
 */
export function registerTool(
  name: string,
  options: ToolOptions<Schema, Schema>,
  run: (args: any, context: Context<any>) => unknown,
  diagnostics: Diagnostics,
): RegisteredTool {
  const input = compile(options.input ?? NO_ARGUMENTS, 'input');
  if (input.json.type !== 'object') throw new TypeError(`${name}: its input is not an object`);
  const output = options.output === undefined ? undefined : compile(options.output, 'output');
  const respond = (value: unknown) => resultOf(value, output);
  const fail = (error: unknown) => failed(error, name, diagnostics);
  const { confirm, task } = options;
  const checked = (args: unknown, context: Context) =>
    chain(input.check(args ?? {}), (found) => {
      if (found.problems !== undefined) return failure(found.problems.map(cut).join('\n'));
      return chain(run(found.value, context), respond);
    });
  // Whatever is asked before is asked as by any other call.
  const inTask = (args: unknown, context: Context) => {
    context.task?.ready();
    return settle(
      () => checked(args, context),
      (error) => {
        // A task that is cancelled has its handler stop, which is no failure of the tool's.
        if (context.asking.call.cancelled) return failure('cancelled');
        throw error;
      },
    );
  };
  const work = task === undefined ? checked : inTask;
  return {
    definition: definitionOf(name, options, input, output),
    about: aboutOf(options),
    mirrored: mirroredIn(input.json),
    ...(task !== undefined && { task }),
    call(args, context) {
      if (confirm === undefined) return settle(() => work(args, context), fail);
      return settle(() => confirmed(confirm, context, () => work(args, context)), fail);
    },
  };
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
  return { type: 'object', properties: { result: json }, required: ['result'] };
}

function resultOf(value: unknown, output: CompiledSchema | undefined): Awaitable<CallToolResult> {
  if (value instanceof ToolOutput) return value.result;
  if (value === undefined && output === undefined) return { content: [] };
  if (output === undefined) return structured(value);
  return chain(output.check(value), (checked) => {
    if (checked.problems === undefined) return structured(checked.value);
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
