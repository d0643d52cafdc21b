package isogloss

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A request and its answer without a session: JSON when the handler is done before
// it has told anything, a stream of events from the first thing it tells on, or
// when it takes long. A client that goes away cancels.

const clientCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities"

func (h *httpService) answerModern(w http.ResponseWriter, r *http.Request, m message, rev protocol.Revision) error {
	if wrong := agree(r, rev, m); wrong != nil {
		return bad(m.id, wrong)
	}
	h.exchange(w, r, h.modern, m, statusOf)
	return nil
}

// exchange answers a request on the response.
func (h *httpService) exchange(w http.ResponseWriter, r *http.Request, c *connection, m message, status func(*Error) int) {
	e := &exchange{events: eventWriter{w: w, control: http.NewResponseController(w)}, keepAlive: h.options.KeepAlive}
	e.silence = time.AfterFunc(e.keepAlive, e.tick)
	buffer := buffers.Get().(*[]byte)
	asked := newRequest(r.Context(), m, e)
	defer asked.finish()
	text, failure := c.session.respond(asked, (*buffer)[:0])
	code := http.StatusOK
	if failure != nil {
		text, code = appendFailure((*buffer)[:0], m.id, failure), status(failure)
	}
	gone := r.Context().Err() != nil
	if gone {
		e.leave()
	} else {
		e.end(code, text)
	}
	if cap(text) <= maxBuffer {
		*buffer = text[:0]
		buffers.Put(buffer)
	}
	if gone {
		// Returning would end the response as if it were whole.
		panic(http.ErrAbortHandler)
	}
}

// exchange is the way of one request. Whoever tells something waits until the
// client takes it.
type exchange struct {
	keepAlive time.Duration
	mu        sync.Mutex
	events    eventWriter
	silence   *time.Timer
	over      bool
}

// Send implements sender.
func (e *exchange) Send(_ context.Context, message []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return io.ErrClosedPipe
	}
	e.silence.Reset(e.keepAlive)
	return e.events.event("", message)
}

// Answer implements way; what is answered here ends with end.
func (e *exchange) Answer(context.Context, []byte) {}

func (e *exchange) tick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over && e.events.comment() == nil {
		e.silence.Reset(e.keepAlive)
	}
}

// leave notes that nobody waits any more.
func (e *exchange) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.silence.Stop()
}

// end gives the answer.
func (e *exchange) end(status int, text []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.silence.Stop()
	if e.events.began {
		_ = e.events.event("", text) // nobody is there to be told
		return
	}
	writeJSON(e.events.w, status, text)
}

// statusOf is the status that a modern error has.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#protocol-version-header
func statusOf(failure *Error) int {
	switch failure.Code {
	case CodeMethodNotFound:
		return http.StatusNotFound
	case CodeParseError, CodeInvalidRequest, CodeHeaderMismatch, CodeMissingCapability, CodeUnsupportedVersion:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// eventWriter writes a stream of events as a response, from the first one on.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	began   bool
}

// event writes one; an empty id is none.
func (e *eventWriter) event(id string, message []byte) error {
	if id != "" {
		return e.write(fmt.Appendf(nil, "id: %s\ndata: %s\n\n", id, message))
	}
	return e.write(fmt.Appendf(nil, "data: %s\n\n", message))
}

// comment shows that the connection lives.
func (e *eventWriter) comment() error { return e.write([]byte(":\n\n")) }

func (e *eventWriter) write(text []byte) error {
	// A client that takes nothing for so long is left.
	_ = e.control.SetWriteDeadline(time.Now().Add(protocol.WriteTimeout))
	if !e.began {
		e.began = true
		header := e.w.Header()
		header.Set("Content-Type", "text/event-stream")
		header.Set("Cache-Control", "no-cache")
		header.Set("X-Accel-Buffering", "no") // proxies hand on what comes at once
		e.w.WriteHeader(http.StatusOK)
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.control.Flush()
}

// agree holds the headers of a modern request to its body: gateways route by the
// headers, servers act by the body, and nobody may tell the two different things.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation
func agree(r *http.Request, rev protocol.Revision, m message) *Error {
	meta, _ := m.params.Get("_meta")
	if meta.Kind() != wire.KindObject {
		return ProtocolError(CodeInvalidParams, "params._meta: required member is missing")
	}
	for _, key := range []string{protocolVersionKey, clientCapabilitiesKey} {
		if _, ok := meta.Get(key); !ok {
			return ProtocolError(CodeInvalidParams, "params._meta."+key+": required member is missing")
		}
	}
	if wrong := repeats(r, headerMethod, m.method); wrong != nil {
		return wrong
	}
	method := protocol.FindMethod(m.method, rev)
	if method == nil || method.NameHeader == "" {
		return nil
	}
	raw, _ := m.params.Get(method.NameHeader)
	name, isText := raw.Text()
	if !isText {
		return nil // the method itself refuses it
	}
	return repeats(r, headerName, name)
}

// repeats holds a header to what the body says.
func repeats(r *http.Request, header, said string) *Error {
	value, err := single(r, header)
	if err != nil {
		return mismatch(err.Error())
	}
	if _, there := r.Header[header]; !there {
		return absent(header)
	}
	found, err := decodeHeader(value)
	switch {
	case err != nil:
		return mismatch(header + ": " + err.Error())
	case found != said:
		return differs(header, found, said)
	}
	return nil
}

// single returns the value of a header that may be there once; empty without one.
func single(r *http.Request, header string) (string, error) {
	switch all := r.Header[header]; len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	}
	return "", fmt.Errorf("%s is there more than once", header)
}

func mismatch(what string) *Error { return ProtocolError(CodeHeaderMismatch, "header mismatch: "+what) }

func absent(header string) *Error { return mismatch(header + ": required header is missing") }

func differs(header, found, said string) *Error {
	return mismatch(fmt.Sprintf("%s is %q, and the body says %q", header, found, said))
}
