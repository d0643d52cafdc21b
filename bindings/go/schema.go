package isogloss

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Go types to JSON Schema, and to plans for reading and writing their values.
// A type is looked at once, when a tool is added; struct tags say the rest:
//
//	json:"city" doc:"…" min:"1" max:"10" default:"1" enum:"a,b" pattern:"^x"
//
// min and max bound a number, the length of a string or of a slice. A member is
// required unless it is a pointer, has a default, or is omitempty or omitzero.

// plan is what is known of a type.
type plan struct {
	schema wire.Extra
	read   func(r *reader, raw wire.Raw, v reflect.Value)
	write  func(dst []byte, v reflect.Value) ([]byte, error)
	// members are those of a struct.
	members []*member
	// fallback is the value of an argument that was not given.
	fallback wire.Raw
	// object tells that values are JSON objects, pointer that they may be nil.
	object, pointer bool
}

// member is a field of a struct that JSON sees.
type member struct {
	*plan
	name     string
	index    []int
	required bool
	omit     func(reflect.Value) bool // whether a value is left out, nil for never
}

var (
	rawType             = reflect.TypeFor[wire.Raw]()
	timeType            = reflect.TypeFor[time.Time]()
	rawMessageType      = reflect.TypeFor[json.RawMessage]()
	marshalerType       = reflect.TypeFor[json.Marshaler]()
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// planner looks at one type, and at those within it.
type planner struct {
	// strict closes objects to members that they do not name.
	strict bool
	within []reflect.Type
}

// planOf makes the plan of a type. Errors name the field that is wrong.
func planOf(t reflect.Type, strict bool) (*plan, error) {
	p := planner{strict: strict}
	return p.plan(t, t.String(), "")
}

func (p *planner) plan(t reflect.Type, at string, tag reflect.StructTag) (*plan, error) {
	made, err := p.basic(t, at)
	if err != nil {
		return nil, err
	}
	return made, made.constrain(t, at, tag)
}

func (p *planner) basic(t reflect.Type, at string) (*plan, error) {
	switch {
	case t == rawType || t == rawMessageType:
		return &plan{schema: wire.Extra{}, read: readRaw, write: writeRaw}, nil
	case t == timeType:
		made := &plan{schema: typed("string"), read: readWithJSON, write: writeWithJSON}
		made.schema.Set("format", wire.Raw(`"date-time"`))
		return made, nil
	case t.Kind() != reflect.Pointer && speaksJSON(t):
		return &plan{schema: wire.Extra{}, read: readWithJSON, write: writeWithJSON}, nil
	case t.Kind() != reflect.Pointer && speaksText(t):
		return &plan{schema: typed("string"), read: readWithJSON, write: writeWithJSON}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return &plan{schema: typed("boolean"), read: readBool, write: writeBool}, nil
	case reflect.Int, reflect.Int64:
		return &plan{schema: typed("integer"), read: readInt, write: writeInt}, nil
	case reflect.Int8, reflect.Int16, reflect.Int32:
		most := int64(1)<<(t.Bits()-1) - 1
		return bounded(&plan{schema: typed("integer"), read: readInt, write: writeInt}, -most-1, most), nil
	case reflect.Uint, reflect.Uint64:
		made := &plan{schema: typed("integer"), read: readUint, write: writeUint}
		made.schema.Set("minimum", wire.Raw("0"))
		return made.checkInt(func(n int64) bool { return n >= 0 }, "must be at least 0"), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return bounded(&plan{schema: typed("integer"), read: readUint, write: writeUint}, 0, int64(1)<<t.Bits()-1), nil
	case reflect.Float32, reflect.Float64:
		return &plan{schema: typed("number"), read: readFloat, write: writeFloat}, nil
	case reflect.String:
		return &plan{schema: typed("string"), read: readString, write: writeString}, nil
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return nil, fmt.Errorf("%s: an interface with methods has no schema", at)
		}
		return &plan{schema: wire.Extra{}, read: readWithJSON, write: writeWithJSON}, nil
	}
	for _, outer := range p.within {
		if outer == t {
			return nil, fmt.Errorf("%s: a type within itself (%s) has no schema; use wire.Raw", at, t)
		}
	}
	p.within = append(p.within, t)
	defer func() { p.within = p.within[:len(p.within)-1] }()
	switch t.Kind() {
	case reflect.Pointer:
		return p.pointer(t, at)
	case reflect.Slice:
		return p.slice(t, at)
	case reflect.Map:
		return p.mapping(t, at)
	case reflect.Struct:
		return p.structure(t, at)
	}
	return nil, fmt.Errorf("%s: a %s has no schema", at, t.Kind())
}

