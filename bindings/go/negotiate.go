package isogloss

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// How a client finds a revision that both sides speak, and what it hears from
// the server besides answers.

// negotiate agrees on a revision.
func (c *Client) negotiate(ctx context.Context) error {
	offered := newest(protocol.Legacy)
	if c.options.Revision != nil {
		offered = *c.options.Revision
	}
	if c.options.Era == LegacyOnly {
		return c.initialize(ctx, offered)
	}
	named, err := c.discover(ctx)
	if err == nil || c.options.Era == ModernOnly {
		return err
	}
	theirs, common := best(protocol.Legacy, named)
	if !common && (named != nil || !legacyAnswer(err)) {
		return err
	}
	if common && c.options.Revision == nil {
		offered = theirs
	}
	c.log.Info("taken for a legacy server", "why", err)
	return c.initialize(ctx, offered)
}

// legacyAnswer reports whether an error is what a server of another era may make
// of server/discover: silence, or any answer that is none. That there is no server,
// or that it lets nobody in, says nothing about its era.
func legacyAnswer(err error) bool {
	var own *Error
	if !errors.As(err, &own) {
		return false
	}
	switch own.Kind {
	case KindProtocol, KindDecode, KindTimeout, KindOutcomeUnknown:
		return true
	case KindHTTP:
		return own.Status != http.StatusUnauthorized && own.Status != http.StatusForbidden
	}
	return false
}

// discover asks in the newest revision, and again in the best one that the server
// names if it refuses that. It fails with the revisions that the server has, if it
// says which, and none of them is a modern one of this client's.
func (c *Client) discover(ctx context.Context) (named []string, err error) {
	rev := newest(protocol.Modern)
	result, err := c.probe(ctx, rev)
	if errors.Is(err, &Error{Kind: KindProtocol, Code: CodeUnsupportedVersion}) {
		named := supportedBy(err)
		// Once more, even in the same: the server names what it would take.
		other, ok := best(protocol.Modern, named)
		if !ok {
			return named, noCommonRevision(named)
		}
		rev = other
		result, err = c.probe(ctx, rev)
	}
	if err != nil {
		return nil, err
	}
	rev, ok := best(protocol.Modern, result.SupportedVersions)
	if !ok {
		return result.SupportedVersions, noCommonRevision(result.SupportedVersions)
	}
	c.rev.Store(uint32(rev))
	c.greeting = greeting{capabilities: result.Capabilities}
	if result.Meta != nil && result.Meta.ServerInfo != nil {
		c.greeting.info = *result.Meta.ServerInfo
	}
	if result.Instructions != nil {
		c.greeting.instructions = *result.Instructions
	}
	return nil, nil
}

// probe is server/discover, with a time limit of its own where a legacy server
// may be behind the silence.
func (c *Client) probe(ctx context.Context, rev protocol.Revision) (*protocol.DiscoverResult, error) {
	c.rev.Store(uint32(rev))
	return protocol.Discover(ctx, once{c, func(o *outgoing) {
		if c.options.Era == Auto {
			o.limit = c.options.ProbeTimeout
		}
	}}, nil)
}

func noCommonRevision(theirs []string) error {
	return &Error{Kind: KindNegotiation, Message: fmt.Sprintf("no revision in common: the server speaks %v, this client %v", theirs, supported())}
}

// initialize opens a legacy session, in another revision if the server names one
// that it would take. The answer is read in the revision that it names.
func (c *Client) initialize(ctx context.Context, offered protocol.Revision) error {
	raw, err := c.offer(ctx, offered)
	if other, ok := best(protocol.Legacy, supportedBy(err)); ok && other != offered {
		raw, err = c.offer(ctx, other)
	}
	if err != nil {
		return err
	}
	named, _ := raw.Get("protocolVersion")
	date, _ := named.Text()
	rev, known := protocol.ParseRevision(date)
	if !known || rev.Era() == protocol.Modern {
		return noCommonRevision([]string{date})
	}
	var result protocol.InitializeResult
	if err := protocol.Decode(rev, raw, &result); err != nil {
		return decodeError("the result of initialize", err)
	}
	c.rev.Store(uint32(rev))
	c.greeting = greeting{info: result.ServerInfo, capabilities: result.Capabilities}
	if result.Instructions != nil {
		c.greeting.instructions = *result.Instructions
	}
	return protocol.NotifyInitialized(ctx, c, nil)
}

