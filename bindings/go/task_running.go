package isogloss

import (
	"cmp"
	"context"
	"fmt"
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
	// handlers are those that run in tasks, until it is kept how they ended.
	handlers tally

	mu      sync.Mutex
	running map[string]*task
	kept    map[*task]struct{} // those that are not forgotten
	taken   int                // places, of tasks and of calls that may become one
	bytes   int                // of the results that are kept
}

func newTasks(options TaskOptions) *tasks {
	all := &tasks{TaskOptions: options, running: map[string]*task{}, kept: map[*task]struct{}{}}
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
	all.running[t.id] = t
	all.kept[t] = struct{}{}
	t.forgetting = time.AfterFunc(time.Until(t.expires()), t.forget)
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

// forgotten notes that nothing is kept of a task any more.
func (all *tasks) forgotten(t *task) {
	all.mu.Lock()
	defer all.mu.Unlock()
	t.forgetting.Stop()
	delete(all.running, t.id)
	if _, there := all.kept[t]; there {
		delete(all.kept, t)
		all.taken--
	}
}

// admit makes room for a result. Its error is what the task fails with if there is none.
func (all *tasks) admit(bytes int) error {
	if bytes > protocol.MaxTaskResult {
		return ProtocolError(CodeInternalError, fmt.Sprintf("the result is longer than the limit of %d bytes (MaxTaskResult)", protocol.MaxTaskResult))
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.bytes+bytes > protocol.MaxTaskBytes {
		why := fmt.Sprintf("there is no room for the result: all are limited to %d bytes (MaxTaskBytes)", protocol.MaxTaskBytes)
		return ProtocolError(CodeInternalError, why)
	}
	all.bytes += bytes
	return nil
}

// release gives back the room of a result.
func (all *tasks) release(bytes int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.bytes -= bytes
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
	for _, t := range left {
		t.leave(errTaskShutDown)
	}
	if memory, ok := all.Store.(*memoryTasks); ok {
		memory.clear()
	}
	return err
}
