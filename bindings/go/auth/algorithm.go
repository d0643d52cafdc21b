package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // and the longer ones
	"math/big"
)

// Algorithm is how a token may be signed: always with a private key whose public one
// is known.
// https://www.rfc-editor.org/rfc/rfc7518.html#section-3.1
type Algorithm string

// The algorithms.
const (
	RS256 Algorithm = "RS256" // RSA PKCS #1 v1.5 with SHA-256
	RS384 Algorithm = "RS384" // and with SHA-384
	RS512 Algorithm = "RS512" // and with SHA-512
	PS256 Algorithm = "PS256" // RSA PSS with SHA-256
	PS384 Algorithm = "PS384" // and with SHA-384
	PS512 Algorithm = "PS512" // and with SHA-512
	ES256 Algorithm = "ES256" // ECDSA on P-256 with SHA-256
	ES384 Algorithm = "ES384" // ECDSA on P-384 with SHA-384
	EdDSA Algorithm = "EdDSA" // Ed25519
)

// hs256 is HMAC with SHA-256, of a secret that was given.
const hs256 Algorithm = "HS256"

// algorithms are what a verifier accepts if it is not told otherwise.
var algorithms = []Algorithm{RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA}

// isSignature reports whether RFC 7518 or RFC 8037 has it as a signature: `none` is
// none.
func (a Algorithm) isSignature() bool {
	switch a {
	case RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, hs256, "HS384", "HS512":
		return true
	}
	return false
}

func (a Algorithm) hash() crypto.Hash {
	switch a {
	case RS384, PS384, ES384:
		return crypto.SHA384
	case RS512, PS512:
		return crypto.SHA512
	}
	return crypto.SHA256
}

// verify reports whether this is the message's signature by this key, which is of
// the algorithm's kind.
func (a Algorithm) verify(key any, message, signature []byte) bool {
	if a == EdDSA {
		key, ok := key.(ed25519.PublicKey)
		return ok && ed25519.Verify(key, message, signature)
	}
	if a == hs256 {
		key, ok := key.([]byte)
		mac := hmac.New(crypto.SHA256.New, key)
		mac.Write(message)
		return ok && hmac.Equal(signature, mac.Sum(nil))
	}
	hash := a.hash().New()
	hash.Write(message)
	digest := hash.Sum(nil)
	switch key := key.(type) {
	case *rsa.PublicKey:
		if a[0] == 'P' {
			return rsa.VerifyPSS(key, a.hash(), digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.hash(), digest, signature) == nil
	case *ecdsa.PublicKey:
		// Two numbers, each as long as the curve's.
		size := (key.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(key, digest, r, s)
	}
	return false
}
