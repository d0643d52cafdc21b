package oauth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What comes from strangers, read: challenges, metadata, answers about tokens, and
// addresses that a user comes back to.

func read(values ...string) challenge {
	return challengeOf(http.Header{"Www-Authenticate": values})
}

func TestWhatIsSaidAboutTokensIsFoundAmongTheRest(t *testing.T) {
	bearer := challenge{bearer: true}
	with := func(change func(*challenge)) challenge {
		c := bearer
		change(&c)
		return c
	}
	for _, row := range []struct {
		values   []string
		expected challenge
	}{
		{nil, challenge{}},
		{[]string{""}, challenge{}},
		{[]string{"Bearer"}, bearer},
		{[]string{"bEaReR realm=x"}, bearer},
		{[]string{`Bearer resource_metadata="https://m/x?a=b,c", scope="a b",error="invalid_token"`}, with(func(c *challenge) {
			c.error, c.scopes, c.resourceMetadata = "invalid_token", []string{"a", "b"}, "https://m/x?a=b,c"
		})},
		{[]string{`Basic realm="Bearer, scope=\"x\"", Bearer scope = a`}, with(func(c *challenge) { c.scopes = []string{"a"} })},
		{[]string{`Negotiate YWJj/ZGVm==, Bearer error=e`}, with(func(c *challenge) { c.error = "e" })},
		{[]string{`Basic scope="no"`, `Bearer scope="yes"`}, with(func(c *challenge) { c.scopes = []string{"yes"} })},
		{[]string{`Bearer scope="first", scope="second"`}, with(func(c *challenge) { c.scopes = []string{"first"} })},
		{[]string{`DPoP algs="ES256", error="use_dpop_nonce"`}, challenge{dpop: true, error: "use_dpop_nonce"}},
		{[]string{"Bearer, DPoP"}, with(func(c *challenge) { c.dpop = true })},
		{[]string{`Bearer scope="never ends`}, with(func(c *challenge) { c.scopes = []string{"never", "ends"} })},
		{[]string{`Bearer scope="ends with \`}, with(func(c *challenge) { c.scopes = []string{"ends", "with"} })},
		{[]string{`"x"=,=,,,"" Bearer error`}, bearer},
	} {
		if found := read(row.values...); !reflect.DeepEqual(found, row.expected) {
			t.Errorf("%q: expected %+v, found %+v", row.values, row.expected, found)
		}
	}
	if one, both := read("DPoP"), read("Bearer, DPoP"); !one.wantsDPoP() || both.wantsDPoP() {
		t.Error("a token is bound where nothing else will do")
	}
}

func TestTheChallengesThatOurServersWriteAreReadBack(t *testing.T) {
	var vectors struct {
		Challenge []struct {
			Error, Metadata, Header string
			Scopes                  []string
		}
	}
	text, err := os.ReadFile("../../../spec/vectors/auth.json")
	if err == nil {
		err = json.Unmarshal(text, &vectors)
	}
	if err != nil || len(vectors.Challenge) == 0 {
		t.Fatal(err)
	}
	for _, row := range vectors.Challenge {
		found := read(row.Header)
		if found.error != row.Error || found.resourceMetadata != row.Metadata || strings.Join(found.scopes, " ") != strings.Join(row.Scopes, " ") {
			t.Errorf("%s: found %+v", row.Header, found)
		}
	}
}

// written is a challenge as a server writes it.
func (c *challenge) written() string {
	var schemes, parameters []string
	for scheme, there := range map[string]bool{"Bearer": c.bearer, "DPoP": c.dpop} {
		if there {
			schemes = append(schemes, scheme)
		}
	}
	for name, value := range map[string]string{"error": c.error, "scope": strings.Join(c.scopes, " "), "resource_metadata": c.resourceMetadata} {
		if value != "" {
			parameters = append(parameters, name+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
		}
	}
	return strings.Join(schemes, ", ") + " " + strings.Join(parameters, ", ")
}

func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{
		`Bearer scope="a b", error=x`, `Basic "a\"b", DPoP algs="ES256"`, `"\`, `Bearer error=" ",scope=,`, "=,=", "Bearer\terror = \"\\\"", "bearer,dpop error", "é=é",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := read(text)
		if again := read(found.written()); !reflect.DeepEqual(again, found) {
			t.Errorf("%q: %+v, written %q, read %+v", text, found, found.written(), again)
		}
	})
}

func TestAResourceIsTheServerOrWhatItIsAPartOf(t *testing.T) {
	for _, row := range []struct {
		resource, server string
		expected         bool
	}{
		{"https://m.example/mcp", "https://m.example/mcp", true},
		{"https://M.example:443/mcp", "https://m.example/mcp", true},
		{"https://m.example", "https://m.example/mcp", true},
		{"https://m.example/", "https://m.example/mcp", true},
		{"https://m.example/a", "https://m.example/a/mcp", true},
		{"https://m.example/a", "https://m.example/ab/mcp", false},
		{"https://m.example/mcp/x", "https://m.example/mcp", false},
		{"https://m.example/other", "https://m.example/mcp", false},
		{"https://m.example/other/../mcp", "https://m.example/mcp", false},
		{"http://m.example/mcp", "https://m.example/mcp", false},
		{"https://m.example:8443/mcp", "https://m.example/mcp", false},
		{"https://evil.example/mcp", "https://m.example/mcp", false},
		{"https://m.example@evil.example/mcp", "https://m.example/mcp", false},
		{"https:///m.example/mcp", "https://m.example/mcp", false},
		{`https:\\m.example\mcp`, "https://m.example/mcp", false},
		{"https://m.example/mcp#x", "https://m.example/mcp", false},
		{"https://m.example/mcp?tenant=1", "https://m.example/mcp?tenant=1", true},
		{"https://m.example/mcp?tenant=2", "https://m.example/mcp?tenant=1", false},
		{"https://m.example/mcp?a#b", "https://m.example/mcp?a", false},
		{"https://m.example/m%63p", "https://m.example/mcp", false},
		{"/mcp", "https://m.example/mcp", false},
		{"", "https://m.example/mcp", false},
	} {
		server, err := url.Parse(row.server)
		if err != nil {
			t.Fatal(err)
		}
		if found := covers(row.resource, server); found != row.expected {
			t.Errorf("%s for %s: expected %t", row.resource, row.server, row.expected)
		}
	}
}

func FuzzCovers(f *testing.F) {
	for _, seed := range []string{"https://m.example/a", "https://m.example/a/mcp?x", "HTTPS://M.EXAMPLE:443/", "https://m.example.evil/a", "https://m.example@evil/a", "https://evil\\@m.example/a"} {
		f.Add(seed)
	}
	server, err := url.Parse("https://m.example/a/mcp")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, resource string) {
		if !covers(resource, server) {
			return
		}
		rest, ok := strings.CutPrefix(strings.ToLower(resource), "https://m.example")
		rest = strings.TrimPrefix(rest, ":443")
		if !ok || rest != "" && rest[0] != '/' && rest[0] != ':' && rest[0] != '?' || strings.Contains(resource, "..") {
			t.Errorf("%q was taken for a resource of %s", resource, server)
		}
	})
}

