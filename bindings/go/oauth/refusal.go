package oauth

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What an authorization server says that refuses. Its words are cut and escaped, since
// anybody may have written them.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2

// refusal is that an authorization server gives nothing, and says why with a code.
type refusal struct {
	code  string // invalid_grant
	words string
}

func (r *refusal) Error() string { return r.words }

// refusalOf is what a server answered that gave nothing: a *refusal if it says why.
func refusalOf(place *url.URL, answer *authority.Answer) error {
	document, err := authority.Object(place, answer.Body)
	if err != nil {
		document = nil
	}
	code, there := textIn(document, "error")
	if !there {
		return fmt.Errorf("%s: expected HTTP 200, found %s", place, answer.Status)
	}
	description, _ := textIn(document, "error_description")
	return &refusal{code, fmt.Sprintf("%s: %s", place, quotedError(code, description))}
}

// isOfClient tells whether the authorization server does not know the client, or not
// any more.
func isOfClient(err error) bool {
	var r *refusal
	return errors.As(err, &r) && (r.code == "invalid_client" || r.code == "unauthorized_client")
}

// isOfGrant tells whether what was shown is worth nothing any more.
func isOfGrant(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == "invalid_grant"
}

// quotedError is an error in its server's words.
func quotedError(code, description string) string {
	words := "the authorization server says " + quoted(code)
	if description != "" {
		words += ": " + quoted(description)
	}
	return words
}

// quoted is a foreign text between quotes, cut. What is not visible, or changes the way
// of reading, is escaped.
func quoted(text string) string {
	characters := 0
	for at := range text {
		if characters == protocol.MaxAuthErrorText {
			text = text[:at]
			break
		}
		characters++
	}
	return strconv.Quote(text)
}

// shown is an address without its query, which may hold a key.
func shown(u *url.URL) string { return authority.Origin(u) + u.EscapedPath() }

func textIn(document wire.Raw, name string) (string, bool) {
	value, there := document.Get(name)
	if !there {
		return "", false
	}
	return value.Text()
}
