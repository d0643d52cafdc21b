package oauth

import (
	"net/http"
	"strings"
)

// The header WWW-Authenticate, read: what a server wants that refuses a request.
// https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
// https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1

// challenge is what a server says about access tokens. What it says about other
// credentials is passed over.
type challenge struct {
	bearer, dpop     bool
	error            string
	scopes           []string
	resourceMetadata string
}

func challengeOf(header http.Header) challenge {
	var found challenge
	for _, value := range header.Values("WWW-Authenticate") {
		found.read(value)
	}
	return found
}

// read reads one header, as far as it can be: nothing that a server writes is an error.
func (c *challenge) read(text string) {
	scheme := ""
	for r := (headerReader{text}); ; {
		name, value, isParameter := r.next()
		switch {
		case name == "" && r.rest == "":
			return
		case !isParameter:
			scheme = name
			c.bearer = c.bearer || name == "bearer"
			c.dpop = c.dpop || name == "dpop"
		case scheme == "bearer" || scheme == "dpop":
			c.put(name, value)
		}
	}
}

// put takes a parameter; of one given twice the first counts.
func (c *challenge) put(name, value string) {
	switch {
	case name == "error" && c.error == "":
		c.error = value
	case name == "resource_metadata" && c.resourceMetadata == "":
		c.resourceMetadata = value
	case name == "scope" && len(c.scopes) == 0:
		c.scopes = words(value)
	}
}

// wantsDPoP tells whether the token has to be bound to a key.
func (c *challenge) wantsDPoP() bool { return c.dpop && !c.bearer }

// wantsScopes tells whether the server takes the token, and wants more of it.
func (c *challenge) wantsScopes() bool { return c.error == "insufficient_scope" && len(c.scopes) > 0 }

// headerReader is what is left of a header's value.
type headerReader struct{ rest string }

// next is a scheme, in lower case, or a parameter of the one before; an empty name at
// the end, and for text between quotes that nothing leads to.
func (r *headerReader) next() (name, value string, isParameter bool) {
	r.rest = strings.TrimLeft(r.rest, " \t,=")
	name = strings.ToLower(r.take(" \t,=\""))
	if name == "" {
		r.quoted()
		return "", "", true
	}
	after, ok := strings.CutPrefix(strings.TrimLeft(r.rest, " \t"), "=")
	if !ok {
		return name, "", false
	}
	r.rest = strings.TrimLeft(after, " \t")
	if strings.HasPrefix(r.rest, `"`) {
		return name, r.quoted(), true
	}
	return name, r.take(" \t,="), true
}

// take is the text up to one of these characters.
func (r *headerReader) take(ends string) string {
	at := strings.IndexAny(r.rest, ends)
	if at < 0 {
		at = len(r.rest)
	}
	text := r.rest[:at]
	r.rest = r.rest[at:]
	return text
}

// quoted is the text from the quote at the beginning to the one at its end.
func (r *headerReader) quoted() string {
	text, at := []byte{}, 1
	for ; at < len(r.rest) && r.rest[at] != '"'; at++ {
		if r.rest[at] == '\\' && at+1 < len(r.rest) {
			at++
		}
		text = append(text, r.rest[at])
	}
	r.rest = r.rest[min(at+1, len(r.rest)):]
	return string(text)
}
