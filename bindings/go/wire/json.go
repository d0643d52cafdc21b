package wire

import (
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"
)

// Revs is a set of revisions of the protocol, one bit each, oldest lowest. A
// decoder or encoder works in one of them.
type Revs uint32

// Always is the set of all revisions.
const Always = ^Revs(0)

// Has reports whether the two sets have a revision in common.
func (r Revs) Has(other Revs) bool { return r&other != 0 }

// Kind is one of the six kinds of JSON values, or none.
type Kind uint8

// The kinds.
const (
	KindNone Kind = iota
	KindArray
	KindBoolean
	KindNull
	KindNumber
	KindObject
	KindString
)

// String returns the word that error messages use.
func (k Kind) String() string {
	return [...]string{"nothing", "array", "boolean", "null", "number", "object", "string"}[k]
}

// kindOf tells a value's kind from its first byte.
func kindOf(c byte) Kind {
	switch c {
	case '{':
		return KindObject
	case '[':
		return KindArray
	case '"':
		return KindString
	case 't', 'f':
		return KindBoolean
	case 'n':
		return KindNull
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return KindNumber
	}
	return KindNone
}

// Raw is a JSON value kept as it came. A nil Raw is an absent one; the JSON
// value null is Raw("null"). A decoded Raw shares the memory of its message.
type Raw []byte

// RawOf encodes any Go value with encoding/json, without its HTML escapes.
func RawOf(v any) (Raw, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return appendCompact(make([]byte, 0, len(data)), data)
}

// Kind tells what kind of value it is, KindNone if it is absent.
func (r Raw) Kind() Kind {
	if pos := skipSpace(r, 0); pos < len(r) {
		return kindOf(r[pos])
	}
	return KindNone
}

// Text returns the text of a JSON string, and whether it is one.
func (r Raw) Text() (string, bool) {
	if len(r) >= 2 && r[0] == '"' && plain([]byte(r), 1) == len(r)-1 {
		return string(r[1 : len(r)-1]), true
	}
	text, err := Decode(r, Always, (*Decoder).String)
	return text, err == nil
}

// Get returns a member of an object, or of an object within it, without reading
// the rest; of a name given twice the last value.
func (r Raw) Get(path ...string) (Raw, bool) {
	for _, name := range path {
		d := Decoder{data: r}
		var found Raw
		for d.BeginObject(); d.NextMember(); {
			wanted := string(d.Name()) == name
			if value := d.Raw(); wanted && value != nil {
				found = value
			}
		}
		if found == nil {
			return nil, false
		}
		r = found
	}
	return r, true
}

// Unmarshal stores the value in v with encoding/json.
func (r Raw) Unmarshal(v any) error { return json.Unmarshal(r, v) }

// String returns the JSON text.
func (r Raw) String() string { return string(r) }

// MarshalJSON implements json.Marshaler; an absent value becomes null.
func (r Raw) MarshalJSON() ([]byte, error) {
	if r == nil {
		return []byte("null"), nil
	}
	return r, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Raw) UnmarshalJSON(data []byte) error {
	*r = append((*r)[:0], data...)
	return nil
}

// Map is a JSON object whose member names are data, in the order of the
// message: the order of a form's fields is one that people see. A nil Map is an
// absent one, an empty one is {}.
type Map[T any] []Member[T]

// Member is one entry of a Map.
type Member[T any] struct {
	Name  string
	Value T
}

// Extra holds the members of an object that its type does not know.
type Extra = Map[Raw]

// Get returns the value of a member.
func (m Map[T]) Get(name string) (T, bool) {
	for i := range m {
		if m[i].Name == name {
			return m[i].Value, true
		}
	}
	var none T
	return none, false
}

// Set replaces a member or appends it.
func (m *Map[T]) Set(name string, value T) {
	for i := range *m {
		if (*m)[i].Name == name {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, Member[T]{name, value})
}

// Delete removes a member.
func (m *Map[T]) Delete(name string) {
	*m = slices.DeleteFunc(*m, func(member Member[T]) bool { return member.Name == name })
}

// fewMembers is up to where looking for a name by going through all of them is
// quicker than an index; beyond it a hostile message would make that quadratic.
const fewMembers = 16

// settle keeps the last value of a name given twice, at its first place.
func settle[T any](m Map[T]) Map[T] {
	if len(m) < 2 {
		return m
	}
	if len(m) <= fewMembers {
		for i := 1; i < len(m); i++ {
			for j := range i {
				if m[i].Name == m[j].Name {
					return unique(m)
				}
			}
		}
		return m
	}
	return unique(m)
}

func unique[T any](m Map[T]) Map[T] {
	place := make(map[string]int, len(m))
	kept := m[:0]
	for _, member := range m {
		if i, ok := place[member.Name]; ok {
			kept[i].Value = member.Value
			continue
		}
		place[member.Name] = len(kept)
		kept = append(kept, member)
	}
	return kept
}

// Nullable is a value that may be null, where that differs from its absence.
type Nullable[T any] struct {
	Value T
	Null  bool
}

// Get returns the value, and whether there is one: not if it is null, or absent.
func (n *Nullable[T]) Get() (value T, ok bool) {
	if n == nil || n.Null {
		return value, false
	}
	return n.Value, true
}

// ValueOf is a value for a member that may be null as well as absent.
func ValueOf[T any](v T) *Nullable[T] { return &Nullable[T]{Value: v} }

// NullOf is null for such a member.
func NullOf[T any]() *Nullable[T] { return &Nullable[T]{Null: true} }

// Ptr returns a pointer to a value, for members that may be absent.
func Ptr[T any](v T) *T { return &v }

var errInvalid = errors.New(invalidJSON)

const hexDigits = "0123456789abcdef"

// AppendString appends a string as JSON, with no more escapes than it demands.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s) }

// AppendRaw appends a JSON value without insignificant spaces and needless
// escapes. It fails if it is not one JSON value.
func AppendRaw(dst []byte, raw Raw) ([]byte, error) { return appendCompact(dst, raw) }

// appendString appends a string in quotes, with no more escapes than JSON
// demands. What is not UTF-8 in it becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; ; {
		n := plain(s, i)
		dst = appendText(dst, s[i:n])
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscaped(dst, s[n])
		i = n + 1
	}
}

// appendText appends text that needs no escapes.
func appendText(dst []byte, s string) []byte {
	if utf8.ValidString(s) {
		return append(dst, s...)
	}
	for _, r := range s {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// appendEscaped appends a byte that cannot stand for itself.
func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\t':
		return append(dst, `\t`...)
	case '\n':
		return append(dst, `\n`...)
	case '\f':
		return append(dst, `\f`...)
	case '\r':
		return append(dst, `\r`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// appendCompact appends one JSON value without insignificant spaces and
// needless escapes.
func appendCompact(dst []byte, raw []byte) ([]byte, error) {
	start := skipSpace(raw, 0)
	end, s := scanValue(raw, start, 0, maxDepth)
	if s >= broken || skipSpace(raw, end) != len(raw) || !utf8.Valid(raw) {
		return dst, errInvalid
	}
	if s == sound {
		return append(dst, raw[start:end]...), nil
	}
	for pos := start; pos < end; {
		switch c := raw[pos]; c {
		case ' ', '\n', '\t', '\r':
			pos++
		case '"':
			close, escaped, _ := scanString(raw, pos)
			if escaped {
				dst = appendString(dst, unquote(raw[pos+1:close-1]))
			} else {
				dst = append(dst, raw[pos:close]...)
			}
			pos = close
		default:
			dst = append(dst, c)
			pos++
		}
	}
	return dst, nil
}
