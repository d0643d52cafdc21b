package isogloss

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What comes in over a transport. Over lines a request is handled by the goroutine
// that has read it, as long as handlers are quick: waking another one costs more
// than they do, and the answers to what was read together are written together. A
// handler that takes its time keeps nobody waiting: another goroutine goes on with
// the reading, and the next requests are handled beside it.

const (
	// brisk is what a handler may take for the next one to run where it is read.
	brisk = 50 * time.Microsecond
	// patience is how long nothing is read, about, before somebody else does.
	patience = time.Millisecond
	// After a slow handler so many requests are handled beside the reading, and four
	// times as many after the next one, up to a bound.
	leastWary, mostWary = 16, 1024
)

// batching is a transport whose messages come and go together.
type batching interface {
	Transport
	// buffered reports whether Receive has something to return without waiting.
	buffered() bool
	// answer is Send by whoever has the time to write.
	answer(message []byte) error
	// put has a message go out with the next flush, whether there is room or not.
	put(message []byte)
	// full reports whether there is room.
	full() bool
	// flush writes what was put, unless somebody is writing.
	flush()
}

// intake reads for a session. One goroutine at a time has the turn.
type intake struct {
	*session
	ctx context.Context
	end chan error // gets one, when the transport has ended

	// turn is even while whoever has it reads, and odd while he does something
	// else; who makes it even again has it.
	turn    atomic.Uint64
	watch   *time.Timer
	watched atomic.Bool
	seen    uint64 // by the watch, when it last looked

	// These belong to whoever has the turn.
	beside    int  // how many requests are still to be handled beside the reading
	wary      int  // how many that will be after the next slow one
	unwritten bool // something was put and not flushed
}

func newIntake(ctx context.Context, s *session) *intake {
	in := &intake{session: s, ctx: ctx, end: make(chan error, 1), wary: leastWary}
	in.watch = time.AfterFunc(patience, in.look)
	in.watch.Stop()
	return in
}

// lend begins something that may take long.
func (in *intake) lend() uint64 {
	turn := in.turn.Add(1)
	if !in.watched.Swap(true) {
		in.watch.Reset(patience)
	}
	return turn
}

// back ends it, and reports whether the turn is still there.
func (in *intake) back(turn uint64) bool { return in.turn.CompareAndSwap(turn, turn+1) }

// relieve has another goroutine read on if the turn is still lent.
func (in *intake) relieve(turn uint64) {
	if in.back(turn) {
		in.handled.Add(1)
		go func() {
			in.beware()
			if in.flush() {
				in.read()
			}
			in.handled.Done()
		}()
	}
}

// waits tells that a handler is about to wait for its client.
func (s *session) waits(r *request) {
	if r.lent != 0 {
		s.intake.relieve(r.lent)
	}
}

// look relieves whoever has been at the same thing since it last looked.
func (in *intake) look() {
	turn := in.turn.Load()
	switch {
	case turn%2 == 1 && turn == in.seen:
		in.relieve(turn)
	case turn == in.seen:
		in.watched.Store(false)
		// It may have been lent just before.
		if in.turn.Load() == turn || in.watched.Swap(true) {
			return
		}
	}
	in.seen = turn
	in.watch.Reset(patience)
}

// read reads until the transport ends or the turn is lost.
func (in *intake) read() {
	for {
		if in.unwritten && !in.lines.buffered() && !in.flush() {
			return
		}
		text, err := in.transport.Receive()
		var long *TooLong
		switch {
		case errors.As(err, &long):
			in.refuseTooLong(in.ctx, long)
		case err != nil:
			in.end <- err
			return
		case !in.take(text):
			return
		}
	}
}

// flush writes what was put. It reports whether the turn is still there.
func (in *intake) flush() bool {
	in.unwritten = false // before somebody else may read on
	turn := in.lend()
	in.lines.flush()
	return in.back(turn)
}

// take does what a message wants, whether the turn is lost or not. It reports
// whether it is still there.
func (in *intake) take(text []byte) bool {
	if isBatch(text) {
		isOurs := !in.unwritten || in.flush()
		in.takeBatch(text)
		return isOurs
	}
	m := parseMessage(text)
	if m.kind == requestMessage && in.lines != nil && in.beside == 0 && !in.lines.full() {
		return in.here(newRequest(in.ctx, m, nil))
	}
	isOurs := !in.unwritten || in.flush()
	if isOurs && m.kind == requestMessage {
		in.beside = max(in.beside-1, 0)
	}
	in.hear(m)
	return isOurs
}

// hear does what a message wants, beside the reading.
func (in *intake) hear(m message) {
	switch m.kind {
	case requestMessage:
		in.serve(in.ctx, newRequest(in.ctx, m, nil))
	case notificationMessage:
		if m.method == protocol.MethodCancelled {
			in.cancelled(m.params)
			break
		}
		in.handler.notification(in.ctx, m.method, m.params)
	case responseMessage:
		in.answered(m)
	case invalidMessage:
		in.log.Warn("refused a message", "why", m.failure.Message)
		in.sendFailure(in.ctx, m.id, m.failure)
	case invalidResponse:
		in.log.Warn("ignored a response that is wrong", "why", m.failure.Message, "id", string(m.id))
	}
}

// here handles a request on this goroutine. It reports whether the turn is still
// there.
func (in *intake) here(r *request) bool {
	if !in.admit(in.ctx, r) {
		return true
	}
	began := time.Now()
	r.lent = in.lend()
	in.answer(r)
	in.leave(r)
	if !in.back(r.lent) {
		in.lines.flush()
		return false
	}
	in.unwritten = true
	if time.Since(began) > brisk {
		in.beware()
	} else if in.wary > leastWary {
		in.wary--
	}
	return true
}

func (in *intake) beware() {
	in.beside = in.wary
	in.wary = min(4*in.wary, mostWary)
}

func (s *session) refuseTooLong(ctx context.Context, long *TooLong) {
	s.log.Warn("left out a message", "why", long.Error())
	id, isRequest := whose(long)
	if id != nil && !isRequest {
		s.answered(message{kind: responseMessage, id: id, failure: &Error{Kind: KindDecode, Message: long.Error()}})
		return
	}
	if !isID(id) {
		id = nil
	}
	s.sendFailure(ctx, id, ProtocolError(CodeInvalidRequest, long.Error()))
}
