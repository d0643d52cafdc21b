package isogloss

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Constraints from struct tags: they stand in the schema and are enforced.

// check says what is wrong with a value that has been read; empty if nothing is.
type check func(v reflect.Value) string

// checked adds a check after reading.
func (p *plan) checked(c check) *plan {
	read := p.read
	p.read = func(r *reader, raw wire.Raw, v reflect.Value) {
		before := len(r.wrong)
		read(r, raw, v)
		if len(r.wrong) > before {
			return
		}
		if what := c(v); what != "" {
			r.refuse(what)
		}
	}
	return p
}

func (p *plan) checkInt(right func(int64) bool, otherwise string) *plan {
	return p.checkRaw(func(raw wire.Raw) string {
		if n, err := wire.Decode(raw, wire.Always, (*wire.Decoder).Int); err == nil && !right(n) {
			return otherwise
		}
		return ""
	})
}

// checkRaw adds a check before reading, for what the Go type could not hold.
func (p *plan) checkRaw(c func(wire.Raw) string) *plan {
	read := p.read
	p.read = func(r *reader, raw wire.Raw, v reflect.Value) {
		if what := c(raw); what != "" {
			r.refuse(what)
			return
		}
		read(r, raw, v)
	}
	return p
}

// bounded is for integers that Go stores in less than 64 bits.
func bounded(p *plan, least, most int64) *plan {
	p.schema.Set("minimum", wire.Raw(strconv.FormatInt(least, 10)))
	p.schema.Set("maximum", wire.Raw(strconv.FormatInt(most, 10)))
	p.checkInt(func(n int64) bool { return n >= least }, fmt.Sprintf("must be at least %d", least))
	return p.checkInt(func(n int64) bool { return n <= most }, fmt.Sprintf("must be at most %d", most))
}

// constrain applies a field's tags.
func (p *plan) constrain(t reflect.Type, at string, tag reflect.StructTag) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	// The schema of what a pointer points to is shared with it.
	p.schema = slices.Clone(p.schema)
	if doc, ok := tag.Lookup("doc"); ok {
		p.schema.Set("description", wire.AppendString(nil, doc))
	}
	for _, bound := range []string{"min", "max"} {
		if text, ok := tag.Lookup(bound); ok {
			if err := p.bound(t, bound, text); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	if text, ok := tag.Lookup("pattern"); ok {
		pattern, err := regexp.Compile(text)
		if err != nil || t.Kind() != reflect.String {
			return fmt.Errorf("%s: pattern %q does not apply to a %s, or is none", at, text, t)
		}
		p.schema.Set("pattern", wire.AppendString(nil, text))
		p.checked(func(v reflect.Value) string {
			if pattern.MatchString(reflect.Indirect(v).String()) {
				return ""
			}
			return "must match " + text
		})
	}
	if text, ok := tag.Lookup("enum"); ok {
		if err := p.enumerate(t, strings.Split(text, ",")); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	if text, ok := tag.Lookup("default"); ok {
		if err := p.fallBack(t, text); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	return nil
}

// measure tells what min and max compare, and what the schema calls them.
func measure(t reflect.Type) (of func(reflect.Value) float64, names map[string]string, unit string) {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) float64 { return float64(v.Int()) }, map[string]string{"min": "minimum", "max": "maximum"}, ""
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(v reflect.Value) float64 { return float64(v.Uint()) }, map[string]string{"min": "minimum", "max": "maximum"}, ""
	case reflect.Float32, reflect.Float64:
		return reflect.Value.Float, map[string]string{"min": "minimum", "max": "maximum"}, ""
	case reflect.String:
		runes := func(v reflect.Value) float64 { return float64(utf8.RuneCountInString(v.String())) }
		return runes, map[string]string{"min": "minLength", "max": "maxLength"}, "characters"
	case reflect.Slice:
		return func(v reflect.Value) float64 { return float64(v.Len()) }, map[string]string{"min": "minItems", "max": "maxItems"}, "items"
	}
	return nil, nil, ""
}

func (p *plan) bound(t reflect.Type, bound, text string) error {
	of, names, unit := measure(t)
	limit, err := strconv.ParseFloat(text, 64)
	if of == nil || err != nil || (unit != "" && (limit < 0 || limit != float64(int(limit)))) {
		return fmt.Errorf("%s %q does not apply to a %s", bound, text, t)
	}
	p.schema.Set(names[bound], wire.Raw(text))
	what := map[string]string{"min": "must be at least ", "max": "must be at most "}[bound] + text
	if unit != "" {
		what = map[string]string{"min": "must have at least ", "max": "must have at most "}[bound] + text + " " + unit
	}
	p.checked(func(v reflect.Value) string {
		size := of(reflect.Indirect(v))
		if (bound == "min" && size < limit) || (bound == "max" && size > limit) {
			return what
		}
		return ""
	})
	return nil
}

func (p *plan) enumerate(t reflect.Type, texts []string) error {
	values := make([]string, len(texts))
	for i, text := range texts {
		values[i] = text
		if t.Kind() == reflect.String {
			values[i] = string(wire.AppendString(nil, text))
		}
		if err := p.accepts(t, wire.Raw(values[i])); err != nil {
			return fmt.Errorf("enum value %q: %w", text, err)
		}
	}
	p.schema.Set("enum", wire.Raw("["+strings.Join(values, ",")+"]"))
	kind := wire.Raw(values[0]).Kind()
	slices.Sort(values)
	read, write := p.read, p.write
	p.read = func(r *reader, raw wire.Raw, v reflect.Value) {
		found := raw.Kind().String()
		if raw.Kind() == kind {
			before := len(r.wrong)
			if read(r, raw, v); len(r.wrong) > before {
				return
			}
			// As it is written, 2.0 is 2.
			text, err := write(nil, v)
			if err == nil && slices.Contains(values, string(text)) {
				return
			}
			found = string(text)
		}
		r.refuse("expected one of " + strings.Join(values, ", ") + ", found " + found)
	}
	return nil
}

// fallBack sets the value of an argument that is not given.
func (p *plan) fallBack(t reflect.Type, text string) error {
	value := wire.Raw(text)
	if t.Kind() == reflect.String {
		value = wire.AppendString(nil, text)
	}
	if err := p.accepts(t, value); err != nil {
		return fmt.Errorf("default %q: %w", text, err)
	}
	p.schema.Set("default", value)
	p.fallback = value
	return nil
}

// accepts reports what is wrong with a value that a tag gives.
func (p *plan) accepts(t reflect.Type, value wire.Raw) error {
	if _, err := wire.AppendRaw(nil, value); err != nil {
		return err
	}
	var r reader
	target := reflect.New(t)
	if p.pointer {
		target = reflect.New(reflect.PointerTo(t))
	}
	p.read(&r, value, target.Elem())
	return r.err()
}
