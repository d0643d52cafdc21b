package jsonschema

import (
	"errors"
	"fmt"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// keywords are those of one schema, read as what they have to be. The first one
// that is wrong sticks, with its place in the schema.
type keywords struct {
	of    *node
	place string // a JSON Pointer
	wrong error
}

// refuse says where it is.
func (k *keywords) refuse(what string) {
	switch {
	case k.wrong != nil:
	case k.place == "":
		k.wrong = errors.New(what)
	default:
		k.wrong = fmt.Errorf("at %s: %s", k.place, what)
	}
}

func (k *keywords) refuseError(err error) {
	if err != nil {
		k.refuse(err.Error())
	}
}

// expect is the value of a keyword if it is what is expected, nil otherwise.
func (k *keywords) expect(keyword, what string, right func(*node) bool) *node {
	value := k.of.get(keyword)
	if value != nil && !right(value) {
		k.refuse(keyword + " is " + short(value) + ": expected " + what)
		return nil
	}
	return value
}

// any reports whether one of these is there.
func (k *keywords) any(names ...string) bool {
	for _, name := range names {
		if k.of.get(name) != nil {
			return true
		}
	}
	return false
}

func (k *keywords) text(keyword string) (string, bool) {
	value := k.expect(keyword, "a string", func(n *node) bool { return n.kind == wire.KindString })
	if value == nil {
		return "", false
	}
	return value.text, true
}

func (k *keywords) flag(keyword string) bool {
	value := k.expect(keyword, "true or false", func(n *node) bool { return n.kind == wire.KindBoolean })
	return value != nil && value.raw[0] == 't'
}

func (k *keywords) schema(keyword string) *node {
	return k.expect(keyword, "a schema", (*node).isSchema)
}

func (k *keywords) schemas(keyword string) []*node {
	value := k.expect(keyword, "a list of schemas", func(n *node) bool {
		for _, item := range n.items {
			if !item.isSchema() {
				return false
			}
		}
		return n.kind == wire.KindArray
	})
	if value == nil {
		return nil
	}
	return value.items
}

// named are schemas by name.
func (k *keywords) named(keyword string) []entry {
	value := k.expect(keyword, "an object of schemas", func(n *node) bool {
		for _, m := range n.members {
			if !m.value.isSchema() {
				return false
			}
		}
		return n.kind == wire.KindObject
	})
	if value == nil {
		return nil
	}
	return value.members
}

func (k *keywords) names(keyword string) []string {
	var names []string
	k.expect(keyword, "a list of strings", func(n *node) (ok bool) {
		names, ok = n.texts()
		return ok
	})
	return names
}

// list is a list of names under a name.
type list struct {
	name  string
	names []string
}

func (k *keywords) lists(keyword string) (lists []list) {
	k.expect(keyword, "an object of lists of strings", func(n *node) bool {
		for _, m := range n.members {
			names, ok := m.value.texts()
			if !ok {
				return false
			}
			lists = append(lists, list{m.name, names})
		}
		return n.kind == wire.KindObject
	})
	return lists
}

func (k *keywords) span(least, most string) span {
	return span{k.size(least), k.size(most)}
}

func (k *keywords) size(keyword string) int64 {
	size := int64(-1)
	k.expect(keyword, "an integer that is not negative", func(n *node) bool {
		if n.kind == wire.KindNumber {
			if whole := numberOf(string(n.raw)).integer(); whole != nil && whole.IsInt64() {
				size = whole.Int64()
			}
		}
		return size >= 0
	})
	return size
}

func (k *keywords) bound(keyword string) *bound {
	value := k.expect(keyword, "a number", func(n *node) bool { return n.kind == wire.KindNumber })
	if value == nil {
		return nil
	}
	b := &bound{numberOf(string(value.raw)), string(value.raw)}
	if whole := b.integer(); whole != nil {
		b.shown = whole.String()
	}
	return b
}

// short is a value in a message to whoever wrote the schema.
func short(value *node) string {
	switch value.kind {
	case wire.KindArray:
		return "an array"
	case wire.KindObject:
		return "an object"
	}
	return string(value.raw)
}
