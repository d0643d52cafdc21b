package isogloss_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// A server that says what a test wants it to say, and remembers what it heard.

type scriptedServer struct {
	mu    sync.Mutex
	heard []heard
	there isogloss.Transport
}

// heard is a message of the client.
type heard struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

func (h heard) result(result string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, h.ID, result)
}

func (h heard) refusal(code int, message string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%q}}`, h.ID, code, message)
}

// param is one of the message's parameters, as text.
func (h heard) param(path ...string) string {
	raw := h.Params
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return ""
		}
		raw = members[name]
	}
	return string(raw)
}

func notification(method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params)
}

// scripted is a server whose messages at each of the client's are these. Where it
// says nothing it is a server that can do everything, and agrees to what it is asked
// for in the legacy era.
func scripted(answer func(h heard) []string) (*scriptedServer, isogloss.Target) {
	here, there := isogloss.Pipe()
	s := &scriptedServer{there: there}
	go s.run(answer)
	return s, isogloss.Over(here)
}

const everyCapability = `{"logging":{},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"tools":{"listChanged":true}}`

func (s *scriptedServer) run(answer func(h heard) []string) {
	for {
		line, err := s.there.Receive()
		if err != nil {
			return
		}
		var h heard
		if err := json.Unmarshal(line, &h); err != nil {
			panic(err)
		}
		s.mu.Lock()
		s.heard = append(s.heard, h)
		s.mu.Unlock()
		texts := answer(h)
		if texts == nil {
			switch h.Method {
			case "server/discover":
				texts = []string{h.result(`{"supportedVersions":["2026-07-28"],"capabilities":` + everyCapability + `,"ttlMs":0,"cacheScope":"private"}`)}
			case "initialize":
				texts = []string{h.result(`{"protocolVersion":"2025-11-25","capabilities":` + everyCapability + `,"serverInfo":{"name":"old","version":"1"}}`)}
			case "logging/setLevel", "resources/subscribe", "resources/unsubscribe":
				texts = []string{h.result("{}")}
			}
		}
		s.say(texts...)
	}
}

// say sends messages; a client that has gone hears none.
func (s *scriptedServer) say(texts ...string) {
	for _, text := range texts {
		_ = s.there.Send(context.Background(), []byte(text))
	}
}

// all is what was heard with a method.
func (s *scriptedServer) all(method string) (found []heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if h.Method == method {
			found = append(found, h)
		}
	}
	return found
}

func (s *scriptedServer) count(method string) int { return len(s.all(method)) }

func (s *scriptedServer) methods() (methods []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		methods = append(methods, h.Method)
	}
	return methods
}

// connectTo connects and closes with the test.
func connectTo(t *testing.T, target isogloss.Target, options *isogloss.ClientOptions) *isogloss.Client {
	t.Helper()
	client, err := isogloss.Connect(t.Context(), target, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// soon waits for something that is about to happen in another goroutine.
func soon(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

var eras = []isogloss.EraMode{isogloss.LegacyOnly, isogloss.ModernOnly}

func eraName(era isogloss.EraMode) string {
	if era == isogloss.LegacyOnly {
		return "legacy"
	}
	return "modern"
}

// inBothEras runs a test in each.
func inBothEras(t *testing.T, run func(t *testing.T, era isogloss.EraMode)) {
	for _, era := range eras {
		t.Run(eraName(era), func(t *testing.T) { run(t, era) })
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
