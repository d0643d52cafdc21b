package isogloss_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Both sides seen as bytes: what is answered to which line.

// raw serves a server and returns the other end of the connection.
func raw(t *testing.T, s *isogloss.Server) isogloss.Transport {
	t.Helper()
	here, there := isogloss.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), there) }()
	t.Cleanup(func() {
		if err := here.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return here
}

func send(t *testing.T, to isogloss.Transport, line string) {
	t.Helper()
	if err := to.Send(t.Context(), []byte(line)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, from isogloss.Transport) string {
	t.Helper()
	line, err := from.Receive()
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

const (
	hello  = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
)

func TestServerAnswersLineByLine(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"not JSON", `{"jsonrpc":`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid JSON at byte 11"}}`},
		{"an array", `[]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"expected object, found array: ` +
			`only revision 2025-03-26 has batches, send one message alone"}}`},
		{"no version", `{"id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"jsonrpc: expected \"2.0\""}}`},
		{"no method", `{"jsonrpc":"2.0","id":"é"}`, `{"jsonrpc":"2.0","id":"é","error":{"code":-32600,"message":"method: required member is missing"}}`},
		{"a null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`,
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"id: expected string or number, found null"}}`},
		{"params that are no object", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"params: expected object, found array"}}`},
		{"too deep, with an id", `{"jsonrpc":"2.0","id":7,"method":"ping","params":` + strings.Repeat(`{"a":`, 128) + `1` + strings.Repeat(`}`, 129),
			`{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"params` + strings.Repeat(".a", 127) + `: nesting deeper than 128"}}`},
		{"ping before anything", `{"jsonrpc":"2.0","id":9223372036854775807,"method":"ping"}`, `{"jsonrpc":"2.0","id":9223372036854775807,"result":{}}`},
		{"an id in another spelling", `{"jsonrpc":"2.0","id":20e-1,"method":"ping"}`, `{"jsonrpc":"2.0","id":2,"result":{}}`},
		{"an id with a fraction", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, `{"jsonrpc":"2.0","id":1.5,"result":{}}`},
		{"an id beyond all integers", `{"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"}`,
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"id: integer out of range"}}`},
		{"an id too small for a fraction", `{"jsonrpc":"2.0","id":1e-400,"method":"ping"}`,
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"id: integer out of range"}}`},
		{"half a character", `{"jsonrpc":"2.0","id":1,"method":"\ud800\ud800"}`,
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid JSON at byte 34: a surrogate without its other half"}}`},
		{"a line of something else than spaces", "\f", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid JSON at byte 0"}}`},
		{"a long name comes back cut", `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("é", 10_000) + `","params":{` + modern + `}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found: ` + strings.Repeat("é", (protocol.MaxErrorText-18)/2) + `…"}}`},
		{"a legacy request before initialize", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"initialize first, or name a modern revision in params._meta"}}`},
		{"an unknown method", `{"jsonrpc":"2.0","id":1,"method":"x/y","params":{` + modern + `}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found: x/y"}}`},
		{"a method of the other era", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{` + modern + `}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found: ping"}}`},
		{"params that are wrong", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + modern + `,"name":7}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"params.name: expected string, found number"}}`},
		{"a revision of tomorrow", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2099-01-01"}}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"unsupported protocol version","data":{"requested":"2099-01-01",` +
				`"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"]}}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			end := raw(t, weather())
			send(t, end, test.line)
			if got := receive(t, end); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestBothErasMeetOnOneConnection(t *testing.T) {
	end := raw(t, weather())
	send(t, end, hello)
	if got := receive(t, end); !strings.Contains(got, `"protocolVersion":"2025-06-18"`) {
		t.Error(got)
	}
	send(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}`)
	if got := receive(t, end); strings.Contains(got, "resultType") {
		t.Errorf("a legacy result with %s", got)
	}
	send(t, end, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{`+modern+`,"name":"count"}}`)
	if got := receive(t, end); !strings.Contains(got, `"resultType":"complete"`) {
		t.Errorf("a modern result without its type: %s", got)
	}
}

func TestInitializeIsAnsweredWithALegacyRevision(t *testing.T) {
	for asked, want := range map[string]string{"2024-11-05": "2024-11-05", "2026-07-28": "2025-11-25", "1999-01-01": "2025-11-25"} {
		end := raw(t, weather())
		send(t, end, strings.Replace(hello, "2025-06-18", asked, 1))
		if got := receive(t, end); !strings.Contains(got, `"protocolVersion":"`+want+`"`) {
			t.Errorf("asked for %s, got %s", asked, got)
		}
	}
}

func TestCancelledRequestIsNotAnswered(t *testing.T) {
	end := raw(t, weather())
	send(t, end, hello)
	receive(t, end)
	send(t, end, `{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"wait","_meta":{"progressToken":9007199254740993}}}`)
	if got := receive(t, end); !strings.Contains(got, `"progressToken":9007199254740993`) {
		t.Error(got)
	}
	send(t, end, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	send(t, end, `{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	if got := receive(t, end); got != `{"jsonrpc":"2.0","id":2,"result":{}}` {
		t.Error(got)
	}
}

