package oauth_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// How a token is renewed, and when the user is asked again.

func TestATokenThatEndsIsRenewedOnceForAllAndEachIsRenewedByTheNewest(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.expiresIn = 0 })
	says(t, g.url, authorizer, "read", "a note")
	a.set(func(g *grants) { g.expiresIn = 3600 })
	before := a.count("/token")
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() { says(t, g.url, authorizer, "read", "a note") })
	}
	calls.Wait()
	equal(t, "grants", a.values("/token", "grant_type")[before:], "refresh_token")
	// One that was used is worth nothing any more: the authorization server refuses it.
	a.set(func(g *grants) { g.expiresIn = 0 })
	authorizer.Forget(t.Context())
	for range 4 {
		says(t, g.url, authorizer, "read", "a note")
	}
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("the user was asked %d times: once, and once after the token was forgotten", asked)
	}
	used := slices.DeleteFunc(a.values("/token", "refresh_token"), func(token string) bool { return token == "" })
	slices.Sort(used)
	if len(used) < 4 || len(slices.Compact(slices.Clone(used))) != len(used) {
		t.Errorf("renewed by %v", used)
	}
	for _, resource := range a.values("/token", "resource") {
		if resource != g.url {
			t.Errorf("a token for %s", resource)
		}
	}
}

func TestWhereATokenCannotBeRenewedTheUserIsAskedAgain(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.expiresIn = 0 })
	says(t, g.url, authorizer, "read", "a note")
	a.set(func(g *grants) { g.refuses = document{"error": "invalid_grant"} })
	why(t, g.url, authorizer, "invalid_grant")
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("the user was asked %d times", asked)
	}
	a.set(func(g *grants) {
		g.refuses = document{"error": "server_error", "error_description": "\x1b[2J"}
	})
	why(t, g.url, authorizer, `"server_error": "\x1b[2J"`)
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("a server that is ill had the user asked (%d)", asked)
	}
	a.set(func(g *grants) { g.refuses = nil })
	says(t, g.url, authorizer, "read", "a note")
}

func TestWhatRenewsOnceMayRenewAgain(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.rotates, g.expiresIn = false, 0 })
	for range 4 {
		says(t, g.url, authorizer, "read", "a note")
	}
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
	used := slices.DeleteFunc(a.values("/token", "refresh_token"), func(token string) bool { return token == "" })
	if len(used) < 4 || len(slices.Compact(used)) != 1 {
		t.Errorf("renewed by %v", used)
	}
}

func TestARenewedTokenThatIsRefusedIsRenewedAgainOnlyIfItWasTakenBefore(t *testing.T) {
	a, g := start(t, nil)
	judge := g.judge
	refused, last := map[string]bool{}, ""
	isNew := false // refuses every token that it has not seen
	g.set(func() {
		g.judge = func(w http.ResponseWriter, r *http.Request) bool {
			header := r.Header.Get("Authorization")
			if isNew && header != "" && header != last {
				refused[header] = true
			}
			last = header
			return refused[header] || judge(w, r)
		}
	})
	store := &oauth.MemoryStore{}
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	age(t, store, g.url, false)
	authorizer := desk(t, g, oauth.Options{Store: store})
	says(t, g.url, authorizer, "read", "a note") // renewed, and taken
	g.set(func() { refused[last] = true })
	says(t, g.url, authorizer, "read", "a note")
	equal(t, "grants", a.values("/token", "grant_type"), "authorization_code", "refresh_token", "refresh_token")
	// What is renewed and never taken is got anew, and that not for ever.
	g.set(func() { refused[last], isNew = true, true })
	stays(t, g.url, authorizer, "read", http.StatusUnauthorized)
	equal(t, "grants", a.values("/token", "grant_type")[3:], "refresh_token", "authorization_code")
}

func TestATokenThatCannotBeRenewedNowIsUsedAsLongAsItLasts(t *testing.T) {
	a, g := start(t, nil)
	store := &oauth.MemoryStore{}
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	for _, isOver := range []bool{false, true} {
		age(t, store, g.url, isOver)
		a.breaks(http.StatusBadGateway)
		authorizer := desk(t, g, oauth.Options{Store: store})
		var calls sync.WaitGroup
		for range 5 {
			calls.Go(func() {
				if isOver {
					why(t, g.url, authorizer, "502")
				} else {
					says(t, g.url, authorizer, "read", "a note")
				}
			})
		}
		calls.Wait()
		a.breaks(0)
	}
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
}

func TestATokenThatIsRefusedThoughItIsNewIsNotGotAgain(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	g.set(func() { g.judge = func(http.ResponseWriter, *http.Request) bool { return true } })
	for range 3 {
		stays(t, g.url, authorizer, "read", http.StatusUnauthorized)
	}
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
	// Whoever mended it says so.
	authorizer.Forget(t.Context())
	stays(t, g.url, authorizer, "read", http.StatusUnauthorized)
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("the user was asked %d times", asked)
	}
}
