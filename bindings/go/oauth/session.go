package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// The token that a client has for a server, and how it gets another one: one attempt at
// a time, whoever waits for it, and to its end even if nobody waits any more, since a
// token that was renewed is worth nothing any more.

type session struct {
	*setup
	// ctx is that of attempts, which are nobody's call; it ends with the session.
	ctx context.Context
	end context.CancelCauseFunc
	// loading is held by whoever reads what was kept; loaded is what it was read with.
	loading chan struct{}
	loaded  atomic.Pointer[proofs]

	mu      sync.Mutex
	running sync.WaitGroup
	under   *attempt // that is under way
	// What is known from one attempt to the next.
	current *held
	// requested are scopes that were asked for so far.
	requested []string
	// challenge is what the server wanted last; nil before it refused anything.
	challenge *challenge
	// asked is the authorization server that was asked last.
	asked *authorizationServer
	// bound is the issuer that the program's client was used with.
	bound string
	// stepUps are attempts at more scopes without a success between.
	stepUps int
}

// reason is why another token is needed.
type reason uint8

const (
	ends    reason = iota // it ends soon
	missing               // there is none
	refused               // the server refuses it
	lacking               // the server wants more scopes
)

// need is another token.
type need struct {
	why       reason
	challenge *challenge // nil where it ends
}

var errClosed = errors.New("it was closed")

func newSession(s *setup) *session {
	ctx, end := context.WithCancelCause(context.Background())
	return &session{setup: s, ctx: ctx, end: end, loading: make(chan struct{}, 1)}
}

// close ends the attempt that is under way, and all later ones.
func (s *session) close() {
	s.mu.Lock()
	s.end(errClosed)
	s.mu.Unlock()
	s.running.Wait()
}

// load reads what was kept of an earlier run; at once if it was read before. If it
// fails it is tried again by whoever comes next.
func (s *session) load(ctx context.Context) error {
	if s.loaded.Load() != nil {
		return nil
	}
	select {
	case s.loading <- struct{}{}:
		defer func() { <-s.loading }()
	case <-ctx.Done():
		return s.told(context.Cause(ctx))
	}
	if s.loaded.Load() != nil {
		return nil
	}
	var kept keptToken
	there, err := s.kept(ctx, s.tokenKey(), &kept)
	if err != nil {
		return s.told(err)
	}
	key, err := newProofs(kept.Key)
	if err != nil {
		return s.told(err)
	}
	if there {
		s.restore(kept.token())
	}
	s.loaded.Store(key)
	return nil
}

// restore takes a token that was kept, unless it is of a client that the program does
// not have any more.
func (s *session) restore(t *token) {
	if t == nil {
		return
	}
	known := (*ClientIdentity)(nil)
	for _, one := range []*ClientIdentity{s.document, s.identity} {
		if one != nil && one.ID == t.client.id {
			known = one
		}
	}
	switch {
	case t.client.given && known == nil, !t.client.given && s.identity != nil:
		return
	case t.client.given:
		t.client.secret, t.client.key = known.Secret, known.Key
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requested = t.requested; t.client.given {
		s.bound = t.issuer
	}
	s.current = hold(t, false)
	s.current.proven.Store(true)
}

// held is the token that there is; nil for none.
func (s *session) held() *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// proofsFor are of the key of the client, for a token that is bound to it; nil for
// others.
func (s *session) proofsFor(bound bool) *proofs {
	if !bound {
		return nil
	}
	return s.loaded.Load()
}

// usable is the token to send, renewed if it ends soon; nil if there is none yet, which
// the server may not mind.
func (s *session) usable(ctx context.Context) (*held, error) {
	current := s.held()
	if current == nil || !current.isDue() {
		return current, nil
	}
	err := s.get(ctx, current, need{why: ends})
	return s.held(), err
}

// mayStepUp tells whether another attempt at more scopes is worth it: not for ever.
func (s *session) mayStepUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stepUps++
	return s.stepUps <= protocol.MaxStepUps
}

// succeeded is that the server did what it was asked.
func (s *session) succeeded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stepUps = 0
}

// forget forgets the token.
func (s *session) forget(ctx context.Context) {
	s.mu.Lock()
	s.current = nil
	s.mu.Unlock()
	s.keep(ctx, s.tokenKey(), nil)
}

// attempt is one that is under way, or over.
type attempt struct {
	done chan struct{}
	err  error // once it is done
}

// get gets another token than the one that was seen, unless somebody else did. What
// fails for one fails for all who waited.
func (s *session) get(ctx context.Context, seen *held, n need) error {
	under, err := s.join(seen, n)
	if under == nil || err != nil {
		return err
	}
	select {
	case <-under.done:
		return under.err
	case <-ctx.Done():
		return s.told(context.Cause(ctx))
	}
}

// join is the attempt that is under way: what comes of it is what would come of another.
// It is begun if there is none, and nil if the token is another one by now.
func (s *session) join(seen *held, n need) (*attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != seen:
		return nil, nil
	case s.under != nil:
		return s.under, nil
	case s.ctx.Err() != nil:
		return nil, s.told(context.Cause(s.ctx))
	}
	under := &attempt{done: make(chan struct{})}
	s.under = under
	s.running.Go(func() {
		err := s.attempt(s.ctx, seen, n)
		s.sender.Rest()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.under = nil; err != nil {
			under.err = s.told(err)
		}
		close(under.done)
	})
	return under, nil
}

// told is an error as the client's calls end with it.
func (s *session) told(err error) error {
	message := fmt.Sprintf("no access token for %s", shown(s.server))
	return &isogloss.Error{Kind: isogloss.KindAuthorization, Message: message, Err: err}
}
