package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The mode `conformance-client`: each scenario of the official suite as a user of the
// SDK would write it. The suite names the scenario and what goes with it in the
// environment, and the server's address as the last argument.

// known is what a user of a scenario knows: arguments of tools.
type known struct {
	ToolCalls []struct {
		Name      string   `json:"name"`
		Arguments wire.Raw `json:"arguments"`
	} `json:"toolCalls"`
}

// scenarioTime is longer than any scenario takes.
const scenarioTime = time.Minute

// playScenario goes through the scenario.
func playScenario(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, scenarioTime)
	defer cancel()
	name := os.Getenv("MCP_CONFORMANCE_SCENARIO")
	var with known
	if text := os.Getenv("MCP_CONFORMANCE_CONTEXT"); text != "" {
		if err := json.Unmarshal([]byte(text), &with); err != nil {
			return fmt.Errorf("MCP_CONFORMANCE_CONTEXT: %w", err)
		}
	}
	authorizer, err := credentials(name, url)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	user := &user{}
	target := isogloss.HTTP(url, &isogloss.HTTPTargetOptions{Authorizer: authorizer})
	client, err := isogloss.Connect(ctx, target, user.options())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer client.Close()
	user.client = client
	if err := scenario(name)(ctx, client, with); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// user agrees to everything, and has something else done while being asked.
type user struct{ client *isogloss.Client }

func (u *user) options() *isogloss.ClientOptions {
	options := &isogloss.ClientOptions{
		Info:         protocol.Implementation{Name: "isogloss-go-conformance", Version: "0.1.0"},
		Capabilities: protocol.ClientCapabilities{Roots: &protocol.RootsCapability{}, Sampling: &protocol.SamplingCapability{}},
		FillDefaults: true,
		OnElicit:     u.answer,
		Logger:       slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	// That of the leg.
	if rev, ok := protocol.ParseRevision(os.Getenv("MCP_CONFORMANCE_PROTOCOL_VERSION")); ok && rev.Era() == protocol.Legacy {
		options.Era, options.Revision = isogloss.LegacyOnly, &rev
	} else if ok {
		options.Era = isogloss.ModernOnly
	}
	return options
}

func (u *user) answer(ctx context.Context, form *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
	if _, asked := form.RequestedSchema.Properties.Get("confirmed"); !asked {
		return isogloss.Accept(struct{}{})
	}
	if _, err := u.client.CallTool(ctx, "test_mrtr_unrelated", nil, nil); err != nil {
		return nil, err
	}
	return isogloss.Accept(map[string]bool{"confirmed": true})
}
