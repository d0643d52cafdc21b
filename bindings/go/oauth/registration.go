package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A client makes itself known to an authorization server that has never heard of it.
// https://www.rfc-editor.org/rfc/rfc7591.html

// registering is what a client says of itself.
type registering struct {
	ClientName      string    `json:"client_name"`
	RedirectURIs    [1]string `json:"redirect_uris"`
	GrantTypes      []string  `json:"grant_types"`
	ResponseTypes   [1]string `json:"response_types"`
	Method          string    `json:"token_endpoint_auth_method"`
	ApplicationType string    `json:"application_type"`
	Bound           bool      `json:"dpop_bound_access_tokens,omitempty"`
}

// registration is a client that made itself known, as it is kept.
type registration struct {
	Client keptClient `json:"client"`
	// RedirectURI is where its users come back to.
	RedirectURI string `json:"redirectUri"`
	// ExpiresAt is in seconds after 1970; 0 for never.
	ExpiresAt int64 `json:"expiresAt,omitempty"`
}

// serves tells whether it is good for this.
func (r *registration) serves(redirectURI string) bool {
	return r.Client.isGood() && r.RedirectURI == redirectURI && (r.ExpiresAt == 0 || r.ExpiresAt > time.Now().Unix())
}

// register registers at the server's endpoint, with tokens that are bound to a key or
// not.
func register(ctx context.Context, sender *authority.Client, server *authorizationServer, name, redirectURI string, bound bool) (*registration, error) {
	method, ok := server.firstTaken([]string{byNothing, byBasic, byPost})
	if !ok {
		return nil, fmt.Errorf("%s: a client that registers itself cannot prove itself in a way that is taken there", server.issuer)
	}
	wanted := registering{
		ClientName: name, RedirectURIs: [1]string{redirectURI},
		GrantTypes: []string{"authorization_code"}, ResponseTypes: [1]string{"code"},
		Method: method, ApplicationType: applicationType(redirectURI), Bound: bound,
	}
	if server.renews() {
		wanted.GrantTypes = append(wanted.GrantTypes, "refresh_token")
	}
	body, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	place := server.registration
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, place.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := sender.Send(request)
	if err != nil {
		return nil, err
	}
	if answer.Code != http.StatusCreated && answer.Code != http.StatusOK {
		return nil, fmt.Errorf("the client cannot be registered with the redirect address %q: %w", redirectURI, refusalOf(place, answer))
	}
	return readRegistration(place, answer.Body, method, redirectURI)
}

// readRegistration is what the authorization server makes of a client that wants to
// prove itself by a method. What is wrong with it is told without its text: a secret may
// be in it.
func readRegistration(place *url.URL, body []byte, method, redirectURI string) (*registration, error) {
	document, err := authority.Object(place, body)
	m := members{document: document}
	made := &registration{RedirectURI: redirectURI, Client: keptClient{
		ID: m.required("client_id"), Secret: m.text("client_secret"), Method: method,
	}}
	named := m.text("token_endpoint_auth_method")
	if ends := m.value("client_secret_expires_at"); ends.Kind() == wire.KindNumber {
		// What is no time that anybody knows is taken for none.
		_ = ends.Unmarshal(&made.ExpiresAt)
	}
	if err != nil || m.err != nil || made.Client.ID == "" {
		return nil, fmt.Errorf("%s: the answer is no registration", place)
	}
	if named != "" {
		if !slices.Contains([]string{byNothing, byBasic, byPost}, named) {
			return nil, fmt.Errorf("%s: token_endpoint_auth_method: expected %s, found another one", place, method)
		}
		made.Client.Method = named
	}
	return made, nil
}

// applicationType tells whether its users come back to a program or to a site.
func applicationType(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && !authority.IsLoopback(u) {
		return "web"
	}
	return "native"
}
