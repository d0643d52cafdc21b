package isogloss

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What travels through the client between a question and its answer: the answers
// that a handler has had so far, encrypted, and bound to the request. Nobody but
// the server reads or changes it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements-basic-workflow

const (
	// stateKey is the length of a server's key, in bytes.
	stateKey = 32
	// salt is how many bytes are drawn for every message, from which its key is
	// made: so a key encrypts one message alone, and needs no nonce.
	salt = 32
)

// seal seals and opens under one key: AES-256-GCM with keys by HKDF, which the
// standard library has.
type seal struct {
	secret []byte
	once   sync.Once
}

func newSeal(secret []byte) (*seal, error) {
	if len(secret) != 0 && len(secret) != stateKey {
		return &seal{}, fmt.Errorf("StateKey: expected %d bytes, found %d", stateKey, len(secret))
	}
	return &seal{secret: append([]byte(nil), secret...)}, nil
}

// of returns the cipher of one message.
func (s *seal) of(salt []byte) (cipher.AEAD, error) {
	s.once.Do(func() {
		if len(s.secret) == 0 { // one that nobody else has
			s.secret = make([]byte, stateKey)
			_, _ = rand.Read(s.secret) // it never fails
		}
	})
	key, err := hkdf.Key(sha256.New, s.secret, salt, "", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// close returns the state of a request whose handler has had these answers.
func (s *seal) close(bound []byte, answers wire.Raw) (string, error) {
	drawn := make([]byte, salt)
	_, _ = rand.Read(drawn) // it never fails
	sealer, err := s.of(drawn)
	if err != nil {
		return "", err
	}
	until := time.Now().Add(protocol.RequestStateTTL).UnixMilli()
	text := fmt.Appendf(nil, `{"until":%d,"answers":%s}`, until, answers)
	sealed := sealer.Seal(drawn, make([]byte, sealer.NonceSize()), text, bound)
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open returns the answers in a state that this server gave out for this request.
func (s *seal) open(bound []byte, state string) (wire.Raw, error) {
	refused := ProtocolError(CodeInvalidParams, "params.requestState: was not given out by this server for this request, "+
		"or is too old; make the request again without it")
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(bytes) <= salt {
		return nil, refused
	}
	sealer, err := s.of(bytes[:salt])
	if err != nil {
		return nil, err
	}
	text, err := sealer.Open(nil, make([]byte, sealer.NonceSize()), bytes[salt:], bound)
	if err != nil {
		return nil, refused
	}
	named, _ := wire.Raw(text).Get("until")
	until, err := wire.Decode(named, wire.Always, (*wire.Decoder).Int)
	if err != nil || until < time.Now().UnixMilli() {
		return nil, refused
	}
	answers, _ := wire.Raw(text).Get("answers")
	return answers, nil
}