func TestAnAuthorizationServerIsWhoItWasTakenForAndNamesNoForeignMachine(t *testing.T) {
	const issuer, good = `"issuer":"https://a.example"`, `"token_endpoint":"https://a.example/t"`
	for document, expected := range map[string]string{
		"{" + issuer + "," + good + "}":                                                "",
		`{"issuer":"https://a.example/",` + good + "}":                                 "issuer: expected",
		"{" + good + "}":                                                               "issuer: expected",
		`{"Issuer":"https://a.example",` + good + "}":                                  "issuer: expected",
		"{" + issuer + "}":                                                             "token_endpoint: required",
		"{" + issuer + `,"token_endpoint":"http://a.example/t"}`:                       "use https",
		"{" + issuer + `,"token_endpoint":"http://127.0.0.1/t"}`:                       "this machine",
		"{" + issuer + `,"token_endpoint":7}`:                                          "of another kind",
		"{" + issuer + `,"token_endpoint":"file:///t"}`:                                "expected",
		"{" + issuer + "," + good + `,"grant_types_supported":"all"}`:                  "of another kind",
		"{" + issuer + "," + good + `,"grant_types_supported":null}`:                   "",
		"{" + issuer + "," + good + `,"registration_endpoint":"//127.0.0.1/r"}`:        "absolute address",
		"{" + issuer + "," + good + `,"client_id_metadata_document_supported":"true"}`: "of another kind",
	} {
		_, err := readAuthorizationServer("here", wire.Raw(document), "https://a.example")
		if (err == nil) != (expected == "") || err != nil && !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: expected %q, found %v", document, expected, err)
		}
	}
}

