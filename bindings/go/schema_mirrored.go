package isogloss

import (
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Arguments that HTTP repeats in headers, so that gateways can route a call without
// reading it: found in a tool's input schema by the keyword x-mcp-header, once,
// when the tool is offered.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters

const (
	mirrorKeyword = "x-mcp-header"
	mirrorHeader  = "Mcp-Param-"
	// largestSafe is the largest integer that every JSON reader holds exactly.
	largestSafe = 1<<53 - 1
)

// mirrored is an argument that a header repeats.
type mirrored struct {
	header string // as net/http spells it
	path   []string
	kind   string // string, integer or boolean
}

// mirroredIn finds the arguments that headers repeat. It is an error if the schema
// marks one that cannot be repeated: clients would leave the tool out of their
// lists.
func mirroredIn(schema wire.Raw) ([]mirrored, error) {
	if _, ok := schema.Get(mirrorKeyword); ok {
		return nil, fmt.Errorf("%s stands beside the arguments: expected it in one of the properties", mirrorKeyword)
	}
	var f mirrorFinder
	if err := f.find(schema, nil, true); err != nil {
		return nil, err
	}
	for i, one := range f.found {
		for _, other := range f.found[:i] {
			if other.header == one.header {
				return nil, fmt.Errorf("%s and %s: the same %s", other.shown(), one.shown(), mirrorKeyword)
			}
		}
	}
	return f.found, nil
}

// mirrorFinder looks through a schema.
type mirrorFinder struct{ found []mirrored }

// find looks at a schema; open tells that nothing but properties led to it.
func (f *mirrorFinder) find(schema wire.Raw, path []string, open bool) error {
	if schema.Kind() == wire.KindArray {
		parts, _ := wire.Decode(schema, wire.Always, rawList)
		for _, part := range parts {
			if err := f.find(part, path, false); err != nil {
				return err
			}
		}
		return nil
	}
	members, err := wire.Decode(schema, wire.Always, rawMembers)
	if err != nil {
		return nil // a schema may be true, and data is none
	}
	if name, ok := members.Get(mirrorKeyword); ok && len(path) > 0 {
		if !open {
			return fmt.Errorf("%s: %s is for arguments that properties alone lead to", strings.Join(path, "."), mirrorKeyword)
		}
		if err := f.add(name, members, path); err != nil {
			return err
		}
	}
	for _, member := range members {
		if err := f.within(member, path, open); err != nil {
			return err
		}
	}
	return nil
}

// within looks at what a keyword has.
func (f *mirrorFinder) within(keyword wire.Member[wire.Raw], path []string, open bool) error {
	switch keyword.Name {
	case "const", "enum", "default", "examples":
		return nil // data: what looks like a schema there is none
	case "properties", "$defs", "definitions", "patternProperties", "dependentSchemas":
		below := path[:len(path):len(path)]
		open = open && keyword.Name == "properties"
		if keyword.Name != "properties" {
			below = append(below, keyword.Name)
		}
		named, err := wire.Decode(keyword.Value, wire.Always, rawMembers)
		if err != nil {
			return nil
		}
		for _, member := range named {
			if err := f.find(member.Value, append(below[:len(below):len(below)], member.Name), open); err != nil {
				return err
			}
		}
		return nil
	}
	return f.find(keyword.Value, append(path[:len(path):len(path)], keyword.Name), false)
}

func (f *mirrorFinder) add(name wire.Raw, schema wire.Extra, path []string) error {
	m := mirrored{path: path}
	text, isText := name.Text()
	if !isText || !isToken(text) {
		return fmt.Errorf("%s: %s is %s: expected letters, digits and other characters that a header's name has", m.shown(), mirrorKeyword, name)
	}
	m.header = textproto.CanonicalMIMEHeaderKey(mirrorHeader + strings.ToLower(text))
	kind, _ := schema.Get("type")
	// One that may be null is not repeated when it is.
	kinds, err := wire.Decode(kind, wire.Always, rawList)
	if err != nil {
		kinds = []wire.Raw{kind}
	}
	for _, one := range kinds {
		switch text, _ := one.Text(); {
		case text == "null" && len(kinds) > 1:
		case (text == "string" || text == "integer" || text == "boolean") && m.kind == "":
			m.kind = text
		default:
			return fmt.Errorf("%s: %s is for a string, an integer or a boolean", m.shown(), mirrorKeyword)
		}
	}
	f.found = append(f.found, m)
	return nil
}

// shown is the argument as it is called in messages.
func (m *mirrored) shown() string { return strings.Join(m.path, ".") }

// value is what the header has to say of these arguments, before it is encoded. It
// is nothing if they do not give it, or give what the tool does not take, which is
// for the tool to refuse.
func (m *mirrored) value(arguments wire.Raw) (string, bool) {
	given, ok := arguments.Get(m.path...)
	if !ok {
		return "", false
	}
	switch kind := given.Kind(); {
	case kind == wire.KindString && m.kind == "string":
		return given.Text()
	case kind == wire.KindBoolean && m.kind == "boolean":
		return string(given), true
	case kind == wire.KindNumber && m.kind == "integer":
		if n, ok := safeInteger(string(given)); ok {
			return strconv.FormatInt(n, 10), true
		}
		return string(given), true
	}
	return "", false
}

// agrees reports whether a header says what the arguments say.
func (m *mirrored) agrees(header, value string) bool {
	if m.kind != "integer" {
		return header == value
	}
	a, isA := safeInteger(header)
	b, isB := safeInteger(value)
	return isA && isB && a == b
}

// safeInteger is the number that a text is, if it is an integer that every reader
// holds exactly: 42.0 is 42.
func safeInteger(text string) (int64, bool) {
	if strings.TrimSpace(text) != text {
		return 0, false
	}
	n, err := wire.Decode([]byte(text), wire.Always, func(d *wire.Decoder) int64 { return d.IntIn(-largestSafe, largestSafe) })
	return n, err == nil
}

// isToken reports whether a text can be a header's name.
func isToken(text string) bool {
	for _, c := range []byte(text) {
		isLetter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !isLetter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return text != ""
}

func rawList(d *wire.Decoder) []wire.Raw { return wire.List(d, (*wire.Decoder).Raw) }
