package oauth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// Clients that act without a user: what they show for a token, and tokens that are bound
// to a key.

func TestAProgramProvesWhoItIsWithASecret(t *testing.T) {
	const secret = "hunter2 +%"
	for _, method := range []string{"client_secret_basic", "client_secret_post"} {
		a := newAuthority(t, document{"token_endpoint_auth_methods_supported": []string{method}})
		g := guardedBy(t, a)
		a.set(func(g *grants) { g.clients["desk"] = known{secret: secret, method: method} })
		made, err := oauth.ClientCredentials(g.url, oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret(secret)}, nil)
		authorizer := open(t, made, err)
		says(t, g.url, authorizer, "read", "a note")
		says(t, g.url, authorizer, "write", "written")
		equal(t, method, a.values("/token", "scope"), "notes:read", "notes:read notes:write")
	}
}

// block is the PEM text of a key.
func block(kind string, der []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(key crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return block("PRIVATE KEY", der, err)
}

func sec1(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(key)
	// As openssl writes it.
	return append(block("EC PARAMETERS", []byte{6, 0}, nil), block("EC PRIVATE KEY", der, err)...)
}

func TestAProgramProvesWhoItIsByWhatItSigns(t *testing.T) {
	rsaKey, err1 := rsa.GenerateKey(rand.Reader, 2048)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err3 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, err4 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	a := newAuthority(t, document{"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}})
	g := guardedBy(t, a)
	for _, row := range []struct {
		key       crypto.Signer
		text      []byte
		algorithm string
	}{
		{p256, pkcs8(p256), ""},
		{p256, sec1(p256), "ES256"},
		{p384, pkcs8(p384), ""},
		{p384, sec1(p384), ""},
		{ed, pkcs8(ed), "EdDSA"},
		{rsaKey, pkcs8(rsaKey), ""},
		{rsaKey, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil), "PS384"},
		{rsaKey, pkcs8(rsaKey), "RS512"},
	} {
		a.set(func(g *grants) { g.clients["desk"] = known{method: "private_key_jwt", key: row.key.Public()} })
		key, err := oauth.ParsePrivateKey(row.text, &oauth.KeyOptions{Algorithm: row.algorithm, ID: "k1"})
		if err != nil {
			t.Fatal(err)
		}
		made, err := oauth.ClientCredentials(g.url, oauth.ClientIdentity{ID: "desk", Issuer: a.issuer, Key: key}, nil)
		says(t, g.url, open(t, made, err), "read", "a note")
		assertions := a.values("/token", "client_assertion")
		head, claims := unverified(assertions[len(assertions)-1])
		if head["kid"] != "k1" || claims["exp"].(float64) > float64(time.Now().Unix()+60) {
			t.Errorf("%v %v", head, claims)
		}
	}
}

func TestWhatIsNoPrivateKeyIsRefusedWithoutBeingShown(t *testing.T) {
	p521, err1 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	short, err2 := rsa.GenerateKey(rand.Reader, 1024)
	_, ed, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{
		nil, []byte("hunter2"), pkcs8(p521), pkcs8(short),
		block("PRIVATE KEY", []byte("hunter2"), nil), block("EC PRIVATE KEY", []byte("hunter2"), nil), block("CERTIFICATE", []byte("hunter2"), nil),
	} {
		key, err := oauth.ParsePrivateKey(text, nil)
		if err == nil || !strings.Contains(err.Error(), "expected the PEM") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: found %v (%v)", text, key, err)
		}
	}
	for _, algorithm := range []string{"RS256", "ES256", "none", "HS256"} {
		if _, err := oauth.ParsePrivateKey(pkcs8(ed), &oauth.KeyOptions{Algorithm: algorithm}); err == nil {
			t.Errorf("an Ed25519 key signs with %s", algorithm)
		}
	}
}

func FuzzParsePrivateKey(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{pkcs8(key), sec1(key), bytes.ReplaceAll(pkcs8(key), []byte("\n"), []byte("\r\n")), []byte("-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := oauth.ParsePrivateKey(text, nil)
		if (key == nil) != (err != nil) {
			t.Errorf("%q: %v, %v", text, key, err)
		}
	})
}

// attested is what an issuer says, for an audience.
func attested(by signer, issuer, audience string) string {
	return by.sign("JWT", document{"iss": issuer, "sub": "workload", "aud": audience, "exp": time.Now().Unix() + 60})
}

func TestAWorkloadShowsWhatItsPlatformSaysAndIsNotTriedInAnotherWay(t *testing.T) {
	const cloud = "https://cloud.example"
	a, platform := newAuthority(t, nil), newSigner(t)
	g := guardedBy(t, a)
	a.set(func(g *grants) {
		g.trusted[cloud] = platform.key.Public()
		g.clients["workload"] = known{method: "none"}
	})
	statement := func(_ context.Context, issuer string) (string, error) {
		return attested(platform, cloud, issuer) + "\n", nil
	}
	made, err := oauth.JWTBearer(g.url, oauth.ClientIdentity{ID: "workload"}, statement, nil)
	says(t, g.url, open(t, made, err), "read", "a note")
	equal(t, "resource", a.values("/token", "resource"), g.url)
	wrong := attested(platform, cloud, "https://other.example")
	made, err = oauth.JWTBearer(g.url, oauth.ClientIdentity{ID: "workload"}, oauth.FixedAssertion(wrong), nil)
	if words := why(t, g.url, open(t, made, err), "invalid_grant"); strings.Contains(words, wrong) {
		t.Error(words)
	}
	if found := []int{a.count("/token"), a.count("/register"), a.count("/authorize")}; !slices.Equal(found, []int{2, 0, 0}) {
		t.Errorf("found %v", found)
	}
	asleep := errors.New("the platform is asleep")
	made, err = oauth.JWTBearer(g.url, oauth.ClientIdentity{ID: "workload"}, func(context.Context, string) (string, error) { return "", asleep }, nil)
	why(t, g.url, open(t, made, err), asleep.Error())
}

func TestAnEnterpriseDecidesForItsUsers(t *testing.T) {
	provider, a := newAuthority(t, nil), newAuthority(t, nil)
	g := guardedBy(t, a)
	by := provider.grants.signer
	for _, one := range []*authority{provider, a} {
		one.set(func(g *grants) {
			g.trusted[provider.issuer] = by.key.Public()
			g.clients["desk at work"] = known{method: "none"}
			g.clients["desk"] = known{secret: "hunter2", method: "client_secret_basic"}
		})
	}
	idToken := oauth.FixedAssertion(attested(by, provider.issuer, "desk at work"))
	for _, place := range []string{provider.issuer + "/token", ""} {
		made, err := oauth.Enterprise(g.url, oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret("hunter2")}, oauth.IdentityProvider{
			Issuer: provider.issuer, Client: oauth.ClientIdentity{ID: "desk at work"}, IDToken: idToken, TokenEndpoint: place,
		}, nil)
		says(t, g.url, open(t, made, err), "read", "a note")
	}
	equal(t, "audience", provider.values("/token", "audience"), a.issuer, a.issuer)
	equal(t, "resource", provider.values("/token", "resource"), g.url, g.url)
	if asked := a.count("/authorize") + provider.count("/authorize"); asked != 0 {
		t.Errorf("a user was asked %d times", asked)
	}
}

