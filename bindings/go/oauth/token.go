package oauth

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// An access token: what an authorization server's answer says of it, what is kept of it,
// and when it is due.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1

// granted is an authorization server's answer.
type granted struct {
	access, refresh Secret
	kind            string
	lifetime        time.Duration // negative if nobody knows
	scope           *string
	issuedKind      string
}

// origin is what goes into a token besides the answer.
type origin struct {
	// What it allows; before there is an answer, what it allows if that does not say.
	granted []string
	// What was asked for so far.
	requested []string
	issuer    string
	resource  string
	client    clientOf
}

// token is an access token, whom it is from and whom it is for.
type token struct {
	origin
	access, refresh Secret
	// bound to the client's key
	bound bool
	// Seconds after 1970, 0 if nobody knows: when it ends, and from when on it is better
	// renewed.
	expiresAt, dueAt int64
}

// readGranted is the answer in a document; false if it is none.
func readGranted(document wire.Raw) (*granted, bool) {
	m := members{document: document}
	access, kind := m.required("access_token"), m.required("token_type")
	found := &granted{
		access:     NewSecret(access),
		refresh:    secretOf(m.text("refresh_token")),
		kind:       kind,
		lifetime:   lifetimeIn(&m),
		issuedKind: m.text("issued_token_type"),
	}
	if m.value("scope") != nil {
		scope := m.text("scope")
		found.scope = &scope
	}
	return found, m.err == nil
}

// lifetimeIn is `expires_in`, which some send as a text; negative if it is none.
func lifetimeIn(m *members) time.Duration {
	value := m.value("expires_in")
	text := string(value)
	switch value.Kind() {
	case wire.KindNone:
		return -1
	case wire.KindString:
		text, _ = value.Text()
	case wire.KindNumber:
	default:
		m.wrong("expires_in")
	}
	const longest = float64(1<<63-1) / float64(time.Second)
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds < longest) {
		return -1
	}
	return time.Duration(seconds * float64(time.Second))
}

// tokenOf is the token of an answer; why it is none that can be used.
func tokenOf(answer *granted, wantsBound bool, from origin, now time.Time) (*token, error) {
	bound := strings.EqualFold(answer.kind, "DPoP")
	switch {
	case !bound && !strings.EqualFold(answer.kind, "Bearer"):
		return nil, errors.New("token_type: expected Bearer or DPoP, found another one")
	case wantsBound && !bound:
		return nil, errors.New("the token is not bound to the client's key, though that was asked for")
	case bound && !wantsBound:
		return nil, errors.New("the token is bound to a key, though nobody asked for that")
	case !isSendable(answer.access.reveal()):
		return nil, errors.New("access_token: expected visible characters, found others")
	}
	t := &token{origin: from, access: answer.access, refresh: answer.refresh, bound: bound}
	if answer.scope != nil {
		t.granted = words(*answer.scope)
	}
	if lifetime := answer.lifetime; lifetime >= 0 {
		t.expiresAt = now.Add(lifetime).Unix()
		// Of a short life the first half is used.
		t.dueAt = now.Add(lifetime - min(protocol.TokenLeeway, lifetime/2)).Unix()
	}
	return t, nil
}

// isSendable tells whether a header can have it.
func isSendable(access string) bool {
	return access != "" && !strings.ContainsFunc(access, func(c rune) bool { return c <= ' ' || c > '~' })
}

// header is what goes into a request's header Authorization. It is a secret, too.
func (t *token) header() string {
	if t.bound {
		return "DPoP " + t.access.reveal()
	}
	return "Bearer " + t.access.reveal()
}

func (t *token) isDue() bool { return t.dueAt != 0 && t.dueAt <= time.Now().Unix() }

func (t *token) isOver() bool { return t.expiresAt != 0 && t.expiresAt <= time.Now().Unix() }

// keptToken is what is kept of a token, with the key that it is bound to. It is as
// secret as a password.
type keptToken struct {
	Access    string     `json:"access"`
	Refresh   string     `json:"refresh,omitempty"`
	Bound     bool       `json:"bound,omitempty"`
	Key       string     `json:"key,omitempty"`
	ExpiresAt int64      `json:"expiresAt,omitempty"`
	DueAt     int64      `json:"dueAt,omitempty"`
	Granted   []string   `json:"granted"`
	Requested []string   `json:"requested"`
	Issuer    string     `json:"issuer"`
	Resource  string     `json:"resource"`
	Client    keptClient `json:"client"`
}

func (t *token) kept(key string) *keptToken {
	kept := &keptToken{
		Access: t.access.reveal(), Refresh: t.refresh.reveal(), Bound: t.bound,
		ExpiresAt: t.expiresAt, DueAt: t.dueAt,
		Granted: t.granted, Requested: t.requested,
		Issuer: t.issuer, Resource: t.resource, Client: t.client.kept(),
	}
	if t.bound {
		kept.Key = key
	}
	return kept
}

// token is what was kept; nil if it cannot be used any more.
func (k *keptToken) token() *token {
	if !isSendable(k.Access) || k.Issuer == "" || k.Resource == "" || !k.Client.isGood() {
		return nil
	}
	from := origin{k.Granted, k.Requested, k.Issuer, k.Resource, k.Client.client()}
	return &token{
		origin: from, access: NewSecret(k.Access), refresh: secretOf(k.Refresh), bound: k.Bound,
		expiresAt: k.ExpiresAt, dueAt: k.DueAt,
	}
}
