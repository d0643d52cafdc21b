package isogloss_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A server that runs for long: 100,000 calls, 1,000 legacy sessions that are ended
// and 1,000 that are abandoned, and calls that clients go away from, leave memory
// and goroutines as they were.

// soaked counts its handlers that run.
func soaked(running *atomic.Int32) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "soaked", Version: "1"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{MaxSessions: 100}})
	isogloss.Tool(s, "add", "Adds.", func(_ context.Context, in struct{ A, B int }) (int, error) { return in.A + in.B, nil })
	isogloss.Tool(s, "wait", "Waits to be cancelled.", func(ctx context.Context, _ struct{}) (string, error) {
		running.Add(1)
		defer running.Add(-1)
		<-ctx.Done()
		return "", ctx.Err()
	})
	return s
}

// idle is about how many goroutines a connection keeps for its next calls.
const idle = 100

// requireLevel runs something once to get going, and then often: nothing may be left
// of it but what the runtime keeps for itself.
func requireLevel(t *testing.T, warm, often func()) {
	t.Helper()
	alive := func() (bytes uint64, goroutines int) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()
	}
	warm()
	bytes, goroutines := alive()
	often()
	// What the last calls have left ends in a moment.
	for until := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines+idle && time.Now().Before(until); {
		runtime.Gosched()
	}
	bytesAfter, goroutinesAfter := alive()
	if bytesAfter > bytes+bytes/20+1<<20 {
		t.Errorf("%d bytes before, %d after", bytes, bytesAfter)
	}
	if goroutinesAfter > goroutines+idle {
		t.Errorf("%d goroutines before, %d after", goroutines, goroutinesAfter)
	}
}

func TestAHundredThousandCallsLeaveNothingBehind(t *testing.T) {
	var running atomic.Int32
	end := raw(t, soaked(&running))
	call := `{"jsonrpc":"2.0","id":%,"method":"tools/call","params":{` + modern + `,"name":"add","arguments":{"A":2,"B":3}}}`
	const together = 50
	var texts [together]string
	for i := range texts {
		texts[i] = strings.Replace(call, "%", strconv.Itoa(i), 1)
	}
	calls := func(count int) func() {
		return func() {
			for range count / together {
				for _, text := range texts {
					send(t, end, text)
				}
				for range texts {
					if got := receive(t, end); !strings.Contains(got, `"result":5`) {
						t.Fatal(got)
					}
				}
			}
		}
	}
	requireLevel(t, calls(10_000), calls(100_000))
}

// inProcess asks a handler without a connection; its answer's status is 0 if it was
// broken off.
func inProcess(ctx context.Context, handler http.Handler, method, body string, headers ...string) (w *httptest.ResponseRecorder) {
	r := httptest.NewRequestWithContext(ctx, method, "http://localhost/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w = httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause == http.ErrAbortHandler {
			w.Code = 0
		} else if cause != nil {
			panic(cause)
		}
	}()
	handler.ServeHTTP(w, r)
	return w
}

func TestAThousandSessionsLeaveNothingBehind(t *testing.T) {
	var running atomic.Int32
	s := soaked(&running)
	hello := strings.Replace(hello, "2025-06-18", "2025-11-25", 1)
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	wait := `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait"}}`
	ctx := t.Context()
	open := func() string {
		session := "Mcp-Session-Id: " + inProcess(ctx, s, "POST", hello).Header().Get("Mcp-Session-Id")
		if w := inProcess(ctx, s, "POST", ping, session); w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
		return session
	}
	rounds := func(count int) func() {
		return func() {
			for range count {
				session := open()
				// One that would never end, and whose client goes away.
				gone, goAway := context.WithCancel(ctx)
				left := make(chan struct{})
				go func() {
					defer close(left)
					inProcess(gone, s, "POST", wait, session)
				}()
				for running.Load() == 0 {
					runtime.Gosched()
				}
				goAway()
				<-left
				if w := inProcess(ctx, s, "DELETE", "", session); w.Code != 204 {
					t.Fatal(w.Code, w.Body)
				}
				if w := inProcess(ctx, s, "POST", ping, session); w.Code != 404 {
					t.Fatal(w.Code, w.Body)
				}
				for running.Load() > 0 {
					runtime.Gosched()
				}
			}
			// More than there is room for, so that those to come replace those that are there.
			for range count {
				open()
			}
		}
	}
	requireLevel(t, rounds(200), rounds(1_000))
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestCallsThatModernClientsGoAwayFromLeaveNothingBehind(t *testing.T) {
	var running atomic.Int32
	s := soaked(&running)
	body, headers := modernly("tools/call", "wait", "")
	rounds := func(count int) func() {
		return func() {
			for range count {
				gone, goAway := context.WithCancel(t.Context())
				answered := make(chan int)
				go func() { answered <- inProcess(gone, s, "POST", body, headers...).Code }()
				for running.Load() == 0 {
					runtime.Gosched()
				}
				goAway()
				if code := <-answered; code != 0 {
					t.Fatalf("it was answered with %d", code)
				}
			}
		}
	}
	requireLevel(t, rounds(200), rounds(1_000))
	if n := running.Load(); n != 0 {
		t.Errorf("%d handlers run on", n)
	}
}

func TestCallsOverHTTPLeaveNothingBehind(t *testing.T) {
	var running atomic.Int32
	s := soaked(&running)
	body, headers := modernly("tools/call", "add", `"arguments":{"A":2,"B":3}`)
	calls := func(count int) func() {
		return func() {
			for range count {
				if w := inProcess(t.Context(), s, "POST", body, headers...); !strings.Contains(w.Body.String(), `"result":5`) {
					t.Fatal(w.Code, w.Body)
				}
			}
		}
	}
	requireLevel(t, calls(2_000), calls(20_000))
}
