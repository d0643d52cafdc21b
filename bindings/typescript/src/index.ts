// The portable part: servers and clients over any transport. `isogloss/node` has what needs Node.

export { connect, Client, type ClientOptions, type Target, type ToolResult } from './client.js';
export type { CallOptions, ClientContext } from './client/session.js';
export type { Claims, Context, ReportProgress } from './context.js';
export { ErrorCode, McpError, protocolError, ToolError, type ErrorKind } from './error.js';
export type {
  Denied,
  EventId,
  EventStore,
  Guard,
  HttpOptions,
  HttpService,
  KeptEvent,
  RequestHead,
} from './http-server.js';
export { content, text, ToolOutput } from './registry/output.js';
export type {
  PromptArgumentOptions,
  PromptFunction,
  PromptOptions,
  PromptValue,
} from './registry/prompts.js';
export {
  elicit,
  form,
  openUrl,
  roots,
  sample,
  type FormAnswer,
  type Question,
} from './context/questions.js';
export type { Completer } from './registry.js';
export type { ResourceFunction, ResourceOptions, ResourceValue } from './registry/resources.js';
export { withJsonSchema, type Infer, type Schema, type StandardSchema } from './schema.js';
export type { Coercion } from './schema/coercion.js';
export { server, Server, type ServerOptions } from './server.js';
export type { Diagnostic, Diagnostics, RequestOptions } from './session.js';
export type { ToolFunction, ToolOptions } from './registry/tools.js';
export { pair, type Receiver, type Transport } from './transport.js';
export { LIMITS, type Limits } from './protocol/limits.js';
export { REVISIONS, type Era, type Revision } from './protocol/revisions.js';
export type * from './protocol/types/index.js';
export type { JsonObject, JsonValue } from './wire/json.js';
