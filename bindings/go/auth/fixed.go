package auth

import (
	"context"
	"crypto/subtle"
	"fmt"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// NewFixedTokens accepts these tokens, each with what it stands for: for a server on
// a machine of one's own, and for tests. Make them from at least 16 random bytes:
// nothing else keeps them from being guessed. Only their SHA-256 is kept, and
// compared in constant time.
func NewFixedTokens(tokens map[string]isogloss.Claims) TokenVerifier {
	known := make(fixedTokens, 0, len(tokens))
	for token, claims := range tokens {
		known = append(known, fixedToken{fingerprintOf(token), claims})
	}
	return known
}

type fixedTokens []fixedToken

type fixedToken struct {
	token  fingerprint
	claims isogloss.Claims
}

// Verify implements [TokenVerifier].
func (t fixedTokens) Verify(_ context.Context, token string) (*isogloss.Claims, error) {
	asked := fingerprintOf(token)
	found := -1
	// To the end, so that the time tells nothing of where a token stands.
	for i := range t {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(t[i].token[:], asked[:]), i, found)
	}
	if found < 0 {
		return nil, invalid("the token is not known")
	}
	claims := t[found].claims
	return &claims, nil
}

// Issuers implements [TokenVerifier]: nobody issues them.
func (t fixedTokens) Issuers() []string { return nil }

// BindsAudience implements [TokenVerifier]: they were given to this server alone.
func (t fixedTokens) BindsAudience() bool { return true }

// String says how many there are.
func (t fixedTokens) String() string { return fmt.Sprintf("%d fixed tokens", len(t)) }
