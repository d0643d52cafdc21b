package isogloss

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A site at an address of its own: connections of HTTP/1.1, bounded in number and
// in patience, and an end that lets running calls finish.

// ListenAndServe serves over HTTP at /mcp until ctx ends, and answers "ok" at
// /health. The address is as for [net.Listen]: "127.0.0.1:8080". A [Site] does it in
// other ways.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	return NewSite(s, nil).ListenAndServe(ctx, address)
}

// ServeListener is ListenAndServe on a listener, which it closes.
func (s *Server) ServeListener(ctx context.Context, listener net.Listener) error {
	return NewSite(s, nil).Serve(ctx, listener)
}

// ListenAndServe serves the site until ctx ends. The address is as for
// [net.Listen]: "127.0.0.1:8080".
func (t *Site) ListenAndServe(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return t.Serve(ctx, listener)
}

// Serve is ListenAndServe on a listener, which it closes. When ctx ends nothing more
// is accepted, streams of news end, and running calls have DrainTimeout to finish; then
// they are cancelled, and the error says so. So have tasks, but for those that wait for
// an answer, which are cancelled when the calls are done.
func (t *Site) Serve(ctx context.Context, listener net.Listener) error {
	if err := errors.Join(t.server.begin(), t.problem); err != nil {
		return errors.Join(err, listener.Close())
	}
	h := t.server.http
	h.listensAt(listener.Addr())
	log := h.modern.session.log
	limited := newLimitedListener(listener, t.options.MaxConnections, log)
	server := &http.Server{
		Handler:           t,
		ReadHeaderTimeout: t.options.HeadTimeout,
		IdleTimeout:       t.options.HeadTimeout,
		MaxHeaderBytes:    protocol.MaxHead,
		ConnState:         limited.seen,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(limited) }()
	select {
	case err := <-done:
		return errors.Join(err, t.drain(server))
	case <-ctx.Done():
	}
	err := t.drain(server)
	<-done
	return err
}

// drain lets what runs finish, and ends what is left.
func (t *Site) drain(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), t.options.DrainTimeout)
	defer cancel()
	t.server.EndNews()
	err := server.Shutdown(ctx)
	err = errors.Join(err, t.server.EndTasks(ctx), t.server.Close(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("calls did not finish within %s (DrainTimeout), and were cancelled", t.options.DrainTimeout)
	}
	return errors.Join(err, server.Close())
}

// limitedListener accepts no more connections than there are slots for; others wait
// with the system. What net/http says of a connection frees its slot.
type limitedListener struct {
	net.Listener
	slots  chan struct{}
	log    *slog.Logger
	closed chan struct{}
	once   sync.Once
}

func newLimitedListener(l net.Listener, most int, log *slog.Logger) *limitedListener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, most), log: log, closed: make(chan struct{})}
}

// Accept implements [net.Listener]. That the system has no more connections now is not
// told to net/http, which pauses for a time of its own.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		connection, err := l.Listener.Accept()
		if err == nil {
			return connection, nil
		}
		if passes(err) {
			l.log.Warn("no connection could be accepted", "error", err)
			select {
			case <-time.After(protocol.AcceptPause):
				continue
			case <-l.closed:
				err = net.ErrClosed
			}
		}
		<-l.slots
		return nil, err
	}
}

// passes reports whether a listener that has failed may have a connection later, as
// net/http sees it.
func passes(err error) bool {
	var failure interface{ Temporary() bool }
	return errors.As(err, &failure) && failure.Temporary()
}

// Close implements [net.Listener].
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// seen hears what becomes of connections.
func (l *limitedListener) seen(_ net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		<-l.slots
	}
}
