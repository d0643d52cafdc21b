package isogloss_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// The generated code alone, held against messages that others wrote.

const officialExamples = "../../../shared/upstream-spec/2026-07-28/examples"

// example is one of the specification's own messages.
type example struct {
	definition, file string
	data             []byte
}

func examples(t *testing.T) []example {
	files, err := filepath.Glob(filepath.Join(officialExamples, "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		fmt.Println("not run: the official examples are not beside this repository")
		t.SkipNow()
	}
	var all []example
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, example{filepath.Base(filepath.Dir(file)), file, data})
	}
	return all
}

func TestOfficialExamplesSurviveUnchanged(t *testing.T) {
	all := examples(t)
	for _, e := range all {
		out, err := protocol.Recode("2026-07-28", e.definition, e.data)
		if err != nil {
			t.Errorf("%s: %v", e.file, err)
			continue
		}
		if !equalJSON(t, e.data, out) {
			t.Errorf("%s became %s", e.file, out)
		}
	}
	t.Logf("%d official examples decoded and encoded", len(all))
}

func TestUnknownMembersSurviveAtEveryDepth(t *testing.T) {
	places := 0
	for _, e := range examples(t) {
		var whole any
		if err := json.Unmarshal(e.data, &whole); err != nil {
			t.Fatal(err)
		}
		for _, object := range objects(whole) {
			object["x-unknown"] = map[string]any{"a": []any{1.5, nil}}
			data, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			delete(object, "x-unknown")
			out, err := protocol.Recode("2026-07-28", e.definition, data)
			if err != nil {
				// An object whose members are data has no room for this one.
				if strings.Contains(err.Error(), "x-unknown") {
					continue
				}
				t.Errorf("%s: %v", e.file, err)
				continue
			}
			if !equalJSON(t, data, out) {
				t.Errorf("%s: %s became %s", e.file, data, out)
			}
			places++
		}
	}
	t.Logf("unknown members survived at %d places", places)
}

// objects lists every object within a value.
func objects(v any) []map[string]any {
	var all []map[string]any
	switch v := v.(type) {
	case map[string]any:
		all = append(all, v)
		for _, inner := range v {
			all = append(all, objects(inner)...)
		}
	case []any:
		for _, inner := range v {
			all = append(all, objects(inner)...)
		}
	}
	return all
}

func equalJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
