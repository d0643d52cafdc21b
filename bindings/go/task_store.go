package isogloss

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Where the states of tasks are kept. The default keeps them in memory; a program's
// own store lets several processes answer for one another.

// StoredTask is the state of a task, as it is kept.
type StoredTask struct {
	// ID is the task's id: whoever knows it may ask about a task that belongs to
	// nobody, so it is a secret.
	ID string
	// Owner is whom the task belongs to, as far as an access token said so; empty for
	// nobody.
	Owner string
	// Tool is the tool that was called.
	Tool string
	// ExpiresAt is when the task is to be forgotten.
	ExpiresAt time.Time
	// State is the state as tasks/get tells it: a JSON object with its status, its
	// questions, its result or its error.
	State wire.Raw
}

// LogValue leaves out the id and the state, which are not for logs.
func (t StoredTask) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tool", t.Tool), slog.Time("expiresAt", t.ExpiresAt))
}

// TaskStore is where the states of tasks are kept. It is used by several goroutines.
//
// A handler runs where it was called, whatever the store: another process can tell how
// a task is, but cannot answer its questions. Requests about a task carry its id in the
// header Mcp-Name, so that a gateway sends them where the task runs.
type TaskStore interface {
	// Put keeps the state of a task in the place of what was known of it. When it
	// returns, Get has to find it: a client is told of a task only then.
	Put(ctx context.Context, task StoredTask) error
	// Get returns the state of a task; nil if it is not known, or was to be forgotten.
	Get(ctx context.Context, id string) (*StoredTask, error)
	// Remove forgets a task: it is too old. It is not called for tasks of a process
	// that ended before, so a store looks at ExpiresAt itself.
	Remove(ctx context.Context, id string) error
}

// memoryTasks is the store of a server that is told no other. How much it keeps is
// bounded where tasks begin and end.
type memoryTasks struct {
	mu   sync.RWMutex
	kept map[string]StoredTask
}

func (m *memoryTasks) Put(_ context.Context, task StoredTask) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]StoredTask{}
	}
	m.kept[task.ID] = task
	return nil
}

func (m *memoryTasks) Get(_ context.Context, id string) (*StoredTask, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if found, ok := m.kept[id]; ok {
		return &found, nil
	}
	return nil, nil
}

func (m *memoryTasks) Remove(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return nil
}

// clear forgets all tasks.
func (m *memoryTasks) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.kept)
}
