package isogloss

// News on the GET streams of legacy sessions. What changes waits in the session's
// feed until one of its streams is read and has room; that stream tells it.

// hearing is who reads a GET stream, and tells news on it. A nil one hears none.
type hearing struct{ *stream }

// news has whoever reads the stream tell news on it, if that is what it is for.
func (s *stream) news() *hearing {
	if !s.endless {
		return nil
	}
	return &hearing{s}
}

// ready has something while news waits.
func (h *hearing) ready() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.session.news.ready
}

// tell tells what has waited for longest.
func (h *hearing) tell() {
	l := h.session
	what, ok := l.news.take()
	if ok && l.connection.tell(l.ctx, h.stream, l.rev(), what, nil) != nil {
		l.news.hear(what) // another stream tells it
	}
}
