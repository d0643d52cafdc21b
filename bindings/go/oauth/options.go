package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What a program says before it asks for tokens, checked; and what is kept for it.

// Options are what can be said of any way to get tokens. The zero value has the defaults.
type Options struct {
	// Client is the one that an authorization server knows already: it is used before
	// all others, and only there. For AuthorizationCode alone; elsewhere it is an
	// argument.
	Client *ClientIdentity
	// ClientMetadata is a client whose ID is the address of a document of yours that
	// says what it is, for authorization servers that read such documents: HTTPS, with
	// a path. For AuthorizationCode alone.
	// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#client-id-metadata-documents
	ClientMetadata *ClientIdentity
	// ClientName is what users read when they are asked to let the client in, where it
	// registers itself. For AuthorizationCode alone.
	ClientName string
	// Scopes are asked for from the first time on, besides those that the server asks
	// for.
	Scopes []string
	// DPoP has all tokens bound to a key of the client, and takes no others. Without it
	// this is done where the server asks for it.
	// https://www.rfc-editor.org/rfc/rfc9449.html
	DPoP bool
	// Store keeps tokens and registrations; if nil, they are kept as long as the program
	// runs. Several clients may share one.
	Store TokenStore
	// LoginTimeout is how long a user, or what a program does in its own time, may take;
	// protocol.LoginTimeout if 0.
	LoginTimeout time.Duration
	// HTTPClient asks authorization servers, instead of the one that is built in. It is
	// made to follow no redirects.
	HTTPClient *http.Client
	// Logger gets what nobody waits for: that a token could not be kept, say. Nothing is
	// logged without one.
	Logger *slog.Logger
}

// setup is all that a program said.
type setup struct {
	server *url.URL
	// spelling is the server as the program spelt it.
	spelling string
	grant    grant
	// identity is the program's client, if an authorization server knows it already.
	identity *ClientIdentity
	// document is the one whose ID is the address of a document.
	document     *ClientIdentity
	clientName   string
	scopes       []string
	dpop         bool
	store        TokenStore
	loginTimeout time.Duration
	sender       *authority.Client
	log          *slog.Logger
}

// newSetup checks what a program said.
func newSetup(server string, g grant, o Options) (*setup, error) {
	u, err := authority.Address("server", server)
	if err != nil {
		return nil, err
	}
	s := &setup{
		server: u, spelling: server, grant: g, clientName: o.ClientName,
		scopes: union(nil, o.Scopes), dpop: o.DPoP, store: o.Store, loginTimeout: o.LoginTimeout, log: o.Logger,
	}
	wrong := slices.IndexFunc(o.Scopes, func(scope string) bool { return !isScope(scope) })
	if wrong >= 0 {
		return nil, fmt.Errorf("scopes: %q is no scope: expected visible ASCII without quotes", o.Scopes[wrong])
	}
	if s.identity, err = copied(o.Client); err == nil {
		s.document, err = documentOf(o.ClientMetadata)
	}
	if err != nil {
		return nil, err
	}
	if s.clientName == "" {
		s.clientName = "MCP client"
	}
	if s.store == nil {
		s.store = &MemoryStore{}
	}
	if s.loginTimeout == 0 {
		s.loginTimeout = protocol.LoginTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.sender = authority.NewClient(o.HTTPClient)
	return s, nil
}

// copied is an identity that does not change when the program changes its own.
func copied(identity *ClientIdentity) (*ClientIdentity, error) {
	if identity == nil {
		return nil, nil
	}
	own := *identity
	return &own, own.checked()
}

func documentOf(identity *ClientIdentity) (*ClientIdentity, error) {
	document, err := copied(identity)
	if document == nil || err != nil {
		return nil, err
	}
	u, err := authority.Address("ClientMetadata", document.ID)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" || authority.Path(u) == "" {
		return nil, fmt.Errorf("ClientMetadata: expected https and a path, found %q", document.ID)
	}
	return document, nil
}

// tokenKey is the key under which the server's token is kept.
func (s *setup) tokenKey() string { return "token " + s.server.String() }

// registrationKey is the key under which a registration at an authorization server is
// kept.
func registrationKey(issuer string) string { return "client " + issuer }

// kept reads what was kept; what cannot be read any more counts as nothing.
func (s *setup) kept(ctx context.Context, key string, into any) (bool, error) {
	text, err := bounded(ctx, s, "the token store", func(ctx context.Context) (string, error) { return s.store.Load(ctx, key) })
	return err == nil && text != "" && json.Unmarshal([]byte(text), into) == nil, err
}

// keep keeps something, or takes away what is there.
func (s *setup) keep(ctx context.Context, key string, value any) {
	text := []byte(nil)
	if value != nil {
		text, _ = json.Marshal(value) // strings and numbers
	}
	_, err := bounded(ctx, s, "the token store", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.store.Save(ctx, key, string(text))
	})
	if err != nil {
		s.log.WarnContext(ctx, "a token could not be kept", "server", shown(s.server), "error", err)
	}
}

// bounded does what a program, or a user behind it, does in its own time: as long as a
// user may take. Who does not heed the context is left alone.
func bounded[T any](ctx context.Context, s *setup, what string, work func(context.Context) (T, error)) (T, error) {
	late := fmt.Errorf("nothing within %s (LoginTimeout)", s.loginTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, s.loginTimeout, late)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := work(ctx)
		done <- outcome{value, err}
	}()
	select {
	case found := <-done:
		if found.err == nil || !errors.Is(found.err, ctx.Err()) && !errors.Is(found.err, context.Cause(ctx)) {
			return found.value, found.err
		}
	case <-ctx.Done():
	}
	var none T
	return none, fmt.Errorf("%s: %w", what, context.Cause(ctx))
}
