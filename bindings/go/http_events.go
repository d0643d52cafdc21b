package isogloss

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Events of legacy streams, kept for clients that lose their connection and come
// back with Last-Event-ID.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery

// EventID says which of a session's streams an event is on, and its place there,
// from 1 on.
type EventID struct{ Stream, Place int }

// String is the id on the wire.
func (id EventID) String() string { return fmt.Sprintf("%d-%d", id.Stream, id.Place) }

// parseEventID reads an id as String writes it.
func parseEventID(text string) (id EventID, ok bool) {
	n, err := fmt.Sscanf(text, "%d-%d", &id.Stream, &id.Place)
	return id, err == nil && n == 2 && id.String() == text
}

// KeptEvent is an event and its message.
type KeptEvent struct {
	EventID
	Message []byte
}

// EventStore is where events are kept. It may lose some: a client that comes back
// for one that is gone is told so. It is used by several goroutines.
type EventStore interface {
	// Keep keeps a message of a session, as its own.
	Keep(session string, event KeptEvent)
	// After returns the messages after this one on its stream, in order. If some of
	// them are gone, only those after the gap, or none.
	After(ctx context.Context, session string, id EventID) ([]KeptEvent, error)
	// Forget forgets a session, which has ended.
	Forget(session string)
}

// NewMemoryEvents returns a store in memory, up to protocol.MaxKeptEvents and
// protocol.MaxKeptBytes. The oldest events make room for new ones.
func NewMemoryEvents() EventStore { return &memoryEvents{} }

type memoryEvents struct {
	mu   sync.Mutex
	all  []sessionEvent // the oldest first
	size int
}

type sessionEvent struct {
	session string
	KeptEvent
}

func (m *memoryEvents) Keep(session string, event KeptEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, sessionEvent{session, event})
	m.size += len(event.Message)
	for len(m.all) > protocol.MaxKeptEvents || m.size > protocol.MaxKeptBytes {
		m.size -= len(m.all[0].Message)
		m.all[0] = sessionEvent{}
		m.all = m.all[1:]
	}
}

func (m *memoryEvents) After(_ context.Context, session string, id EventID) ([]KeptEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []KeptEvent
	for _, e := range m.all {
		if e.session == session && e.Stream == id.Stream && e.Place > id.Place {
			found = append(found, e.KeptEvent)
		}
	}
	return found, nil
}

func (m *memoryEvents) Forget(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = slices.DeleteFunc(m.all, func(e sessionEvent) bool {
		if e.session != session {
			return false
		}
		m.size -= len(e.Message)
		return true
	})
}
