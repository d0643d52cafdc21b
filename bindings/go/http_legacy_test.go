package isogloss_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Legacy sessions over HTTP: what runs in them, what ends it, and where events are
// kept.

// stepwise has a handler that goes on when it is told to, and tells how it ended.
type stepwise struct {
	*isogloss.Server
	begun chan struct{}
	goOn  chan struct{}
	ended chan error
}

func newStepwise(options *isogloss.ServerOptions) *stepwise {
	s := &stepwise{
		isogloss.NewServer(protocol.Implementation{Name: "stepwise", Version: "1"}, options),
		make(chan struct{}, 10), make(chan struct{}), make(chan error, 10),
	}
	isogloss.Tool(s.Server, "step", "Tells something at once, and is done when it may.", func(ctx context.Context, _ struct{}) (string, error) {
		if err := isogloss.FromContext(ctx).Progress(ctx, 1, 0, "begun"); err != nil {
			return "", err
		}
		s.begun <- struct{}{}
		var err error
		select {
		case <-s.goOn:
		case <-ctx.Done():
			err = ctx.Err()
		}
		s.ended <- err
		return "done", err
	})
	return s
}

const step = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"step","_meta":{"progressToken":"p"}}}`

func TestOnlyANotificationCancels(t *testing.T) {
	server := newStepwise(nil)
	s := serve(t, server.Server)
	session := s.open("2025-11-25", "{}")
	r := s.send("POST", step, session)
	<-server.begun
	s.refused(202, "", "POST", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, session)
	if err := <-server.ended; err == nil {
		t.Error("it went on")
	}
	if text := s.body(r); strings.Contains(text, `"id":7`) {
		t.Errorf("what was cancelled was answered: %s", text)
	}
}

func TestQuestionOfACallThatIsCancelledIsWithdrawnOnItsStream(t *testing.T) {
	s := serve(t, asking(nil, nil))
	session := s.open("2025-11-25", everything)
	r := s.send("POST", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"hello"}}`, session)
	events := bufio.NewReader(r.Body)
	data, _ := nextData(t, events)
	id, _ := wire.Raw(data).Get("id")
	if !strings.Contains(data, "elicitation/create") {
		t.Fatalf("got %s", data)
	}
	s.refused(202, "", "POST", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, session)
	if data, _ := nextData(t, events); !strings.Contains(data, "notifications/cancelled") || !strings.Contains(data, `"requestId":`+string(id)+"}") {
		t.Errorf("got %s for the question %s", data, id)
	}
	if rest, err := io.ReadAll(events); err != nil || strings.Contains(string(rest), "data:") {
		t.Errorf("got %s, %v", rest, err)
	}
}

func TestSessionThatEndsEndsWhatRunsInIt(t *testing.T) {
	server := newStepwise(nil)
	s := serve(t, server.Server)
	session := s.open("2025-11-25", "{}")
	r := s.send("POST", step, session)
	<-server.begun
	s.refused(204, "", "DELETE", "", session)
	if err := <-server.ended; err == nil {
		t.Error("it went on")
	}
	_ = s.body(r) // it ends
	s.refused(404, "there is no such session", "POST", step, session)
}

func TestAnIdInUseIsRefusedAndTheFirstRequestGoesOn(t *testing.T) {
	server := newStepwise(nil)
	s := serve(t, server.Server)
	session := s.open("2025-11-25", "{}")
	r := s.send("POST", step, session)
	<-server.begun
	s.refused(200, `"id":7,"error":{"code":-32600,"message":"a request with this id is being handled already"}`, "POST", step, session)
	// Another session has ids of its own.
	other := s.send("POST", step, s.open("2025-11-25", "{}"))
	<-server.begun
	server.goOn <- struct{}{}
	server.goOn <- struct{}{}
	for _, r := range []string{s.body(r), s.body(other)} {
		if !strings.Contains(r, `"id":7,"result"`) {
			t.Errorf("got %s", r)
		}
	}
}

