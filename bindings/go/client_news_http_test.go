package isogloss_test

import (
	"errors"
	"sync/atomic"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// What a server tells over HTTP, where streams break and sessions are forgotten.

// agreed is the agreement to a subscription, and what is told on it.
func agreed(h *received, told ...string) string {
	id := string(h.body.ID)
	text := event("", notification("notifications/subscriptions/acknowledged",
		`{"_meta":{"io.modelcontextprotocol/subscriptionId":`+id+`},"notifications":{"resourceSubscriptions":["a://b"]}}`))
	for _, uri := range told {
		text += event("", notification("notifications/resources/updated", `{"uri":"`+uri+`","_meta":{"io.modelcontextprotocol/subscriptionId":`+id+`}}`))
	}
	return text
}

func TestAStreamOfNewsThatBreaksIsOpenedAgain(t *testing.T) {
	var listens atomic.Int64
	server := newScripted(t, func(h *received) reply {
		if h.what() != "subscriptions/listen" {
			return h.discovery()
		}
		switch listens.Add(1) {
		case 1:
			return stream(agreed(h, "a://b/1"))
		case 2:
			return status(503)
		}
		return openStream(agreed(h, "a://b/2"))
	})
	client := dial(t, server.url, nil)
	s := subscribe(t, client, "a://b")
	for _, want := range []isogloss.Change{updated("a://b/1"), {Kind: isogloss.Missed}, updated("a://b/2")} {
		if got := next(t, s); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	ids := map[string]bool{}
	for _, h := range server.of("subscriptions/listen") {
		ids[string(h.body.ID)] = true
	}
	if len(ids) != 3 {
		t.Errorf("ids that are not each its own: %v", ids)
	}
}

func TestASubscriptionThatIsRefusedIsNotOpenedAgain(t *testing.T) {
	for _, refusal := range []int{401, 403, 404} {
		server := newScripted(t, func(h *received) reply {
			if h.what() == "subscriptions/listen" {
				return status(refusal)
			}
			return h.discovery()
		})
		client := dial(t, server.url, nil)
		if _, err := client.Subscribe(t.Context(), "a://b"); err == nil {
			t.Errorf("%d: subscribed", refusal)
		}
		if got := server.count("subscriptions/listen"); got != 1 {
			t.Errorf("%d: asked %d times", refusal, got)
		}
	}
}

func TestALegacyServerThatHasForgottenItsSessionIsAskedAgain(t *testing.T) {
	var opened atomic.Int64
	server := newScripted(t, func(h *received) reply {
		session := h.header.Get("Mcp-Session-Id")
		switch h.what() {
		case "initialize":
			if opened.Add(1) == 1 {
				return h.opening("s1")
			}
			return h.opening("s2")
		case "tools/list":
			if session == "s1" {
				return status(404)
			}
			return h.result(`{"tools":[]}`)
		case "resources/subscribe", "resources/unsubscribe":
			return h.result(`{}`)
		}
		return h.handshake()
	})
	client := dial(t, server.url, &isogloss.ClientOptions{Era: isogloss.LegacyOnly})
	first, second := subscribe(t, client, "a://b"), subscribe(t, client, "a://b")
	if _, err := isogloss.Collect(client.Tools(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*isogloss.Subscription{first, second} {
		if got := next(t, s); got.Kind != isogloss.Missed {
			t.Errorf("got %v", got)
		}
	}
	var sessions []string
	for _, h := range server.of("resources/subscribe") {
		sessions = append(sessions, h.header.Get("Mcp-Session-Id"))
	}
	equal(t, "subscribed in", sessions, []string{"s1", "s2"})
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	if got := server.count("resources/unsubscribe"); got != 1 {
		t.Errorf("unsubscribed %d times", got)
	}
}
