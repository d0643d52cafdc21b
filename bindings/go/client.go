package isogloss

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// ClientOptions are what a client can be told. The zero value has the defaults.
type ClientOptions struct {
	// Info is what the client says of itself.
	Info protocol.Implementation
	// Capabilities are what the client can do; see Handler.
	Capabilities protocol.ClientCapabilities
	// Era forces an era; by default the client finds out.
	Era EraMode
	// Revision is the legacy revision to offer; the newest if nil.
	Revision *protocol.Revision
	// Timeout is how long a call may take; protocol.RequestTimeout if 0.
	Timeout time.Duration
	// ProbeTimeout is how long the answer to server/discover may take before the
	// server is taken for a legacy one; protocol.ProbeTimeout if 0.
	ProbeTimeout time.Duration
	// Handler answers a legacy server's requests and hears its notifications.
	// Without one, requests other than ping are refused.
	Handler protocol.ClientHandler[*Client]
	// Logger gets what goes wrong; nothing is logged without one.
	Logger *slog.Logger
}

// Client is a connection to a server. It is safe for use by several goroutines,
// and is a [protocol.Caller]: the calls of package protocol can be made over it.
type Client struct {
	options   ClientOptions
	link      link
	omissions               // and its log
	rev       atomic.Uint32 // a protocol.Revision
	greeting  greeting
	tokens    atomic.Int64 // of progress, so far
	mu        sync.Mutex
	progress  map[string]func(*protocol.ProgressNotificationParams)
}

// greeting is what the server said of itself.
type greeting struct {
	info         protocol.Implementation
	capabilities protocol.ServerCapabilities
	instructions string
}

