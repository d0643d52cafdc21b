package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A protected MCP server on this machine, clients that get themselves tokens for it, and
// a user who says yes.

const (
	back     = "http://127.0.0.1:4/callback"
	prefixed = "/.well-known/oauth-protected-resource/mcp"
	root     = "/.well-known/oauth-protected-resource"
)

// guarded is an MCP server behind a check of tokens. What tests change, they change in
// `set`.
type guarded struct {
	t           *testing.T
	origin, url string
	mu          sync.Mutex
	documents   map[string]string
	// asked are the documents that were asked for.
	asked []string
	// without counts requests without a token.
	without int
	// challenge is what a request without a good token is told.
	challenge string
	// judge looks at a request before the server does; it answers what is refused, if
	// with more than 401 and the challenge, and says so.
	judge func(w http.ResponseWriter, r *http.Request) bool
	// serves is the MCP server.
	serves http.Handler
}

// notes is an MCP server with three tools, of which two want more than the first scope.
func notes(t *testing.T, guard isogloss.Guard) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "notes", Version: "1.0.0"}, &isogloss.ServerOptions{
		HTTP: isogloss.HTTPOptions{Guard: guard},
	})
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	tool := func(name, said string, scopes ...string) {
		isogloss.ToolWith(s, name, "Says what it did.", &isogloss.ToolOptions{Scopes: scopes},
			func(context.Context, struct{}) (string, error) { return said, nil })
	}
	if tool("read", "a note"); guard == nil {
		return s
	}
	tool("write", "written", "notes:write")
	tool("burn", "burnt", "notes:burn")
	return s
}

// newGuarded is a server that says nothing of itself and takes any token.
func newGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, documents: map[string]string{}, challenge: "Bearer"}
	g.judge = func(_ http.ResponseWriter, r *http.Request) bool { return r.Header.Get("Authorization") == "" }
	g.serves = notes(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/mcp" {
			g.tells(w, r.URL.Path)
		} else if !g.refuses(w, r) {
			g.serves.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	g.origin, g.url = server.URL, server.URL+"/mcp"
	return g
}

// tells answers who asks for a document.
func (g *guarded) tells(w http.ResponseWriter, path string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, path)
	text, there := g.documents[path]
	switch {
	case text == "broken":
		w.WriteHeader(http.StatusServiceUnavailable)
	case there:
		_, _ = io.WriteString(w, text)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// guardedBy is a server that a protection stands before, and that takes the tokens of an
// authorization server.
func guardedBy(t *testing.T, a *authority) *guarded {
	t.Helper()
	g := newGuarded(t)
	verifier, err := auth.NewJWTVerifier(a.issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := auth.NewProtection(g.url, verifier, &auth.ProtectionOptions{Scopes: []string{"notes:read"}})
	if err != nil {
		t.Fatal(err)
	}
	g.documents = guard.Documents()
	g.serves = notes(t, guard)
	g.judge = func(http.ResponseWriter, *http.Request) bool { return false }
	return g
}

// set changes what it does.
func (g *guarded) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

// says puts a document at a path; of the path nothing else is known.
func (g *guarded) says(path string, d document) {
	text, err := json.Marshal(d)
	if err != nil {
		g.t.Fatal(err)
	}
	g.set(func() { g.documents[path] = string(text) })
}

// names says whose tokens it takes.
func (g *guarded) names(issuer string) {
	g.says(prefixed, document{"resource": g.url, "authorization_servers": []string{issuer}})
}

// places are the documents that were asked for since the last time.
func (g *guarded) places() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked := g.asked
	g.asked = nil
	return asked
}

// refuses answers a request that has no good token.
func (g *guarded) refuses(w http.ResponseWriter, r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") == "" {
		g.without++
	}
	status := &statusWriter{ResponseWriter: w}
	if !g.judge(status, r) {
		return false
	}
	if !status.said {
		w.Header().Set("WWW-Authenticate", g.challenge)
		w.WriteHeader(http.StatusUnauthorized)
	}
	return true
}

