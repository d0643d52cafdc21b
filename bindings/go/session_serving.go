package isogloss

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Requests of the other side, from when they are admitted to their answer.

// serve has a request handled by another goroutine. It reports whether it is.
func (s *session) serve(ctx context.Context, r *request) bool {
	if !s.admit(ctx, r) {
		return false
	}
	select {
	case s.jobs <- r:
	default:
		s.handled.Add(1)
		go s.work(r)
	}
	return true
}

// admit waits until a request may be handled. It is refused if its id is in use.
func (s *session) admit(ctx context.Context, r *request) bool {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		if r.over != nil {
			r.over.Answer(ctx, nil)
		}
		return false
	}
	if !s.claim(ctx, r) {
		<-s.slots
		s.reply(ctx, r, appendFailure(nil, r.id, ProtocolError(CodeInvalidRequest, "a request with this id is being handled already")))
		return false
	}
	return true
}

// idGrace is how long a request waits for the one before it that has the same id:
// a client may use an id again before it has read the answer.
const idGrace = 100 * time.Millisecond

// claim has an id belong to a request, unless another has it.
func (s *session) claim(ctx context.Context, r *request) bool {
	key := idKey(r.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.running[key]; taken {
		let := make(chan struct{})
		s.wanted, s.let = key, let
		s.mu.Unlock()
		select {
		case <-let:
		case <-ctx.Done():
		case <-time.After(idGrace):
		}
		s.mu.Lock()
		if _, taken = s.running[key]; taken {
			return false
		}
	}
	s.running[key] = r
	return true
}

// letGo has its id be free again.
func (s *session) letGo(r *request) {
	key := idKey(r.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, key)
	if s.let != nil && s.wanted == key {
		close(s.let)
		s.let = nil
	}
}

// leave makes room for the next request.
func (s *session) leave(r *request) {
	r.finish()
	<-s.slots
}

// maxIdle is how many goroutines wait for the next request: a new one would have
// to grow its stack again.
const maxIdle = 64

// work handles a request, and then others as they come.
func (s *session) work(r *request) {
	defer s.handled.Done()
	for {
		s.answer(r)
		s.leave(r)
		if s.idle.Add(1) > maxIdle {
			s.idle.Add(-1)
			return
		}
		select {
		case r = <-s.jobs:
			s.idle.Add(-1)
		case <-s.over:
			return
		}
	}
}

// errCancelled is the cause of the context of a request that nobody waits for.
var errCancelled = errors.New("cancelled by the other side")

// answer sends what the handler says, unless the request was cancelled.
func (s *session) answer(r *request) {
	buffer := buffers.Get().(*[]byte)
	text, failure := s.respond(r, (*buffer)[:0])
	// Who has the answer may use the id again.
	s.letGo(r)
	// The answer is due even if the session's context is over.
	out := context.Background()
	switch {
	case r.stopped() == errCancelled:
		if r.over != nil {
			r.over.Answer(out, nil)
		}
		return
	case failure != nil:
		if !denied(r.over, failure) {
			s.reply(out, r, appendFailure(nil, r.id, failure))
		}
		return
	}
	s.reply(out, r, text)
	if cap(text) <= maxBuffer {
		*buffer = text[:0]
		buffers.Put(buffer)
	}
}

// respond appends the response to dst, or says with what a request fails.
func (s *session) respond(r *request, dst []byte) ([]byte, *Error) {
	text, err := s.handle(r, appendResult(dst, r.id))
	if err == nil && len(text) > s.most {
		err = ProtocolError(CodeInternalError, tooLong(s.most))
	}
	if err == nil {
		return append(text, '}'), nil
	}
	failure := answerable(r.method, err)
	if failure.Code == CodeInternalError && r.stopped() != errCancelled {
		s.log.Error("a request failed", "method", r.method, "error", err)
	}
	return nil, failure
}

// reply sends a response to where the request came from.
func (s *session) reply(ctx context.Context, r *request, text []byte) {
	if r.over != nil {
		r.over.Answer(ctx, text)
		return
	}
	switch {
	case s.lines == nil:
		s.send(ctx, text)
	case r.lent != 0:
		s.lines.put(text)
	default:
		if err := s.lines.answer(text); err != nil {
			s.log.Warn("could not send a message", "error", err)
		}
	}
}

// handle keeps a handler's panic to its request.
func (s *session) handle(r *request, dst []byte) (text []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("a handler panicked", "method", r.method, "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return s.handler.request(r, r, dst)
}

// cancelled stops the handler of a request.
func (s *session) cancelled(params wire.Raw) {
	id, ok := params.Get("requestId")
	if !ok || !isID(id) {
		s.log.Warn("ignored a cancellation without a request's id")
		return
	}
	s.mu.Lock()
	r := s.running[idKey(id)]
	s.mu.Unlock()
	if r != nil {
		r.stop(errCancelled)
	}
}
