package isogloss

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// ServerOptions are what a server can be told besides its name. The zero value
// has the defaults.
type ServerOptions struct {
	// Instructions tell the model how to use the server.
	Instructions string
	// Logger gets what goes wrong; nothing is logged without one.
	Logger *slog.Logger
	// PageSize is the most items on a page of a list; protocol.PageSize if 0.
	PageSize int
	// Coercion is whether arguments of the wrong kind are taken for what they spell.
	Coercion Coercion
	// StateKey, of 32 bytes, encrypts what a client keeps between a question and
	// its answer. Servers that stand in for each other need the same one; without
	// a key a server makes one of its own.
	StateKey []byte
	// HTTP is how it is reached over HTTP.
	HTTP HTTPOptions
}

// Server offers tools, resources and prompts to any number of clients. It may be
// added to while it serves.
type Server struct {
	info     protocol.Implementation
	options  ServerOptions
	registry registry
	seal     *seal
	http     *httpService
	problem  error // of what was added, joined
}

// New returns a server with the default options.
func New(name, version string) *Server {
	return NewServer(protocol.Implementation{Name: name, Version: version}, nil)
}

// NewServer returns a server; nil options are the defaults.
func NewServer(info protocol.Implementation, options *ServerOptions) *Server {
	s := &Server{info: info}
	if options != nil {
		s.options = *options
	}
	if s.options.PageSize <= 0 {
		s.options.PageSize = protocol.PageSize
	}
	var err error
	if s.seal, err = newSeal(s.options.StateKey); err != nil {
		s.problem = err
	}
	s.http = newHTTPService(s)
	return s
}

// Err returns what is wrong with what was added, nil if nothing is. Serving
// begins with it.
func (s *Server) Err() error {
	s.registry.mu.RLock()
	defer s.registry.mu.RUnlock()
	return s.problem
}

// ServeStdio serves on the process's standard input and output until the input
// ends or ctx does. Meanwhile os.Stdout is standard error, so that what the
// program prints does not get between the messages.
func (s *Server) ServeStdio(ctx context.Context) error {
	transport, restore := standardIO()
	defer restore()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, transport) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		// A read of standard input cannot be ended; it ends with the process.
		return errors.Join(ctx.Err(), transport.Close())
	}
}

// Serve serves one connection until it ends, and closes it. Requests that are
// being handled then are still answered, within protocol.ChildGrace.
func (s *Server) Serve(ctx context.Context, t Transport) error {
	if err := s.Err(); err != nil {
		return errors.Join(err, t.Close())
	}
	c := &connection{server: s}
	c.session = newSession(t, c, s.options.Logger, 0)
	stop := context.AfterFunc(ctx, func() { _ = t.Close() })
	err := c.session.run(ctx, protocol.ChildGrace)
	if !stop() && ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, t.Close())
}

// open implements [Target]: the server is in this process.
func (s *Server) open(o *opening) (link, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	here, there := Pipe()
	go func() {
		if err := s.Serve(context.Background(), there); err != nil && !errors.Is(err, io.EOF) {
			_ = here.Close()
		}
	}()
	return o.over(here), nil
}

// connection is one client's. Both eras meet on it: every request says which
// one it belongs to.
type connection struct {
	protocol.UnimplementedServer[*Context]
	server  *Server
	session *session
	// legacy is what a legacy client has settled; nil before its initialize.
	legacy atomic.Pointer[handshake]
}

type handshake struct {
	rev    protocol.Revision
	client *protocol.InitializeRequestParams
}

const protocolVersionKey = "io.modelcontextprotocol/protocolVersion"

