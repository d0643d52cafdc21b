// Questions to the client's side: to its user, its model, or about its roots. What they are on the wire,
// what a client has to declare for them, and how an answer is read.

import { chain, type Awaitable } from '../awaitable.js';
import { ErrorCode, protocolError, ToolError } from '../error.js';
import * as methods from '../protocol/methods.js';
import type { Method } from '../protocol/methods.js';
import { bitOf, type Revision } from '../protocol/revisions.js';
import {
  ElicitResult,
  type ElicitRequestFormParams,
  type ElicitRequestParams,
} from '../protocol/types/elicitation.js';
import type { ClientCapabilities } from '../protocol/types/lifecycle.js';
import type { InputRequest } from '../protocol/types/messages.js';
import { ListRootsResult, type Root } from '../protocol/types/roots.js';
import {
  CreateMessageResult,
  type CreateMessageRequestParams,
} from '../protocol/types/sampling.js';
import { compile, type Infer, type Schema } from '../schema.js';
import type { Codec } from '../wire/codec.js';
import { decode } from '../wire/decoder.js';

/** Something that a handler can ask. */
export interface Question<Answer> {
  /** As the protocol has it. */
  readonly request: InputRequest;
  /** Checks what comes back. */
  read(answer: unknown, revision: Revision): Awaitable<Answer>;
}

/** What a user made of a form: answered it, said no, or went away without a choice. */
export type FormAnswer<Content> =
  | { readonly action: 'accept'; readonly content: Content }
  | { readonly action: 'decline' | 'cancel'; readonly content?: undefined };

/**
 * What was answered.
 *
 * @throws ToolError if the user declined to answer, or went away.
 */
export function accepted<Content>(answer: FormAnswer<Content>): Content {
  if (answer.action === 'accept') return answer.content;
  const isDeclined = answer.action === 'decline';
  throw new ToolError(
    isDeclined ? 'the user declined to answer' : 'the user cancelled the question',
  );
}

/** A form under a message: a field for each member of the schema. */
export function form<const S extends Schema>(
  message: string,
  schema: S,
): Question<FormAnswer<Infer<S>>> {
  const fields = compile(schema, 'input');
  const requestedSchema = fields.json as unknown as ElicitRequestFormParams['requestedSchema'];
  return {
    request: { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
    read(answer, revision) {
      const { action, content = {} } = read(ElicitResult, answer, revision);
      if (action !== 'accept') return { action };
      return chain(fields.check(content), (checked) => {
        if (checked.problems === undefined) {
          return { action, content: checked.value as Infer<S> };
        }
        throw wrong(`content.${checked.problems[0]}`);
      });
    },
  };
}

/** A page for the user to open: for what must not pass through the client, such as a password. */
export function openUrl(
  message: string,
  url: string,
  elicitationId = url,
): Question<{ readonly action: 'accept' | 'decline' | 'cancel' }> {
  return elicit({ mode: 'url', message, url, elicitationId });
}

/** A question to the user as the protocol has it; of the answer only its form is checked. */
export function elicit(params: ElicitRequestParams): Question<ElicitResult> {
  return plain({ method: 'elicitation/create', params }, ElicitResult);
}

/** A question to the client's model. */
export function sample(params: CreateMessageRequestParams): Question<CreateMessageResult> {
  return plain({ method: 'sampling/createMessage', params }, CreateMessageResult);
}

/** The question for the directories and files that the client lets a server work in. */
export function roots(): Question<Root[]> {
  return {
    request: { method: 'roots/list', params: {} },
    read: (answer, revision) => read(ListRootsResult, answer, revision).roots,
  };
}

function plain<Answer>(request: InputRequest, codec: Codec<Answer>): Question<Answer> {
  return { request, read: (answer, revision) => read(codec, answer, revision) };
}

function read<Answer>(codec: Codec<Answer>, answer: unknown, revision: Revision): Answer {
  try {
    return decode(codec, answer, bitOf(revision));
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function wrong(what: string): Error {
  return protocolError(ErrorCode.InvalidParams, `the answer to a question: ${what}`);
}

/** The method that a legacy client is asked with. */
export function methodOf({ method }: InputRequest): Method<any, unknown> {
  switch (method) {
    case 'elicitation/create':
      return methods.elicit;
    case 'roots/list':
      return methods.listRoots;
    case 'sampling/createMessage':
      return methods.createMessage;
  }
}

/** What a client would have to declare, and the words for that; nothing where it has. */
export function lacking(
  request: InputRequest,
  { elicitation, sampling, roots }: ClientCapabilities,
): { readonly needed: ClientCapabilities; readonly name: string } | undefined {
  const unless = (can: boolean, needed: ClientCapabilities, name: string) =>
    can ? undefined : { needed, name };
  switch (request.method) {
    case 'elicitation/create': {
      if (request.params.mode === 'url') {
        return unless(
          elicitation?.url !== undefined,
          { elicitation: { url: {} } },
          'elicitation.url',
        );
      }
      // Without a mode it is the form, which was there first.
      const can =
        elicitation !== undefined &&
        (elicitation.form !== undefined || elicitation.url === undefined);
      return unless(can, { elicitation: {} }, 'elicitation');
    }
    case 'roots/list':
      return unless(roots !== undefined, { roots: {} }, 'roots');
    case 'sampling/createMessage': {
      const { tools, toolChoice } = request.params;
      if (tools === undefined && toolChoice === undefined) {
        return unless(sampling !== undefined, { sampling: {} }, 'sampling');
      }
      return unless(sampling?.tools !== undefined, { sampling: { tools: {} } }, 'sampling.tools');
    }
  }
}
