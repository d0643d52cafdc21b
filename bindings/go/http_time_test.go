package isogloss_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What is waited for, and for how long: servers of net/http over connections in
// memory, on a clock that moves when nothing else does.

// memory is a listener within the process.
type memory struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func newMemory() *memory {
	return &memory{connections: make(chan net.Conn), closed: make(chan struct{})}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case connection := <-m.connections:
		return connection, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.connections <- there:
		return here, nil
	case <-m.closed:
		return nil, errors.New("nothing more is accepted")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// timed is a site that is served in a bubble of time.
type timed struct {
	*site
	listener *memory
	stop     context.CancelFunc
	ended    chan error
}

// inTime runs a test against a site, whose end is nil unless the test looks at it.
func inTime(t *testing.T, made func() *isogloss.Site, test func(t *testing.T, s *timed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &timed{listener: newMemory(), ended: make(chan error, 1)}
		ctx, stop := context.WithCancel(t.Context())
		s.stop = stop
		go func() { s.ended <- made().Serve(ctx, s.listener) }()
		transport := &http.Transport{DialContext: s.listener.dial}
		s.site = &site{t, "http://localhost/mcp", &http.Client{Transport: transport}}
		test(t, s)
		transport.CloseIdleConnections()
		stop()
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
	})
}

// connection is one of the bubble, to write what is no proper request.
func (s *timed) connection(text string) (net.Conn, *bufio.Reader) {
	s.t.Helper()
	c, err := s.listener.dial(s.t.Context(), "", "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

// post is a request as text.
func post(length int, body string, headers ...string) string {
	return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + strings.Join(append(headers, ""), "\r\n") +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", length, body)
}

func called(name string) string {
	body, headers := modernly("tools/call", name, "")
	body = strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1)
	return post(len(body), body, headers...)
}

// took checks how long something took, on the bubble's clock.
func took(t *testing.T, since time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(since); took < want || took > want+time.Second {
		t.Errorf("it took %s, want %s", took, want)
	}
}

// siteOf makes a site within the bubble, where its channels belong.
func siteOf(made func() *isogloss.Server) func() *isogloss.Site {
	return func() *isogloss.Site { return isogloss.NewSite(made(), nil) }
}

func TestBodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	inTime(t, siteOf(weather), func(t *testing.T, s *timed) {
		began := time.Now()
		_, answers := s.connection(post(1000, `{"jsonrpc"`))
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		took(t, began, protocol.BodyTimeout)
		if text := s.body(r); r.StatusCode != 408 || !strings.Contains(text, "BodyTimeout") {
			t.Errorf("got %d %s", r.StatusCode, text)
		}
		if _, err := answers.ReadByte(); err == nil {
			t.Error("the connection goes on")
		}
		took(t, began, protocol.BodyTimeout)
	})
}

