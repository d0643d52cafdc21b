package auth

import (
	"sync"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// finding is what was found out about a token: what it says, or a *Refusal.
type finding struct {
	claims *isogloss.Claims
	err    error
}

// remembered are findings that are remembered: for a while, and only so many. Tokens
// are not kept, their SHA-256 is.
type remembered struct {
	lifetime time.Duration
	capacity int

	mu      sync.Mutex
	byToken map[fingerprint]entry
	// order has all of them, those that end first in front. One that was found anew
	// stands there more than once.
	order []entry
}

type entry struct {
	token   fingerprint
	finding finding
	until   time.Time
}

func newRemembered(lifetime time.Duration, capacity int) *remembered {
	return &remembered{lifetime: lifetime, capacity: capacity, byToken: map[fingerprint]entry{}}
}

func (r *remembered) get(token fingerprint) (finding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, there := r.byToken[token]
	return found.finding, there && time.Now().Before(found.until)
}

// put remembers a finding; the oldest is forgotten where there is no room.
func (r *remembered) put(token fingerprint, found finding) {
	if r.lifetime <= 0 || r.capacity <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for len(r.order) > 0 && (len(r.order) >= r.capacity || !r.order[0].until.After(now)) {
		first := r.order[0]
		r.order[0] = entry{}
		r.order = r.order[1:]
		if r.byToken[first.token].until.Equal(first.until) {
			delete(r.byToken, first.token)
		}
	}
	last := entry{token, found, now.Add(r.lifetime)}
	r.byToken[token] = last
	r.order = append(r.order, last)
}
