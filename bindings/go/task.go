package isogloss

import (
	"cmp"
	"context"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Tasks: calls of tools that are answered before they are done, and asked about until
// they are. Here is what a program says of them; which calls become tasks is
// task_call.go, what clients ask about them task_methods.go, and how they run and end
// task_running.go.
// https://modelcontextprotocol.io/extensions/tasks/overview
//
// The experimental tasks of revision 2025-11-25 are not served.

// tasksExtension is what both sides declare.
const tasksExtension = "io.modelcontextprotocol/tasks"

// AsTask is how a tool runs as a task, for a client that has declared the extension.
// Other clients wait for its result. The zero value has the defaults.
//
// A call that is done at once is answered at once: wrong arguments make no task. In a
// task [Ask] waits for its answer where it is, and the handler does not run again; the
// message of [Context.Progress] is what the task says of itself.
//
// The context of the handler ends when the task is cancelled, when its time is over,
// and with the server: see [Server.Close]. What a handler gives that goes on all the
// same, nobody sees.
type AsTask struct {
	// Required refuses clients without the extension.
	Required bool
	// Later has the handler say when it becomes a task, with [Context.BeginTask].
	// Until then it is an ordinary call, and asks as one.
	Later bool
	// TTL is how long a task may run, and be asked about, from its creation on; the
	// server's if 0, protocol.MaxTaskTTL at most. Then it is dropped, done or not.
	TTL time.Duration
	// PollInterval is how long a client is asked to leave between two looks at a
	// task; the server's if 0.
	PollInterval time.Duration
}

// TaskOptions are how a server keeps its tasks.
type TaskOptions struct {
	// Store is where their states are kept; in memory if nil.
	Store TaskStore
	// Max is how many are kept at once, those that have ended among them;
	// protocol.MaxTasks if 0. At the limit a call that could be a task is answered as
	// an ordinary one, or refused if it has to be one.
	Max int
	// TTL and PollInterval are those of tools that say none; protocol.TaskTTL and
	// protocol.TaskPollInterval if 0.
	TTL, PollInterval time.Duration
}

// settled is how a tool's tasks run, with what the server says where the tool says
// nothing.
func (o *TaskOptions) settled(how AsTask) AsTask {
	how.TTL = cmp.Or(how.TTL, o.TTL, protocol.TaskTTL)
	how.TTL = min(max(how.TTL, time.Millisecond), protocol.MaxTaskTTL)
	how.PollInterval = max(cmp.Or(how.PollInterval, o.PollInterval, protocol.TaskPollInterval), time.Millisecond)
	return how
}

// BeginTask makes the call a task, where the tool says Later: its client gets its
// answer, and the handler goes on. What it asks before this is asked as by any other
// call, and the handler runs again with the answers; from here on it does not. It
// reports whether the call is a task now: a client without the extension waits for
// the result as ever. It is an error if the call is over, or the task cannot be kept.
func (c *Context) BeginTask(ctx context.Context) (bool, error) {
	t := c.task
	if t == nil {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	t.due()
	select {
	case <-t.begun:
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-c.request.Done():
		return false, context.Cause(c.request)
	}
}

// TaskCount is how many tasks there are, those that have ended and are still kept
// among them.
func (s *Server) TaskCount() int { return s.tasks.count() }

// EndTasks lets tasks finish until ctx ends, and cancels them then; those that wait for
// an answer at once. New ones can begin. It is an error if tasks were cancelled because
// ctx ended. A [Site] does it when it shuts down.
func (s *Server) EndTasks(ctx context.Context) error { return s.tasks.end(ctx) }