// Connect connects to a server and agrees on a revision with it. Nil options are
// the defaults. The context bounds the connecting; the client lives until Close.
func Connect(ctx context.Context, target Target, options *ClientOptions) (*Client, error) {
	c := &Client{progress: map[string]func(*protocol.ProgressNotificationParams){}}
	if options != nil {
		c.options = *options
	}
	if c.options.Info.Name == "" {
		c.options.Info = protocol.Implementation{Name: "isogloss", Version: "0.1.0"}
	}
	if c.options.Logger == nil {
		c.options.Logger = slog.New(slog.DiscardHandler)
	}
	if c.options.ProbeTimeout == 0 {
		c.options.ProbeTimeout = protocol.ProbeTimeout
	}
	c.options.Timeout = cmp.Or(c.options.Timeout, protocol.RequestTimeout)
	c.log = c.options.Logger
	var err error
	if c.link, err = target.open(&opening{hears: (*incoming)(c), log: c.log, timeout: c.options.Timeout, anew: func() {}}); err != nil {
		return nil, err
	}
	if err := c.negotiate(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends the connection, and the server if it was started for it.
func (c *Client) Close() error { return c.link.close() }

// Revision is the one that was agreed on.
func (c *Client) Revision() protocol.Revision { return protocol.Revision(c.rev.Load()) }

// Server is what the server says of itself; a modern one need not.
func (c *Client) Server() protocol.Implementation { return c.greeting.info }

// Capabilities are what the server can do.
func (c *Client) Capabilities() protocol.ServerCapabilities { return c.greeting.capabilities }

// Instructions tell the model how to use the server.
func (c *Client) Instructions() string { return c.greeting.instructions }

// Call implements [protocol.Caller].
func (c *Client) Call(ctx context.Context, method *protocol.Method, params protocol.Encodable, read func(*wire.Decoder)) error {
	return c.send(ctx, method, params, read, nil)
}

// send sends a request and has its result read. What is sent can be adjusted.
func (c *Client) send(ctx context.Context, method *protocol.Method, params protocol.Encodable, read func(*wire.Decoder), adjust func(*outgoing)) error {
	rev := c.Revision()
	if err := sendable(method, rev); err != nil {
		return err
	}
	o := c.outgoing(method, rev, params)
	if adjust != nil {
		adjust(o)
	}
	raw, err := c.link.call(ctx, o)
	if err != nil {
		return err
	}
	return readModern(method, rev, raw, read)
}

// Notify implements [protocol.Caller].
func (c *Client) Notify(ctx context.Context, method *protocol.Method, params protocol.Encodable) error {
	rev := c.Revision()
	if err := sendable(method, rev); err != nil {
		return err
	}
	return c.link.notify(ctx, &outgoing{method: method, rev: rev, params: c.encoded(method.Name, rev, params, nil)})
}

// outgoing is a request that is about to be sent.
func (c *Client) outgoing(method *protocol.Method, rev protocol.Revision, params protocol.Encodable) *outgoing {
	return &outgoing{
		method:     method,
		rev:        rev,
		params:     c.encoded(method.Name, rev, params, c.meta(rev)),
		limit:      c.options.Timeout,
		repeatable: method.ReplaySafe,
	}
}

// meta is what every modern request says of the client.
func (c *Client) meta(rev protocol.Revision) func(*protocol.RequestMetaObject) {
	if rev.Era() == protocol.Legacy {
		return nil
	}
	return func(meta *protocol.RequestMetaObject) {
		meta.ProtocolVersion = wire.Ptr(rev.String())
		meta.ClientInfo = &c.options.Info
		meta.ClientCapabilities = &c.options.Capabilities
	}
}

// readModern reads a result. Some servers leave out the type of a modern one,
// which is taken for a complete one.
func readModern(method *protocol.Method, rev protocol.Revision, raw wire.Raw, read func(*wire.Decoder)) error {
	err := readResult(method, rev, raw, read)
	var wrong *wire.Error
	if errors.As(err, &wrong) && wrong.Path == "/resultType" && raw.Kind() == wire.KindObject {
		if _, there := raw.Get("resultType"); !there {
			members := strings.TrimSpace(string(raw))[1:]
			if comma := ","; strings.TrimSpace(members) != "}" {
				members = comma + members
			}
			return readResult(method, rev, wire.Raw(`{"resultType":"complete"`+members), read)
		}
	}
	return err
}

// CallOptions are what a single call can be told.
type CallOptions struct {
	// OnProgress hears how far the work has got. It must not wait for other
	// messages of the same connection.
	OnProgress func(*protocol.ProgressNotificationParams)
	// Repeatable tells that the call does no harm if it is made twice. It is sent
	// again where a connection breaks and nothing tells what became of it.
	Repeatable bool
}

// once is a client as a single call has it, which is told something of its own.
type once struct {
	*Client
	adjust func(*outgoing)
}

// Call implements [protocol.Caller].
func (c once) Call(ctx context.Context, method *protocol.Method, params protocol.Encodable, read func(*wire.Decoder)) error {
	return c.send(ctx, method, params, read, c.adjust)
}

// CallTool calls a tool. Arguments are anything that encoding/json makes an
// object of; nil for none. A result may say that the tool failed: see IsError.
func (c *Client) CallTool(ctx context.Context, name string, arguments any, options *CallOptions) (*protocol.CallToolResult, error) {
	params := &protocol.CallToolRequestParams{Name: name}
	if arguments != nil {
		raw, err := wire.RawOf(arguments)
		if err != nil {
			return nil, encodeError("the arguments of "+name, err)
		}
		params.Arguments = raw
	}
	if options != nil && options.OnProgress != nil {
		token := c.listen(options.OnProgress)
		defer c.unlisten(token)
		if c.Revision().Era() == protocol.Modern {
			params.Meta = &protocol.RequestMetaObject{ProgressToken: protocol.ProgressTokenString(token)}
		} else {
			// The older schemas allow it in every request, but say so in none.
			params.Extra.Set("_meta", fmt.Appendf(nil, `{"progressToken":%q}`, token))
		}
	}
	var caller protocol.Caller = c
	if options != nil && options.Repeatable {
		caller = once{c, func(o *outgoing) { o.repeatable = true }}
	}
	outcome, err := protocol.CallTool(ctx, caller, params)
	if err != nil {
		return nil, err
	}
	result, ok := outcome.(*protocol.CallToolResult)
	if !ok {
		return nil, unanswered(name)
	}
	return result, nil
}

// Result decodes the structured content of a tool's result. An error of the tool
// is returned as one.
func Result[T any](result *protocol.CallToolResult) (value T, err error) {
	if result.IsError != nil && *result.IsError {
		return value, errors.New(TextOf(result))
	}
	if err := json.Unmarshal(result.StructuredContent, &value); err != nil {
		return value, decodeError("the structured content", err)
	}
	return value, nil
}

// TextOf is the text of a tool's result: that of its text blocks, a line each.
func TextOf(result *protocol.CallToolResult) string {
	var texts []string
	for _, block := range result.Content {
		if text, ok := block.(*protocol.TextContent); ok {
			texts = append(texts, text.Text)
		}
	}
	return strings.Join(texts, "\n")
}

func unanswered(what string) error {
	return &Error{Kind: KindNegotiation, Message: what + " asks for input, which this client does not give"}
}

// ReadResource reads a resource.
func (c *Client) ReadResource(ctx context.Context, uri string) (*protocol.ReadResourceResult, error) {
	outcome, err := protocol.ReadResource(ctx, c, &protocol.ReadResourceRequestParams{URI: uri})
	if err != nil {
		return nil, err
	}
	result, ok := outcome.(*protocol.ReadResourceResult)
	if !ok {
		return nil, unanswered(uri)
	}
	return result, nil
}

// GetPrompt has a prompt filled in.
func (c *Client) GetPrompt(ctx context.Context, name string, arguments map[string]string) (*protocol.GetPromptResult, error) {
	params := &protocol.GetPromptRequestParams{Name: name}
	for key, value := range arguments {
		params.Arguments.Set(key, value)
	}
	outcome, err := protocol.GetPrompt(ctx, c, params)
	if err != nil {
		return nil, err
	}
	result, ok := outcome.(*protocol.GetPromptResult)
	if !ok {
		return nil, unanswered(name)
	}
	return result, nil
}

// Tools goes through all tools of the server, page by page.
func (c *Client) Tools(ctx context.Context) iter.Seq2[protocol.Tool, error] {
	return pages(func(cursor *string) ([]protocol.Tool, *string, error) {
		result, err := protocol.ListTools(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Tools, result.NextCursor, nil
	})
}

// Resources goes through all resources of the server, page by page.
func (c *Client) Resources(ctx context.Context) iter.Seq2[protocol.Resource, error] {
	return pages(func(cursor *string) ([]protocol.Resource, *string, error) {
		result, err := protocol.ListResources(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Resources, result.NextCursor, nil
	})
}

// ResourceTemplates goes through all resource templates of the server, page by page.
func (c *Client) ResourceTemplates(ctx context.Context) iter.Seq2[protocol.ResourceTemplate, error] {
	return pages(func(cursor *string) ([]protocol.ResourceTemplate, *string, error) {
		result, err := protocol.ListResourceTemplates(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.ResourceTemplates, result.NextCursor, nil
	})
}

// Prompts goes through all prompts of the server, page by page.
func (c *Client) Prompts(ctx context.Context) iter.Seq2[protocol.Prompt, error] {
	return pages(func(cursor *string) ([]protocol.Prompt, *string, error) {
		result, err := protocol.ListPrompts(ctx, c, &protocol.PaginatedRequestParams{Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return result.Prompts, result.NextCursor, nil
	})
}

// pages goes through a list. An error ends it; so does a cursor that leads
// nowhere new.
func pages[T any](page func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			items, next, err := page(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil || (cursor != nil && *next == *cursor) {
				return
			}
			cursor = next
		}
	}
}
