package isogloss

import (
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/jsonschema"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Arguments that HTTP repeats in headers, so that gateways can route a call
// without reading it: found in a tool's input schema by the keyword
// `x-mcp-header`, once, when the tool is added or listed.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters

const (
	mirrorKeyword = "x-mcp-header"
	mirrorHeader  = "Mcp-Param-"
	// largestSafe is the largest integer that every JSON reader holds exactly.
	largestSafe = 1<<53 - 1
)

// mirrored is an argument that a header repeats.
type mirrored struct {
	// header is its name, as net/http spells it: Mcp-Param-Region.
	header string
	// path are the names that lead to the argument.
	path []string
	// kind is string, integer or boolean.
	kind string
}

// mirroredIn returns the arguments of an input schema that headers repeat. It is
// an error if the schema marks one that cannot be repeated: clients leave such a
// tool out of their lists.
func mirroredIn(schema wire.Raw) ([]mirrored, error) {
	marks, err := jsonschema.Marks(schema, mirrorKeyword)
	if err != nil {
		return nil, err
	}
	var all []mirrored
	for _, mark := range marks {
		one, err := mirroredAt(mark)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.header == one.header {
				return nil, fmt.Errorf("%s and %s: the same %s", other.shown(), one.shown(), mirrorKeyword)
			}
		}
		all = append(all, one)
	}
	return all, nil
}

func mirroredAt(mark jsonschema.Mark) (mirrored, error) {
	m := mirrored{path: mark.Path, kind: mirroredKind(mark.Type)}
	name, _ := mark.Value.Text()
	switch {
	case len(m.path) == 0:
		return m, errors.New(mirrorKeyword + " stands beside the arguments: expected it in one of the properties")
	case !mark.Plain:
		return m, fmt.Errorf("%s: %s is for arguments that `properties` alone lead to", m.shown(), mirrorKeyword)
	case !isToken(name):
		return m, fmt.Errorf("%s: %s is %s: expected letters, digits and other characters that a header's name has",
			m.shown(), mirrorKeyword, mark.Value)
	case m.kind == "":
		return m, fmt.Errorf("%s: %s is for a string, an integer or a boolean", m.shown(), mirrorKeyword)
	}
	m.header = textproto.CanonicalMIMEHeaderKey(mirrorHeader + strings.ToLower(name))
	return m, nil
}

// mirroredKind is the one type that an argument has, empty if it cannot be
// repeated. One that may be null is not repeated when it is.
func mirroredKind(kind wire.Raw) string {
	one, ok := kind.Text()
	if !ok {
		both, err := wire.Decode(kind, wire.Always, func(d *wire.Decoder) []string { return wire.List(d, (*wire.Decoder).String) })
		switch {
		case err != nil || len(both) != 2:
			return ""
		case both[0] == "null":
			one = both[1]
		case both[1] == "null":
			one = both[0]
		}
	}
	switch one {
	case "boolean", "integer", "string":
		return one
	}
	return ""
}

// isToken reports whether a text can be the name of a header.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return text != ""
}

// shown is the argument as it is called in messages.
func (m *mirrored) shown() string { return strings.Join(m.path, ".") }

// value is what the header has to say of these arguments, before it is encoded;
// not ok if they do not give it, or give what the tool does not take, which is
// for the tool to refuse.
func (m *mirrored) value(arguments wire.Raw) (value string, ok bool) {
	raw, there := arguments.Get(m.path...)
	if !there {
		return "", false
	}
	switch kind := raw.Kind(); {
	case m.kind == "string" && kind == wire.KindString:
		return raw.Text()
	case m.kind == "boolean" && kind == wire.KindBoolean:
		return string(raw), true
	case m.kind == "integer" && kind == wire.KindNumber:
		if n, whole := safeInteger(string(raw)); whole {
			return strconv.FormatInt(n, 10), true
		}
		return string(raw), true
	}
	return "", false
}

// agrees reports whether a header, decoded, says what the arguments say: of an
// integer every spelling does.
func (m *mirrored) agrees(header, value string) bool {
	if m.kind != "integer" {
		return header == value
	}
	said, whole := safeInteger(header)
	given, ok := safeInteger(value)
	return whole && ok && said == given
}

// safeInteger is the number that a text is, if it is an integer that every
// reader holds exactly: 42.0 is 42.
func safeInteger(text string) (int64, bool) {
	if text == "" || text != strings.TrimSpace(text) {
		return 0, false
	}
	n, err := wire.Decode([]byte(text), wire.Always, (*wire.Decoder).Int)
	return n, err == nil && -largestSafe <= n && n <= largestSafe
}
