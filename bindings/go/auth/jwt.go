package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// minSecret is the fewest bytes of a shared secret: as many as SHA-256 has (RFC 7518,
// section 3.2).
const minSecret = 32

// JWTOptions are how an issuer's tokens are checked. The zero value finds the keys
// through the issuer's metadata, and accepts all algorithms that have public keys.
// At most one of JWKSURL, Keys and SharedSecret is set.
type JWTOptions struct {
	// JWKSURL is where the keys are; the issuer's metadata is not asked for then.
	JWKSURL string
	// Keys are the keys, a JSON Web Key Set; nothing is fetched then.
	Keys []byte
	// SharedSecret is a secret of at least 32 bytes that the issuer signs with
	// (HS256), and in no other way. Whoever checks such tokens can also make them:
	// public keys are better.
	SharedSecret []byte
	// Algorithms are those that are accepted.
	Algorithms []Algorithm
	// RequireType is the type (typ) that tokens must have: at+jwt where the issuer
	// follows RFC 9068. Any if empty.
	RequireType string
	// Leeway is how far the issuer's clock may be from ours;
	// protocol.TokenLeeway if 0, none if negative.
	Leeway time.Duration
	// KeysLifetime is how long fetched keys are used before they are fetched again;
	// protocol.JwksLifetime if 0.
	KeysLifetime time.Duration
	// RefreshInterval is the shortest time between two fetches, whatever keys tokens
	// name; protocol.JwksRefreshInterval if 0.
	RefreshInterval time.Duration
	// HTTPClient fetches, instead of the one that is built in, which trusts the
	// system's certificates and uses no proxy. It is made to follow no redirects.
	HTTPClient *http.Client
}

// NewJWTVerifier returns what checks tokens that this issuer signs: signature,
// algorithm, iss, exp and nbf. Whom a token is meant for is looked at by the
// [Protection].
//
// Tokens that are not signed, or are signed with a shared secret, are refused,
// whatever they say of themselves; so are tokens without exp, tokens whose headers
// must be understood (crit), and tokens that are bound to a key (cnf).
//
// The error is everything that is wrong with the options, one a line.
func NewJWTVerifier(issuer string, options *JWTOptions) (TokenVerifier, error) {
	o := JWTOptions{}
	if options != nil {
		o = *options
	}
	v := &jwtVerifier{issuer: issuer, accepted: algorithms, kind: o.RequireType, leeway: either(o.Leeway, protocol.TokenLeeway)}
	if o.Algorithms != nil {
		v.accepted = slices.Clone(o.Algorithms)
	}
	keys, err := keysOf(issuer, &o)
	if v.keys = keys; o.SharedSecret != nil {
		v.accepted = []Algorithm{hs256}
	}
	if err := errors.Join(err, checkAlgorithms(&o)); err != nil {
		return nil, err
	}
	return v, nil
}

func checkAlgorithms(o *JWTOptions) error {
	switch {
	case o.Algorithms == nil:
		return nil
	case len(o.Algorithms) == 0:
		return wrong("Algorithms", "expected at least one, found none")
	case o.SharedSecret != nil:
		return wrong("Algorithms", "with a SharedSecret there is HS256 alone; leave them out")
	}
	for _, algorithm := range o.Algorithms {
		if !slices.Contains(algorithms, algorithm) {
			return wrong("Algorithms", fmt.Sprintf("expected some of %q, found %q", algorithms, algorithm))
		}
	}
	return nil
}

// wrong is what is wrong with an option.
func wrong(option, why string) error { return errors.New(option + ": " + why) }

