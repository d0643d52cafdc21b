package otel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/otel"
)

// Spans around requests: their names, what they say, how they end, and whose they are.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const clientSpan = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

// recorded is a server that is recorded, a client of it, and what was recorded.
type recorded struct {
	t        *testing.T
	server   *isogloss.Server
	wire     isogloss.Transport
	exporter *tracetest.InMemoryExporter
	reader   *sdkmetric.ManualReader
	waiting  chan struct{} // hears that the tool `wait` runs
}

func newRecorded(t *testing.T) *recorded {
	r := &recorded{t: t, exporter: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader(), waiting: make(chan struct{})}
	s := isogloss.New("traced", "1")
	s.Use(otel.Middleware(&otel.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.exporter)),
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader)),
	}))
	isogloss.Tool(s, "count", "", func(context.Context, struct{}) (int, error) { return 3, nil })
	isogloss.Tool(s, "fail", "", func(context.Context, struct{}) (int, error) { return 0, errors.New("boom") })
	isogloss.Tool(s, "refuse", "", func(context.Context, struct{}) (int, error) {
		return 0, isogloss.ProtocolError(-32001, "not now")
	})
	isogloss.Tool(s, "panic", "", func(context.Context, struct{}) (int, error) { panic("a secret") })
	isogloss.Tool(s, "wait", "", func(ctx context.Context, _ struct{}) (int, error) {
		r.waiting <- struct{}{}
		<-ctx.Done()
		return 0, ctx.Err()
	})
	isogloss.Tool(s, "ask", "", func(ctx context.Context, _ struct{}) (int, error) {
		_, err := isogloss.Ask(ctx, isogloss.Form[struct{}]("Sure?"))
		return 0, err
	})
	isogloss.Tool(s, "inside", "", func(ctx context.Context, _ struct{}) (string, error) {
		return trace.SpanContextFromContext(ctx).SpanID().String() + " " + baggage.FromContext(ctx).Member("k").Value(), nil
	})
	isogloss.Prompt(s, "greet", "", func(context.Context, struct{}) (string, error) { return "hi", nil })
	isogloss.Resource(s, "text://broken", "", func(context.Context, struct{}) (string, error) { return "", errors.New("a secret") })
	here, there := isogloss.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), there) }()
	t.Cleanup(func() {
		_ = here.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	r.server, r.wire = s, here
	return r
}

const capabilities = `"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}`

// send sends a modern request; more are further members of its `_meta`.
func (r *recorded) send(id, method, params string, more ...string) {
	r.t.Helper()
	if err := r.wire.Send(r.t.Context(), []byte(request(id, method, params, more...))); err != nil {
		r.t.Fatal(err)
	}
}

func request(id, method, params string, more ...string) string {
	meta := strings.Join(append([]string{`"io.modelcontextprotocol/protocolVersion":"2026-07-28"`, capabilities}, more...), ",")
	if params != "" {
		params = "," + params
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":{"_meta":{%s}%s}}`, id, method, meta, params)
}

// ask sends a request and returns the answer.
func (r *recorded) ask(method, params string, more ...string) string {
	r.t.Helper()
	r.send("7", method, params, more...)
	answer, err := r.wire.Receive()
	if err != nil {
		r.t.Fatal(err)
	}
	return string(answer)
}

// span is the one span that was recorded since one last looked.
func (r *recorded) span() tracetest.SpanStub {
	r.t.Helper()
	spans := r.exporter.GetSpans()
	r.exporter.Reset()
	if len(spans) != 1 {
		r.t.Fatalf("found %d spans", len(spans))
	}
	return spans[0]
}

// says checks that attributes say all this; empty is what they must not say.
func says(t *testing.T, about string, found []attribute.KeyValue, expected map[string]string) {
	t.Helper()
	set := attribute.NewSet(found...)
	for key, text := range expected {
		if value, _ := set.Value(attribute.Key(key)); value.AsString() != text {
			t.Errorf("%s: %s: expected %q, found %q", about, key, text, value.AsString())
		}
	}
}

func TestASpanSaysWhatWasAskedAndHowItEnded(t *testing.T) {
	r := newRecorded(t)
	well, toolFailed := sdktrace.Status{}, sdktrace.Status{Code: codes.Error}
	failed := func(words string) sdktrace.Status { return sdktrace.Status{Code: codes.Error, Description: words} }
	for _, row := range []struct {
		method, params, name string
		says                 map[string]string
		status               sdktrace.Status
	}{
		{"tools/call", `"name":"count"`, "tools/call count", map[string]string{
			"mcp.method.name": "tools/call", "mcp.protocol.version": "2026-07-28",
			"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "count",
			"network.transport": "pipe", "network.protocol.name": "", "error.type": "",
		}, well},
		{"tools/call", `"name":"fail"`, "tools/call fail", map[string]string{"error.type": "tool_error", "rpc.response.status_code": ""}, toolFailed},
		{"tools/call", `"name":"refuse"`, "tools/call refuse", map[string]string{"error.type": "-32001", "rpc.response.status_code": "-32001"}, failed("not now")},
		{"tools/call", `"name":"panic"`, "tools/call panic", map[string]string{"error.type": "panic", "rpc.response.status_code": ""}, toolFailed},
		{"tools/call", `"name":"ask"`, "tools/call ask", map[string]string{"error.type": ""}, well},
		{"tools/call", `"name":"invented"`, "tools/call", map[string]string{"gen_ai.tool.name": "invented", "error.type": "-32602"}, failed("unknown tool: invented")},
		{"tools/call", "", "tools/call", map[string]string{"gen_ai.tool.name": "", "error.type": "-32602"}, failed("params.name: required member is missing")},
		{"prompts/get", `"name":"greet"`, "prompts/get greet", map[string]string{"gen_ai.prompt.name": "greet", "gen_ai.operation.name": ""}, well},
		{"resources/read", `"uri":"text://broken"`, "resources/read", map[string]string{"mcp.resource.uri": "text://broken", "error.type": "-32603"}, failed("internal error")},
		{"tools/list", "", "tools/list", map[string]string{"error.type": ""}, well},
		{"shop/own", "", "shop/own", map[string]string{"error.type": "-32601"}, failed("method not found: shop/own")},
	} {
		r.ask(row.method, row.params)
		span := r.span()
		if span.Name != row.name || span.SpanKind != trace.SpanKindServer || span.Status != row.status {
			t.Errorf("%s %s: found %q, %v, %+v", row.method, row.params, span.Name, span.SpanKind, span.Status)
		}
		row.says["jsonrpc.request.id"] = "7"
		says(t, row.name, span.Attributes, row.says)
	}
}

func TestWhatIsMeasuredIsToldApartByNothingThatAClientInvents(t *testing.T) {
	r := newRecorded(t)
	for _, tool := range []string{"fail", "fail", "invented", "other"} {
		r.ask("tools/call", `"name":"`+tool+`"`)
	}
	r.ask("shop/own", "")
	r.ask("shop/other", "")
	var measured metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &measured); err != nil {
		t.Fatal(err)
	}
	metric := measured.ScopeMetrics[0].Metrics[0]
	if metric.Name != "mcp.server.operation.duration" || metric.Unit != "s" {
		t.Errorf("found %s in %s", metric.Name, metric.Unit)
	}
	found := map[string]uint64{}
	for _, point := range metric.Data.(metricdata.Histogram[float64]).DataPoints {
		var words []string
		for _, one := range point.Attributes.ToSlice() {
			words = append(words, string(one.Key)+"="+one.Value.AsString())
		}
		found[strings.Join(words, " ")] = point.Count
		if point.Sum < 0 || point.Sum > 60 || !slices.Contains(point.Bounds, 0.01) {
			t.Errorf("found %+v", point)
		}
	}
	const rest = " mcp.protocol.version=2026-07-28 network.transport=pipe"
	expected := map[string]uint64{
		"error.type=tool_error gen_ai.operation.name=execute_tool gen_ai.tool.name=fail mcp.method.name=tools/call" + rest: 2,
		"error.type=-32602 gen_ai.operation.name=execute_tool mcp.method.name=tools/call" + rest:                           2,
		"error.type=-32601 mcp.method.name=_OTHER" + rest:                                                                  2,
	}
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("found %v", found)
	}
}

