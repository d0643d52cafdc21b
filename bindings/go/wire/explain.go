package wire

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// What happens once something was wrong; no message that is right comes here.

// explain turns a failure into an error. A message that is not JSON at all is
// called that, wherever the decoder stopped first. A message with a name given
// twice is read again with the last value only, since the one that failed may
// not count.
func explain[T any](d *Decoder, read func(*Decoder) T) (T, error) {
	var none T
	if at, ok := validate(d.data); !ok {
		return none, &Error{Message: invalidJSON + " at byte " + strconv.Itoa(at) + loneSurrogate(d.data[at:])}
	}
	if data, changed := lastWins(d.data); changed {
		again := Decoder{data: data, rev: d.rev}
		v := read(&again)
		if again.end() {
			return v, nil
		}
		d = &again
	}
	return none, d.why.error(d.data)
}

// loneSurrogate says so where the scanner stopped at one.
func loneSurrogate(rest []byte) string {
	if len(rest) > 2 && rest[0] == '\\' && rest[1] == 'u' {
		if r, ok := hex4(rest, 2); ok && utf16.IsSurrogate(r) {
			return ": a surrogate without its other half"
		}
	}
	return ""
}

func (f *failure) error(data []byte) *Error {
	return &Error{Path: locate(data, f.at, f.member, f.inside), Message: f.message}
}

// validate reports whether the data is one JSON value, and where it stops being one.
func validate(data []byte) (at int, ok bool) {
	if !utf8.Valid(data) {
		for at < len(data) {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return at, false
	}
	at, s := scanValue(data, skipSpace(data, 0), 0, math.MaxInt)
	if s == broken {
		return at, false
	}
	at = skipSpace(data, at)
	return at, at == len(data)
}

// LastValues is a JSON text in which every name is given once, with its last
// value, and whether that is another text.
func LastValues(text Raw) (Raw, bool) {
	settled, changed := lastWins(text)
	return settled, changed
}

// lastWins rewrites a JSON text so that every name is given once, with its last
// value at its first place, and reports whether there was anything to do.
func lastWins(data []byte) ([]byte, bool) {
	pos := skipSpace(data, 0)
	if _, s := scanValue(data, pos, 0, maxDepth); s >= broken {
		return data, false
	}
	r := rewriter{data: data}
	r.value(pos)
	return r.out, r.changed
}

type rewriter struct {
	data    []byte
	out     []byte
	changed bool
}

// value copies the value at pos, which is a valid one, and returns its end.
func (r *rewriter) value(pos int) int {
	switch r.data[pos] {
	case '{':
		return r.object(pos)
	case '[':
		r.out = append(r.out, '[')
		for pos = skipSpace(r.data, pos+1); r.data[pos] != ']'; {
			if r.data[pos] == ',' {
				r.out = append(r.out, ',')
				pos = skipSpace(r.data, pos+1)
			}
			pos = skipSpace(r.data, r.value(pos))
		}
		r.out = append(r.out, ']')
		return pos + 1
	}
	end, _ := scanScalar(r.data, pos)
	r.out = append(r.out, r.data[pos:end]...)
	return end
}

func (r *rewriter) object(pos int) int {
	start := len(r.out)
	var members latest
	twice := false
	r.out = append(r.out, '{')
	for pos = skipSpace(r.data, pos+1); r.data[pos] != '}'; {
		if r.data[pos] == ',' {
			r.out = append(r.out, ',')
			pos = skipSpace(r.data, pos+1)
		}
		end, _, _ := scanString(r.data, pos)
		from := len(r.out)
		r.out = append(r.out, r.data[pos:end]...)
		r.out = append(r.out, ':')
		name := unquote(r.data[pos+1 : end-1])
		pos = r.value(skipSpace(r.data, skipSpace(r.data, end)+1))
		twice = members.put(name, [2]int{from, len(r.out)}) || twice
		pos = skipSpace(r.data, pos)
	}
	r.out = append(r.out, '}')
	if twice {
		r.changed = true
		r.keep(start, members.all)
	}
	return pos + 1
}

// latest is where in out the last member of each name is, name and value, at the
// place of the first: what is given a million times takes the room of one.
type latest struct {
	all   Map[[2]int]
	place map[string]int // beyond fewMembers
}

// put adds a member, and reports whether there was one of its name.
func (l *latest) put(name string, span [2]int) bool {
	i, there := l.place[name]
	if l.place == nil {
		i = slices.IndexFunc(l.all, func(m Member[[2]int]) bool { return m.Name == name })
		there = i >= 0
	}
	if there {
		l.all[i].Value = span
		return true
	}
	l.all = append(l.all, Member[[2]int]{name, span})
	switch n := len(l.all); {
	case l.place != nil:
		l.place[name] = n - 1
	case n > fewMembers:
		l.place = make(map[string]int, 2*n)
		for i, m := range l.all {
			l.place[m.Name] = i
		}
	}
	return false
}

// keep rewrites the object that was written from start on with these members only.
func (r *rewriter) keep(start int, members Map[[2]int]) {
	kept := []byte{'{'}
	for i, member := range members {
		if i > 0 {
			kept = append(kept, ',')
		}
		kept = append(kept, r.out[member.Value[0]:member.Value[1]]...)
	}
	r.out = append(append(r.out[:start], kept...), '}')
}
