package isogloss

import (
	"context"
	"errors"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Tasks, the client's side: a call that is answered with a task is followed to its end,
// or handed to whoever wants to hold the task: client_task_handle.go.
// https://modelcontextprotocol.io/extensions/tasks/overview
//
// A task is looked at again and again, as often as its server asks for and within
// bounds; news of it are not listened to.

// declareTasks has the capabilities say that tasks are known.
func (o *ClientOptions) declareTasks() {
	if o.Tasks {
		can := &o.Capabilities.Extensions
		*can = append(wire.Map[protocol.JSONObject]{}, *can...)
		can.Set(tasksExtension, wire.Raw("{}"))
	}
}

// BeginTool calls a tool, and hands out the task if the server makes it one; where
// ClientOptions.Tasks is not set it never does. One of the task and the result is nil.
// A task that was handed out is nobody's but the program's: it is cancelled by
// [TaskHandle.Cancel] alone, whatever becomes of ctx.
func (c *Client) BeginTool(ctx context.Context, name string, arguments any, options *CallOptions) (*TaskHandle, *protocol.CallToolResult, error) {
	var task *TaskHandle
	var with CallOptions
	if options != nil {
		with = *options
	}
	with.handOut = func(created *protocol.CreateTaskResult) { task = newTaskHandle(c, created) }
	result, err := c.CallTool(ctx, name, arguments, &with)
	if task != nil {
		return task, nil, nil
	}
	return nil, result, err
}

// Task is a task by its id, which was kept from [TaskHandle.ID]. Whether there is one is
// seen when it is looked at.
func (c *Client) Task(id string) *TaskHandle {
	return newTaskHandle(c, &protocol.CreateTaskResult{TaskID: id, Status: protocol.TaskStatusInputRequired})
}

// errHandedOut ends a call whose task was handed out.
var errHandedOut = errors.New("the task was handed out")

// finished is a result as it came, or that of the task that the request was answered
// with, if it may be.
func (c *Client) finished(ctx context.Context, o *outgoing, raw wire.Raw, options *CallOptions) (wire.Raw, error) {
	kind, _ := raw.Get("resultType")
	if text, _ := kind.Text(); text != "task" || !c.options.Tasks || o.method.Name != protocol.MethodCallTool {
		return raw, nil
	}
	var created protocol.CreateTaskResult
	if err := protocol.Decode(o.rev, raw, &created); err != nil {
		return nil, decodeError("the result of "+o.method.Name, err)
	}
	if options.handOut != nil {
		options.handOut(&created)
		return nil, errHandedOut
	}
	return newTaskHandle(c, &created).follow(ctx, options.Timeout)
}

// follow waits for the end of a task, and returns what its call would have been answered
// with. Given up, it cancels the task.
func (t *TaskHandle) follow(ctx context.Context, limit time.Duration) (wire.Raw, error) {
	within := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeoutCause(ctx, limit, timeoutError(protocol.MethodCallTool, limit))
		defer cancel()
	}
	raw, err := t.end(within)
	if err != nil && !t.isOver {
		// It is a courtesy: it must not keep the caller for long.
		courtesy, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := t.Cancel(courtesy); err != nil {
			t.client.log.Warn("could not cancel a task", "error", err)
		}
	}
	return raw, err
}

// end waits for the end of the task, and has its questions answered. The result is that
// of the call that became the task.
func (t *TaskHandle) end(ctx context.Context) (wire.Raw, error) {
	ctx, cancel := t.within(ctx)
	defer cancel()
	for {
		state, err := t.look(ctx)
		if err != nil {
			return nil, whyGivenUp(ctx, err)
		}
		switch state := state.(type) {
		case *protocol.InputRequiredTaskResult:
			if err := t.answerNew(ctx, state.InputRequests); err != nil {
				return nil, whyGivenUp(ctx, err)
			}
		case *protocol.CompletedTaskResult:
			return completed(state.Result), nil
		case *protocol.FailedTaskResult:
			failed := &state.Error
			return nil, &Error{Kind: KindProtocol, Code: failed.Code, Message: failed.Message, Data: failed.Data}
		case *protocol.CancelledTaskResult:
			return nil, taskCancelled(state.StatusMessage)
		}
	}
}

// within bounds what is waited for by the time that the server keeps the task.
func (t *TaskHandle) within(ctx context.Context) (context.Context, context.CancelFunc) {
	why := &Error{Kind: KindTimeout, Message: "the task did not end within " + t.ttl.String()}
	return context.WithDeadlineCause(ctx, t.since.Add(t.ttl), why)
}

// whyGivenUp is the error of a wait that ended: the one that says what was waited for,
// if time was up.
func whyGivenUp(ctx context.Context, err error) error {
	var late *Error
	if ctx.Err() != nil && errors.As(context.Cause(ctx), &late) {
		return late
	}
	return err
}

// answerNew has the questions answered that were not before.
func (t *TaskHandle) answerNew(ctx context.Context, asked protocol.InputRequests) error {
	var fresh protocol.InputRequests
	for _, question := range asked {
		if _, answered := t.answered[question.Name]; !answered {
			fresh = append(fresh, question)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	answers, err := t.client.answersTo(ctx, protocol.MethodGetTask, fresh)
	if err == nil {
		err = t.Answer(ctx, answers)
	}
	if err != nil {
		return err
	}
	for _, question := range fresh {
		t.answered[question.Name] = struct{}{}
	}
	// It goes on now, and may be done soon.
	t.interval = protocol.MinTaskPollInterval
	return nil
}

// completed is a result that says that it is one: within a task it need not.
func completed(raw wire.Raw) wire.Raw {
	if _, said := raw.Get("resultType"); said {
		return raw
	}
	return withMember(raw, "resultType", wire.Raw(`"complete"`))
}
