package isogloss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A session pairs requests with responses over a transport, in both directions,
// with timeouts and cancellation. It knows nothing of tools.

// maxBuffer is the largest buffer that is kept for the next message.
const maxBuffer = 64 << 10

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// handler answers what the other side sends.
type handler interface {
	// request appends the result to dst.
	request(ctx context.Context, r *request, dst []byte) ([]byte, error)
	notification(ctx context.Context, method string, params wire.Raw)
}

// request is one of the other side's.
type request struct {
	id     wire.Raw
	method string
	params wire.Raw
	// cancel ends the context of its handler; nil for a notification.
	cancel context.CancelCauseFunc
	// over is where its answer goes, and what is said on the way; nil is the
	// session's transport.
	over way
}

// sender is something that messages go out by.
type sender interface {
	Send(ctx context.Context, message []byte) error
}

// way is that of one request.
type way interface {
	sender
	// Answer is called once, with nothing if the request was cancelled.
	Answer(ctx context.Context, message []byte)
}

type session struct {
	transport Transport
	handler   handler
	timeout   time.Duration
	omissions // and its log

	nextID  atomic.Int64
	mu      sync.Mutex
	pending map[int64]chan<- message
	running map[string]context.CancelCauseFunc
	ended   *Error // set once, when nothing can be awaited any more
	slots   chan struct{}
	jobs    chan job // taken by whoever waits for one
	idle    atomic.Int64
	over    chan struct{} // closed when no more requests will come
	handled sync.WaitGroup
	done    chan struct{} // closed when run has returned
}

func newSession(t Transport, h handler, log *slog.Logger, timeout time.Duration) *session {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if timeout == 0 {
		timeout = protocol.RequestTimeout
	}
	return &session{
		transport: t,
		handler:   h,
		omissions: omissions{log: log},
		timeout:   timeout,
		pending:   map[int64]chan<- message{},
		running:   map[string]context.CancelCauseFunc{},
		slots:     make(chan struct{}, protocol.MaxRunning),
		jobs:      make(chan job),
		over:      make(chan struct{}),
		done:      make(chan struct{}),
	}
}

// run reads until the transport ends, then lets the handlers finish for at most
// grace. It returns nil if the other side ended the connection in good order.
func (s *session) run(ctx context.Context, grace time.Duration) error {
	defer close(s.done)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := s.read(ctx)
	s.end(err)
	close(s.over)
	overdue := time.AfterFunc(grace, cancel)
	s.handled.Wait()
	overdue.Stop()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (s *session) read(ctx context.Context) error {
	for {
		text, err := s.transport.Receive()
		var long *TooLong
		switch {
		case errors.As(err, &long):
			s.refuseTooLong(ctx, long)
		case err != nil:
			return err
		default:
			s.take(ctx, text)
		}
	}
}

// end fails every call that waits, and those to come.
func (s *session) end(cause error) {
	why := &Error{Kind: KindClosed, Message: "the connection ended"}
	var own *Error
	switch {
	case errors.As(cause, &own):
		why = own
	case cause != nil && !errors.Is(cause, io.EOF):
		why.Err = cause
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return
	}
	s.ended = why
	for id, answer := range s.pending {
		answer <- message{failure: why}
		delete(s.pending, id)
	}
}

func (s *session) take(ctx context.Context, text []byte) {
	m := parseMessage(text)
	switch m.kind {
	case requestMessage:
		s.serve(ctx, &request{id: m.id, method: m.method, params: m.params})
	case notificationMessage:
		if m.method == protocol.MethodCancelled {
			s.cancelled(m.params)
			return
		}
		s.handler.notification(ctx, m.method, m.params)
	case responseMessage:
		s.answered(m)
	case invalidMessage:
		s.log.Warn("refused a message", "why", m.failure.Message)
		s.sendFailure(ctx, m.id, m.failure)
	case invalidResponse:
		s.log.Warn("ignored a response that is wrong", "why", m.failure.Message, "id", string(m.id))
	}
}

func (s *session) refuseTooLong(ctx context.Context, long *TooLong) {
	s.log.Warn("left out a message", "why", long.Error())
	start := wire.Raw(long.Start)
	id, known := start.Get("id")
	if _, isRequest := start.Get("method"); known && !isRequest {
		s.answered(message{kind: responseMessage, id: id, failure: &Error{Kind: KindDecode, Message: long.Error()}})
		return
	}
	if !known || !isID(id) {
		id = nil
	}
	s.sendFailure(ctx, id, ProtocolError(CodeInvalidRequest, long.Error()))
}

// serve runs a handler beside the reading.
func (s *session) serve(ctx context.Context, r *request) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		if r.over != nil {
			r.over.Answer(ctx, nil)
		}
		return
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
		return
	}
	todo := job{handling, cancel, key, r}
	select {
	case s.jobs <- todo:
	default:
		s.handled.Add(1)
		go s.work(todo)
	}
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
		todo.cancel(nil)
		<-s.slots
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
	s.send(ctx, text)
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

