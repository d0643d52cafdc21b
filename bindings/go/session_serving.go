package isogloss

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Requests of the other side, from when they are admitted to their answer.

// serve has a request handled by another goroutine.
func (s *session) serve(ctx context.Context, r *request) {
	todo, ok := s.admit(ctx, r)
	if !ok {
		return
	}
	select {
	case s.jobs <- todo:
	default:
		s.handled.Add(1)
		go s.work(todo)
	}
}

// admit waits until a request may be handled. It is refused if its id is in use.
func (s *session) admit(ctx context.Context, r *request) (job, bool) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return job{}, false
	}
	handling, cancel := context.WithCancelCause(ctx)
	r.cancel = cancel
	key := idKey(r.id)
	s.mu.Lock()
	_, twice := s.running[key]
	if !twice {
		s.running[key] = cancel
	}
	s.mu.Unlock()
	if twice {
		cancel(nil)
		<-s.slots
		s.reply(ctx, r, appendFailure(nil, r.id, ProtocolError(CodeInvalidRequest, "a request with this id is being handled already")))
		return job{}, false
	}
	return job{handling, cancel, key, r}, true
}

// leave makes room for the next request.
func (s *session) leave(done job) {
	done.cancel(nil)
	<-s.slots
}

// job is a request to be handled.
type job struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	key    string
	r      *request
}

// maxIdle is how many goroutines wait for the next request: a new one would have
// to grow its stack again.
const maxIdle = 64

// work handles a request, and then others as they come.
func (s *session) work(todo job) {
	defer s.handled.Done()
	for {
		s.answer(todo)
		s.leave(todo)
		if s.idle.Add(1) > maxIdle {
			s.idle.Add(-1)
			return
		}
		select {
		case todo = <-s.jobs:
			s.idle.Add(-1)
		case <-s.over:
			return
		}
	}
}

// errCancelled is the cause of the context of a request that nobody waits for.
var errCancelled = errors.New("cancelled by the other side")

// answer sends what the handler says, unless the request was cancelled.
func (s *session) answer(todo job) {
	ctx, r := todo.ctx, todo.r
	buffer := buffers.Get().(*[]byte)
	text, failure := s.respond(ctx, r, (*buffer)[:0])
	// Who has the answer may use the id again.
	s.mu.Lock()
	delete(s.running, todo.key)
	s.mu.Unlock()
	// The answer is due even if the session's context is over.
	out := context.WithoutCancel(ctx)
	switch {
	case context.Cause(ctx) == errCancelled:
		if r.over != nil {
			r.over.Answer(out, nil)
		}
		return
	case failure != nil:
		s.reply(out, r, appendFailure(nil, r.id, failure))
		return
	}
	s.reply(out, r, text)
	if cap(text) <= maxBuffer {
		*buffer = text[:0]
		buffers.Put(buffer)
	}
}

// respond appends the response to dst, or says with what a request fails.
func (s *session) respond(ctx context.Context, r *request, dst []byte) ([]byte, *Error) {
	text, err := s.handle(ctx, r, appendResult(dst, r.id))
	if err == nil && len(text) > protocol.MaxMessage {
		err = ProtocolError(CodeInternalError, tooLong(protocol.MaxMessage))
	}
	if err == nil {
		return append(text, '}'), nil
	}
	failure := answerable(r.method, err)
	if failure.Code == CodeInternalError && context.Cause(ctx) != errCancelled {
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
func (s *session) handle(ctx context.Context, r *request, dst []byte) (text []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("a handler panicked", "method", r.method, "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return s.handler.request(ctx, r, dst)
}

// cancelled stops the handler of a request.
func (s *session) cancelled(params wire.Raw) {
	id, ok := params.Get("requestId")
	if !ok || !isID(id) {
		s.log.Warn("ignored a cancellation without a request's id")
		return
	}
	s.mu.Lock()
	cancel := s.running[idKey(id)]
	s.mu.Unlock()
	if cancel != nil {
		cancel(errCancelled)
	}
}
