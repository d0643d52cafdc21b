package jsonschema

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Sets of characters, spelled out so that the syntax of package regexp for them
// does not matter.

type class []runes

type runes struct{ low, high rune }

var (
	digits      = class{{'0', '9'}}
	wordLetters = class{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	lineEnds    = class{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
	// spaces is everything that `\s` stands for.
	spaces = class{
		{'\t', '\r'}, {' ', ' '}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a},
		{0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
	}
)

func one(c rune) class { return class{{c, c}} }

// isOne reports whether it is a single character.
func (c class) isOne() bool { return len(c) == 1 && c[0].low == c[0].high }

// complement is all characters but these.
func complement(c class) class {
	sorted := slices.Clone(c)
	slices.SortFunc(sorted, func(a, b runes) int { return int(a.low - b.low) })
	var rest class
	from := rune(0)
	for _, r := range sorted {
		if from < r.low {
			rest = append(rest, runes{from, r.low - 1})
		}
		from = max(from, r.high+1)
	}
	if from <= utf8.MaxRune {
		rest = append(rest, runes{from, utf8.MaxRune})
	}
	return rest
}

// class writes a set.
func (r *patternReader) class(c class) {
	if c.isOne() && c[0].low < utf8.RuneSelf && isAlphanumeric(byte(c[0].low)) {
		r.out.WriteRune(c[0].low)
		return
	}
	r.out.WriteByte('[')
	for _, each := range c {
		fmt.Fprintf(&r.out, `\x{%x}-\x{%x}`, each.low, each.high)
	}
	r.out.WriteByte(']')
}