func (s *session) send(ctx context.Context, text []byte) {
	if err := s.transport.Send(ctx, text); err != nil {
		s.log.Warn("could not send a message", "error", err)
	}
}

func (s *session) sendFailure(ctx context.Context, id wire.Raw, failure *Error) {
	s.send(ctx, appendFailure(nil, id, failure))
}

// answered hands a response to the call that waits for it.
func (s *session) answered(m message) {
	id, err := wire.Decode(m.id, wire.Always, (*wire.Decoder).Int)
	s.mu.Lock()
	answer, ok := s.pending[id]
	delete(s.pending, id)
	s.mu.Unlock()
	if err != nil || !ok {
		s.log.Warn("ignored a response to nothing that was asked", "id", string(m.id))
		return
	}
	answer <- m
}

// writer appends params to a message.
type writer func(dst []byte) ([]byte, error)

// call sends a request and waits for its result. Its error is the other side's,
// a timeout, the context's, or that the connection has ended.
func (s *session) call(ctx context.Context, method string, params writer) (wire.Raw, error) {
	return s.callOver(ctx, s.transport, s.timeout, method, params)
}

// callOver is call by another way, with a time limit of its own; none if 0.
func (s *session) callOver(ctx context.Context, over sender, limit time.Duration, method string, params writer) (wire.Raw, error) {
	id := s.nextID.Add(1)
	answer := make(chan message, 1)
	if err := s.await(id, answer); err != nil {
		return nil, err
	}
	defer s.forget(id)
	if err := s.post(ctx, over, appendRequest(nil, id, method), params); err != nil {
		return nil, err
	}
	var overdue <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		overdue = timer.C
	}
	select {
	case m := <-answer:
		if m.failure != nil {
			return nil, m.failure
		}
		return m.result, nil
	case <-ctx.Done():
		s.giveUp(over, method, id, "the caller cancelled it")
		return nil, ctx.Err()
	case <-overdue:
		s.giveUp(over, method, id, "it took too long")
		return nil, timeoutError(method, limit)
	}
}

func (s *session) await(id int64, answer chan<- message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return s.ended
	}
	s.pending[id] = answer
	return nil
}

func (s *session) forget(id int64) {
	s.mu.Lock()
	delete(s.pending, id)
	s.mu.Unlock()
}

// notify sends a notification.
func (s *session) notify(ctx context.Context, method string, params writer) error {
	return s.notifyOver(ctx, s.transport, method, params)
}

func (s *session) notifyOver(ctx context.Context, over sender, method string, params writer) error {
	return s.post(ctx, over, appendNotification(nil, method), params)
}

// post completes a message and sends it.
func (s *session) post(ctx context.Context, over sender, head []byte, params writer) error {
	text, err := params(head)
	if err != nil {
		return encodeError("", err)
	}
	text = append(text, '}')
	if len(text) > protocol.MaxMessage {
		return &Error{Kind: KindEncode, Message: tooLong(protocol.MaxMessage)}
	}
	if err := over.Send(ctx, text); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended != nil {
			return s.ended
		}
		return &Error{Kind: KindClosed, Message: "the connection ended", Err: err}
	}
	return nil
}

// giveUp tells the other side that nobody waits any more. An initialize must not
// be cancelled, and who is asked to describe itself may not know yet what that is.
func (s *session) giveUp(over sender, method string, id int64, reason string) {
	if method == protocol.MethodInitialize || method == protocol.MethodDiscover {
		return
	}
	params := func(dst []byte) ([]byte, error) {
		dst = append(dst, `{"reason":`...)
		dst = wire.AppendString(dst, reason)
		return fmt.Appendf(dst, `,"requestId":%d}`, id), nil
	}
	// It is a courtesy: it must not keep the caller.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.notifyOver(ctx, over, protocol.MethodCancelled, params); err != nil {
		s.log.Warn("could not cancel a request", "method", method, "error", err)
	}
}