func speaksJSON(t reflect.Type) bool {
	return t.Implements(marshalerType) || reflect.PointerTo(t).Implements(unmarshalerType)
}

func speaksText(t reflect.Type) bool {
	return t.Implements(textMarshalerType) || reflect.PointerTo(t).Implements(textUnmarshalerType)
}

func typed(name string) wire.Extra {
	return wire.Extra{{Name: "type", Value: wire.Raw(strconv.Quote(name))}}
}

func (p *planner) pointer(t reflect.Type, at string) (*plan, error) {
	held, err := p.plan(t.Elem(), at, "")
	if err != nil {
		return nil, err
	}
	return &plan{schema: held.schema, read: readPointer(held), write: writePointer(held), object: held.object, pointer: true}, nil
}

func (p *planner) slice(t reflect.Type, at string) (*plan, error) {
	if t.Elem().Kind() == reflect.Uint8 {
		made := &plan{schema: typed("string"), read: readWithJSON, write: writeWithJSON}
		made.schema.Set("contentEncoding", wire.Raw(`"base64"`))
		return made, nil
	}
	held, err := p.plan(t.Elem(), at+"[]", "")
	if err != nil {
		return nil, err
	}
	made := &plan{schema: typed("array"), read: readSlice(held), write: writeSlice(held)}
	made.schema.Set("items", objectOf(held.schema))
	return made, nil
}

func (p *planner) mapping(t reflect.Type, at string) (*plan, error) {
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: a map's keys must be strings", at)
	}
	held, err := p.plan(t.Elem(), at+"{}", "")
	if err != nil {
		return nil, err
	}
	made := &plan{schema: typed("object"), read: readMap(held), write: writeMap(held), object: true}
	if len(held.schema) > 0 {
		made.schema.Set("additionalProperties", objectOf(held.schema))
	}
	return made, nil
}

func (p *planner) structure(t reflect.Type, at string) (*plan, error) {
	made := &plan{schema: typed("object"), object: true}
	var properties wire.Extra
	var required []string
	for _, field := range reflect.VisibleFields(t) {
		m, err := p.member(field, at)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		if _, twice := properties.Get(m.name); twice {
			return nil, fmt.Errorf("%s.%s: another field has the name %q, too", at, field.Name, m.name)
		}
		properties.Set(m.name, objectOf(m.schema))
		if m.required {
			required = append(required, m.name)
		}
		made.members = append(made.members, m)
	}
	made.schema.Set("properties", objectOf(properties))
	if len(required) > 0 {
		made.schema.Set("required", rawStrings(required))
	}
	if p.strict {
		made.schema.Set("additionalProperties", wire.Raw("false"))
	}
	made.read, made.write = readStruct(made), writeStruct(made)
	return made, nil
}

// member looks at a field; nil is one that JSON does not see.
func (p *planner) member(field reflect.StructField, at string) (*member, error) {
	at += "." + field.Name
	tag, tagged := field.Tag.Lookup("json")
	name, options, _ := strings.Cut(tag, ",")
	inlined := field.Anonymous && name == ""
	switch {
	case tag == "-" || (!field.IsExported() && !inlined):
		return nil, nil
	case inlined && field.Type.Kind() == reflect.Pointer:
		return nil, fmt.Errorf("%s: an embedded pointer has no schema", at)
	case inlined && field.Type.Kind() == reflect.Struct && !speaksJSON(field.Type):
		return nil, nil // its fields are visible themselves
	case !tagged || name == "":
		name = field.Name
	}
	m := &member{name: name, index: field.Index, required: true}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			m.required, m.omit = false, isEmpty
		case "omitzero":
			m.required, m.omit = false, reflect.Value.IsZero
		default:
			return nil, fmt.Errorf("%s: the json option %q is not known here", at, option)
		}
	}
	var err error
	if m.plan, err = p.plan(field.Type, at, field.Tag); err != nil {
		return nil, err
	}
	if field.Type.Kind() == reflect.Pointer {
		m.required = false
		if m.omit == nil {
			m.omit = reflect.Value.IsNil
		}
	}
	m.required = m.required && m.fallback == nil
	return m, nil
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// objectOf writes members as an object.
func objectOf(members wire.Extra) wire.Raw {
	dst := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(wire.AppendString(dst, m.Name), ':')
		dst = append(dst, m.Value...)
	}
	return append(dst, '}')
}

func rawStrings(texts []string) wire.Raw {
	dst := []byte{'['}
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendString(dst, text)
	}
	return append(dst, ']')
}
