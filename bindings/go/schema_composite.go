package isogloss

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Types that others are within: pointers, lists and maps; structs are in
// schema_struct.go. A type that is within itself is a definition of the schema, and
// a reference to it wherever it is met.

// composite is for types that others are within. One that is met again within
// itself is a reference there.
func (p *planner) composite(t reflect.Type, at string, tag reflect.StructTag) (*plan, error) {
	if outer, again := p.open[t]; again {
		name, err := p.name(t, at)
		if err != nil {
			return nil, err
		}
		return reference(name, t, outer), nil
	}
	made := &plan{}
	if t.Name() != "" { // only what has a name can be within itself
		p.open[t] = made
		defer delete(p.open, t)
	}
	if err := p.fill(made, t, at, tag); err != nil {
		return nil, err
	}
	if name, again := p.named[t]; again {
		p.definitions.Set(name, objectOf(made.schema))
		return reference(name, t, made), nil
	}
	return made, nil
}

// reference is the plan of a type that has a definition.
func reference(name string, t reflect.Type, to *plan) *plan {
	return &plan{
		schema:  wire.Extra{{Name: "$ref", Value: wire.AppendString(nil, "#/$defs/"+name)}},
		read:    to.take,
		write:   writeReference(to),
		members: to.members,
		object:  t.Kind() == reflect.Struct || t.Kind() == reflect.Map,
	}
}

// name is what the definition of a type is called.
func (p *planner) name(t reflect.Type, at string) (string, error) {
	if name, ok := p.named[t]; ok {
		return name, nil
	}
	if t.Kind() == reflect.Pointer {
		return "", fmt.Errorf("%s: a type within itself (%s) has no schema; use wire.Raw", at, t)
	}
	// What stands in a name of Go's cannot always stand in an address.
	plain := strings.Map(func(c rune) rune {
		if c < 0x80 && (isToken(string(c)) && c != '%' && c != '~' && c != '#') {
			return c
		}
		return '_'
	}, t.Name())
	name := plain
	for i := 2; p.isTaken(name); i++ {
		name = plain + strconv.Itoa(i)
	}
	p.named[t] = name
	return name, nil
}

func (p *planner) isTaken(name string) bool {
	for _, other := range p.named {
		if other == name {
			return true
		}
	}
	return false
}

func (p *planner) fill(made *plan, t reflect.Type, at string, tag reflect.StructTag) error {
	switch t.Kind() {
	case reflect.Pointer:
		return p.pointer(made, t, at)
	case reflect.Slice, reflect.Array:
		return p.list(made, t, at, tag)
	case reflect.Map:
		return p.mapping(made, t, at)
	}
	return p.structure(made, t, at)
}

func (p *planner) pointer(made *plan, t reflect.Type, at string) error {
	held, err := p.plan(t.Elem(), at, "")
	if err != nil {
		return err
	}
	made.schema = nullable(held.schema)
	made.read, made.write = readPointer(held), writePointer(held)
	made.object, made.pointer = held.object, true
	return nil
}

// nullable is a schema that takes null, too.
func nullable(schema wire.Extra) wire.Extra {
	kind, ok := schema.Get("type")
	switch {
	case len(schema) == 0 || kind.Kind() == wire.KindArray:
		return schema
	case !ok:
		either := rawList([]wire.Raw{objectOf(schema), wire.Raw(`{"type":"null"}`)})
		return wire.Extra{{Name: "anyOf", Value: either}}
	}
	both := slices.Clone(schema)
	both.Set("type", rawList([]wire.Raw{kind, wire.Raw(`"null"`)}))
	if values, chosen := schema.Get("enum"); chosen {
		both.Set("enum", rawList(append(itemsOf(values), wire.Raw("null"))))
	}
	return both
}

// itemsOf are those of an array; none of anything else.
func itemsOf(array wire.Raw) []wire.Raw {
	items, err := wire.Decode(array, wire.Always, func(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) })
	if err != nil {
		return nil
	}
	return items
}

func (p *planner) list(made *plan, t reflect.Type, at string, tag reflect.StructTag) error {
	if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
		made.schema, made.read, made.write = typed("string"), readBytes, writeBytes
		made.schema.Set("contentEncoding", wire.Raw(`"base64"`))
		return nil
	}
	held, err := p.plan(t.Elem(), at+"[]", ofItems(tag))
	if err != nil {
		return err
	}
	made.schema = typed("array")
	made.schema.Set("items", objectOf(held.schema))
	made.read, made.write = readSlice(held), writeSlice(held)
	if t.Kind() == reflect.Array {
		made.read = readArray(held)
		size := wire.Raw(strconv.Itoa(t.Len()))
		made.schema.Set("minItems", size)
		made.schema.Set("maxItems", size)
	}
	return nil
}

func (p *planner) mapping(made *plan, t reflect.Type, at string) error {
	if t.Key().Kind() != reflect.String {
		return fmt.Errorf("%s: a map's keys must be strings", at)
	}
	held, err := p.plan(t.Elem(), at+"{}", "")
	if err != nil {
		return err
	}
	made.schema, made.object = typed("object"), true
	made.read, made.write = readMap(held), writeMap(held)
	if t == rawMapType {
		made.read, made.write = readRawMap, writeRawMap
	}
	if len(held.schema) > 0 {
		made.schema.Set("additionalProperties", objectOf(held.schema))
	}
	return nil
}
