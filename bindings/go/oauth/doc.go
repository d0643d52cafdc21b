// Package oauth gets clients their access tokens: from the authorization server that
// a protected server names, and renewed before they end. Whether a server may be used
// at all is for the program to decide; what a token allows is the server's business.
//
// A user is asked in a browser, and comes back to this machine:
//
//	authorizer, err := oauth.AuthorizationCode("https://mcp.example.com/mcp", &oauth.Browser{},
//		&oauth.Options{ClientName: "Notes desk"})
//
// A program that acts for itself says who it is instead ([ClientCredentials]), shows
// what its platform says of it ([JWTBearer]), or what an enterprise says of its user
// ([Enterprise]).
//
// Servers are asked with HTTP/1.1 and the certificates that the system trusts, through
// no proxy; redirects are not followed. An answer may take protocol.AuthFetchTimeout
// and be as long as protocol.MaxAuthDocument. What a user does, or a store, may take
// protocol.LoginTimeout.
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
package oauth
