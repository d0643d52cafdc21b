package isogloss

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A request that is kept open, on which a modern server tells of changes. When it
// breaks or the server ends it, it is made again, and then it is told that something
// may have been missed.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions#opening-a-stream

// listen is such a request.
type listen struct {
	client *Client
	wanted protocol.SubscriptionFilter
	// named is what the server calls it now, and isOpen that it has agreed to it once;
	// both are of the client's news.
	named  protocol.RequestID
	isOpen bool
	// ctx ends with close.
	ctx  context.Context
	stop context.CancelFunc
	done chan struct{} // closed when nothing of it goes on
	// agreed is what the server will tell.
	agreed chan protocol.SubscriptionFilter
	// why it could not be opened, or cannot be any more.
	why error
}

func (c *Client) listening(wanted protocol.SubscriptionFilter) *listen {
	l := &listen{client: c, wanted: wanted, done: make(chan struct{}), agreed: make(chan protocol.SubscriptionFilter, 1)}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// open opens it, and returns what the server has agreed to tell. It is kept open in
// the background until close; onEnd is told why it cannot be opened any more.
func (l *listen) open(ctx context.Context, onEnd func(why error)) (protocol.SubscriptionFilter, error) {
	err := l.client.news.start(func() {
		defer close(l.done)
		if l.why = l.keepOpen(); l.ctx.Err() == nil {
			onEnd(l.why)
		}
	})
	if err != nil {
		close(l.done)
		return protocol.SubscriptionFilter{}, err
	}
	select {
	case honoured := <-l.agreed:
		return honoured, nil
	case <-l.done:
	case <-ctx.Done():
		l.close()
		return protocol.SubscriptionFilter{}, ctx.Err()
	}
	select {
	case honoured := <-l.agreed: // it was agreed on, and is over already
		return honoured, nil
	default:
		return protocol.SubscriptionFilter{}, l.why
	}
}

// close ends it; the server is told.
func (l *listen) close() {
	l.stop()
	<-l.done
}

// errEnded is that the server has ended a subscription in good order.
var errEnded = &Error{Kind: KindClosed, Message: "the server has ended the subscription"}

// keepOpen makes the request until it cannot be made any more, and returns why.
func (l *listen) keepOpen() error {
	patience := l.client.options.Timeout
	for again := 0; ; again++ {
		began := time.Now()
		err := l.once(patience)
		if !l.wasOpened() || l.ctx.Err() != nil || !mayBeReopened(err) {
			return err
		}
		if time.Since(began) > patience {
			again = 0 // one that was open for long is no sign that the next will not be
		}
		if again == protocol.ResumeAttempts {
			return &Error{Kind: KindClosed, Message: fmt.Sprintf("opened again %d times in a row (resume_attempts)", again), Err: err}
		}
		l.client.log.Warn("a subscription is opened again", "because", err)
		pause := time.NewTimer(protocol.SSERetry)
		select {
		case <-pause.C:
		case <-l.ctx.Done():
		case <-l.client.news.over:
		}
		pause.Stop()
	}
}

func (l *listen) wasOpened() bool {
	l.client.news.mu.Lock()
	defer l.client.news.mu.Unlock()
	return l.isOpen
}

// once makes the request and returns why it ended.
func (l *listen) once(patience time.Duration) error {
	c := l.client
	release, err := c.news.takeTurn(l.ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancelCause(l.ctx)
	defer cancel(nil)
	late := time.AfterFunc(patience, func() {
		cancel(timeoutError(protocol.MethodSubscriptionsListen+", which is to be acknowledged", patience))
	})
	defer late.Stop()
	isAgreed := make(chan struct{})
	c.news.expect(func(named protocol.RequestID, honoured protocol.SubscriptionFilter) {
		late.Stop()
		l.agree(named, honoured)
		close(isAgreed)
		release()
	})
	err = l.request(ctx)
	select {
	case <-isAgreed:
	default:
		c.news.expect(nil) // the turn is this one's still
		if err == nil {
			return &Error{Kind: KindClosed, Message: errEnded.Message + " before it began"}
		}
	}
	switch cause := context.Cause(ctx); {
	case err == nil:
		return errEnded
	case errors.Is(cause, ErrTimeout):
		return cause
	}
	return err
}

// agree takes note of what the server calls the request, and will tell.
func (l *listen) agree(named protocol.RequestID, honoured protocol.SubscriptionFilter) {
	l.client.news.mu.Lock()
	again := l.isOpen
	l.named, l.isOpen = named, true
	l.client.news.mu.Unlock()
	if again {
		l.client.tell(Change{Kind: Missed}, &protocol.NotificationMetaObject{SubscriptionID: named})
		return
	}
	l.agreed <- honoured
}

// request is subscriptions/listen. It is not made again elsewhere: only here it is
// known that something was missed.
func (l *listen) request(ctx context.Context) error {
	rev := l.client.Revision()
	params := &protocol.SubscriptionsListenRequestParams{Notifications: l.wanted}
	_, err := l.client.link.call(ctx, &outgoing{
		method: protocol.FindMethod(protocol.MethodSubscriptionsListen, rev),
		rev:    rev,
		params: l.client.request(protocol.MethodSubscriptionsListen, rev, params, ""),
	})
	return err
}

// mayBeReopened reports whether it makes sense to ask again: not where there is no
// connection any more, nor where the server says no.
func mayBeReopened(why error) bool {
	var own *Error
	if !errors.As(why, &own) {
		return false
	}
	switch own.Kind {
	case KindOutcomeUnknown, KindUnreachable, KindTimeout:
		return true
	case KindHTTP:
		return own.Status >= 500
	}
	return own == errEnded
}
