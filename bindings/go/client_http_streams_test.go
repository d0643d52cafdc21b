package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Streams as a client over HTTP reads them: those that lead to an answer, and those
// that a legacy server tells its news on.

func TestLegacyStreamThatEndsEarlyIsResumedWhenTheServerWantsIt(t *testing.T) {
	var id string
	s := newScripted(t, func(h *received) reply {
		switch h.what() + h.header.Get("Last-Event-Id") {
		case "tools/call":
			id = string(h.body.ID)
			return stream("retry: 70\nid: 1-1\ndata:\n\n")
		case "GET1-1":
			return stream(event("1-2", `{"jsonrpc":"2.0","method":"notifications/x"}`))
		case "GET1-2":
			return stream(event("1-3", `{"jsonrpc":"2.0","id":`+id+`,"result":{"content":[{"type":"text","text":"late"}]}}`))
		}
		return h.handshake()
	})
	result, err := call(t, dial(t, s.url, era(isogloss.LegacyOnly)), "slow")
	if err != nil || isogloss.TextOf(result) != "late" {
		t.Fatalf("got %+v, %v", result, err)
	}
	before := s.of("tools/call")[0]
	resumed := slices.DeleteFunc(s.of("GET"), func(h *received) bool { return h.header.Get("Last-Event-Id") == "" })
	if len(resumed) != 2 {
		t.Errorf("got %q", s.asked())
	}
	for _, h := range resumed {
		if waited := h.at.Sub(before.at); waited < 70*time.Millisecond || h.header.Get("Mcp-Session-Id") != "s1" {
			t.Errorf("after %s, in %v", waited, h.header)
		}
		before = h
	}
}

func TestWhatALegacyServerTellsOfItselfIsHeard(t *testing.T) {
	told := make(chan struct{}, 4)
	s := newScripted(t, func(h *received) reply {
		if h.what() == "GET" {
			return openStream(`data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` + "\n\n" +
				`data: {"jsonrpc":"2.0","id":"q","method":"ping"}` + "\n\n")
		}
		return h.handshake()
	})
	options := era(isogloss.LegacyOnly)
	options.Handler = listens{told: told}
	dial(t, s.url, options)
	expect(t, told)
	// What it asks there is answered by POST.
	s.wait("POST")
	if answer := s.of("POST")[0]; answer.text != `{"jsonrpc":"2.0","id":"q","result":{}}` || answer.header.Get("Mcp-Session-Id") != "s1" {
		t.Errorf("got %s, %v", answer.text, answer.header)
	}
}

type listens struct {
	protocol.UnimplementedClient[*isogloss.Client]
	told chan struct{}
}

func (l listens) OnToolListChanged(context.Context, *isogloss.Client, *protocol.NotificationParams) {
	l.told <- struct{}{}
}

func TestModernServerIsNotAnsweredWhatItAsks(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		return or(h.discovery(), stream(`data: {"jsonrpc":"2.0","id":"q","method":"ping"}`+"\n\n"+event("1", h.response(`{"resultType":"complete","content":[]}`))))
	})
	var told recorder
	options := era(isogloss.ModernOnly)
	options.Logger = slog.New(&told)
	if _, err := call(t, dial(t, s.url, options), "x"); err != nil {
		t.Error(err)
	}
	if asked := s.asked(); !slices.Equal(asked, []string{"server/discover", "tools/call"}) || !told.has("only a legacy server may ask") {
		t.Errorf("got %q, %s", asked, told.text())
	}
}

func TestStreamGoesOnForAsLongAsItBringsSomethingNew(t *testing.T) {
	const more = 2 * protocol.ResumeAttempts
	var id string
	s := newScripted(t, func(h *received) reply {
		var n int
		if _, err := fmt.Sscanf(h.header.Get("Last-Event-Id"), "1-%d", &n); err == nil && n < more {
			return stream(fmt.Sprintf("id: 1-%d\nretry: 1\ndata:\n\n", n+1))
		}
		switch {
		case n == more:
			return stream(event("1-99", `{"jsonrpc":"2.0","id":`+id+`,"result":{"content":[]}}`))
		case h.what() == "tools/call":
			id = string(h.body.ID)
			return stream("id: 1-0\nretry: 1\ndata:\n\n")
		}
		return h.handshake()
	})
	if _, err := call(t, dial(t, s.url, era(isogloss.LegacyOnly)), "slow"); err != nil || len(resumed(s)) != more+1 {
		t.Errorf("got %v after %q", err, s.asked())
	}
}

