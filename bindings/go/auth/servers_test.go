package auth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
)

// How authorization servers are asked: for their keys, which change, and about
// tokens; how often; and what becomes of requests when they do not answer.

func TestKeysAreFetchedOnceHoweverManyAskAtOnce(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	guard := protect(t, jwt(t, authority.issuer, nil), nil)
	token := signer.sign(authority.claims(nil), nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if found := status(guard, token); found != http.StatusOK {
				t.Errorf("found %d", found)
			}
		})
	}
	all.Wait()
	if metadata, keys := authority.count(metadataPath), authority.count("/keys"); metadata != 1 || keys != 1 {
		t.Errorf("asked for metadata %d times, for keys %d times", metadata, keys)
	}
}

func TestANewKeyIsFoundAndAnOldOneForgotten(t *testing.T) {
	authority, old, added := newAuthority(t), ec("old"), rs("new")
	authority.publish(old)
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{RefreshInterval: -1}), nil)
	byOld, byNew := old.sign(authority.claims(nil), nil), added.sign(authority.claims(nil), nil)
	expect := func(what, token string, expected int) {
		t.Helper()
		if found := status(guard, token); found != expected {
			t.Errorf("%s: found %d", what, found)
		}
	}
	expect("published", byOld, 200)
	expect("not yet published", byNew, 401)
	authority.publish(old, added)
	expect("published", byNew, 200)
	expect("still published", byOld, 200)
	authority.publish(added)
	// Looked at again because of an unknown key; the old one is gone then.
	expect("a stranger's", ec("x").sign(authority.claims(nil), nil), 401)
	expect("no longer published", byOld, 401)
}

func TestInventedKeysDoNotMakeItAskAgainAndAgain(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{RefreshInterval: never}), nil)
	for i := range 100 {
		if found := status(guard, signer.sign(authority.claims(nil), object{"kid": fmt.Sprint("invented-", i)})); found != 401 {
			t.Errorf("found %d", found)
		}
	}
	if found := status(guard, signer.sign(authority.claims(nil), nil)); found != 200 {
		t.Errorf("found %d", found)
	}
	if asked := authority.count("/keys"); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestOldKeysAreFetchedAgainAndKeptIfThatFails(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{KeysLifetime: -1, RefreshInterval: -1}), nil)
	token := signer.sign(authority.claims(nil), nil)
	for asked := 1; asked <= 2; asked++ {
		if found := status(guard, token); found != 200 || authority.count("/keys") != asked {
			t.Errorf("found %d, asked %d times", found, authority.count("/keys"))
		}
	}
	authority.with(func(a *authorizationServer) { a.broken = 500 })
	if found := status(guard, token); found != 200 {
		t.Errorf("with a server that fails: found %d", found)
	}
	authority.with(func(a *authorizationServer) { a.broken = 0 })
	authority.publish()
	if found := status(guard, token); found != 401 {
		t.Errorf("revoked: found %d", found)
	}
}

// shut has the authority answer nothing until what is returned is called.
func (a *authorizationServer) shut() (open func()) {
	gate := make(chan struct{})
	a.with(func(a *authorizationServer) { a.gate = gate })
	return func() { close(gate) }
}

func TestWhileKeysAreFetchedAgainThoseThatThereAreDo(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{KeysLifetime: -1, RefreshInterval: -1}), nil)
	token := signer.sign(authority.claims(nil), nil)
	if found := status(guard, token); found != 200 {
		t.Fatalf("found %d", found)
	}
	open := authority.shut()
	waits := make(chan int)
	go func() { waits <- status(guard, token) }()
	<-authority.asking
	if found := status(guard, token); found != 200 {
		t.Errorf("while they are fetched: found %d", found)
	}
	open()
	if found := <-waits; found != 200 {
		t.Errorf("found %d", found)
	}
}

