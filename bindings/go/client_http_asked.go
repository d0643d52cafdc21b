package isogloss

import (
	"bytes"
	"context"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What a server sends beside the answers to calls, on any stream: requests, which
// only a legacy one may send and which are answered by POST, and notifications.

// serverAsks are the server's requests that are being answered.
type serverAsks struct {
	link *httpLink
	// session is used for what it does with what comes in; nothing goes out by it.
	session *session
	// slots has room for those that are answered at the same time. Without any the
	// server's streams are not read on.
	slots chan struct{}
}

func newServerAsks(l *httpLink, o *opening) *serverAsks {
	return &serverAsks{
		link:    l,
		session: newSession(nil, o.hears, o.log, o.timeout, o.maxMessage),
		slots:   make(chan struct{}, protocol.MaxRunning),
	}
}

// ask takes a request, and returns it if it is being answered now.
func (a *serverAsks) ask(d *deadline, m message) (*request, error) {
	if a.link.legacy.current.Load() == nil {
		a.link.log.Warn("only a legacy server may ask by a request of its own", "method", m.method)
		return nil, nil
	}
	if err := a.slot(d); err != nil {
		return nil, err
	}
	r := newRequest(a.link.life, m, &byPost{a})
	if !a.session.serve(a.link.life, r) {
		return nil, nil
	}
	return r, nil
}

// take takes a message that is no answer to the call whose stream it came on.
func (a *serverAsks) take(d *deadline, m message) error {
	switch m.kind {
	case requestMessage:
		_, err := a.ask(d, m)
		return err
	case notificationMessage:
		if m.method == protocol.MethodCancelled {
			a.session.cancelled(m.params)
			return nil
		}
		a.session.handler.notification(d, m.method, m.params)
	case responseMessage:
		a.link.log.Warn("ignored a response to nothing that was asked", "id", string(m.id))
	case invalidResponse:
		a.link.log.Warn("ignored a response that is wrong", "why", m.failure.Message, "id", string(m.id))
	case invalidMessage:
		a.link.log.Warn("refused a message", "why", m.failure.Message)
		if m.id != nil && a.link.legacy.current.Load() != nil {
			return a.tell(d, appendFailure(nil, m.id, m.failure))
		}
	}
	return nil
}

// slot waits until something more may be answered.
func (a *serverAsks) slot(d *deadline) error {
	select {
	case a.slots <- struct{}{}:
		return nil
	case <-d.Done():
		return d.why()
	}
}

// leftOut reports a message that is longer than the limit, to the server if it is a
// request.
func (a *serverAsks) leftOut(d *deadline, begins wire.Raw, limit int) error {
	a.link.log.Warn("left out a message", "why", tooLong(limit))
	id, known := begins.Get("id")
	_, isRequest := begins.Get("method")
	if isRequest && known && isID(id) && a.link.legacy.current.Load() != nil {
		return a.tell(d, appendFailure(nil, id, ProtocolError(CodeInvalidRequest, tooLong(limit))))
	}
	return nil
}

// messagesIn are the messages that one text holds: one, or a batch of revision
// 2025-03-26.
func messagesIn(text []byte) []message {
	if begin := bytes.TrimLeft(text, " \t\r\n"); len(begin) > 0 && begin[0] == '[' {
		parts, err := wire.Decode(text, wire.Always, rawItems)
		if err == nil {
			var all []message
			for _, part := range parts {
				all = append(all, parseMessage(part))
			}
			return all
		}
	}
	return []message{parseMessage(text)} // it says what is wrong with it
}

// tell sends an answer in the background.
func (a *serverAsks) tell(d *deadline, text []byte) error {
	if err := a.slot(d); err != nil {
		return err
	}
	a.link.running.Go(func() { (&byPost{a}).Answer(context.Background(), text) })
	return nil
}

// close waits for what answers the server, which is over by now.
func (a *serverAsks) close() {
	close(a.session.over)
	a.session.handled.Wait()
}

// byPost is the way that one answer goes. It has a slot.
type byPost struct{ asks *serverAsks }

// Send implements sender.
func (b *byPost) Send(ctx context.Context, message []byte) error {
	return b.asks.link.postAlone(ctx, "a message", message)
}

// Answer implements way. That it could not be sent is told to the log; where the client is being closed nothing is
// sent, since its session may be over before that arrives.
func (b *byPost) Answer(ctx context.Context, message []byte) {
	defer func() { <-b.asks.slots }()
	l := b.asks.link
	if message == nil || l.life.Err() != nil {
		return
	}
	if err := l.postAlone(ctx, "an answer", message); err != nil && l.life.Err() == nil {
		l.log.Warn("an answer could not be sent", "error", err)
	}
}