func TestOnlyNewerClientsPollForWhatAHandlerHasClosedTheStreamOf(t *testing.T) {
	server := isogloss.New("s", "1")
	isogloss.Tool(server, "poll", "Has its client come back.", func(ctx context.Context, _ struct{}) (bool, error) {
		return isogloss.FromContext(ctx).CloseStream(), nil
	})
	s := serve(t, server)
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"poll"}}`
	for _, rev := range []string{"2025-03-26", "2025-06-18"} {
		s.refused(200, `false`, "POST", call, s.open(rev, "{}"))
	}
	session := s.open("2025-11-25", "{}")
	if text := s.body(s.send("POST", call, session)); strings.Contains(text, "result") || !strings.HasPrefix(text, "id: 1-0\nretry: 1000\n") {
		t.Errorf("got %q", text)
	}
	s.refused(200, `"result":true`, "GET", "", session, "Last-Event-ID: 1-0")
	// A modern client does not come back.
	body, headers := modernly("tools/call", "poll", "")
	s.refused(200, `"result":false`, "POST", body, headers...)
}

// kept is a store that a program brings.
type kept struct {
	isogloss.EventStore
	mu        sync.Mutex
	told      []string
	forgotten []string
}

func (k *kept) Keep(session string, event isogloss.KeptEvent) {
	k.mu.Lock()
	k.told = append(k.told, fmt.Sprintf("%s %s", event.EventID, event.Message))
	k.mu.Unlock()
	k.EventStore.Keep(session, event)
}

func (k *kept) Forget(session string) {
	k.mu.Lock()
	k.forgotten = append(k.forgotten, session)
	k.mu.Unlock()
	k.EventStore.Forget(session)
}

func TestEventsAreKeptWhereTheProgramSays(t *testing.T) {
	store := &kept{EventStore: isogloss.NewMemoryEvents()}
	server := newStepwise(&isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Events: store}})
	s := serve(t, server.Server)
	session, other := s.open("2025-11-25", "{}"), s.open("2025-11-25", "{}")
	r := s.send("POST", step, session)
	<-server.begun
	server.goOn <- struct{}{}
	_ = s.body(r)
	store.mu.Lock()
	told := strings.Join(store.told, "\n")
	store.mu.Unlock()
	if !strings.HasPrefix(told, `1-1 {"jsonrpc":"2.0","method":"notifications/progress"`) || !strings.Contains(told, "\n1-2 "+`{"jsonrpc":"2.0","id":7,"result"`) {
		t.Errorf("kept were\n%s", told)
	}
	s.refused(200, `"id":7,"result"`, "GET", "", session, "Last-Event-ID: 1-1")
	s.refused(400, "is not kept any more", "GET", "", other, "Last-Event-ID: 1-1")
	s.refused(204, "", "DELETE", "", session)
	store.mu.Lock()
	defer store.mu.Unlock()
	if len(store.forgotten) != 1 || "Mcp-Session-Id: "+store.forgotten[0] != session {
		t.Errorf("forgotten were %v", store.forgotten)
	}
}

// Two clients that resume the same stream: the first one goes.
func TestStreamHasOneReader(t *testing.T) {
	server := newStepwise(nil)
	s := serve(t, server.Server)
	session := s.open("2025-11-25", "{}")
	first := s.send("POST", step, session)
	<-server.begun
	second := s.send("GET", "", session, "Last-Event-ID: 1-0")
	if text := s.body(first); !strings.Contains(text, "progress") || strings.Contains(text, "result") {
		t.Errorf("the first reader got %q", text)
	}
	server.goOn <- struct{}{}
	events := bufio.NewReader(second.Body)
	for _, want := range []string{"progress", `"id":7,"result"`} {
		if data, _ := nextData(t, events); !strings.Contains(data, want) {
			t.Errorf("got %s", data)
		}
	}
}

func TestRequestsAreAnsweredByThemselvesWithoutSessions(t *testing.T) {
	s := serve(t, guarded(nil))
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	s.refused(200, `"result":{}`, "POST", ping)
	s.refused(400, "initialize first", "POST", strings.Replace(ping, "ping", "tools/list", 1))
	stateless := serve(t, newStepwise(&isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Stateless: true}}).Server)
	for _, rev := range []string{"", "2025-03-26", "2025-06-18", "2025-11-25"} {
		header := "MCP-Protocol-Version: " + rev
		stateless.refused(200, `"name":"step"`, "POST", strings.Replace(ping, "ping", "tools/list", 1), header)
		stateless.refused(202, "", "POST", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, header)
		stateless.refused(405, "", "GET", "", header)
	}
	stateless.refused(200, `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"error":{"code":-32601`, "POST",
		`[`+ping+`,{"jsonrpc":"2.0","id":2,"method":"nonsense"}]`, "MCP-Protocol-Version: 2025-03-26")
	stateless.refused(400, "batches are of revision 2025-03-26", "POST", "["+ping+"]", "MCP-Protocol-Version: 2025-06-18")
}
