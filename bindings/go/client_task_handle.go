package isogloss

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A task that was handed out.

// ErrTaskCancelled is the error of a task that was cancelled, by whomever.
var ErrTaskCancelled = errors.New("the task was cancelled")

func taskCancelled(why *string) error {
	if why == nil {
		return ErrTaskCancelled
	}
	return fmt.Errorf("%w: %s", ErrTaskCancelled, *why)
}

// TaskHandle is a task on a server. Letting go of it leaves the task alone: with its id
// anyone who may can go on, now or after a restart.
//
// Wait and States are for one goroutine at a time; all else is for any number.
type TaskHandle struct {
	client *Client
	id     string
	since  time.Time

	// These belong to whoever waits.
	ttl, interval time.Duration
	asks          bool // it is worth a look at once
	isOver        bool
	seen          []byte // what was told of it last
	// answered are the questions that were: they may be there still when the task is
	// looked at again.
	answered map[string]struct{}
}

func newTaskHandle(c *Client, created *protocol.CreateTaskResult) *TaskHandle {
	t := &TaskHandle{
		client: c, id: created.TaskID, since: time.Now(), answered: map[string]struct{}{},
		asks: created.Status == protocol.TaskStatusInputRequired,
	}
	t.heed(created.PollIntervalMs, created.TTLMs)
	return t
}

// heed takes what the server asks for, within bounds.
func (t *TaskHandle) heed(interval, ttl *int64) {
	t.interval = max(milliseconds(interval, protocol.TaskPollInterval, protocol.MaxTaskPollInterval), protocol.MinTaskPollInterval)
	t.ttl = milliseconds(ttl, protocol.MaxTaskTTL, protocol.MaxTaskTTL)
}

// milliseconds are what is asked for, or this if nothing is; not negative, and no more
// than most.
func milliseconds(asked *int64, otherwise, most time.Duration) time.Duration {
	if asked == nil {
		return otherwise
	}
	return time.Duration(min(max(*asked, 0), most.Milliseconds())) * time.Millisecond
}

// ID is the task's id. It is worth keeping: it outlives this program. It is a secret as
// well, since whoever knows it may ask a server without access tokens about the task.
func (t *TaskHandle) ID() string { return t.id }

// State is how the task is now. It is an error if there is no such task, or not any
// more.
func (t *TaskHandle) State(ctx context.Context) (protocol.GetTaskResult, error) {
	return protocol.GetTask(ctx, t.client, &protocol.GetTaskRequestParams{TaskID: t.id})
}

// States yields how the task is, now and whenever that changes, to its end; what was told
// once is not told again. Questions are left to whoever goes through this: see
// [TaskHandle.Answer]. The last one is an error if a request fails, or the task's time is
// over.
func (t *TaskHandle) States(ctx context.Context) iter.Seq2[protocol.GetTaskResult, error] {
	return func(yield func(protocol.GetTaskResult, error) bool) {
		for !t.isOver || t.seen == nil {
			state, err := t.change(ctx)
			if !yield(state, err) || err != nil {
				return
			}
		}
	}
}

// Answer answers questions of the task; those that are left out wait on.
func (t *TaskHandle) Answer(ctx context.Context, answers protocol.InputResponses) error {
	_, err := protocol.UpdateTask(ctx, t.client, &protocol.UpdateTaskRequestParams{TaskID: t.id, InputResponses: answers})
	return err
}

// Wait waits for the end of the task, and has its questions answered by what answers the
// client's. The error is the one that the task failed with, [ErrTaskCancelled] if it was
// cancelled, one of the kind [ErrTimeout] if its time is over; or a request failed, or a
// question is not answered. When ctx ends the task is left alone.
func (t *TaskHandle) Wait(ctx context.Context) (*protocol.CallToolResult, error) {
	raw, err := t.end(ctx)
	if err != nil {
		return nil, err
	}
	var result protocol.CallToolResult
	if err := protocol.Decode(t.client.Revision(), raw, &result); err != nil {
		return nil, decodeError("the result of a task", err)
	}
	return &result, nil
}

// Cancel has the task cancelled. The server may let it come to its end all the same.
func (t *TaskHandle) Cancel(ctx context.Context) error {
	_, err := protocol.CancelTask(ctx, t.client, &protocol.CancelTaskRequestParams{TaskID: t.id})
	return err
}

// change waits until the task is another than was told before.
func (t *TaskHandle) change(ctx context.Context) (protocol.GetTaskResult, error) {
	ctx, cancel := t.within(ctx)
	defer cancel()
	for {
		state, err := t.look(ctx)
		if err != nil {
			return nil, whyGivenUp(ctx, err)
		}
		// Not by the time of the last change: clocks are coarse.
		encoding, err := protocol.Encode(nil, t.client.Revision(), state)
		if err != nil {
			return nil, encodeError("the state of a task", err)
		}
		if !bytes.Equal(t.seen, encoding.Data) {
			t.seen = encoding.Data
			return state, nil
		}
	}
}

// look looks at the task when it is time to.
func (t *TaskHandle) look(ctx context.Context) (protocol.GetTaskResult, error) {
	if !t.asks {
		if err := waitFor(ctx, t.interval); err != nil {
			return nil, err
		}
	}
	t.asks = false
	state, err := t.State(ctx)
	if err != nil {
		return nil, err
	}
	switch state := state.(type) {
	case *protocol.WorkingTaskResult:
		t.heed(state.PollIntervalMs, state.TTLMs)
	case *protocol.InputRequiredTaskResult:
		t.heed(state.PollIntervalMs, state.TTLMs)
	default:
		t.isOver = true
	}
	return state, nil
}

// waitFor lets so much time pass, unless ctx ends.
func waitFor(ctx context.Context, interval time.Duration) error {
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
