package isogloss

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Results that are not quite what they should be: those without a type, and lists
// with items that are wrong. Those are set aside and the rest is usable, unless the
// client is strict.

// read reads a result; of a list what is right in it.
func (c *Client) read(method *protocol.Method, rev protocol.Revision, raw wire.Raw, read func(*wire.Decoder)) error {
	err := readModern(method, rev, raw, read)
	if err == nil || c.options.Strict {
		return err
	}
	sifted, ok := c.sifted(method.Name, rev, raw)
	if !ok {
		return err
	}
	return readModern(method, rev, sifted, read)
}

// readModern reads a result. Some servers leave out the type of a modern one,
// which is taken for a complete one.
func readModern(method *protocol.Method, rev protocol.Revision, raw wire.Raw, read func(*wire.Decoder)) error {
	err := readResult(method, rev, raw, read)
	var wrong *wire.Error
	if errors.As(err, &wrong) && wrong.Path == "/resultType" && raw.Kind() == wire.KindObject {
		if _, there := raw.Get("resultType"); !there {
			members := strings.TrimSpace(string(raw))[1:]
			if comma := ","; strings.TrimSpace(members) != "}" {
				members = comma + members
			}
			return readResult(method, rev, wire.Raw(`{"resultType":"complete"`+members), read)
		}
	}
	return err
}

// listOf is where the items of a list stand, and what says whether one is right.
func listOf(method string) (member string, check func(protocol.Revision, wire.Raw) error) {
	switch method {
	case protocol.MethodListTools:
		return "tools", checkAs[protocol.Tool]
	case protocol.MethodListResources:
		return "resources", checkAs[protocol.Resource]
	case protocol.MethodListResourceTemplates:
		return "resourceTemplates", checkAs[protocol.ResourceTemplate]
	case protocol.MethodListPrompts:
		return "prompts", checkAs[protocol.Prompt]
	}
	return "", nil
}

func checkAs[T any, P decodable[T]](rev protocol.Revision, item wire.Raw) error {
	return protocol.Decode(rev, item, P(new(T)))
}

// sifted is a list without the items that are wrong; false for what is no list.
func (c *Client) sifted(method string, rev protocol.Revision, raw wire.Raw) (wire.Raw, bool) {
	member, check := listOf(method)
	if check == nil {
		return nil, false
	}
	members, err := membersOf(raw)
	if err != nil {
		return nil, false
	}
	list, _ := members.Get(member)
	items, err := wire.Decode(list, wire.Always, func(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) })
	if err != nil {
		return nil, false
	}
	right := []byte{'['}
	for i, item := range items {
		if err := check(rev, item); err != nil {
			name, _ := item.Get("name")
			c.log.Warn("set an item of a list aside", "method", method, "item", fmt.Sprintf("%s[%d]", member, i), "name", string(name), "error", err)
			continue
		}
		if len(right) > 1 {
			right = append(right, ',')
		}
		right = append(right, item...)
	}
	members.Set(member, append(right, ']'))
	return objectOf(members), true
}