// FuzzDocument reads whatever comes as each of the documents: it is read, or refused in
// words that are not long.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"resource":"https://a.example/mcp","authorization_servers":["https://a.example"],"scopes_supported":["a"]}`,
		`{"issuer":"https://a.example","token_endpoint":"https://a.example/t","grant_types_supported":[]}`,
		`{"access_token":"a","token_type":"Bearer","expires_in":"1e400","scope":null,"refresh_token":""}`,
		`{"client_id":"a","client_secret_expires_at":1e99,"token_endpoint_auth_method":"none"}`,
		`{"error":"invalid_grant","error_description":"\u202e"}`, `[]`, `{`, `{"resource":7}`, `null`, "{\"a\":\"\xff\"}",
	} {
		f.Add(seed)
	}
	server, err := url.Parse("https://a.example/mcp")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		document, err := authority.Object(server, []byte(text))
		errs := []error{err, refusalOf(server, &authority.Answer{Status: "400 Bad Request", Code: 400, Body: []byte(text)})}
		if err == nil {
			_, err1 := readProtected("here", document, server)
			_, err2 := readAuthorizationServer("here", document, "https://a.example")
			errs = append(errs, err1, err2)
		}
		if found, ok := readGranted(document); ok {
			_, err := tokenOf(found, false, origin{}, time.Now())
			errs = append(errs, err)
		}
		_, err = readRegistration(server, []byte(text), byNothing, "https://desk.example/back")
		for _, err := range append(errs, err) {
			if err != nil && len(err.Error()) > 2*protocol.MaxURI+20*protocol.MaxAuthErrorText {
				t.Errorf("%d bytes of words", len(err.Error()))
			}
		}
	})
}

func TestOnlyHTTPSAndThisMachineMayBeNamed(t *testing.T) {
	far, _ := url.Parse("https://m.example")
	near, _ := url.Parse("http://127.0.0.1:1")
	for place, isFar := range map[string]bool{"https://a.example/x": true, "http://127.0.0.1/x": false, "https://[::1]/x": false, "https://app.localhost": false} {
		if _, err := reachable("place", place, near); err != nil {
			t.Error(err)
		}
		if _, err := reachable("place", place, far); (err == nil) != isFar {
			t.Errorf("%s: %v", place, err)
		}
	}
}

func TestWhatIsAskedForIsWhatTheServerWantsAndWhatWasThere(t *testing.T) {
	for _, row := range [][4]string{
		// before, asked, supported, all
		{"", "a b", "c", "a b"},
		{"", "", "c d", "c d"},
		{"", "", "", ""},
		{"a", "b", "c", "a b"},
		{"a", "", "c", "a"},
		{"", "a offline_access", "", "a"},
		{"", `a "b" a`, "", "a"},
	} {
		if found := strings.Join(wanted(words(row[0]), words(row[1]), words(row[2])), " "); found != row[3] {
			t.Errorf("%q: found %q", row, found)
		}
	}
}

