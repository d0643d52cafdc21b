// The steps of client mode in their order, and those which read resources and prompts; tool_steps.go
// has those which call tools.

package main

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type steps struct {
	session       *mcp.ClientSession
	cancelsBefore int
	mu            sync.Mutex
	progressSeen  [][]any
}

type namedStep struct {
	name string
	run  check
}

func (s *steps) all() []namedStep {
	return []namedStep{
		{"list_tools", s.listTools},
		{"add", s.tool("add", map[string]any{"a": 2, "b": 3}, isFive)},
		{"echo_payload", s.tool("echo_any", map[string]any{"payload": payload()}, isPayload)},
		{"fail", s.tool("fail", nil, isBoom)},
		{"unknown_tool", s.unknownTool},
		{"wrong_args", s.wrongArgs},
		{"progress", s.progress},
		{"cancel", s.cancel},
		{"cancel_srv", s.cancelSrv},
		{"ask_name", s.tool("ask_name", nil, isGreeting)},
		{"resource", s.resource},
		{"template", s.template},
		{"res_missing", s.resMissing},
		{"prompt", s.prompt},
		{"complete", s.complete},
		{"big", s.tool("big", map[string]any{"n": 2048}, isBig)},
		{"prompt_uni", s.promptUni},
	}
}

func (s *steps) read(ctx context.Context, uri string) (text, mimeType string, err error) {
	result, err := s.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return "", "", err
	}
	if len(result.Contents) != 1 {
		return "", "", errors.New("expected one content, found " + strconv.Itoa(len(result.Contents)))
	}
	return result.Contents[0].Text, result.Contents[0].MIMEType, nil
}

func (s *steps) resource(ctx context.Context) (outcome, error) {
	text, mimeType, err := s.read(ctx, "text://greeting")
	return outcome{text == "héllo wörld ✓" && mimeType == "text/plain", []string{text, mimeType}}, err
}

func (s *steps) template(ctx context.Context) (outcome, error) {
	text, _, err := s.read(ctx, "item://caf%C3%A9%20%E2%9C%93")
	return outcome{text == "item café ✓", text}, err
}

func (s *steps) resMissing(ctx context.Context) (outcome, error) {
	text, _, err := s.read(ctx, "text://missing")
	if err != nil {
		return errorCode(err, func(int64) bool { return true })
	}
	return outcome{false, text}, nil
}

func (s *steps) prompt(ctx context.Context) (outcome, error)    { return s.greet(ctx, "greet") }
func (s *steps) promptUni(ctx context.Context) (outcome, error) { return s.greet(ctx, "grüß 日本") }

func (s *steps) greet(ctx context.Context, name string) (outcome, error) {
	result, err := s.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: map[string]string{"name": "Ann"}})
	if err != nil {
		return outcome{}, err
	}
	seen := [][]string{}
	for _, message := range result.Messages {
		text, _ := message.Content.(*mcp.TextContent)
		if text == nil {
			text = &mcp.TextContent{}
		}
		seen = append(seen, []string{string(message.Role), text.Text})
	}
	return outcome{reflect.DeepEqual(seen, [][]string{{"user", "Greet Ann"}}), seen}, nil
}

func (s *steps) complete(ctx context.Context) (outcome, error) {
	result, err := s.session.Complete(ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: "greet"},
		Argument: mcp.CompleteParamsArgument{Name: "name", Value: "Al"},
	})
	if err != nil {
		return outcome{}, err
	}
	values := slices.Sorted(slices.Values(result.Completion.Values))
	return outcome{slices.Equal(values, []string{"Alan", "Alice"}), values}, nil
}
