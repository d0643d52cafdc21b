package isogloss

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/sse"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// place is where a stream is resumed, and when.
type place struct {
	lastID string        // of the last event; empty if there was none
	retry  time.Duration // how long the server wants to be left alone before
}

// streamBegin is before anything was read.
var streamBegin = place{retry: protocol.SSERetry}

// httpEvents are a stream of events that is read, from the beginning or as the
// continuation of another.
type httpEvents struct {
	d      *deadline
	body   io.ReadCloser
	reader *sse.Reader
	before place
}

func newHTTPEvents(d *deadline, response *http.Response, limit int, before place) *httpEvents {
	return &httpEvents{d, response.Body, sse.NewReader(response.Body, limit), before}
}

// next returns the next message, or one that is too long. Events of other sorts are
// passed over, and those without data, which are there for their id. At the end the
// error is io.EOF, or says why it broke off.
func (e *httpEvents) next() (sse.Event, error) {
	for {
		event, err := e.reader.Next()
		if err != nil || event.TooLong || event.Kind == "message" && len(event.Data) > 0 {
			return event, err
		}
	}
}

// place is where it has come to. An id that no header can carry is none.
func (e *httpEvents) place() place {
	reached := e.before
	if id := e.reader.LastID(); id != "" && isVisible(id) {
		reached.lastID = id
	}
	if retry, ok := e.reader.Retry(); ok {
		reached.retry = retry
	}
	return reached
}

// hasMoved reports whether it has come further than the stream that it continues.
func (e *httpEvents) hasMoved() bool { return e.place().lastID != e.before.lastID }

// letGo gives a stream whose answer is there time to end: a connection whose response
// was not read to its end is of no further use. One that goes on is closed.
func (e *httpEvents) letGo(l *httpLink) {
	e.d.holds.Add(1)
	l.running.Go(func() {
		defer e.d.release()
		defer e.body.Close()
		over := time.AfterFunc(protocol.StreamLinger, func() { e.body.Close() })
		defer over.Stop()
		defer context.AfterFunc(l.life, func() { e.body.Close() })()
		_, _ = io.Copy(io.Discard, e.body) // whatever it is
	})
}

// endOf says why a stream ended.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
