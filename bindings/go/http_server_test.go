package isogloss_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A server over HTTP as its clients see it: a socket on loopback, and texts.

// site is a server that listens, and a client of HTTP.
type site struct {
	t    *testing.T
	url  string
	http *http.Client
}

func serve(t *testing.T, s *isogloss.Server) *site {
	t.Helper()
	return serveSite(t, isogloss.NewSite(s, nil))
}

func serveSite(t *testing.T, s *isogloss.Site) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &site{t, "http://" + listener.Addr().String() + "/mcp", &http.Client{Transport: transport}}
}

// serveHandler serves as any program of net/http does.
func serveHandler(t *testing.T, handler http.Handler) *site {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &site{t, server.URL + "/mcp", server.Client()}
}

// send makes a request; headers are `Name: value`, and an empty value takes one away.
func (s *site) send(method, body string, headers ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		switch {
		case value == "":
			r.Header.Del(name)
		case name == "Host":
			r.Host = value
		default:
			r.Header.Add(name, value)
		}
	}
	response, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (s *site) body(r *http.Response) string {
	s.t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// refused makes a request that is answered with a status, and a text that has this.
func (s *site) refused(status int, has, method, body string, headers ...string) *http.Response {
	s.t.Helper()
	r := s.send(method, body, headers...)
	if text := s.body(r); r.StatusCode != status || !strings.Contains(text, has) {
		s.t.Errorf("got %d %s\nwant %d with %s", r.StatusCode, text, status, has)
	}
	return r
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`

// modern is a request, and the headers that repeat it.
func modernly(method, name, more string) (string, []string) {
	params := meta
	headers := []string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if name != "" {
		params += `,"name":"` + name + `"`
		headers = append(headers, "Mcp-Name: "+name)
	}
	if more != "" {
		params += "," + more
	}
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `}}`, headers
}

// nextData reads a stream to the next event with data.
func nextData(t *testing.T, events *bufio.Reader) (data, id string) {
	t.Helper()
	for {
		line, err := events.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSuffix(line, "\n")
		if found, ok := strings.CutPrefix(line, "id: "); ok {
			id = found
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && data != "" {
			return data, id
		}
	}
}

func TestModernCallIsAnsweredWithJSON(t *testing.T) {
	s := serve(t, weather())
	body, headers := modernly("tools/call", "count", "")
	r := s.send("POST", body, headers...)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d, %v", r.StatusCode, r.Header)
	}
	same(t, s.body(r), `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"weather","version":"1.0.0"}},"content":[{"text":"{\"result\":7}","type":"text"}],"resultType":"complete","structuredContent":{"result":7}}}`)
}

func TestModernErrorsHaveTheirStatus(t *testing.T) {
	s := serve(t, weather())
	for _, c := range []struct {
		method, name string
		status       int
		has          string
	}{
		{"nonsense", "", 404, `"code":-32601`},
		{"tools/call", "unknown", 200, `"code":-32602`},
		{"tools/call", "refuse", 200, `"code":-32050`},
	} {
		body, headers := modernly(c.method, c.name, "")
		s.refused(c.status, c.has, "POST", body, headers...)
	}
	_, headers := modernly("tools/list", "", "")
	s.refused(400, `params._meta: required member is missing`, "POST", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, headers...)
	s.refused(400, `{"jsonrpc":"2.0","error":{"code":-32700`, "POST", `{`, headers...)
	s.refused(400, `"code":-32022`, "POST", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "MCP-Protocol-Version: 2030-01-01")
}

func TestHeadersHaveToSayWhatTheBodySays(t *testing.T) {
	s := serve(t, weather())
	body, headers := modernly("tools/call", "count", "")
	for _, c := range []struct{ header, has string }{
		{"Mcp-Method: ", "Mcp-Method: required header is missing"},
		{"Mcp-Method: tools/list", "Mcp-Method is there more than once"},
		{"Mcp-Name: ", "Mcp-Name: required header is missing"},
		{"MCP-Protocol-Version: ", "Mcp-Protocol-Version: required header is missing"},
	} {
		s.refused(400, `"id":1,"error":{"code":-32020,"message":"header mismatch: `+c.has, "POST", body, append(headers, c.header)...)
	}
	headers[2] = "Mcp-Name: other"
	s.refused(400, `Mcp-Name is \"other\", and the body says \"count\"`, "POST", body, headers...)
	headers[2] = "Mcp-Name: =?base64?Y291bnQ=?="
	if r := s.send("POST", body, headers...); r.StatusCode != 200 {
		t.Errorf("got %d", r.StatusCode)
	}
}

func TestWhatIsToldOnTheWayMakesTheAnswerAStream(t *testing.T) {
	entered := make(chan context.Context, 1)
	server := isogloss.New("s", "1")
	isogloss.Tool(server, "steps", "Tells how far it is.", func(ctx context.Context, _ struct{}) (string, error) {
		return "done", isogloss.FromContext(ctx).Progress(ctx, 1, 2, "half")
	})
	isogloss.Tool(server, "wait", "Waits to be cancelled.", func(ctx context.Context, _ struct{}) (string, error) {
		entered <- ctx
		<-ctx.Done()
		return "", ctx.Err()
	})
	s := serve(t, server)
	params := strings.Replace(meta, `{`, `{"progressToken":"p",`, 1)
	body, headers := modernly("tools/call", "steps", "")
	r := s.send("POST", strings.Replace(body, meta, params, 1), headers...)
	same(t, r.Header.Get("Content-Type"), "text/event-stream")
	events := bufio.NewReader(r.Body)
	told, _ := nextData(t, events)
	same(t, told, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"message":"half","progress":1,"progressToken":"p","total":2}}`)
	if answer, _ := nextData(t, events); !strings.Contains(answer, `"id":1,"result"`) {
		t.Errorf("got %s", answer)
	}

	// A client that goes away cancels.
	body, headers = modernly("tools/call", "wait", "")
	ctx, goAway := context.WithCancel(t.Context())
	gone, err := http.NewRequestWithContext(ctx, "POST", s.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		gone.Header.Set(name, value)
	}
	gone.Header.Set("Content-Type", "application/json")
	left := make(chan struct{})
	go func() {
		defer close(left)
		if r, err := s.http.Do(gone); err == nil {
			_ = r.Body.Close()
		}
	}()
	handling := <-entered
	goAway()
	<-handling.Done()
	<-left
}

func TestModernClientIsAskedOverHTTP(t *testing.T) {
	s := serve(t, asking(nil, nil))
	body, headers := modernly("tools/call", "hello", "")
	var asked answer
	if err := json.Unmarshal([]byte(s.body(s.send("POST", body, headers...))), &asked); err != nil {
		t.Fatal(err)
	}
	body, _ = modernly("tools/call", "hello", answers(yes("who", `{"name":"Zoë"}`))+","+state(asked))
	s.refused(200, `Zoë is 30`, "POST", body, headers...)
}

func TestRequestsThatAreNoneOfTheProtocolAreRefused(t *testing.T) {
	server := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{
		HTTP: isogloss.HTTPOptions{MaxMessage: 200, AllowedHosts: []string{"mcp.example.com"}, AllowedOrigins: []string{"https://app.example.com"}},
	})
	s := serve(t, server)
	body, _ := modernly("ping", "", "")
	s.refused(403, "add it to AllowedHosts", "POST", body, "Host: evil.example.com")
	s.refused(403, "to AllowedOrigins", "POST", body, "Origin: https://evil.example.com")
	s.refused(415, "expected the Content-Type application/json", "POST", body, "Content-Type: ", "Content-Type: text/plain")
	s.refused(415, "Content-Encoding", "POST", body, "Content-Encoding: gzip")
	s.refused(406, "expected an Accept header", "POST", body, "Accept: ", "Accept: application/json")
	s.refused(413, `"id":7,"error"`, "POST", `{"id":7,"params":"`+strings.Repeat("x", 300)+`"}`)
	if r := s.refused(405, "GET, POST, DELETE", "PUT", body); r.Header.Get("Allow") != "GET, POST, DELETE" {
		t.Errorf("got %v", r.Header)
	}
	s.refused(405, "", "GET", "", "MCP-Protocol-Version: 2026-07-28")

	before := s.send("OPTIONS", "", "Origin: https://app.example.com", "Access-Control-Request-Method: POST", "Host: mcp.example.com:8443")
	if before.StatusCode != 204 || before.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("got %d, %v", before.StatusCode, before.Header)
	}
	if r := s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "Origin: http://localhost:1234"); r.StatusCode != 200 {
		t.Errorf("a page of this machine got %d", r.StatusCode)
	}
}

// open initializes a session, and returns the header that names it.
func (s *site) open(rev, capabilities string, headers ...string) string {
	s.t.Helper()
	r := s.send("POST", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"`+rev+`","capabilities":`+
		capabilities+`,"clientInfo":{"name":"raw","version":"1"}}}`, headers...)
	id := r.Header.Get("Mcp-Session-Id")
	if !strings.Contains(s.body(r), `"protocolVersion":"`+rev+`"`) || len(id) != 32 {
		s.t.Fatalf("got %d, session %q", r.StatusCode, id)
	}
	return "Mcp-Session-Id: " + id
}

