package oauth_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// A client that acts for a user: how it gets a token, keeps it good, and whom it
// believes. The server is a real one, and so is the authorization server.

func start(t *testing.T, changes document) (*authority, *guarded) {
	t.Helper()
	a := newAuthority(t, changes)
	return a, guardedBy(t, a)
}

// desk is a client of a guarded server, whose user says yes.
func desk(t *testing.T, g *guarded, options oauth.Options) *oauth.Authorizer {
	t.Helper()
	options.ClientName = "Desk"
	return asks(t, g.url, yes(), options)
}

func TestAUserIsAskedOnceAndEverythingNamesTheResource(t *testing.T) {
	a, g := start(t, document{"scopes_supported": []string{"notes:read", "offline_access"}})
	authorizer := desk(t, g, oauth.Options{})
	for range 3 {
		says(t, g.url, authorizer, "read", "a note")
	}
	if g.without != 1 {
		t.Errorf("expected one request without a token, found %d", g.without)
	}
	equal(t, "resource", append(a.values("/authorize", "resource"), a.values("/token", "resource")...), g.url, g.url)
	equal(t, "scope", a.values("/authorize", "scope"), "notes:read offline_access")
	equal(t, "prompt", a.values("/authorize", "prompt"), "consent")
	equal(t, "registered", a.values("/register", "json"), `{"client_name":"Desk","redirect_uris":["`+back+
		`"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"}`)
}

func TestARefusedCallIsMadeAgainWithAllScopesThatWereHadAndTheNewOnes(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	says(t, g.url, authorizer, "read", "a note")
	says(t, g.url, authorizer, "write", "written")
	says(t, g.url, authorizer, "read", "a note")
	equal(t, "scopes", a.values("/authorize", "scope"), "notes:read", "notes:read notes:write")
	a.set(func(g *grants) { g.denied = "access_denied" })
	_, err := call(t, g.url, authorizer, "burn")
	told(t, err, "access_denied")
	says(t, g.url, authorizer, "read", "a note") // what there was is still good
}

func TestWhoeverDoesNotGiveAScopeIsNotAskedForItAgain(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.narrowed = "notes:read" })
	for range 3 {
		stays(t, g.url, authorizer, "write", http.StatusForbidden)
	}
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("the user was asked %d times", asked)
	}
	says(t, g.url, authorizer, "read", "a note")
}

func TestWhoSendsTheUserBackHasToBeWhoTheyWereSentTo(t *testing.T) {
	a, g := start(t, nil)
	for iss, expected := range map[string]string{
		"":                     "without iss",
		a.issuer + "/":         "another issuer",
		"https://evil.example": "another issuer",
	} {
		a.set(func(g *grants) { g.iss = iss })
		why(t, g.url, desk(t, g, oauth.Options{}), expected)
	}
	a.set(func(g *grants) { g.iss = a.issuer })
	other := oauth.Unattended(back, func(ctx context.Context, address string) (string, error) {
		sent, err := sentOn(ctx, address)
		return strings.Replace(sent, "state=", "state=x", 1), err
	})
	why(t, g.url, asks(t, g.url, other, oauth.Options{}), "another state")
	if asked := []int{a.count("/authorize"), a.count("/token")}; !slices.Equal(asked, []int{4, 0}) {
		t.Errorf("expected 4 visits and no token, found %v", asked)
	}
}

func TestAnAuthorizationServerWithoutS256IsNotGoneTo(t *testing.T) {
	for _, methods := range []any{nil, []string{"plain"}} {
		a, g := start(t, document{"code_challenge_methods_supported": methods})
		why(t, g.url, desk(t, g, oauth.Options{}), "expected S256")
		if a.count("/authorize")+a.count("/register") != 0 {
			t.Error("it was gone to")
		}
	}
}

func TestScopesOfTheProgramAreAskedForFromTheFirstTimeOn(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{Scopes: []string{"notes:write", "notes:read", "notes:write"}})
	says(t, g.url, authorizer, "write", "written")
	equal(t, "scopes", a.values("/authorize", "scope"), "notes:read notes:write")
}

func TestATokenGoesToItsServerAlone(t *testing.T) {
	_, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	says(t, g.url, authorizer, "read", "a note")
	for _, other := range []string{"https://evil.example/mcp", strings.Replace(g.url, "127.0.0.1", "localhost", 1), "https" + strings.TrimPrefix(g.url, "http")} {
		request, _ := refusedAt(t, other)
		told(t, authorizer.Authorize(t.Context(), request), "another server")
		if len(request.Header) != 0 {
			t.Errorf("%s: %v", other, request.Header)
		}
	}
	request, _ := refusedAt(t, g.origin+"/elsewhere?x=y")
	if err := authorizer.Authorize(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	_, claims := unverified(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
	if claims["aud"] != g.url {
		t.Errorf("found %v", claims)
	}
}

func TestWhatIsSetUpWronglyIsSaidAtOnce(t *testing.T) {
	at := func(server string, options oauth.Options) error {
		_, err := oauth.AuthorizationCode(server, yes(), &options)
		return err
	}
	const good = "https://m.example/mcp"
	without := func(_ *oauth.Authorizer, err error) error { return err }
	client := oauth.ClientIdentity{ID: "desk"}
	for _, row := range []struct {
		err      error
		expected string
	}{
		{at("http://mcp.example.com/mcp", oauth.Options{}), "use https"},
		{at("mcp.example.com", oauth.Options{}), "absolute address"},
		{at(good, oauth.Options{Scopes: []string{"a b"}}), "is no scope"},
		{at(good, oauth.Options{ClientMetadata: &oauth.ClientIdentity{ID: "http://127.0.0.1/c"}}), "expected https"},
		{at(good, oauth.Options{ClientMetadata: &oauth.ClientIdentity{ID: "https://desk.example"}}), "a path"},
		{at(good, oauth.Options{Client: &oauth.ClientIdentity{}}), "expected an ID"},
		{without(oauth.AuthorizationCode(good, nil, nil)), "user agent"},
		{without(oauth.JWTBearer(good, client, nil, nil)), "assertion"},
		{without(oauth.Enterprise(good, client, oauth.IdentityProvider{}, nil)), "expected an issuer"},
		{without(oauth.ClientCredentials(good, oauth.ClientIdentity{}, nil)), "expected an ID"},
		{without(oauth.ClientCredentials(good, client, &oauth.Options{Client: &client})), "AuthorizationCode alone"},
	} {
		if row.err == nil || !strings.Contains(row.err.Error(), row.expected) {
			t.Errorf("expected %q, found %v", row.expected, row.err)
		}
	}
}