func TestAClientThatGoesAwayDoesNotKeepNewKeysFromOthers(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	var told told
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{RefreshInterval: never}), &auth.ProtectionOptions{Logger: told.logger()})
	token := signer.sign(authority.claims(nil), nil)
	open := authority.shut()
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, err := guard.Admit(r)
		gone <- err
	}()
	<-authority.asking
	leave()
	if err := <-gone; err == nil {
		t.Error("it was let in without keys")
	}
	open()
	if found := status(guard, token); found != 200 || authority.count("/keys") != 1 {
		t.Errorf("found %d, asked %d times", found, authority.count("/keys"))
	}
	if told.String() != "" {
		t.Errorf("nothing went wrong, and the logger was told %s", &told)
	}
}

func TestWithoutKeysNobodyIsLetInAndTheReasonStaysHere(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	authority.with(func(a *authorizationServer) { a.broken = 502 })
	var told told
	guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{RefreshInterval: -1}), &auth.ProtectionOptions{Logger: told.logger()})
	token := signer.sign(authority.claims(nil), nil)
	_, denied := ask(guard, "Bearer "+token)
	if denied == nil || denied.Status != 503 || denied.Header.Get("WWW-Authenticate") != "" || strings.Contains(denied.Message, "502") {
		t.Fatalf("found %+v", denied)
	}
	if !strings.Contains(told.String(), "502 Bad Gateway") || strings.Contains(told.String(), token) {
		t.Errorf("the logger was told %s", &told)
	}
	authority.with(func(a *authorizationServer) { a.broken = 0 })
	if found := status(guard, token); found != 200 {
		t.Errorf("found %d", found)
	}
}

