package isogloss

import (
	"context"
	"slices"
	"sync"
)

// News of what a server offers: from whoever changes it to those who listen. What
// they are told, and how it gets to them, is in server_news.go.

// changeKind is what a change is about.
type changeKind uint8

const (
	toolsChanged changeKind = iota
	resourcesChanged
	promptsChanged
	resourceUpdated
	taskChanged
)

// change is something that clients may want to hear of.
type change struct {
	kind changeKind
	uri  string // of a resource that was updated, or the id of a task
}

// changed tells whom it concerns.
func (s *Server) changed(what change) { s.changes.tell(what) }

// changes is where they are told.
type changes struct {
	mu    sync.Mutex
	feeds map[*feed]struct{}
}

func (all *changes) tell(what change) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for f := range all.feeds {
		f.hear(what)
	}
}

// listen has somebody hear of changes from now on.
func (all *changes) listen(wants func(change) bool) *feed {
	f := &feed{all: all, wants: wants, ready: make(chan struct{}, 1), over: make(chan struct{})}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.feeds == nil {
		all.feeds = map[*feed]struct{}{}
	}
	all.feeds[f] = struct{}{}
	return f
}

// end has everybody go who only listens.
func (all *changes) end() {
	all.mu.Lock()
	defer all.mu.Unlock()
	for f := range all.feeds {
		all.forget(f)
	}
}

// forget is called with mu held.
func (all *changes) forget(f *feed) {
	if _, there := all.feeds[f]; there {
		delete(all.feeds, f)
		close(f.over)
	}
}

// feed is what somebody has yet to hear: a change once, however often it happened
// meanwhile. So a slow listener misses nothing, and no more waits for it than it
// listens to.
type feed struct {
	all   *changes
	wants func(change) bool
	ready chan struct{} // has something while something waits
	over  chan struct{} // closed when nothing more will come

	mu      sync.Mutex
	waiting []change // the oldest first
}

func (f *feed) hear(what change) {
	if !f.wants(what) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.waiting, what) {
		f.waiting = append(f.waiting, what)
	}
	f.rouse()
}

func (f *feed) rouse() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// take returns what has waited for longest, if anything does.
func (f *feed) take() (what change, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		return change{}, false
	}
	what, f.waiting = f.waiting[0], f.waiting[1:]
	if len(f.waiting) > 0 {
		f.rouse()
	}
	return what, true
}

// next waits for a change. It returns false when nothing more will come, or nobody
// is there any more to be told.
func (f *feed) next(ctx context.Context, gone <-chan struct{}) (change, bool) {
	for {
		if what, ok := f.take(); ok {
			return what, true
		}
		select {
		case <-f.ready:
		case <-f.over:
			return f.take()
		case <-gone:
			return change{}, false
		case <-ctx.Done():
			return change{}, false
		}
	}
}

// end has nothing more be heard.
func (f *feed) end() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.all.forget(f)
}