// request implements handler.
func (c *connection) request(ctx context.Context, r *request, dst []byte) ([]byte, error) {
	about := &Context{session: c.session, request: r, claims: claimsOf(ctx)}
	if err := c.settle(about, r); err != nil {
		return nil, err
	}
	result, err := protocol.DispatchServerRequest(context.WithValue(ctx, contextKey{}, about), c, about, about.rev, r.method, r.params)
	if asked, wrong := about.asked(c.server.seal); wrong != nil {
		return nil, wrong
	} else if asked != nil {
		result, err = asked, nil
	}
	if err != nil {
		return nil, err
	}
	encoding, err := protocol.Encode(dst, about.rev, result)
	if err != nil {
		return nil, encodeError("the result of "+r.method, err)
	}
	c.session.report(r.method, about.rev, encoding.Omitted)
	return encoding.Data, nil
}

// settle finds out which revision a request is made in. One whose `_meta` names
// a revision is modern, unless it names a legacy one; any other is legacy, and
// needs a handshake first.
func (c *connection) settle(about *Context, r *request) error {
	if named, ok := r.params.Get("_meta", protocolVersionKey); ok {
		if date, isText := named.Text(); isText {
			rev, known := protocol.ParseRevision(date)
			if !known {
				return unsupportedVersion(date)
			}
			if rev.Era() == protocol.Modern {
				about.rev = rev
				return nil
			}
		}
	}
	if agreed := c.legacy.Load(); agreed != nil {
		about.rev, about.client = agreed.rev, agreed.client
		return nil
	}
	about.rev = newest(protocol.Legacy)
	if r.method == protocol.MethodInitialize || r.method == protocol.MethodPing {
		return nil
	}
	return ProtocolError(CodeInvalidRequest, "initialize first, or name a modern revision in params._meta")
}

func unsupportedVersion(asked string) *Error {
	failure := ProtocolError(CodeUnsupportedVersion, "unsupported protocol version")
	data := protocol.UnsupportedProtocolVersionErrorData{Requested: asked, Supported: supported()}
	failure.Data, _ = data.MarshalJSON()
	return failure
}

// notification implements handler.
func (c *connection) notification(ctx context.Context, method string, params wire.Raw) {
	rev := protocol.Latest
	if agreed := c.legacy.Load(); agreed != nil {
		rev = agreed.rev
	}
	about := &Context{session: c.session, request: &request{method: method, params: params}, rev: rev}
	if err := protocol.DispatchServerNotification(ctx, c, about, rev, method, params); err != nil {
		c.session.log.Warn("ignored a notification", "method", method, "error", err)
	}
}

// Initialize opens a legacy session.
func (c *connection) Initialize(_ context.Context, about *Context, params *protocol.InitializeRequestParams) (*protocol.InitializeResult, error) {
	rev := agreed(params.ProtocolVersion)
	c.legacy.Store(&handshake{rev: rev, client: params})
	about.rev = rev
	return &protocol.InitializeResult{
		ProtocolVersion: rev.String(),
		Capabilities:    c.server.capabilities(),
		ServerInfo:      c.server.info,
		Instructions:    optional(c.server.options.Instructions),
	}, nil
}

// Discover tells a modern client what there is.
func (c *connection) Discover(context.Context, *Context, *protocol.RequestParams) (*protocol.DiscoverResult, error) {
	return &protocol.DiscoverResult{
		Meta:              &protocol.ResultMetaObject{ServerInfo: &c.server.info},
		SupportedVersions: supported(),
		Capabilities:      c.server.capabilities(),
		Instructions:      optional(c.server.options.Instructions),
	}, nil
}

// Ping is answered in any state.
func (c *connection) Ping(context.Context, *Context, *protocol.RequestParams) (*protocol.EmptyResult, error) {
	return &protocol.EmptyResult{}, nil
}

// capabilities follow from what was added.
func (s *Server) capabilities() (has protocol.ServerCapabilities) {
	r := &s.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.tools.list) > 0 {
		has.Tools = &protocol.ToolsCapability{}
	}
	if len(r.resources.list)+len(r.templates.list) > 0 {
		has.Resources = &protocol.ResourcesCapability{}
	}
	if len(r.prompts.list) > 0 {
		has.Prompts = &protocol.PromptsCapability{}
	}
	if len(r.completers) > 0 {
		has.Completions = wire.Raw("{}")
	}
	return has
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