var someOrigin = origin{granted: []string{"a"}, requested: []string{"a", "b"}, issuer: "i", resource: "r", client: clientOf{id: "c", method: byNothing, given: true}}

func answered(t *testing.T, text string) *granted {
	t.Helper()
	found, ok := readGranted(wire.Raw(text))
	if !ok {
		t.Fatalf("%s: no answer", text)
	}
	return found
}

func TestATokenIsWhatWasAskedForOrNotUsed(t *testing.T) {
	for _, row := range []struct {
		answer   string
		bound    bool
		expected string
	}{
		{`{"access_token":"t","token_type":"bearer"}`, false, ""},
		{`{"access_token":"t","token_type":"DPoP"}`, true, ""},
		{`{"access_token":"t","token_type":"Bearer"}`, true, "not bound"},
		{`{"access_token":"t","token_type":"DPoP"}`, false, "is bound"},
		{`{"access_token":"t","token_type":"mac"}`, false, "another one"},
		{`{"access_token":"","token_type":"Bearer"}`, false, "visible"},
		{`{"access_token":"a b","token_type":"Bearer"}`, false, "visible"},
		{`{"access_token":"a\r\nx: y","token_type":"Bearer"}`, false, "visible"},
		{`{"access_token":"ä","token_type":"Bearer"}`, false, "visible"},
	} {
		found, err := tokenOf(answered(t, row.answer), row.bound, someOrigin, time.Unix(1000, 0))
		if (err == nil) != (row.expected == "") || err != nil && !strings.Contains(err.Error(), row.expected) {
			t.Errorf("%s: expected %q, found %v", row.answer, row.expected, err)
		}
		if err == nil && !reflect.DeepEqual(found.kept("k").token(), found) {
			t.Errorf("%s: not kept as it is", row.answer)
		}
	}
	for _, text := range []string{
		`{"token_type":"Bearer"}`, `{"access_token":"t"}`, "{}", `{"access_token":7,"token_type":"Bearer"}`, `{"access_token":"t","token_type":"Bearer","expires_in":[]}`,
		`{"access_token":"t","token_type":"Bearer","refresh_token":7}`, `{"access_token":"t","token_type":"Bearer","scope":["a"]}`,
	} {
		if _, ok := readGranted(wire.Raw(text)); ok {
			t.Errorf("%s was taken for an answer", text)
		}
	}
}

func TestATokenIsDueBeforeItEnds(t *testing.T) {
	for lifetime, expected := range map[string][2]int64{
		`3600`: {4570, 4600}, `"3600"`: {4570, 4600}, `10`: {1005, 1010}, `0`: {1000, 1000}, `3600.5`: {4570, 4600},
		`-5`: {}, `1e300`: {}, `"soon"`: {}, `""`: {}, `"NaN"`: {}, `null`: {},
	} {
		found, err := tokenOf(answered(t, `{"access_token":"t","token_type":"Bearer","expires_in":`+lifetime+`}`), false, someOrigin, time.Unix(1000, 0))
		if err != nil {
			t.Fatal(err)
		}
		if times := [2]int64{found.dueAt, found.expiresAt}; times != expected {
			t.Errorf("%s: expected %v, found %v", lifetime, expected, times)
		}
		// 1970 is long ago.
		if isKnown := expected[0] != 0; found.isDue() != isKnown || found.isOver() != isKnown {
			t.Errorf("%s: due %t, over %t", lifetime, found.isDue(), found.isOver())
		}
	}
}

func visit(sendsIss bool) *visiting {
	return &visiting{server: &authorizationServer{issuer: "https://a.example", sendsIss: sendsIss}, state: "s"}
}

