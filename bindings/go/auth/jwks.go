package auth

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// jwks are the keys that an authorization server publishes: fetched when they are
// needed, kept for a while, and fetched again for a key that is not among them.
// However many tokens name invented keys, the server is asked once an interval.
type jwks struct {
	issuer   string
	url      *url.URL // where they are; where the issuer's metadata says if nil
	sender   *authority.Client
	lifetime time.Duration
	interval time.Duration

	mu       sync.Mutex
	keys     keySet // nil before the first
	fetched  time.Time
	tried    time.Time
	err      error // why the last try failed
	fetching chan struct{}
}

// find implements keySource.
func (j *jwks) find(ctx context.Context, id *string, algorithm Algorithm) (any, error) {
	if wait := j.refresh(ctx, id, algorithm); wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	j.mu.Lock()
	keys, err := j.keys, j.err
	j.mu.Unlock()
	if keys == nil {
		return nil, err
	}
	return keys.find(ctx, id, algorithm)
}

// refresh fetches the keys if they are old or lack this one, unless that was tried a
// moment ago. It returns what to wait for, if anything. Nobody waits for a slow
// server twice: while one request waits, others use the keys that there are.
func (j *jwks) refresh(ctx context.Context, id *string, algorithm Algorithm) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	isKnown := len(j.keys.fitting(id, algorithm)) == 1
	switch {
	case isKnown && time.Since(j.fetched) < j.lifetime:
		return nil
	case j.fetching != nil && isKnown:
		return nil
	case j.fetching != nil:
		return j.fetching
	case !j.tried.IsZero() && time.Since(j.tried) < j.interval:
		return nil
	}
	j.tried = time.Now()
	j.fetching = make(chan struct{})
	// A client that goes away must not keep new keys from everybody else. The fetch
	// has bounds of its own.
	go j.fetch(context.WithoutCancel(ctx), j.fetching)
	return j.fetching
}

// fetch takes new keys; a try that failed leaves those that there are.
func (j *jwks) fetch(ctx context.Context, done chan<- struct{}) {
	keys, err := j.read(ctx)
	j.sender.Rest()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err = err; err == nil {
		j.keys, j.fetched = keys, time.Now()
	}
	j.fetching = nil
	close(done)
}

func (j *jwks) read(ctx context.Context) (keySet, error) {
	place := j.url
	if place == nil {
		var err error
		if place, err = endpoint(ctx, j.sender, j.issuer, "jwks_uri"); err != nil {
			return nil, err
		}
	}
	object, err := j.sender.Get(ctx, place)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeySet(object)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return keys, nil
}
