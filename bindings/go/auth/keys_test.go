package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func base64Of(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

// point is a key on a curve.
func point(t testing.TB, name string, curve elliptic.Curve) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	size := len(text) / 2
	return fmt.Sprintf(`"kty":"EC","crv":%q,"x":%q,"y":%q`, name, base64Of(text[1:1+size]), base64Of(text[1+size:]))
}

// modulus is the key of RSA with so many bits.
func modulus(bits int) string {
	bytes := make([]byte, (bits+7)/8)
	for i := range bytes {
		bytes[i] = 0xff
	}
	return fmt.Sprintf(`"kty":"RSA","n":%q,"e":"AQAB"`, base64Of(bytes))
}

func TestAKeyIsUsedForWhatItIsMeantFor(t *testing.T) {
	rsa, p256, p384 := modulus(2048), point(t, "P-256", elliptic.P256()), point(t, "P-384", elliptic.P384())
	const (
		known      = ""
		unknown    = "does not publish"
		unsuitable = "algorithm is not one"
		unnamed    = "does not say which"
	)
	ed := `"kty":"OKP","crv":"Ed25519","x":"` + base64Of(make([]byte, 32)) + `"`
	for _, row := range []struct {
		keys, id  string
		algorithm Algorithm
		why       string
	}{
		{`{"kid":"a",` + rsa + `}`, "a", RS256, known},
		{`{"kid":"a",` + rsa + `}`, "a", PS512, known},
		{`{"kid":"a",` + rsa + `}`, "", RS256, known},
		{`{"kid":"a",` + rsa + `}`, "b", RS256, unknown},
		{`{` + rsa + `}`, "b", RS256, unknown},
		{`{"kid":"a",` + rsa + `}`, "a", ES256, unsuitable},
		{`{"kid":"a",` + rsa + `}`, "a", hs256, unsuitable},
		{`{"kid":"a","alg":"RS256",` + rsa + `}`, "a", RS256, known},
		{`{"kid":"a","alg":"RS256",` + rsa + `}`, "a", RS384, unsuitable},
		{`{"kid":"a","alg":"RSA-OAEP",` + rsa + `}`, "a", RS256, unknown},
		{`{"kid":"a","alg":7,` + rsa + `}`, "a", RS256, unknown},
		{`{"kid":7,` + rsa + `}`, "", RS256, unknown},
		{`{"kid":"a","use":"sig",` + rsa + `}`, "a", RS256, known},
		{`{"kid":"a","use":"enc",` + rsa + `}`, "a", RS256, unknown},
		{`{"kid":"a","key_ops":["encrypt"],` + rsa + `}`, "a", RS256, unknown},
		{`{"kid":"a","key_ops":["verify"],` + rsa + `}`, "a", RS256, known},
		{`{"kid":"a","key_ops":"verify",` + rsa + `}`, "a", RS256, unknown},
		{`{"kid":"a",` + modulus(1024) + `}`, "a", RS256, unknown},
		{`{"kid":"a",` + modulus(8192) + `}`, "a", RS256, known},
		{`{"kid":"a",` + modulus(8200) + `}`, "a", RS256, unknown},
		{`{"kid":"a",` + strings.Replace(rsa, "AQAB", "AQAA", 1) + `}`, "a", RS256, unknown},
		{`{"kid":"a",` + strings.Replace(rsa, "AQAB", "AQ", 1) + `}`, "a", RS256, unknown},
		{`{"kid":"a",` + strings.Replace(rsa, "AQAB", "AQAB==", 1) + `}`, "a", RS256, unknown},
		{`{"kid":"a","kty":"RSA"}`, "a", RS256, unknown},
		{`{"kid":"a",` + p256 + `}`, "a", ES256, known},
		{`{"kid":"a",` + p256 + `}`, "a", ES384, unsuitable},
		{`{"kid":"a",` + p384 + `}`, "a", ES384, known},
		{`{"kid":"a",` + strings.Replace(p384, "P-384", "P-256", 1) + `}`, "a", ES256, unknown},
		{`{"kid":"a","kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}`, "a", ES256, unknown},
		{`{"kid":"a",` + ed + `}`, "a", EdDSA, known},
		{`{"kid":"a",` + strings.Replace(ed, "AAAA", "", 1) + `}`, "a", EdDSA, unknown},
		{`{"kid":"a",` + rsa + `},{"kid":"a",` + p256 + `}`, "a", ES256, known},
		{`{"kid":"a",` + rsa + `},{"kid":"b",` + rsa + `}`, "", RS256, unnamed},
		{`{"kid":"a","kty":"oct","k":"AAAA"}`, "a", RS256, unknown},
		{`{"kty":"new"},{"kid":"a",` + p256 + `}`, "a", ES256, known},
		{`7,null,{"kid":"a",` + p256 + `}`, "a", ES256, known},
		{``, "a", ES256, unknown},
	} {
		set, err := parseKeySet([]byte(`{"keys":[` + row.keys + `]}`))
		if err != nil {
			t.Fatalf("%s: %v", row.keys, err)
		}
		id := &row.id
		if row.id == "" {
			id = nil
		}
		key, err := set.find(t.Context(), id, row.algorithm)
		if row.why == "" && (err != nil || key == nil) || row.why != "" && (err == nil || !strings.Contains(err.Error(), row.why)) {
			t.Errorf("%s for %q and %s: expected %q, found %v", row.keys, row.id, row.algorithm, row.why, err)
		}
	}
}

func TestWhatIsNoSetOfKeysIsRefused(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"keys":{}}`, `{"keys":null}`, `{"keys":[}`, `{"KEYS":[]}`} {
		if _, err := parseKeySet([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "expected a set of keys") {
			t.Errorf("%s: found %v", text, err)
		}
	}
}

func TestOnlySoManyKeysAreKept(t *testing.T) {
	key := "{" + point(t, "P-256", elliptic.P256()) + "},"
	set, err := parseKeySet([]byte(`{"keys":[` + strings.TrimSuffix(strings.Repeat(key, protocol.MaxJwksKeys+5), ",") + `]}`))
	if err != nil || len(set) != protocol.MaxJwksKeys {
		t.Errorf("found %d (%v)", len(set), err)
	}
}

func TestWhatAFormCannotCarryIsEncoded(t *testing.T) {
	for text, expected := range map[string]string{"abc-._1": "abc-._1", "a+b/c=": "a%2Bb%2Fc%3D", "a b&c": "a%20b%26c", "ä:~": "%C3%A4%3A%7E"} {
		if found := formEncoded(text); found != expected {
			t.Errorf("%s: expected %s, found %s", text, expected, found)
		}
	}
}

// FuzzKeySet: whatever is published, there is no key for an algorithm with a secret.
func FuzzKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kid":"a",` + modulus(2048) + `},{"kty":"oct","k":"AAAA"}]}`))
	f.Add([]byte(`{"keys":[{` + point(f, "P-256", elliptic.P256()) + `}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := parseKeySet(text)
		if err != nil {
			return
		}
		for _, key := range set {
			if key.key == nil || len(key.algorithms) == 0 {
				t.Fatalf("%s: %+v", text, key)
			}
			for _, algorithm := range key.algorithms {
				if algorithm == hs256 || algorithm.verify(key.key, []byte("message"), []byte("no signature")) {
					t.Fatalf("%s: %+v", text, key)
				}
			}
		}
	})
}
