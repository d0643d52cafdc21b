package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// A user is asked: the authorization code grant with PKCE, and what has to hold before a
// code is believed.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#authorization-flow-steps

// byUser is the grant of a program whose user this agent asks.
func byUser(agent UserAgent) grant {
	return func(ctx context.Context, a *asking) (*granted, clientOf, error) {
		server := a.server
		switch {
		case server.authorization == nil:
			return nil, clientOf{}, fmt.Errorf("the metadata of %s names no authorization_endpoint", server.issuer)
		case !server.hasS256:
			return nil, clientOf{}, fmt.Errorf("%s: code_challenge_methods_supported: expected S256: without it a code that is stolen is a token", server.issuer)
		}
		visit, err := bounded(ctx, a.setup, "a place to come back to", agent.Begin)
		if err != nil {
			return nil, clientOf{}, err
		}
		defer visit.Close()
		return a.visited(ctx, visit)
	}
}

// visiting is what is remembered of a user until they are back.
type visiting struct {
	server          *authorizationServer
	client          clientOf
	redirectURI     string
	state, verifier string
}

func (a *asking) visited(ctx context.Context, visit Visit) (*granted, clientOf, error) {
	v := visiting{server: a.server, redirectURI: visit.RedirectURI(), state: drawn(), verifier: drawn()}
	_, err := authority.Address("redirect address", v.redirectURI)
	if err == nil {
		v.client, err = a.clientFor(ctx, v.redirectURI)
	}
	if err != nil {
		return nil, clientOf{}, err
	}
	back, err := bounded(ctx, a.setup, "the user's way back", func(ctx context.Context) (string, error) {
		return visit.Show(ctx, v.address(a))
	})
	if err != nil {
		return nil, clientOf{}, err
	}
	code, err := v.code(back)
	if err != nil {
		return nil, clientOf{}, err
	}
	answer, err := a.endpoint(&v.client).ask(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {v.redirectURI},
		"code_verifier": {v.verifier}, "resource": {a.resource},
	})
	return answer, v.client, err
}

// clientFor is the client that asks: the program's own, a document that says what it is,
// or one that is registered for it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration
func (a *asking) clientFor(ctx context.Context, redirectURI string) (clientOf, error) {
	server := a.server
	if client, there, err := a.given(); there || err != nil {
		return client, err
	}
	if a.document != nil && server.readsClientDocuments {
		return a.document.at(server)
	}
	key := registrationKey(server.issuer)
	var known registration
	there, err := a.kept(ctx, key, &known)
	if err != nil {
		return clientOf{}, err
	}
	if there && known.serves(redirectURI) {
		return known.Client.client(), nil
	}
	if server.registration == nil {
		hint := ""
		if server.readsClientDocuments {
			hint = " or Options.ClientMetadata"
		}
		return clientOf{}, fmt.Errorf("%s: clients cannot register themselves there: have one registered, and name it with Options.Client%s", server.issuer, hint)
	}
	made, err := register(ctx, a.sender, server, a.clientName, redirectURI, a.proofs != nil)
	if err != nil {
		return clientOf{}, err
	}
	a.keep(ctx, key, made)
	return made.Client.client(), nil
}

// address is where the user is sent.
func (v *visiting) address(a *asking) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {v.client.id}, "redirect_uri": {v.redirectURI},
		"state": {v.state}, "code_challenge": {digest(v.verifier)}, "code_challenge_method": {"S256"},
		"resource": {a.resource},
	}
	if a.proofs != nil {
		query.Set("dpop_jkt", a.proofs.thumbprint())
	}
	scopes := a.scopes
	if v.server.renews() && slices.Contains(v.server.scopes, offline) {
		scopes = append(slices.Clone(scopes), offline)
		query.Set("prompt", "consent") // OpenID Connect gives it to users alone who were asked
	}
	if len(scopes) > 0 {
		query.Set("scope", strings.Join(scopes, " "))
	}
	u := *v.server.authorization
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query.Encode()
	return u.String()
}

// code is the code that the user came back with. Whoever sent them back has to be who
// they were sent to, before anything of what they say is looked at or shown.
func (v *visiting) code(back string) (string, error) {
	_, query, _ := strings.Cut(strings.TrimSpace(back), "?")
	query, _, _ = strings.Cut(query, "#")
	said, _ := url.ParseQuery(query) // what cannot be read is not there
	for _, name := range []string{"state", "iss", "error", "error_description", "code"} {
		if len(said[name]) > 1 {
			return "", fmt.Errorf("the user came back with %s twice", name)
		}
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(said.Get("state")), []byte(v.state)) != 1:
		return "", errors.New("the user came back with another state than they were sent with")
	case said.Has("iss") && said.Get("iss") != v.server.issuer:
		return "", fmt.Errorf("the user came back from another issuer (iss) than %q", v.server.issuer)
	case !said.Has("iss") && v.server.sendsIss:
		return "", fmt.Errorf("the user came back without iss, which %q says it sends", v.server.issuer)
	case said.Has("error"):
		return "", errors.New(quotedError(said.Get("error"), said.Get("error_description")))
	case said.Get("code") == "":
		return "", errors.New("the user came back without a code")
	}
	return said.Get("code"), nil
}
