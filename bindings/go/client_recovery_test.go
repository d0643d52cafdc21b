package isogloss_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What a client does about calls that are broken off: the rows of protocol.Recovery,
// each put to the test.

func TestEveryRowOfRecoveryIsPutToTheTest(t *testing.T) {
	// Here or in another file of tests: whoever adds a row adds a test, and then the row
	// to this list.
	type row struct {
		failed           protocol.Failed
		sent, repeatable protocol.When
	}
	tested := []row{
		{failed: protocol.FailedUnreachable},
		{failed: protocol.FailedInterrupted, repeatable: protocol.IfSo},
		{failed: protocol.FailedInterrupted, repeatable: protocol.IfNot},
		{failed: protocol.FailedStreamEnded},
		{failed: protocol.FailedSessionLost, sent: protocol.IfNot},
		{failed: protocol.FailedSessionLost, repeatable: protocol.IfSo},
		{failed: protocol.FailedSessionLost},
		{failed: protocol.FailedHeaderMismatch},
		{failed: protocol.FailedTooLarge},
		{failed: protocol.FailedChildExited}, // process_test.go
		{failed: protocol.FailedTimedOut},
	}
	var rows []row
	for _, r := range protocol.Recovery() {
		rows = append(rows, row{r.Failed, r.Sent, r.Repeatable})
	}
	if !slices.Equal(rows, tested) {
		t.Errorf("got %v", rows)
	}
}

// counting is a server that counts what it has done.
func counting(options isogloss.HTTPOptions) (*isogloss.Server, *atomic.Int64) {
	var done atomic.Int64
	s := isogloss.NewServer(protocol.Implementation{Name: "counting", Version: "1"}, &isogloss.ServerOptions{HTTP: options})
	isogloss.Resource(s, "text://read", "", func(context.Context, struct{}) (string, error) {
		done.Add(1)
		return "read", nil
	})
	isogloss.Tool(s, "call", "", func(context.Context, struct {
		More string `json:"more,omitempty"`
	}) (string, error) {
		done.Add(1)
		return "called", nil
	})
	return s, &done
}

var bothEras = []isogloss.EraMode{isogloss.ModernOnly, isogloss.LegacyOnly}

func unknown(t *testing.T, err error, texts ...string) {
	t.Helper()
	if !errors.Is(err, isogloss.ErrOutcomeUnknown) {
		t.Errorf("got %v", err)
	}
	has(t, err, append(texts, "whether tools/call was carried out is not known")...)
}

// absent is a way to a server that is not there. It counts who looked for it.
type absent struct{ tries int }

func (a *absent) RoundTrip(*http.Request) (*http.Response, error) {
	a.tries++
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

func TestServerThatIsNotThereIsLookedForAsOftenAsTheLimitSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		way := &absent{}
		target := isogloss.HTTP("http://localhost/mcp", &isogloss.HTTPTargetOptions{Client: &http.Client{Transport: way}})
		began := time.Now()
		_, err := isogloss.Connect(t.Context(), target, nil)
		pauses := time.Duration(1<<protocol.ConnectAttempts-1) * protocol.ConnectPause // each twice as long
		if took := time.Since(began); !errors.Is(err, isogloss.ErrUnreachable) || way.tries != 1+protocol.ConnectAttempts || took != pauses {
			t.Errorf("got %v after %d tries and %s", err, way.tries, took)
		}
	})
}

func TestServerThatIsNotThereYetIsWaitedFor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	url := "http://" + address + "/mcp"
	if _, err := isogloss.Connect(t.Context(), isogloss.HTTP(url, nil), nil); !errors.Is(err, isogloss.ErrUnreachable) || !strings.HasPrefix(err.Error(), url) {
		t.Errorf("got %v", err)
	}
	// It comes while the client waits for the second time.
	s, _ := counting(isogloss.HTTPOptions{})
	served := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(protocol.ConnectPause+50*time.Millisecond, func() { served <- s.ListenAndServe(ctx, address) })
	dial(t, url, era(isogloss.ModernOnly))
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestWhatMayBeRepeatedIsSentAgainWhenItsAnswerIsLost(t *testing.T) {
	for _, mode := range bothEras {
		for where, times := range map[cut]int64{cutBefore: 1, cutDuring: 1, cutAfter: 2} {
			s, done := counting(isogloss.HTTPOptions{})
			proxy := newFaulty(t, serve(t, s).url, "resources/read", where)
			_, err := dial(t, proxy.url, era(mode)).ReadResource(t.Context(), "text://read", nil)
			if err != nil || proxy.left() != 0 || done.Load() != times {
				t.Errorf("%d, %d: %v, done %d times", mode, where, err, done.Load())
			}
		}
	}
}