func TestLegacySessionIsOpenedUsedAndEnded(t *testing.T) {
	s := serve(t, weather())
	session := s.open("2025-11-25", "{}")
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}`
	if r := s.send("POST", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, session); r.StatusCode != 202 {
		t.Errorf("got %d", r.StatusCode)
	}
	if r := s.refused(200, `"result":7`, "POST", call, session); r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", r.Header)
	}
	s.refused(400, "Mcp-Session-Id header is missing", "POST", call)
	s.refused(404, "there is no such session", "POST", call, "Mcp-Session-Id: 0")
	s.refused(400, "was initialized with 2025-11-25", "POST", call, session, "MCP-Protocol-Version: 2025-06-18")
	s.refused(400, "batches are of revision 2025-03-26", "POST", "["+call+"]", session)
	if r := s.send("DELETE", "", session); r.StatusCode != 204 {
		t.Errorf("got %d", r.StatusCode)
	}
	s.refused(404, "there is no such session", "POST", call, session)
}

func TestLegacyClientIsAskedOnTheStreamOfItsRequest(t *testing.T) {
	s := serve(t, asking(nil, nil))
	session := s.open("2025-11-25", everything)
	r := s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rounds"}}`, session)
	events := bufio.NewReader(r.Body)
	for _, content := range []string{`{"name":"Zoë"}`, `{"city":"Oslo"}`} {
		data, _ := nextData(t, events)
		var asked answer
		if err := json.Unmarshal([]byte(data), &asked); err != nil {
			t.Fatal(err)
		}
		same(t, asked.Method, "elicitation/create")
		response := fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"result":{"action":"accept","content":%s}}`, asked.ID, content)
		if r := s.send("POST", response, session); r.StatusCode != 202 {
			t.Errorf("got %d", r.StatusCode)
		}
	}
	if data, _ := nextData(t, events); !strings.Contains(data, "Zoë of Oslo") {
		t.Errorf("got %s", data)
	}
}

func TestLegacyStreamIsResumedWithoutAGap(t *testing.T) {
	goOn := make(chan struct{})
	server := isogloss.New("s", "1")
	isogloss.Tool(server, "poll", "Has its client come back.", func(ctx context.Context, _ struct{}) (string, error) {
		about := isogloss.FromContext(ctx)
		if err := about.Progress(ctx, 1, 0, ""); err != nil {
			return "", err
		}
		hangsUp := about.CloseStream()
		<-goOn
		return fmt.Sprint(hangsUp), nil
	})
	s := serve(t, server)
	session := s.open("2025-11-25", "{}")
	r := s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"poll","_meta":{"progressToken":1}}}`, session)
	text := s.body(r) // it ends before the answer
	if !strings.HasPrefix(text, "id: 1-0\nretry: 1000\ndata: \n\nid: 1-1\n") {
		t.Errorf("got %q", text)
	}
	back := s.send("GET", "", session, "Last-Event-ID: 1-0")
	events := bufio.NewReader(back.Body)
	if data, id := nextData(t, events); id != "1-1" || !strings.Contains(data, "notifications/progress") {
		t.Errorf("got %s %s", id, data)
	}
	close(goOn)
	if data, id := nextData(t, events); id != "1-2" || !strings.Contains(data, `true`) {
		t.Errorf("got %s %s", id, data)
	}
	// It is over, and can still be read again.
	again := s.body(s.send("GET", "", session, "Last-Event-ID: 1-1"))
	if !strings.HasPrefix(again, "id: 1-2\n") {
		t.Errorf("got %q", again)
	}
	s.refused(400, "is no id of an event", "GET", "", session, "Last-Event-ID: x")
	s.refused(400, "is not kept any more", "GET", "", session, "Last-Event-ID: 9-1")
}

