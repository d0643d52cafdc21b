package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A client over HTTP: against our own server in every revision, and against servers
// that a test makes up.

// dial connects to an address, and closes with the test.
func dial(t *testing.T, url string, options *isogloss.ClientOptions) *isogloss.Client {
	t.Helper()
	return dialTo(t, isogloss.HTTP(url, nil), options)
}

func dialTo(t *testing.T, target isogloss.Target, options *isogloss.ClientOptions) *isogloss.Client {
	t.Helper()
	client, err := isogloss.Connect(t.Context(), target, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func era(mode isogloss.EraMode) *isogloss.ClientOptions { return &isogloss.ClientOptions{Era: mode} }

func speaking(rev protocol.Revision) *isogloss.ClientOptions {
	if rev.Era() == protocol.Modern {
		return era(isogloss.ModernOnly)
	}
	return &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Revision: &rev}
}

// streamable are the revisions that have Streamable HTTP.
func streamable() []protocol.Revision { return protocol.Revisions()[1:] }

func call(t *testing.T, c *isogloss.Client, name string) (*protocol.CallToolResult, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return c.CallTool(ctx, name, nil, nil)
}

// fails is the error of a call.
func fails(t *testing.T, c *isogloss.Client, name string) error {
	t.Helper()
	result, err := call(t, c, name)
	if err == nil {
		t.Fatalf("got %+v", result)
	}
	return err
}

func has(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %s", err, text)
		}
	}
}

func TestEveryRevisionIsSpokenOverHTTP(t *testing.T) {
	url := serve(t, weather()).url
	for _, rev := range streamable() {
		c := dial(t, url, speaking(rev))
		if c.Revision() != rev || c.Server().Name != "weather" {
			t.Errorf("got %s, %q", c.Revision(), c.Server().Name)
		}
		count := 0
		for _, err := range c.Tools(t.Context()) {
			if count++; err != nil {
				t.Fatal(err)
			}
		}
		if count != 5 {
			t.Errorf("%s: %d tools", rev, count)
		}
		if result, err := c.CallTool(t.Context(), "get_forecast", forecastIn{City: "Oslo", Days: 2}, nil); err != nil || isogloss.TextOf(result) != `{"city":"Oslo","days":[0,0]}` {
			t.Errorf("%s: got %+v, %v", rev, result, err)
		}
		if err := fails(t, c, "none"); !errors.Is(err, &isogloss.Error{Kind: isogloss.KindProtocol, Code: -32602}) {
			t.Errorf("%s: got %v", rev, err)
		}
		if read, err := c.ReadResource(t.Context(), "weather://caf%C3%A9/7", nil); err != nil || len(read.Contents) != 1 {
			t.Errorf("%s: got %+v, %v", rev, read, err)
		}
		if _, err := c.Ping(t.Context()); err != nil {
			t.Error(rev, err)
		}
	}
}

func TestNewestCommonRevisionIsFoundOverHTTP(t *testing.T) {
	if c := dial(t, serve(t, weather()).url, nil); c.Revision() != protocol.Revision20260728 {
		t.Errorf("got %s", c.Revision())
	}
}

func TestProgressIsHeardOverHTTP(t *testing.T) {
	s := isogloss.New("working", "1")
	isogloss.Tool(s, "work", "", func(ctx context.Context, _ struct{}) (int, error) {
		return 3, errors.Join(isogloss.FromContext(ctx).Progress(ctx, 1, 2, "one"), isogloss.FromContext(ctx).Progress(ctx, 2, 2, "two"))
	})
	url := serve(t, s).url
	for _, rev := range streamable() {
		var told []float64
		options := &isogloss.CallOptions{OnProgress: func(p *protocol.ProgressNotificationParams) { told = append(told, p.Progress) }}
		if _, err := dial(t, url, speaking(rev)).CallTool(t.Context(), "work", nil, options); err != nil || !slices.Equal(told, []float64{1, 2}) {
			t.Errorf("%s: got %v, %v", rev, told, err)
		}
	}
}