func TestOverHTTPASpanSaysSoAndNamesTheLegacySession(t *testing.T) {
	r := newRecorded(t)
	server := httptest.NewServer(r.server)
	t.Cleanup(func() {
		server.Close()
		_ = r.server.Close(context.Background())
	})
	post := func(body string, header map[string]string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		for name, value := range header {
			request.Header.Set(name, value)
		}
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("found %s", response.Status)
		}
		return response
	}
	post(request("1", "tools/call", `"name":"count"`), map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "count"})
	says(t, "modern", r.span().Attributes, map[string]string{"network.transport": "tcp", "network.protocol.name": "http", "mcp.session.id": ""})
	opened := post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`, nil)
	session := opened.Header.Get("Mcp-Session-Id")
	post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count","arguments":{}}}`,
		map[string]string{"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session})
	says(t, "legacy", r.span().Attributes, map[string]string{
		"network.transport": "tcp", "network.protocol.name": "http", "mcp.session.id": session, "mcp.protocol.version": "2025-11-25",
	})
}

func TestARequestThatIsCancelledSaysSo(t *testing.T) {
	r := newRecorded(t)
	r.send("7", "tools/call", `"name":"wait"`)
	<-r.waiting
	if err := r.wire.Send(t.Context(), []byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)); err != nil {
		t.Fatal(err)
	}
	isCancelled := func(span tracetest.SpanStub) bool { return span.Name == "tools/call wait" }
	at := -1
	for ; at < 0; at = slices.IndexFunc(r.exporter.GetSpans(), isCancelled) {
		r.ask("tools/list", "") // the cancellation was heard before it
	}
	span := r.exporter.GetSpans()[at]
	says(t, span.Name, span.Attributes, map[string]string{"error.type": "cancelled", "rpc.response.status_code": ""})
	if span.Status.Code != codes.Error {
		t.Errorf("found %+v", span.Status)
	}
}

