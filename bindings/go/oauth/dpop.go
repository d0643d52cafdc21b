package oauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Proofs that whoever shows a token has the key that it is bound to, and the nonces that
// servers want in them.
// https://www.rfc-editor.org/rfc/rfc9449.html

const (
	proofHeader = "DPoP"
	nonceHeader = "DPoP-Nonce"
)

// proofs are a client's key, and what the servers that it shows proofs to want in the
// next one.
type proofs struct {
	pair *ecdsa.PrivateKey
	key  *PrivateKey
	// public is the public half, its members in the order in which RFC 7638 has them.
	public json.RawMessage
	mu     sync.Mutex
	nonces map[string]nonce // by origin
}

type nonce struct {
	text string
	// refused is how many proofs in a row were refused for want of the next one.
	refused int
}

// proofClaims are what a proof says.
type proofClaims struct {
	ID      string `json:"jti"`
	Method  string `json:"htm"`
	Address string `json:"htu"`
	At      int64  `json:"iat"`
	Token   string `json:"ath,omitempty"`
	Nonce   string `json:"nonce,omitempty"`
}

// newProofs makes proofs with the key that was kept, or a new one.
func newProofs(kept string) (*proofs, error) {
	pair := keptKey(kept)
	if pair == nil {
		var err error
		if pair, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	point, err := pair.PublicKey.ECDH()
	if err != nil {
		return nil, err
	}
	// An uncompressed point: a mark, and two numbers of 32 bytes.
	numbers := point.Bytes()[1:]
	public := fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, encoded(numbers[:32]), encoded(numbers[32:]))
	key, err := NewPrivateKey(pair, nil)
	return &proofs{pair: pair, key: key, public: json.RawMessage(public), nonces: map[string]nonce{}}, err
}

func keptKey(text string) *ecdsa.PrivateKey {
	der, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	pair, ok := key.(*ecdsa.PrivateKey)
	if err != nil || !ok || pair.Curve != elliptic.P256() {
		return nil
	}
	return pair
}

// kept is what the key is kept as. It is as secret as the token.
func (p *proofs) kept() string {
	der, err := x509.MarshalPKCS8PrivateKey(p.pair)
	if err != nil {
		return ""
	}
	return encoded(der)
}

// thumbprint stands for the public key (RFC 7638), for a code that is bound to it.
func (p *proofs) thumbprint() string { return digest(string(p.public)) }

// prove is a proof for one request, and for the token that goes with it; an empty one
// for none.
func (p *proofs) prove(method string, u *url.URL, access string) (string, error) {
	p.mu.Lock()
	wanted := p.nonces[originOf(u)].text
	p.mu.Unlock()
	claims := proofClaims{ID: drawn(), Method: method, Address: shown(u), At: time.Now().Unix(), Nonce: wanted}
	if access != "" {
		claims.Token = digest(access)
	}
	return p.key.sign("dpop+jwt", p.public, claims)
}

// accepted learns from an answer that is no refusal.
func (p *proofs) accepted(u *url.URL, answer http.Header) {
	at, text := originOf(u), answer.Get(nonceHeader)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, there := p.nonces[at]; text == "" && there {
		text = known.text
	}
	if text != "" {
		p.nonces[at] = nonce{text: text}
	}
}

// refused learns from a refusal for want of a nonce, and tells whether another proof is
// worth a try. However many requests are refused at once, the row of refusals grows only
// by one that had the nonce before this one.
func (p *proofs) refused(u *url.URL, proof string, answer http.Header) bool {
	at, text, sent := originOf(u), answer.Get(nonceHeader), nonceIn(proof)
	if text == "" || sent == text {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	next := nonce{text, p.nonces[at].refused}
	if known, there := p.nonces[at]; there && sent == known.text {
		next.refused++
	}
	p.nonces[at] = next
	return next.refused < protocol.MaxNonceRefusals
}

func originOf(u *url.URL) string { return strings.ToLower(authority.Origin(u)) }

// nonceIn is the nonce in a proof of ours.
func nonceIn(proof string) string {
	var claims proofClaims
	_, rest, _ := strings.Cut(proof, ".")
	body, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Nonce
}