func TestBodyOfWhatIsRefusedIsNotWaitedForEither(t *testing.T) {
	inTime(t, siteOf(func() *isogloss.Server { return guarded(byName{}) }), func(t *testing.T, s *timed) {
		began := time.Now()
		_, answers := s.connection(post(1000, `{"jsonrpc"`))
		r, err := http.ReadResponse(answers, nil)
		if err != nil || r.StatusCode != 401 {
			t.Fatal(r, err)
		}
		_ = s.body(r)
		if _, err := answers.ReadByte(); err == nil {
			t.Error("the connection goes on")
		}
		if took := time.Since(began); took > protocol.BodyTimeout+time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestHeadsThatAreSlowAndConnectionsThatAreIdleEnd(t *testing.T) {
	inTime(t, siteOf(weather), func(t *testing.T, s *timed) {
		for _, text := range []string{"POST /mcp HTTP/1.1\r\nHost: local", called("count")} {
			began := time.Now()
			_, answers := s.connection(text)
			_, _ = io.Copy(io.Discard, answers)
			took(t, began, protocol.HeadTimeout)
		}
	})
}

func TestSessionThatIsUnusedForLongEnds(t *testing.T) {
	inTime(t, siteOf(weather), func(t *testing.T, s *timed) {
		ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
		session, listened := s.open("2025-11-25", "{}"), s.open("2025-11-25", "{}")
		news := s.send("GET", "", listened)
		go func() { _, _ = io.Copy(io.Discard, news.Body) }()
		time.Sleep(protocol.SessionIdle - time.Second)
		s.refused(200, `"result":{}`, "POST", ping, session)
		time.Sleep(protocol.SessionIdle - time.Second)
		s.refused(200, `"result":{}`, "POST", ping, session)
		time.Sleep(protocol.SessionIdle)
		s.refused(404, "there is no such session", "POST", ping, session)
		s.refused(200, `"result":{}`, "POST", ping, listened)
		_ = news.Body.Close()
	})
}

func TestSessionUnusedForLongestMakesRoom(t *testing.T) {
	two := func() *isogloss.Server {
		return isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{MaxSessions: 2}})
	}
	inTime(t, siteOf(two), func(t *testing.T, s *timed) {
		ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
		first, second := s.open("2025-11-25", "{}"), s.open("2025-11-25", "{}")
		time.Sleep(time.Second)
		s.refused(200, `"result":{}`, "POST", ping, first)
		time.Sleep(time.Second)
		third := s.open("2025-11-25", "{}")
		s.refused(404, "there is no such session", "POST", ping, second)
		s.refused(200, `"result":{}`, "POST", ping, first)
		// One that is in use does not go.
		a, b := s.send("GET", "", first), s.send("GET", "", third)
		s.refused(503, "all sessions are in use (MaxSessions)", "POST",
			`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`)
		_, _ = a.Body.Close(), b.Body.Close()
	})
}

// loud tells as much as it is let, then waits for its end.
func loud(told *atomic.Int32, size, most int) *isogloss.Server {
	s := isogloss.New("loud", "1")
	isogloss.Tool(s, "loud", "Tells much.", func(ctx context.Context, _ struct{}) (string, error) {
		for told.Load() < int32(most) {
			if err := isogloss.FromContext(ctx).Progress(ctx, float64(told.Load()+1), 0, strings.Repeat("x", size)); err != nil {
				return "", err
			}
			told.Add(1)
		}
		return "done", nil
	})
	isogloss.Tool(s, "large", "Answers much.", func(context.Context, struct{}) (string, error) { return strings.Repeat("x", size), nil })
	isogloss.Tool(s, "slow", "Takes long.", func(ctx context.Context, _ struct{}) (string, error) {
		select {
		case <-ctx.Done():
			told.Store(-1)
			return "", ctx.Err()
		case <-time.After(time.Duration(most) * time.Second):
			return "done", nil
		}
	})
	return s
}

func TestSlowAnswerIsAStreamThatIsKeptAlive(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 0, 50) }), func(t *testing.T, s *timed) {
		session := s.open("2025-06-18", "{}")
		legacy := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`
		body, headers := modernly("tools/call", "slow", "")
		for _, send := range []func() *http.Response{
			func() *http.Response { return s.send("POST", body, headers...) },
			func() *http.Response { return s.send("POST", legacy, session) },
		} {
			began := time.Now()
			r := send()
			took(t, began, protocol.SSEKeepAlive)
			same(t, r.Header.Get("Content-Type"), "text/event-stream")
			text := s.body(r)
			took(t, began, 50*time.Second)
			if !strings.HasPrefix(text, ":\n\n:\n\n") || strings.Count(text, ":\n\n") != 2 || !strings.Contains(text, `data: {"jsonrpc":"2.0","id":1,"result":`) {
				t.Errorf("got %q", text)
			}
		}
		news := s.send("GET", "", session)
		began := time.Now()
		comments := bufio.NewReader(news.Body)
		for range 2 {
			for line := ""; line != ":\n"; {
				var err error
				if line, err = comments.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
		}
		took(t, began, 2*protocol.SSEKeepAlive)
		_ = news.Body.Close()
	})
}

func TestWhoTellsMoreThanASlowClientTakesWaits(t *testing.T) {
	for _, era := range []string{"modern", "legacy"} {
		var told atomic.Int32
		inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 10_000, 1000) }), func(t *testing.T, s *timed) {
			var r *http.Response
			if era == "modern" {
				body, headers := modernly("tools/call", "loud", "")
				r = s.send("POST", strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1), headers...)
			} else {
				r = s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"loud","_meta":{"progressToken":1}}}`, s.open("2025-11-25", "{}"))
			}
			synctest.Wait()
			if n := told.Load(); n < protocol.MaxWaiting || n > 3*protocol.MaxWaiting {
				t.Errorf("%s: %d messages were told to a client that reads nothing", era, n)
			}
			text := s.body(r)
			if events := strings.Count(text, `notifications/progress`); events != 1000 || !strings.Contains(text, `"result":"done"`) {
				t.Errorf("%s: %d of 1000 messages came", era, events)
			}
		})
	}
}

