package isogloss

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Who asks over HTTP: what a guard finds out before a request is read.

// Claims are what a request's credentials say of who asks.
type Claims struct {
	// Issuer, Subject and ClientID together are a principal: sessions, tasks and
	// sealed states belong to one.
	Issuer, Subject, ClientID string
	// Scopes are what the credentials are good for.
	Scopes []string
	// Audience are the servers they were made for.
	Audience []string
	// ExpiresAt is when they end; the zero time if they do not say.
	ExpiresAt time.Time
	// All is everything that they say, a JSON object; nil if that is not to be had.
	All wire.Raw
}

// Guard looks at every request of HTTP before its body is read.
type Guard interface {
	// Admit returns who asks, nil for somebody whom nothing is known of. Its error
	// is a *[Denied] for a request that is turned away; any other error is
	// answered 500 and says nothing.
	Admit(r *http.Request) (*Claims, error)
	// Lacks is the answer to somebody who was admitted and lacks these scopes.
	Lacks(r *http.Request, scopes []string) *Denied
	// Documents are what anybody may GET, JSON by path: the metadata that tells
	// clients how to get credentials.
	Documents() map[string]string
}

// Denied is a request that a guard turns away, and the response that says why.
type Denied struct {
	Status int
	Header http.Header
	// Message says why, for people.
	Message string
	// Body is that of the response, JSON; the message as an error of JSON-RPC if nil.
	Body wire.Raw
}

// Error says why.
func (d *Denied) Error() string { return d.Message }

type claimsKey struct{}

// WithClaims says who asks, for handlers below; what a middleware of net/http does
// that takes the place of a [Guard].
func WithClaims(ctx context.Context, claims *Claims) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// ClaimsOf returns who asks, for handlers of net/http that a [Guard] protects; nil
// if nothing is known.
func ClaimsOf(ctx context.Context) *Claims {
	claims, _ := ctx.Value(claimsKey{}).(*Claims)
	return claims
}

// InsufficientScope is the error of a request whose credentials are good for less
// than it needs. Over HTTP a [Guard] says so to its client.
type InsufficientScope struct {
	// Scopes are all that the request needs.
	Scopes []string
}

// Error names the scopes.
func (e *InsufficientScope) Error() string {
	return "this needs an access token with the scopes: " + strings.Join(e.Scopes, " ")
}

// principal is whom something belongs to. Everybody of whom nothing is known is
// the same one.
type principal struct {
	known                   bool
	issuer, subject, client string
}

func (c *Claims) principal() principal {
	if c == nil {
		return principal{}
	}
	return principal{true, c.Issuer, c.Subject, c.ClientID}
}