// statusWriter knows whether a status was said.
type statusWriter struct {
	http.ResponseWriter
	said bool
}

func (s *statusWriter) WriteHeader(status int) {
	s.said = true
	s.ResponseWriter.WriteHeader(status)
}

// sender is what the user's browser and the tests ask with.
var sender = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// call connects a client in the modern era, and calls a tool: what it says.
func call(t *testing.T, url string, authorizer isogloss.Authorizer, tool string) (string, error) {
	t.Helper()
	return callIn(t.Context(), url, authorizer, tool)
}

func callIn(ctx context.Context, url string, authorizer isogloss.Authorizer, tool string) (string, error) {
	client, err := connect(ctx, url, authorizer, isogloss.ModernOnly)
	if err != nil {
		return "", err
	}
	found, err := isogloss.Call[string](ctx, client, tool, nil, nil)
	return found, errors.Join(err, client.Close())
}

func connect(ctx context.Context, url string, authorizer isogloss.Authorizer, era isogloss.EraMode) (*isogloss.Client, error) {
	target := isogloss.HTTP(url, &isogloss.HTTPTargetOptions{Authorizer: authorizer})
	return isogloss.Connect(ctx, target, &isogloss.ClientOptions{Era: era})
}

// says checks what a tool says.
func says(t *testing.T, url string, authorizer isogloss.Authorizer, tool, expected string) {
	t.Helper()
	if found, err := call(t, url, authorizer, tool); err != nil || found != expected {
		t.Errorf("%s: expected %q, found %q (%v)", tool, expected, found, err)
	}
}

// stays checks that a refusal stands.
func stays(t *testing.T, url string, authorizer isogloss.Authorizer, tool string, status int) {
	t.Helper()
	_, err := call(t, url, authorizer, tool)
	if failure := (*isogloss.Error)(nil); !errors.As(err, &failure) || failure.Kind != isogloss.KindHTTP || failure.Status != status {
		t.Errorf("%s: expected HTTP %d, found %v", tool, status, err)
	}
}

// why is how a call fails for want of a token.
func why(t *testing.T, url string, authorizer isogloss.Authorizer, expected string) string {
	t.Helper()
	_, err := call(t, url, authorizer, "read")
	return told(t, err, expected)
}

// told checks that an error is about authorization, and what it says.
func told(t *testing.T, err error, expected string) string {
	t.Helper()
	if !errors.Is(err, isogloss.ErrAuthorization) || !strings.Contains(err.Error(), expected) {
		t.Errorf("expected an error of authorization with %q, found %v", expected, err)
		return ""
	}
	return err.Error()
}

// sentOn is where the user is sent from this address.
func sentOn(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := sender.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusFound {
		return "", errors.New(response.Status)
	}
	return response.Header.Get("Location"), nil
}

// yes is a user who says yes.
func yes() oauth.UserAgent { return oauth.Unattended(back, sentOn) }

// asks is an authorizer that asks a user.
func asks(t *testing.T, url string, agent oauth.UserAgent, options oauth.Options) *oauth.Authorizer {
	t.Helper()
	authorizer, err := oauth.AuthorizationCode(url, agent, &options)
	return open(t, authorizer, err)
}

// open is an authorizer that is closed at the test's end.
func open(t *testing.T, authorizer *oauth.Authorizer, err error) *oauth.Authorizer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = authorizer.Close() })
	return authorizer
}

// age has the token that is kept for a server be due; and over, if told so.
func age(t *testing.T, store oauth.TokenStore, url string, isOver bool) {
	t.Helper()
	key := "token " + url
	text, err := store.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var kept document
	if err := json.Unmarshal([]byte(text), &kept); err != nil || kept["dueAt"] == nil || kept["expiresAt"] == nil {
		t.Fatalf("%s: %v", text, err)
	}
	kept["dueAt"] = 1970
	if isOver {
		kept["expiresAt"] = 1970
	}
	changed, _ := json.Marshal(kept)
	if err := store.Save(t.Context(), key, string(changed)); err != nil {
		t.Fatal(err)
	}
}
