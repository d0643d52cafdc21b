package isogloss

import (
	"encoding/json"
	"log/slog"
	"math/rand"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

// Texts as the values of headers, and what is taken for a list of tools.

func TestTextsBecomeTheHeadersOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile("../../spec/vectors/header-values.json")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ Text, Value string }
	var vectors struct{ Values []row }
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors.Values) == 0 {
		t.Fatal(len(vectors.Values), err)
	}
	for _, v := range append(vectors.Values,
		row{"a b~!", "a b~!"},
		row{"\tx", "=?base64?CXg=?="},
		row{"=?base64?open", "=?base64?open"},
		row{"=?base64?=", "=?base64?="},
		row{"=?BASE64?eA==?=", "=?BASE64?eA==?="},
		row{"SGVsbG8=", "SGVsbG8="},
	) {
		if found := encodeHeader(v.Text); found != v.Value {
			t.Errorf("%q: got %q, want %q", v.Text, found, v.Value)
		}
	}
}

// headerText is a text that a header may or may not carry as it is.
type headerText string

// Generate implements quick.Generator.
func (headerText) Generate(r *rand.Rand, size int) reflect.Value {
	parts := []string{"a", " ", "é", "\n", "\x00", "=?base64?", "?=", "YQ==", "~", "\t", "日本"}
	var text strings.Builder
	for range r.Intn(size + 1) {
		text.WriteString(parts[r.Intn(len(parts))])
	}
	return reflect.ValueOf(headerText(text.String()))
}

func TestAnyTextBecomesAHeaderAndComesBack(t *testing.T) {
	comesBack := func(text headerText) bool {
		value := encodeHeader(string(text))
		found, err := decodeHeader(value)
		return err == nil && found == string(text) && isVisible(value) && strings.TrimSpace(value) == value
	}
	if err := quick.Check(comesBack, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func FuzzToolsLearned(f *testing.F) {
	for _, page := range []string{
		`{"tools":[{"name":"a","inputSchema":{"properties":{"x":{"type":"string","x-mcp-header":"X"}}}}]}`,
		`{"tools":[{"name":"a","inputSchema":{"properties":{"x":{"type":"number","x-mcp-header":"X"}}}},{"name":"b"}],"nextCursor":"c"}`,
		`{"tools":[1,{"name":2},{"name":"x-mcp-header"}],"tools":[],"x-mcp-header":1}`,
		`{"tools":"x-mcp-header"}`, `{}`, `[]`, `"x-mcp-header"`,
	} {
		f.Add(page)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if !json.Valid([]byte(page)) {
			return // what is no JSON gets no further than its envelope
		}
		var m mirrors
		learned := m.learn([]byte(page), slog.New(slog.DiscardHandler))
		if !json.Valid(learned) {
			t.Errorf("%s became %s", page, learned)
		}
		if again := m.learn(learned, slog.New(slog.DiscardHandler)); string(again) != string(learned) {
			t.Errorf("%s became %s, and that %s", page, learned, again)
		}
	})
}
