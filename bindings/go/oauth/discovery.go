package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The way from a refused request to an authorization server: what the server says of
// itself, then what the authorization server does. A document that is wrong ends it;
// only where none is found the next place is tried.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery

const protectedResource = "oauth-protected-resource"

// nothing is why a place has no document.
type nothing struct{ why string }

func (n *nothing) Error() string { return n.why }

// discovery looks for documents.
type discovery struct{ sender *authority.Client }

// protected is what the server says of itself; nil if it says nothing anywhere.
func (d discovery) protected(ctx context.Context, server *url.URL, c *challenge) (*protected, error) {
	if named := c.resourceMetadata; named != "" {
		place, err := reachable("resource_metadata", named, server)
		if err != nil {
			return nil, err
		}
		document, err := d.at(ctx, place.String())
		if err != nil {
			return nil, err
		}
		return readProtected(named, document, server)
	}
	root := authority.Origin(server) + "/.well-known/" + protectedResource
	places := []string{authority.WellKnown(server, protectedResource), root}
	place, document, err := d.first(ctx, slices.Compact(places))
	if n := (*nothing)(nil); errors.As(err, &n) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readProtected(place, document, server)
}

// authorizationServer is what an issuer says of itself, that this server named.
func (d discovery) authorizationServer(ctx context.Context, issuer string, server *url.URL) (*authorizationServer, error) {
	u, err := reachable("authorization_servers", issuer, server)
	if err != nil {
		return nil, err
	}
	place, document, err := d.first(ctx, authority.Places(u))
	if n := (*nothing)(nil); errors.As(err, &n) {
		return nil, fmt.Errorf("no metadata of %s: %s", issuer, n.why)
	}
	if err != nil {
		return nil, err
	}
	return readAuthorizationServer(place, document, issuer)
}

// ownAuthorizationServer is a server that has no metadata: it may be one of revision
// 2025-03-26, its own authorization server.
func (d discovery) ownAuthorizationServer(ctx context.Context, server *url.URL) (*authorizationServer, error) {
	issuer := authority.Origin(server)
	place := issuer + "/.well-known/oauth-authorization-server"
	document, err := d.at(ctx, place)
	if n := (*nothing)(nil); errors.As(err, &n) {
		return unsaid(server), nil
	}
	if err != nil {
		return nil, err
	}
	return readAuthorizationServer(place, document, issuer)
}

// first is the first document of these places. Its error is *nothing if there is none.
func (d discovery) first(ctx context.Context, places []string) (place string, document wire.Raw, err error) {
	var why []string
	for _, place := range places {
		document, err := d.at(ctx, place)
		n := (*nothing)(nil)
		if !errors.As(err, &n) {
			return place, document, err
		}
		why = append(why, n.why)
	}
	return "", nil, &nothing{strings.Join(why, "; ")}
}

// at is the document at a place. Its error is *nothing if there is none.
func (d discovery) at(ctx context.Context, place string) (wire.Raw, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	if err != nil {
		return nil, err
	}
	answer, err := d.sender.Send(request)
	switch {
	case err != nil:
		return nil, err
	case answer.Code >= http.StatusInternalServerError:
		return nil, fmt.Errorf("%s: expected HTTP 200, found %s", place, answer.Status)
	case answer.Code != http.StatusOK:
		return nil, &nothing{fmt.Sprintf("%s: found HTTP %s", place, answer.Status)}
	}
	document, err := authority.Object(request.URL, answer.Body)
	if err != nil {
		// Some servers answer a page to whatever they are asked.
		return nil, &nothing{err.Error()}
	}
	return document, nil
}
