package wire

import "strings"

// What unions are told apart by, looked at without reading the value: the only
// extra scan of a message there is.

// Tag is the member that tells which alternative of a union an object is.
type Tag struct {
	// Text is its value; empty if it is not a string.
	Text   []byte
	member string
	object int // offset of the object
	found  Kind
}

// Absent reports whether the object has no such member.
func (t Tag) Absent() bool { return t.found == KindNone }

// Tag looks for a member of the object that comes next. A name given twice is
// noticed later, by the alternative, whose own tag then does not fit.
func (d *Decoder) Tag(member string) Tag { return d.tag(member, true) }

// OpenTag is Tag where alternatives take any value of the tag: it goes through
// the whole object, since of a name given twice the last value counts. In a
// revision other than these the member is unknown, and so the tag absent.
func (d *Decoder) OpenTag(known Revs, member string) Tag {
	if d.rev&known == 0 {
		return Tag{member: member}
	}
	return d.tag(member, false)
}

func (d *Decoder) tag(member string, first bool) Tag {
	tag := Tag{member: member}
	d.members(func(name []byte, value int) bool {
		if string(name) != member {
			return true
		}
		tag.Text = nil
		if tag.found = kindOf(d.data[value]); tag.found == KindString {
			end, escaped, ok := scanString(d.data, value)
			if !ok {
				d.fail(end, invalidJSON)
				return false
			}
			tag.Text = d.data[value+1 : end-1]
			if escaped {
				tag.Text = appendUnquoted(nil, tag.Text)
			}
		}
		return !first
	})
	tag.object = d.pos
	return tag
}

// Refuse fails because of a tag that none of the alternatives has, or that is
// missing. The words are in order.
func (d *Decoder) Refuse(tag Tag, words []Word) {
	if d.failed {
		return
	}
	expected := "expected " + d.oneOf(words) + ", found "
	switch tag.found {
	case KindNone:
		d.failMember(tag.object, tag.member, missingMember)
	case KindString:
		d.failMember(tag.object, tag.member, expected+quote(string(tag.Text)))
	default:
		d.failMember(tag.object, tag.member, expected+tag.found.String())
	}
}

// Present returns the first of the paths, in their order, that lead to a member
// of the object which comes next; empty if none does. A path is one name, or
// several with slashes between them, written as in a JSON Pointer.
func (d *Decoder) Present(paths ...string) string {
	best := len(paths)
	d.members(func(name []byte, value int) bool {
		for i, path := range paths[:best] {
			if d.leads(path, name, value) {
				best = i
				break
			}
		}
		return best > 0
	})
	if d.failed || best == len(paths) {
		return ""
	}
	return paths[best]
}

// leads reports whether a path starts with this member and goes on within its value.
func (d *Decoder) leads(path string, name []byte, value int) bool {
	first, rest, deeper := strings.Cut(path, "/")
	if string(name) != unescapePointer(first) {
		return false
	}
	if !deeper {
		return true
	}
	if d.data[value] != '{' {
		return false
	}
	inner := Decoder{data: d.data, pos: value, depth: d.depth + 1, rev: d.rev}
	return inner.Present(rest) != ""
}

// RefuseAbsent fails because the object has none of the members, which are in order.
func (d *Decoder) RefuseAbsent(words []Word) {
	if !d.failed {
		d.peek()
		d.fail(d.pos, "expected one of the members "+list(d.choices(words)))
	}
}

// RefuseKind fails because the value is of none of these kinds.
func (d *Decoder) RefuseKind(words []Word) {
	d.mismatch(strings.Join(d.choices(words), " or "))
}

// members calls see with the name of each member of the object that comes next
// and the offset of its value, until it has seen enough. It reads nothing.
func (d *Decoder) members(see func(name []byte, value int) bool) {
	if d.peek() != '{' {
		d.mismatch("object")
		return
	}
	pos := skipSpace(d.data, d.pos+1)
	if pos < len(d.data) && d.data[pos] == '}' {
		return
	}
	for {
		start := pos
		var s status
		if pos = scanName(d.data, pos, &s); s == broken || pos >= len(d.data) {
			d.fail(pos, invalidJSON)
			return
		}
		end, escaped, _ := scanString(d.data, start)
		name := d.data[start+1 : end-1]
		if escaped {
			name = appendUnquoted(nil, name)
		}
		if !see(name, pos) {
			return
		}
		if pos, s = scanValue(d.data, pos, d.depth+1, maxDepth); s >= broken {
			d.failStatus(pos, s)
			return
		}
		pos = skipSpace(d.data, pos)
		if pos >= len(d.data) || d.data[pos] != ',' {
			if pos >= len(d.data) || d.data[pos] != '}' {
				d.fail(pos, invalidJSON)
			}
			return
		}
		pos = skipSpace(d.data, pos+1)
	}
}
