package isogloss

import (
	"context"
	"errors"
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Middleware: what a program does around every request, whatever the method, the
// era and the transport.

// MethodHandler answers a request with its result, a pointer to one of package
// protocol: *protocol.CallToolResult. The context of the request tells all that is
// known of it; its params are not checked yet.
type MethodHandler func(ctx context.Context, c *Context) (protocol.Encodable, error)

// Use puts a function around every request but the handshake: it may look at the
// request, answer it itself, fail it, or hand it on to next, once, and look at the
// result. What is added first is outermost. It is called once, when serving begins,
// and so are all to be added before.
func (s *Server) Use(middleware func(next MethodHandler) MethodHandler) {
	s.registry.mu.Lock()
	s.middleware = append(s.middleware, middleware)
	s.registry.mu.Unlock()
	if s.serving.Load() {
		s.reject("middleware", "Use", errors.New("it has to be there before serving begins"))
	}
}

var errTwice = errors.New("middleware: next was called twice for one request")

// wrapped puts all middleware around the server's own answers; nil if there is none.
func wrapped(middleware []func(MethodHandler) MethodHandler) MethodHandler {
	if len(middleware) == 0 {
		return nil
	}
	handler := MethodHandler(func(ctx context.Context, about *Context) (protocol.Encodable, error) {
		if about.handedOn.Swap(true) {
			return nil, errTwice
		}
		// Every request to a server comes to one of its connections.
		return about.session.handler.(*connection).dispatch(ctx, about)
	})
	for _, layer := range slices.Backward(middleware) {
		handler = layer(handler)
	}
	return handler
}
