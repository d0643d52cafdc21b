package isogloss

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/jsonschema"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Go types to JSON Schema, and to plans for reading and writing their values. A
// type is looked at once, when something is added. What structs are is in
// schema_struct.go, what their tags say in constraint.go.

// plan is what is known of a type.
type plan struct {
	schema wire.Extra
	read   func(r *valueReader, v reflect.Value)
	write  func(w *valueWriter, v reflect.Value) error
	// own are the keywords of tags, and held what they say, for values to be held
	// to where they are read; nil if they say nothing.
	own  wire.Extra
	held *jsonschema.Schema
	// members are those of a struct.
	members []*member
	// fallback is the value of an argument that was not given.
	fallback wire.Raw
	// object tells that values are JSON objects, pointer that they may be nil.
	object, pointer bool

	// rules are the whole schema's, of a type that stands for itself; constrained
	// tells that not every value of the Go type keeps to them.
	rules       *jsonschema.Schema
	constrained bool
}

// take reads a value and holds it to what tags say.
func (p *plan) take(r *valueReader, v reflect.Value) {
	if p.held == nil {
		p.read(r, v)
		return
	}
	at := r.Mark()
	p.read(r, v)
	if !r.Failed() && !p.holds(r.Since(at), v) {
		r.refuse(at, "is not what its tags say")
	}
}

// holds reports whether a value is what tags say, given its text.
func (p *plan) holds(text wire.Raw, v reflect.Value) bool {
	if kind := v.Kind(); kind == reflect.Slice || kind == reflect.Map {
		if fits, known := p.held.FitsSize(text.Kind(), v.Len()); known {
			return fits
		}
	}
	return p.held.Fits(text)
}

// describedType is a type that says itself what the schema of its values is.
type describedType interface{ JSONSchema() wire.Raw }

