// How the official Go SDK's client does what the steps of interop-tests/steps/go ask for.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"isogloss/steps"
)

const (
	modernRevision = "2026-07-28"
	legacyRevision = "2025-11-25"
)

// caller is a client of the server of this command or address.
type caller struct {
	transport, era string
	target         []string
	command        *exec.Cmd
	session        *mcp.ClientSession

	mu   sync.Mutex
	told func(steps.Progress) // who listens to the one call that wants to know
}

// revision is what is offered first: of the modern era, or of the legacy one alone.
func (c *caller) revision() string {
	if c.era != "legacy" {
		return modernRevision
	}
	if forced := os.Getenv("ISOGLOSS_REVISION"); forced != "" {
		return forced
	}
	return legacyRevision
}

func (c *caller) Connect(ctx context.Context) (steps.Connected, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "go-sdk-peer", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": steps.User}}, nil
		},
		ProgressNotificationHandler: c.note,
	})
	var wire mcp.Transport
	if c.transport == "http" {
		wire = &mcp.StreamableClientTransport{Endpoint: c.target[0]}
	} else {
		c.command = exec.Command(c.target[0], c.target[1:]...)
		wire = &mcp.CommandTransport{Command: c.command}
	}
	// The session outlives the step, so its context must too.
	session, err := client.Connect(context.WithoutCancel(ctx), wire, &mcp.ClientSessionOptions{ProtocolVersion: c.revision()})
	if err != nil {
		return steps.Connected{}, err
	}
	c.session = session
	seen := session.InitializeResult()
	found := steps.Connected{Revision: seen.ProtocolVersion}
	if seen.ServerInfo != nil {
		found.Server = seen.ServerInfo.Name
	}
	// The SDK cannot be told not to fall back, so a legacy session in modern mode is a failure here.
	if c.era == "modern" && found.Revision != modernRevision {
		return found, fmt.Errorf("it fell back to %s", found.Revision)
	}
	return found, nil
}

func (c *caller) Close() error {
	if c.session != nil {
		return c.session.Close()
	}
	if c.command != nil && c.command.Process != nil {
		return c.command.Process.Kill() // it may not heed the end of its stdin
	}
	return nil
}

func (c *caller) Tools(ctx context.Context) (names []string, err error) {
	for tool, err := range c.session.Tools(ctx, nil) {
		if err != nil {
			return nil, err
		}
		names = append(names, tool.Name)
	}
	return names, nil
}

func (c *caller) CallTool(ctx context.Context, name string, arguments any, told func(steps.Progress)) (steps.Result, error) {
	if arguments == nil {
		arguments = map[string]any{}
	}
	params := &mcp.CallToolParams{Name: name, Arguments: arguments}
	if told != nil {
		params.SetProgressToken("told")
		c.mu.Lock()
		c.told = told
		c.mu.Unlock()
	}
	result, err := c.session.CallTool(ctx, params)
	if err != nil {
		return steps.Result{}, err
	}
	var text strings.Builder
	for _, block := range result.Content {
		if content, ok := block.(*mcp.TextContent); ok {
			text.WriteString(content.Text)
		}
	}
	return steps.Result{Text: text.String(), Structured: result.StructuredContent, IsError: result.IsError}, nil
}

func (c *caller) note(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told(steps.Progress{Done: req.Params.Progress, Total: req.Params.Total, Message: req.Params.Message})
}

func (c *caller) ReadResource(ctx context.Context, uri string) (text, mediaType string, err error) {
	result, err := c.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return "", "", err
	}
	if len(result.Contents) != 1 {
		return "", "", fmt.Errorf("expected one content, found %d", len(result.Contents))
	}
	return result.Contents[0].Text, result.Contents[0].MIMEType, nil
}

func (c *caller) GetPrompt(ctx context.Context, name string, arguments map[string]string) (messages []steps.Message, err error) {
	result, err := c.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: arguments})
	if err != nil {
		return nil, err
	}
	for _, message := range result.Messages {
		if text, ok := message.Content.(*mcp.TextContent); ok {
			messages = append(messages, steps.Message{Role: string(message.Role), Text: text.Text})
		}
	}
	return messages, nil
}

func (c *caller) Complete(ctx context.Context, prompt, argument, value string) ([]string, error) {
	result, err := c.session.Complete(ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: prompt},
		Argument: mcp.CompleteParamsArgument{Name: argument, Value: value},
	})
	if err != nil {
		return nil, err
	}
	return result.Completion.Values, nil
}

func (c *caller) Code(err error) (int64, bool) {
	var wire *jsonrpc.Error
	if errors.As(err, &wire) {
		return wire.Code, true
	}
	return 0, false
}
