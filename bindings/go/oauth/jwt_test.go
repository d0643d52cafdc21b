package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// Signed tokens as authorization servers make and check them, by hand: with nothing of
// what is tested.

// signer makes tokens.
type signer struct{ key *ecdsa.PrivateKey }

func newSigner(t *testing.T) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key}
}

// published is the public half, as an authorization server publishes it.
func (s signer) published() document {
	point, err := s.key.PublicKey.ECDH()
	if err != nil {
		panic(err)
	}
	numbers := point.Bytes()[1:]
	return document{
		"kty": "EC", "crv": "P-256", "alg": "ES256",
		"x": base64.RawURLEncoding.EncodeToString(numbers[:32]), "y": base64.RawURLEncoding.EncodeToString(numbers[32:]),
	}
}

// sign is a token of these claims.
func (s signer) sign(typ string, claims document) string {
	message := part(document{"alg": "ES256", "typ": typ}) + "." + part(claims)
	hash := sha256.Sum256([]byte(message))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, hash[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return message + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func part(value document) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// unverified are head and claims of a token.
func unverified(token string) (head, claims document) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil
	}
	for i, into := range []*document{&head, &claims} {
		text, _ := base64.RawURLEncoding.DecodeString(parts[i])
		_ = json.Unmarshal(text, into)
	}
	return head, claims
}

// verified are the claims of a token that this key signed for this audience.
func verified(token string, key crypto.PublicKey, audience string) (document, error) {
	claims, err := signedBy(token, key)
	if err != nil {
		return nil, err
	}
	if claims["aud"] != audience {
		return nil, fmt.Errorf("aud: expected %s, found %v", audience, claims["aud"])
	}
	if exp, ok := claims["exp"].(float64); !ok || int64(exp) < time.Now().Unix() {
		return nil, fmt.Errorf("exp: found %v", claims["exp"])
	}
	return claims, nil
}

// signedBy are the claims of a token that this key signed.
func signedBy(token string, key crypto.PublicKey) (document, error) {
	head, claims := unverified(token)
	at := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil || claims == nil {
		return nil, errors.New("no token")
	}
	message, algorithm := []byte(token[:at]), head["alg"].(string)
	ok := false
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		size := (key.Params().BitSize + 7) / 8
		if len(signature) == 2*size && algorithm == fmt.Sprintf("ES%d", key.Params().BitSize) {
			r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
			ok = ecdsa.Verify(key, hashed(algorithm, message), r, s)
		}
	case ed25519.PublicKey:
		ok = algorithm == "EdDSA" && ed25519.Verify(key, message, signature)
	case *rsa.PublicKey:
		if strings.HasPrefix(algorithm, "RS") {
			ok = rsa.VerifyPKCS1v15(key, hashOf(algorithm), hashed(algorithm, message), signature) == nil
		} else {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			ok = rsa.VerifyPSS(key, hashOf(algorithm), hashed(algorithm, message), signature, options) == nil
		}
	}
	if !ok {
		return nil, fmt.Errorf("not signed by the key (%s)", algorithm)
	}
	return claims, nil
}

func hashOf(algorithm string) crypto.Hash {
	return map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[algorithm[2:]]
}

func hashed(algorithm string, message []byte) []byte {
	digester := hashOf(algorithm).New()
	digester.Write(message)
	return digester.Sum(nil)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var errNoNonce = errors.New("the nonce is missing")

// proven is the thumbprint of the key that a proof was made with, if it is a good one
// for this request; errNoNonce if it lacks the nonce. An empty token is none.
func proven(proof, method, address, token, nonce string) (string, error) {
	head, claims := unverified(proof)
	jwk, _ := head["jwk"].(map[string]any)
	if head["typ"] != "dpop+jwt" || len(jwk) != 4 {
		return "", fmt.Errorf("the head of a proof is %v", head)
	}
	number := func(name string) *big.Int {
		bytes, _ := base64.RawURLEncoding.DecodeString(jwk[name].(string))
		return new(big.Int).SetBytes(bytes)
	}
	key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number("x"), Y: number("y")}
	if _, err := signedBy(proof, key); err != nil {
		return "", err
	}
	ath := any(nil)
	if token != "" {
		ath = digest(token)
	}
	at, _ := claims["iat"].(float64)
	age := time.Since(time.Unix(int64(at), 0)).Abs()
	id, _ := claims["jti"].(string)
	if claims["htm"] != method || claims["htu"] != address || claims["ath"] != ath || age > time.Minute || len(id) < 20 {
		return "", fmt.Errorf("a proof for %s %s says %v", method, address, claims)
	}
	if nonce != "" && claims["nonce"] != nonce {
		return "", errNoNonce
	}
	return digest(fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, jwk["x"], jwk["y"])), nil
}
