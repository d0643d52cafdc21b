// Package auth decides who may ask a server over HTTP. A [Protection] asks every
// request for an access token, has a [TokenVerifier] check it, and tells a client
// without one where to get it. What the token says reaches handlers as
// [isogloss.Claims]. Which handler needs which scope is the offers' to say; getting
// tokens is a client's (package oauth).
//
// Tokens of an authorization server that signs them are checked with its published
// keys ([NewJWTVerifier]); tokens that mean something to their authorization server
// alone are asked about ([NewIntrospectionVerifier]); whatever else a token may be
// is a TokenVerifier of your own.
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
package auth
