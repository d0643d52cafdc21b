package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Credentials of a client over HTTP: when they are asked for, and what their time is.

// tokens gives every request a token, and a better one once the first is refused.
type tokens struct{ n atomic.Int64 }

func (a *tokens) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", fmt.Sprintf("Bearer t%d", a.n.Load()))
	return nil
}

func (a *tokens) Answered(_ context.Context, _ *http.Request, r *http.Response) (bool, error) {
	if r.StatusCode == http.StatusUnauthorized {
		a.n.Add(1)
		return true, nil
	}
	return false, nil
}

func TestRequestIsSentAgainWithBetterCredentialsWithinBounds(t *testing.T) {
	for good, times := range map[string]int{"Bearer t1": 2, "none": protocol.AuthAttempts + 1} {
		s := newScripted(t, func(h *received) reply {
			if h.header.Get("Authorization") != good {
				return status(401)
			}
			return h.discovery()
		})
		target := isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Authorizer: &tokens{}})
		client, err := isogloss.Connect(t.Context(), target, nil)
		if err == nil {
			_ = client.Close()
		}
		if (err == nil) != (times == 2) || len(s.asked()) != times {
			t.Errorf("%s: %v after %q", good, err, s.asked())
		}
		if err != nil {
			has(t, err, "refused 5 credentials in a row")
		}
	}
}

// login is a user who takes his time, for the first request.
type login struct{ once sync.Once }

func (a *login) Authorize(context.Context, *http.Request) error {
	a.once.Do(func() { time.Sleep(300 * time.Millisecond) })
	return nil
}

func (a *login) Answered(context.Context, *http.Request, *http.Response) (bool, error) {
	return false, nil
}

func TestTimeThatCredentialsTakeIsNotTheServers(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return or(h.discovery(), openStream("")) })
	target := isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Authorizer: &login{}})
	c := dialTo(t, target, &isogloss.ClientOptions{ProbeTimeout: 200 * time.Millisecond, Timeout: 100 * time.Millisecond})
	if c.Revision() != protocol.Revision20260728 {
		t.Errorf("got %s", c.Revision())
	}
	if err := fails(t, c, "slow"); !errors.Is(err, isogloss.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsThatCannotBeHadFailTheCall(t *testing.T) {
	refusal := &isogloss.Error{Kind: isogloss.KindAuthorization, Message: "nobody is logged in"}
	s := newScripted(t, func(h *received) reply { return h.discovery() })
	_, err := isogloss.Connect(t.Context(), isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Authorizer: failing{refusal}}), nil)
	if !errors.Is(err, isogloss.ErrAuthorization) || len(s.asked()) != 0 {
		t.Errorf("got %v after %q", err, s.asked())
	}
}

type failing struct{ err error }

func (f failing) Authorize(context.Context, *http.Request) error { return f.err }

func (f failing) Answered(context.Context, *http.Request, *http.Response) (bool, error) {
	return false, f.err
}

// slowly takes its time with everything but what opens a session.
type slowly struct{ ended atomic.Bool }

func (a *slowly) Authorize(ctx context.Context, r *http.Request) error {
	if r.Method != http.MethodDelete {
		return nil
	}
	<-ctx.Done()
	a.ended.Store(true)
	return ctx.Err()
}

func (a *slowly) Answered(context.Context, *http.Request, *http.Response) (bool, error) {
	return false, nil
}

func TestNobodyLogsInToEndASession(t *testing.T) {
	s := newScripted(t, func(h *received) reply { return h.handshake() })
	patient := &slowly{}
	c := dialTo(t, isogloss.HTTP(s.url, &isogloss.HTTPTargetOptions{Authorizer: patient}), era(isogloss.LegacyOnly))
	if err := c.Close(); err != nil || !patient.ended.Load() || s.count("DELETE") != 0 {
		t.Errorf("got %v after %q", err, s.asked())
	}
}
