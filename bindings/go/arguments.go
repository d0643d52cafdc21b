package isogloss

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Reading arguments into Go values, by plan. Everything that is wrong with a
// call is collected, each with its path, so that a model can mend it at once.

// reader collects what is wrong.
type reader struct {
	path  []string
	wrong []*wire.Error
}

// argumentsError is all that is wrong with the arguments of a call.
type argumentsError []*wire.Error

// Error has a line for each.
func (e argumentsError) Error() string {
	lines := make([]string, len(e))
	for i, wrong := range e {
		lines[i] = wrong.Error()
	}
	return strings.Join(lines, "\n")
}

func (r *reader) err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	return argumentsError(r.wrong)
}

// refuse notes what is wrong with the value being read.
func (r *reader) refuse(what string) {
	e := &wire.Error{Message: what}
	for i := len(r.path) - 1; i >= 0; i-- {
		e = e.Under(r.path[i])
	}
	r.wrong = append(r.wrong, e)
}

// refuseError notes an error of package wire, which may be deeper.
func (r *reader) refuseError(err error) {
	var wrong *wire.Error
	if !errors.As(err, &wrong) {
		r.refuse(err.Error())
		return
	}
	for i := len(r.path) - 1; i >= 0; i-- {
		wrong = wrong.Under(r.path[i])
	}
	r.wrong = append(r.wrong, wrong)
}

// under reads a value within the one being read.
func (r *reader) under(name string, p *plan, raw wire.Raw, v reflect.Value) {
	r.path = append(r.path, name)
	p.read(r, raw, v)
	r.path = r.path[:len(r.path)-1]
}

// scalar decodes with one of wire's primitives.
func scalar[T any](r *reader, raw wire.Raw, decode func(*wire.Decoder) T) (T, bool) {
	value, err := wire.Decode(raw, wire.Always, decode)
	if err != nil {
		r.refuseError(err)
		return value, false
	}
	return value, true
}

func readBool(r *reader, raw wire.Raw, v reflect.Value) {
	if value, ok := scalar(r, raw, (*wire.Decoder).Bool); ok {
		v.SetBool(value)
	}
}

func readInt(r *reader, raw wire.Raw, v reflect.Value) {
	if value, ok := scalar(r, raw, (*wire.Decoder).Int); ok {
		v.SetInt(value)
	}
}

func readUint(r *reader, raw wire.Raw, v reflect.Value) {
	if value, ok := scalar(r, raw, (*wire.Decoder).Int); ok {
		v.SetUint(uint64(value))
	}
}

func readFloat(r *reader, raw wire.Raw, v reflect.Value) {
	if value, ok := scalar(r, raw, (*wire.Decoder).Number); ok {
		v.SetFloat(value)
	}
}

func readString(r *reader, raw wire.Raw, v reflect.Value) {
	if value, ok := scalar(r, raw, (*wire.Decoder).String); ok {
		v.SetString(value)
	}
}

func readRaw(_ *reader, raw wire.Raw, v reflect.Value) { v.SetBytes(raw) }

// readWithJSON is for types that know their JSON themselves.
func readWithJSON(r *reader, raw wire.Raw, v reflect.Value) {
	err := json.Unmarshal(raw, v.Addr().Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		r.refuse("expected " + kind.Type.String() + ", found " + kind.Value)
	case err != nil:
		r.refuse(err.Error())
	}
}

func readPointer(held *plan) func(*reader, wire.Raw, reflect.Value) {
	return func(r *reader, raw wire.Raw, v reflect.Value) {
		value := reflect.New(v.Type().Elem())
		held.read(r, raw, value.Elem())
		v.Set(value)
	}
}

func readSlice(held *plan) func(*reader, wire.Raw, reflect.Value) {
	return func(r *reader, raw wire.Raw, v reflect.Value) {
		items, ok := scalar(r, raw, func(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) })
		if !ok {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			r.under(strconv.Itoa(i), held, item, v.Index(i))
		}
	}
}

func rawMembers(d *wire.Decoder) wire.Extra { return wire.Object(d, (*wire.Decoder).Raw) }

func readMap(held *plan) func(*reader, wire.Raw, reflect.Value) {
	return func(r *reader, raw wire.Raw, v reflect.Value) {
		given, ok := scalar(r, raw, rawMembers)
		if !ok {
			return
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(given)))
		for _, m := range given {
			value := reflect.New(v.Type().Elem()).Elem()
			r.under(m.Name, held, m.Value, value)
			v.SetMapIndex(reflect.ValueOf(m.Name).Convert(v.Type().Key()), value)
		}
	}
}

func readStruct(p *plan) func(*reader, wire.Raw, reflect.Value) {
	byName := make(map[string]int, len(p.members))
	names := make([]string, len(p.members))
	for i, m := range p.members {
		byName[m.name] = i
		names[i] = m.name
	}
	return func(r *reader, raw wire.Raw, v reflect.Value) {
		given, ok := scalar(r, raw, rawMembers)
		if !ok {
			return
		}
		seen := make([]bool, len(p.members))
		for _, g := range given {
			i, known := byName[g.Name]
			if !known {
				r.path = append(r.path, g.Name)
				r.refuse(unknownArgument(g.Name, names))
				r.path = r.path[:len(r.path)-1]
				continue
			}
			seen[i] = true
			m := p.members[i]
			r.under(m.name, m.plan, g.Value, v.FieldByIndex(m.index))
		}
		for i, m := range p.members {
			switch {
			case seen[i]:
			case m.fallback != nil:
				r.under(m.name, m.plan, m.fallback, v.FieldByIndex(m.index))
			case m.required:
				r.path = append(r.path, m.name)
				r.refuse("required member is missing")
				r.path = r.path[:len(r.path)-1]
			}
		}
	}
}

// unknownArgument names what was probably meant.
func unknownArgument(name string, known []string) string {
	nearest, least := "", 1+max(len(name)/3, 1)
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			nearest, least = candidate, d
		}
	}
	if nearest == "" {
		return "unknown argument"
	}
	return "unknown argument, did you mean " + strconv.Quote(nearest) + "?"
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