func TestTheClientsSpanIsTheParentAndTheRequestsIsCurrentInItsHandler(t *testing.T) {
	r := newRecorded(t)
	answer := r.ask("tools/call", `"name":"inside"`, `"traceparent":"`+clientSpan+`"`, `"tracestate":"a=1"`, `"baggage":"k=v"`)
	span := r.span()
	if id := span.SpanContext.TraceID().String(); id != "0af7651916cd43dd8448eb211c80319c" || span.SpanContext.TraceState().Get("a") != "1" {
		t.Errorf("found the trace %s, %s", id, span.SpanContext.TraceState())
	}
	if span.Parent.SpanID().String() != "00f067aa0ba902b7" || !span.Parent.IsRemote() {
		t.Errorf("found the parent %+v", span.Parent)
	}
	says(t, "traced", span.Attributes, map[string]string{"traceparent": clientSpan, "tracestate": "a=1", "baggage": "k=v"})
	var message struct {
		Result struct{ StructuredContent struct{ Result string } }
	}
	if err := json.Unmarshal([]byte(answer), &message); err != nil || message.Result.StructuredContent.Result != span.SpanContext.SpanID().String()+" v" {
		t.Errorf("found %s (%v)", answer, err)
	}
	r.ask("tools/call", `"name":"inside"`, `"traceparent":"nonsense"`)
	if span := r.span(); span.Parent.IsValid() {
		t.Errorf("found the parent %+v", span.Parent)
	}
}

func TestWithoutAProviderNothingIsRecordedAndEverythingIsAnswered(t *testing.T) {
	r := newRecorded(t)
	s := isogloss.New("plain", "1")
	s.Use(otel.Middleware(nil))
	isogloss.Tool(s, "count", "", func(context.Context, struct{}) (int, error) { return 3, nil })
	client, err := isogloss.Connect(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if result, err := client.CallTool(t.Context(), "count", nil, nil); err != nil || isogloss.TextOf(result) != `{"result":3}` {
		t.Errorf("found %+v (%v)", result, err)
	}
	if spans := r.exporter.GetSpans(); len(spans) != 0 {
		t.Errorf("found %v", spans)
	}
}
