package isogloss

import (
	"context"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// request is one of the other side's, and the context of its handler. What makes a
// context end is only there once somebody looks: most handlers never do.
type request struct {
	id     wire.Raw
	method string
	params wire.Raw
	// over is where its answer goes, and what is said on the way; nil is the
	// session's transport.
	over way
	// lent is the turn to read that its handler has kept, 0 if none.
	lent uint64
	// about is what its handler is told.
	about *Context

	parent context.Context
	mu     sync.Mutex
	own    context.Context // nil until somebody looks
	cancel context.CancelCauseFunc
	done   bool // handled
}

func newRequest(ctx context.Context, m message, over way) *request {
	return &request{id: m.id, method: m.method, params: m.params, over: over, parent: ctx}
}

// looked returns the context that can end.
func (r *request) looked() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == nil {
		r.own, r.cancel = context.WithCancelCause(r.parent)
		if r.done {
			r.cancel(nil)
		}
	}
	return r.own
}

// stop ends the context, for a reason.
func (r *request) stop(cause error) {
	r.looked()
	r.cancel(cause)
}

// stopped is the reason for which the context was ended, nil if it was not.
func (r *request) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == nil {
		return nil
	}
	return context.Cause(r.own)
}

// finish ends the context of a request that has been handled.
func (r *request) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
	if r.own != nil {
		r.cancel(nil)
	}
}

// isDone reports whether it has been handled.
func (r *request) isDone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done
}

// Deadline implements context.Context.
func (r *request) Deadline() (time.Time, bool) { return r.parent.Deadline() }

// Done implements context.Context.
func (r *request) Done() <-chan struct{} { return r.looked().Done() }

// Err implements context.Context.
func (r *request) Err() error { return r.looked().Err() }

// Value implements context.Context.
func (r *request) Value(key any) any {
	if key == (contextKey{}) {
		if r.about == nil {
			return nil
		}
		return r.about
	}
	r.mu.Lock()
	from := r.own
	r.mu.Unlock()
	if from == nil {
		from = r.parent
	}
	return from.Value(key)
}
