package isogloss_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Who asks: a guard in front of a server and of routes beside it, and what belongs
// to whom.

// byName lets in whoever names themselves; alice may write.
type byName struct{}

func (byName) Admit(r *http.Request) (*isogloss.Claims, error) {
	name := r.Header.Get("X-Name")
	switch name {
	case "":
		return nil, &isogloss.Denied{Status: 401, Header: http.Header{"Www-Authenticate": {"Name"}}, Message: "who are you?"}
	case "broken":
		return nil, errors.New("a secret")
	case "nobody":
		return nil, nil
	}
	claims := &isogloss.Claims{Issuer: "here", Subject: name, ClientID: r.Header.Get("X-Client")}
	if name == "alice" {
		claims.Scopes = []string{"write"}
	}
	return claims, nil
}

func (byName) Lacks(_ *http.Request, scopes []string) *isogloss.Denied {
	return &isogloss.Denied{Status: 403, Header: http.Header{"Www-Authenticate": {"Name scope=" + strings.Join(scopes, " ")}}, Message: "ask for more"}
}

func (byName) Documents() map[string]string {
	return map[string]string{"/.well-known/who": `{"who":"you"}`}
}

// guarded has things that say who asks, and one that takes a scope.
func guarded(guard isogloss.Guard) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "guarded", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{
		Guard: guard, MaxMessage: 10_000, AllowedOrigins: []string{"https://app.example"},
	}})
	whoami := func(ctx context.Context) string {
		if claims := isogloss.FromContext(ctx).Claims(); claims != nil {
			return claims.Subject
		}
		return "nobody"
	}
	isogloss.Tool(s, "whoami", "Who asks.", func(ctx context.Context, _ struct{}) (string, error) { return whoami(ctx), nil })
	isogloss.Tool(s, "hello", "Asks.", func(ctx context.Context, _ struct{}) (string, error) {
		p, err := isogloss.Ask(ctx, who.WithKey("who"))
		return p.Name, err
	})
	write := func(ctx context.Context, tell bool) (string, error) {
		about := isogloss.FromContext(ctx)
		if claims := about.Claims(); claims == nil || !slices.Contains(claims.Scopes, "write") {
			if tell {
				_ = about.Progress(ctx, 1, 0, "")
			}
			return "", &isogloss.InsufficientScope{Scopes: []string{"read", "write"}}
		}
		return "written", nil
	}
	isogloss.Resource(s, "note://write", "Takes a scope.", func(ctx context.Context, _ struct{}) (string, error) { return write(ctx, false) })
	isogloss.Resource(s, "note://late", "Takes a scope, and tells something before.", func(ctx context.Context, _ struct{}) (string, error) {
		return write(ctx, true)
	})
	return s
}

// reading is a modern read of a resource, and its headers.
func reading(uri string) (string, []string) {
	body, headers := modernly("resources/read", "", `"uri":"`+uri+`"`)
	return strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1), append(headers, "Mcp-Name: "+uri)
}

func TestGuardIsAskedBeforeAnythingIsRead(t *testing.T) {
	s := serve(t, guarded(byName{}))
	body, headers := modernly("tools/call", "whoami", "")
	r := s.refused(401, "who are you?", "POST", body, headers...)
	same(t, r.Header.Get("Www-Authenticate"), "Name")
	s.refused(401, "who are you?", "POST", "nonsense", "Content-Type: text/plain")
	s.refused(401, "who are you?", "PUT", "")
	s.refused(403, "to AllowedOrigins", "POST", body, append(headers, "Origin: https://evil.example")...)
	if r := s.send("OPTIONS", "", "Origin: https://app.example", "Access-Control-Request-Method: POST"); r.StatusCode != 204 {
		t.Errorf("a browser that asks beforehand got %d", r.StatusCode)
	}
	// A page sees why it was refused.
	r = s.refused(401, "who are you?", "POST", body, append(headers, "Origin: https://app.example")...)
	same(t, r.Header.Get("Access-Control-Allow-Origin"), "https://app.example")
	s.refused(500, `"message":"internal error"`, "POST", body, append(headers, "X-Name: broken")...)
	s.refused(200, `"result":"bob"`, "POST", body, append(headers, "X-Name: bob")...)
	s.refused(200, `"result":"nobody"`, "POST", body, append(headers, "X-Name: nobody")...)
}

