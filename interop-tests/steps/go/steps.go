package steps

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
)

const (
	// Long enough that a call which is never cancelled runs into the step's limit.
	cancelledCallMs = 30_000
	cancelAfter     = 300 * time.Millisecond
	pollEvery       = 100 * time.Millisecond
	invalidParams   = -32602
)

const payload = `{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}`

var tools = []string{"add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"}

// walk is one way through the steps, and what a later step has to know of an earlier one.
type walk struct {
	caller        Caller
	revision      string
	cancelsBefore int
}

type step struct {
	name string
	run  run
}

// steps are those after connect and before close, in order.
func (w *walk) steps() []step {
	all := []step{
		{"list_tools", w.listTools}, {"add", w.add}, {"echo_payload", w.echoPayload}, {"fail", w.fail},
		{"unknown_tool", w.unknownTool}, {"wrong_args", w.wrongArgs}, {"progress", w.progress}, {"cancel", w.cancel},
		{"cancel_srv", w.cancelServer}, {"ask_name", w.askName}, {"resource", w.resource}, {"template", w.template},
		{"res_missing", w.missing}, {"prompt", w.greet("greet")}, {"complete", w.complete}, {"big", w.big},
		{"prompt_uni", w.greet("grüß 日本")},
	}
	if pinger, ok := w.caller.(Pinger); ok {
		ping := func(ctx context.Context) (bool, any, error) { return true, nil, pinger.Ping(ctx) }
		all = slices.Insert(all, 0, step{"ping", ping})
	}
	return all
}

func (w *walk) connect(ctx context.Context) (bool, any, error) {
	connected, err := w.caller.Connect(ctx)
	w.revision = connected.Revision
	return true, connected, err
}

func (w *walk) close(context.Context) (bool, any, error) {
	return true, nil, w.caller.Close()
}

func (w *walk) listTools(ctx context.Context) (bool, any, error) {
	names, err := w.caller.Tools(ctx)
	slices.Sort(names)
	missing := slices.ContainsFunc(tools, func(name string) bool { return !slices.Contains(names, name) })
	return !missing, names, err
}

func (w *walk) add(ctx context.Context) (bool, any, error) {
	sum, err := w.data(ctx, "add", map[string]any{"a": 2, "b": 3})
	return reflect.DeepEqual(sum, map[string]any{"sum": 5.0}), sum, err
}

func (w *walk) echoPayload(ctx context.Context) (bool, any, error) {
	var sent any
	if err := json.Unmarshal([]byte(payload), &sent); err != nil {
		return false, nil, err
	}
	echo, err := w.data(ctx, "echo_any", map[string]any{"payload": sent})
	if reflect.DeepEqual(echo, map[string]any{"echo": sent}) {
		return true, "equal", err
	}
	return false, echo, err
}

// data is what a tool gave as data; before 2025-06-18, which has none, the JSON of its text.
func (w *walk) data(ctx context.Context, tool string, arguments any) (data any, err error) {
	result, err := w.caller.CallTool(ctx, tool, arguments, nil)
	if err == nil && w.revision < "2025-06-18" {
		return data, json.Unmarshal([]byte(result.Text), &data)
	}
	if result.Structured == nil {
		return result.Text, err
	}
	return result.Structured, err
}

func (w *walk) fail(ctx context.Context) (bool, any, error) {
	result, err := w.caller.CallTool(ctx, "fail", nil, nil)
	return result.IsError && strings.Contains(result.Text, "boom"), result.Text, err
}

func (w *walk) unknownTool(ctx context.Context) (bool, any, error) {
	result, err := w.caller.CallTool(ctx, "no_such_tool", nil, nil)
	return w.refused(result.Text, err)
}

// refused is how a call went that is to end with an error of JSON-RPC.
func (w *walk) refused(answer string, err error) (bool, any, error) {
	if code, ok := w.caller.Code(err); ok {
		return true, code, nil
	}
	return false, answer, err
}