func TestMetadataIsFoundInAllItsPlacesAndBelievedOnlyOfTheIssuer(t *testing.T) {
	const openid = "/.well-known/openid-configuration"
	for _, row := range []struct{ tenant, place, named, why string }{
		{"", metadataPath, "", ""},
		{"", openid, "", ""},
		{"/tenant", metadataPath + "/tenant", "", ""},
		{"/tenant", openid + "/tenant", "", ""},
		{"/tenant", "/tenant" + openid, "", ""},
		{"", metadataPath, "https://honest.example", "issuer: expected"},
	} {
		authority, signer := newAuthority(t), ec("ec")
		authority.publish(signer)
		issuer := authority.issuer + row.tenant
		named := issuer
		if row.named != "" {
			named = row.named
		}
		authority.metadata = map[string]object{row.place: {"issuer": named, "jwks_uri": authority.issuer + "/keys"}}
		var told told
		guard := protect(t, jwt(t, issuer, nil), &auth.ProtectionOptions{Logger: told.logger()})
		found := status(guard, signer.sign(authority.claims(object{"iss": issuer}), nil))
		if row.why == "" && found != 200 || row.why != "" && (found != 503 || !strings.Contains(told.String(), row.why) || authority.count("/keys") > 0) {
			t.Errorf("%s: found %d, %s", row.place, found, &told)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// canned is a client of HTTP that answers by itself.
func canned(answer roundTrip) *http.Client { return &http.Client{Transport: answer} }

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestAnIssuerElsewhereNamesNoAddressOfThisMachine(t *testing.T) {
	const issuer = "https://auth.example.com"
	for _, address := range []string{"http://127.0.0.1:1/keys", "https://localhost/keys", "https://[::ffff:127.0.0.1]/keys", "https://app.localhost./keys"} {
		verifier := jwt(t, issuer, &auth.JWTOptions{HTTPClient: canned(func(r *http.Request) (*http.Response, error) {
			if r.URL.Hostname() != "auth.example.com" {
				t.Errorf("asked %s", r.URL)
			}
			return response(200, fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, address)), nil
		})})
		_, err := verifier.Verify(t.Context(), ec("ec").sign(object{}, nil))
		if err == nil || !strings.Contains(err.Error(), "cannot name an address of this machine") {
			t.Errorf("%s: found %v", address, err)
		}
	}
}

func TestAnAnswerThatIsNoSetOfKeysIsRefusedWhoeverFetchedIt(t *testing.T) {
	signer := ec("ec")
	keys := string(marshal(object{"keys": []object{signer.public()}}))
	token := signer.sign(object{"iss": "https://auth.example.com", "exp": now() + 60}, nil)
	for _, row := range []struct {
		status    int
		body, why string
	}{
		{200, keys, ""},
		{302, keys, "expected HTTP 200, found 302"},
		{200, strings.Repeat(" ", 300_000), "MaxAuthDocument"},
		{200, "<html>", "invalid JSON"},
		{200, "[]", "expected object"},
		{200, "\"\xff\"", "no UTF-8"},
		{200, "{}", "expected a set of keys"},
		{200, `{"keys":null}`, "expected a set of keys"},
	} {
		asked := 0
		verifier := jwt(t, "https://auth.example.com", &auth.JWTOptions{
			JWKSURL: "https://auth.example.com/keys",
			HTTPClient: canned(func(*http.Request) (*http.Response, error) {
				asked++
				return response(row.status, row.body), nil
			}),
		})
		_, err := verifier.Verify(t.Context(), token)
		if row.why == "" && err != nil || row.why != "" && (err == nil || !strings.Contains(err.Error(), row.why)) || asked != 1 {
			t.Errorf("expected %q, found %v, asked %d times", row.why, err, asked)
		}
	}
}

func TestAServerThatNeverAnswersIsWaitedForOnlySoLong(t *testing.T) {
	token := ec("ec").sign(object{}, nil)
	silent := canned(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	synctest.Test(t, func(t *testing.T) {
		keys := jwt(t, "https://auth.example.com", &auth.JWTOptions{JWKSURL: "https://auth.example.com/keys", HTTPClient: silent})
		answers := must(auth.NewIntrospectionVerifier("https://auth.example.com", &auth.IntrospectionOptions{HTTPClient: silent}))
		for _, verifier := range []auth.TokenVerifier{keys, answers} {
			_, err := verifier.Verify(t.Context(), token)
			if err == nil || !strings.Contains(err.Error(), "AuthFetchTimeout") || strings.Contains(err.Error(), token) {
				t.Errorf("found %v", err)
			}
		}
	})
}

// introspecting asks the authority as a client whose name and secret are hard to
// write.
func introspecting(t testing.TB, issuer string, options auth.IntrospectionOptions) auth.TokenVerifier {
	t.Helper()
	options.ClientID, options.ClientSecret = "notes server", "p:ss wörd"
	verifier, err := auth.NewIntrospectionVerifier(issuer, &options)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func TestAServerSaysWhatATokenIsWorth(t *testing.T) {
	authority := newAuthority(t)
	active := func(changes object) object {
		claims := authority.claims(changes)
		if _, said := changes["active"]; !said {
			claims["active"] = true
		}
		return claims
	}
	guard := protect(t, introspecting(t, authority.issuer, auth.IntrospectionOptions{}), nil)
	for _, row := range []struct {
		token  string
		answer object
		why    string
	}{
		{"good", active(nil), ""},
		{"nameless", active(object{"iss": nil}), ""},
		{"revoked", object{"active": false}, "not active"},
		{"silent", authority.claims(nil), "not active"},
		{"sly", active(object{"active": "true"}), "not active"},
		{"others", active(object{"aud": "https://other.example"}), "not meant for"},
		{"foreign", active(object{"iss": "https://evil.example"}), "not issued by"},
		{"anonymous", active(object{"iss": ""}), "not issued by"},
		{"bound", active(object{"cnf": object{"jkt": "x"}}), "bound to a key"},
		{"late", active(object{"exp": now() - 60}), "has expired"},
		{"early", active(object{"nbf": now() + 60}), "not yet valid"},
		{"unknown", nil, "not active"},
	} {
		authority.with(func(a *authorizationServer) { a.tokens[row.token] = row.answer })
		claims, denied := ask(guard, "Bearer "+row.token)
		switch {
		case denied == nil && (row.why != "" || claims.Subject != "ada"):
			t.Errorf("%s: found %+v", row.token, claims)
		case denied != nil && (row.why == "" || denied.Status != 401 || !strings.Contains(denied.Message, row.why)):
			t.Errorf("%s: found %+v", row.token, denied)
		}
	}
}

func TestItAsksAsItselfInTheHeaderOrInTheBody(t *testing.T) {
	authority := newAuthority(t)
	verify := func(options auth.IntrospectionOptions, token string) (authorization, body string) {
		_, err := introspecting(t, authority.issuer, options).Verify(t.Context(), token)
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("found %v", err)
		}
		authority.with(func(a *authorizationServer) { authorization, body = a.authorization, a.body })
		return authorization, body
	}
	authorization, body := verify(auth.IntrospectionOptions{}, "a+b/c=")
	// notes%20server:p%3Ass%20w%C3%B6rd
	if authorization != "Basic bm90ZXMlMjBzZXJ2ZXI6cCUzQXNzJTIwdyVDMyVCNnJk" || body != "token=a%2Bb%2Fc%3D&token_type_hint=access_token" {
		t.Errorf("found %q, %q", authorization, body)
	}
	authorization, body = verify(auth.IntrospectionOptions{SecretInBody: true}, "x~y")
	if authorization != "" || body != "token=x%7Ey&token_type_hint=access_token&client_id=notes%20server&client_secret=p%3Ass%20w%C3%B6rd" {
		t.Errorf("found %q, %q", authorization, body)
	}
}

func TestAnAnswerIsBelievedForAWhileGoodOrBad(t *testing.T) {
	authority := newAuthority(t)
	authority.tokens["good"] = authority.claims(object{"active": true})
	for _, row := range []struct {
		options  auth.IntrospectionOptions
		expected int
	}{{auth.IntrospectionOptions{}, 2}, {auth.IntrospectionOptions{Lifetime: -1}, 20}} {
		guard := protect(t, introspecting(t, authority.issuer, row.options), nil)
		before := authority.count("/introspect")
		for range 10 {
			if good, bad := status(guard, "good"), status(guard, "bad"); good != 200 || bad != 401 {
				t.Errorf("found %d, %d", good, bad)
			}
		}
		if asked := authority.count("/introspect") - before; asked != row.expected {
			t.Errorf("asked %d times, expected %d", asked, row.expected)
		}
	}
}

func TestAServerIsAskedAboutSoManyTokensAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		var mu sync.Mutex
		running, most := 0, 0
		verifier := introspecting(t, "https://auth.example.com", auth.IntrospectionOptions{
			Endpoint: "https://auth.example.com/introspect",
			HTTPClient: canned(func(*http.Request) (*http.Response, error) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				<-open
				mu.Lock()
				running--
				mu.Unlock()
				return response(200, `{"active":true}`), nil
			}),
		})
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				if _, err := verifier.Verify(t.Context(), fmt.Sprint("t", i)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if running != 32 {
			t.Errorf("found %d questions", running)
		}
		close(open)
		all.Wait()
		if running != 0 || most != 32 {
			t.Errorf("found %d left, and %d at a time", running, most)
		}
	})
}

func TestAServerThatFailsIsNoAnswerAndIsAskedAgain(t *testing.T) {
	authority := newAuthority(t)
	authority.tokens["good"] = authority.claims(object{"active": true})
	var told told
	verifier := introspecting(t, authority.issuer, auth.IntrospectionOptions{Endpoint: authority.issuer + "/introspect"})
	guard := protect(t, verifier, &auth.ProtectionOptions{Logger: told.logger()})
	for _, broken := range []int{401, 500} {
		authority.with(func(a *authorizationServer) { a.broken = broken })
		if found := status(guard, "good"); found != 503 || !strings.Contains(told.String(), fmt.Sprint("found ", broken)) {
			t.Errorf("found %d, %s", found, &told)
		}
	}
	authority.with(func(a *authorizationServer) { a.broken = 0 })
	if found := status(guard, "good"); found != 200 || authority.count(metadataPath) != 0 {
		t.Errorf("found %d, asked for metadata %d times", found, authority.count(metadataPath))
	}
}
