package authority_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestAnAnswerIsReadWithinItsBoundsAndNoRedirectIsFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprintf(w, `{"accept":%q}`, r.Header.Get("Accept"))
		case "/long":
			fmt.Fprint(w, strings.Repeat(" ", protocol.MaxAuthDocument+1))
		case "/elsewhere":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/list":
			fmt.Fprint(w, "[]")
		case "/bytes":
			fmt.Fprint(w, "\"\xff\"")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	own := authority.NewClient(nil)
	defer own.Rest()
	for _, client := range []*authority.Client{own, authority.NewClient(server.Client())} {
		get := func(ctx context.Context, path string) (string, error) {
			address, err := url.Parse(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			object, err := client.Get(ctx, address)
			return object.String(), err
		}
		if found, err := get(t.Context(), "/"); err != nil || found != `{"accept":"application/json"}` {
			t.Errorf("found %s (%v)", found, err)
		}
		for path, why := range map[string]string{
			"/long":      "longer than MaxAuthDocument (262144 bytes)",
			"/elsewhere": "expected HTTP 200, found 302 Found",
			"/nowhere":   "expected HTTP 200, found 404 Not Found",
			"/list":      "expected object, found array",
			"/bytes":     "expected JSON, found no UTF-8",
		} {
			if _, err := get(t.Context(), path); err == nil || !strings.HasPrefix(err.Error(), server.URL+path+": ") || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: found %v", path, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := get(ctx, "/"); err == nil || !strings.Contains(err.Error(), "context canceled") {
			t.Errorf("found %v", err)
		}
	}
}
