package auth

import "strings"

// What RFC 6750 calls what may be wrong.
const (
	codeInvalidRequest    = "invalid_request"
	codeInvalidToken      = "invalid_token"
	codeInsufficientScope = "insufficient_scope"
)

// challenge is the header WWW-Authenticate: what a client is told that has no token,
// or not the right one.
// https://www.rfc-editor.org/rfc/rfc6750.html#section-3,
// https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1
type challenge struct {
	code        string // empty for a request that brought no token: it made no mistake
	description string
	scopes      []string
	metadata    string
}

func (c challenge) header() string {
	var said []string
	for _, parameter := range [][2]string{
		{"error", c.code},
		{"error_description", c.description},
		{"scope", strings.Join(c.scopes, " ")},
		{"resource_metadata", c.metadata},
	} {
		if name, value := parameter[0], parameter[1]; value != "" {
			said = append(said, name+`="`+strings.Map(quotable, value)+`"`)
		}
	}
	return strings.TrimSpace("Bearer " + strings.Join(said, ", "))
}

// quotable is a character that stands between quotes as it is. RFC 6750 allows
// neither quotes nor backslashes nor anything beyond ASCII, so that nothing has to
// be escaped, and nothing can end the value early.
func quotable(c rune) rune {
	switch {
	case c == '"':
		return '\''
	case c == '\\':
		return '/'
	case c < ' ' || c > '~':
		return '?'
	}
	return c
}
