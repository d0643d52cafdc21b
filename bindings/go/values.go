package isogloss

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Writing Go values as JSON, by plan: as encoding/json would, except that
// members keep the plan's promises (a nil slice is an empty one, not null).

func writeBool(dst []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendBool(dst, v.Bool()), nil
}

func writeInt(dst []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendInt(dst, v.Int(), 10), nil
}

func writeUint(dst []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendUint(dst, v.Uint(), 10), nil
}

var errNotFinite = errors.New("a number that is not finite has no JSON")

func writeFloat(dst []byte, v reflect.Value) ([]byte, error) {
	n := v.Float()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return dst, errNotFinite
	}
	return wire.AppendNumber(dst, n), nil
}

func writeString(dst []byte, v reflect.Value) ([]byte, error) {
	return wire.AppendString(dst, v.String()), nil
}

func writeRaw(dst []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	return wire.AppendRaw(dst, v.Bytes())
}

// writeWithJSON is for types that know their JSON themselves.
func writeWithJSON(dst []byte, v reflect.Value) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v.Interface()); err != nil {
		return dst, err
	}
	return wire.AppendRaw(dst, text.Bytes())
}

func writeBytes(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, '"')
	return append(base64.StdEncoding.AppendEncode(dst, v.Bytes()), '"'), nil
}

// writeRawMap is writeMap without reflection.
func writeRawMap(dst []byte, v reflect.Value) (out []byte, err error) {
	members := v.Interface().(map[string]wire.Raw)
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(wire.AppendString(dst, name), ':')
		value := members[name]
		if value == nil {
			value = wire.Raw("null")
		}
		if dst, err = wire.AppendRaw(dst, value); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func writePointer(held *plan) func([]byte, reflect.Value) ([]byte, error) {
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return held.write(dst, v.Elem())
	}
}

func writeSlice(held *plan) func([]byte, reflect.Value) ([]byte, error) {
	return func(dst []byte, v reflect.Value) (out []byte, err error) {
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = held.write(dst, v.Index(i)); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	}
}

// writeMap sorts by key, so that a value is always written alike.
func writeMap(held *plan) func([]byte, reflect.Value) ([]byte, error) {
	return func(dst []byte, v reflect.Value) (out []byte, err error) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(wire.AppendString(dst, key.String()), ':')
			if dst, err = held.write(dst, v.MapIndex(key)); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}

func writeStruct(p *plan) func([]byte, reflect.Value) ([]byte, error) {
	names := make([]string, len(p.members)) // as they are written
	for i, m := range p.members {
		names[i] = string(append(wire.AppendString(nil, m.name), ':'))
	}
	return func(dst []byte, v reflect.Value) (out []byte, err error) {
		dst = append(dst, '{')
		first := true
		for i, m := range p.members {
			field := m.field(v)
			if m.omit != nil && m.omit(field) {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(dst, names[i]...)
			if dst, err = m.write(dst, field); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}
