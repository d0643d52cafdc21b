package isogloss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The vectors that all languages share: arguments, what is refused when a tool is
// added, coercion, results.

type argumentVectors struct {
	Arguments []struct {
		Schema  json.RawMessage
		Accepts []struct {
			Given string
			Taken *string
		}
		Refuses []struct {
			Given    string
			Problems []string
		}
	}
	Registration []struct {
		Schema json.RawMessage
		Has    string
	}
	Coercion []struct {
		Schema json.RawMessage
		Rows   []struct {
			Given            string
			Taken            *string
			Mended, Problems []string
			Off              *[]string
		}
	}
	Wrapping []struct {
		Is           string
		Content      json.RawMessage
		OutputSchema json.RawMessage
	}
}

func readArgumentVectors(t *testing.T) (all argumentVectors) {
	t.Helper()
	text, err := os.ReadFile("../../spec/vectors/arguments.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Arguments) == 0 || len(all.Registration) == 0 || len(all.Coercion) == 0 || len(all.Wrapping) == 0 {
		t.Fatalf("the vectors lack a table: %d, %d, %d, %d",
			len(all.Arguments), len(all.Registration), len(all.Coercion), len(all.Wrapping))
	}
	return all
}

// echoing is a server with a tool that gives its arguments back.
func echoing(schema []byte, options *isogloss.ServerOptions) *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "vectors", Version: "1"}, options)
	isogloss.RawTool(s, "echo", "", wire.Raw(schema), func(_ context.Context, given wire.Raw) (wire.Raw, error) { return given, nil })
	return s
}

// called is the text of a call's result, and whether that is an error.
func echoed(t *testing.T, c *isogloss.Client, given string) (text string, isError bool) {
	t.Helper()
	result, err := c.CallTool(t.Context(), "echo", wire.Raw(given), nil)
	if err != nil {
		t.Fatalf("%s: %v", given, err)
	}
	return isogloss.TextOf(result), result.IsError != nil && *result.IsError
}

func compact(t *testing.T, given string) string {
	t.Helper()
	text, err := wire.AppendRaw(nil, wire.Raw(given))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVectorsOfArguments(t *testing.T) {
	for _, row := range readArgumentVectors(t).Arguments {
		c := connect(t, echoing(row.Schema, nil), nil)
		for _, accepted := range row.Accepts {
			want := compact(t, accepted.Given)
			if accepted.Taken != nil {
				want = *accepted.Taken
			}
			if text, isError := echoed(t, c, accepted.Given); isError || text != want {
				t.Errorf("%s\n%s: got %q, error %v", row.Schema, accepted.Given, text, isError)
			}
		}
		for _, refused := range row.Refuses {
			want := strings.Join(refused.Problems, "\n")
			if text, isError := echoed(t, c, refused.Given); !isError || text != want {
				t.Errorf("%s\n%s\ngot  %q\nwant %q", row.Schema, refused.Given, text, want)
			}
		}
	}
}

func TestVectorsOfRegistration(t *testing.T) {
	for _, row := range readArgumentVectors(t).Registration {
		err := echoing(row.Schema, nil).Err()
		if err == nil || !strings.Contains(err.Error(), `tool "echo": the input schema: `) || !strings.Contains(err.Error(), row.Has) {
			t.Errorf("%s\ngot  %v\nwant %s", row.Schema, err, row.Has)
		}
	}
}

func TestVectorsOfCoercion(t *testing.T) {
	for _, table := range readArgumentVectors(t).Coercion {
		var log bytes.Buffer
		reporting := connect(t, echoing(table.Schema, &isogloss.ServerOptions{
			Coercion: isogloss.CoercionReport, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		}), nil)
		silent := connect(t, echoing(table.Schema, &isogloss.ServerOptions{Coercion: isogloss.CoercionOn}), nil)
		off := connect(t, echoing(table.Schema, nil), nil)
		for _, row := range table.Rows {
			want := strings.Join(row.Problems, "\n")
			if row.Taken != nil {
				want = *row.Taken
			}
			log.Reset()
			for _, c := range []*isogloss.Client{reporting, silent} {
				if text, isError := echoed(t, c, row.Given); isError != (row.Taken == nil) || text != want {
					t.Errorf("%s\ngot  %q, error %v\nwant %q", row.Given, text, isError, want)
				}
			}
			if got := reported(t, log.Bytes()); !slices.Equal(got, row.Mended) {
				t.Errorf("%s\nreported %q\nwant     %q", row.Given, got, row.Mended)
			}
			text, isError := echoed(t, off, row.Given)
			switch {
			case row.Off == nil && isError:
				t.Errorf("%s: refused without coercion: %q", row.Given, text)
			case row.Off != nil && (!isError || text != strings.Join(*row.Off, "\n")):
				t.Errorf("%s\ngot  %q, error %v\nwant %q", row.Given, text, isError, *row.Off)
			}
		}
	}
}

// reported is what a log was told of arguments.
func reported(t *testing.T, log []byte) (all []string) {
	t.Helper()
	for line := range bytes.Lines(log) {
		var entry struct{ Msg, Tool string }
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatal(err)
		}
		if said, ok := strings.CutPrefix(entry.Msg, "arguments: "); ok && entry.Tool == "echo" {
			all = append(all, said)
		}
	}
	return all
}

