package isogloss

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Streamable HTTP, the server's side: both eras at one address. Here a request of
// HTTP is checked and read; how its message is answered is in http_modern.go and
// http_legacy.go.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http

// HTTPOptions are how a server is reached over HTTP. The zero value is for a server
// on the user's own machine.
type HTTPOptions struct {
	// AllowedHosts are the names under which the server is reached besides
	// localhost: mcp.example.com, or with a port that it has to have. * is any
	// name, for where something before the server has looked at it.
	AllowedHosts []string
	// AllowedOrigins are the origins of pages that may ask the server, exactly as
	// browsers name them: https://app.example.com. They are what CORS allows.
	AllowedOrigins []string
	// MaxMessage is the largest body of a request, in bytes.
	MaxMessage int
	// Stateless keeps no legacy sessions: a legacy client then hears nothing but
	// answers and is asked nothing, and any process can answer any request.
	Stateless bool
	// MaxSessions is how many legacy sessions are kept.
	MaxSessions int
	// SessionIdle is how long a legacy session may be unused before it ends.
	SessionIdle time.Duration
	// KeepAlive is how long a stream is silent before a comment is sent, and an
	// answer is waited for before it becomes a stream.
	KeepAlive time.Duration
	// Retry is how long a legacy client is told to wait before it resumes a stream.
	Retry time.Duration
	// Events is where the events of legacy streams are kept; in memory if nil.
	Events EventStore
}

// httpService is a server at an address.
type httpService struct {
	server  *Server
	options HTTPOptions
	modern  *connection
	// anonymous are the connections of legacy clients without a session.
	anonymous map[protocol.Revision]*connection
	sessions  legacySessions
	listens   atomic.Pointer[string]
}

func newHTTPService(s *Server) *httpService {
	o := s.options.HTTP
	o.MaxMessage = cmp.Or(o.MaxMessage, protocol.MaxMessage)
	o.MaxSessions = cmp.Or(o.MaxSessions, protocol.MaxSessions)
	o.SessionIdle = cmp.Or(o.SessionIdle, protocol.SessionIdle)
	o.KeepAlive = cmp.Or(o.KeepAlive, protocol.SSEKeepAlive)
	o.Retry = cmp.Or(o.Retry, protocol.SSERetry)
	if o.Events == nil {
		o.Events = NewMemoryEvents()
	}
	h := &httpService{server: s, options: o}
	h.modern = newHTTPConnection(s)
	h.anonymous = map[protocol.Revision]*connection{}
	for _, rev := range protocol.Revisions() {
		if rev.Era() == protocol.Legacy {
			c := newHTTPConnection(s)
			// What it could do is not known, so nothing is asked of it.
			c.legacy.Store(&handshake{rev: rev, client: &protocol.InitializeRequestParams{}})
			h.anonymous[rev] = c
		}
	}
	h.sessions.service = h
	return h
}

// newHTTPConnection is a connection whose requests all bring their own way.
func newHTTPConnection(s *Server) *connection {
	c := &connection{server: s}
	c.session = newSession(nil, c, s.options.Logger, 0)
	return c
}

// ServeHTTP makes a server an [http.Handler], for both eras and whatever the path:
//
//	http.Handle("/mcp", s)
//
// Call [Server.Close] once it is not served any more.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := s.http
	listed, err := h.admit(r)
	expose(w.Header(), listed)
	if err == nil {
		err = h.route(w, r, listed)
	}
	if err == nil {
		return
	}
	var refused *refusal
	if !errors.As(err, &refused) {
		h.modern.session.log.Error("a request of HTTP failed", "error", err)
		refused = &refusal{status: http.StatusInternalServerError, failure: ProtocolError(CodeInternalError, "internal error")}
	}
	refused.write(w)
}

// methods are the methods of HTTP that are served.
func (h *httpService) methods() string {
	if h.options.Stateless {
		return "POST"
	}
	return "GET, POST, DELETE"
}

func (h *httpService) route(w http.ResponseWriter, r *http.Request, listed string) error {
	if err := h.server.begin(); err != nil {
		return err
	}
	if done, err := h.preflight(w, r, listed); done || err != nil {
		return err
	}
	switch {
	case r.Method == http.MethodPost:
		return h.post(w, r)
	case (r.Method == http.MethodGet || r.Method == http.MethodDelete) && !h.options.Stateless:
		named, err := single(r, headerRevision)
		if err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
		rev, known := protocol.ParseRevision(named)
		if known && rev.Era() == protocol.Modern {
			break
		}
		if r.Method == http.MethodGet {
			return h.listen(w, r)
		}
		return h.endSession(w, r)
	}
	w.Header().Set("Allow", h.methods())
	return refuse(http.StatusMethodNotAllowed, "expected one of the methods "+h.methods())
}

