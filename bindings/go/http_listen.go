package isogloss

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A server at an address of its own, for programs that serve nothing else.

// ListenAndServe serves over HTTP at /mcp until ctx ends, and answers 200 at /health.
// The address is as for [net.Listen]: "127.0.0.1:8080".
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return s.ServeListener(ctx, listener)
}

// ServeListener is ListenAndServe on a listener, which it closes. When ctx ends,
// running calls have protocol.DrainTimeout to finish.
func (s *Server) ServeListener(ctx context.Context, listener net.Listener) error {
	if err := s.begin(); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.http.listensAt(listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/mcp", s)
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: protocol.HeadTimeout,
		IdleTimeout:       protocol.HeadTimeout,
		MaxHeaderBytes:    protocol.MaxHead,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return errors.Join(err, s.drain(server))
	case <-ctx.Done():
	}
	err := s.drain(server)
	<-done
	return err
}

// drain lets what runs finish, and ends what is left.
func (s *Server) drain(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), protocol.DrainTimeout)
	defer cancel()
	s.http.sessions.endNews()
	err := server.Shutdown(ctx)
	return errors.Join(err, s.Close(ctx), server.Close())
}
