package isogloss_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Messages that are larger than usual.

const larger = 2 * protocol.MaxMessage

type mirrored struct {
	Text string `json:"text"`
}

// mirror is a server that takes larger messages, and gives them back.
func mirror() *isogloss.Server {
	s := isogloss.NewServer(protocol.Implementation{Name: "mirror", Version: "1"}, &isogloss.ServerOptions{MaxMessage: larger})
	isogloss.Tool(s, "mirror", "Gives a text back.", func(_ context.Context, in mirrored) (protocol.ContentBlock, error) {
		return isogloss.Text(in.Text), nil
	})
	return s
}

func TestWhatIsLargerThanUsualPassesWhereBothSidesTakeIt(t *testing.T) {
	text := strings.Repeat("x", protocol.MaxMessage)
	for way, target := range map[string]func() isogloss.Target{
		"stdio": func() isogloss.Target { return childProcess(t, "mirror") },
		"http":  func() isogloss.Target { return isogloss.HTTP(serve(t, mirror()).url, nil) },
	} {
		inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
			client := dialTo(t, target(), &isogloss.ClientOptions{Era: era, MaxMessage: larger})
			result, err := client.CallTool(t.Context(), "mirror", mirrored{text}, nil)
			if err != nil || isogloss.TextOf(result) != text {
				t.Errorf("%s: got %d bytes, %v", way, len(isogloss.TextOf(result)), err)
			}
			usual := dialTo(t, target(), &isogloss.ClientOptions{Era: era})
			_, err = usual.CallTool(t.Context(), "mirror", mirrored{text}, nil)
			has(t, err, "longer than the limit of 16777216 bytes")
		})
	}
}

func TestAnswerThatIsTooLongEndsItsCallAtOnceWhereItsIDComesLast(t *testing.T) {
	there, out := io.Pipe()
	in, here := io.Pipe()
	result := `{"resultType":"complete","content":[{"type":"text","text":"` + strings.Repeat("x", protocol.MaxMessage) + `"}]}`
	s := &scriptedServer{there: isogloss.Lines(there, here)}
	go s.run(func(h heard) []string {
		switch {
		case h.Method != "tools/call":
			return nil
		case h.param("name") == `"long"`:
			return []string{`{"jsonrpc":"2.0","result":` + result + `,"id":` + string(h.ID) + `}`}
		}
		return []string{h.result(`{"resultType":"complete","content":[]}`)}
	})
	inTime := &isogloss.CallOptions{Timeout: 30 * time.Second}
	client := connectTo(t, isogloss.Over(isogloss.Lines(in, out)), era(isogloss.ModernOnly))
	_, err := client.CallTool(t.Context(), "long", nil, inTime)
	has(t, err, "message longer than the limit of 16777216 bytes (MaxMessage)")
	if _, err := client.CallTool(t.Context(), "short", nil, inTime); err != nil {
		t.Error(err)
	}
}