func TestServerAsksOverHTTPInEitherEra(t *testing.T) {
	url := serve(t, asking(nil, nil)).url
	for _, rev := range []protocol.Revision{protocol.Revision20250618, protocol.Revision20251125, protocol.Revision20260728} {
		options := zoe(isogloss.Auto)
		options.Era, options.Revision = speaking(rev).Era, speaking(rev).Revision
		c := dial(t, url, options)
		for _, tool := range []string{"hello", "rounds"} {
			if said, err := isogloss.Call[string](t.Context(), c, tool, nil, nil); err != nil || !strings.HasPrefix(said, "Zoë") {
				t.Errorf("%s, %s: got %q, %v", rev, tool, said, err)
			}
		}
	}
}

func TestMoreCallsThanMayBeOpenAtOnceAreAllAnswered(t *testing.T) {
	url := serve(t, weather()).url
	for _, rev := range []protocol.Revision{protocol.Revision20251125, protocol.Revision20260728} {
		c := dial(t, url, speaking(rev))
		var all sync.WaitGroup
		for i := range 2*protocol.MaxOpenCalls + 88 {
			all.Go(func() {
				result, err := c.CallTool(t.Context(), "get_forecast", forecastIn{City: fmt.Sprint(i), Days: 1}, nil)
				if err != nil {
					t.Error(rev, err)
				} else if found, err := isogloss.Result[forecast](result); err != nil || found.City != fmt.Sprint(i) {
					t.Errorf("%s: got %+v, %v", rev, found, err)
				}
			})
		}
		all.Wait()
	}
}

func TestCallThatNobodyWaitsForIsCancelledOnTheServer(t *testing.T) {
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	s := isogloss.New("slow", "1")
	isogloss.Tool(s, "slow", "", func(ctx context.Context, _ struct{}) (int, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return 0, ctx.Err()
	})
	url := serve(t, s).url
	for _, rev := range streamable() {
		c := dial(t, url, speaking(rev))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-began
			cancel()
		}()
		if _, err := c.CallTool(ctx, "slow", nil, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", rev, err)
		}
		expect(t, ended)
		// Long enough for its handler to have begun, on a machine that is busy.
		_, err := c.CallTool(t.Context(), "slow", nil, &isogloss.CallOptions{Timeout: time.Second / 3})
		if !errors.Is(err, isogloss.ErrTimeout) || !strings.Contains(err.Error(), "no answer to tools/call within 333.3") {
			t.Errorf("%s: got %v", rev, err)
		}
		expect(t, ended)
		expect(t, began)
	}
}

func expect(t *testing.T, happens <-chan struct{}) {
	t.Helper()
	select {
	case <-happens:
	case <-time.After(patience):
		t.Fatal("it did not happen")
	}
}