func TestWhatMayNotBeRepeatedEndsWithAnOutcomeThatIsUnknown(t *testing.T) {
	for _, mode := range bothEras {
		for where, times := range map[cut]int64{cutBefore: 0, cutDuring: 0, cutAfter: 1} {
			s, done := counting(isogloss.HTTPOptions{})
			proxy := newFaulty(t, serve(t, s).url, "tools/call", where, where)
			c := dial(t, proxy.url, era(mode))
			unknown(t, fails(t, c, "call"))
			if done.Load() != times {
				t.Errorf("%d, %d: done %d times", mode, where, done.Load())
			}
			// A caller that knows better says so.
			result, err := c.CallTool(t.Context(), "call", nil, &isogloss.CallOptions{Repeatable: true})
			if err != nil || isogloss.TextOf(result) != `{"result":"called"}` || proxy.left() != 0 {
				t.Errorf("%d, %d: got %+v, %v", mode, where, result, err)
			}
		}
	}
}

func TestWhatBreaksAgainIsSentNoMoreThanTheLimitSays(t *testing.T) {
	s, done := counting(isogloss.HTTPOptions{})
	proxy := newFaulty(t, serve(t, s).url, "resources/read", cutAfter, cutAfter, cutAfter)
	_, err := dial(t, proxy.url, era(isogloss.ModernOnly)).ReadResource(t.Context(), "text://read", nil)
	if !errors.Is(err, isogloss.ErrOutcomeUnknown) || done.Load() != 1+protocol.RepeatAttempts {
		t.Errorf("got %v, done %d times", err, done.Load())
	}
}

func TestLegacyStreamThatBreaksOffIsResumedAndNothingIsDoneTwice(t *testing.T) {
	goOn := make(chan struct{})
	var begun atomic.Int64
	s := isogloss.NewServer(protocol.Implementation{Name: "waiting", Version: "1"},
		&isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Retry: 10 * time.Millisecond}})
	isogloss.Tool(s, "wait", "", func(ctx context.Context, _ struct{}) (string, error) {
		begun.Add(1)
		if err := isogloss.FromContext(ctx).Progress(ctx, 1, 0, ""); err != nil {
			return "", err
		}
		<-goOn
		return "done", nil
	})
	proxy := newFaulty(t, serve(t, s).url, "tools/call", cutAnswer)
	c := dial(t, proxy.url, era(isogloss.LegacyOnly))
	go func() {
		<-proxy.done
		close(goOn)
	}()
	result, err := c.CallTool(t.Context(), "wait", nil, &isogloss.CallOptions{OnProgress: func(*protocol.ProgressNotificationParams) {}})
	if err != nil || isogloss.TextOf(result) != `{"result":"done"}` || begun.Load() != 1 {
		t.Errorf("got %+v, %v, begun %d times", result, err, begun.Load())
	}
}

func TestModernStreamThatBreaksOffIsNotAskedForAgain(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		return or(h.discovery(), stream(event("1-1", `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`)))
	})
	unknown(t, fails(t, dial(t, s.url, era(isogloss.ModernOnly)), "call"), "the stream ended before the answer")
	if asked := s.asked(); !slices.Equal(asked, []string{"server/discover", "tools/call"}) {
		t.Errorf("got %q: there is nothing to resume in the modern era", asked)
	}
}

// resumed are the requests for a stream's continuation.
func resumed(s *scriptedSite) []*received {
	return slices.DeleteFunc(s.of("GET"), func(h *received) bool { return h.header.Get("Last-Event-Id") == "" })
}

func TestStreamThatBringsNothingNewIsGivenUp(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return or(h.handshake(), stream("id: 1-1\nretry: 1\ndata:\n\n")) })
	began := time.Now()
	unknown(t, fails(t, dial(t, s.url, era(isogloss.LegacyOnly)), "slow"), "(ResumeAttempts)")
	if took := time.Since(began); took > protocol.ResumeAttempts*protocol.SSERetry {
		t.Errorf("it took %s, and the server wants to be left alone for 1 ms", took)
	}
	if n := len(resumed(s)); n != protocol.ResumeAttempts {
		t.Errorf("resumed %d times", n)
	}
}

