package oauth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// Who the client is to an authorization server.

func TestAClientIsWhoTheAuthorizationServerCanKnowItAs(t *testing.T) {
	const place = "https://desk.example.com/client.json"
	documents := document{"client_id_metadata_document_supported": true}
	posted := document{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	unsaid := document{"token_endpoint_auth_methods_supported": nil}
	for _, row := range []struct {
		changes    document
		known, id  string
		registered int
	}{
		{documents, "", place, 0},
		{nil, "", "client-1", 1},
		{documents, "client_secret_basic", "desk", 0},
		{posted, "client_secret_post", "desk", 0},
		{unsaid, "client_secret_basic", "desk", 0},
		{posted, "", "client-1", 1},
		{unsaid, "", "client-1", 1},
	} {
		a, g := start(t, row.changes)
		options := oauth.Options{ClientMetadata: &oauth.ClientIdentity{ID: place}}
		if row.known != "" {
			const secret = "s:/ %~*"
			a.set(func(g *grants) { g.clients["desk"] = known{secret, row.known, []string{back}, nil} })
			options.Client = &oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret(secret), Issuer: a.issuer}
		}
		says(t, g.url, desk(t, g, options), "read", "a note")
		equal(t, fmt.Sprint(row), a.values("/authorize", "client_id"), row.id)
		if registered := a.count("/register"); registered != row.registered {
			t.Errorf("%v: registered %d times", row, registered)
		}
	}
}

func TestARegistrationIsForOneRedirectAddress(t *testing.T) {
	a, g := start(t, nil)
	store := &oauth.MemoryStore{}
	for _, place := range []string{back, back + "/other", back} {
		authorizer := asks(t, g.url, oauth.Unattended(place, sentOn), oauth.Options{Store: store})
		says(t, g.url, authorizer, "read", "a note")
		authorizer.Forget(t.Context())
	}
	if registered := a.count("/register"); registered != 3 {
		t.Errorf("registered %d times: one is kept, that of the last address", registered)
	}
}

func TestAClientThatCannotRegisterSaysWhatToDo(t *testing.T) {
	for _, row := range []struct {
		changes  document
		expected string
	}{
		{document{"registration_endpoint": nil}, "name it with Options.Client"},
		{document{"token_endpoint_auth_methods_supported": []string{"tls_client_auth"}}, "cannot prove itself"},
	} {
		_, g := start(t, row.changes)
		why(t, g.url, desk(t, g, oauth.Options{}), row.expected)
	}
}

func TestAProgramsClientIsShownToItsOwnAuthorizationServerAlone(t *testing.T) {
	a, g := start(t, nil)
	client := &oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret("hunter2"), Issuer: "https://auth.example.com"}
	words := why(t, g.url, desk(t, g, oauth.Options{Client: client}), `belongs to "https://auth.example.com"`)
	if strings.Contains(words, "hunter2") || a.count("/authorize")+a.count("/token") != 0 {
		t.Error(words)
	}
}

func TestARegistrationThatIsWorthNothingIsMadeAnew(t *testing.T) {
	a, g := start(t, nil)
	store := &oauth.MemoryStore{}
	authorizer := desk(t, g, oauth.Options{Store: store})
	says(t, g.url, authorizer, "read", "a note")
	// The authorization server forgets its clients.
	a.set(func(g *grants) { clear(g.clients); clear(g.renewal) })
	age(t, store, g.url, true)
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	if registered := a.count("/register"); registered != 2 {
		t.Errorf("registered %d times", registered)
	}
}