// binding is a server that takes nothing but tokens bound to a key, each time with
// another proof.
type binding struct {
	*guarded
	nonce string
	// restless: gives another nonce each time, and takes none.
	restless bool
	refused  int
}

func newBinding(t *testing.T, a *authority) *binding {
	t.Helper()
	b := &binding{guarded: newGuarded(t)}
	b.names(a.issuer)
	b.challenge = `DPoP algs="ES256"`
	proofs := map[string]bool{}
	b.judge = func(w http.ResponseWriter, r *http.Request) bool {
		header, proof := r.Header.Get("Authorization"), r.Header.Get("DPoP")
		if header == "" {
			return true
		}
		if b.restless {
			b.nonce = strings.Repeat("n", b.refused+1)
		}
		token, isBound := strings.CutPrefix(header, "DPoP ")
		key, err := proven(proof, r.Method, b.url, token, b.nonce)
		if !isBound || proofs[proof] {
			t.Errorf("the token is bound (%t), a proof is for one request", isBound)
		}
		proofs[proof] = true
		if errors.Is(err, errNoNonce) {
			b.refused++
			w.Header().Set("DPoP-Nonce", b.nonce)
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		_, claims := unverified(token)
		if cnf, _ := claims["cnf"].(map[string]any); err != nil || cnf["jkt"] != key {
			t.Errorf("another key than the token is bound to (%v)", err)
		}
		return false
	}
	return b
}

func TestATokenIsBoundToAKeyWhereTheServerWantsIt(t *testing.T) {
	a := newAuthority(t, nil)
	a.set(func(g *grants) { g.dpop, g.nonce = true, "of the authorization server" })
	b := newBinding(t, a)
	// What the address has besides is no part of a proof.
	address := b.url + "?a=b"
	b.nonce = "of the server"
	store := &oauth.MemoryStore{}
	authorizer := asks(t, b.url, yes(), oauth.Options{Store: store})
	for range 3 {
		says(t, address, authorizer, "read", "a note")
	}
	// Each nonce cost one try, the first time.
	if found := []int{b.refused, a.count("/token")}; !slices.Equal(found, []int{1, 2}) {
		t.Errorf("found %v", found)
	}
	b.set(func() { b.nonce = "another one" })
	says(t, address, authorizer, "read", "a note")
	// The key is kept with the token, and renews it.
	a.set(func(g *grants) { g.expiresIn = 0 })
	authorizer = asks(t, b.url, yes(), oauth.Options{Store: store})
	says(t, address, authorizer, "read", "a note")
	if asked := a.count("/authorize"); asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
	authorizer.Forget(t.Context())
	says(t, address, authorizer, "read", "a note")
	says(t, address, asks(t, b.url, yes(), oauth.Options{Store: store}), "read", "a note")
	if asked := a.count("/authorize"); asked != 2 {
		t.Errorf("not renewed with the key that was kept: the user was asked %d times", asked)
	}
}

func TestAServerThatTakesNoNonceIsNotAskedForEver(t *testing.T) {
	a := newAuthority(t, nil)
	a.set(func(g *grants) { g.dpop = true })
	b := newBinding(t, a)
	b.restless = true
	stays(t, b.url, asks(t, b.url, yes(), oauth.Options{}), "read", http.StatusUnauthorized)
	if b.refused > 4 {
		t.Errorf("asked %d times", b.refused)
	}
}

func TestANonceThatIsThereAndNotTakenIsNotShownAgain(t *testing.T) {
	a := newAuthority(t, nil)
	a.set(func(g *grants) { g.dpop = true })
	b := newBinding(t, a)
	judge := b.judge
	shown := 0
	b.set(func() {
		b.judge = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("DPoP") == "" {
				return judge(w, r)
			}
			shown++
			w.Header().Set("DPoP-Nonce", "always this")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
	})
	stays(t, b.url, asks(t, b.url, yes(), oauth.Options{}), "read", http.StatusUnauthorized)
	if shown != 2 {
		t.Errorf("expected a proof without the nonce and one with it, found %d", shown)
	}
}

func TestATokenThatWasToBeBoundAndIsNotIsNotUsed(t *testing.T) {
	a := newAuthority(t, document{"dpop_signing_alg_values_supported": nil})
	g := guardedBy(t, a)
	why(t, g.url, asks(t, g.url, yes(), oauth.Options{DPoP: true}), "expected ES256")
	if asked := a.count("/authorize"); asked != 0 {
		t.Errorf("the user was asked %d times", asked)
	}
}
