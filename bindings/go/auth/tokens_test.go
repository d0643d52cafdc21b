package auth_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
)

// Which tokens let a request in, and what a client is told whose token does not.

func TestGoodTokensLetARequestInAndSayWhoAsks(t *testing.T) {
	authority := newAuthority(t)
	signers := []*signer{ec("ec"), ed("ed"), rs("rsa")}
	authority.publish(signers...)
	guard := protect(t, jwt(t, authority.issuer, nil), nil)
	end := now() + 300
	for _, signer := range signers {
		claims, denied := ask(guard, "Bearer "+signer.sign(authority.claims(object{"exp": end, "scope": "a b", "team": "blue"}), nil))
		if denied != nil {
			t.Fatalf("%s: %v", signer.algorithm, denied)
		}
		if team, _ := claims.All.Get("team"); team.String() != `"blue"` {
			t.Errorf("found the team %s", team)
		}
		claims.All = nil
		expected := &isogloss.Claims{
			Issuer: authority.issuer, Subject: "ada", ClientID: "app",
			Scopes: []string{"a", "b"}, Audience: []string{resource}, ExpiresAt: time.Unix(end, 0),
		}
		if !reflect.DeepEqual(claims, expected) {
			t.Errorf("%s: found %+v", signer.algorithm, claims)
		}
	}
	for _, changes := range []object{
		{"aud": []string{"https://other.example.com", resource}},
		{"aud": "HTTPS://MCP.example.com/mcp"},
		{"nbf": now() - 5},
		{"exp": now() - 5},
		{"exp": float64(now()) + 100.5},
		{"sub": nil, "client_id": nil, "scope": nil},
	} {
		if _, denied := ask(guard, "bearer  "+signers[0].sign(authority.claims(changes), nil)); denied != nil {
			t.Errorf("%v: %v", changes, denied)
		}
	}
}

