package jsonschema_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/jsonschema"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

type vectors struct {
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
			Off              []string
		}
	}
}

func lines(all []*wire.Error) []string {
	lines := []string{}
	for _, one := range all {
		lines = append(lines, one.Error())
	}
	return lines
}

func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../../../../spec/vectors/arguments.json")
	if err != nil {
		t.Fatal(err)
	}
	var all vectors
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, row := range all.Arguments {
		s, err := jsonschema.Compile(wire.Raw(row.Schema), "argument")
		if err != nil {
			t.Errorf("%s: %v", row.Schema, err)
			continue
		}
		for _, a := range row.Accepts {
			want := a.Given
			if a.Taken != nil {
				want = *a.Taken
			}
			checked := s.Check(wire.Raw(a.Given), false)
			if len(checked.Problems) > 0 || string(checked.Text) != want {
				t.Errorf("%s\n%s: %v %s", row.Schema, a.Given, checked.Problems, checked.Text)
			}
		}
		for _, r := range row.Refuses {
			if got := lines(s.Check(wire.Raw(r.Given), false).Problems); !slices.Equal(got, r.Problems) {
				t.Errorf("%s\n%s:\ngot  %q\nwant %q", row.Schema, r.Given, got, r.Problems)
			}
		}
	}
	for _, row := range all.Registration {
		_, err := jsonschema.Compile(wire.Raw(row.Schema), "argument")
		if row.Has != "arguments are an object" && (err == nil || !strings.Contains(err.Error(), row.Has)) {
			t.Errorf("%s\ngot  %v\nwant %s", row.Schema, err, row.Has)
		}
	}
	for _, row := range all.Coercion {
		s, err := jsonschema.Compile(wire.Raw(row.Schema), "argument")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range row.Rows {
			checked := s.Check(wire.Raw(r.Given), true)
			if got := lines(checked.Problems); r.Taken == nil && !slices.Equal(got, r.Problems) {
				t.Errorf("%s\ngot  %q\nwant %q", r.Given, got, r.Problems)
			}
			if r.Taken != nil && (string(checked.Text) != *r.Taken || !slices.Equal(lines(checked.Mended), r.Mended)) {
				t.Errorf("%s\ngot  %s %q\nwant %s %q", r.Given, checked.Text, lines(checked.Mended), *r.Taken, r.Mended)
			}
			if got := lines(s.Check(wire.Raw(r.Given), false).Problems); !slices.Equal(got, r.Off) {
				t.Errorf("off: %s\ngot  %q\nwant %q", r.Given, got, r.Off)
			}
		}
	}
}
