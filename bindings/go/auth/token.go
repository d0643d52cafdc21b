package auth

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// space is the white space of ASCII.
const space = " \t\r\n\f"

// absent is why a request has no token that can be looked at.
type absent struct {
	status int
	code   string // empty for a request that does not try to
	why    string
}

// bearer is the token of a request: in the header Authorization, and nowhere else.
// https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1
func bearer(header http.Header) (string, *absent) {
	values := header.Values("Authorization")
	if len(values) > 1 {
		return "", &absent{http.StatusBadRequest, codeInvalidRequest, "found more than one header Authorization: send one"}
	}
	scheme, token, _ := strings.Cut(strings.Trim(header.Get("Authorization"), space), " ")
	token = strings.Trim(token, space)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", &absent{http.StatusUnauthorized, "", "send a token in the header Authorization"}
	}
	impossible := func(why string) (string, *absent) {
		return "", &absent{http.StatusUnauthorized, codeInvalidToken, why}
	}
	if len(token) > protocol.MaxToken {
		return impossible(fmt.Sprintf("the token is longer than MaxToken (%d bytes)", protocol.MaxToken))
	}
	if !isToken(token) {
		return impossible("the token has characters that no token has")
	}
	return token, nil
}

// isToken tells what RFC 6750 calls a b64token.
func isToken(text string) bool {
	body := strings.TrimRight(text, "=")
	return body != "" && !strings.ContainsFunc(body, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("-._~+/", c)
	})
}

// fingerprint is what stands for a token where it is looked up: its SHA-256.
type fingerprint [sha256.Size]byte

func fingerprintOf(token string) fingerprint { return sha256.Sum256([]byte(token)) }
