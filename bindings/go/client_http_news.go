package isogloss

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What a legacy server tells that is about no request: a stream of the session's own,
// by GET, kept open in the background. A server may have none.

// openStream opens a stream of a session, from where another one had come to.
func (l *httpLink) openStream(d *deadline, session *legacyOpened, from place) (*httpEvents, error) {
	header := l.head(http.MethodGet)
	session.put(header)
	if from.lastID != "" {
		header[headerLastEvent] = []string{from.lastID}
	}
	response, err := l.send(d, http.MethodGet, header, nil)
	if err != nil {
		return nil, err
	}
	if !isSuccess(response) || !isOf(response, "text/event-stream") {
		defer response.Body.Close()
		return nil, l.noStream(d, session, response)
	}
	return newHTTPEvents(d, response, l.maxMessage, from), nil
}

// hearNews hears in the background what a session has to tell, until the session or
// the client ends. It returns when it is heard, or is not yet but will be: a server
// may open the stream no sooner than it has something to say.
func (l *httpLink) hearNews(session *legacyOpened) {
	opened, open := context.WithCancel(context.Background())
	l.running.Go(func() {
		defer open()
		if err := l.hear(session, open); err != nil && l.life.Err() == nil {
			l.log.Warn("nothing more is heard from the server", "error", told(err))
		}
	})
	grace := time.NewTimer(protocol.ListenGrace)
	defer grace.Stop()
	select {
	case <-opened.Done():
	case <-grace.C:
	case <-l.life.Done():
	}
}

// hear opens the stream again and again, until it is refused or brings nothing any
// more. It calls opened once the first is open.
func (l *httpLink) hear(session *legacyOpened, opened func()) error {
	reached, still := streamBegin, 0
	for {
		from := reached
		var news bool
		var why, err error
		if reached, news, why, err = l.hearOnce(session, from, opened); err != nil || why == nil {
			return err
		}
		if news {
			still = 0
		}
		if still == protocol.ResumeAttempts {
			return fmt.Errorf("%w; it was opened %d times without anything new (ResumeAttempts)", why, still)
		}
		still++
		if err := l.rest(reached.retry); err != nil {
			return err
		}
	}
}

// rest lets time go by before the next stream.
func (l *httpLink) rest(long time.Duration) error {
	d := newDeadline(l.life, l.life, "the next stream", 0)
	defer d.over()
	return d.pause(long)
}

// hearOnce hears one stream to its end: where it has come to, whether anything came,
// and why it ended, which is nil where there will be no other.
func (l *httpLink) hearOnce(session *legacyOpened, from place, opened func()) (reached place, news bool, why, err error) {
	d := newDeadline(l.life, l.life, "the server's stream", l.timeout)
	defer d.over()
	events, err := l.openStream(d, session, from)
	if err == nil {
		defer events.body.Close()
		opened()
		// There is no telling how long it may be silent.
		d.unlimit()
		news, why = l.hearStream(d, events)
		return events.place(), news || events.hasMoved(), why, nil
	}
	var b *broken
	var own *Error
	errors.As(err, &own)
	switch {
	case l.life.Err() != nil:
		return from, false, nil, err
	case errors.As(err, &b) && b.failed == protocol.FailedSessionLost:
		session.lost.Store(true)
		return from, false, nil, nil
	case b == nil && own != nil && own.Kind == KindHTTP && own.Status == http.StatusMethodNotAllowed:
		return from, false, nil, nil // there is none, which is the server's right
	case b == nil && own != nil && own.Kind == KindHTTP && from.lastID == "":
		return from, false, nil, err
	}
	// What cannot be continued is begun anew.
	return place{retry: from.retry}, false, told(err), nil
}

// hearStream takes what comes on a stream, and says why it ended.
func (l *httpLink) hearStream(d *deadline, events *httpEvents) (news bool, why error) {
	for {
		event, err := events.next()
		switch {
		case d.Err() != nil:
			return news, d.why()
		case err != nil:
			if why = endOf(err); why == nil {
				why = errors.New("the stream ended")
			}
			return news, why
		case event.TooLong:
			if err := l.asked.leftOut(d, event.Data, l.maxMessage); err != nil {
				return news, err
			}
		default:
			for _, m := range messagesIn(event.Data) {
				if err := l.asked.take(d, m); err != nil {
					return news, err
				}
			}
		}
		news = true
	}
}
