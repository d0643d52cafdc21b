// The steps of client mode: what each asks of the reference surface and what it expects back.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
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

const payload = `{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}`

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
		{"list_tools", s.listTools}, {"add", s.add}, {"echo_payload", s.echoPayload}, {"fail", s.fail},
		{"unknown_tool", s.unknownTool}, {"wrong_args", s.wrongArgs}, {"progress", s.progress},
		{"cancel", s.cancel}, {"cancel_srv", s.cancelSrv}, {"ask_name", s.askName},
		{"resource", s.resource}, {"template", s.template}, {"res_missing", s.resMissing},
		{"prompt", s.prompt}, {"complete", s.complete}, {"big", s.big}, {"prompt_uni", s.promptUni},
	}
}

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

func (s *steps) add(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "add", map[string]any{"a": 2, "b": 3})
	if err != nil {
		return outcome{}, err
	}
	return outcome{reflect.DeepEqual(result.StructuredContent, map[string]any{"sum": 5.0}), result.StructuredContent}, nil
}

func (s *steps) echoPayload(ctx context.Context) (outcome, error) {
	var sent map[string]any
	if err := json.Unmarshal([]byte(payload), &sent); err != nil {
		return outcome{}, err
	}
	result, err := s.call(ctx, "echo_any", map[string]any{"payload": sent})
	if err != nil {
		return outcome{}, err
	}
	if reflect.DeepEqual(result.StructuredContent, map[string]any{"echo": sent}) {
		return outcome{true, "equal"}, nil
	}
	if result.StructuredContent == nil {
		return outcome{false, textOf(result)}, nil
	}
	return outcome{false, result.StructuredContent}, nil
}

func (s *steps) fail(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "fail", nil)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result.IsError && strings.Contains(textOf(result), "boom"), textOf(result)}, nil
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

func (s *steps) askName(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "ask_name", nil)
	if err != nil {
		return outcome{}, err
	}
	return outcome{!result.IsError && textOf(result) == "Hello, Zoë!", textOf(result)}, nil
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

func (s *steps) big(ctx context.Context) (outcome, error) {
	result, err := s.call(ctx, "big", map[string]any{"n": 2048})
	if err != nil {
		return outcome{}, err
	}
	text := textOf(result)
	return outcome{text == strings.Repeat("x", 2048*1024), len(text)}, nil
}
