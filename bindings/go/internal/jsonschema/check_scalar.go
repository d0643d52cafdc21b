package jsonschema

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Strings, numbers and constants: what is wrong with one, empty if nothing is.

func (w *walk) string(r *rule) {
	if r.text == nil {
		w.d.Raw()
		return
	}
	r.text.problems(w.d.String(), func(said string) { w.refuse("%s", said) })
}

// problems tells everything that is wrong with a string.
func (t *text) problems(value string, tell func(said string)) {
	if t.length.bounded() {
		if said := t.length.problem(int64(utf8.RuneCountInString(value)), "characters"); said != "" {
			tell(said)
		}
	}
	if t.pattern != nil && !t.pattern.matches(value) {
		tell("must match the pattern " + literal(t.pattern.source))
	}
	if t.format != nil && !t.format.has(value) {
		tell("must have the format " + t.format.name)
	}
}

func (s span) problem(size int64, unit string) string {
	switch {
	case s.least >= 0 && size < s.least:
		return "must have at least " + strconv.FormatInt(s.least, 10) + " " + unit
	case s.most >= 0 && size > s.most:
		return "must have at most " + strconv.FormatInt(s.most, 10) + " " + unit
	}
	return ""
}

// leastInteger and mostInteger are what any decoder of integers holds.
var (
	leastInteger = big.NewInt(math.MinInt64)
	mostInteger  = new(big.Int).SetUint64(math.MaxUint64)
)

func (w *walk) number(r *rule) {
	at := w.d.Mark()
	digits, _ := w.d.Digits()
	if w.d.Failed() {
		return
	}
	written := string(digits)
	plain := isPlain(written)
	if plain && r.bounds == nil {
		return
	}
	value := numberOf(written)
	if !r.allowed.integersOnly() {
		if said := r.bounds.problem(value); said != "" {
			w.refuse("%s", said)
		}
		return
	}
	if said := r.integerProblem(value); said != "" {
		w.refuse("%s", said)
		return
	}
	if !plain {
		w.found.replaced = append(w.found.replaced, replaced{from: at, to: at + len(digits), value: value.integer().String()})
	}
}

// integerProblem is what is wrong with a number where an integer is wanted.
func (r *rule) integerProblem(value number) string {
	if !value.isInteger() {
		return "expected integer, found number"
	}
	whole := value.integer()
	if whole == nil {
		return "integer out of range"
	}
	fits := whole.Cmp(leastInteger) >= 0 && whole.Cmp(mostInteger) <= 0
	// A bound says more of an integer than that nothing holds it.
	if said := r.bounds.problem(value); said != "" && fits {
		return said
	}
	if !fits {
		return "integer out of range"
	}
	return ""
}

// problem is the first bound that a number is beyond.
func (b *bounds) problem(value number) string {
	switch {
	case b == nil:
	case b.minimum != nil && value.compare(b.minimum.number) < 0:
		return "must be at least " + b.minimum.shown
	case b.above != nil && value.compare(b.above.number) <= 0:
		return "must be more than " + b.above.shown
	case b.maximum != nil && value.compare(b.maximum.number) > 0:
		return "must be at most " + b.maximum.shown
	case b.below != nil && value.compare(b.below.number) >= 0:
		return "must be less than " + b.below.shown
	case b.multiple != nil && !value.isMultipleOf(b.multiple.number):
		return "must be a multiple of " + b.multiple.shown
	}
	return ""
}

// problem is what is wrong with a value that is none of the choices.
func (c *choices) problem(value wire.Raw, kind wire.Kind) string {
	if kind == wire.KindString {
		text, _ := value.Text()
		if slices.Contains(c.texts, text) {
			return ""
		}
	} else if len(c.others) > 0 && slices.Contains(c.others, canonical(value)) {
		return ""
	}
	seen := kind.String()
	if kind == wire.KindString || len(c.others) > 0 {
		seen = shown(value)
	}
	return fmt.Sprintf("expected %s, found %s", c.expected, seen)
}

// fitsScalar reports whether a string or number fits, without walking; known is
// false where that takes more.
func (r *rule) fitsScalar(value wire.Raw) (fits, known bool) {
	kind := value.Kind()
	r = r.actual()
	if r.never || r.within != nil || !r.allowed.has(kind) || (kind != wire.KindString && kind != wire.KindNumber) {
		return false, false
	}
	fits = r.choices == nil || r.choices.problem(value, kind) == ""
	if kind == wire.KindString && r.text != nil {
		text, _ := value.Text()
		r.text.problems(text, func(string) { fits = false })
	}
	if kind == wire.KindNumber && (r.bounds != nil || r.allowed.integersOnly()) {
		of := numberOf(string(value))
		if r.allowed.integersOnly() {
			return fits && r.integerProblem(of) == "", true
		}
		return fits && r.bounds.problem(of) == "", true
	}
	return fits, true
}
