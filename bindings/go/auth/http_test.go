package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A protected server over HTTP, in both eras: who is let in, what handlers know of
// them, and what others are told.

const document = "/.well-known/oauth-protected-resource"

// guarded is a protected server, and whoever issues its tokens.
type guarded struct {
	t         *testing.T
	authority *authorizationServer
	signer    *signer
	url       string
	http      *http.Client
}

func newGuarded(t *testing.T) *guarded {
	g := &guarded{t: t, authority: newAuthority(t), signer: ec("ec")}
	g.authority.publish(g.signer)
	guard := protect(t, jwt(t, g.authority.issuer, nil), &auth.ProtectionOptions{
		Scopes:   []string{"notes:read"},
		Includes: map[string][]string{"notes": {"notes:read", "notes:write", "notes:log"}},
	})
	s := isogloss.NewServer(protocol.Implementation{Name: "notes", Version: "1.0.0"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Guard: guard}})
	isogloss.Tool(s, "who", "", func(ctx context.Context, _ struct{}) (string, error) {
		claims := isogloss.FromContext(ctx).Claims()
		return claims.Subject + " " + strings.Join(claims.Scopes, ","), nil
	})
	needed := []string{"notes:write", "notes:log"}
	isogloss.ToolWith(s, "write", "", &isogloss.ToolOptions{Scopes: needed}, func(context.Context, struct{}) (string, error) {
		return "written", nil
	})
	isogloss.Tool(s, "look", "", func(ctx context.Context, _ struct{}) (string, error) {
		if len(auth.MissingScopes(isogloss.FromContext(ctx).Claims(), needed...)) > 0 {
			return "", &isogloss.InsufficientScope{Scopes: needed}
		}
		return "written", nil
	})
	isogloss.Tool(s, "sure", "", func(ctx context.Context, _ struct{}) (string, error) {
		_, err := isogloss.Ask(ctx, isogloss.Form[struct{}]("Sure?"))
		if errors.Is(err, isogloss.ErrDeclined) {
			return "declined", nil
		}
		return "", err
	})
	site := isogloss.NewSite(s, nil)
	site.Public("/open", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "open") }))
	site.Protected("/closed", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, isogloss.ClaimsOf(r.Context()).Subject)
	}))
	server := httptest.NewServer(site)
	g.url, g.http = server.URL, server.Client()
	t.Cleanup(func() {
		server.Close()
		_ = s.Close(context.Background())
	})
	return g
}

// sent is a request: a message of MCP, or a path that is asked for.
type sent struct {
	method, path, body string
	header             map[string]string
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`

func modern(tool, more string) sent {
	return sent{
		body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + modernMeta + `,"name":"` + tool + `"` + more + `}}`,
		header: map[string]string{
			"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
		},
	}
}

func legacy(session, tool string) sent {
	return sent{
		body:   `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`,
		header: map[string]string{"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session},
	}
}

var initialize = sent{body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`}

// answered is a response that was read.
type answered struct {
	*http.Response
	text string
}

func (a answered) told() map[string]string { return parameters(&isogloss.Denied{Header: a.Header}) }

// value is the plain value that a tool answered with.
func (a answered) value() string {
	var message struct {
		Result struct{ StructuredContent struct{ Result string } }
	}
	text := a.text
	if _, data, isStream := strings.Cut(a.text, "data: {"); isStream {
		text = "{" + data
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&message); err != nil {
		return err.Error() + " " + a.text
	}
	return message.Result.StructuredContent.Result
}

// send sends a request with these tokens, each in a header of its own.
func (g *guarded) send(s sent, tokens ...string) answered {
	g.t.Helper()
	method, path := s.method, s.path
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/mcp"
	}
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(s.body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	for _, token := range tokens {
		r.Header.Add("Authorization", "Bearer "+token)
	}
	response, err := g.http.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return answered{response, string(text)}
}

// token is one of these claims.
func (g *guarded) token(changes object) string {
	return g.signer.sign(g.authority.claims(changes), nil)
}

// session is a legacy session of somebody.
func (g *guarded) session(changes object) string {
	g.t.Helper()
	answer := g.send(initialize, g.token(changes))
	session := answer.Header.Get("Mcp-Session-Id")
	if session == "" {
		g.t.Fatalf("no session: %d %s", answer.StatusCode, answer.text)
	}
	return session
}

