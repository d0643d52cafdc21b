package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// ProtectionOptions are what a server asks of its clients, besides a token. The zero
// value asks nothing more.
type ProtectionOptions struct {
	// Scopes are those without which nothing is allowed.
	Scopes []string
	// ScopesSupported are the scopes that the metadata names, instead of those that
	// are required: what a client asks for at first.
	ScopesSupported []string
	// Includes are scopes that include others: a token with the one has them all.
	Includes map[string][]string
	// Audiences are more names that tokens for this server may have in aud, where
	// the authorization server does not know resources by their address: api://notes.
	Audiences []string
	// AuthorizationServers are more that clients may get a token from; the
	// verifier's issuers are known already.
	AuthorizationServers []string
	// MetadataURL is where the metadata is, if it is not where RFC 9728 puts it. It
	// is then served elsewhere, not by this server.
	MetadataURL string
	// Name is the server's, for the people who are asked to let a client use it.
	Name string
	// Documentation is the address of what who writes clients should read.
	Documentation string
	// Leeway is how long after its end a token is still accepted, for clocks that
	// disagree; protocol.TokenLeeway if 0, none if negative.
	Leeway time.Duration
	// Logger is told why a token could not be checked; nobody is without one.
	Logger *slog.Logger
}

// Protection asks every request for an access token that is meant for this server.
// It is an [isogloss.Guard].
type Protection struct {
	resource    string
	verifier    TokenVerifier
	required    []string
	includes    map[string][]string
	audiences   []string
	metadataURL string
	documents   map[string]string
	leeway      time.Duration
	log         *slog.Logger
}

