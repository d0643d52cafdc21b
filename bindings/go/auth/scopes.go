package auth

import (
	"slices"
	"strings"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// MissingScopes are those of the scopes that somebody's credentials do not allow,
// each once, in the order given; none if they allow all of them. Nil claims allow
// nothing.
func MissingScopes(claims *isogloss.Claims, needed ...string) []string {
	var missing []string
	for _, scope := range needed {
		if (claims == nil || !slices.Contains(claims.Scopes, scope)) && !slices.Contains(missing, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// expanded are scopes with what they include, and what that includes.
func expanded(held []string, includes map[string][]string) []string {
	all := slices.Clone(held)
	seen := map[string]bool{}
	for _, scope := range held {
		seen[scope] = true
	}
	for i := 0; i < len(all); i++ {
		for _, narrower := range includes[all[i]] {
			if !seen[narrower] {
				seen[narrower] = true
				all = append(all, narrower)
			}
		}
	}
	return all
}

// isScope reports whether RFC 6749 allows it as a scope.
func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' })
}