func TestOtherTokensDoNotAndTheClientIsToldWhy(t *testing.T) {
	authority := newAuthority(t)
	ours, rsa := ec("ec"), rs("rsa")
	authority.publish(ours, rsa)
	authority.with(func(a *authorizationServer) {
		a.keys = append(a.keys, object{"kty": "oct", "kid": "oct", "k": encode(make([]byte, 32))})
	})
	guard := protect(t, jwt(t, authority.issuer, nil), nil)
	good := authority.claims(nil)
	changed := func(changes object) string { return ours.sign(authority.claims(changes), nil) }
	signed := ours.sign(good, nil)
	parts := strings.Split(signed, ".")
	otherSignature := strings.Split(changed(object{"sub": "eve"}), ".")[2]
	hs256 := object{"alg": "HS256", "kid": "ec"}
	for _, row := range [][3]string{
		{"expired", changed(object{"exp": now() - 60}), "has expired"},
		{"without an end", changed(object{"exp": nil}), "does not say exp"},
		{"an end that is a text", changed(object{"exp": "tomorrow"}), "does not say exp"},
		{"an end that is nothing", changed(object{"exp": json.RawMessage("null")}), "does not say exp"},
		{"from the future", changed(object{"nbf": now() + 60}), "not yet valid"},
		{"for somebody else", changed(object{"aud": "https://other.example.com"}), "not meant for"},
		{"for a longer name", changed(object{"aud": resource + ".evil.example"}), "not meant for"},
		{"for nobody", changed(object{"aud": nil}), "not meant for"},
		{"by somebody else", changed(object{"iss": "https://evil.example"}), "was not issued by"},
		{"by nobody", changed(object{"iss": nil}), "does not say iss"},
		{"by nothing", changed(object{"iss": json.RawMessage("null")}), "does not say iss"},
		{"by several", changed(object{"iss": []string{authority.issuer, "x"}}), "cannot be read"},
		{"by two, one after the other", ours.sign(json.RawMessage(`{"iss":"x","iss":"`+authority.issuer+`","exp":9999999999}`), nil), "cannot be read"},
		{"bound to a key", changed(object{"cnf": object{"jkt": "x"}}), "bound to a key"},
		{"unsigned", byHand(object{"alg": "none"}, good, nil), "cannot be read"},
		{"unsigned, shouting", byHand(object{"alg": "NONE", "kid": "ec"}, good, nil), "cannot be read"},
		{"of no algorithm", byHand(object{"kid": "ec"}, good, nil), "cannot be read"},
		{"of two algorithms", byHand(json.RawMessage(`{"alg":"none","alg":"ES256","kid":"ec"}`), good, nil), "cannot be read"},
		{"signed with the public key", byHand(hs256, good, marshal(ours.public())), "not signed in a way"},
		{"signed with nothing", byHand(hs256, good, []byte{}), "not signed in a way"},
		{"signed with a published secret", byHand(object{"alg": "HS256", "kid": "oct"}, good, make([]byte, 32)), "not signed in a way"},
		{"by a stranger with our key's name", ec("ec").sign(good, nil), "signature is wrong"},
		{"by an unknown key", ec("new").sign(good, nil), "does not publish"},
		{"by a key of another kind", ours.sign(good, object{"kid": "rsa"}), "algorithm is not one"},
		{"that must be understood", ours.sign(good, object{"crit": []string{"b64"}}), "crit"},
		{"with another payload", parts[0] + "." + parts[1] + "." + otherSignature, "signature is wrong"},
		{"with half a signature", parts[0] + "." + parts[1] + "." + parts[2][:40], "signature is wrong"},
		{"without a signature", parts[0] + "." + parts[1] + ".", "signature is wrong"},
		{"without a head", "." + parts[1] + "." + parts[2], "cannot be read"},
		{"with a part too many", signed + ".x", "cannot be read"},
		{"with two parts", parts[0] + "." + parts[1], "cannot be read"},
		{"of five parts, encrypted", "a.b.c.d.e", "cannot be read"},
		{"no token of this kind", "opaque", "cannot be read"},
		{"very deep", byHand(json.RawMessage(strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), good, nil), "cannot be read"},
		{"too long", changed(object{"more": strings.Repeat("x", 20_000)}), "MaxToken"},
		{"not ASCII", "ä", "characters"},
		{"two in one header", signed + ", Bearer " + signed, "characters"},
	} {
		what, token, why := row[0], row[1], row[2]
		_, denied := ask(guard, "Bearer "+token)
		if denied == nil {
			t.Errorf("%s: it was let in", what)
			continue
		}
		told := parameters(denied)
		if denied.Status != http.StatusUnauthorized || told["error"] != "invalid_token" || told["resource_metadata"] != metadataURL {
			t.Errorf("%s: found %d, %v", what, denied.Status, told)
		}
		if !strings.Contains(told["error_description"], why) {
			t.Errorf("%s: expected %q, found %q", what, why, told["error_description"])
		}
		if len(token) > 60 && strings.Contains(fmt.Sprintf("%+v", denied), token[:60]) {
			t.Errorf("%s: the token is shown", what)
		}
	}
}

func TestATokenWithAnyCharacterChangedIsRefused(t *testing.T) {
	authority := newAuthority(t)
	for _, signer := range []*signer{ec("ec"), ed("ed"), rs("rsa")} {
		guard := protect(t, jwt(t, authority.issuer, &auth.JWTOptions{Keys: marshal(object{"keys": []object{signer.public()}})}), nil)
		token := signer.sign(authority.claims(nil), nil)
		if found := status(guard, token); found != http.StatusOK {
			t.Fatalf("%s: found %d", signer.algorithm, found)
		}
		for at := range len(token) {
			changed := []byte(token)
			if changed[at]++; token[at] == 'z' || token[at] == 'Z' {
				changed[at] = 'A'
			}
			if found := status(guard, string(changed)); found != http.StatusUnauthorized {
				t.Errorf("%s, changed at %d: found %d", signer.algorithm, at, found)
			}
		}
	}
}

