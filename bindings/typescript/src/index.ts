// The portable part: servers and clients over any transport. `isogloss/node` has what needs Node.

export { connect, Client, type ClientOptions, type Target, type ToolResult } from './client.js';
export { ToolFailed } from './client/call.js';
export type { Callbacks, ClientContext } from './client/callbacks.js';
export type { Change, LogListener, LogMessage } from './client/news.js';
export { clients, Clients, type Listed, type Servers } from './client/clients.js';
export type { CallOptions } from './client/session.js';
export {
  logMessages,
  onChange,
  subscribe,
  subscribeToLists,
  type SubscribeOptions,
  type Subscription,
} from './client/subscriptions.js';
export type { Claims, Context, ReportProgress } from './context.js';
export type { TraceContext } from './context/trace.js';
export type { Diagnostic, Diagnostics } from './diagnostics.js';
export {
  ErrorCode,
  InsufficientScope,
  McpError,
  protocolError,
  ToolError,
  type ErrorKind,
} from './error.js';
export type {
  Answers,
  Denied,
  EventId,
  EventStore,
  Guard,
  HttpOptions,
  HttpService,
  KeptEvent,
  RequestHead,
} from './http-server.js';
export {
  site,
  type ProtectedRoute,
  type PublicRoute,
  type Site,
  type SiteOptions,
} from './http-server/site.js';
export type {
  Offering,
  PromptName,
  PromptTexts,
  ResourceUri,
  ToolArguments,
  ToolName,
  ToolValue,
} from './registry/offers.js';
export {
  http,
  type AnswerHead,
  type Authorize,
  type Fetch,
  type HttpTarget,
  type HttpTargetOptions,
  type SentHead,
} from './http-client.js';
export { assistant, audio, contents, embedded, image, link, user } from './registry/content.js';
export { content, text, ToolOutput } from './registry/output.js';
export type {
  PromptArgumentOptions,
  PromptFunction,
  PromptOptions,
  PromptValue,
} from './registry/prompts.js';
export {
  accepted,
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
export type { AnyResult, Middleware } from './server/middleware.js';
export type { Access, Item, ItemKind, Policy } from './server/policy.js';
export type { RequestOptions } from './session.js';
export type { ToolFunction, ToolOptions } from './registry/tools.js';
export { pair, type Receiver, type Transport } from './transport.js';
export { LIMITS, type Limits } from './protocol/limits.js';
export { REVISIONS, type Era, type Revision } from './protocol/revisions.js';
export type * from './protocol/types/index.js';
export type { JsonObject, JsonValue } from './wire/json.js';
