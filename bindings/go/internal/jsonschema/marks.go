package jsonschema

import (
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Mark is a keyword of somebody's own in a schema.
type Mark struct {
	// Path are the names of the members that lead to the value, and the keywords
	// in between that are not `properties`.
	Path []string
	// Value is the keyword's, Type that of the keyword `type` beside it, if any.
	Value, Type wire.Raw
	// Plain tells that `properties` alone lead there.
	Plain bool
}

// Marks finds a keyword in a schema, in order. A member of that name, and what
// only looks like a schema, are none.
func Marks(schema wire.Raw, keyword string) ([]Mark, error) {
	whole, err := parse(schema)
	if err != nil {
		return nil, err
	}
	return whole.marks(keyword, nil, true), nil
}

func (n *node) marks(keyword string, path []string, plain bool) (found []Mark) {
	if value := n.get(keyword); value != nil {
		mark := Mark{Path: path, Value: value.raw, Plain: plain}
		if kind := n.get("type"); kind != nil {
			mark.Type = kind.raw
		}
		found = append(found, mark)
	}
	for _, part := range n.parts() {
		isProperty := part.keyword == "properties"
		step := part.keyword
		if isProperty {
			step = part.name
		}
		below := append(path[:len(path):len(path)], step)
		found = append(found, part.schema.marks(keyword, below, plain && isProperty)...)
	}
	return found
}
