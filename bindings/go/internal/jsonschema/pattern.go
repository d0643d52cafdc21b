package jsonschema

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Patterns: what ECMA-262 and RE2 both have, with the meaning that ECMA-262 gives
// it, by code points. A pattern is read, and written anew for package regexp,
// whose time is linear, so that none of its own ways get in. What only one of the
// two has is refused by name.

const (
	// mostRepeats is the most often that a part may repeat, as RE2 has it.
	mostRepeats = 1000
	// deepestGroup is how deep groups may nest.
	deepestGroup = 50
)

// pattern is one that a text matches where any part of it does.
type pattern struct {
	source string
	engine *regexp.Regexp
}

// newPattern refuses what is no pattern, or not one that everybody reads alike:
// the error names the pattern and what is in it.
func newPattern(source string) (*pattern, error) {
	r := patternReader{rest: source}
	err := r.alternatives(0)
	if err == nil && r.rest != "" {
		err = errors.New("a `)` that closes nothing")
	}
	if err == nil {
		var engine *regexp.Regexp
		if engine, err = regexp.Compile(r.out.String()); err == nil {
			return &pattern{source, engine}, nil
		}
	}
	return nil, fmt.Errorf("the pattern %s: %w", literal(source), err)
}

func (p *pattern) matches(text string) bool { return p.engine.MatchString(text) }

type patternReader struct {
	rest string
	out  strings.Builder
}

// next takes a character; none is left if it is -1.
func (r *patternReader) next() rune {
	if r.rest == "" {
		return -1
	}
	c, size := utf8.DecodeRuneInString(r.rest)
	r.rest = r.rest[size:]
	return c
}

func (r *patternReader) take(text string) bool {
	rest, ok := strings.CutPrefix(r.rest, text)
	r.rest = rest
	return ok
}

func (r *patternReader) starts(with string) bool {
	return r.rest != "" && strings.IndexByte(with, r.rest[0]) >= 0
}