func TestStreamThatCannotBeResumedSaysNothingAboutItsCall(t *testing.T) {
	for _, code := range []int{400, 405} {
		s := newScripted(t, func(h *received) reply {
			if h.what() == "GET" {
				// As servers say it: with an error of JSON-RPC, which is none of the call's.
				return sayJSON(code, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no such event"}}`)
			}
			return or(h.handshake(), stream("id: 1-1\nretry: 1\ndata:\n\n"))
		})
		unknown(t, fails(t, dial(t, s.url, era(isogloss.LegacyOnly)), "slow"), "no such event", "cannot be resumed")
		if s.count("GET") != 2 || len(resumed(s)) != 1 {
			t.Errorf("%d: %q", code, s.asked())
		}
	}
}

func TestGatewayThatLostTheAnswerHasNotAnswered(t *testing.T) {
	for _, code := range []int{502, 504} {
		s := newScripted(t, func(h *received) reply { return or(h.discovery(), say(code, "text/html", "<h1>upstream</h1>")) })
		c := dial(t, s.url, era(isogloss.ModernOnly))
		unknown(t, fails(t, c, "call"), "upstream")
		for range c.Tools(t.Context()) {
		}
		if s.count("tools/call") != 1 || s.count("tools/list") != 2 {
			t.Errorf("%d: %q", code, s.asked())
		}
	}
}

// forgetful is a legacy server that gives out s1 and s2, and forgets s1 where the test
// says.
func forgetful(t *testing.T, forgets func(*received) bool) *scriptedSite {
	var opened atomic.Int64
	return newScripted(t, func(h *received) reply {
		if h.header.Get("Mcp-Session-Id") == "s1" && forgets(h) {
			return say(404, "text/plain", "session not found")
		}
		switch h.what() {
		case "initialize":
			if opened.Add(1) > 1 {
				return h.opening("s2")
			}
		case "tools/list":
			return h.result(`{"tools":[]}`)
		case "tools/call":
			return h.result(`{"content":[]}`)
		}
		return h.handshake()
	})
}

func aboutTools(h *received) bool { return strings.HasPrefix(h.what(), "tools/") }

func listTools(c *isogloss.Client) error {
	_, err := protocol.ListTools(context.Background(), c, nil)
	return err
}

func asks(t *testing.T, s *scriptedSite, initialized, called, listed int) {
	t.Helper()
	if s.count("initialize") != initialized || s.count("tools/call") != called || s.count("tools/list") != listed {
		t.Errorf("got %q", s.asked())
	}
}

func TestSessionThatIsKnownToBeLostIsOpenedAnewBeforeAnythingIsSent(t *testing.T) {
	s := forgetful(t, func(h *received) bool { return h.what() == "GET" })
	if _, err := call(t, dial(t, s.url, era(isogloss.LegacyOnly)), "call"); err != nil {
		t.Fatal(err)
	}
	asks(t, s, 2, 1, 0)
	if session := s.of("tools/call")[0].header.Get("Mcp-Session-Id"); session != "s2" || s.count("notifications/initialized") != 2 {
		t.Errorf("got %q", session)
	}
	// Its news are heard, too.
	if news := s.of("GET"); len(news) != 2 || news[1].header.Get("Mcp-Session-Id") != "s2" {
		t.Errorf("got %q", s.asked())
	}
}

func TestMethodThatIsNotThereLosesNoSession(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return or(h.handshake(), h.error(404, isogloss.CodeMethodNotFound)) })
	err := fails(t, dial(t, s.url, era(isogloss.LegacyOnly)), "x")
	if !errors.Is(err, &isogloss.Error{Kind: isogloss.KindProtocol, Code: isogloss.CodeMethodNotFound}) {
		t.Errorf("got %v", err)
	}
	asks(t, s, 1, 1, 0)
}

func TestLostSessionIsOpenedAnewAndOnlyWhatMayBeRepeatedIs(t *testing.T) {
	s := forgetful(t, aboutTools)
	if err := listTools(dial(t, s.url, era(isogloss.LegacyOnly))); err != nil {
		t.Error(err)
	}
	asks(t, s, 2, 0, 2)

	s = forgetful(t, aboutTools)
	c := dial(t, s.url, era(isogloss.LegacyOnly))
	unknown(t, fails(t, c, "call"), "404 Not Found: session not found")
	asks(t, s, 2, 1, 0)
	if _, err := call(t, c, "call"); err != nil {
		t.Error(err)
	}
	asks(t, s, 2, 2, 0)
}