func TestClientThatIsClosedEndsItsCallsAndItsSession(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return or(h.handshake(), openStream(":\n\n")) })
	c := dial(t, s.url, era(isogloss.LegacyOnly))
	failed := make(chan error, 1)
	go func() {
		_, err := c.CallTool(context.Background(), "slow", nil, nil)
		failed <- err
	}()
	s.wait("tools/call")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, isogloss.ErrClosed) || err.Error() != "the client was closed" {
		t.Errorf("got %v", err)
	}
	end := s.of("DELETE")[0]
	if end.header.Get("Mcp-Session-Id") != "s1" || end.header.Get("Mcp-Protocol-Version") != "2025-11-25" {
		t.Errorf("got %v", end.header)
	}
	if err := fails(t, c, "x"); !errors.Is(err, isogloss.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestLegacyServerIsFoundWhateverItSaysToTheProbe(t *testing.T) {
	for name, probe := range map[string]func(*received) reply{
		"an error":               func(h *received) reply { return h.error(200, -32601) },
		"an error with a status": func(h *received) reply { return h.error(404, -32601) },
		"a status":               func(*received) reply { return say(400, "text/html", "<h1>Bad Request: no session</h1>") },
		"nonsense":               func(*received) reply { return say(200, "text/html", "hello") },
		"silence":                func(*received) reply { return openStream("") },
		"the end":                func(*received) reply { return rawBytes("") },
		"legacy revisions": func(h *received) reply {
			return h.result(`{"supportedVersions":["2025-06-18"],"capabilities":{},"ttlMs":0,"cacheScope":"private","resultType":"complete"}`)
		},
	} {
		s := newScripted(t, func(h *received) reply {
			if h.what() == "server/discover" {
				return probe(h)
			}
			return h.handshake()
		})
		c := dial(t, s.url, &isogloss.ClientOptions{ProbeTimeout: 50 * time.Millisecond})
		if c.Revision() != protocol.Revision20251125 || s.count("initialize") != 1 {
			t.Errorf("%s: %s after %q", name, c.Revision(), s.asked())
		}
		offered := "2025-11-25"
		if name == "legacy revisions" {
			offered = "2025-06-18"
		}
		if text := s.of("initialize")[0].text; !strings.Contains(text, `"protocolVersion":"`+offered+`"`) {
			t.Errorf("%s: got %s", name, text)
		}
	}
}

func TestWhoIsNotLetInIsToldSoAndTheEraIsNotGuessed(t *testing.T) {
	for _, code := range []int{401, 403} {
		s := newScripted(t, func(*received) reply { return say(code, "text/plain", "who\r\nare\x00you?") })
		_, err := isogloss.Connect(t.Context(), isogloss.HTTP(s.url, nil), nil)
		var own *isogloss.Error
		if !errors.As(err, &own) || own.Kind != isogloss.KindHTTP || own.Status != code || !strings.Contains(err.Error(), "who are you?") {
			t.Errorf("got %v", err)
		}
		if asked := s.asked(); !slices.Equal(asked, []string{"server/discover"}) {
			t.Errorf("got %q", asked)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	s := newScripted(t, func(*received) reply {
		return with("Location", "http://elsewhere.example/mcp?key=secret", status(307))
	})
	_, err := isogloss.Connect(t.Context(), isogloss.HTTP(s.url, nil), era(isogloss.ModernOnly))
	has(t, err, `"http://elsewhere.example/mcp"`, "redirects are not followed")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestAnswerThatIsTooLongFailsItsCallAlone(t *testing.T) {
	for _, streams := range []bool{false, true} {
		s := newScripted(t, func(h *received) reply {
			size := 10
			if h.body.Params.Name == "long" {
				size = 100_000
			}
			text := h.response(`{"resultType":"complete","content":[{"type":"text","text":"` + strings.Repeat("x", size) + `"}]}`)
			if streams {
				return or(h.discovery(), stream(event("1", text)))
			}
			return or(h.discovery(), sayJSON(200, text))
		})
		c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{MaxMessage: 50_000}), era(isogloss.ModernOnly))
		has(t, fails(t, c, "long"), "longer than the limit of 50000 bytes (MaxMessage)")
		if result, err := call(t, c, "short"); err != nil || len(isogloss.TextOf(result)) != 10 {
			t.Errorf("got %+v, %v", result, err)
		}
	}
}

func TestCompressedAnswerIsRefused(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		if h.header.Get("Accept-Encoding") != "identity" {
			t.Errorf("got %q", h.header["Accept-Encoding"])
		}
		return or(h.discovery(), with("Content-Encoding", "gzip", sayJSON(200, "\x1f\x8b")))
	})
	has(t, fails(t, dial(t, s.url, era(isogloss.ModernOnly)), "x"), `found "gzip"`)
}

