package auth

import (
	"cmp"
	"context"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// TokenVerifier checks access tokens. That a token is meant for this server, has
// not expired and allows what is asked is looked at by the [Protection], in what
// the verifier found. It is used by several goroutines.
type TokenVerifier interface {
	// Verify returns what a token says, if it is genuine. If it is not, the error is
	// a *[Refusal]. Any other error means that this cannot be found out now: it is
	// for who runs the server, and the client is not told (HTTP 503).
	//
	// Do not show, keep or forward the token.
	Verify(ctx context.Context, token string) (*isogloss.Claims, error)
	// Issuers are who issues the tokens, to be told to clients that need one.
	Issuers() []string
	// BindsAudience reports whether the verifier itself makes sure that tokens are
	// meant for this server, so that Claims.Audience need not name it. Say so only
	// if it is true: a token for another server must be refused.
	// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-audience-binding-and-validation
	BindsAudience() bool
}

// Refusal is a token that is no good. The client is told why (HTTP 401,
// invalid_token): say nothing that helps to forge one.
type Refusal struct{ Reason string }

// Error says why.
func (r *Refusal) Error() string { return r.Reason }

func invalid(why string) error { return &Refusal{why} }

// either is a time that was set, or its default; a negative one is none at all.
func either(set, usual time.Duration) time.Duration {
	return max(cmp.Or(set, usual), 0)
}