// NewProtection asks for tokens that are meant for this resource, and that the
// verifier finds to be genuine. The resource is the server's address as clients know
// it, in front of whatever proxy: they compare it with the address that they use,
// and ask for tokens for exactly this.
//
// The error is everything that is wrong with the options, one a line.
func NewProtection(resource string, verifier TokenVerifier, options *ProtectionOptions) (*Protection, error) {
	o := ProtectionOptions{}
	if options != nil {
		o = *options
	}
	servers := unique(verifier.Issuers(), o.AuthorizationServers)
	address, err := o.check(resource, servers)
	if err != nil {
		return nil, err
	}
	p := &Protection{
		resource:    resource,
		verifier:    verifier,
		required:    slices.Clone(o.Scopes),
		includes:    maps.Clone(o.Includes),
		audiences:   slices.Clone(o.Audiences),
		metadataURL: o.MetadataURL,
		leeway:      either(o.Leeway, protocol.TokenLeeway),
		log:         o.Logger,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.metadataURL == "" {
		p.metadataURL = authority.WellKnown(address, wellKnownName)
		p.documents, err = documents(address, o.metadata(resource, servers))
	}
	return p, err
}

// check says what is wrong, and reads the resource's address.
func (o *ProtectionOptions) check(resource string, servers []string) (*url.URL, error) {
	address, err := authority.Address("resource", resource)
	wrong := []error{err}
	if o.MetadataURL != "" {
		_, err := authority.Address("MetadataURL", o.MetadataURL)
		wrong = append(wrong, err)
	}
	for _, server := range servers {
		_, err := authority.Address("authorization server", server)
		wrong = append(wrong, err)
	}
	scopes := [][]string{o.Scopes, o.ScopesSupported, slices.Sorted(maps.Keys(o.Includes))}
	for _, broader := range scopes[2] {
		scopes = append(scopes, o.Includes[broader])
	}
	for _, scope := range unique(scopes...) {
		if !isScope(scope) {
			wrong = append(wrong, fmt.Errorf("scope %q: expected printable ASCII without spaces, quotes and backslashes", scope))
		} else if scope == "offline_access" {
			wrong = append(wrong, fmt.Errorf("scope %q: it asks for a refresh token, which is between client and issuer", scope))
		}
	}
	return address, errors.Join(wrong...)
}

// unique are all texts of the lists, each once.
func unique(lists ...[]string) []string {
	var all []string
	for _, text := range slices.Concat(lists...) {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// Admit implements [isogloss.Guard]: it returns what the token of a request says, if
// that lets the request in. A token is looked for in the header Authorization alone.
// The error is an *[isogloss.Denied], whatever the request lacks.
func (p *Protection) Admit(r *http.Request) (*isogloss.Claims, error) {
	token, absent := bearer(r.Header)
	if absent != nil {
		return nil, p.challenged(absent.status, absent.code, absent.why, p.required)
	}
	claims, err := p.check(r.Context(), token)
	if err != nil {
		return nil, p.refused(r.Context(), err)
	}
	if len(MissingScopes(claims, p.required...)) > 0 {
		return nil, p.Lacks(r, nil)
	}
	return claims, nil
}

// check returns what a token says. It refuses tokens for others, and those whose
// time is over.
func (p *Protection) check(ctx context.Context, token string) (*isogloss.Claims, error) {
	found, err := p.verifier.Verify(ctx, token)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, errors.New("the verifier found neither claims nor an error")
	}
	if err := inTime(found, time.Now(), p.leeway); err != nil {
		return nil, err
	}
	if !p.verifier.BindsAudience() && !slices.ContainsFunc(found.Audience, p.isOurs) {
		return nil, invalid(fmt.Sprintf("the token is not meant for %s (aud)", p.resource))
	}
	claims := *found
	claims.Scopes = expanded(found.Scopes, p.includes)
	return &claims, nil
}

func (p *Protection) isOurs(audience string) bool {
	return authority.SameResource(audience, p.resource) || slices.Contains(p.audiences, audience)
}

// Lacks implements [isogloss.Guard]: the answer names everything that the request
// needs at once, so that the client can get a token that has it all.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#runtime-insufficient-scope-errors
func (p *Protection) Lacks(_ *http.Request, scopes []string) *isogloss.Denied {
	all := unique(p.required, scopes)
	why := "this needs the scopes " + strings.Join(all, " ")
	return p.challenged(http.StatusForbidden, codeInsufficientScope, why, all)
}

// Documents implements [isogloss.Guard]: the metadata, under the path of the resource
// and at the root.
func (p *Protection) Documents() map[string]string { return maps.Clone(p.documents) }

// MetadataURL is where clients find the metadata.
func (p *Protection) MetadataURL() string { return p.metadataURL }

// String names the resource.
func (p *Protection) String() string { return "the protection of " + p.resource }

func (p *Protection) refused(ctx context.Context, err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return p.challenged(http.StatusUnauthorized, codeInvalidToken, refusal.Reason, p.required)
	}
	if ctx.Err() == nil { // otherwise the client went away, and nothing is wrong
		p.log.ErrorContext(ctx, "a request was not let in", "error", err)
	}
	denied := denied(http.StatusServiceUnavailable, "temporarily_unavailable", "the token cannot be checked now; try again later")
	// Sooner the authorization server is not asked for its keys again.
	denied.Header.Set("Retry-After", strconv.Itoa(int(protocol.JwksRefreshInterval.Seconds())))
	return denied
}

// challenged is a refusal that says how to get a token, or a better one.
func (p *Protection) challenged(status int, code, why string, scopes []string) *isogloss.Denied {
	c := challenge{code: code, scopes: scopes, metadata: p.metadataURL}
	// Without an error there is nothing to describe in the header; the body says it.
	if code != "" {
		c.description = why
	}
	denied := denied(status, cmp.Or(code, "unauthorized"), why)
	denied.Header.Set("WWW-Authenticate", c.header())
	return denied
}

// denied is a response in the words of RFC 6749, section 5.2.
func denied(status int, code, why string) *isogloss.Denied {
	body, _ := wire.RawOf(struct { // texts can always be encoded
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{code, why})
	header := http.Header{}
	header.Set("Cache-Control", "no-store")
	return &isogloss.Denied{Status: status, Header: header, Message: why, Body: body}
}