func TestWhateverAServerSaysACallEndsAndTheNextOneWorks(t *testing.T) {
	const (
		other = `{"jsonrpc":"2.0","id":"other","result":{}}`
		both  = `{"jsonrpc":"2.0","id":2,"result":{},"error":{"code":1,"message":"x"}}`
		head  = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n"
	)
	for i, said := range []reply{
		rawBytes("SSH-2.0-OpenSSH\r\n"),
		rawBytes("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
		rawBytes(head + "content-length: 100\r\n\r\n{"),
		rawBytes(head + "transfer-encoding: chunked\r\n\r\nzz\r\n"),
		sayJSON(200, ""),
		sayJSON(200, "[]"),
		sayJSON(200, "\x00"),
		sayJSON(200, strings.Repeat("[", 10_000)),
		sayJSON(200, other),
		sayJSON(200, both),
		sayJSON(200, `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}`),
		sayJSON(200, `{"jsonrpc":"2.0","result":{}}`),
		say(200, "", "{}"),
		status(202),
		status(204),
		say(500, "text/plain", strings.Repeat("é", 100_000)),
		sayJSON(418, other),
		stream(""),
		stream("data: {\n\n"),
		stream("id: \x00\ndata: []\n\nevent: endpoint\ndata: /sse\n\n"),
		stream("data: " + other + "\n\ndata: " + both + "\n\n"),
	} {
		s := newScripted(t, func(h *received) reply {
			switch h.body.Params.Name {
			case "bad":
				return said
			case "good":
				return h.result(`{"resultType":"complete","content":[]}`)
			}
			return h.discovery()
		})
		c := dial(t, s.url, era(isogloss.ModernOnly))
		if err := fails(t, c, "bad"); len(err.Error()) > 1000 || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d: %v", i, err)
		}
		if _, err := call(t, c, "good"); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestModernRequestRepeatsItselfInHeaders(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		switch h.what() {
		case "tools/list":
			return h.result(`{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[
				{"name":"grüß","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}},
				{"name":"wrong","inputSchema":{"type":"object","properties":{"n":{"type":"number","x-mcp-header":"N"}}}}]}`)
		case "tools/call":
			// What a server says that wants the argument repeated.
			if h.header.Get("Mcp-Param-Region") == "" {
				return h.error(400, -32020)
			}
			return h.result(`{"resultType":"complete","content":[]}`)
		}
		return h.discovery()
	})
	var told recorder
	c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Header: http.Header{"x-tenant": {"blue"}}}),
		&isogloss.ClientOptions{Logger: slog.New(&told)})
	// Nobody has listed the tools: the client does, once it has to.
	for _, region := range []string{"ä", "eu"} {
		if _, err := c.CallTool(t.Context(), "grüß", map[string]string{"region": region}, nil); err != nil {
			t.Fatal(err)
		}
	}
	all := s.heard()
	if asked := s.asked(); !slices.Equal(asked, []string{"server/discover", "tools/call", "tools/list", "tools/call", "tools/call"}) {
		t.Fatalf("got %q", asked)
	}
	for name, value := range map[string]string{
		"Mcp-Protocol-Version": "2026-07-28",
		"Mcp-Method":           "tools/call",
		"Mcp-Name":             "=?base64?Z3LDvMOf?=",
		"Mcp-Param-Region":     "=?base64?w6Q=?=",
		"Accept":               "application/json, text/event-stream",
		"Content-Type":         "application/json",
		"X-Tenant":             "blue",
	} {
		if found := all[3].header[name]; !slices.Equal(found, []string{value}) {
			t.Errorf("%s: got %q", name, found)
		}
	}
	if found := all[4].header.Get("Mcp-Param-Region"); found != "eu" {
		t.Errorf("got %q", found)
	}
	if string(all[1].body.ID) == string(all[3].body.ID) {
		t.Error("a request that is made again has an id of its own")
	}
	var names []string
	for tool, err := range c.Tools(t.Context()) {
		if names = append(names, tool.Name); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(names, []string{"grüß"}) || !told.has("left out a tool", "wrong", "n: x-mcp-header is for a string") {
		t.Errorf("got %q, %s", names, told.text())
	}
}

func TestToolThatNoLongerMarksItsArgumentsHasNoHeaders(t *testing.T) {
	s := newScripted(t, func(h *received) reply {
		property := `"x-mcp-header":"Region"`
		if len(h.header["Mcp-Param-Region"]) > 0 || h.header.Get("Again") != "" {
			property = `"title":"Region"`
		}
		switch h.what() {
		case "tools/list":
			return h.result(`{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[
				{"name":"a","inputSchema":{"type":"object","properties":{"region":{"type":"string",` + property + `}}}}]}`)
		case "tools/call":
			return h.result(`{"resultType":"complete","content":[]}`)
		}
		return h.discovery()
	})
	again := &again{}
	c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Authorizer: again}), era(isogloss.ModernOnly))
	for _, marks := range []bool{true, false} {
		again.set = !marks
		if err := listTools(c); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CallTool(t.Context(), "a", map[string]string{"region": "eu"}, nil); err != nil {
			t.Fatal(err)
		}
		calls := s.of("tools/call")
		if found := calls[len(calls)-1].header["Mcp-Param-Region"]; (len(found) > 0) != marks {
			t.Errorf("got %q", found)
		}
	}
}

// again tells a server that something is asked again.
type again struct{ set bool }

func (a *again) Authorize(_ context.Context, r *http.Request) error {
	if a.set {
		r.Header.Set("Again", "yes")
	}
	return nil
}

func (a *again) Answered(context.Context, *http.Request, *http.Response) (bool, error) {
	return false, nil
}