func TestAnswerOnAStreamIsTheOneWithTheIDOfTheRequest(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		another := `{"jsonrpc":"2.0","id":"another","result":{"resultType":"complete","content":[{"type":"text","text":"not this"}]}}`
		nobodys := `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"about nothing else"}}`
		ours := h.response(`{"resultType":"complete","content":[{"type":"text","text":"this"}]}`)
		switch h.body.Params.Name {
		case "stream":
			return stream(event("1", another) + event("2", ours))
		case "batch":
			return sayJSON(200, "["+another+","+ours+"]")
		case "nobody's":
			return stream(event("1", nobodys) + event("2", ours))
		}
		return h.discovery()
	})
	c := dial(t, s.url, era(isogloss.ModernOnly))
	for _, name := range []string{"stream", "batch"} {
		if result, err := call(t, c, name); err != nil || isogloss.TextOf(result) != "this" {
			t.Errorf("%s: got %+v, %v", name, result, err)
		}
	}
	has(t, fails(t, c, "nobody's"), "about nothing else")
}

func TestEventThatIsTooLongFailsTheCallOnlyIfItMayBeItsAnswer(t *testing.T) {
	long := strings.Repeat("x", 2000)
	s := newScripted(t, func(h *received) reply {
		answer := event("", h.response(`{"resultType":"complete","content":[]}`))
		switch h.body.Params.Name {
		case "notification":
			return stream(event("", `{"jsonrpc":"2.0","method":"notifications/x","params":{"x":"`+long+`"}}`) + answer)
		case "another":
			return stream(event("", `{"jsonrpc":"2.0","id":"another","result":"`+long+`"}`) + answer)
		case "ours":
			return stream(event("", h.response(`"`+long+`"`)) + answer)
		case "unknown":
			return stream(event("", `{"jsonrpc":"2.0","result":"`+long+`"}`) + answer)
		case "id last":
			return stream(event("", `{"jsonrpc":"2.0","result":"`+long+`","id":`+string(h.body.ID)+`}`) + answer)
		case "id last, in JSON":
			return sayJSON(200, `{"jsonrpc":"2.0","result":"`+long+`","id":`+string(h.body.ID)+`}`)
		}
		return h.discovery()
	})
	c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{MaxMessage: 1000}), era(isogloss.ModernOnly))
	for _, name := range []string{"notification", "another"} {
		if _, err := call(t, c, name); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, name := range []string{"ours", "unknown", "id last", "id last, in JSON"} {
		has(t, fails(t, c, name), "longer than the limit of 1000 bytes (MaxMessage)")
	}
}

func TestRequestOfAServerThatIsTooLongIsRefused(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		if h.what() == "tools/call" {
			return stream(event("", `{"jsonrpc":"2.0","id":"q","method":"ping","params":{"x":"`+strings.Repeat("x", 2000)+`"}}`) + event("", h.response(`{"content":[]}`)))
		}
		return or(h.handshake(), status(202))
	})
	c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{MaxMessage: 1000}), era(isogloss.LegacyOnly))
	if _, err := call(t, c, "x"); err != nil {
		t.Error(err)
	}
	s.wait("POST")
	if text := s.of("POST")[0].text; !strings.Contains(text, `"id":"q"`) || !strings.Contains(text, "longer than the limit of 1000 bytes") {
		t.Errorf("got %s", text)
	}
}

func TestConnectionOfAStreamThatHasEndedIsUsedAgain(t *testing.T) {
	ends, ended := make(chan struct{}), make(chan struct{}, 1)
	s := newScripted(t, func(h *received) reply {
		if h.what() != "tools/call" {
			return h.discovery()
		}
		return func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- struct{}{} }()
			inParts(w, r, event("1", h.response(`{"resultType":"complete","content":[]}`)), ends)
		}
	})
	c := dial(t, s.url, era(isogloss.ModernOnly))
	const calls = 20
	for range calls {
		if _, err := call(t, c, "x"); err != nil {
			t.Fatal(err)
		}
		ends <- struct{}{}
		<-ended
	}
	// The next call may come before the client has seen the end.
	if n := s.connections.Load(); n > calls/2 {
		t.Errorf("%d connections for %d calls", n, calls)
	}
}

