package isogloss

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A site: a server at its path, a health check, the documents of its guard, and
// whatever a program serves beside it. Each route says when it is added whether
// anybody may ask for it.

// SiteOptions are where a site has its server, and how it is served. The zero value
// has the defaults.
type SiteOptions struct {
	// Path is where the server is; /mcp if empty.
	Path string
	// HeadTimeout is how long the head of a request may take to arrive, from the
	// end of the request before it.
	HeadTimeout time.Duration
	// MaxConnections is how many connections are served at once. Further ones wait.
	MaxConnections int
	// DrainTimeout is how long running calls may take to finish at the end.
	DrainTimeout time.Duration
}

// routeMethods are what a page may use of a route beside a server.
const routeMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"

// Site is a server over HTTP and what is around it: an [http.Handler] for all
// paths, which can be served by itself. Routes are added before it is served.
type Site struct {
	server  *Server
	options SiteOptions
	mux     *http.ServeMux
	routes  map[string]bool // the patterns of the program's own
	problem error           // of what was added, joined
}

// NewSite puts a server on a site, with /health beside it, which answers "ok" under
// any name. Nil options are the defaults.
func NewSite(s *Server, options *SiteOptions) *Site {
	t := &Site{server: s, mux: http.NewServeMux(), routes: map[string]bool{}}
	if options != nil {
		t.options = *options
	}
	o := &t.options
	o.Path = cmp.Or(o.Path, "/mcp")
	o.HeadTimeout = cmp.Or(o.HeadTimeout, protocol.HeadTimeout)
	o.MaxConnections = cmp.Or(o.MaxConnections, protocol.MaxConnections)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, protocol.DrainTimeout)
	if o.Path != "/" {
		t.handle(o.Path, s)
	}
	t.handle(strings.TrimSuffix(o.Path, "/")+"/{$}", s)
	t.handle("/health", http.HandlerFunc(health))
	if guard := s.http.options.Guard; guard != nil {
		for at, text := range guard.Documents() {
			t.handle(at, document(text))
		}
	}
	return t
}

// Public adds something that anybody may ask for. The pattern is one of
// [http.ServeMux]: "GET /version". The names under which the server is reached and
// the pages that may ask are looked at all the same, and the body is read before
// the handler begins, within the limits of messages.
func (t *Site) Public(pattern string, handler http.Handler) {
	t.add(pattern, func(w http.ResponseWriter, r *http.Request) { t.answer(w, r, nil, handler) })
}

// Protected adds something that only those may ask for whom the server's [Guard]
// lets in; [ClaimsOf] says who asks. Without a guard nobody may, and the site is
// not served.
func (t *Site) Protected(pattern string, handler http.Handler) {
	guard := t.server.http.options.Guard
	if guard == nil {
		t.reject(pattern, errors.New("it is protected, and nothing checks who asks: set HTTPOptions.Guard"))
	}
	t.add(pattern, func(w http.ResponseWriter, r *http.Request) {
		if guard == nil {
			http.Error(w, "nothing here checks who asks, so nobody may", http.StatusForbidden)
			return
		}
		t.answer(w, r, guard, handler)
	})
}

// Err returns what is wrong with what was added, nil if nothing is. Serving begins
// with it.
func (t *Site) Err() error { return errors.Join(t.server.Err(), t.problem) }

// ServeHTTP implements [http.Handler].
func (t *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := r.URL.Path
	if clean := path.Clean(at); clean != at && clean != strings.TrimSuffix(at, "/") {
		http.NotFound(w, r) // a path that has to be tidied up leads nowhere
		return
	}
	if t.isPreflight(r) {
		if _, err := t.server.http.enter(w, r, routeMethods, nil); err != nil {
			t.server.http.fail(w, r, err)
		}
		return
	}
	t.mux.ServeHTTP(w, r)
}

// isPreflight reports whether a browser asks what a page may do with a route, which
// need not be one for this method.
func (t *Site) isPreflight(r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return false
	}
	asked := *r
	asked.Method = method
	_, pattern := t.mux.Handler(&asked)
	return t.routes[pattern]
}

func (t *Site) add(pattern string, answer http.HandlerFunc) {
	if i := strings.IndexByte(pattern, '/'); i >= 0 && strings.TrimSuffix(pattern[i:], "/{$}") == t.options.Path {
		t.reject(pattern, errors.New("the server is there"))
		return
	}
	t.handle(pattern, answer)
	t.routes[pattern] = true
}

// handle adds to the mux, which panics where a pattern is wrong.
func (t *Site) handle(pattern string, handler http.Handler) {
	defer func() {
		if cause := recover(); cause != nil {
			t.reject(pattern, fmt.Errorf("%v", cause))
		}
	}()
	t.mux.Handle(pattern, handler)
}

func (t *Site) reject(pattern string, err error) {
	t.problem = errors.Join(t.problem, fmt.Errorf("route %q: %w", pattern, err))
}

// answer answers a request to a route.
func (t *Site) answer(w http.ResponseWriter, r *http.Request, guard Guard, handler http.Handler) {
	h := t.server.http
	admitted, err := h.enter(w, r, routeMethods, guard)
	if err == nil && admitted != nil {
		var body []byte
		if body, err = h.whole(w, admitted); err == nil {
			whole := *admitted
			whole.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(w, &whole)
			return
		}
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

// health is for probes, which know addresses and no names.
func health(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok")
}

// document is what tells how to get in; any page may read it.
func document(text string) http.HandlerFunc {
	const methods = "GET, HEAD, OPTIONS"
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			header.Set("Content-Type", "application/json")
			header.Set("Cache-Control", "public, max-age=300")
			_, _ = io.WriteString(w, text)
		case http.MethodOptions:
			header.Set("Access-Control-Allow-Methods", methods)
			header.Set("Access-Control-Allow-Headers", "*")
			w.WriteHeader(http.StatusNoContent)
		default:
			header.Set("Allow", methods)
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}
}
