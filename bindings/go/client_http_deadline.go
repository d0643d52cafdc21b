package isogloss

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// deadline is the context of a call: over all its requests, streams and pauses. It
// ends when the call has taken too long, when its caller wants it, and with the
// client.
type deadline struct {
	context.Context
	cancel context.CancelCauseFunc
	caller context.Context
	unbind []func() bool // from the caller and from the client's life
	timer  *time.Timer   // nil without limit
	at     time.Time     // when it ends
	// holds are those who still need it: the call, and streams whose answer was there.
	holds atomic.Int32
}

// newDeadline begins a wait for something, without limit if that is 0.
func newDeadline(ctx, life context.Context, awaited string, limit time.Duration) *deadline {
	d := &deadline{caller: ctx, unbind: make([]func() bool, 0, 2)}
	d.holds.Store(1)
	// Not the caller's: what is left to be read once the call has returned is not the
	// caller's to end.
	d.Context, d.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	d.endsWith(life)
	d.endsWith(ctx)
	if limit > 0 {
		d.at = time.Now().Add(limit)
		d.timer = time.AfterFunc(limit, func() { d.cancel(timeoutError(awaited, limit)) })
	}
	return d
}

func (d *deadline) endsWith(ctx context.Context) {
	if ctx.Done() != nil {
		d.unbind = append(d.unbind, context.AfterFunc(ctx, func() { d.cancel(context.Cause(ctx)) }))
	}
}

// over is to be called when nothing is waited for any more.
func (d *deadline) over() {
	for _, unbind := range d.unbind {
		unbind()
	}
	d.unlimit()
	d.release()
}

func (d *deadline) release() {
	if d.holds.Add(-1) == 0 {
		d.cancel(nil)
	}
}

// unlimit has it take as long as it likes from here on.
func (d *deadline) unlimit() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// why is what ended it: a timeout, the end of the client, or the caller's context.
func (d *deadline) why() error {
	var own *Error
	switch {
	case errors.As(context.Cause(d), &own):
		return own
	case d.caller.Err() != nil:
		return d.caller.Err()
	}
	return d.Err()
}

// or is an error, or what ended it if something has.
func (d *deadline) or(err error) error {
	if d.Err() != nil {
		return d.why()
	}
	return err
}

// beside does something that has bounds of its own and whose time is not the
// server's: a user who logs in.
func (d *deadline) beside(what func() error) error {
	if d.timer == nil || !d.timer.Stop() {
		return what()
	}
	left := time.Until(d.at)
	err := what()
	d.at = time.Now().Add(left)
	d.timer.Reset(left)
	return err
}

// pause lets time go by.
func (d *deadline) pause(long time.Duration) error {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.Done():
		return d.why()
	}
}
