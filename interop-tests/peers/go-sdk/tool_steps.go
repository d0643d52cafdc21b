// The steps of client mode which call tools: what each asks and what it expects back.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// Long enough that a call which is never cancelled runs into the step's timeout.
	cancelledCallMs = 30_000
	cancelAfter     = 300 * time.Millisecond
	pollEvery       = 100 * time.Millisecond
	invalidParams   = -32602
)

var tools = []string{"add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"}

const payloadText = `{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}`

func (s *steps) call(ctx context.Context, name string, arguments map[string]any) (*mcp.CallToolResult, error) {
	if arguments == nil {
		arguments = map[string]any{}
	}
	return s.session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: arguments})
}

func textOf(result *mcp.CallToolResult) string {
	var text strings.Builder
	for _, block := range result.Content {
		if content, ok := block.(*mcp.TextContent); ok {
			text.WriteString(content.Text)
		}
	}
	return text.String()
}

// valueOf is what a tool answered: structured, or before revision 2025-06-18 as
// the JSON of its text.
func valueOf(result *mcp.CallToolResult) any {
	if result.StructuredContent != nil {
		return result.StructuredContent
	}
	text := textOf(result)
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	return value
}

func payload() map[string]any {
	var value map[string]any
	if err := json.Unmarshal([]byte(payloadText), &value); err != nil {
		panic(err)
	}
	return value
}

func (s *steps) listTools(ctx context.Context) (outcome, error) {
	seen := []string{}
	for tool, err := range s.session.Tools(ctx, nil) {
		if err != nil {
			return outcome{}, err
		}
		seen = append(seen, tool.Name)
	}
	slices.Sort(seen)
	missing := slices.ContainsFunc(tools, func(name string) bool { return !slices.Contains(seen, name) })
	return outcome{!missing, seen}, nil
}

// tool is a step which is one tool call and a look at its result.
func (s *steps) tool(name string, arguments map[string]any, judge func(*mcp.CallToolResult) outcome) check {
	return func(ctx context.Context) (outcome, error) {
		result, err := s.call(ctx, name, arguments)
		if err != nil {
			return outcome{}, err
		}
		return judge(result), nil
	}
}

func isFive(result *mcp.CallToolResult) outcome {
	sum := valueOf(result)
	return outcome{reflect.DeepEqual(sum, map[string]any{"sum": 5.0}), sum}
}

func isPayload(result *mcp.CallToolResult) outcome {
	echo := valueOf(result)
	if reflect.DeepEqual(echo, map[string]any{"echo": payload()}) {
		return outcome{true, "equal"}
	}
	return outcome{false, echo}
}

func isBoom(result *mcp.CallToolResult) outcome {
	return outcome{result.IsError && strings.Contains(textOf(result), "boom"), textOf(result)}
}

func isGreeting(result *mcp.CallToolResult) outcome {
	return outcome{!result.IsError && textOf(result) == "Hello, Zoë!", textOf(result)}
}

func isBig(result *mcp.CallToolResult) outcome {
	text := textOf(result)
	return outcome{text == strings.Repeat("x", 2048*1024), len(text)}
}

func (s *steps) unknownTool(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "no_such_tool", nil)
	if err != nil {
		return errorCode(err, func(int64) bool { return true })
	}
	return outcome{false, map[string]any{"isError": result.IsError, "text": textOf(result)}}, nil
}

func (s *steps) wrongArgs(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "add", map[string]any{"a": "x", "b": 3})
	if err != nil {
		return errorCode(err, func(code int64) bool { return code == invalidParams })
	}
	if !result.IsError {
		return outcome{false, result.StructuredContent}, nil
	}
	return outcome{true, "isError"}, nil
}

func (s *steps) noteProgress(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progressSeen = append(s.progressSeen, []any{req.Params.Progress, req.Params.Total, req.Params.Message})
}

func (s *steps) progress(ctx context.Context) (outcome, error) {
	params := &mcp.CallToolParams{Name: "slow", Arguments: map[string]any{"ms": 150}}
	params.SetProgressToken("progress-step")
	result, err := s.session.CallTool(ctx, params)
	if err != nil {
		return outcome{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := [][]any{{1.0, 3.0, "step 1"}, {2.0, 3.0, "step 2"}, {3.0, 3.0, "step 3"}}
	return outcome{reflect.DeepEqual(s.progressSeen, wanted) && textOf(result) == "done", s.progressSeen}, nil
}

func (s *steps) cancel(ctx context.Context) (outcome, error) {
	before, err := s.cancels(ctx)
	if err != nil {
		return outcome{}, err
	}
	s.cancelsBefore = before
	soon, stop := context.WithTimeout(ctx, cancelAfter)
	defer stop()
	result, err := s.call(soon, "slow", map[string]any{"ms": cancelledCallMs})
	if err == nil {
		return outcome{false, textOf(result)}, nil
	}
	return outcome{errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil, err.Error()}, nil
}

func (s *steps) cancelSrv(ctx context.Context) (outcome, error) {
	for {
		count, err := s.cancels(ctx)
		if err != nil {
			return outcome{}, err
		}
		if count > s.cancelsBefore {
			return outcome{true, count}, nil
		}
		time.Sleep(pollEvery)
	}
}

func (s *steps) cancels(ctx context.Context) (int, error) {
	result, err := s.call(ctx, "cancels", nil)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(textOf(result))
}
