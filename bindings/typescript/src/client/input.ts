// Input that a modern server asks for before it can finish: the same handlers answer that answer the
// requests of a legacy server.

import { ErrorCode, protocolError } from '../error.js';
import type { Awaitable, ClientHandlers } from '../protocol/handlers.js';
import type {
  InputRequest,
  InputRequiredResult,
  InputResponse,
  InputResponses,
} from '../protocol/types/messages.js';
import { isObject } from '../wire/json.js';

/** Whether a result is not one yet. */
export function isInputRequired(result: unknown): result is InputRequiredResult {
  return isObject(result) && result.resultType === 'input_required';
}

/** What is sent again, beside the params of the call, once the questions are answered. */
export async function answerInput<Context>(
  { inputRequests = {}, requestState }: InputRequiredResult,
  handlers: ClientHandlers<Context>,
  context: Context,
): Promise<{ inputResponses?: InputResponses; requestState?: string }> {
  const answers = Object.entries(inputRequests).map(
    async ([key, request]) => [key, await answer(request, handlers, context)] as const,
  );
  return {
    ...(answers.length > 0 && { inputResponses: Object.fromEntries(await Promise.all(answers)) }),
    ...(requestState !== undefined && { requestState }),
  };
}

function answer<Context>(
  request: InputRequest,
  handlers: ClientHandlers<Context>,
  context: Context,
): Awaitable<InputResponse> {
  const response = (() => {
    switch (request.method) {
      case 'elicitation/create':
        return handlers.elicit?.(request.params, context);
      case 'roots/list':
        return handlers.listRoots?.(request.params ?? {}, context);
      case 'sampling/createMessage':
        return handlers.createMessage?.(request.params, context);
    }
  })();
  if (response !== undefined) return response;
  throw protocolError(ErrorCode.MethodNotFound, `nothing answers ${request.method}`);
}
