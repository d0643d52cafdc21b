// What a server may ask, and who answers: functions of the program, one for each kind of question. The client
// says that it can do what there is a function for.

import { chain, type Awaitable } from '../awaitable.js';
import { fillIn } from './defaults.js';
import { ErrorCode, protocolError } from '../error.js';
import type { ClientHandlers } from '../protocol/handlers.js';
import * as methods from '../protocol/methods.js';
import type { Revision } from '../protocol/revisions.js';
import type {
  ElicitRequestFormParams,
  ElicitRequestParams,
  ElicitRequestURLParams,
  ElicitResult,
} from '../protocol/types/elicitation.js';
import type { ClientCapabilities } from '../protocol/types/lifecycle.js';
import type { Root } from '../protocol/types/roots.js';
import type {
  CreateMessageRequestParams,
  CreateMessageResult,
} from '../protocol/types/sampling.js';

/** What a client's handlers know of what they handle. */
export interface ClientContext {
  readonly revision: Revision;
  /** Aborts when the server no longer waits. */
  readonly signal: AbortSignal;
}

/** Answers a server's questions, in whichever era they come. */
export interface Callbacks {
  /** Puts a form to the user. */
  onElicit?: (form: ElicitRequestFormParams, context: ClientContext) => Awaitable<ElicitResult>;
  /** Leads the user to an address, if the user wants to. */
  onElicitUrl?: (page: ElicitRequestURLParams, context: ClientContext) => Awaitable<ElicitResult>;
  /** Has the client's model answer. */
  onSample?: (
    asked: CreateMessageRequestParams,
    context: ClientContext,
  ) => Awaitable<CreateMessageResult>;
  /** Tells which folders the server may work in. */
  onRoots?: (context: ClientContext) => Awaitable<Root[]>;
  /** Gives a form that was accepted the defaults of those fields that the answer leaves out. */
  fillDefaults?: boolean;
}

/** What answers questions, each by its kind, as far as anybody does. */
export type Answering = Pick<
  ClientHandlers<ClientContext>,
  'elicit' | 'createMessage' | 'listRoots'
>;

/** The functions for questions; they stand before handlers of the protocol's interface for them. */
export function answering(
  callbacks: Callbacks,
  handlers: ClientHandlers<ClientContext>,
): Answering {
  const { onElicit, onElicitUrl, onSample, onRoots, fillDefaults = false } = callbacks;
  const answers: Answering = {};
  if (onElicit !== undefined || onElicitUrl !== undefined || handlers.elicit !== undefined) {
    answers.elicit = (params, context) => {
      const answer = elicited(callbacks, handlers, params, context);
      if (!fillDefaults || params.mode === 'url') return answer;
      return chain(answer, (result) => fillIn(params.requestedSchema, result));
    };
  }
  if (onSample !== undefined) answers.createMessage = onSample;
  else if (handlers.createMessage !== undefined) {
    answers.createMessage = (params, context) => handlers.createMessage!(params, context);
  }
  if (onRoots !== undefined) {
    answers.listRoots = (_, context) => chain(onRoots(context), (roots) => ({ roots }));
  } else if (handlers.listRoots !== undefined) {
    answers.listRoots = (params, context) => handlers.listRoots!(params, context);
  }
  return answers;
}

function elicited(
  { onElicit, onElicitUrl }: Callbacks,
  handlers: ClientHandlers<ClientContext>,
  params: ElicitRequestParams,
  context: ClientContext,
): Awaitable<ElicitResult> {
  if (params.mode === 'url') {
    if (onElicitUrl !== undefined) return onElicitUrl(params, context);
  } else if (onElicit !== undefined) return onElicit(params, context);
  if (handlers.elicit !== undefined) return handlers.elicit(params, context);
  const { name } = methods.elicit;
  throw protocolError(ErrorCode.MethodNotFound, `method not found: ${name}`);
}

/** What a client can do: what it says itself, and what there is a function for. */
export function capabilitiesOf(
  { onElicit, onElicitUrl, onSample, onRoots }: Callbacks,
  declared: ClientCapabilities,
): ClientCapabilities {
  const asksUser = onElicit !== undefined || onElicitUrl !== undefined;
  return {
    ...declared,
    ...(asksUser && {
      elicitation: {
        ...declared.elicitation,
        ...(onElicit !== undefined && { form: {} }),
        ...(onElicitUrl !== undefined && { url: {} }),
      },
    }),
    ...(onSample !== undefined && { sampling: declared.sampling ?? {} }),
    ...(onRoots !== undefined && { roots: declared.roots ?? {} }),
  };
}
