package isogloss

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Legacy sessions: what a client has settled with initialize, its streams, and when
// all of it is forgotten.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management

// legacySessions are all sessions of a server.
type legacySessions struct {
	service *httpService
	mu      sync.Mutex
	byID    map[string]*legacySession
	swept   time.Time
	handled sync.WaitGroup // requests of all sessions
}

// legacySession is one.
type legacySession struct {
	id         string
	service    *httpService
	connection *connection
	ctx        context.Context // ends with it
	cancel     context.CancelFunc
	news       *feed // of what its client is to hear

	mu      sync.Mutex
	streams map[int]*stream // that can be resumed
	last    int             // number of a stream
	users   int
	lastUse time.Time
}

func newLegacySession(h *httpService) *legacySession {
	secret := make([]byte, 16) // that nobody can guess
	_, _ = rand.Read(secret)   // it never fails
	l := &legacySession{
		id:         hex.EncodeToString(secret),
		service:    h,
		connection: newHTTPConnection(h.server),
		streams:    map[int]*stream{},
		lastUse:    time.Now(),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.connection.session.id = l.id
	l.news = h.server.changes.listen(l.connection.hears)
	context.AfterFunc(l.ctx, l.news.end)
	return l
}

// rev is the revision that it was initialized with.
func (l *legacySession) rev() protocol.Revision { return l.connection.legacy.Load().rev }

// use notes that somebody uses it. It does not end for being unused until the
// function is called.
func (l *legacySession) use() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.users--
		l.lastUse = time.Now()
	}
}

// unused is for how long it was, zero while it is used.
func (l *legacySession) unused() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users > 0 {
		return 0
	}
	return time.Since(l.lastUse)
}

// newStream makes a stream. It is found by those who resume it until it is over.
func (l *legacySession) newStream(expected int) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	s := &stream{number: l.last, session: l, expected: expected, begun: make(chan struct{}), streams: expected == 0, endless: expected == 0}
	// What older clients do with an event without data is to take it for a message.
	s.primes = l.rev() >= protocol.Revision20251125
	l.streams[s.number] = s
	return s
}

// newsStream makes a stream for what is about no request. Those that nobody reads
// any more can no longer be found.
func (l *legacySession) newsStream() *stream {
	for _, s := range l.live() {
		if s.endless && !s.isRead() {
			s.stop()
		}
	}
	return l.newStream(0)
}

func (l *legacySession) drop(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, s.number)
}

// resumed finds a stream that is to be resumed; one that is over, for what is left
// of it.
func (l *legacySession) resumed(number int) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.streams[number]; s != nil {
		return s
	}
	return &stream{number: number, session: l, streams: true, over: true}
}

func (l *legacySession) live() (all []*stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.streams {
		all = append(all, s)
	}
	return all
}

// endNews ends the streams that nothing more is due on.
func (l *legacySession) endNews() {
	for _, s := range l.live() {
		if s.endless {
			s.stop()
		}
	}
}

func (l *legacySession) end(why string) {
	l.cancel()
	l.connection.session.end(&Error{Kind: KindClosed, Message: why})
	close(l.connection.session.over)
	for _, s := range l.live() {
		s.stop()
	}
	l.service.options.Events.Forget(l.id)
}

// keep keeps a session. If there are too many, the one that was unused for longest
// makes room; it reports whether there was any.
func (all *legacySessions) keep(l *legacySession) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.sweep()
	if len(all.byID) >= all.service.options.MaxSessions {
		var oldest *legacySession
		for _, old := range all.byID {
			if unused := old.unused(); unused > 0 && (oldest == nil || unused > oldest.unused()) {
				oldest = old
			}
		}
		if oldest == nil {
			return false
		}
		all.remove(oldest, "the session was unused for long")
	}
	if all.byID == nil {
		all.byID = map[string]*legacySession{}
	}
	all.byID[l.id] = l
	return true
}

// get finds a session, and notes that it is used.
func (all *legacySessions) get(id string) (*legacySession, func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	idle := all.service.options.SessionIdle
	if time.Since(all.swept) > idle/4 {
		all.sweep()
	}
	found := all.byID[id]
	if found == nil || found.unused() >= idle {
		return nil, nil
	}
	return found, found.use()
}

func (all *legacySessions) sweep() {
	all.swept = time.Now()
	for _, l := range all.byID {
		if l.unused() >= all.service.options.SessionIdle {
			all.remove(l, "the session was unused for long")
		}
	}
}

// remove is called with mu held.
func (all *legacySessions) remove(l *legacySession, why string) {
	if all.byID[l.id] != l {
		return
	}
	delete(all.byID, l.id)
	all.handled.Go(func() {
		l.end(why)
		l.connection.session.handled.Wait()
	})
}

func (all *legacySessions) end(l *legacySession, why string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.remove(l, why)
}

// endNews has everybody go who only listens for news, as a server does that closes
// down.
func (all *legacySessions) endNews() {
	all.service.server.changes.end()
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, l := range all.byID {
		l.endNews()
	}
}

// close ends all sessions, and waits for what they handle.
func (all *legacySessions) close(ctx context.Context) error {
	all.mu.Lock()
	for _, l := range all.byID {
		all.remove(l, "the server has closed down")
	}
	all.mu.Unlock()
	done := make(chan struct{})
	go func() {
		all.handled.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