func TestWithoutATokenNothingIsAnsweredButWhereToGetOne(t *testing.T) {
	g := newGuarded(t)
	session := g.session(nil)
	query := modern("who", "")
	query.path = "/mcp?access_token=" + g.token(nil)
	for _, request := range []sent{
		modern("who", ""),
		initialize,
		legacy(session, "who"),
		{body: "not even JSON"},
		{method: http.MethodGet, header: map[string]string{"Mcp-Session-Id": session}},
		{method: http.MethodDelete, header: map[string]string{"Mcp-Session-Id": session}},
		{method: http.MethodGet, path: "/closed"},
		query,
	} {
		answer := g.send(request)
		told := answer.told()
		if _, isWrong := told["error"]; answer.StatusCode != 401 || told["resource_metadata"] != metadataURL || told["scope"] != "notes:read" || isWrong {
			t.Errorf("%+v: found %d, %v", request, answer.StatusCode, told)
		}
	}
	if answer := g.send(legacy(session, "who"), g.token(nil)); answer.StatusCode != 200 {
		t.Errorf("the session is still there, and found %d %s", answer.StatusCode, answer.text)
	}
}

func TestAGoodTokenLetsInAndItsClaimsReachTheHandlerInBothEras(t *testing.T) {
	g := newGuarded(t)
	token := g.token(object{"scope": "notes"})
	for _, request := range []sent{modern("who", ""), legacy(g.session(nil), "who")} {
		if answer := g.send(request, token); answer.value() != "ada notes,notes:read,notes:write,notes:log" {
			t.Errorf("found %d %s", answer.StatusCode, answer.text)
		}
	}
	if answer := g.send(sent{method: http.MethodGet, path: "/closed"}, token); answer.text != "ada" {
		t.Errorf("found %d %s", answer.StatusCode, answer.text)
	}
}

func TestABadTokenIsRefusedWithTheReason(t *testing.T) {
	g := newGuarded(t)
	good := g.authority.claims(nil)
	for _, row := range [][2]string{
		{g.token(object{"exp": now() - 60}), "has expired"},
		{g.token(object{"aud": "https://other.example"}), "not meant for"},
		{g.token(object{"iss": "https://evil.example"}), "not issued by"},
		{byHand(object{"alg": "none"}, good, nil), "cannot be read"},
		{ec("ec").sign(good, nil), "signature is wrong"},
		{strings.Repeat("x", 20_000), "MaxToken"},
	} {
		for _, request := range []sent{modern("who", ""), initialize} {
			answer := g.send(request, row[0])
			told := answer.told()
			if answer.StatusCode != 401 || told["error"] != "invalid_token" || !strings.Contains(told["error_description"], row[1]) || !strings.HasPrefix(answer.text, `{"error":"invalid_token","error_description":"`) {
				t.Errorf("expected %q, found %d, %v, %s", row[1], answer.StatusCode, told, answer.text)
			}
		}
	}
	token := g.token(nil)
	if answer := g.send(modern("who", ""), token, token); answer.StatusCode != 400 || answer.told()["error"] != "invalid_request" {
		t.Errorf("two headers: found %d, %v", answer.StatusCode, answer.told())
	}
}

func TestATokenThatLacksScopesIsToldAllThatTheRequestTakes(t *testing.T) {
	g := newGuarded(t)
	session := g.session(nil)
	const all = "notes:read notes:write notes:log"
	for _, row := range []struct {
		request       sent
		scope, needed string
	}{
		{modern("who", ""), "other", "notes:read"},
		{modern("write", ""), "notes:read", all},
		{modern("write", ""), "notes:read notes:write", all},
		{modern("write", ""), all, ""},
		{modern("write", ""), "notes", ""},
		{modern("look", ""), "notes:read", all},
		{modern("look", ""), "notes", ""},
		{legacy(session, "write"), "notes:read", all},
		{legacy(session, "write"), "notes", ""},
		{legacy(session, "look"), "notes:read", all},
		{legacy(session, "look"), "notes", ""},
	} {
		answer := g.send(row.request, g.token(object{"scope": row.scope}))
		told := answer.told()
		switch {
		case row.needed == "" && answer.value() != "written":
			t.Errorf("with %s: found %d %s", row.scope, answer.StatusCode, answer.text)
		case row.needed != "" && (answer.StatusCode != 403 || told["error"] != "insufficient_scope" || told["scope"] != row.needed || told["resource_metadata"] != metadataURL):
			t.Errorf("with %s: found %d, %v, %s", row.scope, answer.StatusCode, told, answer.text)
		}
	}
}

