package isogloss_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Where tasks are kept, and how they end with their server.

// notes is a store that is elsewhere. Once it is full it keeps nothing more.
type notes struct {
	mu   sync.Mutex
	kept map[string]isogloss.StoredTask
	full bool
}

var errFull = errors.New("a secret: the disk is full")

func (n *notes) Put(ctx context.Context, task isogloss.StoredTask) error {
	if err := pause(ctx, time.Millisecond); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full {
		return errFull
	}
	if n.kept == nil {
		n.kept = map[string]isogloss.StoredTask{}
	}
	n.kept[task.ID] = task
	return nil
}

func (n *notes) Get(_ context.Context, id string) (*isogloss.StoredTask, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if task, ok := n.kept[id]; ok {
		return &task, nil
	}
	return nil, nil
}

func (n *notes) Remove(_ context.Context, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.kept, id)
	return nil
}

func (n *notes) status(id string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	raw, _ := n.kept[id].State.Get("status")
	text, _ := raw.Text()
	return text
}

func keeping(store isogloss.TaskStore) *isogloss.Server {
	return isogloss.NewServer(protocol.Implementation{Name: "jobs", Version: "1"}, &isogloss.ServerOptions{Tasks: isogloss.TaskOptions{Store: store}})
}

func askWhere(ctx context.Context) (string, error) {
	at, err := isogloss.Ask(ctx, where.WithKey("place"))
	return at.City, err
}

func TestServersWithOneStoreTellOfOneAnothersTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &notes{}
		var clients []taskClient
		for range 2 {
			s := keeping(store)
			offer(s, "ask", isogloss.AsTask{}, askWhere)
			clients = append(clients, jobs(t, s))
		}
		near, far := clients[0], clients[1]
		id := near.begin("ask")
		far.get(id).is(t, "elicitation/create", "inputRequests", "place", "method")
		elsewhere := far.update(id, yes("place", `{"city":"Oslo"}`))
		if why, _ := elsewhere.in("error", "message").(string); !strings.Contains(why, "Mcp-Name") {
			t.Errorf("got %v", elsewhere)
		}
		acknowledges(t, far.cancel(id)) // and does nothing
		acknowledges(t, near.update(id, yes("place", `{"city":"Oslo"}`)))
		far.until(id, "completed").is(t, "Oslo", "result", "structuredContent", "result")
		acknowledges(t, far.update(id, yes("place", "{}")))
		time.Sleep(protocol.TaskTTL)
		store.mu.Lock()
		defer store.mu.Unlock()
		if len(store.kept) != 0 {
			t.Errorf("kept %v", store.kept)
		}
	})
}

func TestTaskThatCannotBeKeptIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &notes{full: true}
		var ended endings
		s := keeping(store)
		offer(s, "endless", isogloss.AsTask{}, ended.endless)
		begins := make(chan error, 1)
		offer(s, "begins", isogloss.AsTask{Later: true}, func(ctx context.Context) (bool, error) {
			is, err := isogloss.FromContext(ctx).BeginTask(ctx)
			begins <- err
			return is, err
		})
		c := jobs(t, s)
		for _, tool := range []string{"endless", "begins"} {
			c.says("tools/call", `"name":"`+tool+`","arguments":{}`).is(t, "internal error", "error", "message")
		}
		if whys := ended.all(); len(whys) != 1 || !strings.Contains(whys[0], "full") {
			t.Errorf("got %q", whys)
		}
		if err := <-begins; !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
		if s.TaskCount() != 0 {
			t.Errorf("there are %d tasks", s.TaskCount())
		}
	})
}

func TestServerThatIsClosedEndsItsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &notes{}
		var ended endings
		s := keeping(store)
		offer(s, "endless", isogloss.AsTask{}, ended.endless)
		c := jobs(t, s)
		id := c.begin("endless")
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		equal(t, "endings", ended.all(), []string{"the server was shut down"})
		same(t, store.status(id), "cancelled")
		if s.TaskCount() != 0 {
			t.Errorf("there are %d tasks", s.TaskCount())
		}
	})
}

func TestClosingWaitsForHandlersNoLongerThanItsContextLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := isogloss.New("jobs", "1")
		// It does not heed its context.
		offer(s, "stubborn", isogloss.AsTask{}, func(context.Context) (string, error) {
			time.Sleep(time.Minute)
			return "done", nil
		})
		c := jobs(t, s)
		c.begin("stubborn")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		began := time.Now()
		if err := s.Close(t.Context()); err != nil || time.Since(began) > time.Minute {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}

func TestServerThatShutsDownLetsTasksFinishForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended endings
		s := isogloss.New("jobs", "1")
		offer(s, "endless", isogloss.AsTask{}, ended.endless)
		offer(s, "slow", isogloss.AsTask{}, slow)
		offer(s, "ask", isogloss.AsTask{}, askWhere)
		c := jobs(t, s)
		finishes, never, asks := c.begin("slow"), c.begin("endless"), c.begin("ask")
		over := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			over <- s.EndTasks(ctx)
		}()
		synctest.Wait()
		c.get(asks).is(t, "the server was shut down", "statusMessage")
		c.get(finishes).is(t, "working", "status")
		if err := <-over; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		c.get(finishes).is(t, "completed", "status")
		c.get(never).is(t, "the server was shut down", "statusMessage")
		equal(t, "endings", ended.all(), []string{"the server was shut down"})
		if err := s.EndTasks(t.Context()); err != nil {
			t.Errorf("with nothing to end: %v", err)
		}
	})
}

func TestTaskThatHasEndedHoldsOnToNothingOfItsCall(t *testing.T) {
	type key struct{}
	collected := make(chan struct{})
	s := isogloss.New("jobs", "1")
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			if c.Method() == protocol.MethodCallTool {
				large := new([1 << 20]byte)
				runtime.AddCleanup(large, func(done chan struct{}) { close(done) }, collected)
				ctx = context.WithValue(ctx, key{}, large)
			}
			return next(ctx, c)
		}
	})
	offer(s, "short", isogloss.AsTask{}, func(ctx context.Context) (int, error) {
		return len(ctx.Value(key{}).(*[1 << 20]byte)), pause(ctx, 100*time.Millisecond)
	})
	c := jobs(t, s)
	id := c.begin("short")
	soon(t, "its end", func() bool { return c.get(id)["status"] == "completed" })
	soon(t, "what it had is collected", func() bool {
		runtime.GC()
		select {
		case <-collected:
			return true
		default:
			return false
		}
	})
	c.get(id).is(t, 1<<20, "result", "structuredContent", "result")
}