// keysOf says where the keys come from.
func keysOf(issuer string, o *JWTOptions) (keySource, error) {
	given := 0
	for _, is := range []bool{o.SharedSecret != nil, o.Keys != nil, o.JWKSURL != ""} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, errors.New("expected at most one of JWKSURL, Keys and SharedSecret, found several")
	case o.SharedSecret != nil:
		if found := len(o.SharedSecret); found < minSecret {
			return nil, wrong("SharedSecret", fmt.Sprintf("expected at least %d bytes, found %d", minSecret, found))
		}
		secret := slices.Clone(o.SharedSecret)
		return sharedSecret(func() []byte { return secret }), nil
	case o.Keys != nil:
		set, err := parseKeySet(o.Keys)
		switch {
		case err != nil:
			return nil, wrong("Keys", err.Error())
		case len(set) == 0:
			return nil, wrong("Keys", "found none that can check a signature")
		}
		return set, nil
	}
	keys := &jwks{
		issuer:   issuer,
		sender:   authority.NewClient(o.HTTPClient),
		lifetime: either(o.KeysLifetime, protocol.JwksLifetime),
		interval: either(o.RefreshInterval, protocol.JwksRefreshInterval),
	}
	var err error
	if o.JWKSURL != "" {
		keys.url, err = authority.Address("JWKSURL", o.JWKSURL)
	} else {
		_, err = authority.Address("issuer", issuer)
	}
	return keys, err
}

type jwtVerifier struct {
	issuer   string
	keys     keySource
	accepted []Algorithm
	kind     string
	leeway   time.Duration
}

// Issuers implements [TokenVerifier].
func (v *jwtVerifier) Issuers() []string { return []string{v.issuer} }

// BindsAudience implements [TokenVerifier].
func (v *jwtVerifier) BindsAudience() bool { return false }

// Verify implements [TokenVerifier].
func (v *jwtVerifier) Verify(ctx context.Context, token string) (*isogloss.Claims, error) {
	t, err := parseJWT(token)
	if err != nil {
		return nil, err
	}
	if v.kind != "" && !strings.EqualFold(t.kind, v.kind) {
		return nil, invalid("the token is no token of the type " + v.kind)
	}
	// What the token says of itself chooses among what is accepted here; it cannot
	// add to it.
	if !slices.Contains(v.accepted, t.algorithm) {
		return nil, invalid("the token is not signed in a way that is accepted here")
	}
	key, err := v.keys.find(ctx, t.key, t.algorithm)
	if err != nil {
		return nil, err
	}
	if !t.algorithm.verify(key, t.message, t.signature) {
		return nil, invalid("the token's signature is wrong")
	}
	return v.read(t.payload)
}

// read holds claims to what every signed token has to say.
func (v *jwtVerifier) read(payload wire.Raw) (*isogloss.Claims, error) {
	all, err := parseClaims(payload)
	switch {
	case err != nil:
		return nil, err
	case all["exp"].Kind() != wire.KindNumber:
		return nil, invalid("the token does not say exp")
	case all["iss"] == nil:
		return nil, invalid("the token does not say iss")
	}
	if found, isText := all["iss"].Text(); isText && found != v.issuer {
		return nil, invalid("the token was not issued by " + v.issuer)
	}
	return readClaims(payload, all, time.Now(), v.leeway)
}

// jwt is a token in its parts.
// https://www.rfc-editor.org/rfc/rfc7515.html#section-7.1
type jwt struct {
	algorithm Algorithm
	key       *string // which the token names
	kind      string
	message   []byte // what is signed
	payload   []byte
	signature []byte
}

// parseJWT reads a token as far as it can be read before its key is known.
func parseJWT(token string) (*jwt, error) {
	unreadable := invalid("the token cannot be read as a signed JSON Web Token")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, unreadable
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = decodeBase64(part); err != nil {
			return nil, unreadable
		}
	}
	head, ok := members(decoded[0], []string{"alg", "kid", "typ", "crit"})
	if !ok {
		return nil, unreadable
	}
	if head["crit"] != nil {
		return nil, invalid("the token has headers that must be understood (crit), and none are")
	}
	r := reader{all: head}
	t := &jwt{
		algorithm: Algorithm(r.text("alg")),
		kind:      strings.TrimPrefix(strings.ToLower(r.text("typ")), "application/"),
		message:   []byte(token[:len(parts[0])+1+len(parts[1])]),
		payload:   decoded[1],
		signature: decoded[2],
	}
	if id := r.text("kid"); head["kid"] != nil {
		t.key = &id
	}
	if r.wrong != nil || !t.algorithm.isSignature() {
		return nil, unreadable
	}
	return t, nil
}