func TestEachAlgorithmTakesItsOwnSignaturesAlone(t *testing.T) {
	key, others := rsaKey(), []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	claims := object{"iss": "https://auth.example.com", "exp": now() + 60}
	for _, algorithm := range others {
		signer := &signer{id: "rsa", algorithm: algorithm, key: key}
		verifier := jwt(t, "https://auth.example.com", &auth.JWTOptions{Keys: marshal(object{"keys": []object{signer.public()}})})
		for _, said := range others {
			_, err := verifier.Verify(t.Context(), signer.sign(claims, object{"alg": said}))
			if (err == nil) != (said == algorithm) {
				t.Errorf("signed with %s, said to be %s: %v", algorithm, said, err)
			}
		}
		if signer.salt = 20; algorithm[0] == 'P' {
			if _, err := verifier.Verify(t.Context(), signer.sign(claims, nil)); err == nil {
				t.Errorf("%s with a short salt was accepted", algorithm)
			}
		}
	}
}

func TestARequestWithoutOneTokenIsToldWhatToDo(t *testing.T) {
	guard := protect(t, auth.NewFixedTokens(nil), &auth.ProtectionOptions{Scopes: []string{"notes:read"}})
	for _, row := range []struct {
		values []string
		status int
		code   string
		words  string
	}{
		{nil, 401, "", "send a token"},
		{[]string{"Basic YTpi"}, 401, "", "send a token"},
		{[]string{"Bearer"}, 401, "", "send a token"},
		{[]string{"Bearer a", "Bearer a"}, 400, "invalid_request", "more than one"},
		{[]string{"Bearer a b"}, 401, "invalid_token", "characters"},
	} {
		_, denied := ask(guard, row.values...)
		if denied == nil {
			t.Fatalf("%q was let in", row.values)
		}
		told := parameters(denied)
		if denied.Status != row.status || told["error"] != row.code || told["scope"] != "notes:read" || told["resource_metadata"] != metadataURL {
			t.Errorf("%q: found %d, %v", row.values, denied.Status, told)
		}
		if _, described := told["error_description"]; described != (row.code != "") || !strings.Contains(denied.Message, row.words) {
			t.Errorf("%q: found %q, %v", row.values, denied.Message, told)
		}
		if code, _ := denied.Body.Get("error"); denied.Header.Get("Cache-Control") != "no-store" || code.String() != strconv.Quote(cmp.Or(row.code, "unauthorized")) {
			t.Errorf("%q: found %v, %s", row.values, denied.Header, denied.Body)
		}
	}
}

func TestATokenWithoutEnoughScopesIsToldAllThatItNeeds(t *testing.T) {
	guard := protect(t, auth.NewFixedTokens(map[string]isogloss.Claims{
		"none": {}, "read": {Scopes: []string{"read"}}, "admin": {Scopes: []string{"admin"}}, "both": {Scopes: []string{"read", "write"}},
	}), &auth.ProtectionOptions{
		Scopes: []string{"read"}, Includes: map[string][]string{"admin": {"read", "write"}}, ScopesSupported: []string{"read", "write"},
	})
	_, denied := ask(guard, "Bearer none")
	if told := parameters(denied); denied.Status != 403 || told["error"] != "insufficient_scope" || told["scope"] != "read" || told["resource_metadata"] != metadataURL {
		t.Errorf("found %d, %v", denied.Status, told)
	}
	for token, missing := range map[string][]string{"read": {"write"}, "admin": nil, "both": nil} {
		// Twice: what a token brings is not added to what is kept of it.
		for range 2 {
			claims, denied := ask(guard, "Bearer "+token)
			if denied != nil || !slices.Equal(auth.MissingScopes(claims, "write"), missing) || len(claims.Scopes) > 3 {
				t.Errorf("%s: found %+v, %v", token, claims, denied)
			}
		}
	}
	lacks := guard.Lacks(httptest.NewRequest(http.MethodPost, "/mcp", nil), []string{"write", "read", "write"})
	if told := parameters(lacks); lacks.Status != 403 || told["scope"] != "read write" || told["error"] != "insufficient_scope" {
		t.Errorf("found %d, %v", lacks.Status, told)
	}
}