func TestServerThatForgetsEverySessionIsNotAskedForEver(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		if aboutTools(h) {
			return status(404)
		}
		return h.handshake()
	})
	if err := listTools(dial(t, s.url, era(isogloss.LegacyOnly))); err == nil {
		t.Error("there is no list")
	}
	asks(t, s, 2, 0, 2)
}

func TestSessionInAnotherRevisionIsNone(t *testing.T) {
	var opened atomic.Int64
	s := newScripted(t, func(h *received) reply {
		switch {
		case h.what() == "initialize" && opened.Add(1) > 1:
			return h.result(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"older","version":"1"}}`)
		case aboutTools(h):
			return status(404)
		}
		return h.handshake()
	})
	err := listTools(dial(t, s.url, era(isogloss.LegacyOnly)))
	if !errors.Is(err, isogloss.ErrNegotiation) || !strings.Contains(err.Error(), "connect again") {
		t.Errorf("got %v", err)
	}
}

func TestOurOwnServerThatWasStartedAnewIsUsedOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	start := func(listener net.Listener) func() {
		s, _ := counting(isogloss.HTTPOptions{})
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- s.ServeListener(ctx, listener) }()
		return func() {
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start(listener)
	c := dial(t, "http://"+address+"/mcp", era(isogloss.LegacyOnly))
	stop()
	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(start(listener))
	if err := listTools(c); err != nil {
		t.Error(err)
	}
	if _, err := call(t, c, "call"); err != nil {
		t.Error(err)
	}
}

func TestCallWhoseHeadersAreRefusedIsMadeAgainOnce(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		switch h.what() {
		case "tools/call":
			return h.error(400, isogloss.CodeHeaderMismatch)
		case "tools/list":
			return h.result(`{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[]}`)
		}
		return h.discovery()
	})
	err := fails(t, dial(t, s.url, era(isogloss.ModernOnly)), "call")
	if !errors.Is(err, &isogloss.Error{Kind: isogloss.KindProtocol, Code: isogloss.CodeHeaderMismatch}) {
		t.Errorf("got %v", err)
	}
	if asked := s.asked(); !slices.Equal(asked, []string{"server/discover", "tools/call", "tools/list", "tools/call"}) {
		t.Errorf("got %q", asked)
	}
}

func TestMessageThatTheServerDoesNotTakeFailsAlone(t *testing.T) {
	for _, mode := range bothEras {
		s, done := counting(isogloss.HTTPOptions{MaxMessage: 1000})
		c := dial(t, serve(t, s).url, era(mode))
		_, err := c.CallTool(t.Context(), "call", map[string]string{"more": strings.Repeat("y", 2000)}, nil)
		var own *isogloss.Error
		if !errors.As(err, &own) || own.Kind != isogloss.KindHTTP || own.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("got %v", err)
		}
		has(t, err, "send less, or raise its limit (MaxMessage)", "1000 bytes")
		if _, err := call(t, c, "call"); err != nil || done.Load() != 1 {
			t.Errorf("got %v, done %d times", err, done.Load())
		}
	}
}

func TestLegacyServerIsToldWhenNobodyWaitsAnyMore(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return or(h.handshake(), openStream(":\n\n")) })
	c := dial(t, s.url, &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Timeout: 50 * time.Millisecond})
	if err := fails(t, c, "slow"); !errors.Is(err, isogloss.ErrTimeout) {
		t.Errorf("got %v", err)
	}
	s.wait("notifications/cancelled")
	told, called := s.of("notifications/cancelled")[0], s.of("tools/call")[0]
	if string(told.body.Params.RequestID) != string(called.body.ID) || !strings.Contains(told.text, "it took too long") {
		t.Errorf("got %s", told.text)
	}
}

// silent is a transport that fails and does not tell how far it has come.
type silent struct{ http.RoundTripper }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(text), "tools/call") {
		return nil, errors.New("something went wrong")
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return s.RoundTripper.RoundTrip(r)
}

func TestTransportThatTellsNothingMayHaveSentTheRequest(t *testing.T) {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s, _ := counting(isogloss.HTTPOptions{})
	target := isogloss.HTTP(serve(t, s).url, &isogloss.HTTPTargetOptions{Client: &http.Client{Transport: silent{transport}}})
	unknown(t, fails(t, dialTo(t, target, era(isogloss.ModernOnly)), "call"), "something went wrong")
}