func TestAnIdInUseIsRefused(t *testing.T) {
	end := raw(t, weather())
	send(t, end, hello)
	receive(t, end)
	send(t, end, `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"wait","_meta":{"progressToken":1}}}`)
	receive(t, end) // its progress: it is being handled
	send(t, end, `{"jsonrpc":"2.0","id":"x","method":"ping"}`)
	if got := receive(t, end); !strings.Contains(got, `"code":-32600`) {
		t.Error(got)
	}
	send(t, end, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}`)
}

// script answers a client's lines, each with what stands for a part of it.
func script(t *testing.T, answers map[string]string) isogloss.Transport {
	t.Helper()
	here, there := isogloss.Pipe()
	go func() {
		for {
			line, err := there.Receive()
			if err != nil {
				return
			}
			for part, answer := range answers {
				if !strings.Contains(string(line), part) || answer == "" {
					continue
				}
				id := string(line[strings.Index(string(line), `"id":`)+5:])
				id = id[:strings.Index(id, ",")]
				if there.Send(context.Background(), []byte(strings.ReplaceAll(answer, "ID", id))) != nil {
					return
				}
			}
		}
	}()
	return here
}

const (
	discover     = `"server/discover"`
	initialize   = `"initialize"`
	legacyServer = `{"jsonrpc":"2.0","id":ID,"result":{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"old","version":"1"}}}`
	modernServer = `{"jsonrpc":"2.0","id":ID,"result":{"supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}}`
)

func TestClientFindsTheRevision(t *testing.T) {
	refusal := `{"jsonrpc":"2.0","id":ID,"error":{"code":-32601,"message":"method not found"}}`
	legacyOnly := strings.Replace(modernServer, `"2026-07-28",`, "", 1)
	unsupported := func(versions string) string {
		return `{"jsonrpc":"2.0","id":ID,"error":{"code":-32022,"message":"no","data":{"requested":"2026-07-28","supported":[` + versions + `]}}}`
	}
	for _, test := range []struct {
		name    string
		era     isogloss.EraMode
		answers map[string]string
		want    string
		err     string
	}{
		{"modern, although the result's type is left out", isogloss.Auto, map[string]string{discover: modernServer}, "2026-07-28", ""},
		{"legacy after a refusal", isogloss.Auto, map[string]string{discover: refusal, initialize: legacyServer}, "2025-03-26", ""},
		{"legacy after silence", isogloss.Auto, map[string]string{initialize: legacyServer}, "2025-03-26", ""},
		{"legacy after legacy revisions only", isogloss.Auto, map[string]string{discover: legacyOnly, initialize: legacyServer}, "2025-03-26", ""},
		{"legacy after an unsupported version", isogloss.Auto,
			map[string]string{discover: unsupported(`"2025-11-25"`), initialize: legacyServer}, "2025-03-26", ""},
		{"legacy without asking", isogloss.LegacyOnly, map[string]string{discover: modernServer, initialize: legacyServer}, "2025-03-26", ""},
		{"none, if it must be modern", isogloss.ModernOnly, map[string]string{discover: refusal, initialize: legacyServer}, "", "the server speaks no modern revision: method not found (-32601)"},
		{"none, if nothing is common", isogloss.ModernOnly, map[string]string{discover: unsupported(`"2030-01-01"`)}, "",
			"no revision in common: the server speaks [2030-01-01], this client [2026-07-28 2025-11-25 2025-06-18 2025-03-26 2024-11-05]"},
		{"none, if the answer is none", isogloss.LegacyOnly, map[string]string{initialize: strings.Replace(legacyServer, "2025-03-26", "2030-01-01", 1)}, "",
			"no revision in common: the server speaks [2030-01-01], this client [2026-07-28 2025-11-25 2025-06-18 2025-03-26 2024-11-05]"},
		{"none from silence", isogloss.LegacyOnly, nil, "", "no answer to initialize within 50ms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, err := isogloss.Connect(t.Context(), isogloss.Over(script(t, test.answers)), &isogloss.ClientOptions{
				Era: test.era, Timeout: 50 * time.Millisecond, ProbeTimeout: 50 * time.Millisecond,
			})
			check(t, err, test.err)
			if err != nil {
				return
			}
			if got := client.Revision().String(); got != test.want {
				t.Errorf("agreed on %s", got)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCallThatGoesUnansweredTimesOut(t *testing.T) {
	client, err := isogloss.Connect(t.Context(), isogloss.Over(script(t, map[string]string{discover: modernServer})),
		&isogloss.ClientOptions{Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CallTool(t.Context(), "slow", nil, nil)
	check(t, err, "no answer to tools/call within 50ms")
	if !errors.Is(err, isogloss.ErrTimeout) {
		t.Errorf("%v is no timeout", err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	_, err = client.CallTool(t.Context(), "slow", nil, nil)
	if !errors.Is(err, isogloss.ErrClosed) {
		t.Errorf("%v is not closed", err)
	}
}

func TestCallIsCancelledWithItsContext(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.CallTool(ctx, "wait", nil, &isogloss.CallOptions{
			OnProgress: func(p *protocol.ProgressNotificationParams) {
				if p.Progress != 1 || *p.Total != 2 || (p.Message != nil && *p.Message != "waiting") {
					t.Errorf("got %+v", p)
				}
				cancel()
			},
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPendingCallEndsWithTheConnection(t *testing.T) {
	here, there := isogloss.Pipe()
	go func() {
		_, err := there.Receive()
		if err != nil {
			t.Error(err)
		}
		_ = there.Close()
	}()
	_, err := isogloss.Connect(t.Context(), isogloss.Over(here), nil)
	if !errors.Is(err, isogloss.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestManyRequestsAtOnceAreAllAnswered(t *testing.T) {
	const many = 5000
	there, here := io.Pipe()
	in, out := io.Pipe()
	client := isogloss.Lines(in, here)
	done := make(chan error, 1)
	go func() { done <- weather().Serve(context.Background(), isogloss.Lines(there, out)) }()
	go func() {
		for i := range many {
			if err := client.Send(context.Background(), []byte(`{"jsonrpc":"2.0","id":`+string(rune('0'+i%10))+`,"method":"ping"}`)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range many {
		// An id may be used again before its answer was read.
		if got := receive(t, client); !strings.Contains(got, `"result":{}`) {
			t.Error(got)
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Whoever reads for the server is held up by a client that takes no answers, and
// somebody else goes on: what was read meanwhile is answered all the same.
func TestWhatIsReadWhileNobodyTakesTheAnswersIsAnswered(t *testing.T) {
	there, here := io.Pipe()
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- weather().Serve(context.Background(), isogloss.Lines(there, out)) }()
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n"
	// The second write returns when the server reads again, although nobody takes
	// the answer to the first.
	for _, text := range []string{ping + "nonsense\n", ping} {
		if _, err := io.WriteString(here, text); err != nil {
			t.Fatal(err)
		}
	}
	answers := isogloss.Lines(in, nil)
	var all string
	for range 3 {
		all += receive(t, answers)
	}
	if strings.Count(all, `"result":{}`) != 2 || strings.Count(all, "-32700") != 1 {
		t.Error(all)
	}
	_ = here.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
