package auth_test

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
)

// An authorization server on this machine: metadata, keys that can be changed,
// answers about tokens; and signers whose keys are made anew in every run.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// resource is the server that tokens are for.
	resource     = "https://mcp.example.com/mcp"
	metadataURL  = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
	metadataPath = "/.well-known/oauth-authorization-server"
	never        = time.Hour
)

type object = map[string]any

// authorizationServer is one, and knows what it was asked.
type authorizationServer struct {
	issuer string

	mu       sync.Mutex
	metadata map[string]object
	keys     []object
	tokens   map[string]object            // what is said of a token; of others, that it is not active
	broken   int                          // answers everything with this status
	grant    func(form url.Values) object // answers who asks for a token
	gate     chan struct{}                // each answer waits for it
	asking   chan struct{}                // hears that an answer waits, one time
	asked    map[string]int
	// authorization and body are those of the last question about a token.
	authorization, body string
}

func newAuthority(t *testing.T) *authorizationServer {
	a := &authorizationServer{asked: map[string]int{}, tokens: map[string]object{}, asking: make(chan struct{}, 1)}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.issuer = server.URL
	a.metadata = map[string]object{metadataPath: {
		"issuer": a.issuer, "jwks_uri": a.issuer + "/keys", "introspection_endpoint": a.issuer + "/introspect",
		"token_endpoint": a.issuer + "/token",
	}}
	return a
}

