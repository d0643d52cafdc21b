package isogloss_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The corpus that the generator writes for all languages: see spec/fixtures.

type corpusCase struct {
	Type    string
	Name    string
	JSON    string
	Encoded *string
	Numbers string
	Error   *struct{ Path, Message string }
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../spec/fixtures/corpus/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		var corpus struct {
			Revision string
			Cases    []corpusCase
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &corpus); err != nil {
			t.Fatal(err)
		}
		t.Run(corpus.Revision, func(t *testing.T) {
			for _, c := range corpus.Cases {
				out, err := protocol.Recode(corpus.Revision, c.Type, []byte(c.JSON))
				if c.Error != nil {
					c.refused(t, err)
				} else {
					c.accepted(t, out, err)
				}
			}
			t.Logf("%d messages", len(corpus.Cases))
		})
	}
}

func (c *corpusCase) refused(t *testing.T, err error) {
	var wrong *wire.Error
	if !errors.As(err, &wrong) {
		t.Errorf("%s, %s: %s: got %v, want %v", c.Type, c.Name, c.JSON, err, c.Error)
		return
	}
	right := wrong.Message == c.Error.Message
	if c.Error.Message == "invalid JSON" {
		right = strings.HasPrefix(wrong.Message, "invalid JSON")
	}
	if !right || wrong.Path != c.Error.Path {
		t.Errorf("%s, %s: %s\n got %q at %q\nwant %q at %q", c.Type, c.Name, c.JSON, wrong.Message, wrong.Path, c.Error.Message, c.Error.Path)
	}
}

func (c *corpusCase) accepted(t *testing.T, out []byte, err error) {
	if err != nil {
		t.Errorf("%s, %s: %s: %v", c.Type, c.Name, c.JSON, err)
		return
	}
	same := string(out) == *c.Encoded
	if c.Numbers == "free" {
		same = equalJSON(t, out, []byte(*c.Encoded))
	}
	if !same {
		t.Errorf("%s, %s: %s\n got %s\nwant %s", c.Type, c.Name, c.JSON, out, *c.Encoded)
	}
}
