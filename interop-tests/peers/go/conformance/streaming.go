package conformance

import (
	"context"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tools that tell how far they are, and one that closes its stream before it
// answers.

const (
	pause        = 50 * time.Millisecond
	reconnection = 100 * time.Millisecond
)

// wait waits, unless the client gives up before.
func wait(ctx context.Context, long time.Duration) error {
	select {
	case <-time.After(long):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func offerStreaming(s *isogloss.Server) {
	plainly(s, "test_tool_with_progress", "Tells how far it is.", func(ctx context.Context) (content, error) {
		for _, done := range []float64{0, 50, 100} {
			if err := isogloss.FromContext(ctx).Progress(ctx, done, 100, ""); err != nil {
				return nil, err
			}
			if err := wait(ctx, pause); err != nil {
				return nil, err
			}
		}
		return content{text("All of it is done.")}, nil
	})
	plainly(s, "test_tool_with_logging", "Logs what it does.", func(ctx context.Context) (content, error) {
		for _, line := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := isogloss.FromContext(ctx).Log(ctx, protocol.LoggingLevelInfo, "", line); err != nil {
				return nil, err
			}
			if err := wait(ctx, pause); err != nil {
				return nil, err
			}
		}
		return content{text("Everything was logged.")}, nil
	})
	plainly(s, "test_reconnection", "Has its client come back.", func(ctx context.Context) (content, error) {
		isogloss.FromContext(ctx).CloseStream()
		return content{text("The client came back for this.")}, wait(ctx, reconnection)
	})
}
