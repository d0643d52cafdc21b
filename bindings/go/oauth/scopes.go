package oauth

import (
	"slices"
	"strings"
)

// Scopes: those that a text names, what two sets of them make, and which are asked for.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/index#scope-selection-strategy

// offline lets an authorization server of OpenID Connect hand out a token to renew with.
const offline = "offline_access"

// isScope tells whether RFC 6749 allows it as a scope.
func isScope(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return text != ""
}

// words are the scopes of a text, each once and in order; what cannot be one is left
// out.
func words(text string) []string { return union(nil, strings.Split(text, " ")) }

// union is these scopes, and those of the others that are not among them.
func union(scopes, others []string) []string {
	all := slices.Clone(scopes)
	for _, scope := range others {
		if isScope(scope) && !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return all
}

// within tells whether all of these are among those.
func within(these, those []string) bool {
	return !slices.ContainsFunc(these, func(scope string) bool { return !slices.Contains(those, scope) })
}

// wanted is what to ask for: what the server asks for, else what it says it knows; and
// always what was there before, so that nothing is lost.
func wanted(before, asked, supported []string) []string {
	if len(asked) == 0 && len(before) == 0 {
		asked = supported
	}
	// Whether that one may be asked for is for the authorization server to say, not
	// for whoever says so today.
	return slices.DeleteFunc(union(before, asked), func(scope string) bool { return scope == offline })
}
