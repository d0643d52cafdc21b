package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Goes through the reference surface of any server, one line a step.

const (
	stepTime    = 5 * time.Second
	connectTime = 30 * time.Second
)

func runClient(ctx context.Context, era string, command []string) int {
	options := &isogloss.ClientOptions{
		Info:         protocol.Implementation{Name: "isogloss-go-peer", Version: "0.1.0"},
		Capabilities: protocol.ClientCapabilities{Elicitation: &protocol.ElicitationCapability{}},
		Era:          map[string]isogloss.EraMode{"legacy": isogloss.LegacyOnly, "modern": isogloss.ModernOnly}[era],
		Handler:      answering{},
	}
	if rev, ok := protocol.ParseRevision(os.Getenv("ISOGLOSS_REVISION")); ok && era == "legacy" {
		options.Revision = &rev
	}
	var client *isogloss.Client
	connected := report(ctx, "connect", connectTime, func(ctx context.Context) (bool, any, error) {
		var err error
		client, err = isogloss.Connect(ctx, isogloss.Command(command[0], command[1:]...), options)
		if err != nil {
			return false, nil, err
		}
		return true, map[string]any{"revision": client.Revision().String(), "server": client.Server().Name}, nil
	})
	if !connected {
		return 1
	}
	only, some := os.LookupEnv("ISOGLOSS_STEPS")
	for _, s := range steps {
		if (some && slices.Contains(strings.Split(only, ","), s.name)) || (!some && s.name != "ping") {
			report(ctx, s.name, stepTime, func(ctx context.Context) (bool, any, error) { return s.run(ctx, client) })
		}
	}
	report(ctx, "close", stepTime, func(context.Context) (bool, any, error) { return true, nil, client.Close() })
	return 0
}

// report runs a step within its time and prints its line.
func report(ctx context.Context, name string, limit time.Duration, run func(context.Context) (bool, any, error)) bool {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	ok, detail, err := run(ctx)
	if err != nil {
		ok, detail = false, err.Error()
	}
	line := json.NewEncoder(os.Stdout)
	line.SetEscapeHTML(false)
	if err := line.Encode(map[string]any{"step": name, "ok": ok, "detail": detail}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return ok
}

// answering is the user, who is called Zoë.
type answering struct {
	protocol.UnimplementedClient[*isogloss.Client]
}

func (answering) Elicit(context.Context, *isogloss.Client, protocol.ElicitRequestParams) (*protocol.ElicitResult, error) {
	return &protocol.ElicitResult{
		Action:  protocol.ElicitResultActionAccept,
		Content: wire.Map[protocol.ElicitValue]{{Name: "name", Value: protocol.ElicitValueString("Zoë")}},
	}, nil
}
