package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that is never shown, however it is printed, logged or encoded:
// tokens, secrets, codes. The zero value is none.
type Secret struct {
	// Behind a pointer even fmt's way into unexported fields ends at an address.
	text *string
}

// NewSecret returns the secret of this text.
func NewSecret(text string) Secret { return Secret{&text} }

const hidden = "Secret(…)"

// Format implements [fmt.Formatter].
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements [encoding.TextMarshaler]: it does not tell the text, either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (s Secret) isSet() bool { return s.text != nil }

// reveal is the text, for what is sent or kept.
func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// secretOf is the secret of a text that may be absent.
func secretOf(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return NewSecret(text)
}

// drawn is text that nobody can guess, of characters that may stand anywhere.
func drawn() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // it does not fail: see package crypto/rand
	return encoded(bytes[:])
}

// digest is the SHA-256 of a text, as it stands in addresses and headers.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encoded(sum[:])
}

func encoded(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