// alternatives reads up to the end, or a `)` that is not its own.
func (r *patternReader) alternatives(depth int) error {
	if depth > deepestGroup {
		return fmt.Errorf("groups nest deeper than %d", deepestGroup)
	}
	for r.rest != "" && !r.starts(")") {
		repeats, err := r.part(depth)
		if err == nil {
			err = r.quantifier(repeats)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// part reports whether what was read can be repeated.
func (r *patternReader) part(depth int) (repeats bool, err error) {
	switch c := r.next(); c {
	case '|', '^', '$':
		r.out.WriteRune(c)
		return false, nil
	case '.':
		r.class(complement(lineEnds))
	case '[':
		class, err := r.bracket()
		if err != nil {
			return false, err
		}
		r.class(class)
	case '(':
		return true, r.group(depth)
	case '\\':
		return r.escape()
	case '*', '+', '?':
		return false, fmt.Errorf("`%c` with nothing to repeat", c)
	case '{', '}', ']':
		return false, fmt.Errorf("`%c` that stands alone: write `\\%c`", c, c)
	default:
		r.class(one(c))
	}
	return true, nil
}

func (r *patternReader) group(depth int) error {
	if r.take("?") && !r.take(":") {
		name, after, ok := strings.Cut(strings.TrimPrefix(r.rest, "<"), ">")
		if ok = ok && r.starts("<") && !strings.HasPrefix(name, "=") && !strings.HasPrefix(name, "!"); !ok {
			return r.unknownGroup()
		}
		if name == "" || isDigit(name[0]) || !allOf(name, func(c byte) bool { return isAlphanumeric(c) || c == '_' }) {
			return fmt.Errorf("a group named `%s`: letters, digits and `_` make a name", name)
		}
		r.rest = after
	}
	r.out.WriteString("(?:")
	if err := r.alternatives(depth + 1); err != nil {
		return err
	}
	if !r.take(")") {
		return errors.New("a `(` that is never closed")
	}
	r.out.WriteByte(')')
	return nil
}

func (r *patternReader) unknownGroup() error {
	shown := firstRunes(r.rest, 2)
	switch {
	case r.starts("=!"):
		return fmt.Errorf("`(?%s` is a lookahead, which RE2 does not have", shown)
	case r.starts("<"):
		return fmt.Errorf("`(?%s` is a lookbehind, which RE2 does not have", shown)
	}
	return fmt.Errorf("`(?%s` is a group of a kind that is not understood", shown)
}

func firstRunes(text string, count int) string {
	for i := range text {
		if count == 0 {
			return text[:i]
		}
		count--
	}
	return text
}

// escape reads one outside brackets.
func (r *patternReader) escape() (repeats bool, err error) {
	c := r.next()
	switch {
	case c == 'b' || c == 'B':
		r.out.WriteString(`\` + string(c))
		return false, nil
	case '1' <= c && c <= '9', c == 'k':
		return false, fmt.Errorf("`\\%c` refers back, which RE2 does not have", c)
	}
	class, err := r.escaped(c)
	if err != nil {
		return false, err
	}
	r.class(class)
	return true, nil
}

// escaped is what an escape stands for, inside and outside brackets.
func (r *patternReader) escaped(c rune) (class, error) {
	switch c {
	case -1:
		return nil, errors.New("a `\\` at the end")
	case 'd':
		return digits, nil
	case 'D':
		return complement(digits), nil
	case 'w':
		return wordLetters, nil
	case 'W':
		return complement(wordLetters), nil
	case 's':
		return spaces, nil
	case 'S':
		return complement(spaces), nil
	case 't':
		return one('\t'), nil
	case 'n':
		return one('\n'), nil
	case 'r':
		return one('\r'), nil
	case 'f':
		return one('\f'), nil
	case 'v':
		return one('\v'), nil
	case 'x':
		return r.hex(2)
	case 'u':
		return r.hex(4)
	case 'p', 'P':
		return nil, fmt.Errorf("`\\%c` depends on the version of Unicode: list the characters in `[…]`", c)
	}
	if c > ' ' && c < 0x7f && !isAlphanumeric(byte(c)) {
		return one(c), nil
	}
	return nil, fmt.Errorf("the escape `\\%c` is not one that ECMA-262 and RE2 share", c)
}

func (r *patternReader) hex(count int) (class, error) {
	text := r.rest[:min(count, len(r.rest))]
	value, err := strconv.ParseUint(text, 16, 32)
	// A surrogate is no character.
	if err != nil || len(text) < count || !allOf(text, isHex) || (0xd800 <= value && value < 0xe000) {
		return nil, fmt.Errorf("an escape without %d hexadecimal digits of a character", count)
	}
	r.rest = r.rest[count:]
	return one(rune(value)), nil
}

// bracket reads what stands in brackets, the first of which was read.
func (r *patternReader) bracket() (class, error) {
	negated := r.take("^")
	if r.starts("]") {
		return nil, errors.New("`[]` and `[^]` mean different things: write `\\]` for the bracket")
	}
	var all class
	for !r.take("]") {
		low, err := r.oneOfClass()
		if err != nil {
			return nil, err
		}
		isRange := r.starts("-") && !strings.HasPrefix(r.rest, "-]")
		switch {
		case isRange && !low.isOne():
			return nil, errors.New("a range that begins with a class: write `\\-` for the hyphen")
		case !isRange:
			all = append(all, low...)
			continue
		}
		r.take("-")
		high, err := r.oneOfClass()
		switch {
		case err != nil:
			return nil, err
		case !high.isOne():
			return nil, errors.New("a range that ends with a class: write `\\-` for the hyphen")
		case low[0].low > high[0].low:
			return nil, fmt.Errorf("the range `%c-%c` goes backwards", low[0].low, high[0].low)
		}
		all = append(all, runes{low[0].low, high[0].low})
	}
	if negated {
		return complement(all), nil
	}
	return all, nil
}

func (r *patternReader) oneOfClass() (class, error) {
	c := r.next()
	switch {
	case c == -1:
		return nil, errors.New("a `[` that is never closed")
	case c == '[' && r.starts(":.="):
		return nil, errors.New("`[:` means different things: write `\\[` for the bracket")
	case c != '\\':
		return one(c), nil
	}
	if c = r.next(); c == 'b' || c == 'B' {
		return nil, fmt.Errorf("`\\%c` in brackets means different things", c)
	}
	return r.escaped(c)
}

func (r *patternReader) quantifier(repeats bool) error {
	from := r.rest
	switch {
	case r.starts("*+?"):
		r.rest = r.rest[1:]
	case r.starts("{"):
		inside, after, ok := strings.Cut(r.rest[1:], "}")
		if !ok {
			return errors.New("`{` that stands alone: write `\\{`")
		}
		if err := checkRepeat(inside); err != nil {
			return err
		}
		r.rest = after
	default:
		return nil
	}
	shown := from[:len(from)-len(r.rest)]
	if !repeats {
		return fmt.Errorf("`%s` with nothing to repeat", shown)
	}
	r.out.WriteString(shown)
	if r.take("?") {
		r.out.WriteByte('?')
	}
	if r.starts("*+?") {
		return fmt.Errorf("`%s` after `%s` repeats a repetition", r.rest[:1], shown)
	}
	return nil
}

// checkRepeat looks at the bounds between braces.
func checkRepeat(text string) error {
	from, to, isRange := strings.Cut(text, ",")
	least, ok := count(from)
	most := least
	if ok && isRange && to != "" {
		most, ok = count(to)
	}
	switch {
	case !ok:
		return fmt.Errorf("`{%s}` is no count of repetitions: write `\\{` for the brace", text)
	case most < least:
		return fmt.Errorf("`{%s}` goes backwards", text)
	case most > mostRepeats:
		return fmt.Errorf("`{%s}` repeats more than %d times", text, mostRepeats)
	}
	return nil
}

func count(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return n, err == nil && allOf(text, isDigit)
}
