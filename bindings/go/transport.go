package isogloss

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// Transport carries messages of one connection, both ways. It knows nothing of
// what is in them.
type Transport interface {
	// Send sends a message, which it does not keep. It may return before the
	// message is on its way, but not before there is room for it.
	Send(ctx context.Context, message []byte) error
	// Receive returns the next message, which the caller may keep, io.EOF after
	// the last one, and a *TooLong for one that was left out.
	Receive() ([]byte, error)
	// Close ends the connection; a Receive that waits then returns.
	Close() error
}

// TooLong is returned by Receive in place of a message beyond the limit. The
// connection lives on.
type TooLong struct {
	// Limit is the longest allowed message, in bytes.
	Limit int
	// Start is how the message begins, to find out whose it is.
	Start []byte
	// End is how it ends, as far as that is known: its id may stand there, too.
	End []byte
}

// Error names the limit.
func (e *TooLong) Error() string { return tooLong(e.Limit) }

// pipeDepth is how many messages an in-memory connection holds before Send waits.
const pipeDepth = 64

// Pipe returns the two ends of a connection within the process.
func Pipe() (Transport, Transport) {
	there, back := make(chan []byte, pipeDepth), make(chan []byte, pipeDepth)
	a := &pipe{out: there, in: back, closed: make(chan struct{})}
	b := &pipe{out: back, in: there, closed: make(chan struct{})}
	a.other, b.other = b, a
	return a, b
}

// pipe is one end. Channels are never closed: what was sent before an end
// closed is still received.
type pipe struct {
	out    chan<- []byte
	in     <-chan []byte
	other  *pipe
	closed chan struct{}
	once   sync.Once
}

func (p *pipe) Send(ctx context.Context, message []byte) error {
	select {
	case <-p.closed:
		return io.ErrClosedPipe
	case <-p.other.closed:
		return io.ErrClosedPipe
	default:
	}
	select {
	case p.out <- bytes.Clone(message):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closed:
		return io.ErrClosedPipe
	case <-p.other.closed:
		return io.ErrClosedPipe
	}
}

func (p *pipe) Receive() ([]byte, error) {
	select {
	case message := <-p.in:
		return message, nil
	case <-p.closed:
		return nil, io.EOF
	case <-p.other.closed:
	}
	select {
	case message := <-p.in:
		return message, nil
	default:
		return nil, io.EOF
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}