func TestWhoTakesNothingOfWhatIsSentIsLeft(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 300_000, 1_000_000) }), func(t *testing.T, s *timed) {
		for _, tool := range []string{"loud", "large"} {
			began := time.Now()
			c, answers := s.connection(called(tool))
			time.Sleep(protocol.WriteTimeout + 2*time.Second)
			n, _ := io.Copy(io.Discard, answers)
			if n > 200_000 {
				t.Errorf("%s: %d bytes came all the same", tool, n)
			}
			took(t, began, protocol.WriteTimeout+2*time.Second)
			_ = c.Close()
		}
	})
}

func TestWhoTakesItSlowlyGetsAll(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 1_000_000, 0) }), func(t *testing.T, s *timed) {
		began := time.Now()
		_, answers := s.connection(called("large"))
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		piece := make([]byte, 32<<10)
		all := 0
		for err == nil {
			var n int
			n, err = io.ReadFull(r.Body, piece)
			all += n
			time.Sleep(20 * time.Second)
		}
		if all < 1_000_000 || time.Since(began) < 2*protocol.WriteTimeout {
			t.Errorf("%d bytes came, %v", all, err)
		}
	})
}

func TestClientThatGoesCancelsAModernRequestAndNoLegacyOne(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 0, 3600) }), func(t *testing.T, s *timed) {
		c, _ := s.connection(called("slow"))
		synctest.Wait()
		_ = c.Close()
		synctest.Wait()
		if told.Load() != -1 {
			t.Error("the modern handler was not cancelled")
		}
		told.Store(0)
		session := s.open("2025-11-25", "{}")
		call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`
		c, events := s.connection(post(len(call), call, session))
		r, err := http.ReadResponse(events, nil)
		if err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(r.Body).ReadString('\n'); line != "id: 1-0\n" {
			t.Errorf("got %q", line)
		}
		_ = c.Close()
		synctest.Wait()
		if told.Load() == -1 {
			t.Error("the legacy handler was cancelled")
		}
		again := s.send("GET", "", session, "Last-Event-ID: 1-0")
		if data, id := nextData(t, bufio.NewReader(again.Body)); id != "1-1" || !strings.Contains(data, "done") {
			t.Errorf("got %s %s", id, data)
		}
		_ = again.Body.Close()
	})
}

func TestCallsThatRunFinishWhenAServerEnds(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(func() *isogloss.Server { return loud(&told, 0, 5) }), func(t *testing.T, s *timed) {
		session := s.open("2025-11-25", "{}")
		news := s.send("GET", "", session)
		wanted, headers := modernly("subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`)
		subscription := s.send("POST", wanted, headers...)
		var answers [2]string
		var calls sync.WaitGroup
		body, headers := modernly("tools/call", "slow", "")
		calls.Go(func() { answers[0] = s.body(s.send("POST", body, headers...)) })
		calls.Go(func() {
			answers[1] = s.body(s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`, session))
		})
		synctest.Wait()
		began := time.Now()
		s.stop()
		if text := s.body(news); !strings.HasPrefix(text, "id: ") || time.Since(began) > time.Second {
			t.Errorf("news ended with %q after %s", text, time.Since(began))
		}
		if text := s.body(subscription); !strings.Contains(text, "acknowledged") || !strings.Contains(text, `"resultType":"complete"`) || time.Since(began) > time.Second {
			t.Errorf("a subscription ended with %q after %s", text, time.Since(began))
		}
		synctest.Wait() // news ends a moment before the listener does
		if _, err := s.listener.dial(t.Context(), "", ""); err == nil {
			t.Error("a connection is still accepted")
		}
		calls.Wait()
		took(t, began, 5*time.Second)
		for _, text := range answers {
			if !strings.Contains(text, "done") {
				t.Errorf("got %s", text)
			}
		}
	})
}

func TestCallsThatDoNotFinishAreCancelledInTheEnd(t *testing.T) {
	for _, era := range []string{"modern", "legacy"} {
		var told atomic.Int32
		site := func() *isogloss.Site {
			return isogloss.NewSite(loud(&told, 0, 3600), &isogloss.SiteOptions{DrainTimeout: 3 * time.Second})
		}
		inTime(t, site, func(t *testing.T, s *timed) {
			call := called("slow")
			if era == "legacy" {
				body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`
				call = post(len(body), body, s.open("2025-11-25", "{}"))
			}
			s.connection(call)
			synctest.Wait()
			began := time.Now()
			s.stop()
			err := <-s.ended
			s.ended <- nil
			took(t, began, 3*time.Second)
			check(t, err, "calls did not finish within 3s (DrainTimeout), and were cancelled")
			synctest.Wait()
			if told.Load() != -1 {
				t.Errorf("the %s handler was not cancelled", era)
			}
		})
	}
}

