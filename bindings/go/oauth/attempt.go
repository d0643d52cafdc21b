package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// One attempt at another token: the old one renewed, or asked for anew where the server
// says.

// place is where a token is to be had.
type place struct {
	resource string
	scopes   []string
	dpop     bool
	server   *authorizationServer
	// guessed: nobody named it.
	guessed bool
}

// attempt gets another token than the one that was seen.
func (s *session) attempt(ctx context.Context, seen *held, n need) error {
	if n.why == ends {
		if done, err := s.renewEarly(ctx, seen); done || err != nil {
			return err
		}
	}
	s.mu.Lock()
	if n.challenge != nil {
		s.challenge = n.challenge
	}
	wanted := s.challenge
	if wanted == nil {
		// Where another one is to be had is for the server to say, once it is asked
		// without.
		s.current = nil
	}
	s.mu.Unlock()
	if wanted == nil {
		return nil
	}
	// Where tokens are to be had may have changed, which a refusal is the sign of.
	at, err := s.discover(ctx, wanted)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.asked = at.server
	s.mu.Unlock()
	isSame := seen != nil && seen.issuer == at.server.issuer && seen.resource == at.resource
	if n.why == refused && isSame && seen.isRenewable() {
		if done, err := s.renew(ctx, seen.token); done || err != nil {
			return err
		}
	}
	return s.ask(ctx, at, wanted, seen)
}

// renewEarly renews a token that ends soon. One that cannot be renewed just now is used
// as long as it lasts.
func (s *session) renewEarly(ctx context.Context, seen *held) (bool, error) {
	done, err := s.renew(ctx, seen.token)
	if err != nil && !seen.isOver() {
		return true, nil
	}
	return done, err
}

// renew renews a token; false if there is nothing to renew any more.
func (s *session) renew(ctx context.Context, old *token) (bool, error) {
	if !old.refresh.isSet() {
		return false, nil
	}
	server, err := s.issuer(ctx, old.issuer)
	if err != nil {
		return false, err
	}
	e := endpoint{s.sender, server.token, server.issuer, &old.client, s.proofsFor(old.bound)}
	answer, err := e.ask(ctx, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {old.refresh.reveal()}, "resource": {old.resource},
	})
	if isOfGrant(err) || isOfClient(err) {
		s.unregister(ctx, err, server.issuer)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t, err := tokenOf(answer, old.bound, old.origin, time.Now())
	if err != nil {
		return false, fmt.Errorf("%s: %w", server.token, err)
	}
	if !t.refresh.isSet() {
		t.refresh = old.refresh // what is not given anew is still good
	}
	s.put(ctx, t, true)
	return true, nil
}

// ask asks for a token, with what the program has to show.
func (s *session) ask(ctx context.Context, at *place, c *challenge, seen *held) error {
	s.mu.Lock()
	before, bound := s.requested, s.bound
	s.mu.Unlock()
	if seen != nil {
		before = union(before, seen.granted)
	}
	a := asking{
		setup: s.setup, resource: at.resource, server: at.server, bound: bound,
		scopes: union(wanted(before, c.scopes, at.scopes), s.scopes),
	}
	isBound := s.dpop || at.dpop || c.wantsDPoP()
	if isBound && !at.server.hasDPoP {
		return fmt.Errorf("%s: dpop_signing_alg_values_supported: expected ES256, since tokens are to be bound to a key", at.server.issuer)
	}
	a.proofs = s.proofsFor(isBound)
	answer, client, err := s.grant(ctx, &a)
	if err != nil {
		s.unregister(ctx, err, at.server.issuer)
		if at.guessed {
			err = fmt.Errorf("it names no authorization server, and is none itself: %w", err)
		}
		return err
	}
	t, err := tokenOf(answer, isBound, origin{a.scopes, a.scopes, at.server.issuer, at.resource, client}, time.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", at.server.token, err)
	}
	s.put(ctx, t, false)
	return nil
}

// unregister forgets a registration that is worth nothing any more, so that the next
// attempt makes another.
func (s *session) unregister(ctx context.Context, err error, issuer string) {
	if isOfClient(err) {
		s.keep(ctx, registrationKey(issuer), nil)
	}
}

// discover finds out where a token is to be had.
func (s *session) discover(ctx context.Context, c *challenge) (*place, error) {
	d := discovery{s.sender}
	found, err := d.protected(ctx, s.server, c)
	if err != nil {
		return nil, err
	}
	if found == nil {
		server, err := d.ownAuthorizationServer(ctx, s.server)
		return &place{resource: s.spelling, server: server, guessed: true}, err
	}
	if len(found.authorizationServers) == 0 {
		return nil, errors.New("authorization_servers: expected at least one, found none")
	}
	issuer := found.authorizationServers[0]
	if own := s.ownIssuer(); slices.Contains(found.authorizationServers, own) {
		issuer = own
	}
	server, err := d.authorizationServer(ctx, issuer, s.server)
	return &place{resource: found.resource, scopes: found.scopes, dpop: found.wantsDPoP, server: server}, err
}

// ownIssuer is the authorization server that the client belongs to, as far as that is
// known.
func (s *session) ownIssuer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.identity != nil && s.identity.Issuer != "":
		return s.identity.Issuer
	case s.bound != "":
		return s.bound
	case s.current != nil:
		return s.current.issuer
	}
	return ""
}

// issuer is an authorization server that gave a token before.
func (s *session) issuer(ctx context.Context, issuer string) (*authorizationServer, error) {
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	if asked != nil && asked.issuer == issuer {
		return asked, nil
	}
	d := discovery{s.sender}
	var err error
	if issuer == authority.Origin(s.server) {
		asked, err = d.ownAuthorizationServer(ctx, s.server)
	} else {
		asked, err = d.authorizationServer(ctx, issuer, s.server)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = asked
	return asked, nil
}

// put takes a token, and keeps it.
func (s *session) put(ctx context.Context, t *token, renewed bool) {
	s.mu.Lock()
	if s.requested = t.requested; t.client.given {
		s.bound = t.issuer
	}
	s.current = hold(t, renewed)
	s.mu.Unlock()
	key := ""
	if t.bound {
		key = s.loaded.Load().kept()
	}
	s.keep(ctx, s.tokenKey(), t.kept(key))
}
