package isogloss_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A server over HTTP that says what a test says.

// received is a request that came.
type received struct {
	method string
	header http.Header
	body   struct {
		ID     json.RawMessage
		Method string
		Params struct {
			Name      string
			RequestID json.RawMessage
		}
	}
	text string
	at   time.Time
}

// what is the method of its message, or that of HTTP.
func (h *received) what() string {
	if h.body.Method != "" {
		return h.body.Method
	}
	return h.method
}

// response is the text of an answer to it with this result.
func (h *received) response(result string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, h.body.ID, result)
}

func (h *received) result(result string) reply { return sayJSON(200, h.response(result)) }

func (h *received) error(status, code int) reply {
	return sayJSON(status, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"no"}}`, h.body.ID, code))
}

// opening is the answer that opens a session.
func (h *received) opening(session string) reply {
	return with("Mcp-Session-Id", session, h.result(`{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"old","version":"1"}}`))
}

// handshake is what a legacy server says to everything that is needed to get going; nil
// to anything else.
func (h *received) handshake() reply {
	switch h.what() {
	case "server/discover":
		return h.error(400, -32600)
	case "initialize":
		return h.opening("s1")
	case "GET":
		if h.header.Get("Last-Event-Id") == "" {
			return status(405)
		}
	case "notifications/initialized", "notifications/cancelled":
		return status(202)
	case "DELETE":
		return status(200)
	}
	return nil
}

// discovery is what a modern server says to a probe; nil to anything else.
func (h *received) discovery() reply {
	if h.what() != "server/discover" {
		return nil
	}
	return h.result(`{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private","resultType":"complete"}`)
}

// reply is what is said to a request.
type reply func(w http.ResponseWriter, r *http.Request)

func say(status int, kind, body string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{kind}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func sayJSON(status int, body string) reply { return say(status, "application/json", body) }

func status(status int) reply { return say(status, "text/plain", "") }

// stream is a stream of this text, which ends.
func stream(text string) reply { return say(200, "text/event-stream", text) }

// openStream is one that stays open.
func openStream(text string) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		stream(text)(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// inParts says these texts, and waits for the channels between them, or until the
// client has gone.
func inParts(w http.ResponseWriter, r *http.Request, parts ...any) {
	w.Header()["Content-Type"] = []string{"text/event-stream"}
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		case chan struct{}:
			select {
			case <-part:
			case <-r.Context().Done():
				return
			}
		}
	}
}

// rawBytes are these bytes, whatever they are, and then the end of the connection.
func rawBytes(text string) reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(connection, text)
		_ = connection.Close()
	}
}

func with(name, value string, next reply) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		next(w, r)
	}
}

func event(id, data string) string { return "id: " + id + "\ndata: " + data + "\n\n" }

// or is the first reply that there is.
func or(replies ...reply) reply {
	for _, one := range replies {
		if one != nil {
			return one
		}
	}
	return nil
}

// scriptedSite is a server, and what it has heard.
type scriptedSite struct {
	t           *testing.T
	url         string
	connections atomic.Int64 // that were opened

	mu   sync.Mutex
	all  []*received
	news chan struct{} // closed when something more was heard
}

func newScripted(t *testing.T, answer func(h *received) reply) *scriptedSite {
	s := &scriptedSite{t: t, news: make(chan struct{})}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &received{method: r.Method, header: r.Header, at: time.Now()}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		h.text = string(text)
		_ = json.Unmarshal(text, &h.body) // there may be none
		s.mu.Lock()
		s.all = append(s.all, h)
		close(s.news)
		s.news = make(chan struct{})
		s.mu.Unlock()
		or(answer(h), h.error(404, -32601))(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL + "/mcp"
	return s
}

func (s *scriptedSite) heard() []*received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// asked is what was asked, in order.
func (s *scriptedSite) asked() (all []string) {
	for _, h := range s.heard() {
		all = append(all, h.what())
	}
	return all
}

// of are the requests of a kind.
func (s *scriptedSite) of(what string) (all []*received) {
	for _, h := range s.heard() {
		if h.what() == what {
			all = append(all, h)
		}
	}
	return all
}

func (s *scriptedSite) count(what string) int { return len(s.of(what)) }

// wait waits until something of this kind was asked.
func (s *scriptedSite) wait(what string) {
	s.t.Helper()
	overdue := time.After(patience)
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		if s.count(what) > 0 {
			return
		}
		select {
		case <-news:
		case <-overdue:
			s.t.Fatalf("%s was not asked, but %q", what, s.asked())
		}
	}
}

// patience is longer than anything takes here.
const patience = 10 * time.Second

// recorded is what a reply says, without a connection.
func recorded(said reply, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	said(w, r)
	return w.Result()
}
