package isogloss_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Whatever a request of HTTP says, it is answered in good order.
func FuzzRequestOfHTTP(f *testing.F) {
	server := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{
		HTTP: isogloss.HTTPOptions{Stateless: true, AllowedHosts: []string{"mcp.example.com:443"}, AllowedOrigins: []string{"https://app.example.com"}},
	})
	isogloss.Tool(server, "count", "A plain value.", func(_ context.Context, in struct {
		A int `json:"a,omitempty"`
	}) (int, error) {
		return in.A, nil
	})
	call, _ := modernly("tools/call", "count", `"arguments":{"a":1}`)
	const both = "application/json, text/event-stream"
	for _, seed := range [][8]string{
		{"POST", "localhost", "", "application/json", both, "2026-07-28", "count", call},
		{"POST", "[::1]:80", "http://localhost", "application/json; charset=utf-8", "*/*;q=0.1", "2026-07-28", "=?base64?Y291bnQ=?=", call},
		{"POST", "mcp.example.com:443", "https://app.example.com", "a/b;=", ";,;q", "2025-06-18", "", `{"jsonrpc":"2.0","id":1,"method":"ping"}`},
		{"POST", "localhost:x", "null", "application/json", both, "", "", `[{"jsonrpc":"2.0","id":1,"method":"ping"},7]`},
		{"POST", "localhost", "", "application/json", both, "2025-03-26", "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`},
		{"OPTIONS", "localhost", "https://app.example.com", "", "", "", "", ""},
		{"GET", "localhost", "", "", "text/event-stream", "2025-06-18", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5], seed[6], seed[7])
	}
	f.Fuzz(func(t *testing.T, method, host, origin, contentType, accept, version, name, body string) {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(body))
		r.Method, r.Host = method, host
		r.Header = http.Header{"Mcp-Method": {"tools/call"}, "Mcp-Name": {name}}
		for header, value := range map[string]string{"Origin": origin, "Content-Type": contentType, "Accept": accept, "Mcp-Protocol-Version": version} {
			if value != "" {
				r.Header[header] = []string{value}
			}
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		switch {
		case w.Code >= 500 || w.Code < 200:
			t.Errorf("got %d %s", w.Code, w.Body)
		case w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()):
			t.Errorf("%q is no JSON", w.Body)
		}
	})
}
