// Streamable HTTP, the client's side, over `fetch`, in both eras: where a server is (`http`), which brings what asks it.
// What is asked, and who answers a server's own requests, is for the client to say.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http

export { http, HttpTarget, type Fetch, type HttpTargetOptions } from './http-client/target.js';
export type { AnswerHead, Authorize, SentHead } from './http-client/authorize.js';