func TestACodeIsBelievedOnlyFromWhoeverWasAskedForIt(t *testing.T) {
	const iss = "iss=https%3A%2F%2Fa.example"
	for _, row := range []struct {
		query    string
		sendsIss bool
		expected string
	}{
		{"code=x&state=s&" + iss, true, ""},
		{"code=x&state=s", false, ""},
		{"code=x&state=s&" + iss, false, ""},
		{"code=x&state=s", true, "without iss"},
		{"code=x&state=s&" + iss + "%2F", true, "another issuer"},
		{"code=x&state=s&iss=https%3A%2F%2FA.example", true, "another issuer"},
		{"code=x&state=s&iss=https%3A%2F%2Fevil.example", false, "another issuer"},
		{"code=x&state=s&iss=", false, "another issuer"},
		{"code=x&state=s&" + iss + "&iss=https%3A%2F%2Fevil.example", true, "twice"},
		{"code=x&state=t", false, "another state"},
		{"code=x", false, "another state"},
		{"code=x&state=s&state=s", false, "twice"},
		{"code=x&code=y&state=s", false, "twice"},
		{"state=s&error=access_denied&error_description=no%21", false, `"access_denied": "no!"`},
		// Words of a stranger are not shown.
		{"state=s&error=evil&iss=https%3A%2F%2Fevil.example", false, "another issuer"},
		{"state=t&error=evil", false, "another state"},
		{"state=s&code=", false, "without a code"},
		{"state=s", false, "without a code"},
		{"", false, "another state"},
	} {
		code, err := visit(row.sendsIss).code("http://127.0.0.1:1/callback?" + row.query + "#_=_\n")
		switch {
		case row.expected == "" && (err != nil || code != "x"):
			t.Errorf("%s: found %q (%v)", row.query, code, err)
		case row.expected != "" && (err == nil || !strings.Contains(err.Error(), row.expected) || strings.Contains(err.Error(), "evil")):
			t.Errorf("%s: expected %q, found %v", row.query, row.expected, err)
		}
	}
}

func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1/callback?code=x&state=s", "?state=&code=%zz", "#?state=s", "??state=s;code=x", "state=s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, back string) {
		v := visit(false)
		v.state = drawn()
		if code, err := v.code(back); err == nil || !strings.HasPrefix(err.Error(), "the user came back with") {
			t.Errorf("%q: found %q (%v)", back, code, err)
		}
	})
}

func FuzzQuoted(f *testing.F) {
	for _, seed := range []string{"bad\n\x1b[31m\u202e", strings.Repeat("x", 10_000), "\xff\u2028\u0085", "日本"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, code, description string) {
		text := quotedError(code, description)
		if len(text) > 2*10*protocol.MaxAuthErrorText+100 {
			t.Errorf("%d bytes", len(text))
		}
		for _, c := range text {
			if c != ' ' && !unicode.IsPrint(c) || unicode.Is(unicode.Bidi_Control, c) {
				t.Errorf("%q is shown", c)
			}
		}
	})
}

func TestIDAndSecretAreEncodedBeforeTheyAreJoined(t *testing.T) {
	header := http.Header{"Authorization": {basic("a:b", "s/ü =")}}
	id, secret, ok := (&http.Request{Header: header}).BasicAuth()
	if !ok || id != "a%3Ab" || secret != "s%2F%C3%BC+%3D" {
		t.Errorf("found %q, %q", id, secret)
	}
}

func TestWhoComesBackToThisMachineHasANativeClient(t *testing.T) {
	for address, expected := range map[string]string{
		"http://127.0.0.1:4711/callback": "native", "http://localhost:3000/callback": "native", "http://[::1]/callback": "native",
		"com.example.app:/callback": "native", "https://app.example.com/callback": "web",
	} {
		if found := applicationType(address); found != expected {
			t.Errorf("%s: found %s", address, found)
		}
	}
}

func TestADrawnTextIsNeverDrawnTwiceAndADigestIsThatOfRFC7636(t *testing.T) {
	if one, other := drawn(), drawn(); len(one) != 43 || one == other {
		t.Errorf("%s, %s", one, other)
	}
	if found := digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"); found != "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" {
		t.Error(found)
	}
}