func (a *authorizationServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[r.URL.Path]++
	if gate := a.gate; gate != nil {
		a.mu.Unlock()
		select {
		case a.asking <- struct{}{}:
		default:
		}
		<-gate
		a.mu.Lock()
	}
	answer := a.metadata[r.URL.Path]
	switch {
	case a.broken != 0:
		w.WriteHeader(a.broken)
		return
	case r.URL.Path == "/keys":
		answer = object{"keys": a.keys}
	case r.URL.Path == "/introspect":
		a.authorization, a.body = r.Header.Get("Authorization"), string(body)
		if answer = a.tokens[form.Get("token")]; answer == nil {
			answer = object{"active": false}
		}
	case r.URL.Path == "/token" && a.grant != nil:
		answer = a.grant(form)
	case answer == nil:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// with changes what the authority does.
func (a *authorizationServer) with(change func(a *authorizationServer)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// publish has the public keys of these signers published, and no others.
func (a *authorizationServer) publish(signers ...*signer) {
	a.with(func(a *authorizationServer) {
		a.keys = []object{}
		for _, s := range signers {
			a.keys = append(a.keys, s.public())
		}
	})
}

// count is how often a path was asked.
func (a *authorizationServer) count(path string) (count int) {
	a.with(func(a *authorizationServer) { count = a.asked[path] })
	return count
}

// claims are those of a good token, with changes; nil takes one away.
func (a *authorizationServer) claims(changes object) object {
	claims := object{
		"iss": a.issuer, "aud": resource, "sub": "ada", "client_id": "app", "scope": "notes:read",
		"exp": now() + 300, "iat": now(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

func now() int64 { return time.Now().Unix() }

// signer is a private key, and its name.
type signer struct {
	id, algorithm string
	key           crypto.Signer
	salt          int // bytes of PSS's salt; as many as the hash has if 0
}

func ec(id string) *signer {
	return &signer{id: id, algorithm: "ES256", key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
}

func ed(id string) *signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return &signer{id: id, algorithm: "EdDSA", key: must(key, err)}
}

// An RSA key takes long to make.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

func rs(id string) *signer { return &signer{id: id, algorithm: "RS256", key: rsaKey()} }

// public is the public key, as it is published.
func (s *signer) public() object {
	jwk := object{"kid": s.id, "use": "sig"}
	switch key := s.key.Public().(type) {
	case *rsa.PublicKey:
		maps.Copy(jwk, object{"kty": "RSA", "n": encode(key.N.Bytes()), "e": "AQAB"})
	case *ecdsa.PublicKey:
		point := must(key.Bytes())
		size := len(point) / 2
		maps.Copy(jwk, object{"kty": "EC", "crv": key.Params().Name, "x": encode(point[1 : 1+size]), "y": encode(point[1+size:])})
	case ed25519.PublicKey:
		maps.Copy(jwk, object{"kty": "OKP", "crv": "Ed25519", "x": encode(key)})
	}
	return jwk
}

// sign makes a token of these claims; changes are to its head, and nil takes away.
func (s *signer) sign(claims any, changes object) string {
	head := object{"alg": s.algorithm, "kid": s.id, "typ": "JWT"}
	maps.Copy(head, changes)
	maps.DeleteFunc(head, func(_ string, value any) bool { return value == nil })
	message := encode(marshal(head)) + "." + encode(marshal(claims))
	return message + "." + encode(s.signature([]byte(message)))
}

func (s *signer) signature(message []byte) []byte {
	hash := map[string]crypto.Hash{"384": crypto.SHA384, "512": crypto.SHA512}[s.algorithm[2:]]
	if hash == 0 {
		hash = crypto.SHA256
	}
	digest := hash.New()
	digest.Write(message)
	sum := digest.Sum(nil)
	switch key := s.key.(type) {
	case *ecdsa.PrivateKey:
		r, v, err := ecdsa.Sign(rand.Reader, key, sum)
		size := (key.Params().BitSize + 7) / 8
		return append(must(r, err).FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message)
	case *rsa.PrivateKey:
		if s.algorithm[0] == 'P' {
			return must(rsa.SignPSS(rand.Reader, key, hash, sum, &rsa.PSSOptions{SaltLength: cmp.Or(s.salt, rsa.PSSSaltLengthEqualsHash)}))
		}
		return must(rsa.SignPKCS1v15(rand.Reader, key, hash, sum))
	}
	panic("a key of another kind")
}

// byHand is a token with this head, signed with a shared secret, or with nothing.
func byHand(head, claims any, secret []byte) string {
	message := encode(marshal(head)) + "." + encode(marshal(claims))
	if secret == nil {
		return message + "."
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(message))
	return message + "." + encode(mac.Sum(nil))
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func marshal(value any) []byte { return must(json.Marshal(value)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// ask is what becomes of a request with these headers Authorization.
func ask(guard isogloss.Guard, values ...string) (*isogloss.Claims, *isogloss.Denied) {
	r := httptest.NewRequest(http.MethodPost, "/mcp?access_token=a", nil)
	r.Header["Authorization"] = values
	r.Header.Set("Cookie", "access_token=a")
	claims, err := guard.Admit(r)
	var denied *isogloss.Denied
	if errors.As(err, &denied) || err == nil {
		return claims, denied
	}
	panic("expected the error to be a *Denied")
}

// status is that of the refusal of a request with this token; 200 if there is none.
func status(guard isogloss.Guard, token string) int {
	if _, denied := ask(guard, "Bearer "+token); denied != nil {
		return denied.Status
	}
	return http.StatusOK
}

var parameter = regexp.MustCompile(`^([a-z_]+)="([ !#-\[\]-~]*)"(?:, |$)`)

// parameters are those of the challenge `Bearer name="value", …`; nil if it is
// anything else.
func parameters(denied *isogloss.Denied) map[string]string {
	rest, ok := strings.CutPrefix(denied.Header.Get("WWW-Authenticate")+" ", "Bearer ")
	if !ok {
		return nil
	}
	found := map[string]string{}
	for rest = strings.TrimSuffix(rest, " "); rest != ""; {
		match := parameter.FindStringSubmatch(rest)
		if match == nil || found[match[1]] != "" {
			return nil
		}
		found[match[1]] = match[2]
		rest = rest[len(match[0]):]
	}
	return found
}

// protect is a protection whose verifier and options are right.
func protect(t testing.TB, verifier auth.TokenVerifier, options *auth.ProtectionOptions) *auth.Protection {
	t.Helper()
	protection, err := auth.NewProtection(resource, verifier, options)
	if err != nil {
		t.Fatal(err)
	}
	return protection
}

func jwt(t testing.TB, issuer string, options *auth.JWTOptions) auth.TokenVerifier {
	t.Helper()
	verifier, err := auth.NewJWTVerifier(issuer, options)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// told is what a logger was told.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *told) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
