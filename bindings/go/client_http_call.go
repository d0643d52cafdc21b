package isogloss

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// One request by POST and its answer: JSON that is there at once, or a stream
// together with what the server asks and tells meanwhile, which goes on elsewhere
// where it breaks off and can be resumed.

// asking is a request whose answer is awaited.
type asking struct {
	*httpLink
	o         *outgoing
	key       string // the id
	size      int
	session   *legacyOpened // that it is sent in
	questions []*request    // of the server, on the way to the answer
}

// attempt sends a request and waits for its result, with whatever its stream needs
// to get there. Where there is a rule for what happened the error is a *broken; any
// other is how the call ends.
func (l *httpLink) attempt(d *deadline, o *outgoing) (wire.Raw, error) {
	id := l.lastID.Add(1)
	head := appendRequest(make([]byte, 0, 512), id, o.method.Name)
	text, err := o.params(head)
	if err != nil {
		return nil, encodeError("", err)
	}
	header, session := l.headOf(o, wire.Raw(text[len(head):]))
	text = append(text, '}')
	if len(text) > l.most() {
		return nil, &Error{Kind: KindEncode, Message: tooLong(l.most())}
	}
	a := &asking{httpLink: l, o: o, key: strconv.FormatInt(id, 10), size: len(text), session: session}
	response, err := l.send(d, http.MethodPost, header, text)
	if err != nil {
		a.cancelIfOver(d)
		return nil, err
	}
	result, err := a.result(d, response)
	if err != nil {
		a.cancelIfOver(d)
		return nil, err
	}
	switch {
	case o.method.Name == protocol.MethodInitialize:
		l.opened(o, response, result)
	case o.method.Name == protocol.MethodListTools && o.rev.Era() == protocol.Modern:
		result = l.mirrors.learn(result, l.log)
	}
	return result, nil
}

// cancelIfOver tells a legacy server if nobody waits any more; a modern one sees the
// response closed. What the server has asked on the way it cannot withdraw any more, for
// nobody reads the stream: that is over, too.
func (a *asking) cancelIfOver(d *deadline) {
	if a.session == nil || d.Err() == nil || a.life.Err() != nil {
		return
	}
	reason := "the caller cancelled it"
	if errors.Is(d.why(), ErrTimeout) {
		reason = "it took too long"
	}
	a.cancelled(a, reason)
	for _, question := range a.questions {
		question.stop(errCancelled)
	}
}

// result reads a response to its end, or to the answer that is on its stream.
func (a *asking) result(d *deadline, response *http.Response) (wire.Raw, error) {
	stream := isSuccess(response) && isOf(response, "text/event-stream")
	if !stream {
		defer response.Body.Close()
	}
	if !isSuccess(response) {
		return nil, a.refused(d, &sentMessage{a.key, a.size, a.session}, response)
	}
	if coding := response.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		response.Body.Close()
		return nil, a.wrong(fmt.Sprintf("expected a body without a Content-Encoding, found %.40q", coding))
	}
	switch {
	case stream:
		return a.follow(d, newHTTPEvents(d, response, a.maxMessage, streamBegin))
	case isOf(response, "application/json"):
		return a.read(d, response)
	}
	found := response.Header.Get("Content-Type")
	return nil, a.wrong(fmt.Sprintf("expected JSON or an event stream, found %.40q (HTTP %d)", found, response.StatusCode))
}

// read reads an answer that is there at once.
func (a *asking) read(d *deadline, response *http.Response) (wire.Raw, error) {
	var room bytes.Buffer
	// What is only announced takes no room yet.
	if n := response.ContentLength; n > 0 {
		room.Grow(int(min(n, 64<<10)) + bytes.MinRead)
	}
	_, err := room.ReadFrom(io.LimitReader(response.Body, int64(a.maxMessage)+1))
	switch {
	case room.Len() > a.maxMessage:
		return nil, a.wrong(tooLong(a.maxMessage))
	case d.Err() != nil:
		return nil, d.why()
	case err != nil:
		return nil, interrupted("the answer broke off", err)
	}
	result, answered, err := a.lookThrough(d, room.Bytes())
	if err == nil && !answered {
		err = a.wrong("expected a response with the id of the request")
	}
	return result, err
}

