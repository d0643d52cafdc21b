package isogloss_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What is refused before anything is answered, as bytes on a socket: foreign names
// and pages, other content, too much, and what is no HTTP.

// dial opens a connection and writes to it.
func (s *site) dial(text string) (net.Conn, *bufio.Reader) {
	s.t.Helper()
	at, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	connection, err := net.Dial("tcp", at.Host)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = connection.Close() })
	writeText(s.t, connection, text)
	return connection, bufio.NewReader(connection)
}

func writeText(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// answerOn reads a response, whole.
func answerOn(t *testing.T, answers *bufio.Reader) (status int, body string) {
	t.Helper()
	r, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func limited(most int) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{
		MaxMessage: most, AllowedHosts: []string{"mcp.example.com", "here.example:8080"}, AllowedOrigins: []string{"https://app.example.com"},
	}})
	isogloss.Tool(s, "count", "A plain value.", func(context.Context, struct{}) (int, error) { return 7, nil })
	return s
}

// countCall is a modern call as bytes, padded to a length, and with other headers.
func countCall(length int, headers ...string) string {
	body, repeated := modernly("tools/call", "count", "")
	body += strings.Repeat(" ", max(0, length-len(body)))
	return post(len(body), body, append(repeated, headers...)...)
}

func TestMessageThatIsTooLongEndsAloneAndNamesTheLimit(t *testing.T) {
	s := serve(t, limited(2000))
	connection, answers := s.dial(countCall(2001))
	check := func(want int, has string) {
		t.Helper()
		if status, body := answerOn(t, answers); status != want || !strings.Contains(body, has) {
			t.Errorf("got %d %s\nwant %d with %s", status, body, want, has)
		}
	}
	check(413, `"id":1,"error":{"code":-32600,"message":"message longer than the limit of 2000 bytes (MaxMessage)"`)
	writeText(t, connection, countCall(2000)) // the connection lives on, and so much is allowed
	check(200, `"result":7`)
	writeText(t, connection, post(2001, strings.Repeat("x", 2001)))
	check(413, `{"jsonrpc":"2.0","error":`)
	// In pieces whose number nobody knows before.
	_, body, _ := strings.Cut(countCall(3000), "\r\n\r\n")
	chunked := strings.Replace(post(0, ""), "Content-Length: 0", "Transfer-Encoding: chunked", 1)
	for ; body != ""; body = body[100:] {
		chunked += "64\r\n" + body[:100] + "\r\n"
	}
	writeText(t, connection, chunked+"0\r\n\r\n")
	check(413, `"id":1`)
	writeText(t, connection, countCall(0))
	check(200, `"result":7`)
}

func TestWhoWouldSendFarTooMuchIsToldBefore(t *testing.T) {
	s := serve(t, limited(2000))
	var told []*bufio.Reader
	for _, text := range []string{post(2500, "", "Expect: 100-continue"), post(1_000_000, "{")} {
		_, answers := s.dial(text)
		told = append(told, answers)
	}
	for _, answers := range told {
		if status, body := answerOn(t, answers); status != 413 {
			t.Errorf("got %d %s", status, body)
		}
		if _, err := answers.ReadByte(); err == nil {
			t.Error("the connection goes on")
		}
	}
	head, body, _ := strings.Cut(countCall(0, "Expect: 100-continue"), "\r\n\r\n")
	connection, answers := s.dial(head + "\r\n\r\n")
	if line, err := answers.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatal(line, err)
	}
	_, _ = answers.ReadString('\n')
	writeText(t, connection, body)
	if status, body := answerOn(t, answers); status != 200 {
		t.Errorf("got %d %s", status, body)
	}
}

func TestBodyInPiecesIsOneMessageAndTwoAtOnceAreTwo(t *testing.T) {
	s := serve(t, limited(2000))
	text := countCall(0)
	connection, answers := s.dial("")
	for i := 0; i < len(text); i += 97 {
		writeText(t, connection, text[i:min(i+97, len(text))])
	}
	writeText(t, connection, text+text)
	for range 3 {
		if status, body := answerOn(t, answers); status != 200 {
			t.Errorf("got %d %s", status, body)
		}
	}
}

