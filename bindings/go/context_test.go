package isogloss_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What a handler is told of its request, and the lines of the log that it sends.

// told is what a context says.
type told struct {
	Method, Session, URI, Client, Trace, Span string
	ID                                        any
	Wants, Sampled                            bool
	Headers                                   map[string]string
}

func telling() *isogloss.Server {
	s := isogloss.New("telling", "1")
	tell := func(ctx context.Context) told {
		about := isogloss.FromContext(ctx)
		trace := about.Trace()
		client := ""
		if about.Client() != nil {
			client = about.Client().Name
		}
		return told{
			Method: about.Method(), Session: about.SessionID(), URI: about.URI(), Client: client, ID: about.RequestID(),
			Wants: about.WantsProgress(), Headers: maps.Collect(trace.All()),
			Trace: trace.TraceID(), Span: trace.SpanID(), Sampled: trace.IsSampled(),
		}
	}
	isogloss.Tool(s, "tell", "", func(ctx context.Context, _ struct{}) (told, error) { return tell(ctx), nil })
	isogloss.Resource(s, "text://{x}", "", func(ctx context.Context, _ struct {
		X string `json:"x"`
	}) (string, error) {
		text, err := json.Marshal(tell(ctx))
		return string(text), err
	})
	return s
}

// tells makes a request, and returns what its context said.
func tells(t *testing.T, end isogloss.Transport, request string) (all told) {
	t.Helper()
	send(t, end, request)
	var a answer
	if err := json.Unmarshal([]byte(receive(t, end)), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(a.text()), &all); err != nil {
		t.Fatal(a.text())
	}
	return all
}

func TestContextKnowsTheRequest(t *testing.T) {
	end := raw(t, telling())
	got := tells(t, end, `{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{`+modern+`,"name":"tell"}}`)
	if got.Method != "tools/call" || got.ID != "é" || got.Wants || got.Session != "" || got.Client != "" || len(got.Headers) > 0 {
		t.Errorf("got %+v", got)
	}
	got = tells(t, end, `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{`+
		strings.TrimSuffix(modern, "}")+`,"progressToken":7},"uri":"text://a%20b"}}`)
	if got.Method != "resources/read" || got.ID != 1.0 || !got.Wants || got.URI != "text://a%20b" {
		t.Errorf("got %+v", got)
	}
	send(t, end, hello)
	receive(t, end)
	got = tells(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tell"}}`)
	same(t, got.Client, "c")

	s := serve(t, telling())
	session := s.open("2025-11-25", "{}")
	text := s.body(s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tell"}}`, session))
	if _, id, _ := strings.Cut(session, ": "); !strings.Contains(text, `"Session":"`+id+`"`) {
		t.Errorf("got %s", text)
	}
}

func TestTraceParentIsTakenAsW3CHasIt(t *testing.T) {
	text, err := os.ReadFile("../../spec/vectors/trace.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Traceparent []struct {
			Text string
			Good bool
		}
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors.Traceparent) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors.Traceparent), err)
	}
	end := raw(t, telling())
	for _, v := range vectors.Traceparent {
		got := traced(t, end, map[string]any{"traceparent": v.Text})
		if _, taken := got.Headers["traceparent"]; taken != v.Good {
			t.Errorf("%q: taken is %v", v.Text, taken)
		}
	}
}

func TestWholeTraceParentsAreTakenAndNoOthers(t *testing.T) {
	end := raw(t, telling())
	taken := func(parent string) bool {
		_, is := traced(t, end, map[string]any{"traceparent": parent}).Headers["traceparent"]
		return is
	}
	whole := func(trace [16]byte, span [8]byte, flags, at byte, other rune) bool {
		trace[0] |= 1
		span[0] |= 1
		parent := fmt.Sprintf("00-%x-%x-%02x", trace, span, flags)
		if !taken(parent) {
			return false
		}
		// With one sign changed for another it is whole only if both are digits.
		i := int(at) % len(parent)
		changed := parent[:i] + string(other) + parent[i+1:]
		return strings.ContainsRune("0123456789abcdef-", other) || !taken(changed)
	}
	if err := quick.Check(whole, nil); err != nil {
		t.Error(err)
	}
}

