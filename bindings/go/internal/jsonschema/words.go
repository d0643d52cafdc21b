package jsonschema

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The words of a check: how values are shown, what a name that nobody knows was
// probably meant to be. spec/vectors/arguments.json holds them.

// shown is a value in a message: a string cut as everywhere.
func shown(value wire.Raw) string {
	if text, ok := value.Text(); ok {
		return wire.Quote(text)
	}
	return string(value)
}

// literal is a text as JSON, whole.
func literal(text string) string { return string(wire.AppendString(nil, text)) }

// oneOf is `"a"`, or `one of "a", "b"`, sorted.
func oneOf(words []string) string {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// unknown is said of a member that nobody takes, with what was probably meant.
func unknown(noun, name string, known []string) string {
	letters := utf8.RuneCountInString(name)
	most := max(letters/3, 1)
	nearest, least := "", most+1
	for _, other := range known {
		if apart := utf8.RuneCountInString(other) - letters; apart > most || apart < -most {
			continue
		}
		if far := distance(strings.ToLower(name), strings.ToLower(other)); far < least {
			nearest, least = other, far
		}
	}
	if least > most {
		return "unknown " + noun
	}
	return "unknown " + noun + ", did you mean " + wire.Quote(nearest) + "?"
}

// distance counts the letters to insert, remove, replace or swap.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
