package isogloss

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// The tasks of a server: those that run, by their ids, and how many there are and how
// much is kept of them.

type tasks struct {
	TaskOptions
	log *slog.Logger
	// handlers are those that run in tasks, until it is kept how they ended.
	handlers tally

	mu      sync.Mutex
	running map[string]*task
	kept    map[string]*keptTask // those that are not forgotten
	taken   int                  // places, of tasks and of calls that may become one
	bytes   int                  // of the results that are kept
}

// keptTask is what is left of a task here until it is forgotten.
type keptTask struct {
	bytes      int // of its result, for which there is room
	forgetting *time.Timer
}

func newTasks(options TaskOptions, log *slog.Logger) *tasks {
	all := &tasks{TaskOptions: options, log: log, running: map[string]*task{}, kept: map[string]*keptTask{}}
	all.Max = cmp.Or(all.Max, protocol.MaxTasks)
	if all.Store == nil {
		all.Store = &memoryTasks{}
	}
	return all
}

// take takes a place for one more, and reports whether there was one.
func (all *tasks) take() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.taken >= all.Max {
		return false
	}
	all.taken++
	return true
}

// giveBack gives back a place that no task has.
func (all *tasks) giveBack() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.taken--
}

// begin begins a task, in a place that was taken: nobody has been told of it. Who began
// it says when its handler is over, with handlers.
func (all *tasks) begin(t *task) error {
	if err := t.begin(); err != nil {
		return err
	}
	all.handlers.add()
	all.mu.Lock()
	defer all.mu.Unlock()
	id := t.id // and not the task, whose call may be large
	all.running[id] = t
	all.kept[id] = &keptTask{forgetting: time.AfterFunc(time.Until(t.expires()), func() { all.forget(id) })}
	return nil
}

// get returns the one of this id that runs here; nil if none does.
func (all *tasks) get(id string) *task {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.running[id]
}

// count is how many are not forgotten.
func (all *tasks) count() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.kept)
}

// ended notes that it is kept how a task ended.
func (all *tasks) ended(t *task) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.running, t.id)
}

// forget keeps nothing of a task any more: its time is over, done or not.
func (all *tasks) forget(id string) {
	all.drop(id, errTaskOverdue)
	ctx, cancel := storing()
	defer cancel()
	if err := all.Store.Remove(ctx, id); err != nil {
		all.log.Error("a task was not forgotten", "error", err)
	}
}

// drop drops what is left of a task here. In a program's own store it stays until its
// time is over.
func (all *tasks) drop(id string, why error) {
	if running := all.get(id); running != nil {
		running.leave(why)
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.running, id)
	if left := all.kept[id]; left != nil {
		left.forgetting.Stop()
		delete(all.kept, id)
		all.taken--
		all.bytes -= left.bytes
	}
}

// admit makes room for the result of a task. Its error is what the task fails with if
// there is none.
func (all *tasks) admit(id string, bytes int) error {
	if bytes > protocol.MaxTaskResult {
		return ProtocolError(CodeInternalError, fmt.Sprintf("the result is longer than the limit of %d bytes (MaxTaskResult)", protocol.MaxTaskResult))
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	left := all.kept[id]
	if left == nil {
		return errTaskOverdue
	}
	if all.bytes+bytes > protocol.MaxTaskBytes {
		why := fmt.Sprintf("there is no room for the result: all are limited to %d bytes (MaxTaskBytes)", protocol.MaxTaskBytes)
		return ProtocolError(CodeInternalError, why)
	}
	left.bytes = bytes
	all.bytes += bytes
	return nil
}

// release gives back the room of a result that is not kept.
func (all *tasks) release(id string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if left := all.kept[id]; left != nil {
		all.bytes -= left.bytes
		left.bytes = 0
	}
}

// those are the running tasks that are so.
func (all *tasks) those(are func(*task) bool) []*task {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(all.running)), func(t *task) bool { return !are(t) })
}

// end lets tasks finish until ctx ends, and ends them then. One that waits for an
// answer would wait in vain.
func (all *tasks) end(ctx context.Context) error {
	cancelAll(ctx, all.those(func(t *task) bool { return len(t.talk.questions()) > 0 }))
	if all.handlers.wait(ctx) == nil {
		return nil
	}
	left := all.those(func(*task) bool { return true })
	if len(left) == 0 {
		return nil
	}
	// They are over when it is kept that they are.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), protocol.ChildGrace)
	defer cancel()
	cancelAll(grace, left)
	_ = all.handlers.wait(grace) // for longer nobody waits
	return ctx.Err()
}

// cancelAll cancels tasks at the same time: each is kept by itself.
func cancelAll(ctx context.Context, these []*task) {
	var cancelling sync.WaitGroup
	for _, t := range these {
		cancelling.Go(func() { t.cancel(ctx, errTaskShutDown) })
	}
	cancelling.Wait()
}

// close cancels all tasks, waits for their handlers as long as ctx lasts, and keeps
// nothing of them.
func (all *tasks) close(ctx context.Context) error {
	cancelAll(ctx, all.those(func(*task) bool { return true }))
	err := all.handlers.wait(ctx)
	all.mu.Lock()
	left := slices.Collect(maps.Keys(all.kept))
	all.mu.Unlock()
	for _, id := range left {
		all.drop(id, errTaskShutDown)
	}
	if memory, ok := all.Store.(*memoryTasks); ok {
		memory.clear()
	}
	return err
}
