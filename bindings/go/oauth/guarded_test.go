package oauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// A protected MCP server on this machine, requests to it with an authorizer's tokens,
// and a user who says yes.

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
	// judge looks at a request; it answers what is refused and says so.
	judge func(w http.ResponseWriter, r *http.Request, tool string) bool
}

// notes is an MCP server with three tools.
func notes() *isogloss.Server {
	s := isogloss.New("notes", "1.0.0")
	for name, said := range map[string]string{"read": "a note", "write": "written", "burn": "burnt"} {
		isogloss.Tool(s, name, "Says what it did.", func(context.Context, struct{}) (string, error) { return said, nil })
	}
	return s
}

// newGuarded is a server that says nothing of itself and takes any token.
func newGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, documents: map[string]string{}, challenge: "Bearer"}
	g.judge = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		return r.Header.Get("Authorization") == ""
	}
	s := notes()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/mcp" {
			if !g.refuses(w, r) {
				s.ServeHTTP(w, r)
			}
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.asked = append(g.asked, r.URL.Path)
		text, there := g.documents[r.URL.Path]
		switch {
		case text == "broken":
			w.WriteHeader(http.StatusServiceUnavailable)
		case there:
			_, _ = io.WriteString(w, text)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	g.origin, g.url = server.URL, server.URL+"/mcp"
	return g
}

// guardedBy is a server that takes the tokens of an authorization server, and of which
// two tools want more than the first scope.
func guardedBy(t *testing.T, a *authority) *guarded {
	t.Helper()
	g := newGuarded(t)
	g.names(a.issuer)
	g.challenge = fmt.Sprintf(`Bearer scope="notes:read", resource_metadata="%s%s"`, g.origin, prefixed)
	key := &a.grants.signer.key.PublicKey
	g.judge = func(w http.ResponseWriter, r *http.Request, tool string) bool {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims, err := verified(token, key, g.url)
		if err != nil {
			return true
		}
		scope, _ := claims["scope"].(string)
		wanted := map[string]string{"write": "notes:write", "burn": "notes:burn"}[tool]
		if wanted == "" || slices.Contains(strings.Split(scope, " "), wanted) {
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s"`, wanted))
		w.WriteHeader(http.StatusForbidden)
		return true
	}
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
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var message struct{ Params struct{ Name string } }
	_ = json.Unmarshal(body, &message)
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") == "" {
		g.without++
	}
	status := &statusWriter{ResponseWriter: w}
	if !g.judge(status, r, message.Params.Name) {
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