func (h *httpService) post(w http.ResponseWriter, r *http.Request) error {
	if err := requireJSON(r); err != nil {
		return err
	}
	text, err := h.body(w, r)
	if err != nil {
		return err
	}
	if isBatch(text) {
		return h.batch(w, r, text)
	}
	m := parseMessage(text)
	if m.kind == invalidMessage {
		return bad(m.id, m.failure)
	}
	rev, named, wrong := revisionBy(r, m)
	if wrong != nil {
		return bad(m.id, wrong)
	}
	if !named || rev.Era() == protocol.Legacy {
		return h.legacy(w, r, m, rev, named)
	}
	switch m.kind {
	case requestMessage:
		return h.answerModern(w, r, m, rev)
	case notificationMessage:
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	return refuse(http.StatusBadRequest, "revision "+rev.String()+" has no questions to answer: send requests and notifications")
}

// revisionBy is the revision that a message is made in, as far as it says so;
// headers and body have to say the same.
func revisionBy(r *http.Request, m message) (rev protocol.Revision, named bool, wrong *Error) {
	header, err := single(r, headerRevision)
	if err != nil {
		return 0, false, mismatch(err.Error())
	}
	var said string
	if raw, ok := m.params.Get("_meta", protocolVersionKey); ok && m.kind == requestMessage {
		said, _ = raw.Text()
	}
	rev, known := protocol.ParseRevision(header)
	if said != "" && said != header {
		// A legacy revision in the body alone binds nobody.
		theirs, theirKnown := protocol.ParseRevision(said)
		if header != "" {
			return 0, false, differs(headerRevision, header, said)
		}
		if !theirKnown || theirs.Era() == protocol.Modern {
			return 0, false, absent(headerRevision)
		}
	}
	if header == "" {
		return 0, false, nil
	}
	if !known {
		return 0, false, unsupportedVersion(header)
	}
	return rev, true, nil
}

// requireJSON holds a POST to what is sent and taken here: JSON in, JSON or events out.
func requireJSON(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	if given != "application/json" {
		kind, parameters, err := mime.ParseMediaType(given)
		charset := strings.ToLower(parameters["charset"])
		if err != nil || kind != "application/json" || !slices.Contains([]string{"", "utf-8", "utf8", "us-ascii"}, charset) {
			return refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("expected the Content-Type application/json, found %q", given))
		}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("expected a body without a Content-Encoding, found %q: send it as it is", coding))
	}
	if !accepts(r, "application/json") || !accepts(r, "text/event-stream") {
		return refuse(http.StatusNotAcceptable, "expected an Accept header that names application/json and text/event-stream")
	}
	return nil
}

// accepts reports whether a client takes this: it says so, or says nothing.
func accepts(r *http.Request, wanted string) bool {
	said := r.Header["Accept"]
	if len(said) == 0 {
		return true
	}
	sort, _, _ := strings.Cut(wanted, "/")
	for _, header := range said {
		for one := range strings.SplitSeq(header, ",") {
			kind, parameters, _ := strings.Cut(one, ";")
			kind = strings.ToLower(strings.TrimSpace(kind))
			if kind != wanted && kind != "*/*" && kind != sort+"/*" {
				continue
			}
			weight, weighted := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
			if q, err := strconv.ParseFloat(weight, 64); !weighted || err != nil || q > 0 {
				return true
			}
		}
	}
	return false
}

// body reads the body of a request, within its limits.
func (h *httpService) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := h.options.MaxMessage
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(protocol.BodyTimeout)) // not every ResponseWriter has one
	var room bytes.Buffer
	// What is only announced takes no room yet.
	if n := r.ContentLength; n > 0 {
		room.Grow(int(min(n, 64<<10)) + bytes.MinRead)
	}
	_, err := room.ReadFrom(io.LimitReader(r.Body, int64(limit)+1))
	_ = control.SetReadDeadline(time.Time{})
	text := room.Bytes()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		why := fmt.Sprintf("the body did not arrive within %s (BodyTimeout)", protocol.BodyTimeout)
		return nil, &refusal{status: http.StatusRequestTimeout, failure: ProtocolError(CodeInvalidRequest, why), close: true}
	case err != nil:
		return nil, &refusal{status: http.StatusBadRequest, failure: ProtocolError(CodeInvalidRequest, "the body ended too early"), close: true}
	case len(text) > limit:
		id, _ := wire.Raw(start(text)).Get("id")
		if !isID(id) {
			id = nil
		}
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, id: id, failure: ProtocolError(CodeInvalidRequest, tooLong(limit)+" (MaxMessage)")}
	case !utf8.Valid(text):
		return nil, bad(nil, ProtocolError(CodeParseError, "invalid JSON: it is no UTF-8"))
	}
	return text, nil
}

// refusal is a request that is refused, with the response that says why.
type refusal struct {
	status  int
	id      wire.Raw // of the message, if it could be read
	failure *Error
	close   bool // what was not read closes the connection
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("refused with %d: %s", r.status, r.failure.Message)
}

func (r *refusal) write(w http.ResponseWriter) {
	if r.close {
		w.Header().Set("Connection", "close")
	}
	text := appendUnidentified(nil, r.failure)
	if r.id != nil {
		text = appendFailure(nil, r.id, r.failure)
	}
	writeJSON(w, r.status, text)
}

// refuse refuses a request of HTTP, whatever message it carries.
func refuse(status int, why string) error {
	return &refusal{status: status, failure: ProtocolError(CodeInvalidRequest, why)}
}

// bad refuses a message.
func bad(id wire.Raw, failure *Error) error {
	return &refusal{status: http.StatusBadRequest, id: id, failure: failure}
}

var jsonType = []string{"application/json"}

func writeJSON(w http.ResponseWriter, status int, text []byte) {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(text))}
	w.WriteHeader(status)
	_, _ = w.Write(text) // nobody is there to be told
}

// Close ends all legacy sessions of a server over HTTP, and waits for their
// handlers, as long as ctx lasts.
func (s *Server) Close(ctx context.Context) error {
	s.EndNews()
	return s.http.sessions.close(ctx)
}
