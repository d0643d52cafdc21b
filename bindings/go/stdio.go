package isogloss

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Newline framing over any reader and writer. What a line holds is the session's
// business; processes are in process.go.

func tooLong(limit int) string {
	return fmt.Sprintf("message longer than the limit of %d bytes (MaxMessage)", limit)
}

// chunk is how much is read at a time; lines are handed out as parts of it.
const chunk = 64 << 10

// lineReader splits what it reads into lines without copying them: a chunk is
// never written to again once a line of it was handed out.
type lineReader struct {
	r     io.Reader
	limit int
	buf   []byte // read and not handed out yet
	free  []byte // room behind buf in its chunk
	err   error  // of the reader, once buf is used up
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: r, limit: limit}
}

// next returns the next line without its end. Empty lines are skipped. What
// stands after the last newline is a line, too.
func (l *lineReader) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(l.buf[searched:], '\n'); i >= 0 {
			line := l.buf[: searched+i : searched+i]
			l.buf = l.buf[searched+i+1:]
			searched = 0
			if line, err := l.checked(line); line != nil || err != nil {
				return line, err
			}
			continue
		}
		if len(l.buf) > l.limit {
			return nil, l.skip()
		}
		if l.err != nil {
			line := l.buf
			l.buf = nil
			if line, err := l.checked(line); line != nil || err != nil {
				return line, err
			}
			return nil, l.err
		}
		searched = len(l.buf)
		l.fill()
	}
}

// buffered reports whether a line is there without reading.
func (l *lineReader) buffered() bool { return bytes.IndexByte(l.buf, '\n') >= 0 }

// checked trims a line; nil is an empty one.
func (l *lineReader) checked(line []byte) ([]byte, error) {
	if len(line) > l.limit {
		return nil, &TooLong{Limit: l.limit, Start: start(line), End: end(line)}
	}
	if line = bytes.Trim(line, " \t\r"); len(line) == 0 {
		return nil, nil
	}
	return line, nil
}

// fill reads once, in place if there is room enough behind what is there.
func (l *lineReader) fill() {
	if len(l.free) < chunk/16 {
		room := make([]byte, max(chunk, 2*len(l.buf)))
		n := copy(room, l.buf)
		l.buf, l.free = room[:n], room[n:]
	}
	n, err := l.r.Read(l.free)
	l.buf = l.buf[: len(l.buf)+n : cap(l.buf)]
	l.free = l.free[n:]
	l.err = err
}

// So much of the beginning and of the end of a message that is left out is looked at
// for its id.
const (
	startOfTooLong = 1 << 10
	endOfTooLong   = 1 << 8
)

func start(line []byte) []byte { return bytes.Clone(line[:min(len(line), startOfTooLong)]) }

func end(line []byte) []byte { return bytes.Clone(line[max(0, len(line)-endOfTooLong):]) }

// skip reads to the end of a line that is too long.
func (l *lineReader) skip() error {
	long := &TooLong{Limit: l.limit, Start: start(l.buf), End: end(l.buf)}
	for l.err == nil {
		l.buf, l.free = nil, nil
		l.fill()
		line, rest, ends := bytes.Cut(l.buf, []byte{'\n'})
		// The end may come in pieces that are shorter than what is looked at.
		long.End = end(append(long.End, end(line)...))
		if ends {
			l.buf = rest
			break
		}
	}
	return long
}

// maxQueued is how many bytes wait to be written before Send waits, too.
const maxQueued = 1 << 20

// lineWriter writes lines. Whatever is sent while a write is under way goes out
// with the next one, together: many small messages, few system calls.
type lineWriter struct {
	w       io.Writer
	mu      sync.Mutex
	queue   []byte
	spare   []byte        // the buffer that was written last, for the next queue
	room    chan struct{} // closed when there is room again, if anybody waits
	busy    bool          // somebody is writing
	idle    chan struct{} // closed when nobody is, if anybody waits
	failure error
}

// send has a message written by another goroutine, once there is room for it.
func (l *lineWriter) send(ctx context.Context, message []byte) error {
	if err := l.append(ctx, message); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy && len(l.queue) > 0 {
		l.busy = true
		go l.drain()
	}
	return nil
}

// answer has a message written by this goroutine, unless one is writing.
func (l *lineWriter) answer(message []byte) error {
	if err := l.append(context.Background(), message); err != nil {
		return err
	}
	// What is ready to run may have more to send: it goes out together.
	runtime.Gosched()
	l.write()
	return nil
}

// append waits for room.
func (l *lineWriter) append(ctx context.Context, message []byte) error {
	l.mu.Lock()
	for len(l.queue) > maxQueued && l.failure == nil {
		if l.room == nil {
			l.room = make(chan struct{})
		}
		room := l.room
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	if l.failure == nil {
		l.queue = append(append(l.queue, message...), '\n')
	}
	return l.failure
}

// put has a message wait for the next write, whether there is room or not.
func (l *lineWriter) put(message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		l.queue = append(append(l.queue, message...), '\n')
	}
}

func (l *lineWriter) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > maxQueued
}

// write writes what is queued, unless somebody is writing.
func (l *lineWriter) write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy || len(l.queue) == 0 {
		return
	}
	l.busy = true
	l.writeQueue()
	if len(l.queue) > 0 && l.failure == nil {
		go l.drain()
		return
	}
	l.rest()
}

// drain writes until nothing is queued.
func (l *lineWriter) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 && l.failure == nil {
		l.writeQueue()
	}
	l.rest()
}

// writeQueue is called with mu held, and busy.
func (l *lineWriter) writeQueue() {
	batch := l.queue
	l.queue = l.spare[:0]
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
	l.mu.Unlock()
	_, err := l.w.Write(batch)
	l.mu.Lock()
	l.failure = err
	if l.spare = batch; cap(batch) > maxQueued {
		l.spare = nil // one great message does not keep its room
	}
}

// rest notes that nobody writes any more.
func (l *lineWriter) rest() {
	l.busy = false
	for _, waiting := range []*chan struct{}{&l.room, &l.idle} {
		if *waiting != nil {
			close(*waiting)
			*waiting = nil
		}
	}
}

// flush waits until everything that was sent is written.
func (l *lineWriter) flush(ctx context.Context) error {
	l.mu.Lock()
	if !l.busy {
		defer l.mu.Unlock()
		return l.failure
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Lines returns a transport of one message a line. Close closes what can be
// closed of r and w, once what was sent is written or a moment has passed.
func Lines(r io.Reader, w io.Writer) Transport {
	return &lines{reader: newLineReader(r, protocol.MaxMessage), writer: &lineWriter{w: w}, r: r}
}

type lines struct {
	reader *lineReader
	writer *lineWriter
	r      io.Reader
}

func (l *lines) Send(ctx context.Context, message []byte) error {
	return l.writer.send(ctx, message)
}

func (l *lines) answer(message []byte) error { return l.writer.answer(message) }
func (l *lines) put(message []byte)          { l.writer.put(message) }
func (l *lines) full() bool                  { return l.writer.full() }
func (l *lines) flush()                      { l.writer.write() }
func (l *lines) buffered() bool              { return l.reader.buffered() }

func (l *lines) Receive() ([]byte, error) { return l.reader.next() }

func (l *lines) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), protocol.ChildGrace)
	defer cancel()
	err := l.writer.flush(ctx)
	for _, end := range []any{l.writer.w, l.r} {
		if closer, ok := end.(io.Closer); ok {
			if closeErr := closer.Close(); err == nil {
				err = closeErr
			}
		}
	}
	return err
}
