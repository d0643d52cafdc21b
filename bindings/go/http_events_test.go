package isogloss

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func placesAfter(m *memoryEvents, session string, stream, place int) (places []int) {
	found, _ := m.After(context.Background(), session, EventID{stream, place})
	for _, event := range found {
		places = append(places, event.Place)
	}
	return places
}

func TestWhatCameAfterAnEventIsThatOfItsStreamAndSession(t *testing.T) {
	m := NewMemoryEvents().(*memoryEvents)
	for _, e := range []struct {
		session       string
		stream, place int
	}{{"a", 1, 1}, {"a", 2, 1}, {"a", 1, 2}, {"b", 1, 3}, {"a", 1, 3}} {
		m.Keep(e.session, KeptEvent{EventID{e.stream, e.place}, []byte("{}")})
	}
	check := func(session string, place int, want ...int) {
		t.Helper()
		if got := placesAfter(m, session, 1, place); !slices.Equal(got, want) {
			t.Errorf("after %s 1-%d: got %v, want %v", session, place, got, want)
		}
	}
	check("a", 0, 1, 2, 3)
	check("a", 2, 3)
	check("a", 3)
	check("b", 0, 3)
	check("nobody", 0)
	m.Forget("a")
	check("a", 0)
	check("b", 0, 3)
	m.Forget("b")
	if m.size != 0 || m.live != 0 || len(m.order) != 0 || len(m.sessions) != 0 {
		t.Errorf("%d bytes, %d events, %d in order, %d sessions are left", m.size, m.live, len(m.order), len(m.sessions))
	}
}

func TestOldestEventsMakeRoom(t *testing.T) {
	m := NewMemoryEvents().(*memoryEvents)
	for place := range protocol.MaxKeptEvents + 2 {
		m.Keep("a", KeptEvent{EventID{1, place + 1}, []byte("{}")})
	}
	if got := placesAfter(m, "a", 1, 0); len(got) != protocol.MaxKeptEvents || got[0] != 3 {
		t.Errorf("%d are kept, from %d on", len(got), got[0])
	}
	large := make([]byte, protocol.MaxKeptBytes/2)
	m.Keep("b", KeptEvent{EventID{1, 1}, large})
	m.Keep("b", KeptEvent{EventID{1, 2}, large})
	if a, b := placesAfter(m, "a", 1, 0), placesAfter(m, "b", 1, 0); len(a) != 0 || !slices.Equal(b, []int{1, 2}) {
		t.Errorf("of a %d are kept, of b %v", len(a), b)
	}
	m.Keep("c", KeptEvent{EventID{1, 1}, make([]byte, protocol.MaxKeptBytes+1)})
	if m.size != 0 || m.live != 0 || len(m.sessions) != 0 {
		t.Errorf("what is larger than all room: %d bytes, %d events, %d sessions", m.size, m.live, len(m.sessions))
	}
}

// Sessions come and go: what is left of them in the order of events must not grow.
func TestForgottenEventsTakeNoRoom(t *testing.T) {
	m := NewMemoryEvents().(*memoryEvents)
	m.Keep("long", KeptEvent{EventID{1, 1}, []byte("{}")})
	for i := range 1000 {
		session := fmt.Sprint(i)
		for place := range 10 {
			m.Keep(session, KeptEvent{EventID{1, place + 1}, []byte("{}")})
		}
		m.Forget(session)
	}
	if len(m.order) > 20 {
		t.Errorf("%d events are still in the order", len(m.order))
	}
	if got := placesAfter(m, "long", 1, 0); !slices.Equal(got, []int{1}) {
		t.Errorf("got %v", got)
	}
}

func FuzzEventID(f *testing.F) {
	for _, seed := range []string{"", "3", "-", "3-", "-3", "3-x", "+3-1", "3-1-2", "99999999999999999999-1", " 3-1", "3-17", "03-1", "3--1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := parseEventID(text); ok && id.String() != text {
			t.Errorf("%q was read as %s", text, id)
		}
	})
}

func TestEventIDsAreReadAsTheyAreWritten(t *testing.T) {
	if id, ok := parseEventID("3-17"); !ok || id != (EventID{3, 17}) {
		t.Errorf("got %v, %v", id, ok)
	}
	for _, wrong := range []string{"", "3", "-", "3-", "3-x", "+3-1", "3-1-2", " 3-1", "3-1 ", "3-1\n", "-3-1", "3--1", "0-1", "99999999999999999999-1"} {
		if id, ok := parseEventID(wrong); ok {
			t.Errorf("%q was read as %v", wrong, id)
		}
	}
}
