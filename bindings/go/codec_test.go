package isogloss_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
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
		fmt.Println("go: the official examples were not run, they are not beside this repository")
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

func TestArraysAreDecodedAsDeepAsTheLimitSays(t *testing.T) {
	decode := func(levels int) error {
		text := strings.Repeat("[", levels) + strings.Repeat("]", levels)
		_, err := wire.Decode([]byte(text), wire.Always, (*wire.Decoder).Raw)
		return err
	}
	if err := decode(protocol.MaxDepth); err != nil {
		t.Error(err)
	}
	check(t, decode(protocol.MaxDepth+1), strings.Repeat("[0]", protocol.MaxDepth)+fmt.Sprintf(": nesting deeper than %d", protocol.MaxDepth))
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

// What the generator derives from the official examples: the same with an
// unknown member, and near misses that the specification's schema refuses.
func TestNearMissesOfOfficialExamplesAreRefused(t *testing.T) {
	file, err := os.Open("../../target/official-corpus.jsonl")
	if err != nil {
		fmt.Println("go: what follows from the official examples was not run, target/official-corpus.jsonl is not there")
		t.SkipNow()
	}
	defer func() { _ = file.Close() }()
	right, all := map[string]int{}, map[string]int{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Kind, Type, Revision, Expect string
			JSON                         json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		group := map[string]string{"example": "round trip", "unknown": "unknown kept"}[line.Kind]
		if group == "" {
			group = "refused"
		}
		all[group]++
		out, err := protocol.Recode(line.Revision, line.Type, line.JSON)
		if (line.Expect == "same" && err == nil && equalJSON(t, line.JSON, out)) || (line.Expect == "refuse" && err != nil) {
			right[group]++
		} else {
			t.Errorf("%s: %v", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	var counts []string
	for _, group := range []string{"round trip", "unknown kept", "refused"} {
		counts = append(counts, fmt.Sprintf("%d/%d %s", right[group], all[group], group))
	}
	fmt.Println("go:", strings.Join(counts, ", "))
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