// offer asks for a legacy session in a revision.
func (c *Client) offer(ctx context.Context, rev protocol.Revision) (wire.Raw, error) {
	params := &protocol.InitializeRequestParams{
		ProtocolVersion: rev.String(),
		Capabilities:    c.options.Capabilities,
		ClientInfo:      c.options.Info,
	}
	return c.link.call(ctx, c.outgoing(protocol.FindMethod(protocol.MethodInitialize, rev), rev, params))
}

// supportedBy are the revisions that a server names in an error; none if it is
// another error.
func supportedBy(err error) []string {
	var refused *Error
	if !errors.As(err, &refused) || refused.Kind != KindProtocol {
		return nil
	}
	raw, _ := refused.Data.Get("supported")
	var names []string
	if raw.Unmarshal(&names) != nil {
		return nil
	}
	return names
}

// incoming is a client as its session sees it: what answers the server.
type incoming Client

// request implements handler.
func (i *incoming) request(ctx context.Context, r *request, dst []byte) ([]byte, error) {
	c := (*Client)(i)
	rev := c.Revision()
	result, err := protocol.DispatchClientRequest(ctx, c.answers(), c, rev, r.method, r.params)
	if err != nil {
		return nil, err
	}
	encoding, err := protocol.Encode(dst, rev, result)
	if err != nil {
		return nil, encodeError("the result of "+r.method, err)
	}
	c.report(r.method, rev, encoding.Omitted)
	return encoding.Data, nil
}

// notification implements handler.
func (i *incoming) notification(ctx context.Context, method string, params wire.Raw) {
	c := (*Client)(i)
	if err := protocol.DispatchClientNotification(ctx, c.answers(), c, c.Revision(), method, params); err != nil {
		c.log.Warn("ignored a notification", "method", method, "error", err)
	}
}

// answers is the user's handler, with what a client always does in front of it.
func (c *Client) answers() protocol.ClientHandler[*Client] {
	if c.options.Handler == nil {
		return always{protocol.UnimplementedClient[*Client]{}}
	}
	return always{c.options.Handler}
}

type always struct {
	protocol.ClientHandler[*Client]
}

// Ping is answered.
func (always) Ping(context.Context, *Client, *protocol.RequestParams) (*protocol.EmptyResult, error) {
	return &protocol.EmptyResult{}, nil
}

// OnProgress goes to the call that it belongs to.
func (a always) OnProgress(ctx context.Context, c *Client, params *protocol.ProgressNotificationParams) {
	if token, ok := params.ProgressToken.(protocol.ProgressTokenString); ok {
		c.mu.Lock()
		hear := c.progress[string(token)]
		c.mu.Unlock()
		if hear != nil {
			hear(params)
			return
		}
	}
	a.ClientHandler.OnProgress(ctx, c, params)
}

// listen makes a progress token that leads to a function.
func (c *Client) listen(hear func(*protocol.ProgressNotificationParams)) string {
	token := fmt.Sprintf("p%d", c.tokens.Add(1))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.progress[token] = hear
	return token
}

func (c *Client) unlisten(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.progress, token)
}

// Ping checks that a legacy server is there. A modern one has no ping: it is
// asked to describe itself instead.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	if c.Revision().Era() == protocol.Modern {
		_, err := protocol.Discover(ctx, c, nil)
		return time.Since(began), err
	}
	_, err := protocol.Ping(ctx, c, nil)
	return time.Since(began), err
}
