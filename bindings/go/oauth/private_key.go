package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// A client's private key, and what it signs: JSON Web Signatures in their compact form.
// https://www.rfc-editor.org/rfc/rfc7515.html#section-7.1

// PrivateKey is a private key, with which a client proves who it is. It is never shown.
type PrivateKey struct {
	// A method of the key, and not the key: fmt finds nothing in it.
	signs     func(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error)
	public    crypto.PublicKey
	algorithm string
	id        string
}

// KeyOptions are what can be said of a private key. The zero value has the defaults.
type KeyOptions struct {
	// Algorithm is what it signs with; by default RS256, ES256, ES384 or EdDSA. Only
	// keys of RSA have a choice: RS256, RS384, RS512, PS256, PS384, PS512.
	Algorithm string
	// ID is the name under which the authorization server knows the public half (kid).
	ID string
}

// leastRSA is the shortest key of RSA that is taken.
const leastRSA = 2048

var errKey = errors.New("private key: expected the PEM of a key of RSA (2048 bits or more), P-256, P-384 or Ed25519")

// ParsePrivateKey returns the first private key of a PEM text: RSA, P-256, P-384 or
// Ed25519. Nil options are the defaults. The error does not say what is wrong with the
// text: it is the key.
func ParsePrivateKey(text []byte, options *KeyOptions) (*PrivateKey, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default:
			continue
		}
		if signer, ok := key.(crypto.Signer); ok && err == nil {
			return NewPrivateKey(signer, options)
		}
		return nil, errKey
	}
	return nil, errKey
}

// NewPrivateKey returns a private key that signs with what a program has: one of RSA,
// P-256, P-384 or Ed25519, in memory or in a device. Nil options are the defaults.
func NewPrivateKey(signer crypto.Signer, options *KeyOptions) (*PrivateKey, error) {
	if options == nil {
		options = &KeyOptions{}
	}
	key := &PrivateKey{signs: signer.Sign, public: signer.Public(), id: options.ID}
	isRSA := false
	switch public := key.public.(type) {
	case *rsa.PublicKey:
		if isRSA = public.N.BitLen() >= leastRSA; isRSA {
			key.algorithm = "RS256"
		}
	case *ecdsa.PublicKey:
		key.algorithm = map[elliptic.Curve]string{elliptic.P256(): "ES256", elliptic.P384(): "ES384"}[public.Curve]
	case ed25519.PublicKey:
		key.algorithm = "EdDSA"
	}
	if key.algorithm == "" {
		return nil, errKey
	}
	if wanted := options.Algorithm; wanted != "" && wanted != key.algorithm {
		_, known := signatures[wanted]
		if isOfRSA := strings.HasPrefix(wanted, "RS") || strings.HasPrefix(wanted, "PS"); !known || !isRSA || !isOfRSA {
			return nil, fmt.Errorf("private key: it cannot sign with %s", quoted(wanted))
		}
		key.algorithm = wanted
	}
	return key, nil
}

// Format implements [fmt.Formatter], and does not show the key.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "PrivateKey(%s, …)", k.algorithm)
}

// signatures are the algorithms, and the options with which a signer is asked.
var signatures = map[string]crypto.SignerOpts{
	"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512,
	"PS256": pss(crypto.SHA256), "PS384": pss(crypto.SHA384), "PS512": pss(crypto.SHA512),
	"ES256": crypto.SHA256, "ES384": crypto.SHA384,
	"EdDSA": crypto.Hash(0),
}

func pss(hash crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
}

// jwsHead is the head of a signature.
type jwsHead struct {
	Algorithm string          `json:"alg"`
	Type      string          `json:"typ"`
	KeyID     string          `json:"kid,omitempty"`
	Key       json.RawMessage `json:"jwk,omitempty"`
}

// sign signs claims, with a head of this type, and with the public half in it if that is
// given.
func (k *PrivateKey) sign(kind string, public json.RawMessage, claims any) (string, error) {
	head, err := json.Marshal(jwsHead{k.algorithm, kind, k.id, public})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	message := encoded(head) + "." + encoded(body)
	signature, err := k.signature([]byte(message))
	if err != nil {
		return "", fmt.Errorf("private key: it signs nothing: %w", err)
	}
	return message + "." + encoded(signature), nil
}

func (k *PrivateKey) signature(message []byte) ([]byte, error) {
	options := signatures[k.algorithm]
	if hash := options.HashFunc(); hash != 0 {
		digester := hash.New()
		digester.Write(message)
		message = digester.Sum(nil)
	}
	signature, err := k.signs(rand.Reader, message, options)
	public, isECDSA := k.public.(*ecdsa.PublicKey)
	if err != nil || !isECDSA {
		return signature, err
	}
	return fixed(signature, (public.Curve.Params().BitSize+7)/8)
}

// fixed is a signature of ECDSA as JSON Web Signatures have it: two numbers of this many
// bytes, instead of DER.
func fixed(der []byte, size int) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &numbers)
	if err != nil || len(rest) > 0 || numbers.R.Sign() <= 0 || numbers.S.Sign() <= 0 ||
		numbers.R.BitLen() > 8*size || numbers.S.BitLen() > 8*size {
		return nil, errors.New("expected two numbers in DER, found something else")
	}
	signature := make([]byte, 2*size)
	numbers.R.FillBytes(signature[:size])
	numbers.S.FillBytes(signature[size:])
	return signature, nil
}