func TestWhatAVerifierAcceptsCanBeNarrowed(t *testing.T) {
	ours, rsa := ec("ec"), rs("rsa")
	keys := marshal(object{"keys": []object{ours.public(), rsa.public()}})
	authority := newAuthority(t)
	good := authority.claims(nil)
	secret, other := []byte(strings.Repeat("s", 32)), []byte(strings.Repeat("t", 32))
	late := func(by int64) string { return ours.sign(authority.claims(object{"exp": now() - by}), nil) }
	at := &auth.JWTOptions{Keys: keys, RequireType: "at+jwt"}
	es := &auth.JWTOptions{Keys: keys, Algorithms: []auth.Algorithm{auth.ES256}}
	shared := &auth.JWTOptions{SharedSecret: secret}
	for i, row := range []struct {
		options *auth.JWTOptions
		token   string
		why     string
	}{
		{&auth.JWTOptions{Keys: keys}, ours.sign(good, nil), ""},
		{&auth.JWTOptions{Keys: keys}, rsa.sign(good, nil), ""},
		{&auth.JWTOptions{Keys: keys}, rsa.sign(good, object{"kid": nil}), ""},
		{es, ours.sign(good, nil), ""},
		{es, rsa.sign(good, nil), "not signed in a way"},
		{at, ours.sign(good, object{"typ": "at+jwt"}), ""},
		{at, ours.sign(good, object{"typ": "application/AT+JWT"}), ""},
		{at, ours.sign(good, object{"typ": "JWT"}), "no token of the type at+jwt"},
		{at, ours.sign(good, object{"typ": nil}), "no token of the type at+jwt"},
		{&auth.JWTOptions{Keys: keys, Leeway: -1}, late(2), "has expired"},
		{&auth.JWTOptions{Keys: keys, Leeway: 10 * time.Minute}, late(60), ""},
		{shared, byHand(object{"alg": "HS256"}, good, secret), ""},
		{shared, byHand(object{"alg": "HS256"}, good, other), "signature is wrong"},
		{shared, ours.sign(good, nil), "not signed in a way"},
		{shared, byHand(object{"alg": "none"}, good, nil), "cannot be read"},
	} {
		_, err := jwt(t, authority.issuer, row.options).Verify(t.Context(), row.token)
		var refusal *auth.Refusal
		if row.why == "" && err != nil || row.why != "" && (!errors.As(err, &refusal) || !strings.Contains(refusal.Reason, row.why)) {
			t.Errorf("%d: expected %q, found %v", i, row.why, err)
		}
	}
	// The protection lets no such text through; other callers might.
	broken := ours.sign(good, nil)
	if _, err := jwt(t, authority.issuer, es).Verify(t.Context(), broken[:len(broken)-1]+"\n"+broken[len(broken)-1:]); err == nil {
		t.Error("a token with a line end in it was accepted")
	}
	if len(authority.asked) > 0 {
		t.Errorf("the keys were given, and fetched: %v", authority.asked)
	}
}

func TestAnAudienceOfAnotherNameIsAcceptedIfItIsOurs(t *testing.T) {
	authority, ours := newAuthority(t), ec("ec")
	authority.publish(ours)
	verifier := jwt(t, authority.issuer, nil)
	token := ours.sign(authority.claims(object{"aud": "api://notes"}), nil)
	if found := status(protect(t, verifier, nil), token); found != http.StatusUnauthorized {
		t.Errorf("another's: found %d", found)
	}
	if found := status(protect(t, verifier, &auth.ProtectionOptions{Audiences: []string{"api://notes"}}), token); found != http.StatusOK {
		t.Errorf("ours: found %d", found)
	}
}

// fixed finds the same of every token.
type fixed struct {
	claims *isogloss.Claims
	err    error
}

func (f fixed) Verify(context.Context, string) (*isogloss.Claims, error) { return f.claims, f.err }
func (f fixed) Issuers() []string                                        { return nil }
func (f fixed) BindsAudience() bool                                      { return false }

