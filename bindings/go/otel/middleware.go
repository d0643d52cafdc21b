// Package otel records the requests of a server: a span around every one, and how
// long it took, under the names that OpenTelemetry has for MCP. It is middleware for
// [isogloss.Server.Use], and a module of its own, so that the SDK itself has no
// dependencies.
//
// Arguments and results are not recorded: they are the user's.
//
// https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
package otel

import (
	"context"
	"strconv"
	"time"

	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Options are what records. The zero value is what the program has registered with
// OpenTelemetry.
type Options struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// methodKey is the first attribute of every measurement.
const methodKey = "mcp.method.name"

// notFound is the code of a method that there is not, which a client may invent.
var notFound = strconv.Itoa(isogloss.CodeMethodNotFound)

// scope is who records.
const scope = "github.com/isogloss-mcp/isogloss/bindings/go/otel"

// boundaries are how long requests take, in seconds, as the conventions have it.
var boundaries = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}

// Middleware records every request. Added first it sees what all other middleware
// does, too. The span of a client that traces, as `_meta` tells it, is the parent, and
// its baggage goes along. Nil options are the defaults.
func Middleware(options *Options) func(next isogloss.MethodHandler) isogloss.MethodHandler {
	o := Options{}
	if options != nil {
		o = *options
	}
	if o.TracerProvider == nil {
		o.TracerProvider = api.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = api.GetMeterProvider()
	}
	tracer := o.TracerProvider.Tracer(scope)
	duration, err := o.MeterProvider.Meter(scope).Float64Histogram("mcp.server.operation.duration",
		metric.WithUnit("s"),
		metric.WithDescription("How long a request took, from its arrival to its answer."),
		metric.WithExplicitBucketBoundaries(boundaries...))
	if err != nil {
		api.Handle(err)
	}
	return func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			ctx, r := begin(ctx, c, tracer)
			// Ended by a panic, it was none of the other ends.
			outcome := outcome{kind: "panic"}
			defer func() { r.end(ctx, duration, outcome) }()
			result, err := next(ctx, c)
			outcome = outcomeOf(ctx, c, result, err)
			return result, err
		}
	}
}

// recording is the span of one request.
type recording struct {
	span  trace.Span
	began time.Time
	// kept is what its measurement is told apart by: nothing that a client can invent.
	kept []attribute.KeyValue
}

func begin(ctx context.Context, c *isogloss.Context, tracer trace.Tracer) (context.Context, *recording) {
	name, kept, told := described(c)
	r := &recording{began: time.Now(), kept: kept}
	ctx, r.span = tracer.Start(parent(ctx, c), name,
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(kept...), trace.WithAttributes(told...))
	return ctx, r
}

func (r *recording) end(ctx context.Context, duration metric.Float64Histogram, o outcome) {
	if o.kind != "" {
		r.kept = append(r.kept, attribute.String("error.type", o.kind))
		r.span.SetAttributes(attribute.String("error.type", o.kind))
		r.span.SetStatus(codes.Error, o.message)
	}
	if o.code != "" {
		r.span.SetAttributes(attribute.String("rpc.response.status_code", o.code))
	}
	if o.code == notFound {
		r.kept[0] = attribute.String(methodKey, "_OTHER")
	}
	r.span.End()
	if duration != nil {
		duration.Record(ctx, time.Since(r.began).Seconds(), metric.WithAttributes(r.kept...))
	}
}

// parent is the client's span, if it names one, within whatever this process is
// doing.
func parent(ctx context.Context, c *isogloss.Context) context.Context {
	sent := propagation.MapCarrier{}
	for name, value := range c.Trace().All() {
		sent[name] = value
	}
	if len(sent) == 0 {
		return ctx
	}
	return formats.Extract(ctx, sent)
}

// formats are those that `_meta` has them in.
var formats = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// described is the name of a span, what a measurement keeps of it, and what else the
// span says.
func described(c *isogloss.Context) (name string, kept, told []attribute.KeyValue) {
	method := c.Method()
	kept = append(make([]attribute.KeyValue, 0, 8),
		attribute.String(methodKey, method),
		attribute.String("mcp.protocol.version", c.Revision().String()))
	if c.OverHTTP() {
		kept = append(kept, attribute.String("network.transport", "tcp"), attribute.String("network.protocol.name", "http"))
	} else {
		kept = append(kept, attribute.String("network.transport", "pipe"))
	}
	say := func(key, value string) {
		if value != "" {
			told = append(told, attribute.String(key, value))
		}
	}
	say("jsonrpc.request.id", id(c.RequestID()))
	say("mcp.session.id", c.SessionID())
	say("mcp.resource.uri", c.URI())
	for name, value := range c.Trace().All() {
		say(name, value)
	}
	key := "gen_ai.prompt.name"
	if method == protocol.MethodCallTool {
		key = "gen_ai.tool.name"
		kept = append(kept, attribute.String("gen_ai.operation.name", "execute_tool"))
	}
	target, isOffered := c.Target()
	if !isOffered {
		// Names that a client invents would make a new series each.
		say(key, target)
		return method, kept, told
	}
	return method + " " + target, append(kept, attribute.String(key, target)), told
}

// id is the id of a request, as a text.
func id(of protocol.RequestID) string {
	switch of := of.(type) {
	case protocol.RequestIDString:
		return string(of)
	case protocol.RequestIDInteger:
		return strconv.FormatInt(int64(of), 10)
	}
	return ""
}

// outcome is how a request ended; the zero value is well.
type outcome struct{ kind, code, message string }

func outcomeOf(ctx context.Context, c *isogloss.Context, result protocol.Encodable, err error) outcome {
	switch result := result.(type) {
	case *protocol.InputRequiredResult:
		if err == nil {
			return outcome{} // its run was ended on purpose
		}
	case *protocol.CallToolResult:
		if err == nil && ctx.Err() == nil && result != nil && result.IsError != nil && *result.IsError {
			return outcome{kind: "tool_error"}
		}
	}
	if ctx.Err() != nil {
		return outcome{kind: "cancelled"}
	}
	if err != nil {
		told := c.Told(err)
		code := strconv.FormatInt(told.Code, 10)
		return outcome{kind: code, code: code, message: told.Message}
	}
	return outcome{}
}