func TestMoreConnectionsThanAreServedWait(t *testing.T) {
	site := func() *isogloss.Site {
		return isogloss.NewSite(weather(), &isogloss.SiteOptions{MaxConnections: 1})
	}
	inTime(t, site, func(t *testing.T, s *timed) {
		first, answers := s.connection(called("count"))
		if _, err := http.ReadResponse(answers, nil); err != nil {
			t.Fatal(err)
		}
		var served atomic.Bool
		go func() {
			second, answers := s.connection(called("count"))
			if _, err := http.ReadResponse(answers, nil); err != nil {
				t.Error(err)
			}
			served.Store(true)
			_ = second.Close()
		}()
		synctest.Wait()
		if served.Load() {
			t.Error("the second connection is served beside the first")
		}
		_ = first.Close()
		synctest.Wait()
		if !served.Load() {
			t.Error("the second connection is not served after the first")
		}
		for range 10 { // each makes room for the next one, whatever it was
			c, answers := s.connection("nonsense\r\n\r\n")
			_, _ = io.Copy(io.Discard, answers)
			_ = c.Close()
		}
	})
}

func TestDeadlineOfAMiddlewareIsNotAClientThatGoes(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(weather), func(t *testing.T, s *timed) {
		server := loud(&told, 0, 3600)
		inner := newMemory()
		limited := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Second)
			defer cancel()
			server.ServeHTTP(w, r.WithContext(ctx))
		})}
		go func() { _ = limited.Serve(inner) }()
		defer func() { _ = limited.Close() }()
		transport := &http.Transport{DialContext: inner.dial}
		defer transport.CloseIdleConnections()
		s.http = &http.Client{Transport: transport}
		body, headers := modernly("tools/call", "slow", "")
		s.refused(200, "context deadline exceeded", "POST", body, headers...)
	})
}

func TestTimeoutsOfAProgramsOwnServerCutNothing(t *testing.T) {
	var told atomic.Int32
	inTime(t, siteOf(weather), func(t *testing.T, s *timed) {
		server := loud(&told, 0, 100)
		defer func() { _ = server.Close(t.Context()) }()
		inner := newMemory()
		own := &http.Server{Handler: server, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
		go func() { _ = own.Serve(inner) }()
		defer func() { _ = own.Close() }()
		transport := &http.Transport{DialContext: inner.dial}
		defer transport.CloseIdleConnections()
		s.http = &http.Client{Transport: transport}
		news := s.send("GET", "", s.open("2025-11-25", "{}"))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, news.Body)
		}()
		body, headers := modernly("tools/call", "slow", "")
		s.refused(200, "done", "POST", body, headers...)
		select {
		case <-ended:
			t.Error("the stream of news has ended")
		default:
		}
		_ = news.Body.Close()
		<-ended
	})
}