func TestBatchesAreAnsweredTogether(t *testing.T) {
	s := serve(t, weather())
	session := s.open("2025-03-26", "{}")
	text := s.body(s.send("POST", `[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},`+
		`{"jsonrpc":"2.0","id":2,"method":"initialize","params":{}},{"jsonrpc":"2.0","id":3,"method":"ping"}]`, session))
	var all []answer
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) != 3 {
		t.Errorf("got %s", text)
	}
	s.refused(400, "expected a batch of 1 to 100 messages", "POST", "[]", session)
}

func TestStatelessServerKeepsNoSession(t *testing.T) {
	s := serve(t, isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Stateless: true}}))
	r := s.send("POST", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`)
	if r.StatusCode != 200 || r.Header.Get("Mcp-Session-Id") != "" {
		t.Errorf("got %d, %v", r.StatusCode, r.Header)
	}
	s.refused(200, "method not found: tools/list", "POST", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	s.refused(405, "expected one of the methods POST", "GET", "")
}

// panicking is a response as a middleware may have made it.
type panicking struct{ http.ResponseWriter }

func (panicking) Write([]byte) (int, error) { panic("a defect of a middleware") }

func TestPanicOfAResponseIsKeptToItsRequest(t *testing.T) {
	server := weather()
	s := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Panic") != "" {
			w = panicking{w}
		}
		server.ServeHTTP(w, r)
	}))
	steps := isogloss.New("s", "1")
	isogloss.Tool(steps, "steps", "Tells how far it is.", func(ctx context.Context, _ struct{}) (string, error) {
		return "done", isogloss.FromContext(ctx).Progress(ctx, 1, 2, "half")
	})
	server.Mount("of", steps)
	body, headers := modernly("tools/call", "of_steps", "")
	body = strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1)
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range append(headers, "X-Panic: yes", "Content-Type: application/json") {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	if response, err := s.http.Do(r); err == nil {
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil {
			t.Errorf("what could not be written ended as if it were whole: %d %s", response.StatusCode, text)
		}
	}
	s.refused(200, "done", "POST", body, headers...)
}

func TestServerSpeaksHTTP2(t *testing.T) {
	server := weather()
	h2 := httptest.NewUnstartedServer(server)
	h2.EnableHTTP2 = true
	h2.StartTLS()
	t.Cleanup(func() {
		_ = server.Close(t.Context())
		h2.Close()
	})
	s := &site{t, h2.URL + "/mcp", h2.Client()}
	body, headers := modernly("tools/call", "count", "")
	if r := s.refused(200, `"result":7`, "POST", body, headers...); r.ProtoMajor != 2 {
		t.Errorf("spoken was %s", r.Proto)
	}
	session := s.open("2025-11-25", "{}")
	news := s.send("GET", "", session)
	if line, err := bufio.NewReader(news.Body).ReadString('\n'); err != nil || line != "id: 1-0\n" {
		t.Errorf("got %q, %v", line, err)
	}
	// A client that goes away cancels its request alone.
	body, headers = modernly("tools/call", "wait", "")
	r := s.send("POST", strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1), headers...)
	if data, _ := nextData(t, bufio.NewReader(r.Body)); !strings.Contains(data, "waiting") {
		t.Errorf("got %s", data)
	}
	_ = r.Body.Close()
	s.refused(200, `"result":{}`, "POST", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, session)
	_ = news.Body.Close()
}