var (
	rawType             = reflect.TypeFor[wire.Raw]()
	rawMapType          = reflect.TypeFor[map[string]wire.Raw]()
	timeType            = reflect.TypeFor[time.Time]()
	numberType          = reflect.TypeFor[json.Number]()
	rawMessageType      = reflect.TypeFor[json.RawMessage]()
	marshalerType       = reflect.TypeFor[json.Marshaler]()
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// planner looks at one type, and at those within it.
type planner struct {
	// strict closes objects to members that they do not name.
	strict      bool
	constrained bool
	// open are the types that are being looked at, named those of them that were
	// met again: their schemas are definitions.
	open        map[reflect.Type]*plan
	named       map[reflect.Type]string
	definitions wire.Extra
}

// planOf makes the plan of a type that stands for itself. Errors name the field
// that is wrong.
func planOf(t reflect.Type, strict bool) (*plan, error) {
	p := planner{strict: strict, open: map[reflect.Type]*plan{}, named: map[reflect.Type]string{}}
	made, err := p.whole(t)
	if err != nil {
		return nil, err
	}
	made.constrained = p.constrained
	if len(p.definitions) > 0 {
		made.schema.Set("$defs", objectOf(p.definitions))
	}
	noun := "member"
	if strict {
		noun = "argument"
	}
	made.rules, err = jsonschema.Compile(objectOf(made.schema), noun)
	return made, err
}

// whole is a plan whose schema is no reference; a pointer is what it points to.
func (p *planner) whole(t reflect.Type) (*plan, error) {
	if t.Kind() == reflect.Pointer && !speaks(t.Elem()) {
		held, err := p.whole(t.Elem())
		if err != nil {
			return nil, err
		}
		return &plan{schema: held.schema, read: readPointer(held), write: writePointer(held), object: held.object, pointer: true}, nil
	}
	made, err := p.plan(t, t.String(), "")
	if err != nil {
		return nil, err
	}
	if name, ok := p.named[t]; ok {
		again := *made
		again.schema = wire.Extra{}
		definition, _ := p.definitions.Get(name)
		if again.schema, err = wire.Decode(definition, wire.Always, rawMembers); err != nil {
			return nil, err
		}
		made = &again
	}
	return made, nil
}

func (p *planner) plan(t reflect.Type, at string, tag reflect.StructTag) (*plan, error) {
	made, err := p.basic(t, at, tag)
	if err != nil {
		return nil, err
	}
	if described, ok := reflect.New(t).Interface().(describedType); ok {
		if err := made.describe(described.JSONSchema()); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
	}
	if err := made.constrain(t, tag); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	p.constrained = p.constrained || made.held != nil
	return made, nil
}

// describe takes the schema that a type has of itself.
func (p *plan) describe(schema wire.Raw) error {
	members, err := wire.Decode(schema, wire.Always, rawMembers)
	if err != nil {
		return fmt.Errorf("JSONSchema: %w", err)
	}
	kind, _ := members.Get("type")
	p.schema, p.own, p.object = members, members, string(kind) == `"object"`
	return nil
}

func (p *planner) basic(t reflect.Type, at string, tag reflect.StructTag) (*plan, error) {
	switch {
	case t == rawType || t == rawMessageType:
		return &plan{schema: wire.Extra{}, read: readRaw, write: writeRaw}, nil
	case t == timeType:
		made := &plan{schema: typed("string"), read: readTime, write: writeWithJSON}
		made.say("format", wire.Raw(`"date-time"`))
		return made, nil
	case t == numberType:
		return &plan{schema: typed("number"), read: readNumber, write: writeWithJSON}, nil
	case t.Kind() != reflect.Pointer && speaksJSON(t):
		return &plan{schema: wire.Extra{}, read: readWithJSON, write: writeWithJSON}, nil
	case t.Kind() != reflect.Pointer && speaksText(t):
		return &plan{schema: typed("string"), read: readWithJSON, write: writeWithJSON}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return &plan{schema: typed("boolean"), read: readBool, write: writeBool}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		made := &plan{schema: typed("integer"), read: readInt(t.Bits()), write: writeInt}
		if most := int64(1)<<(t.Bits()-1) - 1; t.Bits() < 64 {
			made.between(-most-1, most)
		}
		return made, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		made := &plan{schema: typed("integer"), read: readUint(t.Bits()), write: writeUint}
		made.schema.Set("minimum", wire.Raw("0"))
		if t.Bits() < 64 {
			made.between(0, int64(1)<<t.Bits()-1)
		}
		return made, nil
	case reflect.Float32, reflect.Float64:
		return &plan{schema: typed("number"), read: readFloat, write: writeFloat}, nil
	case reflect.String:
		return &plan{schema: typed("string"), read: readString, write: writeString}, nil
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return nil, fmt.Errorf("%s: an interface with methods has no schema", at)
		}
		return &plan{schema: wire.Extra{}, read: readAny, write: writeWithJSON}, nil
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return p.composite(t, at, tag)
	}
	return nil, fmt.Errorf("%s: a %s has no schema", at, t.Kind())
}

// between says what an integer type of less than 64 bits holds.
func (p *plan) between(least, most int64) {
	p.schema.Set("minimum", wire.Raw(strconv.FormatInt(least, 10)))
	p.schema.Set("maximum", wire.Raw(strconv.FormatInt(most, 10)))
}

func speaksJSON(t reflect.Type) bool {
	return t.Implements(marshalerType) || reflect.PointerTo(t).Implements(unmarshalerType)
}

func speaksText(t reflect.Type) bool {
	return t.Implements(textMarshalerType) || reflect.PointerTo(t).Implements(textUnmarshalerType)
}

// speaks reports whether a type knows its JSON or text itself.
func speaks(t reflect.Type) bool { return speaksJSON(t) || speaksText(t) }

func typed(name string) wire.Extra {
	return wire.Extra{{Name: "type", Value: wire.AppendString(nil, name)}}
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

// rawList writes values as an array.
func rawList(values []wire.Raw) wire.Raw {
	dst := []byte{'['}
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, value...)
	}
	return append(dst, ']')
}

func rawStrings(texts []string) wire.Raw {
	values := make([]wire.Raw, len(texts))
	for i, text := range texts {
		values[i] = wire.AppendString(nil, text)
	}
	return rawList(values)
}

func rawItems(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) }

func rawMembers(d *wire.Decoder) wire.Extra { return wire.Object(d, (*wire.Decoder).Raw) }
