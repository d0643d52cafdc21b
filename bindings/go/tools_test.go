package isogloss_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

const sumSchema = `{"type":"object","properties":{"sum":{"type":"integer","maximum":5}},"required":["sum"],"x-of":"mine"}`

// answering is a server whose one tool returns a value, under an output schema if
// there is one; what it logs goes to log.
func answering[Out any](value Out, schema string, log *bytes.Buffer) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "results", Version: "1"},
		&isogloss.ServerOptions{Logger: slog.New(slog.NewTextHandler(log, nil))})
	options := &isogloss.ToolOptions{}
	if schema != "" {
		options.OutputSchema = wire.Raw(schema)
	}
	isogloss.ToolWith(s, "give", "", options, func(context.Context, struct{}) (Out, error) { return value, nil })
	return s
}

func TestResultsAreWhatHandlersReturn(t *testing.T) {
	type limited struct {
		N    int      `json:"n" max:"3"`
		Text []string `json:"text" enum:"a,b"`
	}
	type sum struct {
		Sum int `json:"sum"`
	}
	var none *sum
	var nothing any
	failed := &protocol.CallToolResult{Content: []protocol.ContentBlock{isogloss.Text("no")}, IsError: wire.Ptr(true)}
	var log bytes.Buffer
	for _, test := range []struct {
		name string
		s    *isogloss.Server
		// text and content of the result, or what the log says of it.
		text, content, fault string
	}{
		{"a struct", answering(sum{5}, "", &log), `{"sum":5}`, `{"sum":5}`, ""},
		{"a pointer", answering(&sum{5}, "", &log), `{"sum":5}`, `{"sum":5}`, ""},
		{"a nil pointer", answering(none, "", &log), "", "", "a nil pointer is no result"},
		{"a nil any", answering(nothing, "", &log), "", "", ""},
		{"any", answering[any](sum{5}, "", &log), `{"sum":5}`, `{"sum":5}`, ""},
		{"any that is no object", answering[any]([]int{1}, "", &log), `{"result":[1]}`, `{"result":[1]}`, ""},
		{"nothing", answering(struct{}{}, "", &log), "", "", ""},
		{"a block", answering[protocol.ContentBlock](&protocol.TextContent{Text: "hi"}, "", &log), "hi", "", ""},
		{"blocks", answering(isogloss.Text("hi"), "", &log), "hi", "", ""},
		{"JSON", answering(wire.Raw(` { "a" : 1 } `), "", &log), `{"a":1}`, `{"a":1}`, ""},
		{"no JSON", answering(wire.Raw(`{`), "", &log), "", "", "invalid JSON"},
		{"what tags say", answering(limited{3, []string{"a"}}, "", &log), `{"n":3,"text":["a"]}`, `{"n":3,"text":["a"]}`, ""},
		{"what tags do not say", answering(limited{4, []string{"a", "c"}}, "", &log), "", "",
			`n: must be at most 3\ntext[1]: expected one of \"a\", \"b\", found \"c\"`},
		{"what a schema says", answering(sum{5}, sumSchema, &log), `{"sum":5}`, `{"sum":5}`, ""},
		{"what a schema does not say", answering(sum{6}, sumSchema, &log), "", "", "the result of give is not what its schema says: sum: must be at most 5"},
		{"what a schema says of no object", answering(5, `{"type":"object","properties":{"result":{"const":5}}}`, &log), `{"result":5}`, `{"result":5}`, ""},
		{"no structured content", answering(isogloss.Text("hi"), sumSchema, &log), "", "", "there is no structured content"},
		{"a failure", answering(failed, sumSchema, &log), "no", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			log.Reset()
			result, err := connect(t, test.s, nil).CallTool(t.Context(), "give", nil, nil)
			if test.fault != "" {
				if !errors.Is(err, &isogloss.Error{Kind: isogloss.KindProtocol, Code: isogloss.CodeInternalError}) ||
					strings.Contains(err.Error(), "sum") || !strings.Contains(log.String(), test.fault) {
					t.Errorf("got %v, %v; the log says %s", result, err, log.String())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text := isogloss.TextOf(result); text != test.text || string(result.StructuredContent) != test.content {
				t.Errorf("got %q, %s", text, result.StructuredContent)
			}
		})
	}
}

func TestASchemaWrittenByHandIsShownAsItIs(t *testing.T) {
	const input = `{"type":"object","$defs":{"n":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/n"}},` +
		`"x-of":[1,2.50],"minProperties":1,"description":"Mine."}`
	s := isogloss.New("raw", "1")
	isogloss.RawToolWith(s, "give", "", wire.Raw(input), &isogloss.ToolOptions{OutputSchema: wire.Raw(sumSchema)},
		func(_ context.Context, given wire.Raw) (wire.Raw, error) {
			return wire.Raw(`{"sum":` + string(given[5:len(given)-1]) + `}`), nil
		})
	c := connect(t, s, nil)
	for tool, err := range c.Tools(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if got := inOrder(t, tool.InputSchema); got != inOrder(t, wire.Raw(input)) {
			t.Errorf("got %s", got)
		}
		if got := inOrder(t, tool.OutputSchema); got != inOrder(t, wire.Raw(sumSchema)) {
			t.Errorf("got %s", got)
		}
	}
	result, err := c.CallTool(t.Context(), "give", wire.Raw(`{"a":2.0}`), nil)
	if err != nil || string(result.StructuredContent) != `{"sum":2}` {
		t.Errorf("got %v, %v", result, err)
	}
}

func TestWhatIsWrongWithASchemaIsReported(t *testing.T) {
	type in struct {
		A float64 `json:"a" header:"A"`
	}
	for _, test := range []struct {
		add  func(*isogloss.Server)
		want string
	}{
		{func(s *isogloss.Server) {
			isogloss.ToolWith(s, "x", "", &isogloss.ToolOptions{OutputSchema: wire.Raw(`{"type":"object","$ref":"other"}`)},
				func(context.Context, struct{}) (any, error) { return nil, nil })
		}, `tool "x": the output schema: $ref other is not in this schema, and nothing is fetched: put it under $defs`},
		{func(s *isogloss.Server) {
			isogloss.RawTool(s, "x", "", wire.Raw(`{"type":`), func(context.Context, wire.Raw) (any, error) { return nil, nil })
		}, `tool "x": the input schema: invalid JSON`},
		{func(s *isogloss.Server) {
			isogloss.Tool(s, "x", "", func(context.Context, in) (any, error) { return nil, nil })
		}, `tool "x": a: x-mcp-header is for a string, an integer or a boolean`},
		{func(s *isogloss.Server) {
			isogloss.Tool(s, "x", "", func(context.Context, []int) (any, error) { return nil, nil })
		}, `tool "x": []int: arguments are an object, so a struct or a map`},
	} {
		s := isogloss.New("wrong", "1")
		test.add(s)
		if err := s.Err(); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestWhatIsWrongWithArgumentsIsSaidWithinBounds(t *testing.T) {
	s := isogloss.New("long", "1")
	isogloss.Tool(s, "echo", "", func(_ context.Context, in struct{}) (any, error) { return nil, nil })
	var names []string
	for i := range 50 {
		names = append(names, `"`+strings.Repeat(string(rune('a'+i%26)), 2000+i)+`":1`)
	}
	text, isError := echoed(t, connect(t, s, nil), "{"+strings.Join(names, ",")+"}")
	if !isError || len(text) > 2*protocol.MaxErrorText || !strings.HasSuffix(text, "more") {
		t.Errorf("%v, %d bytes, … %.60q", isError, len(text), text[len(text)-60:])
	}
}

func TestToolThatFailsMaySayMoreThanAText(t *testing.T) {
	s := isogloss.New("theatre", "1")
	type booking struct {
		Booked int `json:"booked"`
	}
	isogloss.Tool(s, "book", "Books seats.", func(context.Context, struct{}) (booking, error) {
		return booking{}, &isogloss.ToolError{Result: &protocol.CallToolResult{
			Content:           []protocol.ContentBlock{isogloss.Text("4 seats are left"), isogloss.Text("on Friday")},
			StructuredContent: wire.Raw(`{"left":4}`),
		}}
	})
	at := serve(t, s).url
	for _, mode := range bothEras {
		result, err := dial(t, at, era(mode)).CallTool(t.Context(), "book", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if result.IsError == nil || !*result.IsError || isogloss.TextOf(result) != "4 seats are left\non Friday" || string(result.StructuredContent) != `{"left":4}` {
			t.Errorf("got %+v", result)
		}
	}
}
