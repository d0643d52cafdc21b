package oauth_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// An MCP client with an authorizer, in every era, over its whole life.

var eras = []isogloss.EraMode{isogloss.LegacyOnly, isogloss.ModernOnly, isogloss.Auto}

func TestAClientGetsItselfWhatItNeedsInEitherEra(t *testing.T) {
	for _, era := range eras {
		t.Run(fmt.Sprint(era), func(t *testing.T) {
			a, g := start(t, nil)
			client, err := connect(t.Context(), g.url, desk(t, g, oauth.Options{}), era)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			tool := func(name, expected string) {
				t.Helper()
				if found, err := isogloss.Call[string](t.Context(), client, name, nil, nil); err != nil || found != expected {
					t.Errorf("%s: expected %q, found %q (%v)", name, expected, found, err)
				}
			}
			tool("read", "a note")
			tool("write", "written")
			tool("read", "a note")
			if asked := a.count("/authorize"); asked != 2 {
				t.Errorf("the user was asked %d times", asked)
			}
			a.set(func(g *grants) { g.denied = "access_denied" })
			_, err = isogloss.Call[string](t.Context(), client, "burn", nil, nil)
			told(t, err, "access_denied")
			tool("read", "a note") // what there was is still good
		})
	}
}

func TestAUserWhoSaysNoIsNotAskedAgainForTheOtherEra(t *testing.T) {
	a, g := start(t, nil)
	a.set(func(g *grants) { g.denied = "access_denied" })
	_, err := connect(t.Context(), g.url, desk(t, g, oauth.Options{}), isogloss.Auto)
	told(t, err, "access_denied")
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
}

func TestALegacySessionStaysThatOfTheClientThatOpenedIt(t *testing.T) {
	a, g := start(t, nil)
	browser := visited(t, func(address string) {
		if sent, err := sentOn(t.Context(), address); err != nil {
			t.Error(err)
		} else if _, _, _, err := read(sent); err != nil {
			t.Error(err)
		}
	})
	client, err := connect(t.Context(), g.url, asks(t, g.url, browser, oauth.Options{}), isogloss.LegacyOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, expected := range map[string]string{"write": "written", "burn": "burnt"} {
		if found, err := isogloss.Call[string](t.Context(), client, name, nil, nil); err != nil || found != expected {
			t.Errorf("%s: found %q (%v)", name, found, err)
		}
	}
	if registered := a.count("/register"); registered != 1 {
		t.Errorf("registered %d times", registered)
	}
}

func TestSeveralClientsShareOneAuthorizer(t *testing.T) {
	a, g := start(t, nil)
	away := make(chan struct{})
	authorizer := asks(t, g.url, oauth.Unattended(back, func(ctx context.Context, address string) (string, error) {
		close(away) // a second visit would close it again, and panic
		return sentOn(ctx, address)
	}), oauth.Options{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() { says(t, g.url, authorizer, "read", "a note") })
	}
	clients.Wait()
	<-away
	if tokens := a.count("/token"); tokens != 1 {
		t.Errorf("%d tokens were asked for", tokens)
	}
}

// BenchmarkAuthorize is what a token costs a call.
func BenchmarkAuthorize(b *testing.B) {
	authorizer, err := oauth.ClientCredentials("https://mcp.example.com/mcp", oauth.ClientIdentity{ID: "desk"}, &oauth.Options{
		Store: held{`{"access":"t","issuer":"https://a.example","resource":"https://mcp.example.com/mcp","client":{"id":"desk","method":"none","given":true}}`},
	})
	if err != nil {
		b.Fatal(err)
	}
	request, refusal := refusedAt(b, "https://mcp.example.com/mcp")
	refusal.StatusCode = 200
	b.ReportAllocs()
	for b.Loop() {
		if err := authorizer.Authorize(b.Context(), request); err != nil || request.Header.Get("Authorization") != "Bearer t" {
			b.Fatal(err)
		}
		if again, err := authorizer.Answered(b.Context(), request, refusal); again || err != nil {
			b.Fatal(err)
		}
	}
}

// held is a store that has one text under every key.
type held struct{ text string }

func (h held) Load(context.Context, string) (string, error) { return h.text, nil }
func (h held) Save(context.Context, string, string) error   { return nil }