func TestMissingScopesAreAStatusInBothEras(t *testing.T) {
	s := serve(t, guarded(byName{}))
	body, headers := reading("note://write")
	bob, alice := "X-Name: bob", "X-Name: alice"
	r := s.refused(403, "ask for more", "POST", body, append(headers, bob)...)
	same(t, r.Header.Get("Www-Authenticate"), "Name scope=read write")
	s.refused(200, "written", "POST", body, append(headers, alice)...)

	legacy := `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"note://write"}}`
	session := s.open("2025-03-26", "{}", bob)
	s.refused(403, "ask for more", "POST", legacy, session, bob)
	// One of several, or after something was told, it is an error of its own.
	s.refused(200, `[{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"this needs an access token with the scopes: read write"}}]`,
		"POST", "["+legacy+"]", session, bob)
	late, headers := reading("note://late")
	s.refused(200, `"error":{"code":-32600,"message":"this needs`, "POST", late, append(headers, bob)...)
	s.refused(200, `"error":{"code":-32600,"message":"this needs`, "POST",
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"note://late","_meta":{"progressToken":1}}}`, session, bob)
	s.refused(200, "written", "POST", legacy, s.open("2025-11-25", "{}", alice), alice)
}

func TestMissingScopesWithoutAGuardAreAStatusToo(t *testing.T) {
	s := serve(t, guarded(nil))
	body, headers := reading("note://write")
	s.refused(403, "with the scopes: read write", "POST", body, headers...)
}

func TestSessionIsOfWhoOpenedIt(t *testing.T) {
	s := serve(t, guarded(byName{}))
	bob := "X-Name: bob"
	session := s.open("2025-11-25", "{}", bob)
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`
	s.refused(200, `"result":"bob"`, "POST", call, session, bob)
	for _, other := range []string{"X-Name: eve", "X-Name: nobody"} {
		s.refused(404, "there is no such session", "POST", call, session, other)
		s.refused(404, "there is no such session", "GET", "", session, other)
		s.refused(404, "there is no such session", "GET", "", session, other, "Last-Event-ID: 1-0")
		s.refused(404, "there is no such session", "DELETE", "", session, other)
	}
	s.refused(404, "there is no such session", "POST", call, session, bob, "X-Client: other")
	s.refused(200, `"result":"bob"`, "POST", call, session, bob)
}

func TestStateIsOfWhoWasAsked(t *testing.T) {
	s := serve(t, guarded(byName{}))
	body, headers := modernly("tools/call", "hello", "")
	bob := append(slices.Clone(headers), "X-Name: bob")
	var asked answer
	if err := json.Unmarshal([]byte(s.body(s.send("POST", body, bob...))), &asked); err != nil {
		t.Fatal(err)
	}
	body, _ = modernly("tools/call", "hello", answers(yes("who", `{"name":"Zoë"}`))+","+state(asked))
	s.refused(200, "was not given out by this server for this request", "POST", body, append(headers, "X-Name: eve")...)
	s.refused(200, "was not given out by this server for this request", "POST", body, append(headers, "X-Name: nobody")...)
	s.refused(200, "Zoë", "POST", body, bob...)
}

