package isogloss

import (
	"strconv"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The state of a task as it is told: one text for tasks/get, for notifications and for
// the store.

// taskEnd is how a task ended.
type taskEnd struct {
	status protocol.TaskStatus
	// result is that of a completed one, which may tell that the tool failed.
	result wire.Raw
	// failure is that of a failed one.
	failure *Error
	// why is of a cancelled one, whose handler has not come to an end.
	why error
}

func cancelledTask(why error) taskEnd {
	return taskEnd{status: protocol.TaskStatusCancelled, why: why}
}

// state is how the task is now, as JSON.
func (t *task) state() (wire.Raw, error) {
	var members wire.Extra
	text := func(name, value string) { members.Set(name, wire.AppendString(nil, value)) }
	number := func(name string, value int64) { members.Set(name, strconv.AppendInt(nil, value, 10)) }
	text("createdAt", timestamp(t.created))
	text("lastUpdatedAt", timestamp(time.Now()))
	number("pollIntervalMs", t.how.PollInterval.Milliseconds())
	text("taskId", t.id)
	number("ttlMs", t.how.TTL.Milliseconds())
	message := t.talk.said()
	if end := t.ended(); end != nil {
		text("status", string(end.status))
		message = ""
		switch {
		case end.why != nil:
			message = end.why.Error()
		case end.failure != nil:
			message = cut(end.failure.Message)
			shown, _ := wire.Raw(appendError([]byte{'{'}, end.failure)).Get("error")
			members.Set("error", shown)
		default:
			members.Set("result", end.result)
		}
	} else if asked := t.talk.questions(); len(asked) > 0 {
		questions, err := t.written(asked)
		if err != nil {
			return nil, err
		}
		text("status", string(protocol.TaskStatusInputRequired))
		members.Set("inputRequests", questions)
	} else {
		text("status", string(protocol.TaskStatusWorking))
	}
	if message != "" {
		text("statusMessage", message)
	}
	return objectOf(members), nil
}

// written are questions, as a result has them that asks.
func (t *task) written(asked protocol.InputRequests) (wire.Raw, error) {
	encoding, err := protocol.Encode(nil, t.rev, &protocol.InputRequiredResult{InputRequests: asked})
	if err != nil {
		return nil, encodeError("a question", err)
	}
	questions, _ := wire.Raw(encoding.Data).Get("inputRequests")
	return questions, nil
}

// result is what a call is answered with that became this task.
func (t *task) result() *protocol.CreateTaskResult {
	status := protocol.TaskStatusWorking
	if len(t.talk.questions()) > 0 {
		status = protocol.TaskStatusInputRequired
	}
	return &protocol.CreateTaskResult{
		CreatedAt:      timestamp(t.created),
		LastUpdatedAt:  timestamp(time.Now()),
		PollIntervalMs: wire.Ptr(t.how.PollInterval.Milliseconds()),
		Status:         status,
		StatusMessage:  optional(t.talk.said()),
		TaskID:         t.id,
		TTLMs:          wire.Ptr(t.how.TTL.Milliseconds()),
	}
}

// timestamp is a moment as ISO 8601 has it: in UTC, to the millisecond.
func timestamp(moment time.Time) string { return moment.UTC().Format("2006-01-02T15:04:05.000Z") }

// withMember is an object with a member more.
func withMember(object wire.Raw, name string, value wire.Raw) wire.Raw {
	members, err := membersOf(object)
	if err != nil {
		return object // for whoever reads it
	}
	members.Set(name, value)
	return objectOf(members)
}