func TestAVerifierOfOnesOwnIsHeldToAudienceAndTime(t *testing.T) {
	audience := []string{resource}
	const down = "the database at 10.0.0.7 is down"
	for _, row := range []struct {
		found  fixed
		status int
	}{
		{fixed{claims: &isogloss.Claims{Audience: audience}}, 200},
		{fixed{claims: &isogloss.Claims{}}, 401},
		{fixed{claims: &isogloss.Claims{Audience: audience, ExpiresAt: time.Unix(0, 0)}}, 401},
		{fixed{err: &auth.Refusal{Reason: "no"}}, 401},
		{fixed{err: fmt.Errorf("looking it up: %w", &auth.Refusal{Reason: "no"})}, 401},
		{fixed{err: errors.New(down)}, 503},
		{fixed{}, 503},
	} {
		var told told
		_, denied := ask(protect(t, row.found, &auth.ProtectionOptions{Logger: told.logger()}), "Bearer x")
		if denied == nil {
			denied = &isogloss.Denied{Status: 200, Header: http.Header{}}
		}
		if denied.Status != row.status || (told.String() != "") != (row.status == 503) {
			t.Errorf("%+v: found %d, %s", row.found, denied.Status, &told)
		}
		if row.status != 503 {
			continue
		}
		if denied.Header.Get("Retry-After") != "10" || denied.Header.Get("WWW-Authenticate") != "" || strings.Contains(denied.Body.String(), "10.0.0.7") {
			t.Errorf("found %+v", denied)
		}
		if row.found.err != nil && !strings.Contains(told.String(), down) {
			t.Errorf("the logger was told %s", &told)
		}
	}
}

func TestAWrongSetupIsToldBeforeAnybodyAsks(t *testing.T) {
	const https = "https://auth.example.com"
	protection := func(resource string, options auth.ProtectionOptions) error {
		_, err := auth.NewProtection(resource, auth.NewFixedTokens(nil), &options)
		return err
	}
	jwt := func(issuer string, options auth.JWTOptions) error {
		_, err := auth.NewJWTVerifier(issuer, &options)
		return err
	}
	introspection := func(issuer, endpoint string) error {
		_, err := auth.NewIntrospectionVerifier(issuer, &auth.IntrospectionOptions{Endpoint: endpoint})
		return err
	}
	secret := []byte(strings.Repeat("s", 32))
	for _, row := range []struct {
		err error
		why string
	}{
		{protection(resource, auth.ProtectionOptions{}), ""},
		{protection("mcp.example.com", auth.ProtectionOptions{}), `resource "mcp.example.com": expected an absolute`},
		{protection("http://mcp.example.com", auth.ProtectionOptions{}), "use https"},
		{protection(resource, auth.ProtectionOptions{Scopes: []string{"a b"}}), "without spaces"},
		{protection(resource, auth.ProtectionOptions{ScopesSupported: []string{"offline_access"}}), "refresh token"},
		{protection(resource, auth.ProtectionOptions{Includes: map[string][]string{"a": {""}}}), `scope ""`},
		{protection(resource, auth.ProtectionOptions{MetadataURL: "nowhere"}), "MetadataURL"},
		{protection(resource, auth.ProtectionOptions{AuthorizationServers: []string{"ftp://x"}}), `authorization server "ftp://x": expected https`},
		{protection("x", auth.ProtectionOptions{Scopes: []string{"a b"}}), "https://host\nscope"},
		{jwt(https, auth.JWTOptions{}), ""},
		{jwt("http://auth.example.com", auth.JWTOptions{}), "use https"},
		{jwt(https, auth.JWTOptions{JWKSURL: "http://10.0.0.1/keys"}), "JWKSURL"},
		{jwt(https, auth.JWTOptions{Keys: []byte(`{}`)}), "Keys: expected a set of keys"},
		{jwt(https, auth.JWTOptions{Keys: []byte(`{"keys":[]}`)}), "Keys: found none"},
		{jwt(https, auth.JWTOptions{SharedSecret: []byte("short")}), "at least 32 bytes"},
		{jwt(https, auth.JWTOptions{SharedSecret: []byte{}}), "at least 32 bytes"},
		{jwt(https, auth.JWTOptions{SharedSecret: secret, JWKSURL: https}), "at most one"},
		{jwt(https, auth.JWTOptions{SharedSecret: secret, Algorithms: []auth.Algorithm{auth.ES256}}), "HS256 alone"},
		{jwt(https, auth.JWTOptions{Algorithms: []auth.Algorithm{}}), "Algorithms: expected at least one"},
		{jwt(https, auth.JWTOptions{Algorithms: []auth.Algorithm{"HS256"}}), `found "HS256"`},
		{introspection(https, ""), ""},
		{introspection("http://auth.example.com", ""), "use https"},
		{introspection(https, "/introspect"), "Endpoint"},
	} {
		if row.why == "" && row.err != nil || row.why != "" && (row.err == nil || !strings.Contains(row.err.Error(), row.why)) {
			t.Errorf("expected %q, found %v", row.why, row.err)
		}
	}
}

