package isogloss

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A task, from its beginning to its end. Its handler goes on in the goroutine that it
// began in; every change of the task is kept, and told, by whoever makes it.

// What the context of a handler ends with, and what a task says that has no other end.
var (
	errTaskCancelled = errors.New("cancelled by the client")
	errTaskShutDown  = errors.New("the server was shut down")
	errTaskOverdue   = errors.New("the task's time is over")
)

// task is one that runs. Once it has ended its store alone knows how it is.
type task struct {
	server      *Server
	id          string
	owner, tool string
	how         AsTask // settled
	rev         protocol.Revision
	created     time.Time
	talk        *inTask
	handler     *request

	mu   sync.Mutex
	end  *taskEnd      // nil while it runs
	kept chan struct{} // closed when nothing more will be

	// turn is taken while a state is kept, so that none takes the place of a later
	// one, and there is none after the last, when it is over.
	turn chan struct{}
	over bool
}

// newTask makes a task of a handler's call.
func newTask(s *Server, about *Context, tool string, how AsTask) *task {
	return &task{
		server: s, id: taskID(), owner: about.claims.owner(), tool: tool, how: how, rev: about.rev,
		created: time.Now(), talk: about.task, handler: about.request, kept: make(chan struct{}),
		turn: make(chan struct{}, 1),
	}
}

// takeTurn waits for the turn, and returns what gives it back.
func (t *task) takeTurn() (release func()) {
	t.turn <- struct{}{}
	return func() { <-t.turn }
}

// taskID is 128 random bits: nobody guesses one.
func taskID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}

// ended is how the task ended; nil while it runs.
func (t *task) ended() *taskEnd {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.end
}

// begin keeps the task, before anybody is told of it.
func (t *task) begin() error {
	defer t.takeTurn()()
	// What the handler says meanwhile is kept after this.
	t.talk.publish(t.publish)
	if err := t.put(); err != nil {
		t.over = true
		return fmt.Errorf("a task was not kept: %w", err)
	}
	return nil
}

// put is called by whoever has the turn.
func (t *task) put() error {
	state, err := t.state()
	if err != nil {
		return err
	}
	ctx, cancel := storing()
	defer cancel()
	return t.server.tasks.Store.Put(ctx, StoredTask{ID: t.id, Owner: t.owner, Tool: t.tool, ExpiresAt: t.expires(), State: state})
}

// storing bounds what is asked of a store, whoever waits for it.
func storing() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), protocol.RequestTimeout)
}

func (t *task) expires() time.Time { return t.created.Add(t.how.TTL) }

// publish keeps the state as it is now, and tells that it has changed.
func (t *task) publish() {
	defer t.takeTurn()()
	if t.over {
		return
	}
	t.over = t.ended() != nil
	if err := t.put(); err != nil {
		t.server.options.Logger.Error("the state of a task was not kept", "tool", t.tool, "error", err)
		return
	}
	t.server.changed(change{taskChanged, t.id})
}

// finish ends the task, unless it has ended, and keeps how. It reports whether it did.
func (t *task) finish(end taskEnd) bool {
	if !t.take(end) {
		return false
	}
	t.publish()
	t.server.tasks.ended(t)
	close(t.kept)
	return true
}

// take takes this for the end, unless there is one. A task that is cancelled ends the
// context of its handler.
func (t *task) take(end taskEnd) bool {
	t.mu.Lock()
	isFirst := t.end == nil
	if isFirst {
		t.end = &end
	}
	t.mu.Unlock()
	if isFirst && end.why != nil {
		t.handler.stop(end.why)
	}
	return isFirst
}

// cancel ends the task, unless it has ended, and returns when that is kept, or when ctx
// ends.
func (t *task) cancel(ctx context.Context, why error) {
	t.finish(cancelledTask(why))
	select {
	case <-t.kept:
	case <-ctx.Done():
	}
}

// settle takes what the handler gives for the end.
func (t *task) settle(result *protocol.CallToolResult, err error) {
	end := taskEnd{status: protocol.TaskStatusCompleted}
	if err == nil {
		end.result, err = t.admitted(result)
	}
	if err != nil {
		failure := answerable(protocol.MethodCallTool, err)
		if failure.Code == CodeInternalError && t.ended() == nil {
			t.server.options.Logger.Error("a task failed", "tool", t.tool, "error", err)
		}
		end = taskEnd{status: protocol.TaskStatusFailed, failure: failure}
	}
	if !t.finish(end) {
		t.server.tasks.release(t.id)
	}
}

// admitted is a result as it is kept, if there is room for it.
func (t *task) admitted(result *protocol.CallToolResult) ([]byte, error) {
	encoding, err := protocol.Encode(nil, t.rev, result)
	if err != nil {
		return nil, encodeError("the result of a task", err)
	}
	return encoding.Data, t.server.tasks.admit(t.id, len(encoding.Data))
}

// leave ends the task, unless it has ended, and has nothing more of it be kept.
func (t *task) leave(why error) {
	isEnd := t.take(cancelledTask(why))
	release := t.takeTurn()
	t.over = true
	release()
	if isEnd {
		close(t.kept)
	}
}
