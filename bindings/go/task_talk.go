package isogloss

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A task as its handler sees it: how far it has got, what it asks, and when it begins
// to be one. Who keeps tasks, and who may ask about one, is not known here.

// inTask is the side of a task that its handler has. A nil one is of an ordinary call.
type inTask struct {
	later bool // its handler says when it begins
	// ready is closed when nothing more is to be asked before it is a task, now when
	// it does not even have to be waited for that it might be done, and begun when its
	// call was answered with it.
	ready, now, begun chan struct{}
	// created is what the call was answered with.
	created *protocol.CreateTaskResult

	mu      sync.Mutex
	isReady bool
	isDue   bool
	changed func() // keeps and tells how the task is; nil while there is none
	message string
	asked   protocol.InputRequests // without an answer
	answers map[string]chan<- wire.Raw
	keys    map[string]struct{} // of all questions so far: none may come again
	unnamed int
}

func newInTask(later bool) *inTask {
	return &inTask{
		later: later, ready: make(chan struct{}), now: make(chan struct{}), begun: make(chan struct{}),
		answers: map[string]chan<- wire.Raw{}, keys: map[string]struct{}{},
	}
}

// readyForTask tells that nothing more is to be asked before the call becomes a task,
// unless its handler wants to say when.
func (c *Context) readyForTask() {
	if t := c.task; t != nil && !t.later {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.setReady()
	}
}

// setReady is called with mu held.
func (t *inTask) setReady() {
	if !t.isReady {
		t.isReady = true
		close(t.ready)
	}
}

// due has it become a task now.
func (t *inTask) due() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setDue()
}

// setDue is called with mu held.
func (t *inTask) setDue() {
	t.setReady()
	if !t.isDue {
		t.isDue = true
		close(t.now)
	}
}

// isTask reports whether it is a task, or is just becoming one.
func (t *inTask) isTask() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isReady
}

// publish has what changes be kept and told from here on.
func (t *inTask) publish(changed func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed = changed
}

// tell tells that something has changed. What changes before there is a task is in its
// first state.
func (t *inTask) tell() {
	t.mu.Lock()
	changed := t.changed
	t.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// say has a task say how far it has got. It reports whether there is one.
func (t *inTask) say(message string) bool {
	if !t.isTask() {
		return false
	}
	if message != "" {
		t.mu.Lock()
		t.message = message
		t.mu.Unlock()
		t.tell()
	}
	return true
}

// said are the handler's words about what it does.
func (t *inTask) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.message
}

// ask puts a question on the list, and waits for the answer. Whoever asked may be gone
// before the handler is over, and the other way about.
func (t *inTask) ask(ctx context.Context, handler *request, question protocol.InputRequest, key string) (wire.Raw, error) {
	answer := make(chan wire.Raw, 1)
	key, err := t.put(question, key, answer)
	if err != nil {
		return nil, err
	}
	t.tell()
	select {
	case given := <-answer:
		return given, nil
	case <-handler.Done():
		t.withdraw(key)
		return nil, context.Cause(handler)
	case <-ctx.Done():
		t.withdraw(key)
		return nil, context.Cause(ctx)
	}
}

func (t *inTask) put(question protocol.InputRequest, key string, answer chan<- wire.Raw) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key == "" {
		t.unnamed++
		key = fmt.Sprintf("question-%d", t.unnamed)
	}
	if _, used := t.keys[key]; used {
		return "", fmt.Errorf("two questions with the key %q", key)
	}
	t.keys[key] = struct{}{}
	t.asked.Set(key, question)
	t.answers[key] = answer
	// It waits now, so it will not be done at once.
	t.setDue()
	return key, nil
}

// withdraw takes a question off the list if nobody has answered it.
func (t *inTask) withdraw(key string) {
	t.mu.Lock()
	_, waits := t.answers[key]
	t.drop(key)
	t.mu.Unlock()
	if waits {
		t.tell()
	}
}

// drop is called with mu held.
func (t *inTask) drop(key string) {
	t.asked.Delete(key)
	delete(t.answers, key)
}

// questions are those that wait for an answer.
func (t *inTask) questions() protocol.InputRequests {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.asked)
}

// asks reports whether a question of this key waits for an answer.
func (t *inTask) asks(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, waits := t.answers[key]
	return waits
}

// give answers questions. Those that wait for no answer are passed over.
func (t *inTask) give(answers map[string]wire.Raw) {
	t.mu.Lock()
	for key, given := range answers {
		if waits, ok := t.answers[key]; ok {
			waits <- given // it has room for one
			t.drop(key)
		}
	}
	t.mu.Unlock()
	t.tell()
}
