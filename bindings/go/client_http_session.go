package isogloss

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A legacy session: opened by initialize, named on every request after it, and
// opened anew if the server has forgotten it.
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management

// legacyState is the session that is open, if there is one.
type legacyState struct {
	current atomic.Pointer[legacyOpened]
	// reopening has room for the one that opens it anew.
	reopening chan struct{}
}

// legacyOpened is what initialize has led to.
type legacyOpened struct {
	id   string // empty where the server keeps no sessions
	rev  string
	with *outgoing // what it was opened with
	lost atomic.Bool
}

// put adds what every request in it says.
func (s *legacyOpened) put(header http.Header) {
	header[headerRevision] = []string{s.rev}
	if s.id != "" {
		header[headerSession] = []string{s.id}
	}
}

// knownToBeLost is what happens to a call that would be sent in it once it is lost.
func (s *legacyOpened) knownToBeLost() error {
	why := &Error{Kind: KindHTTP, Status: http.StatusNotFound, Message: "the server has forgotten the session"}
	return &broken{protocol.FailedSessionLost, false, why}
}

// opened takes note of an answered initialize. What is no answer to it is for whoever
// decodes it.
func (l *httpLink) opened(o *outgoing, response *http.Response, result wire.Raw) {
	named, _ := result.Get("protocolVersion")
	rev, ok := named.Text()
	id := response.Header.Get(headerSession)
	if ok && isVisible(rev) {
		l.legacy.current.Store(&legacyOpened{id: id, rev: rev, with: o})
	}
}

// reopen opens a session in the place of one that is lost, unless another call has
// done it.
func (l *httpLink) reopen(d *deadline, lost *legacyOpened) error {
	select {
	case l.legacy.reopening <- struct{}{}:
		defer func() { <-l.legacy.reopening }()
	case <-d.Done():
		return d.why()
	}
	if l.legacy.current.Load() != lost {
		return nil
	}
	l.log.Info("the server has forgotten the session: a new one is opened")
	if _, err := l.attempt(d, lost.with); err != nil {
		return err
	}
	opened := l.legacy.current.Load()
	if opened == lost || opened.rev != lost.rev {
		return &Error{Kind: KindNegotiation, Message: "the server has forgotten the session, and opens none in the same revision: connect again"}
	}
	initialized := append(appendNotification(nil, protocol.MethodInitialized), "{}}"...)
	if err := l.postAlone(d, protocol.MethodInitialized, initialized); err != nil {
		return err
	}
	l.hearNews(opened)
	l.anew()
	return nil
}

// cancelled tells a legacy server that nobody waits any more. It is only kind to
// tell: who does not hear it does some work for nothing.
func (l *httpLink) cancelled(a *asking, reason string) {
	text := appendNotification(nil, protocol.MethodCancelled)
	text = wire.AppendString(append(text, `{"reason":`...), reason)
	text = append(append(text, `,"requestId":`...), a.key...)
	text = append(text, "}}"...)
	l.running.Go(func() {
		if err := l.postAlone(context.Background(), protocol.MethodCancelled, text); err != nil && l.life.Err() == nil {
			l.log.Warn("could not cancel a request", "method", a.o.method.Name, "error", err)
		}
	})
}
