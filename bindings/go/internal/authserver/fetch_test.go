package authserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authserver"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestAnAnswerIsReadUpToALimitAndRedirectsAreNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			fmt.Fprint(w, strings.Repeat("x", protocol.MaxAuthDocument+1))
		case "/elsewhere":
			http.Redirect(w, r, "/long", http.StatusFound)
		default:
			fmt.Fprint(w, `{"a":"b"}`)
		}
	}))
	defer server.Close()
	fetcher := authserver.New(nil)
	defer fetcher.Rest()
	get := func(path string) (*authserver.Answer, error) {
		place, err := url.Parse(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return fetcher.Get(t.Context(), place)
	}
	if _, err := get("/long"); err == nil || !strings.Contains(err.Error(), "MaxAuthDocument") {
		t.Errorf("expected the limit, found %v", err)
	}
	if answer, err := get("/elsewhere"); err != nil || answer.Status != http.StatusFound {
		t.Errorf("expected 302, found %v (%v)", answer, err)
	}
	answer, err := get("/")
	if err != nil {
		t.Fatal(err)
	}
	object, err := answer.Object()
	if text, _ := object.Text("a"); err != nil || text == nil || *text != "b" {
		t.Errorf("expected b, found %v (%v)", object, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	place, _ := url.Parse(server.URL)
	if _, err := fetcher.Get(ctx, place); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("expected the end of the context, found %v", err)
	}
}

func TestMembersAreOfTheirKind(t *testing.T) {
	answer := &authserver.Answer{Place: &url.URL{}, Body: []byte(`{"text":"a","texts":["a"],"flag":true,"none":null,"wrong":[null],"TEXT":7}`)}
	o, err := answer.Object()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := o.Text("text"); err != nil || *text != "a" {
		t.Errorf("found %v (%v)", text, err)
	}
	for name, read := range map[string]func() error{
		"texts": func() error { _, err := o.Text("texts"); return err },
		"flag":  func() error { _, err := o.Texts("flag"); return err },
		"wrong": func() error { _, err := o.Texts("wrong"); return err },
		"text":  func() error { _, err := o.Flag("text"); return err },
	} {
		if err := read(); err == nil || err.Error() != name+": the member is of another kind" {
			t.Errorf("%s: found %v", name, err)
		}
	}
	for _, name := range []string{"none", "absent"} {
		if text, err := o.Text(name); text != nil || err != nil {
			t.Errorf("%s: found %v (%v)", name, text, err)
		}
	}
	for _, body := range []string{"", "7", "null", "[]", "{", "{} {}", "\"\xff\""} {
		if _, err := (&authserver.Answer{Place: &url.URL{}, Body: []byte(body)}).Object(); err == nil {
			t.Errorf("%q was taken for an object", body)
		}
	}
}
