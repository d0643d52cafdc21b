package oauth

import (
	"context"
	"errors"
)

// What others say of a client or its user, and that is shown instead of asking a user.

// Assertion is a signed statement, of a platform about a workload, or of an identity
// provider about a user: got each time that one is needed, and told for whom (the
// issuer). It is never shown.
type Assertion func(ctx context.Context, issuer string) (string, error)

// FixedAssertion is always this one.
func FixedAssertion(text string) Assertion {
	return func(context.Context, string) (string, error) { return text, nil }
}

// IdentityProvider is an enterprise's identity provider, which decides what its people
// may use.
type IdentityProvider struct {
	Issuer string
	// Client is who the program is to the provider.
	Client ClientIdentity
	// IDToken is that it signed the user in.
	IDToken Assertion
	// TokenEndpoint is where its token endpoint is; its metadata is not asked for then.
	TokenEndpoint string
}

func (p *IdentityProvider) checked() error {
	switch {
	case p.Issuer == "":
		return errors.New("identity provider: expected an issuer, found none")
	case p.IDToken == nil:
		return errors.New("identity provider: expected an ID token, found none")
	}
	return p.Client.checked()
}