func giving[Out any](value Out) *isogloss.Server {
	s := isogloss.New("vectors", "1")
	isogloss.Tool(s, "echo", "", func(context.Context, struct{}) (Out, error) { return value, nil })
	return s
}

func TestVectorsOfWrapping(t *testing.T) {
	type sum struct {
		Sum int `json:"sum"`
	}
	servers := map[string]*isogloss.Server{
		"integer": giving(3), "text": giving("sunny"), "list": giving([]string{"a", "b"}), "truth": giving(true),
		"object": giving(sum{5}), "nothing": giving(struct{}{}),
	}
	for _, row := range readArgumentVectors(t).Wrapping {
		c := connect(t, servers[row.Is], nil)
		result, err := c.CallTool(t.Context(), "echo", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		content := compact(t, string(row.Content))
		if content == "null" {
			if len(result.Content) > 0 || result.StructuredContent != nil {
				t.Errorf("%s: got %v, %s", row.Is, result.Content, result.StructuredContent)
			}
		} else if text := isogloss.TextOf(result); text != content || string(result.StructuredContent) != content {
			t.Errorf("%s: got %s, %s", row.Is, text, result.StructuredContent)
		}
		for tool, err := range c.Tools(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if got, want := inOrder(t, tool.OutputSchema), inOrder(t, row.OutputSchema); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", row.Is, got, want)
			}
		}
	}
}

// inOrder is a value as JSON with the members of objects by name.
func inOrder(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var again any
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	text, _ = json.Marshal(again) // it was read from JSON
	return string(text)
}

// declared is a server whose tool takes a type and gives it back.
func declared[In any]() *isogloss.Server {
	s := isogloss.New("vectors", "1")
	isogloss.Tool(s, "echo", "", func(_ context.Context, in In) (In, error) { return in, nil })
	return s
}

func TestVectorsOfArgumentsWithDeclaredTypes(t *testing.T) {
	servers := []*isogloss.Server{
		declared[struct {
			City string `json:"city"`
			Days int    `json:"days,omitempty" min:"1" max:"10"`
		}](),
		declared[struct {
			A int `json:"a"`
		}](),
		declared[struct {
			A string `json:"a" min:"2" max:"3"`
		}](),
		declared[struct {
			A string `json:"a" enum:"b,a"`
		}](),
		declared[struct {
			A float64 `json:"a" above:"0" below:"1"`
		}](),
		declared[struct {
			A float64 `json:"a" multipleOf:"0.1"`
		}](),
		declared[struct {
			A float64 `json:"a" multipleOf:"0.01"`
		}](),
		declared[struct {
			A []int `json:"a" min:"1" max:"2" unique:"true"`
		}](),
		declared[struct {
			All []int `json:"all,omitempty"`
		}](),
		declared[struct {
			A string `json:"a" pattern:"^[a-z]+$"`
		}](),
		declared[struct {
			A string `json:"a" pattern:"^(?:a|bc)*$"`
		}](),
		declared[struct {
			A string `json:"a" format:"date-time"`
		}](),
		declared[struct {
			A string `json:"a" format:"ipv6"`
		}](),
		declared[struct {
			A string `json:"a" format:"hostname"`
		}](),
		declared[map[string]int](),
	}
	rows := readArgumentVectors(t).Arguments
	for _, s := range servers {
		c := connect(t, s, nil)
		schema := ""
		for tool, err := range c.Tools(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			schema = inOrder(t, tool.InputSchema)
		}
		met := false
		for _, row := range rows {
			if inOrder(t, row.Schema) != schema {
				continue
			}
			met = true
			for _, accepted := range row.Accepts {
				want := accepted.Given
				if accepted.Taken != nil {
					want = *accepted.Taken
				}
				if text, isError := echoed(t, c, accepted.Given); isError || inOrder(t, json.RawMessage(text)) != inOrder(t, json.RawMessage(want)) {
					t.Errorf("%s\n%s: got %q, error %v", schema, accepted.Given, text, isError)
				}
			}
			for _, refused := range row.Refuses {
				want := strings.Join(refused.Problems, "\n")
				if text, isError := echoed(t, c, refused.Given); !isError || text != want {
					t.Errorf("%s\n%s\ngot  %q\nwant %q", schema, refused.Given, text, want)
				}
			}
		}
		if !met {
			t.Errorf("no vector has the schema %s", schema)
		}
	}
}
