package isogloss

import (
	"context"
	"fmt"
	"slices"
	"sort"
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
	return id, err == nil && n == 2 && id.Stream > 0 && id.Place >= 0 && id.String() == text
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
func NewMemoryEvents() EventStore { return &memoryEvents{sessions: map[string]map[int]*keptStream{}} }

type memoryEvents struct {
	mu       sync.Mutex
	sessions map[string]map[int]*keptStream
	// order has the stream of each event, the oldest first. Some have been
	// forgotten since.
	order []*keptStream
	live  int // how many of them have not
	size  int
}

// keptStream is a stream of a session, and what is kept of it, the oldest first.
type keptStream struct {
	session string
	number  int
	events  []KeptEvent
}

func (m *memoryEvents) Keep(session string, event KeptEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	streams := m.sessions[session]
	if streams == nil {
		streams = map[int]*keptStream{}
		m.sessions[session] = streams
	}
	s := streams[event.Stream]
	if s == nil {
		s = &keptStream{session: session, number: event.Stream}
		streams[event.Stream] = s
	}
	s.events = append(s.events, event)
	m.order = append(m.order, s)
	m.live++
	m.size += len(event.Message)
	for m.live > protocol.MaxKeptEvents || m.size > protocol.MaxKeptBytes {
		m.dropOldest()
	}
}

func (m *memoryEvents) dropOldest() {
	s := m.order[0]
	m.order[0] = nil
	m.order = m.order[1:]
	if len(s.events) == 0 {
		return // forgotten
	}
	m.live--
	m.size -= len(s.events[0].Message)
	s.events[0] = KeptEvent{}
	if s.events = s.events[1:]; len(s.events) > 0 {
		return
	}
	streams := m.sessions[s.session]
	if delete(streams, s.number); len(streams) == 0 {
		delete(m.sessions, s.session)
	}
}

func (m *memoryEvents) After(_ context.Context, session string, id EventID) ([]KeptEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[session][id.Stream]
	if s == nil {
		return nil, nil
	}
	after := sort.Search(len(s.events), func(i int) bool { return s.events[i].Place > id.Place })
	return slices.Clone(s.events[after:]), nil
}

func (m *memoryEvents) Forget(session string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sessions[session] {
		for _, event := range s.events {
			m.size -= len(event.Message)
		}
		m.live -= len(s.events)
		s.events = nil
	}
	delete(m.sessions, session)
	// What is left of them in the order goes once it is the larger part.
	if len(m.order) > 2*m.live {
		m.order = slices.DeleteFunc(m.order, func(s *keptStream) bool { return len(s.events) == 0 })
	}
}
