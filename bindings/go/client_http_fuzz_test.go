package isogloss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// Whatever a server answers, a call ends, in the error of a kind that there is or in
// a result.

// sameAnswer is the transport of a server that says the same to every call.
type sameAnswer struct {
	status  int
	header  http.Header
	body    []byte
	chunked bool // it comes in bytes, one by one
	legacy  bool
}

// RoundTrip implements http.RoundTripper.
func (a *sameAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	var h received
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = json.Unmarshal(text, &h.body)
	}
	h.method, h.header = r.Method, r.Header
	opens := h.discovery
	if a.legacy {
		opens = h.handshake
	}
	if said := opens(); said != nil {
		return recorded(said, r), nil
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.chunked {
		body = oneByOne{body}
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
}

type oneByOne struct{ io.Reader }

func (o oneByOne) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(len(p), 1)]) }

func FuzzAnswerOverHTTP(f *testing.F) {
	const call = `"result":{"resultType":"complete","content":[]}}`
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":2,` + call,
		`{"jsonrpc":"2.0","id":2,"error":{"code":-32020,"message":"x","data":{}}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}`,
		`[{"jsonrpc":"2.0","method":"notifications/progress"},{"jsonrpc":"2.0","id":2,` + call + `]`,
		"id: 1\nretry: 0\ndata: {\"jsonrpc\":\"2.0\",\"id\":2," + call + "\n\n",
		"id: 1\nretry: 0\ndata:\n\n",
		"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}\n\n",
		"data: " + strings.Repeat("[", 2000),
		"<html>",
	} {
		for _, kind := range []string{"application/json", "text/event-stream"} {
			f.Add(200, kind, []byte(body), false, true)
			f.Add(200, kind, []byte(body), true, false)
			f.Add(400, kind, []byte(body), false, false)
		}
		f.Add(404, "text/html", []byte(body), true, false)
	}
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte, legacy, chunked bool) {
		if status < 200 || status > 599 || bytes.Contains(body, []byte("retry")) && !bytes.Contains(body, []byte("retry: 0\n")) {
			return // a server that wants to be waited for is, and that takes time
		}
		transport := &sameAnswer{status, http.Header{"Content-Type": {kind}}, body, chunked, legacy}
		target := isogloss.HTTP("http://in.process/mcp", &isogloss.HTTPTargetOptions{Client: &http.Client{Transport: transport}, MaxMessage: 1000})
		options := era(isogloss.ModernOnly)
		if legacy {
			options = era(isogloss.LegacyOnly)
		}
		options.Timeout = 100 * time.Millisecond // without retry a stream is resumed after a second
		c, err := isogloss.Connect(t.Context(), target, options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var own *isogloss.Error
		if _, err := c.CallTool(ctx, "x", nil, nil); err != nil && (!errors.As(err, &own) || own.Kind == 0 || len(err.Error()) > 3000) {
			t.Errorf("got %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