func TestBytesThatAreNoTextAreRefused(t *testing.T) {
	s := serve(t, limited(2000))
	for _, text := range []string{
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\"}", "{\"jsonrpc\":\"2.0\",\x00\"id\":1}", "\xef\xbb\xbf{}",
		`{"jsonrpc":"2.0","id":1,"method":"ping"} {}`, `{"jsonrpc":"2.0","id":1`, ``,
	} {
		_, answers := s.dial(post(len(text), text))
		if status, body := answerOn(t, answers); status != 400 || !strings.Contains(body, `{"jsonrpc":"2.0","error":{"code":-32700`) {
			t.Errorf("%q: got %d %s", text, status, body)
		}
	}
}

func TestOnlyJSONComesInAndOnlyWhatIsAcceptedGoesOut(t *testing.T) {
	s := serve(t, limited(2000))
	body, headers := modernly("tools/call", "count", "")
	for value, status := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, `Application/JSON;charset="UTF-8"`: 200,
		"application/json; charset=utf-16": 415, "text/plain": 415, "application/jsonp": 415, "": 415,
	} {
		s.refused(status, "", "POST", body, append(headers, "Content-Type: ", "Content-Type: "+value)...)
	}
	for value, status := range map[string]int{
		"application/json, text/event-stream": 200, "text/event-stream, application/json;q=0.5": 200, "*/*": 200, "application/*, text/*": 200, "": 200,
		"application/json": 406, "text/event-stream": 406, "text/html": 406, "application/json, text/event-stream;q=0": 406, ",;": 406,
	} {
		s.refused(status, "", "POST", body, append(headers, "Accept: ", "Accept: "+value)...)
	}
	s.refused(200, "", "POST", body, append(headers, "Accept: ", "Accept: application/json", "Accept: text/event-stream")...)
}

func TestForeignNamesAndPagesAreRefusedWithTheSettingThatLetsThemIn(t *testing.T) {
	s := serve(t, limited(2000))
	own := strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/mcp")
	body, headers := modernly("tools/call", "count", "")
	for _, c := range []struct {
		host, origin string
		status       int
		has          string
	}{
		{own, "", 200, ""},
		{"LOCALHOST", "", 200, ""},
		{"[::1]:1", "", 200, ""},
		{"mcp.example.com", "", 200, ""},
		{"mcp.example.com:444", "", 200, ""},
		{"here.example:8080", "", 200, ""},
		{"here.example:8081", "", 403, "AllowedHosts"},
		{"evil.example.com", "", 403, `add it to AllowedHosts`},
		{"evil.example.com", "http://evil.example.com", 403, "AllowedHosts"},
		{"localhost.evil.example", "", 403, "AllowedHosts"},
		{own, "http://" + own, 200, ""},
		{own, "http://localhost:3000", 200, ""},
		{own, "https://app.example.com", 200, ""},
		{"mcp.example.com", "https://mcp.example.com", 200, ""},
		{"mcp.example.com", "https://mcp.example.com:8443", 403, "AllowedOrigins"},
		{"mcp.example.com:443", "https://mcp.example.com", 200, ""},
		{own, "https://app.example.com.evil.example", 403, "AllowedOrigins"},
		{own, "http://evil.example.com", 403, `add \"http://evil.example.com\" to AllowedOrigins`},
		{own, "null", 403, "AllowedOrigins"},
		{own, "file://localhost", 403, "AllowedOrigins"},
	} {
		more := []string{"Host: " + c.host}
		if c.origin != "" {
			more = append(more, "Origin: "+c.origin)
		}
		r := s.send("POST", body, append(headers, more...)...)
		if text := s.body(r); r.StatusCode != c.status || !strings.Contains(text, c.has) {
			t.Errorf("%s of %s: got %d %s\nwant %d with %s", c.host, c.origin, r.StatusCode, text, c.status, c.has)
		}
		seen := r.Header.Get("Access-Control-Allow-Origin")
		if listed := c.origin == "https://app.example.com"; listed != (seen == c.origin && seen != "") {
			t.Errorf("%s of %s: %q may see it", c.host, c.origin, seen)
		}
	}
	s.refused(403, "AllowedHosts", "GET", "", "Host: evil.example.com")
	s.refused(400, "expected one Origin header", "POST", body, append(headers, "Origin: http://localhost", "Origin: http://localhost")...)
}

