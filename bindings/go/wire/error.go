package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a message and where.
type Error struct {
	// Path is a JSON Pointer to the value that is wrong or missing; empty for
	// the whole message.
	Path string
	// Message says what was expected and what was found.
	Message string
}

// Error shows the path with dots and brackets before the message:
// content[0].type: required member is missing.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return Dotted(e.Path) + ": " + e.Message
}

// Under returns the error with its path below a member, for a message that was
// decoded in parts.
func (e *Error) Under(name string) *Error {
	return &Error{Path: "/" + escapePointer(name) + e.Path, Message: e.Message}
}

// Dotted shows a JSON Pointer the way error texts do: params.content[0].type.
func Dotted(pointer string) string {
	var b strings.Builder
	for i, part := range strings.Split(pointer, "/") {
		part = unescapePointer(part)
		switch {
		case i == 0:
		case isIndex(part):
			b.WriteString("[" + part + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(part)
		}
	}
	return b.String()
}

func isIndex(part string) bool {
	for i := range len(part) {
		if part[i] < '0' || part[i] > '9' {
			return false
		}
	}
	return part != ""
}

func escapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func unescapePointer(part string) string {
	if !strings.Contains(part, "~") {
		return part
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
}

// The wordings that more than one primitive shares.
const (
	missingMember  = "required member is missing"
	integerRange   = "integer out of range"
	numberRange    = "number out of range"
	invalidJSON    = "invalid JSON"
	longestExcerpt = 40
)

var tooDeep = "nesting deeper than " + strconv.Itoa(maxDepth)

// quote shows a string in a message, cut where it gets long.
func quote(s string) string {
	if utf8.RuneCountInString(s) > longestExcerpt {
		n := 0
		for i := range s {
			if n == longestExcerpt {
				s = s[:i] + "…"
				break
			}
			n++
		}
	}
	return string(appendString(nil, s))
}

// list quotes values that are in order already: `"a", "b"`.
func list(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = string(appendString(nil, value))
	}
	return strings.Join(quoted, ", ")
}

// walker follows a JSON text from its start and knows the path at every point.
// The text may end anywhere: it is a message up to the byte that failed, or
// what an encoder has written so far.
type walker struct {
	data   []byte
	pos    int
	frames []frame
}

// frame is an open array or object.
type frame struct {
	object bool
	key    string // of the member being read, in an object
	named  bool   // whether key has been read
	index  int    // of the element being read, in an array
}

// advance reads up to an offset, which must not lie within a string.
func (w *walker) advance(to int) {
	for w.pos < to {
		c := w.data[w.pos]
		switch c {
		case '{', '[':
			w.frames = append(w.frames, frame{object: c == '{'})
		case '}', ']':
			if len(w.frames) > 0 {
				w.frames = w.frames[:len(w.frames)-1]
			}
		case ',':
			if len(w.frames) > 0 {
				top := &w.frames[len(w.frames)-1]
				top.index++
				top.named = false
			}
		case '"':
			w.text()
			continue
		}
		w.pos++
	}
}

// text steps over a string; a member's name is remembered.
func (w *walker) text() {
	end, _, ok := scanString(w.data, w.pos)
	if !ok {
		w.pos = len(w.data)
		return
	}
	if len(w.frames) > 0 {
		if top := &w.frames[len(w.frames)-1]; top.object && !top.named {
			top.key = unquote(w.data[w.pos+1 : end-1])
			top.named = true
		}
	}
	w.pos = end
}

// pointer is the JSON Pointer of the value that starts here.
func (w *walker) pointer() string {
	var b []byte
	for _, f := range w.frames {
		b = append(b, '/')
		if f.object {
			b = append(b, escapePointer(f.key)...)
		} else {
			b = strconv.AppendInt(b, int64(f.index), 10)
		}
	}
	return string(b)
}

// names is the path of a member of the innermost object, without indices.
func (w *walker) names(member string) string {
	var b strings.Builder
	for _, f := range w.frames[:len(w.frames)-1] {
		if f.object {
			b.WriteString(f.key)
			b.WriteByte('.')
		}
	}
	b.WriteString(member)
	return b.String()
}

// Locate is the JSON Pointer of the value at an offset of a JSON text.
func Locate(text Raw, offset int) string { return locate(text, offset, "", false) }

// Quote shows a text in a message, cut where it gets long.
func Quote(text string) string { return quote(text) }

// locate is the JSON Pointer of the value at an offset, or of a member of it.
func locate(data []byte, offset int, member string, hasMember bool) string {
	w := walker{data: data}
	w.advance(offset)
	path := w.pointer()
	if hasMember {
		path += "/" + escapePointer(member)
	}
	return path
}
