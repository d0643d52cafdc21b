package oauth_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// The way from a refused request to an authorization server: which places are asked in
// which order, and what ends it.

// fresh is a new client, before which no document was asked for.
func fresh(t *testing.T, g *guarded) *oauth.Authorizer {
	t.Helper()
	g.places()
	return asks(t, g.url, yes(), oauth.Options{})
}

func TestTheServersDocumentIsWhereItSaysElseBelowItsPathElseAtTheRoot(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	place := g.origin + "/elsewhere.json"
	for _, row := range []struct {
		challenge, path string
		expected        []string
	}{
		{`Bearer resource_metadata="` + place + `"`, "/elsewhere.json", []string{"/elsewhere.json"}},
		{"Bearer", prefixed, []string{prefixed}},
		{"Bearer", root, []string{prefixed, root}},
		{`Basic, Bearer error="invalid_token"`, root, []string{prefixed, root}},
	} {
		g.set(func() { g.challenge = row.challenge; clear(g.documents) })
		g.says(row.path, document{"resource": g.url, "authorization_servers": []string{a.issuer}})
		says(t, g.url, fresh(t, g), "read", "a note")
		equal(t, row.challenge, g.places(), row.expected...)
	}
	// Where it says it is it has to be.
	g.set(func() { g.challenge = `Bearer resource_metadata="` + place + `x"` })
	why(t, g.url, fresh(t, g), "found HTTP 404")
	equal(t, "places", g.places(), "/elsewhere.jsonx")
}

func TestTheResourceIsSentAsTheServerSpellsIt(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	for _, spelling := range []string{g.origin, g.origin + "/", strings.Replace(g.origin, "http", "HTTP", 1)} {
		g.says(root, document{"resource": spelling, "authorization_servers": []string{a.issuer}})
		a.forget()
		says(t, g.url, fresh(t, g), "read", "a note")
		equal(t, spelling, append(a.values("/authorize", "resource"), a.values("/token", "resource")...), spelling, spelling)
	}
}

func TestADocumentThatIsWrongEndsIt(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	good := document{"resource": g.url, "authorization_servers": []string{a.issuer}}
	g.says(root, good)
	for _, row := range []struct {
		changes  document
		expected string
	}{
		{document{"resource": "https://evil.example/mcp"}, "resource: expected"},
		{document{"resource": g.origin + "/other"}, "resource: expected"},
		{document{"resource": 7}, "of another kind"},
		{document{"resource": nil}, "resource: the member is missing"},
		{document{"authorization_servers": []string{}}, "expected at least one"},
		{document{"authorization_servers": nil}, "expected at least one"},
		{document{"authorization_servers": []int{7}}, "of another kind"},
		{document{"authorization_servers": []any{nil}}, "of another kind"},
		{document{"scopes_supported": "all"}, "of another kind"},
		{document{"authorization_servers": []string{"http://a.example"}}, "use https"},
		{document{"authorization_servers": []string{a.issuer + "/"}}, "issuer: expected"},
		{document{"authorization_servers": []string{strings.Repeat("x", 10_000)}}, "MaxURI"},
	} {
		g.says(prefixed, good.with(row.changes))
		if words := why(t, g.url, fresh(t, g), row.expected); len(words) > 1000 {
			t.Error(words)
		}
		equal(t, fmt.Sprint(row.changes), g.places(), prefixed)
	}
	g.set(func() { g.documents[prefixed] = "broken" })
	why(t, g.url, fresh(t, g), "503")
	if asked := a.count("/authorize"); asked != 0 {
		t.Errorf("the user was asked %d times", asked)
	}
	// A page instead of a document is nothing.
	g.set(func() { g.documents[prefixed] = "<html>" })
	says(t, g.url, fresh(t, g), "read", "a note")
}

func TestAnIssuersDocumentIsLookedForInOrderAndHasToBeItsOwn(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	const oauthPlace, openidPlace = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	for path, places := range map[string][]string{
		"":        {oauthPlace, openidPlace},
		"/tenant": {oauthPlace + "/tenant", openidPlace + "/tenant", "/tenant" + openidPlace},
	} {
		issuer := a.issuer + path
		g.names(issuer)
		a.set(func(g *grants) { g.iss = issuer })
		asked := func() (found []string) {
			for _, place := range places {
				if a.count(place) > 0 {
					found = append(found, place)
				}
			}
			return found
		}
		for i, place := range places {
			a.silent()
			a.says(place, document{"issuer": issuer})
			a.forget()
			says(t, g.url, fresh(t, g), "read", "a note")
			equal(t, place, asked(), places[:i+1]...)
		}
		// One that is somebody else's is not passed over for the next.
		for _, place := range places {
			a.says(place, document{"issuer": issuer})
		}
		a.says(places[0], document{"issuer": "https://attacker.example"})
		a.forget()
		why(t, g.url, fresh(t, g), "attacker")
		equal(t, "places", asked(), places[0])
		a.silent()
		why(t, g.url, fresh(t, g), "no metadata of")
	}
}