func (w *walk) wrongArgs(ctx context.Context) (bool, any, error) {
	result, err := w.caller.CallTool(ctx, "add", map[string]any{"a": "x", "b": 3}, nil)
	if code, ok := w.caller.Code(err); ok {
		return code == invalidParams, code, nil
	}
	if result.IsError {
		return true, "isError", err
	}
	return false, result.Text, err
}

func (w *walk) progress(ctx context.Context) (bool, any, error) {
	var mu sync.Mutex
	var seen [][]any
	result, err := w.caller.CallTool(ctx, "slow", map[string]any{"ms": 150}, func(told Progress) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, w.asTold(told))
	})
	mu.Lock()
	defer mu.Unlock()
	wanted := [][]any{w.asTold(Progress{1, 3, "step 1"}), w.asTold(Progress{2, 3, "step 2"}), w.asTold(Progress{3, 3, "step 3"})}
	return reflect.DeepEqual(seen, wanted) && result.Text == "done", seen, err
}

// asTold leaves out the message before 2025-03-26, which has none.
func (w *walk) asTold(told Progress) []any {
	if w.revision < "2025-03-26" {
		return []any{told.Done, told.Total}
	}
	return []any{told.Done, told.Total, told.Message}
}

func (w *walk) cancel(ctx context.Context) (bool, any, error) {
	before, err := w.cancels(ctx)
	if err != nil {
		return false, nil, err
	}
	w.cancelsBefore = before
	soon, stop := context.WithTimeout(ctx, cancelAfter)
	defer stop()
	result, err := w.caller.CallTool(soon, "slow", map[string]any{"ms": cancelledCallMs}, nil)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return true, "cancelled", nil
	}
	return false, result.Text, err
}

// cancelServer asks again until the cancellation has reached the handler.
func (w *walk) cancelServer(ctx context.Context) (bool, any, error) {
	for {
		count, err := w.cancels(ctx)
		if err != nil || count > w.cancelsBefore {
			return err == nil, count, err
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return false, count, ctx.Err()
		}
	}
}

func (w *walk) cancels(ctx context.Context) (int, error) {
	result, err := w.caller.CallTool(ctx, "cancels", nil, nil)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(result.Text)
}

func (w *walk) askName(ctx context.Context) (bool, any, error) {
	result, err := w.caller.CallTool(ctx, "ask_name", nil, nil)
	return result.Text == "Hello, "+User+"!", result.Text, err
}

func (w *walk) resource(ctx context.Context) (bool, any, error) {
	text, mediaType, err := w.caller.ReadResource(ctx, "text://greeting")
	return text == "héllo wörld ✓" && mediaType == "text/plain", []string{text, mediaType}, err
}

func (w *walk) template(ctx context.Context) (bool, any, error) {
	text, _, err := w.caller.ReadResource(ctx, "item://caf%C3%A9%20%E2%9C%93")
	return text == "item café ✓", text, err
}

func (w *walk) missing(ctx context.Context) (bool, any, error) {
	text, _, err := w.caller.ReadResource(ctx, "text://missing")
	return w.refused(text, err)
}

// greet gets a prompt that greets.
func (w *walk) greet(prompt string) run {
	return func(ctx context.Context) (bool, any, error) {
		messages, err := w.caller.GetPrompt(ctx, prompt, map[string]string{"name": "Ann"})
		seen := [][]string{}
		for _, message := range messages {
			seen = append(seen, []string{message.Role, message.Text})
		}
		return reflect.DeepEqual(seen, [][]string{{"user", "Greet Ann"}}), seen, err
	}
}

func (w *walk) complete(ctx context.Context) (bool, any, error) {
	values, err := w.caller.Complete(ctx, "greet", "name", "Al")
	slices.Sort(values)
	return slices.Equal(values, []string{"Alan", "Alice"}), values, err
}

func (w *walk) big(ctx context.Context) (bool, any, error) {
	result, err := w.caller.CallTool(ctx, "big", map[string]any{"n": 2048}, nil)
	return result.Text == strings.Repeat("x", 2048*1024), len(result.Text), err
}