func TestMiddlewareCanTakeThePlaceOfAGuard(t *testing.T) {
	inner := guarded(nil)
	site := isogloss.NewSite(inner, nil)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(w, r.WithContext(isogloss.WithClaims(r.Context(), &isogloss.Claims{Subject: r.Header.Get("X-Name")})))
	})
	s := serveHandler(t, handler)
	defer func() { _ = inner.Close(t.Context()) }()
	session := s.open("2025-11-25", "{}", "X-Name: bob")
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`
	s.refused(200, `"result":"bob"`, "POST", call, session, "X-Name: bob")
	s.refused(404, "there is no such session", "POST", call, session, "X-Name: eve")
}

func TestRoutesArePublicOrProtectedAsTheyWereAdded(t *testing.T) {
	site := isogloss.NewSite(guarded(byName{}), &isogloss.SiteOptions{Path: "/at/mcp"})
	site.Public("POST /echo", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := bufio.NewReader(r.Body).ReadString(0)
		fmt.Fprint(w, text)
	}))
	site.Public("GET /items/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "item ", r.PathValue("id")) }))
	site.Protected("/me", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, isogloss.ClaimsOf(r.Context()).Subject)
	}))
	s := serveSite(t, site)
	origin := strings.TrimSuffix(s.url, "/mcp")
	bob, page := "X-Name: bob", "Origin: https://app.example"
	call, headers := modernly("tools/call", "whoami", "")
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		has                string
	}{
		{"POST", "/at/mcp", call, headers, 401, "who are you?"},
		{"POST", "/at/mcp", call, append(headers, bob), 200, "bob"},
		{"POST", "/at/mcp/", call, append(headers, bob), 200, "bob"},
		{"POST", "/at//mcp", call, append(headers, bob), 404, "not found"},
		{"POST", "/at/../at/mcp", call, append(headers, bob), 404, "not found"},
		{"POST", "/at/mcp/more", call, append(headers, bob), 404, "not found"},
		{"POST", "/mcp", call, append(headers, bob), 404, "not found"},
		{"GET", "/", "", []string{bob}, 404, "not found"},
		{"GET", "/health", "", nil, 200, "ok"},
		{"GET", "/health", "", []string{"Host: 10.0.0.7:8080"}, 200, "ok"},
		{"DELETE", "/health", "", nil, 405, ""},
		{"GET", "/.well-known/who", "", []string{"Host: any.example"}, 200, `{"who":"you"}`},
		{"OPTIONS", "/.well-known/who", "", []string{"Access-Control-Request-Method: GET", page}, 204, ""},
		{"POST", "/.well-known/who", "", nil, 405, ""},
		{"POST", "/echo", "hello", nil, 200, "hello"},
		{"POST", "/echo", strings.Repeat("x", 10_001), nil, 413, "MaxMessage"},
		{"POST", "/echo", strings.Repeat("x", 10_001), []string{page}, 413, "MaxMessage"},
		{"POST", "/echo", "hello", []string{"Host: evil.example"}, 403, "AllowedHosts"},
		{"GET", "/echo", "", nil, 405, ""},
		{"OPTIONS", "/echo", "", []string{"Access-Control-Request-Method: POST", page}, 204, ""},
		{"OPTIONS", "/echo", "", []string{"Access-Control-Request-Method: POST", "Origin: https://evil.example"}, 403, "AllowedOrigins"},
		{"GET", "/items/7", "", nil, 200, "item 7"},
		{"GET", "/me", "", nil, 401, "who are you?"},
		{"GET", "/me", "", []string{page}, 401, "who are you?"},
		{"GET", "/me", "", []string{bob}, 200, "bob"},
	} {
		s.url = origin + c.path
		r := s.send(c.method, c.body, c.headers...)
		if text := s.body(r); r.StatusCode != c.status || !strings.Contains(text, c.has) {
			t.Errorf("%s %s %v: got %d %s\nwant %d with %s", c.method, c.path, c.headers, r.StatusCode, text, c.status, c.has)
		}
		if isPage := slices.Contains(c.headers, page); isPage && r.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s %s: the page does not see it", c.method, c.path)
		}
	}
}

func TestSiteThatIsWrongIsNotServed(t *testing.T) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	site := isogloss.NewSite(weather(), nil)
	site.Protected("/admin", nothing)
	site.Public("GET /mcp", nothing)
	site.Public("/health", nothing)
	site.Public("status", nothing)
	err := site.ListenAndServe(t.Context(), "127.0.0.1:0")
	for _, part := range []string{
		`route "/admin": it is protected, and nothing checks who asks`, `route "GET /mcp": the server is there`, `route "/health": `, `route "status": `,
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v lacks %s", err, part)
		}
	}
	// Within another server it fails closed.
	s := serveHandler(t, site)
	s.url = strings.TrimSuffix(s.url, "/mcp") + "/admin"
	s.refused(403, "nobody may", "GET", "")
}

func TestServerIsServedBelowAPrefix(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/tools/", http.StripPrefix("/tools", isogloss.NewSite(weather(), nil)))
	mux.Handle("/deep/mcp", weather())
	s := serveHandler(t, mux)
	origin := strings.TrimSuffix(s.url, "/mcp")
	body, headers := modernly("tools/call", "count", "")
	for _, path := range []string{"/tools/mcp", "/deep/mcp"} {
		s.url = origin + path
		s.refused(200, `"result":7`, "POST", body, headers...)
		s.refused(403, "AllowedOrigins", "POST", body, append(headers, "Origin: https://evil.example")...)
	}
}
