package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The public keys of an authorization server, and which algorithm each may be used
// with. A key that is not understood is left out, as RFC 7517, section 5, wants it.

// The sizes of RSA keys that are used, in bits: shorter ones are not safe (RFC 7518,
// section 3.3), longer ones take long to check with.
const (
	minRSA = 2048
	maxRSA = 8192
)

// keySource is where a verifier has its keys from.
type keySource interface {
	// find returns the key for a token that names this key, or none, and this
	// algorithm. Its error is a *Refusal if there is none.
	find(ctx context.Context, id *string, algorithm Algorithm) (any, error)
}

// sharedSecret returns a key that whoever checks tokens has, too. It is a function so
// that nobody prints the secret by printing a verifier.
type sharedSecret func() []byte

// find implements keySource.
func (s sharedSecret) find(context.Context, *string, Algorithm) (any, error) { return s(), nil }

// keySet are keys that can check signatures.
type keySet []publicKey

type publicKey struct {
	id         *string
	algorithms []Algorithm
	key        any
}

// parseKeySet reads a JSON Web Key Set.
func parseKeySet(text []byte) (keySet, error) {
	object, err := wire.Decode(text, wire.Always, (*wire.Decoder).RawObject)
	if err != nil {
		return nil, fmt.Errorf("expected a set of keys: %w", err)
	}
	found, _ := object.Get("keys")
	keys, err := wire.Decode(found, wire.Always, func(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) })
	if err != nil {
		return nil, errors.New("expected a set of keys: keys: expected array")
	}
	set := keySet{}
	for _, text := range keys[:min(len(keys), protocol.MaxJwksKeys)] {
		if key, ok := usable(text); ok {
			set = append(set, key)
		}
	}
	return set, nil
}

// fitting are the keys that a token can be signed with that names this key and
// algorithm.
func (s keySet) fitting(id *string, algorithm Algorithm) (fitting keySet) {
	for _, key := range s {
		if key.isNamed(id) && slices.Contains(key.algorithms, algorithm) {
			fitting = append(fitting, key)
		}
	}
	return fitting
}

func (k publicKey) isNamed(id *string) bool { return id == nil || k.id != nil && *k.id == *id }

// find implements keySource.
func (s keySet) find(_ context.Context, id *string, algorithm Algorithm) (any, error) {
	switch fitting := s.fitting(id, algorithm); {
	case len(fitting) == 1:
		return fitting[0].key, nil
	case len(fitting) > 1:
		return nil, invalid("the token does not say which of its issuer's keys signed it (kid)")
	case slices.ContainsFunc(s, func(key publicKey) bool { return key.isNamed(id) }):
		return nil, invalid("the token's algorithm is not one of the key that it names")
	}
	return nil, invalid("the token is signed with a key that its issuer does not publish")
}

// jwkMembers are those that mean something here.
var jwkMembers = []string{"kty", "kid", "use", "key_ops", "alg", "n", "e", "crv", "x", "y"}

// usable is a key for signatures, with the algorithms that its kind, and its own
// word, allow.
func usable(text wire.Raw) (key publicKey, ok bool) {
	all, ok := members(text, jwkMembers)
	if !ok {
		return key, false
	}
	m := material{reader{all: all}}
	if id := m.text("kid"); all["kid"] != nil {
		key.id = &id
	}
	if all["use"] != nil && m.text("use") != "sig" {
		return key, false
	}
	if all["key_ops"] != nil && !slices.Contains(m.texts("key_ops"), "verify") || all["key_ops"].Kind() == wire.KindString {
		return key, false
	}
	if key.key, key.algorithms = m.key(); key.key == nil {
		return key, false
	}
	if only := m.text("alg"); all["alg"] != nil {
		key.algorithms = slices.DeleteFunc(key.algorithms, func(a Algorithm) bool { return string(a) != only })
	}
	return key, m.wrong == nil && len(key.algorithms) > 0
}

// material is what a key is made of.
type material struct{ reader }

// bytes are those of a member in Base64; nil if it has none.
func (m *material) bytes(name string) []byte {
	bytes, err := decodeBase64(m.text(name))
	if err != nil {
		m.fail(err)
	}
	return bytes
}

// key is the key itself, nil if it is not understood. The algorithms are never those
// of a shared secret: a published secret is none.
func (m *material) key() (any, []Algorithm) {
	switch m.text("kty") + " " + m.text("crv") {
	case "RSA ":
		return m.rsa(), slices.Clone(algorithms[:6])
	case "EC P-256":
		return m.point(elliptic.P256()), []Algorithm{ES256}
	case "EC P-384":
		return m.point(elliptic.P384()), []Algorithm{ES384}
	case "OKP Ed25519":
		if x := m.bytes("x"); len(x) == ed25519.PublicKeySize {
			return ed25519.PublicKey(x), []Algorithm{EdDSA}
		}
	}
	return nil, nil
}

func (m *material) rsa() any {
	n, e := new(big.Int).SetBytes(m.bytes("n")), new(big.Int).SetBytes(m.bytes("e"))
	if bits := n.BitLen(); bits < minRSA || bits > maxRSA || e.BitLen() > 31 || e.Bit(0) == 0 || e.BitLen() < 2 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

func (m *material) point(curve elliptic.Curve) any {
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, m.bytes("x"), m.bytes("y")))
	if err != nil {
		return nil
	}
	return key
}

// decodeBase64 reads Base64 for addresses as there is one way to write it: no token
// has two texts.
func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which Go's decoder passes over
		return nil, errors.New("a line end in Base64")
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}
