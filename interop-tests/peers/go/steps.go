package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The steps of PEER.md.

const payload = `{"text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
 "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
 "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
 "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
 "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}}`

var tools = []string{"add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"}

// step says whether it went well, and what it saw.
type step func(ctx context.Context, c *isogloss.Client) (ok bool, detail any, err error)

var steps = []struct {
	name string
	run  step
}{
	{"ping", ping}, {"list_tools", listTools}, {"add", add}, {"echo_payload", echoPayload}, {"fail", fail},
	{"unknown_tool", unknownTool}, {"wrong_args", wrongArgs}, {"progress", progress}, {"cancel", cancel},
	{"cancel_srv", cancelServer}, {"ask_name", askedName}, {"resource", resource}, {"template", template},
	{"res_missing", missing}, {"prompt", prompt("greet")}, {"complete", complete}, {"big", big}, {"prompt_uni", prompt("grüß 日本")},
}

func ping(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	_, err := c.Ping(ctx)
	return err == nil, nil, err
}

func listTools(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	var names []string
	for tool, err := range c.Tools(ctx) {
		if err != nil {
			return false, nil, err
		}
		names = append(names, tool.Name)
	}
	slices.Sort(names)
	return slices.Equal(names, tools), names, nil
}

// structured is a tool's result as data; before 2025-06-18 it is in the text.
func structured(ctx context.Context, c *isogloss.Client, tool string, arguments any) (value any, err error) {
	result, err := c.CallTool(ctx, tool, arguments, nil)
	if err != nil {
		return nil, err
	}
	if c.Revision() < protocol.Revision20250618 {
		return value, json.Unmarshal([]byte(isogloss.TextOf(result)), &value)
	}
	return isogloss.Result[any](result)
}

func add(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	got, err := structured(ctx, c, "add", map[string]int{"a": 2, "b": 3})
	return reflect.DeepEqual(got, map[string]any{"sum": 5.0}), got, err
}

func echoPayload(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	var sent any
	if err := json.Unmarshal([]byte(payload), &sent); err != nil {
		return false, nil, err
	}
	got, err := structured(ctx, c, "echo_any", map[string]wire.Raw{"payload": wire.Raw(payload)})
	if reflect.DeepEqual(got, map[string]any{"echo": sent}) {
		return true, "equal", nil
	}
	return false, got, err
}

func fail(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	result, err := c.CallTool(ctx, "fail", nil, nil)
	if err != nil {
		return false, nil, err
	}
	text := isogloss.TextOf(result)
	return result.IsError != nil && *result.IsError && strings.Contains(text, "boom"), text, nil
}

// code is the code of a JSON-RPC error.
func code(err error) (int64, bool) {
	var failure *isogloss.Error
	ok := errors.As(err, &failure) && failure.Kind == isogloss.KindProtocol
	if !ok {
		return 0, false
	}
	return failure.Code, true
}

func refused(err error) (bool, any, error) {
	if code, ok := code(err); ok {
		return true, code, nil
	}
	return false, "answered", err
}

func unknownTool(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	_, err := c.CallTool(ctx, "no_such_tool", nil, nil)
	return refused(err)
}

func wrongArgs(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	result, err := c.CallTool(ctx, "add", map[string]any{"a": "x", "b": 3}, nil)
	if err != nil {
		code, _ := code(err)
		return code == isogloss.CodeInvalidParams, code, nil
	}
	return result.IsError != nil && *result.IsError, "isError", nil
}

func progress(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	var heard []string
	result, err := c.CallTool(ctx, "slow", map[string]int{"ms": 150}, &isogloss.CallOptions{
		OnProgress: func(p *protocol.ProgressNotificationParams) {
			heard = append(heard, fmt.Sprintf("%v/%v %s", p.Progress, value(p.Total), value(p.Message)))
		},
	})
	if err != nil {
		return false, heard, err
	}
	want := []string{"1/3 step 1", "2/3 step 2", "3/3 step 3"}
	return slices.Equal(heard, want) && isogloss.TextOf(result) == "done", heard, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func cancel(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	began := time.Now()
	ctx, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	defer stop()
	_, err := c.CallTool(ctx, "slow", map[string]int{"ms": 30_000}, nil)
	return errors.Is(err, context.DeadlineExceeded) && time.Since(began) < 2*time.Second, "cancelled", nil
}

// cancelServer asks again until the cancellation has reached the handler.
func cancelServer(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	for {
		result, err := c.CallTool(ctx, "cancels", nil, nil)
		if err != nil {
			return false, nil, err
		}
		if count := isogloss.TextOf(result); count != "0" {
			return true, count, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false, "0", nil
		}
	}
}

func askedName(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	result, err := c.CallTool(ctx, "ask_name", nil, nil)
	if err != nil {
		return false, nil, err
	}
	text := isogloss.TextOf(result)
	return text == "Hello, Zoë!", text, nil
}

func read(ctx context.Context, c *isogloss.Client, uri string) (text, mimeType string, err error) {
	result, err := c.ReadResource(ctx, uri)
	if err != nil {
		return "", "", err
	}
	for _, contents := range result.Contents {
		if contents, ok := contents.(*protocol.TextResourceContents); ok {
			return contents.Text, value(contents.MIMEType), nil
		}
	}
	return "", "", errors.New("no text")
}

func resource(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	text, mimeType, err := read(ctx, c, "text://greeting")
	return text == "héllo wörld ✓" && mimeType == "text/plain", []string{text, mimeType}, err
}

func template(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	text, _, err := read(ctx, c, "item://caf%C3%A9%20%E2%9C%93")
	return text == "item café ✓", text, err
}

func missing(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	_, _, err := read(ctx, c, "text://missing")
	return refused(err)
}

func prompt(name string) step {
	return func(ctx context.Context, c *isogloss.Client) (bool, any, error) {
		result, err := c.GetPrompt(ctx, name, map[string]string{"name": "Ann"})
		if err != nil {
			return false, nil, err
		}
		var said [][]string
		for _, message := range result.Messages {
			if text, ok := message.Content.(*protocol.TextContent); ok {
				said = append(said, []string{string(message.Role), text.Text})
			}
		}
		return reflect.DeepEqual(said, [][]string{{"user", "Greet Ann"}}), said, nil
	}
}

func complete(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	result, err := protocol.Complete(ctx, c, &protocol.CompleteRequestParams{
		Ref:      &protocol.PromptReference{Name: "greet"},
		Argument: protocol.CompletionArgument{Name: "name", Value: "Al"},
	})
	if err != nil {
		return false, nil, err
	}
	values := slices.Sorted(maps.Keys(set(result.Completion.Values)))
	return slices.Equal(values, []string{"Alan", "Alice"}), values, nil
}

func set(values []string) map[string]bool {
	all := map[string]bool{}
	for _, value := range values {
		all[value] = true
	}
	return all
}

func big(ctx context.Context, c *isogloss.Client) (bool, any, error) {
	result, err := c.CallTool(ctx, "big", map[string]int{"n": 2048}, nil)
	if err != nil {
		return false, nil, err
	}
	text := isogloss.TextOf(result)
	return text == strings.Repeat("x", 2048*1024), len(text), nil
}
