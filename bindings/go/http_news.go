package isogloss

import "context"

// News on the GET streams of legacy sessions. What changes waits in the session's
// feed until one of its streams is read and has room; that stream tells it.

// hearing is a reader of a GET stream, who tells news on it. A nil one hears none.
type hearing struct {
	ctx    context.Context // of the reader
	stream *stream
}

// news has a reader of the stream tell news on it, if that is what it is for.
func (s *stream) news(reader context.Context) *hearing {
	if !s.endless {
		return nil
	}
	return &hearing{reader, s}
}

// ready has something while news waits.
func (h *hearing) ready() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.stream.session.news.ready
}

// tell tells what has waited for longest.
func (h *hearing) tell() {
	session := h.stream.session
	what, ok := session.news.take()
	if !ok {
		return
	}
	if session.connection.tell(h.ctx, h.stream, session.rev(), what, nil) != nil {
		session.news.hear(what) // another stream tells it
	}
}