func TestTheMetadataSaysWhereToGetATokenAndForWhat(t *testing.T) {
	verifier := jwt(t, "https://auth.example.com", nil)
	guard := protect(t, verifier, &auth.ProtectionOptions{
		Scopes: []string{"read"}, Name: "Notes & more", AuthorizationServers: []string{"https://auth.example.com", "https://other.example.com"},
	})
	expected := object{
		"resource":                 resource,
		"authorization_servers":    []any{"https://auth.example.com", "https://other.example.com"},
		"scopes_supported":         []any{"read"},
		"bearer_methods_supported": []any{"header"},
		"resource_name":            "Notes & more",
	}
	for path, text := range guard.Documents() {
		var found object
		if err := json.Unmarshal([]byte(text), &found); err != nil || !reflect.DeepEqual(found, expected) {
			t.Errorf("%s: %s (%v)", path, text, err)
		}
	}
	elsewhere := protect(t, verifier, &auth.ProtectionOptions{MetadataURL: "https://x.example/m"})
	_, denied := ask(elsewhere)
	if told := parameters(denied); len(elsewhere.Documents()) > 0 || told["resource_metadata"] != "https://x.example/m" {
		t.Errorf("found %v, %v", elsewhere.Documents(), told)
	}
}

func TestNothingThatIsSecretIsShown(t *testing.T) {
	const secret = "hunter2hunter2hunter2hunter2hunter2"
	bytes := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	tokens := auth.NewFixedTokens(map[string]isogloss.Claims{secret: {}})
	shared := jwt(t, "https://a.example", &auth.JWTOptions{SharedSecret: []byte(secret)})
	introspection := must(auth.NewIntrospectionVerifier("https://a.example", &auth.IntrospectionOptions{ClientSecret: secret}))
	for _, value := range []any{tokens, shared, introspection, protect(t, tokens, nil), protect(t, shared, nil), protect(t, introspection, nil)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if shown := fmt.Sprintf(format, value); strings.Contains(shown, "hunter2") || strings.Contains(shown, bytes) {
				t.Errorf("%s: %s", format, shown)
			}
		}
	}
}

func TestAChallengeCanAlwaysBeReadAgain(t *testing.T) {
	holds := func(why string) bool {
		guard := protect(t, fixed{err: &auth.Refusal{Reason: why}}, &auth.ProtectionOptions{Scopes: []string{"a", "b:c"}})
		_, denied := ask(guard, "Bearer x")
		told := parameters(denied)
		return told["error"] == "invalid_token" && told["scope"] == "a b:c" && told["resource_metadata"] == metadataURL &&
			len(told["error_description"]) == utf8.RuneCountInString(why)
	}
	for _, why := range []string{"", "\"", `\`, "\r\n", "ü", "\xff", `a", error="b`} {
		if !holds(why) {
			t.Errorf("%q", why)
		}
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

// FuzzCredentials: whatever is sent as credentials is refused with a challenge that
// can be read.
func FuzzCredentials(f *testing.F) {
	for _, value := range []string{"Bearer a.b.c", "Basic x", "", "Bearer " + byHand(object{"alg": "HS256"}, object{}, []byte("x"))} {
		f.Add(value)
	}
	guard := protect(f, jwt(f, "https://auth.example.com", &auth.JWTOptions{SharedSecret: []byte(strings.Repeat("s", 32))}), nil)
	f.Fuzz(func(t *testing.T, value string) {
		_, denied := ask(guard, value)
		if denied == nil || denied.Status != http.StatusUnauthorized || parameters(denied) == nil {
			t.Fatalf("%q: %+v", value, denied)
		}
	})
}
