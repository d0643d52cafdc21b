package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// refusedAt is a request without a token, and its refusal that says nothing.
func refusedAt(t testing.TB, url string) (*http.Request, *http.Response) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return request, &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}}
}

func TestWhoWaitsForAUserSharesWhatTheySay(t *testing.T) {
	a, g := start(t, nil)
	for _, denied := range []string{"access_denied", ""} {
		a.set(func(g *grants) { g.denied = denied })
		before := a.count("/authorize")
		// The user says nothing before all wait for them.
		answer := make(chan struct{})
		authorizer := asks(t, g.url, oauth.Unattended(back, func(ctx context.Context, address string) (string, error) {
			<-answer
			return sentOn(ctx, address)
		}), oauth.Options{})
		request, refusal := refusedAt(t, g.url)
		var waiting, done sync.WaitGroup
		for range 5 {
			waiting.Add(1)
			done.Go(func() {
				if err := authorizer.Authorize(t.Context(), request.Clone(t.Context())); err != nil {
					t.Error(err)
				}
				waiting.Done()
				again, err := authorizer.Answered(t.Context(), request, refusal)
				if denied != "" {
					told(t, err, denied)
				} else if !again || err != nil {
					t.Errorf("expected another try, found %t (%v)", again, err)
				}
			})
		}
		waiting.Wait()
		close(answer)
		done.Wait()
		// Whoever came after the answer is one more to ask for, at most; with a yes, none.
		if asked := a.count("/authorize") - before; denied == "" && asked != 1 {
			t.Errorf("the user was asked %d times", asked)
		}
		if denied != "" {
			continue
		}
		// One who was refused before, and hears of it only now.
		if again, err := authorizer.Answered(t.Context(), request, refusal); !again || err != nil {
			t.Errorf("expected another try, found %t (%v)", again, err)
		}
		if asked := a.count("/authorize") - before; asked != 1 {
			t.Errorf("the user was asked %d times", asked)
		}
	}
}

func TestACallThatIsGivenUpDoesNotLoseTheToken(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.expiresIn = 0 })
	says(t, g.url, authorizer, "read", "a note")
	gate := make(chan struct{})
	a.set(func(g *grants) { g.expiresIn, a.gate = 3600, gate })
	select {
	case <-a.came:
	default:
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() {
		_, err := callIn(ctx, g.url, authorizer, "read")
		given <- err
	}()
	<-a.came // the authorization server has the request before it may answer
	cancel()
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Errorf("expected the end of the call, found %v", err)
	}
	close(gate)
	says(t, g.url, authorizer, "read", "a note")
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("what was renewed meanwhile was not kept: the user was asked %d times", asked)
	}
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

func TestScopesOfTheProgramAreAskedForFromTheFirstTimeOn(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{Scopes: []string{"notes:write", "notes:read", "notes:write"}})
	says(t, g.url, authorizer, "write", "written")
	equal(t, "scopes", a.values("/authorize", "scope"), "notes:read notes:write")
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

func TestWhatIsKeptAndCannotBeUsedIsAsIfItWereNotThere(t *testing.T) {
	a, g := start(t, nil)
	key := "token " + g.url
	store := &oauth.MemoryStore{}
	says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
	text, _ := store.Load(t.Context(), key)
	changed := func(change func(kept, client document)) string {
		var kept document
		_ = json.Unmarshal([]byte(text), &kept)
		change(kept, kept["client"].(map[string]any))
		spoilt, _ := json.Marshal(kept)
		return string(spoilt)
	}
	for _, spoilt := range []string{
		"{", "null", "[]", "{}", `{"access":7}`,
		changed(func(kept, _ document) { kept["access"] = "a\nb" }),
		changed(func(_, client document) { client["given"] = true }),
		changed(func(_, client document) { client["method"] = "tls_client_auth" }),
	} {
		store := &oauth.MemoryStore{}
		if err := store.Save(t.Context(), key, spoilt); err != nil {
			t.Fatal(err)
		}
		before := a.count("/authorize")
		says(t, g.url, desk(t, g, oauth.Options{Store: store}), "read", "a note")
		if asked := a.count("/authorize") - before; asked != 1 {
			t.Errorf("%s: the user was asked %d times", spoilt, asked)
		}
	}
}

// odd is a store that fails.
type odd struct{ load, save error }

func (o odd) Load(context.Context, string) (string, error) { return "", o.load }
func (o odd) Save(context.Context, string, string) error   { return o.save }

func TestAStoreThatKeepsNothingIsToldOfAndOneThatCannotBeReadEndsTheCall(t *testing.T) {
	_, g := start(t, nil)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	says(t, g.url, desk(t, g, oauth.Options{Store: odd{save: errors.New("the disk is full")}, Logger: logger}), "read", "a note")
	if !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("found %q", log.String())
	}
	locked := errors.New("the keychain is locked")
	_, err := call(t, g.url, desk(t, g, oauth.Options{Store: odd{load: locked}}), "read")
	if told(t, err, locked.Error()); !errors.Is(err, locked) {
		t.Errorf("%v is not the store's error", err)
	}
}

func TestAUserWhoDoesNotComeBackIsWaitedForNoLongerThanWasSaid(t *testing.T) {
	_, g := start(t, nil)
	stuck := make(chan struct{})
	defer close(stuck)
	nobody := func(context.Context, string) error { return nil }
	for name, agent := range map[string]oauth.UserAgent{
		"patient": oauth.Unattended(back, func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}),
		"deaf": oauth.Unattended(back, func(context.Context, string) (string, error) {
			<-stuck
			return "", nil
		}),
		"browser": &oauth.Browser{Open: nobody},
	} {
		authorizer := asks(t, g.url, agent, oauth.Options{LoginTimeout: time.Millisecond})
		if words := why(t, g.url, authorizer, "nothing within 1ms (LoginTimeout)"); words == "" {
			t.Error(name)
		}
	}
	broken := &oauth.Browser{Open: func(context.Context, string) error { return errors.New("there is no screen") }}
	why(t, g.url, asks(t, g.url, broken, oauth.Options{}), "there is no screen")
}

func TestClosingEndsTheAttemptThatIsUnderWay(t *testing.T) {
	a, g := start(t, nil)
	away := make(chan struct{})
	authorizer := asks(t, g.url, oauth.Unattended(back, func(ctx context.Context, _ string) (string, error) {
		close(away)
		<-ctx.Done()
		return "", ctx.Err()
	}), oauth.Options{})
	given := make(chan error, 1)
	go func() {
		_, err := call(t, g.url, authorizer, "read")
		given <- err
	}()
	<-away
	if err := authorizer.Close(); err != nil {
		t.Error(err)
	}
	told(t, <-given, "it was closed")
	why(t, g.url, authorizer, "it was closed")
	if tokens := a.count("/token"); tokens != 0 {
		t.Errorf("%d tokens were asked for", tokens)
	}
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

// read is the status and the text of an address, as a browser sees it.
func read(address string) (status int, text, cache string, err error) {
	response, err := sender.Get(address)
	if err != nil {
		return 0, "", "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), response.Header.Get("Cache-Control"), err
}
