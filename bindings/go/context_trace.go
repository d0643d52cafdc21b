package isogloss

import (
	"iter"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// The trace that a request is a part of, as its `_meta` tells it: for handlers that
// call further on, and for whoever records spans. Nothing is recorded here.

// TraceContext is where a request stands in a distributed trace: what its client put
// into `_meta`, in the formats of W3C Trace Context and W3C Baggage. What does not
// follow them is left out. Give it on to what the handler calls:
//
//	for name, value := range about.Trace().All() {
//		request.Header.Set(name, value)
//	}
//
// https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
type TraceContext struct {
	// Parent is `traceparent`: version, trace, the caller's span, flags.
	Parent string
	// State is `tracestate`, what tracing systems add; empty without a parent.
	State string
	// Baggage is what the application adds.
	Baggage string
}

// Trace is where the request stands in a distributed trace.
func (c *Context) Trace() TraceContext {
	text := func(name string) string {
		raw, _ := c.request.params.Get("_meta", name)
		text, _ := raw.Text()
		if !isList(text) {
			return ""
		}
		return text
	}
	t := TraceContext{Parent: text("traceparent"), Baggage: text("baggage")}
	if !isTraceParent(t.Parent) {
		t.Parent = ""
		return t
	}
	t.State = text("tracestate")
	return t
}

// TraceID is the trace, 32 hexadecimal digits; empty without a parent.
func (t TraceContext) TraceID() string { return t.part(3, 35) }

// SpanID is the caller's span, 16 hexadecimal digits; empty without a parent.
func (t TraceContext) SpanID() string { return t.part(36, 52) }

// IsSampled reports whether the caller records the trace.
func (t TraceContext) IsSampled() bool {
	flags, err := strconv.ParseUint(t.part(53, 55), 16, 8)
	return err == nil && flags&1 == 1
}

func (t TraceContext) part(from, to int) string {
	if len(t.Parent) < to {
		return ""
	}
	return t.Parent[from:to]
}

// All are those that there are, by the names that they have on the wire.
func (t TraceContext) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, one := range [][2]string{{"traceparent", t.Parent}, {"tracestate", t.State}, {"baggage", t.Baggage}} {
			if one[1] != "" && !yield(one[0], one[1]) {
				return
			}
		}
	}
}

// isTraceParent reports whether a text is one.
// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
func isTraceParent(text string) bool {
	parts := strings.SplitN(text, "-", 5)
	if len(parts) < 4 || !isList(text) {
		return false
	}
	for i, digits := range []int{2, 32, 16, 2} {
		if len(parts[i]) != digits || strings.Trim(parts[i], "0123456789abcdef") != "" {
			return false
		}
	}
	never := parts[0] == "ff" || strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == ""
	// A version to come may have more to say; this one has not.
	return !never && (len(parts) == 4 || parts[0] != "00")
}

// isList reports whether a header could carry a text.
func isList(text string) bool {
	unfit := func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }
	return len(text) <= protocol.MaxTraceContext && !strings.ContainsFunc(text, unfit)
}