func TestPageOfAListedOriginIsToldWhatItMay(t *testing.T) {
	s := serve(t, limited(2000))
	asks := []string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,mcp-param-region"}
	r := s.send("OPTIONS", "", append(asks, "Origin: https://app.example.com")...)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Methods": "GET, POST, DELETE",
		"Access-Control-Allow-Headers": "content-type,mcp-param-region", "Access-Control-Max-Age": "600", "Vary": "origin",
	} {
		if got := r.Header.Get(name); r.StatusCode != 204 || got != want {
			t.Errorf("%d, %s is %q, want %q", r.StatusCode, name, got, want)
		}
	}
	s.refused(403, "AllowedOrigins", "OPTIONS", "", append(asks, "Origin: https://evil.example.com")...)
	r = s.send("PATCH", "", "Origin: https://app.example.com")
	if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, POST, DELETE" || !strings.Contains(r.Header.Get("Access-Control-Expose-Headers"), "mcp-session-id") {
		t.Errorf("got %d, %v", r.StatusCode, r.Header)
	}
}

func TestHeadsThatAreTooLargeEndTheirConnectionAlone(t *testing.T) {
	s := serve(t, limited(2000))
	_, answers := s.dial(countCall(0, "X-Long: "+strings.Repeat("x", 2*protocol.MaxHead)))
	if status, _ := answerOn(t, answers); status != 431 {
		t.Errorf("got %d", status)
	}
	// A token of the greatest length that is looked at fits.
	_, answers = s.dial(countCall(0, "Authorization: Bearer "+strings.Repeat("a", protocol.MaxToken)))
	if status, body := answerOn(t, answers); status != 200 {
		t.Errorf("got %d %s", status, body)
	}
}

func TestWhatIsNoHTTPIsNoRequest(t *testing.T) {
	s := serve(t, limited(2000))
	const head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
	for _, text := range []string{
		"hello\r\n\r\n",
		head + "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
		head + "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
		head + "content-length: 2, 3\r\n\r\n{}",
		head + "content-length: +2\r\n\r\n{}",
		head + "content-length : 2\r\n\r\n{}",
		head + "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
		"POST /mcp HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}",
		head + "host: localhost\r\ncontent-length: 2\r\n\r\n{}",
		head + "x: a\x00b\r\n\r\n",
	} {
		connection, answers := s.dial(text)
		_ = connection.(*net.TCPConn).CloseWrite()
		if r, err := http.ReadResponse(answers, nil); err == nil && (r.StatusCode < 400 || r.StatusCode > 501) {
			t.Errorf("%q: got %d", text, r.StatusCode)
		}
	}
	_, answers := s.dial(countCall(0))
	if status, body := answerOn(t, answers); status != 200 {
		t.Errorf("got %d %s", status, body)
	}
}

func TestWholeAddressInTheFirstLineIsLookedAtToo(t *testing.T) {
	s := serve(t, limited(2000))
	for host, want := range map[string]int{"localhost": 200, "evil.example": 403} {
		_, answers := s.dial(strings.Replace(countCall(0), "POST /mcp", fmt.Sprintf("POST http://%s/mcp", host), 1))
		if status, body := answerOn(t, answers); status != want {
			t.Errorf("%s: got %d %s", host, status, body)
		}
	}
}

func TestClientThatClosesItsHalfWhileItWaitsIsGone(t *testing.T) {
	entered := make(chan context.Context, 1)
	server := isogloss.New("s", "1")
	isogloss.Tool(server, "count", "Waits to be cancelled.", func(ctx context.Context, _ struct{}) (string, error) {
		entered <- ctx
		<-ctx.Done()
		return "", ctx.Err()
	})
	s := serve(t, server)
	connection, answers := s.dial(countCall(0))
	handling := <-entered
	_ = connection.(*net.TCPConn).CloseWrite()
	<-handling.Done()
	if text, err := io.ReadAll(answers); len(text) > 0 {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestModernClientsHaveNoSessionsAndTheirNotificationsAreTaken(t *testing.T) {
	s := serve(t, limited(2000))
	modern := "MCP-Protocol-Version: 2026-07-28"
	for _, method := range []string{"GET", "DELETE"} {
		s.refused(405, "expected one of the methods", method, "", modern)
	}
	r := s.refused(202, "", "POST", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, modern)
	same(t, r.Header.Get("Mcp-Session-Id"), "")
	s.refused(400, "has no questions to answer", "POST", `{"jsonrpc":"2.0","id":1,"result":{}}`, modern)
	s.refused(400, "has no batches", "POST", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, modern)
}