func TestOurOwnServerTakesTheHeadersOfItsTools(t *testing.T) {
	c := dial(t, serve(t, weather()).url, nil)
	result, err := c.CallTool(t.Context(), "get_forecast", forecastIn{City: "grüß 日本", Days: 1}, nil)
	if err != nil || result.IsError != nil && *result.IsError {
		t.Errorf("got %+v, %v", result, err)
	}
}

// recorder is a log that is kept.
type recorder struct {
	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed with the next line
}

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *recorder) WithGroup(string) slog.Handler            { return r }
func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	line := record.Message
	record.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	if r.news != nil {
		close(r.news)
		r.news = nil
	}
	return nil
}

// wait waits for a line that has this.
func (r *recorder) wait(t *testing.T, text string) {
	t.Helper()
	for {
		r.mu.Lock()
		if r.news == nil {
			r.news = make(chan struct{})
		}
		news := r.news
		r.mu.Unlock()
		if r.has(text) {
			return
		}
		expect(t, news)
	}
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// has reports whether a line has all of these.
func (r *recorder) has(texts ...string) bool {
	for _, line := range strings.Split(r.text(), "\n") {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			return true
		}
	}
	return false
}

func TestServerIsReachedAtItsPathAlone(t *testing.T) {
	url := strings.TrimSuffix(serve(t, weather()).url, "mcp") + "other"
	_, err := isogloss.Connect(t.Context(), isogloss.HTTP(url, nil), nil)
	var own *isogloss.Error
	if !errors.As(err, &own) || own.Status != 404 {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsWrongWithATargetIsToldBeforeAnythingIsSent(t *testing.T) {
	for address, reason := range map[string]string{
		"example.com/mcp":                   "is no address of a server",
		"ftp://example.com/mcp":             "expected http:// or https://",
		"http:///mcp":                       "and a host",
		"https://me:secret@example.com/mcp": "an address with credentials",
		"http://me:secret@a:b/mcp":          "no address of a server",
	} {
		_, err := isogloss.Connect(t.Context(), isogloss.HTTP(address, nil), nil)
		if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", address, err)
		}
	}
	for name, value := range map[string]string{"two words": "x", "x-a": "line\nbreak", "Mcp-Session-Id": "x", "host": "x"} {
		options := &isogloss.HTTPTargetOptions{Header: http.Header{name: {value}}}
		_, err := isogloss.Connect(t.Context(), isogloss.HTTP("http://127.0.0.1:1/mcp", options), nil)
		has(t, err, fmt.Sprintf("the header %q: ", name))
	}
}

func TestAQueryIsInNoError(t *testing.T) {
	s := newScripted(t, func(*received) reply { return rawBytes("") })
	_, err := isogloss.Connect(t.Context(), isogloss.HTTP(s.url+"?key=secret", nil), era(isogloss.ModernOnly))
	has(t, err, s.url)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestHTTP2IsSpokenWithAClientOfOnesOwn(t *testing.T) {
	s := weather()
	began := make(chan struct{}, 1)
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("got %s", r.Proto)
		}
		s.ServeHTTP(w, r)
	}))
	site.EnableHTTP2 = true
	site.Config.ErrorLog = log.New(io.Discard, "", 0) // that nobody trusts it
	site.StartTLS()
	t.Cleanup(func() {
		site.Close()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, rev := range []protocol.Revision{protocol.Revision20251125, protocol.Revision20260728} {
		own := site.Client()
		own.Timeout = 10 * time.Millisecond // which is for others
		c := dialTo(t, isogloss.HTTP(site.URL, &isogloss.HTTPTargetOptions{Client: own}), speaking(rev))
		ctx, cancel := context.WithCancel(t.Context())
		options := &isogloss.CallOptions{OnProgress: func(*protocol.ProgressNotificationParams) {
			time.AfterFunc(20*time.Millisecond, cancel)
			began <- struct{}{}
		}}
		if _, err := c.CallTool(ctx, "wait", nil, options); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", rev, err)
		}
		expect(t, began)
		if result, err := call(t, c, "count"); err != nil || isogloss.TextOf(result) != `{"result":7}` {
			t.Errorf("%s: got %+v, %v", rev, result, err)
		}
	}
	// Nothing is sent to a server that cannot be trusted.
	_, err := isogloss.Connect(t.Context(), isogloss.HTTP(site.URL, nil), nil)
	if !errors.Is(err, isogloss.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	has(t, err, "certificate")
}