// follow reads a stream until the answer is there; a legacy one that ends before
// that is resumed where that can be done.
func (a *asking) follow(d *deadline, events *httpEvents) (wire.Raw, error) {
	still := 0 // how often it was resumed without anything new
	for {
		event, ended := events.next()
		if ended != nil {
			events.body.Close()
			if d.Err() != nil {
				return nil, d.why()
			}
			if events.hasMoved() {
				still = 0
			}
			var err error
			if events, err = a.resume(d, events.place(), endOf(ended), &still); err != nil {
				return nil, err
			}
			continue
		}
		var result wire.Raw
		var answered bool
		var err error
		if event.TooLong {
			err = a.tooLong(d, event.Data)
		} else {
			result, answered, err = a.lookThrough(d, event.Data)
		}
		if answered || err != nil {
			events.letGo(a.httpLink)
			return result, err
		}
	}
}

// tooLong is an event that is longer than the limit: the call fails if it may be the
// answer; any other is only reported.
func (a *asking) tooLong(d *deadline, begins wire.Raw) error {
	id, known := begins.Get("id")
	_, isRequest := begins.Get("method")
	if !isRequest && (!known || idKey(id) == a.key) {
		return a.wrong(tooLong(a.maxMessage))
	}
	return a.asked.leftOut(d, begins, a.maxMessage)
}

// lookThrough takes what one text holds, a message or a batch of revision 2025-03-26,
// and finds the answer if it is there.
func (a *asking) lookThrough(d *deadline, text []byte) (result wire.Raw, answered bool, err error) {
	for _, m := range messagesIn(text) {
		if err != nil {
			break
		}
		if a.isOurs(m) {
			result, err = a.settle(m)
			answered = err == nil
			continue
		}
		err = a.takeBeside(d, m)
	}
	return result, answered, err
}

// takeBeside takes a message that is not the answer.
func (a *asking) takeBeside(d *deadline, m message) error {
	if m.kind != requestMessage {
		return a.asked.take(d, m)
	}
	question, err := a.asked.ask(d, m)
	if question != nil {
		a.questions = append(slices.DeleteFunc(a.questions, (*request).isDone), question)
	}
	return err
}

// isOurs reports whether a message is the answer: on the way of one request, what
// names no other is about this one.
func (a *asking) isOurs(m message) bool {
	if m.kind != responseMessage && m.kind != invalidResponse {
		return false
	}
	return !isID(m.id) || idKey(m.id) == a.key
}

// settle is what an answer says.
func (a *asking) settle(m message) (wire.Raw, error) {
	switch {
	case m.kind == invalidResponse || !isID(m.id) && m.failure != nil:
		return nil, a.wrong(m.failure.Message)
	case !isID(m.id):
		return nil, a.wrong("expected a response with the id of the request")
	case m.failure != nil:
		return nil, saidNo(m.failure)
	}
	return m.result, nil
}

// saidNo is what an error of JSON-RPC means for a call.
func saidNo(failure *Error) error {
	if failure.Code == CodeHeaderMismatch {
		return &broken{protocol.FailedHeaderMismatch, true, failure}
	}
	return failure
}

// wrong is an answer that is none.
func (a *asking) wrong(what string) error {
	return decodeError("the answer to "+a.o.method.Name, errors.New(what))
}

// resume is the continuation of a stream that ended before its answer.
func (a *asking) resume(d *deadline, from place, cause error, still *int) (*httpEvents, error) {
	ended := func() error {
		if cause == nil {
			return interrupted("the stream ended before the answer", nil)
		}
		return interrupted("the stream broke off before the answer", cause)
	}
	row := fitting(protocol.FailedStreamEnded, true, false)
	if a.session == nil || from.lastID == "" || row == nil || row.Action != protocol.ActionResume {
		return nil, ended()
	}
	for ; ; *still++ {
		if *still >= row.AtMost {
			why := fmt.Sprintf("%s, and was resumed %d times without anything new (ResumeAttempts)", ended(), *still)
			return nil, &broken{row.Failed, true, &Error{Kind: KindClosed, Message: why}}
		}
		// Never before the server wants it.
		if err := d.pause(from.retry); err != nil {
			return nil, err
		}
		events, err := a.openStream(d, a.session, from)
		var b *broken
		var own *Error
		switch {
		case err == nil:
			*still++
			return events, nil
		case errors.As(err, &b) && b.failed != protocol.FailedSessionLost:
			cause = b.err
		case errors.As(err, &b) || !errors.As(err, &own) || own.Kind != KindHTTP:
			return nil, err
		default:
			return nil, interrupted(ended().Error()+", and cannot be resumed", err)
		}
	}
}