func TestStreamThatGoesOnAfterItsAnswerIsLeft(t *testing.T) {
	left := make(chan struct{})
	s := newScripted(t, func(h *received) reply {
		return or(h.discovery(), func(w http.ResponseWriter, r *http.Request) {
			openStream(event("1", h.response(`{"resultType":"complete","content":[]}`)))(w, r)
			close(left)
		})
	})
	if _, err := call(t, dial(t, s.url, era(isogloss.ModernOnly)), "x"); err != nil {
		t.Error(err)
	}
	expect(t, left)
}

func TestServerMayBeSilentForLongOnItsOwnStream(t *testing.T) {
	told, tell := make(chan struct{}, 1), make(chan struct{})
	s := newScripted(t, func(h *received) reply {
		if h.what() != "GET" {
			return h.handshake()
		}
		return func(w http.ResponseWriter, r *http.Request) {
			inParts(w, r, ":\n\n", tell, `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`+"\n\n", make(chan struct{}))
		}
	})
	options := &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Timeout: 200 * time.Millisecond, Handler: listens{told: told}}
	dial(t, s.url, options)
	time.AfterFunc(400*time.Millisecond, func() { close(tell) })
	expect(t, told)
	if n := s.count("GET"); n != 1 {
		t.Errorf("it was opened %d times", n)
	}
}

func TestStreamOfNewsThatCannotBeContinuedIsBegunAnew(t *testing.T) {
	told := make(chan struct{}, 1)
	s := newScripted(t, func(h *received) reply {
		if h.what() != "GET" {
			return h.handshake()
		}
		if h.header.Get("Accept") != "text/event-stream" {
			t.Errorf("got %q", h.header["Accept"])
		}
		if h.header.Get("Last-Event-Id") == "7" {
			return status(400)
		}
		if len(told) == 0 {
			told <- struct{}{}
			return stream("id: 7\nretry: 1\ndata:\n\n")
		}
		return openStream(`data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` + "\n\n")
	})
	options := era(isogloss.LegacyOnly)
	heard := make(chan struct{}, 1)
	options.Handler = listens{told: heard}
	dial(t, s.url, options)
	expect(t, heard)
	var seen []string
	for _, h := range s.of("GET") {
		seen = append(seen, h.header.Get("Last-Event-Id"))
	}
	if !slices.Equal(seen, []string{"", "7", ""}) {
		t.Errorf("got %q", seen)
	}
}

func TestStreamOfNewsThatBringsNothingIsGivenUp(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		if h.what() == "GET" {
			return stream("retry: 1\n\n")
		}
		return h.handshake()
	})
	var told recorder
	options := era(isogloss.LegacyOnly)
	options.Logger = slog.New(&told)
	c := dial(t, s.url, options)
	told.wait(t, "nothing more is heard from the server")
	if n := s.count("GET"); n != protocol.ResumeAttempts+1 {
		t.Errorf("it was opened %d times", n)
	}
	_ = c.Close()
}

func TestQuestionOfACallThatNobodyWaitsForIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	options := era(isogloss.LegacyOnly)
	options.OnElicit = func(ctx context.Context, _ *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
		cancel()
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}
	c := dial(t, serve(t, asking(nil, nil)).url, options)
	if _, err := c.CallTool(ctx, "hello", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-ended
}

func TestServerCancelsWhatItAsks(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	s := newScripted(t, func(h *received) reply {
		if h.what() != "tools/call" {
			return or(h.handshake(), status(202))
		}
		return func(w http.ResponseWriter, r *http.Request) {
			inParts(w, r,
				`data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}`+"\n\n", asked,
				`data: {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}`+"\n\n", ended,
				event("", h.response(`{"content":[]}`)))
		}
	})
	options := era(isogloss.LegacyOnly)
	options.OnElicit = func(ctx context.Context, _ *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
		close(asked)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}
	c := dial(t, s.url, options)
	if _, err := call(t, c, "x"); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil || s.count("POST") != 0 {
		t.Errorf("%v, and it was answered: %q", err, s.asked())
	}
}
