package jsonschema

import (
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A schema as a tree, for as long as it is compiled.

type node struct {
	kind    wire.Kind
	raw     wire.Raw // compact
	text    string   // of a string
	items   []*node
	members []entry // each name once
}

type entry struct {
	name  string
	value *node
}

func parse(text wire.Raw) (*node, error) {
	compact, err := wire.AppendRaw(nil, text)
	if err != nil {
		return nil, err
	}
	if settled, changed := wire.LastValues(compact); changed {
		compact = settled
	}
	return wire.Decode(compact, wire.Always, read)
}

func read(d *wire.Decoder) *node {
	n := &node{kind: d.Kind()}
	at := d.Mark()
	switch n.kind {
	case wire.KindObject:
		for d.BeginObject(); d.NextMember(); {
			name := string(d.Name())
			n.members = append(n.members, entry{name, read(d)})
		}
	case wire.KindArray:
		n.items = wire.List(d, read)
	case wire.KindString:
		n.text = d.String()
	default:
		d.Raw()
	}
	n.raw = d.Since(at)
	return n
}

// get returns a member, nil if there is none.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (n *node) isSchema() bool { return n.kind == wire.KindObject || n.kind == wire.KindBoolean }

// texts are the elements of an array of strings.
func (n *node) texts() ([]string, bool) {
	texts := make([]string, len(n.items))
	for i, item := range n.items {
		if item.kind != wire.KindString {
			return nil, false
		}
		texts[i] = item.text
	}
	return texts, n.kind == wire.KindArray
}

// Keywords whose value is a schema or a list of schemas, and those whose members
// are schemas; some are of older drafts.
var (
	within = map[string]bool{
		"additionalProperties": true, "allOf": true, "anyOf": true, "contains": true, "contentSchema": true, "else": true,
		"if": true, "items": true, "not": true, "oneOf": true, "prefixItems": true, "propertyNames": true, "then": true,
		"unevaluatedItems": true, "unevaluatedProperties": true, "additionalItems": true, "extends": true,
	}
	among = map[string]bool{"$defs": true, "definitions": true, "dependentSchemas": true, "patternProperties": true, "properties": true}
)

// part is a schema that is a part of another.
type part struct {
	keyword string
	name    string // that it has there, if it has one
	schema  *node
}

// parts are the schemas that a schema is made of, in order.
func (n *node) parts() (all []part) {
	for _, m := range n.members {
		switch {
		case among[m.name]:
			for _, named := range m.value.members {
				all = append(all, part{m.name, named.name, named.value})
			}
		case within[m.name] && m.value.kind == wire.KindArray:
			for _, item := range m.value.items {
				all = append(all, part{m.name, "", item})
			}
		case within[m.name]:
			all = append(all, part{m.name, "", m.value})
		}
	}
	return all
}
