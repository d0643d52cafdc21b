package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// What a client shows for a token: a user's yes, what it is itself, or what somebody
// else says of it.

const (
	exchange  = "urn:ietf:params:oauth:grant-type:token-exchange"
	jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	idJAG     = "urn:ietf:params:oauth:token-type:id-jag"
	idToken   = "urn:ietf:params:oauth:token-type:id_token"
)

// grant is how tokens are got: a token, and the client that it was given to.
type grant func(ctx context.Context, a *asking) (*granted, clientOf, error)

// asking is what is asked of an authorization server.
type asking struct {
	*setup
	resource string
	server   *authorizationServer
	scopes   []string
	// proofs are of the key that the token is to be bound to; nil for none.
	proofs *proofs
	// bound is the authorization server that the program's client belongs to, where the
	// program did not say.
	bound string
}

// byClient is the grant of a program that acts for itself.
func byClient(ctx context.Context, a *asking) (*granted, clientOf, error) {
	return a.shown(ctx, url.Values{"grant_type": {"client_credentials"}}, strings.Join(a.scopes, " "))
}

// byAssertion is the grant of a program that shows what its platform says of it.
func byAssertion(assertion Assertion) grant {
	return func(ctx context.Context, a *asking) (*granted, clientOf, error) {
		statement, err := a.said(ctx, assertion, a.server.issuer)
		if err != nil {
			return nil, clientOf{}, err
		}
		return a.shown(ctx, url.Values{"grant_type": {jwtBearer}, "assertion": {statement}}, strings.Join(a.scopes, " "))
	}
}

// byEnterprise is the grant of a program for whose user an identity provider decides.
// https://datatracker.ietf.org/doc/draft-ietf-oauth-identity-assertion-authz-grant/
func byEnterprise(provider IdentityProvider) grant {
	return func(ctx context.Context, a *asking) (*granted, clientOf, error) {
		scope := strings.Join(a.scopes, " ")
		said, err := a.exchanged(ctx, &provider, scope)
		if err != nil {
			return nil, clientOf{}, err
		}
		if said.scope != nil {
			scope = *said.scope // the enterprise may allow less than was asked for
		}
		return a.shown(ctx, url.Values{"grant_type": {jwtBearer}, "assertion": {said.access.reveal()}}, scope)
	}
}

// given is the program's client, if it has one for this authorization server. One
// server's client is never shown to another.
func (a *asking) given() (client clientOf, there bool, err error) {
	if a.identity == nil {
		return clientOf{}, false, nil
	}
	own := a.identity.Issuer
	if own == "" {
		own = a.bound
	}
	if own != "" && own != a.server.issuer {
		return clientOf{}, false, fmt.Errorf("the server wants tokens of %q now, and the client %q belongs to %q: register it there, and say so with ClientIdentity.Issuer",
			a.server.issuer, a.identity.ID, own)
	}
	client, err = a.identity.at(a.server)
	return client, true, err
}

func (a *asking) endpoint(client *clientOf) *endpoint {
	return &endpoint{a.sender, a.server.token, a.server.issuer, client, a.proofs}
}

// said is what somebody says, for this issuer; without the line's end that files have.
func (a *asking) said(ctx context.Context, assertion Assertion, issuer string) (string, error) {
	text, err := bounded(ctx, a.setup, "the assertion", func(ctx context.Context) (string, error) { return assertion(ctx, issuer) })
	return strings.TrimSpace(text), err
}

// shown asks with what there is to show, and without a user.
func (a *asking) shown(ctx context.Context, form url.Values, scope string) (*granted, clientOf, error) {
	client, there, err := a.given()
	if err == nil && !there {
		err = errors.New("the program has no client")
	}
	if err != nil {
		return nil, clientOf{}, err
	}
	form.Set("resource", a.resource)
	if scope != "" {
		form.Set("scope", scope)
	}
	answer, err := a.endpoint(&client).ask(ctx, form)
	return answer, client, err
}

// exchanged is what the identity provider says of its user, for this authorization
// server.
func (a *asking) exchanged(ctx context.Context, provider *IdentityProvider, scope string) (*granted, error) {
	e, err := a.providerAt(ctx, provider)
	if err != nil {
		return nil, err
	}
	subject, err := a.said(ctx, provider.IDToken, provider.Issuer)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"grant_type": {exchange}, "requested_token_type": {idJAG},
		"audience": {a.server.issuer}, "resource": {a.resource},
		"subject_token": {subject}, "subject_token_type": {idToken},
	}
	if scope != "" {
		form.Set("scope", scope)
	}
	answer, err := e.ask(ctx, form)
	if err == nil && answer.issuedKind != idJAG {
		err = fmt.Errorf("%s: issued_token_type: expected %s, found another one", e.url, idJAG)
	}
	return answer, err
}

// providerAt is the token endpoint of an identity provider, and the program as its
// client.
func (a *asking) providerAt(ctx context.Context, provider *IdentityProvider) (*endpoint, error) {
	from, err := authority.Address("the identity provider's issuer", provider.Issuer)
	if err != nil {
		return nil, err
	}
	var server *authorizationServer
	if provider.TokenEndpoint == "" {
		server, err = discovery{a.sender}.authorizationServer(ctx, provider.Issuer, from)
	} else {
		// What it takes is not known then.
		server = &authorizationServer{issuer: provider.Issuer}
		server.token, err = reachable("token endpoint", provider.TokenEndpoint, from)
	}
	if err != nil {
		return nil, err
	}
	client, err := provider.Client.at(server)
	return &endpoint{a.sender, server.token, provider.Issuer, &client, nil}, err
}