// traced makes a request with this in its `_meta`.
func traced(t *testing.T, end isogloss.Transport, members map[string]any) told {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	more := strings.TrimPrefix(string(text), "{")
	return tells(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{`+strings.TrimSuffix(modern, "}")+","+more+`,"name":"tell"}}`)
}

func TestTraceLeavesOutWhatFollowsNoFormat(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
	end := raw(t, telling())
	long := strings.Repeat("x", protocol.MaxTraceContext+1)
	for _, c := range []struct {
		meta map[string]any
		want map[string]string
	}{
		{map[string]any{"traceparent": parent, "tracestate": "a=1", "baggage": "k=v"},
			map[string]string{"traceparent": parent, "tracestate": "a=1", "baggage": "k=v"}},
		{map[string]any{"traceparent": "nonsense", "tracestate": "a=1", "baggage": "k=v"}, map[string]string{"baggage": "k=v"}},
		{map[string]any{"traceparent": parent, "tracestate": long, "baggage": "ключ=1"}, map[string]string{"traceparent": parent}},
		{map[string]any{"baggage": "line\nbreak"}, map[string]string{}},
	} {
		if got := traced(t, end, c.meta); !maps.Equal(got.Headers, c.want) {
			t.Errorf("got %v, want %v", got.Headers, c.want)
		}
	}
	got := traced(t, end, map[string]any{"traceparent": parent})
	if got.Trace != "0af7651916cd43dd8448eb211c80319c" || got.Span != "00f067aa0ba902b7" || !got.Sampled {
		t.Errorf("got %+v", got)
	}
}

func logging() *isogloss.Server {
	s := isogloss.New("logging", "1")
	isogloss.Tool(s, "log", "", func(ctx context.Context, _ struct{}) (string, error) {
		about := isogloss.FromContext(ctx)
		for _, level := range []protocol.LoggingLevel{protocol.LoggingLevelDebug, protocol.LoggingLevelInfo, protocol.LoggingLevelError} {
			if err := about.Log(ctx, level, "disk", map[string]int{"free": 7}); err != nil {
				return "", err
			}
		}
		return "", nil
	})
	isogloss.Tool(s, "slog", "", func(ctx context.Context, _ struct{}) (string, error) {
		log := isogloss.FromContext(ctx).Logger(ctx, "index")
		if log.Enabled(ctx, slog.LevelDebug) {
			return "", isogloss.ProtocolError(1, "debug is enabled")
		}
		log.Debug("unseen")
		log.With("a", 1).WithGroup("g").Warn("first", "level", "b", "time", "c")
		log.Log(ctx, isogloss.LevelCritical+1, "second", "level", "mine")
		return "", nil
	})
	isogloss.Tool(s, "wrong", "", func(ctx context.Context, _ struct{}) (string, error) {
		return "", isogloss.FromContext(ctx).Log(ctx, protocol.LoggingLevelError, "", func() {})
	})
	return s
}

// lines calls a tool, and returns the params of what it logs.
func lines(t *testing.T, end isogloss.Transport, params string) (all []string) {
	t.Helper()
	send(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{`+params+`}}`)
	for {
		text := receive(t, end)
		params, is := strings.CutPrefix(text, `{"jsonrpc":"2.0","method":"notifications/message","params":`)
		if !is {
			return all
		}
		all = append(all, strings.TrimSuffix(params, "}"))
	}
}

func TestLineOfTheLogIsSentOnlyWhereItWasAskedFor(t *testing.T) {
	end := raw(t, logging())
	info, wrong := `{"data":{"free":7},"level":"info","logger":"disk"}`, `{"data":{"free":7},"level":"error","logger":"disk"}`
	asking := func(level string) string {
		return strings.TrimSuffix(modern, "}") + `,"io.modelcontextprotocol/logLevel":"` + level + `"},"name":"log"`
	}
	check := func(what, params string, want ...string) {
		t.Helper()
		if got := lines(t, end, params); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", what, got)
		}
	}
	check("a modern request that asks for none", modern+`,"name":"log"`)
	check("one that asks for warnings", asking("warning"), wrong)
	check("one that asks for notices", asking("info"), info, wrong)
	send(t, end, hello)
	receive(t, end)
	check("a legacy client that has set no level", `"name":"log"`, info, wrong)
	send(t, end, `{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"critical"}}`)
	same(t, receive(t, end), `{"jsonrpc":"2.0","id":1,"result":{}}`)
	check("one that wants to hear of the worst", `"name":"log"`)
}

func TestRecordsOfSlogAreLinesOfTheLog(t *testing.T) {
	end := raw(t, logging())
	send(t, end, hello)
	receive(t, end)
	got := lines(t, end, `"name":"slog"`)
	want := []string{
		`{"data":{"msg":"first","a":1,"g":{"level":"b","time":"c"}},"level":"warning","logger":"index"}`,
		`{"data":{"msg":"second","level":"mine"},"level":"critical","logger":"index"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	send(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wrong"}}`)
	if text := receive(t, end); !strings.Contains(text, "a line of the log: json: unsupported type") {
		t.Errorf("got %s", text)
	}
}
