package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// Who waits for a token, how long, and what becomes of it when nobody waits any more.

// refusedAt is a request without a token, and its refusal that says nothing.
func refusedAt(t testing.TB, url string) (*http.Request, *http.Response) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return request, &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}}
}

func TestWhoWaitsForAUserSharesWhatTheySay(t *testing.T) {
	a, g := start(t, nil)
	for _, denied := range []string{"access_denied", ""} {
		a.set(func(g *grants) { g.denied = denied })
		before := a.count("/authorize")
		// The user says nothing before all wait for them.
		answer := make(chan struct{})
		authorizer := asks(t, g.url, oauth.Unattended(back, func(ctx context.Context, address string) (string, error) {
			<-answer
			return sentOn(ctx, address)
		}), oauth.Options{})
		request, refusal := refusedAt(t, g.url)
		var waiting, done sync.WaitGroup
		for range 5 {
			waiting.Add(1)
			done.Go(func() {
				if err := authorizer.Authorize(t.Context(), request.Clone(t.Context())); err != nil {
					t.Error(err)
				}
				waiting.Done()
				again, err := authorizer.Answered(t.Context(), request, refusal)
				if denied != "" {
					told(t, err, denied)
				} else if !again || err != nil {
					t.Errorf("expected another try, found %t (%v)", again, err)
				}
			})
		}
		waiting.Wait()
		close(answer)
		done.Wait()
		// Whoever came after the answer is one more to ask for, at most; with a yes, none.
		if asked := a.count("/authorize") - before; denied == "" && asked != 1 {
			t.Errorf("the user was asked %d times", asked)
		}
		if denied != "" {
			continue
		}
		// One who was refused before, and hears of it only now.
		if again, err := authorizer.Answered(t.Context(), request, refusal); !again || err != nil {
			t.Errorf("expected another try, found %t (%v)", again, err)
		}
		if asked := a.count("/authorize") - before; asked != 1 {
			t.Errorf("the user was asked %d times", asked)
		}
	}
}

func TestACallThatIsGivenUpDoesNotLoseTheToken(t *testing.T) {
	a, g := start(t, nil)
	authorizer := desk(t, g, oauth.Options{})
	a.set(func(g *grants) { g.expiresIn = 0 })
	says(t, g.url, authorizer, "read", "a note")
	gate := make(chan struct{})
	a.set(func(g *grants) { g.expiresIn, a.gate = 3600, gate })
	select {
	case <-a.came:
	default:
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() {
		_, err := callIn(ctx, g.url, authorizer, "read")
		given <- err
	}()
	<-a.came // the authorization server has the request before it may answer
	cancel()
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Errorf("expected the end of the call, found %v", err)
	}
	close(gate)
	says(t, g.url, authorizer, "read", "a note")
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("what was renewed meanwhile was not kept: the user was asked %d times", asked)
	}
}

func TestAUserWhoDoesNotComeBackIsWaitedForNoLongerThanWasSaid(t *testing.T) {
	_, g := start(t, nil)
	stuck := make(chan struct{})
	defer close(stuck)
	nobody := func(context.Context, string) error { return nil }
	for name, agent := range map[string]oauth.UserAgent{
		"patient": oauth.Unattended(back, func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}),
		"deaf": oauth.Unattended(back, func(context.Context, string) (string, error) {
			<-stuck
			return "", nil
		}),
		"browser": &oauth.Browser{Open: nobody},
	} {
		authorizer := asks(t, g.url, agent, oauth.Options{LoginTimeout: time.Millisecond})
		if words := why(t, g.url, authorizer, "nothing within 1ms (LoginTimeout)"); words == "" {
			t.Error(name)
		}
	}
	broken := &oauth.Browser{Open: func(context.Context, string) error { return errors.New("there is no screen") }}
	why(t, g.url, asks(t, g.url, broken, oauth.Options{}), "there is no screen")
}

func TestClosingEndsTheAttemptThatIsUnderWay(t *testing.T) {
	a, g := start(t, nil)
	away := make(chan struct{})
	authorizer := asks(t, g.url, oauth.Unattended(back, func(ctx context.Context, _ string) (string, error) {
		close(away)
		<-ctx.Done()
		return "", ctx.Err()
	}), oauth.Options{})
	given := make(chan error, 1)
	go func() {
		_, err := call(t, g.url, authorizer, "read")
		given <- err
	}()
	<-away
	if err := authorizer.Close(); err != nil {
		t.Error(err)
	}
	told(t, <-given, "it was closed")
	why(t, g.url, authorizer, "it was closed")
	if tokens := a.count("/token"); tokens != 0 {
		t.Errorf("%d tokens were asked for", tokens)
	}
}
