package jsonschema

import (
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// canonical is JSON in the one spelling in which equal values are equal texts:
// members by name, the last of a name, numbers as they count.
func canonical(text wire.Raw) string {
	value, err := parse(text)
	if err != nil {
		return string(text)
	}
	return string(value.appendCanonical(nil))
}

func (n *node) appendCanonical(dst []byte) []byte {
	switch n.kind {
	case wire.KindObject:
		members := slices.Clone(n.members)
		slices.SortFunc(members, func(a, b entry) int { return strings.Compare(a.name, b.name) })
		dst = append(dst, '{')
		for i, m := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = m.value.appendCanonical(append(wire.AppendString(dst, m.name), ':'))
		}
		return append(dst, '}')
	case wire.KindArray:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendCanonical(dst)
		}
		return append(dst, ']')
	case wire.KindNumber:
		return append(dst, numberOf(string(n.raw)).canonical()...)
	case wire.KindString:
		return wire.AppendString(dst, n.text)
	}
	return append(dst, n.raw...)
}
