// Multi round-trip requests, the client's side: a server that answers a tool call, a prompt or a read with
// questions gets the answers in a retry of the same request, with what it wants to be reminded of as it gave it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
//
// Whoever answers the requests of a legacy server answers here; where nobody does, the questions are the result.

import { unlessAborted } from './aborted.js';
import type { Awaitable } from '../awaitable.js';
import type { Answering, ClientContext } from './callbacks.js';
import { ErrorCode, McpError, protocolError } from '../error.js';
import * as LIMITS from '../protocol/limits.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import type {
  InputRequest,
  InputRequiredResult,
  InputResponse,
} from '../protocol/types/messages.js';
import { isObject } from '../wire/json.js';

/** What is sent again beside the params of the call, in the place of what was sent before. */
export interface Retry {
  readonly inputResponses: Record<string, InputResponse> | undefined;
  readonly requestState: string | undefined;
}

const MAY_ASK: ReadonlySet<string> = new Set(
  [methods.callTool, methods.getPrompt, methods.readResource].map(({ name }) => name),
);

/** Whether a result is not one yet, but asks for something. */
export function asks(method: string, result: unknown): result is InputRequiredResult {
  return isObject(result) && result.resultType === 'input_required' && MAY_ASK.has(method);
}

/**
 * Answers what a result asks, one question after the other.
 *
 * @throws McpError of kind `decode` if it asks wrongly, or a question is not answered; the reason of the context's
 * signal, however long an answer takes.
 */
export function answerInput(
  method: Method<unknown, unknown>,
  asked: InputRequiredResult,
  answering: Answering,
  context: ClientContext,
): Promise<Retry> {
  return unlessAborted(context.signal, () => answerAll(method, asked, answering, context));
}

async function answerAll(
  { name }: Method<unknown, unknown>,
  { inputRequests, requestState }: InputRequiredResult,
  answering: Answering,
  context: ClientContext,
): Promise<Retry> {
  if (inputRequests === undefined && requestState === undefined) {
    throw wrong(name, 'expected one of the members "inputRequests", "requestState"');
  }
  const answers: [string, InputResponse][] = [];
  for (const [key, request] of Object.entries(inputRequests ?? {})) {
    try {
      answers.push([key, await answer(request, answering, context)]);
    } catch (cause) {
      const what = `asks for ${request.method} ${JSON.stringify(key)}`;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw wrong(name, `${what}, which this client does not answer: ${why}`, cause);
    }
  }
  const inputResponses = answers.length > 0 ? Object.fromEntries(answers) : undefined;
  return { inputResponses, requestState };
}

/** Whoever asks for ever is not answered for ever. */
export function tooManyRounds({ name }: Method<unknown, unknown>): McpError {
  return wrong(name, `asked for input again after ${LIMITS.maxRounds} rounds (maxRounds)`);
}

/** The result of a call, where the questions were answered. */
export function completed<Complete extends object>(
  method: string,
  outcome: Complete | InputRequiredResult,
): Complete {
  if (asks(method, outcome))
    throw wrong(method, 'asks for input, which this client does not answer');
  return outcome as Complete;
}

function answer(
  request: InputRequest,
  answering: Answering,
  context: ClientContext,
): Awaitable<InputResponse> {
  const answered = (() => {
    switch (request.method) {
      case 'elicitation/create':
        return answering.elicit?.(request.params, context);
      case 'roots/list':
        return answering.listRoots?.(request.params ?? {}, context);
      case 'sampling/createMessage':
        return answering.createMessage?.(request.params, context);
    }
  })();
  if (answered !== undefined) return answered;
  throw protocolError(ErrorCode.MethodNotFound, `method not found: ${request.method}`);
}

function wrong(method: string, what: string, cause?: unknown): McpError {
  return new McpError('decode', `the answer to ${method}: ${what}`, { cause });
}