func TestAServerOfTheFirstRevisionIsItsOwnAuthorizationServer(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	a.set(func(grants *grants) { grants.iss = g.origin })
	const place = "/.well-known/oauth-authorization-server"
	g.says(place, a.itself().with(document{"issuer": g.origin}))
	says(t, g.url, fresh(t, g), "read", "a note")
	equal(t, "places", g.places(), prefixed, root, place)
	equal(t, "resource", a.values("/authorize", "resource"), g.url)
	// Without any document its endpoints are at fixed places.
	g.set(func() { clear(g.documents) })
	if words := why(t, g.url, fresh(t, g), "names no authorization server"); !strings.Contains(words, "/register") {
		t.Error(words)
	}
	equal(t, "places", g.places(), prefixed, root, place, "/register")
}

func TestAServerThatChangesItsAuthorizationServerTakesNothingOfTheOldOneThere(t *testing.T) {
	old, other, g := newAuthority(t, nil), newAuthority(t, nil), newGuarded(t)
	old.set(func(g *grants) { g.clients["desk"] = known{"hunter2", "client_secret_basic", []string{back}, nil} })
	registered := fresh(t, g)
	client := &oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret("hunter2")}
	given := asks(t, g.url, yes(), oauth.Options{Client: client})
	g.names(old.issuer)
	says(t, g.url, registered, "read", "a note")
	says(t, g.url, given, "read", "a note")
	g.names(other.issuer)
	g.set(func() {
		g.judge = func(_ http.ResponseWriter, r *http.Request) bool {
			_, claims := unverified(r.Header.Get("Authorization"))
			return claims == nil || claims["iss"] == old.issuer
		}
	})
	says(t, g.url, registered, "read", "a note")
	if words := why(t, g.url, given, "belongs to"); strings.Contains(words, "hunter2") {
		t.Error(words)
	}
	// Nobody renewed there what was got here.
	equal(t, "grants", other.values("/token", "grant_type"), "authorization_code")
	found := []int{other.count("/register"), other.count("/authorize"), old.count("/token")}
	if !slices.Equal(found, []int{1, 1, 2}) {
		t.Errorf("found %v", found)
	}
}

func TestATokenThatWasKeptAndIsOverIsGotAnewWhereTheServerSays(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	g.set(func() { g.challenge = fmt.Sprintf(`Bearer resource_metadata="%s/elsewhere.json"`, g.origin) })
	g.says("/elsewhere.json", document{"resource": g.url, "authorization_servers": []string{a.issuer}})
	a.set(func(g *grants) { g.refreshes = false })
	store := &oauth.MemoryStore{}
	run := func(visits int) {
		says(t, g.url, asks(t, g.url, yes(), oauth.Options{Store: store}), "read", "a note")
		if asked := a.count("/authorize"); asked != visits {
			t.Errorf("expected %d visits, found %d", visits, asked)
		}
	}
	run(1)
	run(1)
	age(t, store, g.url, true)
	run(2)
	for _, place := range g.places() {
		if place != "/elsewhere.json" {
			t.Errorf("asked at %s", place)
		}
	}
}

func TestAServerThatAlwaysWantsMoreIsNotGivenMoreForEver(t *testing.T) {
	a, g := newAuthority(t, nil), newGuarded(t)
	g.names(a.issuer)
	wanted := 0
	g.set(func() {
		g.judge = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Authorization") != "" {
				wanted++
				w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="s%d"`, wanted))
				w.WriteHeader(http.StatusForbidden)
			}
			return true
		}
	})
	stays(t, g.url, fresh(t, g), "read", http.StatusForbidden)
	equal(t, "scopes", a.values("/authorize", "scope"), "", "s1", "s1 s2", "s1 s2 s3")
}

func TestAServerElsewhereNamesNoAddressOfThisMachine(t *testing.T) {
	authorizer := asks(t, "https://mcp.example.com/mcp", yes(), oauth.Options{})
	request, refusal := refusedAt(t, "https://mcp.example.com/mcp")
	for _, place := range []string{"https://127.0.0.1/x", "https://127.1/x", "https://[::ffff:127.0.0.1]/", "https://x.localhost/", "http://127.0.0.1/"} {
		refusal.Header.Set("WWW-Authenticate", fmt.Sprintf(`Bearer resource_metadata="%s"`, place))
		again, err := authorizer.Answered(t.Context(), request, refusal)
		if told(t, err, "this machine"); again {
			t.Error(place)
		}
	}
}
