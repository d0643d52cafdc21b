package oauth_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// An authorization server on this machine: what it says of itself, and what it was
// asked. What it hands out is in grants_test.go.

// document is a JSON object.
type document map[string]any

// with is the document with changes, of which nil takes a member away.
func (d document) with(changes document) document {
	all := maps.Clone(d)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

// asked is a request that came.
type asked struct {
	path string
	// pairs are those of its query or its form; its headers are `header:<name>`, and a
	// JSON body is `json`.
	pairs map[string]string
}

// authority is an authorization server. What tests change, they change in `set`.
type authority struct {
	t      *testing.T
	issuer string
	mu     sync.Mutex
	gate   chan struct{} // each answer waits until it is closed
	came   chan struct{} // gets something when a request comes, if there is room
	// metadata are the documents, by path.
	metadata map[string]document
	// broken is the status that everything is answered with, if it is not 0.
	broken int
	seen   []asked
	grants grants
}

// newAuthority starts one, with changes to what it says of itself.
func newAuthority(t *testing.T, changes document) *authority {
	t.Helper()
	a := &authority{t: t, gate: make(chan struct{}), came: make(chan struct{}, 1), metadata: map[string]document{}}
	close(a.gate)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.issuer = server.URL
	a.grants = newGrants(t, a.issuer)
	a.metadata["/keys"] = document{"keys": []document{a.grants.signer.published()}}
	a.says("/.well-known/oauth-authorization-server", changes)
	return a
}

// set changes what it does.
func (a *authority) set(change func(*grants)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.grants)
}

// breaks has everything answered with this status, or with what it is if it is 0.
func (a *authority) breaks(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken = status
}

// says says at this path what it is, with changes.
func (a *authority) says(path string, changes document) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.metadata[path] = a.itself().with(changes)
}

// silent has it say nothing of itself.
func (a *authority) silent() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.metadata = map[string]document{}
}

func (a *authority) itself() document {
	return document{
		"issuer":                                         a.issuer,
		"jwks_uri":                                       a.issuer + "/keys",
		"authorization_endpoint":                         a.issuer + "/authorize",
		"token_endpoint":                                 a.issuer + "/token",
		"registration_endpoint":                          a.issuer + "/register",
		"response_types_supported":                       []string{"code"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"none", "client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
		"dpop_signing_alg_values_supported":              []string{"ES256"},
	}
}

// requests are those to a path so far, in order.
func (a *authority) requests(path string) []map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []map[string]string
	for _, one := range a.seen {
		if one.path == path {
			found = append(found, one.pairs)
		}
	}
	return found
}

// values are a member of all requests to a path.
func (a *authority) values(path, name string) []string {
	var found []string
	for _, pairs := range a.requests(path) {
		found = append(found, pairs[name])
	}
	return found
}

// count is how many requests came to a path.
func (a *authority) count(path string) int { return len(a.requests(path)) }

// forget: nothing was asked so far.
func (a *authority) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = nil
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case a.came <- struct{}{}:
	default:
	}
	a.mu.Lock()
	gate := a.gate
	a.mu.Unlock()
	<-gate
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked has gone
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	pairs := a.pairs(r, string(body))
	a.seen = append(a.seen, asked{r.URL.Path, pairs})
	if a.broken != 0 {
		w.WriteHeader(a.broken)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if a.grants.answer(w, r.Method+" "+r.URL.Path, pairs) {
		return
	}
	if found, there := a.metadata[r.URL.Path]; there {
		_ = json.NewEncoder(w).Encode(found)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

// pairs is what a request brought; a name twice is nothing that a client of ours sends.
func (a *authority) pairs(r *http.Request, body string) map[string]string {
	pairs := map[string]string{}
	text := r.URL.RawQuery
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		text = body
	} else if body != "" {
		pairs["json"] = body
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		a.t.Errorf("%s: %v", text, err)
	}
	for name, value := range values {
		if pairs[name] = value[0]; len(value) > 1 {
			a.t.Errorf("%s: %s twice", text, name)
		}
	}
	for _, name := range []string{"Authorization", "DPoP"} {
		if value := r.Header.Get(name); value != "" {
			pairs["header:"+name] = value
		}
	}
	return pairs
}

// equal reports lists that differ.
func equal[T comparable](t *testing.T, what string, found []T, expected ...T) {
	t.Helper()
	if !slices.Equal(found, expected) {
		t.Errorf("%s: expected %v, found %v", what, expected, found)
	}
}
