package isogloss_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A client over HTTP that runs for long: calls that are answered, told of and
// cancelled, and clients that come and go, leave memory and goroutines as they were.

func TestClientsOverHTTPLeaveNothingBehind(t *testing.T) {
	var running atomic.Int32
	s := soaked(&running)
	isogloss.Tool(s, "tell", "Tells how far it is.", func(ctx context.Context, _ struct{}) (int, error) {
		return 1, isogloss.FromContext(ctx).Progress(ctx, 1, 1, "done")
	})
	isogloss.Tool(s, "begin", "Tells that it waits, and waits to be cancelled.", func(ctx context.Context, _ struct{}) (int, error) {
		if err := isogloss.FromContext(ctx).Progress(ctx, 1, 1, "waits"); err != nil {
			return 0, err
		}
		<-ctx.Done()
		return 0, ctx.Err()
	})
	url := serve(t, s).url
	use := func(rounds int) {
		for _, mode := range bothEras {
			for range rounds {
				useAndClose(t, url, mode)
			}
		}
	}
	requireLevel(t, func() { use(5) }, func() { use(40) })
}

// useAndClose is the life of a client: ten calls of each sort.
func useAndClose(t *testing.T, url string, mode isogloss.EraMode) {
	t.Helper()
	c, err := isogloss.Connect(t.Context(), isogloss.HTTP(url, nil), era(mode))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 10 {
		_, err := c.CallTool(t.Context(), "add", map[string]int{"A": 2, "B": 3}, nil)
		told := &isogloss.CallOptions{OnProgress: func(*protocol.ProgressNotificationParams) {}}
		_, failed := c.CallTool(t.Context(), "tell", nil, told)
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waits := &isogloss.CallOptions{OnProgress: func(*protocol.ProgressNotificationParams) { cancel() }}
		if _, err := c.CallTool(ctx, "begin", nil, waits); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
	}
}
