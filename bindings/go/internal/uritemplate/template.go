// Package uritemplate has the URI templates of resources (RFC 6570, two forms of
// it): {name} stands for a part of one segment, {+name} for anything. Other
// expressions are refused. It also knows when two addresses are the same. It knows
// nothing of the protocol, and sets no limit to the length of an address.
package uritemplate

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Template is a template, ready to be matched.
type Template struct {
	parts []part
	names []string
}

// part is a text, or a variable.
type part struct {
	text string // empty for a variable
	wide bool   // of a variable that may have `/`, `?` and `#` in it
}

var errNotUnderstood = errors.New("only {name} and {+name} are understood")

// Parse reads a template. Braces that mean something else, two variables with
// nothing between them and a variable that stands there twice are errors.
func Parse(template string) (*Template, error) {
	t := &Template{}
	rest := template
	for {
		text, after, more := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, errNotUnderstood
		}
		if text != "" {
			t.parts = append(t.parts, part{text: ascii(text)})
		}
		if !more {
			return t, nil
		}
		variable, behind, closed := strings.Cut(after, "}")
		name, isWide := strings.CutPrefix(variable, "+")
		if !closed || !isName(name) {
			return nil, errNotUnderstood
		}
		if n := len(t.parts); n > 0 && t.parts[n-1].text == "" {
			return nil, errors.New("two variables with nothing between them")
		}
		if slices.Contains(t.names, name) {
			return nil, fmt.Errorf("the variable %q stands there twice", name)
		}
		t.parts = append(t.parts, part{wide: isWide})
		t.names = append(t.names, name)
		rest = behind
	}
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != ""
}

// Names are the variables, in the order of the template.
func (t *Template) Names() []string { return t.names }

// Match returns the variables of an address, percent-decoded, each as long as it
// can be, in the order of Names; false if the template does not stand for it. The
// effort is that of looking at the address once for each part, whatever it says.
func (t *Template) Match(uri string) ([]string, bool) {
	uri = ascii(uri)
	if len(t.parts) > 0 && !strings.HasPrefix(uri, t.parts[0].text) {
		return nil, false
	}
	// For each part: where it ends if it begins at a place; none if it cannot.
	ends := make([][]int, len(t.parts))
	mayFollow := make([]int, len(uri)+1)
	for at := range len(uri) {
		mayFollow[at] = none
	}
	mayFollow[len(uri)] = len(uri)
	for i, p := range slices.Backward(t.parts) {
		ends[i] = p.ends(uri, mayFollow)
		mayFollow = ends[i]
	}
	if mayFollow[0] == none {
		return nil, false
	}
	at, values := 0, make([]string, 0, len(t.names))
	for i, p := range t.parts {
		end := ends[i][at]
		if p.text == "" {
			value, err := url.PathUnescape(uri[at:end])
			if err != nil || !utf8.ValidString(value) {
				return nil, false
			}
			values = append(values, value)
		}
		at = end
	}
	return values, true
}

const none = -1

// ends tells for each place of an address where the part ends that begins there;
// mayFollow is that of the part behind.
func (p part) ends(uri string, mayFollow []int) []int {
	ends := make([]int, len(uri)+1)
	ends[len(uri)] = none
	// The last place where a variable may end, seen from the end of the address or
	// of the segment.
	last := none
	if mayFollow[len(uri)] != none {
		last = len(uri)
	}
	for at := len(uri) - 1; at >= 0; at-- {
		switch {
		case p.text != "":
			ends[at] = none
			if behind := at + len(p.text); strings.HasPrefix(uri[at:], p.text) && mayFollow[behind] != none {
				ends[at] = behind
			}
			continue
		case !p.wide && strings.IndexByte("/?#", uri[at]) >= 0:
			last, ends[at] = none, none
		default:
			ends[at] = last
		}
		if last == none && mayFollow[at] != none {
			last = at
		}
	}
	return ends
}

// ascii is an address with what is not ASCII percent-encoded: the two are the same.
func ascii(uri string) string {
	at := strings.IndexFunc(uri, func(r rune) bool { return r >= utf8.RuneSelf })
	if at < 0 {
		return uri
	}
	encoded := append(make([]byte, 0, 2*len(uri)), uri[:at]...)
	for _, c := range []byte(uri[at:]) {
		if c < utf8.RuneSelf {
			encoded = append(encoded, c)
		} else {
			encoded = appendEncoded(encoded, c)
		}
	}
	return string(encoded)
}
