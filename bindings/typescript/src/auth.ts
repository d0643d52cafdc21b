// Who may ask a server over HTTP: a protection asks every request for an access token, has a verifier check it, and
// tells a client without one where to get it. What the token says reaches handlers as `context.claims`. Which handler
// needs which scope is the offers' to say; getting tokens is a client's.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization

export type { Fetch } from './auth/fetcher.js';
export { fixedTokens } from './auth/fixed.js';
export { introspectionVerifier, type IntrospectionOptions } from './auth/introspection.js';
export { jwtVerifier, type JwtOptions } from './auth/jwt.js';
export type { Algorithm } from './auth/keys.js';
export { protection, type Protection, type ProtectionOptions } from './auth/protection.js';
export { missingScopes } from './auth/scopes.js';
export { TokenRefusal, type TokenVerifier } from './auth/verifier.js';
