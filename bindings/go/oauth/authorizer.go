package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// What gives a client's requests their tokens, and learns from the answers.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#error-handling

// Authorizer has access tokens for one server, got when it asks for them. Several
// clients may share one.
//
// The server's authorization server is found by what the server says of itself; a token
// is shown to this server alone, and asked for with the resource that the server names,
// letter by letter. Tokens are renewed before they end, one attempt at a time for all
// calls; a call that the server refuses for want of scopes gets a token with them and is
// made again. Its errors are of kind [isogloss.KindAuthorization].
type Authorizer struct{ session *session }

var _ isogloss.Authorizer = (*Authorizer)(nil)

// AuthorizationCode has a user decide, who is asked by this agent. The client registers
// itself if no authorization server knows it. Nil options are the defaults.
func AuthorizationCode(server string, agent UserAgent, options *Options) (*Authorizer, error) {
	if agent == nil {
		return nil, errors.New("user agent: expected one, found nil")
	}
	return newAuthorizer(server, byUser(agent), options)
}

// ClientCredentials has the program act for itself, as a client that the authorization
// server knows.
// https://modelcontextprotocol.io/extensions/auth/oauth-client-credentials
func ClientCredentials(server string, client ClientIdentity, options *Options) (*Authorizer, error) {
	return withClient(server, client, byClient, options)
}

// JWTBearer has the program act as what its platform says that it is (workload
// identity): it shows a signed statement of the platform's. Where that is refused it is
// not tried again, nor in another way.
// https://www.rfc-editor.org/rfc/rfc7523.html#section-2.1
func JWTBearer(server string, client ClientIdentity, assertion Assertion, options *Options) (*Authorizer, error) {
	if assertion == nil {
		return nil, errors.New("assertion: expected one, found nil")
	}
	return withClient(server, client, byAssertion(assertion), options)
}

// Enterprise has an enterprise decide what its users may use: its identity provider is
// asked, and the user is not.
// https://modelcontextprotocol.io/extensions/auth/enterprise-managed-authorization
func Enterprise(server string, client ClientIdentity, provider IdentityProvider, options *Options) (*Authorizer, error) {
	if err := provider.checked(); err != nil {
		return nil, err
	}
	return withClient(server, client, byEnterprise(provider), options)
}

// withClient is an authorizer of a program that is this client, and asks no user.
func withClient(server string, client ClientIdentity, g grant, options *Options) (*Authorizer, error) {
	var own Options
	if options != nil {
		own = *options
	}
	if own.Client != nil || own.ClientMetadata != nil || own.ClientName != "" {
		return nil, errors.New("options: Client, ClientMetadata and ClientName are for AuthorizationCode alone; here the client is an argument")
	}
	own.Client = &client
	return newAuthorizer(server, g, &own)
}

func newAuthorizer(server string, g grant, options *Options) (*Authorizer, error) {
	if options == nil {
		options = &Options{}
	}
	setup, err := newSetup(server, g, *options)
	if err != nil {
		return nil, err
	}
	return &Authorizer{newSession(setup)}, nil
}

// Forget forgets the token, here and where it is kept: whoever asks next is asked for
// credentials again. The authorization server is not told.
func (a *Authorizer) Forget(ctx context.Context) { a.session.forget(ctx) }

// Close ends the attempt to get a token that is under way, if there is one, and waits
// for its end; none is begun any more. A token that there is is still sent.
func (a *Authorizer) Close() error {
	a.session.close()
	return nil
}

// Authorize implements [isogloss.Authorizer]: it puts the token on a request.
func (a *Authorizer) Authorize(ctx context.Context, request *http.Request) error {
	s := a.session
	if !sameOrigin(request.URL, s.server) {
		return s.told(fmt.Errorf("a request to %s gets none: it is another server", shown(request.URL)))
	}
	request.Header.Del("Authorization")
	request.Header.Del(proofHeader)
	if err := s.load(ctx); err != nil {
		return err
	}
	current, err := s.usable(ctx)
	if current == nil || err != nil {
		return err
	}
	if p := s.proofsFor(current.bound); p != nil {
		proof, err := p.prove(request.Method, request.URL, current.access.reveal())
		if err != nil {
			return s.told(err)
		}
		request.Header.Set(proofHeader, proof)
	}
	request.Header.Set("Authorization", current.header())
	return nil
}

// Answered implements [isogloss.Authorizer]: it learns from an answer.
func (a *Authorizer) Answered(ctx context.Context, request *http.Request, response *http.Response) (again bool, err error) {
	s, status := a.session, response.StatusCode
	sent := request.Header.Get("Authorization")
	if sent == "" {
		if status != http.StatusUnauthorized {
			return false, nil
		}
		c := challengeOf(response.Header)
		err := s.get(ctx, nil, need{missing, &c})
		return err == nil, err
	}
	current := s.held()
	if current == nil || current.header() != sent {
		// Somebody else got another one in the meantime.
		c := challengeOf(response.Header)
		return status == http.StatusUnauthorized || status == http.StatusForbidden && c.wantsScopes(), nil
	}
	if status == http.StatusUnauthorized {
		return a.refused(ctx, current, request, response)
	}
	current.proven.Store(true)
	if status == http.StatusForbidden {
		return a.lacking(ctx, current, response)
	}
	if p := s.proofsFor(current.bound); p != nil {
		p.accepted(request.URL, response.Header)
	}
	if status >= 200 && status < 300 {
		s.succeeded()
	}
	return false, nil
}

// refused is that the server does not take the token.
func (a *Authorizer) refused(ctx context.Context, current *held, request *http.Request, response *http.Response) (bool, error) {
	c := challengeOf(response.Header)
	if c.error == "use_dpop_nonce" {
		p := a.session.proofsFor(current.bound)
		return p != nil && p.refused(request.URL, request.Header.Get(proofHeader), response.Header), nil
	}
	if current.isHopeless() {
		return false, nil
	}
	err := a.session.get(ctx, current, need{refused, &c})
	return err == nil, err
}

// lacking is that the server takes the token, and wants more of it for this.
func (a *Authorizer) lacking(ctx context.Context, current *held, response *http.Response) (bool, error) {
	c := challengeOf(response.Header)
	// Who was asked for them once and did not give them is not asked again.
	if !c.wantsScopes() || within(c.scopes, current.requested) || !a.session.mayStepUp() {
		return false, nil
	}
	err := a.session.get(ctx, current, need{lacking, &c})
	return err == nil, err
}

// Format implements [fmt.Formatter]: it shows neither tokens nor the server's query.
func (a Authorizer) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "Authorizer(%s)", shown(a.session.server))
}
