// Package sse reads event streams, as the HTML standard has them. It knows no word
// of MCP: what an event means, and when a stream is resumed, is for others to say.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
package sse

import (
	"bytes"
	"io"
	"strconv"
	"time"
)

// Event is an event of a stream.
type Event struct {
	// Kind is what sort of event it is: "message" unless the sender said otherwise.
	Kind string
	// Data is what is told, lines separated by LF. It is as it came: that it is UTF-8
	// is for its reader to see. It is the reader's to keep.
	Data []byte
	// TooLong tells that there was more data than allowed. Data is its beginning, and
	// the rest was left out; what follows on the stream is read as ever.
	TooLong bool
}

const (
	// chunk is how much is read at a time.
	chunk = 8 << 10
	// beginning is how much of an event that is too long is kept, to find out what it
	// was about.
	beginning = 1024
	// around is how much longer a line of data is than its data: a byte order mark
	// and `data: `.
	around = 9
	// maxKept is the largest buffer for a line that is kept for the next one.
	maxKept = 64 << 10
)

// Reader reads one stream. An event that has no end when the stream ends is none.
type Reader struct {
	in     io.Reader
	limit  int
	buffer [chunk]byte
	rest   []byte // of the buffer, to be looked at
	err    error  // of in, once there is no rest

	begun   []byte // what was read of a line that has no end yet
	data    []byte // the lines of data so far, each with an LF behind it
	kind    string
	id      *string
	lastID  string
	retry   time.Duration
	retries bool
	started bool // a line was read: no byte order mark can come any more
	afterCR bool // the last byte was a CR: an LF that follows belongs to it
	skips   bool // the event is too long: what is left of it is passed over
}

// NewReader returns a reader that takes up to limit bytes of data an event.
func NewReader(in io.Reader, limit int) *Reader { return &Reader{in: in, limit: limit} }

// LastID is the id of the last event that came with one; empty if none did.
func (r *Reader) LastID() string { return r.lastID }

// Retry is how long the sender wants a reader to wait before it comes back, if it
// has said so.
func (r *Reader) Retry() (time.Duration, bool) { return r.retry, r.retries }

// Next returns the next event. At the end of the stream its error is [io.EOF];
// any other is the one with which the stream broke off.
func (r *Reader) Next() (Event, error) {
	for {
		if event, ok := r.take(); ok {
			return event, nil
		}
		if r.err != nil {
			return Event{}, r.err
		}
		n, err := r.in.Read(r.buffer[:])
		r.rest, r.err = r.buffer[:n], err
	}
}

// take goes through the rest up to the end of an event.
func (r *Reader) take() (event Event, ok bool) {
	for len(r.rest) > 0 && !ok {
		follows := r.afterCR && r.rest[0] == '\n'
		r.afterCR = false
		if follows {
			r.rest = r.rest[1:]
			continue
		}
		end := lineEnd(r.rest)
		if end < 0 {
			event, ok = r.extend(r.rest)
			r.rest = nil
			break
		}
		part := r.rest[:end]
		r.afterCR = r.rest[end] == '\r'
		r.rest = r.rest[end+1:]
		event, ok = r.endLine(part)
	}
	return event, ok
}

func lineEnd(text []byte) int {
	lf := bytes.IndexByte(text, '\n')
	before := text
	if lf >= 0 {
		before = text[:lf]
	}
	if cr := bytes.IndexByte(before, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

// endLine takes a line of which this is the last part.
func (r *Reader) endLine(part []byte) (Event, bool) {
	if len(r.begun) == 0 {
		return r.line(part)
	}
	if event, ok := r.extend(part); ok {
		r.begun = r.begun[:0]
		return event, ok
	}
	event, ok := r.line(r.begun)
	if r.begun = r.begun[:0]; cap(r.begun) > maxKept {
		r.begun = nil
	}
	return event, ok
}

// extend keeps a part of a line. Of what is passed over one byte is enough to know
// that the line is not empty.
func (r *Reader) extend(part []byte) (event Event, ok bool) {
	if !r.skips && r.tooLong(len(r.begun)+len(part)) {
		line := append(r.begun, part[:min(len(part), beginning)]...)
		r.begun = append([]byte(nil), line[:min(len(line), 1)]...)
		_, value := field(line)
		return r.giveUp(value), true
	}
	if r.skips {
		part = part[:min(len(part), 1-len(r.begun))]
	}
	r.begun = append(r.begun, part...)
	return Event{}, false
}

// tooLong reports whether a line of so many bytes leaves no room for its data. It
// is asked of lines that are not complete and of those that are, so that it does not
// matter in which pieces they came.
func (r *Reader) tooLong(line int) bool { return len(r.data)+line > r.limit+around }

// giveUp is the event that is too long, of which nothing else is kept.
func (r *Reader) giveUp(rest []byte) Event {
	begins := append(r.data[:min(len(r.data), beginning)], rest[:min(len(rest), beginning)]...)
	r.data, r.skips = nil, true
	return Event{Kind: "message", Data: bytes.Clone(begins[:min(len(begins), beginning)]), TooLong: true}
}

var mark = []byte("\xEF\xBB\xBF")

// line takes a whole line.
func (r *Reader) line(line []byte) (event Event, ok bool) {
	first := !r.started
	r.started = true
	if !r.skips && r.tooLong(len(line)) {
		_, value := field(line)
		return r.giveUp(value), true
	}
	if first {
		line = bytes.TrimPrefix(line, mark)
	}
	if len(line) == 0 {
		return r.end()
	}
	if r.skips {
		return Event{}, false
	}
	name, value := field(line)
	switch string(name) {
	case "data":
		if len(r.data)+len(value) > r.limit {
			return r.giveUp(value), true
		}
		r.data = append(append(r.data, value...), '\n')
	case "event":
		r.kind = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			id := string(value)
			r.id = &id
		}
	case "retry":
		r.wait(value)
	}
	return Event{}, false
}

// wait takes note of how long the sender wants a reader to wait: digits alone.
func (r *Reader) wait(value []byte) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return
		}
	}
	const longest = int64(1<<63-1) / int64(time.Millisecond)
	// What is beyond any clock was not meant.
	if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n <= longest {
		r.retry, r.retries = time.Duration(n)*time.Millisecond, true
	}
}

// end is an empty line: the event is complete. One without data is none, but its id
// counts all the same.
func (r *Reader) end() (event Event, ok bool) {
	if r.id != nil {
		r.lastID = *r.id
	}
	event, ok = Event{Kind: r.kind, Data: r.data}, !r.skips && len(r.data) > 0
	if event.Kind == "" {
		event.Kind = "message"
	}
	r.id, r.kind, r.data, r.skips = nil, "", nil, false
	if ok {
		// Its last LF separates nothing.
		event.Data = event.Data[:len(event.Data)-1]
	}
	return event, ok
}

// field is a line's name and value. A comment has the empty name.
func field(line []byte) (name, value []byte) {
	name, value, _ = bytes.Cut(line, []byte(":"))
	return name, bytes.TrimPrefix(value, []byte(" "))
}
