package isogloss

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Reading JSON into Go values, type by type. What the schema's rules say of a
// value they say better, so what is refused here may be refused in a word.

func readBool(r *valueReader, v reflect.Value) { v.SetBool(r.Bool()) }

func readInt(bits int) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		at := r.Mark()
		digits, plain := r.Digits()
		if n, err := strconv.ParseInt(string(digits), 10, bits); plain && err == nil {
			v.SetInt(n)
		} else if !r.Failed() {
			r.refuse(at, "integer out of range")
		}
	}
}

func readUint(bits int) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		at := r.Mark()
		digits, plain := r.Digits()
		if n, err := strconv.ParseUint(string(digits), 10, bits); plain && err == nil {
			v.SetUint(n)
		} else if !r.Failed() {
			r.refuse(at, "integer out of range")
		}
	}
}

func readFloat(r *valueReader, v reflect.Value) {
	at := r.Mark()
	n := r.Number()
	if v.OverflowFloat(n) {
		r.refuse(at, "number out of range")
		return
	}
	v.SetFloat(n)
}

// readNumber keeps a number as it is written.
func readNumber(r *valueReader, v reflect.Value) {
	digits, _ := r.Digits()
	v.SetString(string(digits))
}

func readString(r *valueReader, v reflect.Value) { v.SetString(r.String()) }

func readRaw(r *valueReader, v reflect.Value) { v.SetBytes(r.Raw()) }

func readBytes(r *valueReader, v reflect.Value) {
	at := r.Mark()
	bytes, err := base64.StdEncoding.DecodeString(r.String())
	if err != nil {
		r.refuse(at, "must be base64")
		return
	}
	v.SetBytes(bytes)
}

func readTime(r *valueReader, v reflect.Value) {
	at := r.Mark()
	// RFC 3339 takes small letters, too.
	moment, err := time.Parse(time.RFC3339Nano, strings.ToUpper(r.String()))
	if err != nil {
		r.refuse(at, "must be a time that there is: leap seconds are not known here")
		return
	}
	v.Set(reflect.ValueOf(moment))
}

// readWithJSON is for types that know their JSON themselves.
func readWithJSON(r *valueReader, v reflect.Value) {
	at := r.Mark()
	raw := r.Raw()
	if r.Failed() {
		return
	}
	err := json.Unmarshal(raw, v.Addr().Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		r.refuse(at, "expected "+kind.Type.String()+", found "+kind.Value)
	case err != nil:
		r.refuse(at, err.Error())
	}
}

// readAny reads what encoding/json would make of it, with integers that a float64
// does not hold refused.
func readAny(r *valueReader, v reflect.Value) {
	if value := anything(&r.Decoder); value != nil {
		v.Set(reflect.ValueOf(value))
	} else {
		v.SetZero()
	}
}

func anything(d *wire.Decoder) any {
	switch d.Kind() {
	case wire.KindObject:
		members := map[string]any{}
		for d.BeginObject(); d.NextMember(); {
			name := string(d.Name())
			members[name] = anything(d)
		}
		return members
	case wire.KindArray:
		return wire.List(d, anything)
	case wire.KindString:
		return d.String()
	case wire.KindNumber:
		return d.Number()
	case wire.KindBoolean:
		return d.Bool()
	}
	d.Raw()
	return nil
}

func readPointer(held *plan) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		if r.Null() {
			v.SetZero()
			return
		}
		value := reflect.New(v.Type().Elem())
		held.take(r, value.Elem())
		v.Set(value)
	}
}

func readSlice(held *plan) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		for r.BeginArray(); r.NextItem(); {
			n := v.Len()
			if n == v.Cap() {
				v.Grow(max(n, 4))
			}
			v.SetLen(n + 1)
			item := v.Index(n)
			item.SetZero()
			held.take(r, item)
		}
	}
}

func readArray(held *plan) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		at, n := r.Mark(), 0
		for r.BeginArray(); r.NextItem(); n++ {
			if n < v.Len() {
				held.take(r, v.Index(n))
			} else {
				r.Raw()
			}
		}
		if n != v.Len() && !r.Failed() {
			r.refuse(at, "must have "+strconv.Itoa(v.Len())+" items")
		}
	}
}

func readMap(held *plan) func(*valueReader, reflect.Value) {
	return func(r *valueReader, v reflect.Value) {
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		for r.BeginObject(); r.NextMember(); {
			key.SetString(string(r.Name()))
			value.SetZero()
			held.take(r, value)
			v.SetMapIndex(key, value)
		}
	}
}

// readRawMap is readMap without reflection.
func readRawMap(r *valueReader, v reflect.Value) {
	members := map[string]wire.Raw{}
	for r.BeginObject(); r.NextMember(); {
		name := string(r.Name())
		members[name] = r.Raw()
	}
	v.Set(reflect.ValueOf(members))
}

// handful is up to how many names are found faster one by one.
const handful = 8

func readStruct(p *plan) func(*valueReader, reflect.Value) {
	places := map[string]int{}
	for i, m := range p.members {
		places[m.name] = i
	}
	return func(r *valueReader, v reflect.Value) {
		var room [32]bool
		seen := room[:]
		if len(p.members) > len(room) {
			seen = make([]bool, len(p.members))
		}
		next := 0
		for r.BeginObject(); r.NextMember(); next++ {
			i, known := p.find(r.Name(), next, places)
			if !known || seen[i] {
				r.refuse(r.Mark(), "unknown, or given twice")
				r.Raw()
				continue
			}
			seen[i], next = true, i
			m := p.members[i]
			m.take(r, m.field(v))
		}
		for i, m := range p.members {
			switch {
			case seen[i] || r.Failed():
			case m.fallback != nil:
				m.fallBack(m.field(v))
			case m.required:
				r.refuse(r.Mark(), "a member is missing")
			}
		}
	}
}

// find is the place of a member, which is most likely the next one.
func (p *plan) find(name []byte, next int, places map[string]int) (int, bool) {
	if next < len(p.members) && p.members[next].name == string(name) {
		return next, true
	}
	if len(p.members) > handful {
		i, known := places[string(name)]
		return i, known
	}
	for i, m := range p.members {
		if m.name == string(name) {
			return i, true
		}
	}
	return 0, false
}

// fallBack sets the value of a member that was not given: anew each time, for
// handlers may change what they are given.
func (m *member) fallBack(v reflect.Value) { m.fits(m.fallback, v) }