func TestTheMetadataIsForEverybodyAndSoIsWhatWasDeclaredPublic(t *testing.T) {
	g := newGuarded(t)
	page := map[string]string{"Origin": "https://page.example"}
	for _, path := range []string{document, document + "/mcp"} {
		answer := g.send(sent{method: http.MethodGet, path: path, header: page})
		var found struct {
			Resource             string
			AuthorizationServers []string `json:"authorization_servers"`
		}
		err := json.Unmarshal([]byte(answer.text), &found)
		if err != nil || answer.Header.Get("Access-Control-Allow-Origin") != "*" || found.Resource != resource || found.AuthorizationServers[0] != g.authority.issuer {
			t.Errorf("%s: found %d %v %s", path, answer.StatusCode, answer.Header, answer.text)
		}
		if answer := g.send(sent{method: http.MethodOptions, path: path, header: page}); answer.StatusCode != 204 {
			t.Errorf("%s: found %d for OPTIONS", path, answer.StatusCode)
		}
		if answer := g.send(sent{path: path, header: page}); answer.StatusCode != 405 {
			t.Errorf("%s: found %d for POST", path, answer.StatusCode)
		}
	}
	for path, status := range map[string]int{document + "/other": 404, "/open": 200, "/health": 200} {
		if answer := g.send(sent{method: http.MethodGet, path: path}); answer.StatusCode != status {
			t.Errorf("%s: found %d", path, answer.StatusCode)
		}
	}
}

func TestASessionAndTheStateOfAQuestionAreTheirOwnersAlone(t *testing.T) {
	g := newGuarded(t)
	session := g.session(nil)
	for _, row := range []struct {
		changes object
		status  int
	}{
		{nil, 200},
		{object{"scope": "notes:read notes:write"}, 200},
		{object{"sub": "eve"}, 404},
		{object{"sub": nil}, 404},
		{object{"client_id": "other"}, 404},
		{nil, 200},
	} {
		if answer := g.send(legacy(session, "who"), g.token(row.changes)); answer.StatusCode != row.status {
			t.Errorf("%v: found %d %s", row.changes, answer.StatusCode, answer.text)
		}
	}
	var asked struct {
		Result struct {
			RequestState  string
			InputRequests map[string]any
		}
	}
	first := g.send(modern("sure", ""), g.token(nil))
	if err := json.Unmarshal([]byte(first.text), &asked); err != nil || len(asked.Result.InputRequests) != 1 {
		t.Fatalf("found %s (%v)", first.text, err)
	}
	responses := object{}
	for key := range asked.Result.InputRequests {
		responses[key] = object{"action": "decline"}
	}
	again := modern("sure", fmt.Sprintf(`,"requestState":%q,"inputResponses":%s`, asked.Result.RequestState, marshal(responses)))
	if answer := g.send(again, g.token(object{"sub": "eve"})); !strings.Contains(answer.text, "-32602") {
		t.Errorf("somebody else's: found %s", answer.text)
	}
	if answer := g.send(again, g.token(nil)); answer.value() != "declined" {
		t.Errorf("found %s", answer.text)
	}
}

func TestAnAuthorizationServerThatFailsClosesTheDoorAndSaysNothingOfIt(t *testing.T) {
	g := newGuarded(t)
	g.authority.with(func(a *authorizationServer) { a.broken = 500 })
	answer := g.send(modern("who", ""), g.token(nil))
	if answer.StatusCode != 503 || answer.Header.Get("Retry-After") != "10" || answer.Header.Get("WWW-Authenticate") != "" || strings.Contains(answer.text, "127.0.0.1") {
		t.Errorf("found %d %v %s", answer.StatusCode, answer.Header, answer.text)
	}
}
