package isogloss

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Writing Go values as JSON, by plan: as encoding/json would, except that members
// keep the plan's promises (a nil slice is an empty one, not null).

// valueWriter writes one value.
type valueWriter struct {
	dst []byte
	// depth is how many values are open of types that can be within themselves: a
	// value may be, too.
	depth int
}

func writeBool(w *valueWriter, v reflect.Value) error {
	w.dst = strconv.AppendBool(w.dst, v.Bool())
	return nil
}

func writeInt(w *valueWriter, v reflect.Value) error {
	w.dst = strconv.AppendInt(w.dst, v.Int(), 10)
	return nil
}

func writeUint(w *valueWriter, v reflect.Value) error {
	w.dst = strconv.AppendUint(w.dst, v.Uint(), 10)
	return nil
}

var errNotFinite = errors.New("a number that is not finite has no JSON")

func writeFloat(w *valueWriter, v reflect.Value) error {
	n := v.Float()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return errNotFinite
	}
	w.dst = wire.AppendNumber(w.dst, n)
	return nil
}

func writeString(w *valueWriter, v reflect.Value) error {
	w.dst = wire.AppendString(w.dst, v.String())
	return nil
}

func writeBytes(w *valueWriter, v reflect.Value) error {
	w.dst = base64.StdEncoding.AppendEncode(append(w.dst, '"'), v.Bytes())
	w.dst = append(w.dst, '"')
	return nil
}

func writeRaw(w *valueWriter, v reflect.Value) error { return w.raw(v.Bytes()) }

func (w *valueWriter) raw(value wire.Raw) (err error) {
	if value == nil {
		return w.null()
	}
	w.dst, err = wire.AppendRaw(w.dst, value)
	return err
}

func (w *valueWriter) null() error {
	w.dst = append(w.dst, "null"...)
	return nil
}

// writeWithJSON is for types that know their JSON themselves.
func writeWithJSON(w *valueWriter, v reflect.Value) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v.Interface()); err != nil {
		return err
	}
	return w.raw(text.Bytes())
}

// writeReference is for types that can be within themselves.
func writeReference(to *plan) func(*valueWriter, reflect.Value) error {
	return func(w *valueWriter, v reflect.Value) error {
		if w.depth++; w.depth > protocol.MaxDepth {
			return fmt.Errorf("nesting deeper than %d", protocol.MaxDepth)
		}
		err := to.write(w, v)
		w.depth--
		return err
	}
}

func writePointer(held *plan) func(*valueWriter, reflect.Value) error {
	return func(w *valueWriter, v reflect.Value) error {
		if v.IsNil() {
			return w.null()
		}
		return held.write(w, v.Elem())
	}
}

func writeSlice(held *plan) func(*valueWriter, reflect.Value) error {
	return func(w *valueWriter, v reflect.Value) error {
		w.dst = append(w.dst, '[')
		for i := range v.Len() {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			if err := held.write(w, v.Index(i)); err != nil {
				return err
			}
		}
		w.dst = append(w.dst, ']')
		return nil
	}
}

// name begins a member of a map.
func (w *valueWriter) name(i int, name string) {
	if i > 0 {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(wire.AppendString(w.dst, name), ':')
}

// writeMap sorts by key, so that a value is always written alike.
func writeMap(held *plan) func(*valueWriter, reflect.Value) error {
	return func(w *valueWriter, v reflect.Value) error {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		w.dst = append(w.dst, '{')
		for i, key := range keys {
			w.name(i, key.String())
			if err := held.write(w, v.MapIndex(key)); err != nil {
				return err
			}
		}
		w.dst = append(w.dst, '}')
		return nil
	}
}

// writeRawMap is writeMap without reflection.
func writeRawMap(w *valueWriter, v reflect.Value) error {
	members := v.Interface().(map[string]wire.Raw)
	w.dst = append(w.dst, '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		w.name(i, name)
		if err := w.raw(members[name]); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '}')
	return nil
}

func writeStruct(p *plan) func(*valueWriter, reflect.Value) error {
	names := make([]string, len(p.members)) // as they are written
	for i, m := range p.members {
		names[i] = string(append(wire.AppendString(nil, m.name), ':'))
	}
	return func(w *valueWriter, v reflect.Value) error {
		w.dst = append(w.dst, '{')
		first := true
		for i, m := range p.members {
			field := m.field(v)
			if m.omit != nil && m.omit(field) {
				continue
			}
			if !first {
				w.dst = append(w.dst, ',')
			}
			first = false
			w.dst = append(w.dst, names[i]...)
			if err := m.write(w, field); err != nil {
				return err
			}
		}
		w.dst = append(w.dst, '}')
		return nil
	}
}
