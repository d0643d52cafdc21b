package wire

import (
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest: protocol.MaxDepth, which cannot
// be asked for here, since protocol stands on this package. A test holds them equal.
const maxDepth = 128

// Decoder reads one complete message in the terms of one revision.
//
// The first failure sticks: from then on every call returns a zero value at
// once and every loop ends, so that generated code need not look at errors.
type Decoder struct {
	data   []byte
	pos    int
	depth  int
	first  bool   // no member or element of the innermost container was read yet
	name   []byte // of the member that NextMember went to
	rev    Revs
	failed bool
	why    failure
}

// failure is what went wrong, by offset. Its path is computed when asked for.
type failure struct {
	at      int
	member  string // of the object at that offset, if missing or a tag
	inside  bool   // whether member counts
	message string
}

// Decode reads a whole message with a generated function. The values share the
// memory of data, which must not change afterwards. Errors are *Error.
func Decode[T any](data []byte, rev Revs, read func(*Decoder) T) (T, error) {
	d := decoders.Get().(*Decoder)
	*d = Decoder{data: data, rev: rev}
	v := read(d)
	if d.end() && utf8.Valid(data) {
		*d = Decoder{}
		decoders.Put(d)
		return v, nil
	}
	return explain(d, read)
}

var decoders = sync.Pool{New: func() any { return new(Decoder) }}

// Reset begins another message, which is UTF-8, with a decoder that has room for
// one already; read it until Done.
func (d *Decoder) Reset(data []byte, rev Revs) { *d = Decoder{data: data, rev: rev} }

// Done reports whether the message is over and nothing was wrong with it.
func (d *Decoder) Done() bool { return d.end() }

// end reports whether the message is over and nothing was wrong with it.
func (d *Decoder) end() bool {
	if !d.failed && d.peek() != 0 {
		d.fail(d.pos, invalidJSON)
	}
	return !d.failed && d.pos == len(d.data)
}

// Speaks reports whether the decoder's revision is one of these.
func (d *Decoder) Speaks(revs Revs) bool { return d.rev&revs != 0 }

// peek returns the first byte of the next token, 0 at the end.
func (d *Decoder) peek() byte {
	if d.pos < len(d.data) {
		if c := d.data[d.pos]; c > ' ' {
			return c
		}
		if d.pos = skipSpace(d.data, d.pos); d.pos < len(d.data) {
			return d.data[d.pos]
		}
	}
	return 0
}

// fail notes the first failure and stops everything.
func (d *Decoder) fail(at int, message string) {
	if !d.failed {
		d.failed = true
		d.why = failure{at: at, message: message}
	}
	d.pos = len(d.data)
}

func (d *Decoder) failMember(at int, member, message string) {
	if !d.failed {
		d.failed = true
		d.why = failure{at: at, member: member, inside: true, message: message}
	}
	d.pos = len(d.data)
}

// failStatus turns what the scanner found at an offset into a failure.
func (d *Decoder) failStatus(at int, s status) {
	if s == deep {
		d.fail(at, tooDeep)
	} else {
		d.fail(at, invalidJSON)
	}
}

// mismatch fails with the kind of the value that is there.
func (d *Decoder) mismatch(expected string) {
	kind := kindOf(d.peek())
	if kind == KindNone {
		d.fail(d.pos, invalidJSON)
		return
	}
	d.fail(d.pos, "expected "+expected+", found "+kind.String())
}

// BeginObject enters an object and returns its offset, for Missing.
func (d *Decoder) BeginObject() int { return d.begin('{', "object") }

// BeginArray enters an array.
func (d *Decoder) BeginArray() int { return d.begin('[', "array") }

func (d *Decoder) begin(bracket byte, expected string) int {
	if d.peek() != bracket {
		d.mismatch(expected)
		return d.pos
	}
	at := d.pos
	if d.depth >= maxDepth {
		d.fail(at, tooDeep)
		return at
	}
	d.depth++
	d.first = true
	d.pos++
	return at
}

// NextMember goes to the next member of the object, or leaves it.
func (d *Decoder) NextMember() bool {
	if !d.next('}') {
		return false
	}
	if d.peek() != '"' {
		d.fail(d.pos, invalidJSON)
		return false
	}
	end, escaped, ok := scanString(d.data, d.pos)
	if !ok {
		d.fail(end, invalidJSON)
		return false
	}
	d.name = d.data[d.pos+1 : end-1]
	if escaped {
		d.name = appendUnquoted(nil, d.name)
	}
	d.pos = end
	if d.peek() != ':' {
		d.fail(d.pos, invalidJSON)
		return false
	}
	d.pos++
	return true
}

// Name is the name of the member that NextMember went to. It is valid until its
// value is read.
func (d *Decoder) Name() []byte { return d.name }

// NextItem goes to the next element of the array, or leaves it.
func (d *Decoder) NextItem() bool { return d.next(']') }

// next steps over the comma, or the closing bracket.
func (d *Decoder) next(bracket byte) bool {
	c := d.peek()
	switch {
	case c == bracket:
		if d.failed {
			return false
		}
		d.pos++
		d.depth--
		d.first = false
		return false
	case d.first:
		d.first = false
		if c == 0 {
			d.fail(d.pos, invalidJSON)
		}
		return !d.failed
	case c == ',':
		d.pos++
		if d.peek() != bracket {
			return true
		}
	}
	d.fail(d.pos, invalidJSON)
	return false
}

// Knows reports whether the decoder's revision is one of these. If it is not,
// the member is one that the revision does not know, and is kept.
func (d *Decoder) Knows(revs Revs, extra *Extra) bool {
	if d.rev&revs != 0 {
		return true
	}
	d.Keep(extra)
	return false
}

// Keep reads a member that the type does not know.
func (d *Decoder) Keep(extra *Extra) {
	name := string(d.name)
	*extra = append(*extra, Member[Raw]{name, d.Raw()})
}

// EndObject is called once NextMember has left an object whose type keeps what
// it does not know: of a name given twice the last value counts.
func (d *Decoder) EndObject(extra *Extra) { *extra = settle(*extra) }

// Waive returns the marks of members as if they had been seen, unless the
// decoder's revision is one of those that require them.
func (d *Decoder) Waive(required Revs, marks uint64) uint64 {
	if d.rev&required != 0 {
		return 0
	}
	return marks
}

// Missing fails for the first of the names whose mark is not among the seen
// ones; the first name's mark is 1, and so on.
func (d *Decoder) Missing(at int, seen uint64, names ...string) {
	for i, name := range names {
		if seen&(1<<i) == 0 {
			d.failMember(at, name, missingMember)
			return
		}
	}
}

// Failed reports whether something was wrong already.
func (d *Decoder) Failed() bool { return d.failed }

// Mark is the offset of the next value, for Since.
func (d *Decoder) Mark() int {
	d.peek()
	return d.pos
}

// Since is the text that was read since a mark.
func (d *Decoder) Since(mark int) Raw { return Raw(d.data[mark:d.pos:d.pos]) }

// Kind tells the kind of the next value without reading it.
func (d *Decoder) Kind() Kind { return kindOf(d.peek()) }

// Null reads null if that is what comes next.
func (d *Decoder) Null() bool {
	if d.peek() != 'n' {
		return false
	}
	end, s := scanScalar(d.data, d.pos)
	if s == broken {
		d.fail(d.pos, invalidJSON)
		return false
	}
	d.pos = end
	return true
}

// Bool reads true or false.
func (d *Decoder) Bool() bool {
	c := d.peek()
	if c != 't' && c != 'f' {
		d.mismatch("boolean")
		return false
	}
	end, s := scanScalar(d.data, d.pos)
	if s == broken {
		d.fail(d.pos, invalidJSON)
		return false
	}
	d.pos = end
	return c == 't'
}

// String reads a string.
func (d *Decoder) String() string {
	if d.peek() != '"' {
		d.mismatch("string")
		return ""
	}
	text, escaped := d.text()
	if escaped {
		return unquote(text)
	}
	return string(text)
}

// text reads the string that comes next and returns what is between its quotes.
func (d *Decoder) text() (text []byte, escaped bool) {
	end, escaped, ok := scanString(d.data, d.pos)
	if !ok {
		d.fail(end, invalidJSON)
		return nil, false
	}
	text = d.data[d.pos+1 : end-1]
	d.pos = end
	return text, escaped
}

// Const reads one fixed string.
func (d *Decoder) Const(want string) {
	if d.peek() != '"' {
		d.mismatch(list([]string{want}))
		return
	}
	at := d.pos
	text, escaped := d.text()
	if d.failed || (!escaped && string(text) == want) {
		return
	}
	if found := unquote(text); found != want {
		d.fail(at, "expected "+list([]string{want})+", found "+quote(found))
	}
}

// Word is one of several that a message must choose from.
type Word struct {
	Text string
	// Revs are the revisions that have it.
	Revs Revs
}

// Enum reads one of a closed set of strings, which are in order.
func (d *Decoder) Enum(words []Word) string {
	if d.peek() != '"' {
		d.mismatch(d.oneOf(words))
		return ""
	}
	at := d.pos
	text, escaped := d.text()
	if escaped {
		text = appendUnquoted(nil, text)
	}
	for i := range words {
		if string(text) == words[i].Text && words[i].Revs&d.rev != 0 {
			return words[i].Text
		}
	}
	d.fail(at, "expected "+d.oneOf(words)+", found "+quote(string(text)))
	return ""
}

// oneOf says which of the words there are to choose from.
func (d *Decoder) oneOf(words []Word) string {
	choices := d.choices(words)
	if len(choices) == 1 {
		return list(choices)
	}
	return "one of " + list(choices)
}

// choices lists the words that the decoder's revision has.
func (d *Decoder) choices(words []Word) []string {
	var texts []string
	for _, word := range words {
		if word.Revs&d.rev != 0 {
			texts = append(texts, word.Text)
		}
	}
	return texts
}

// Raw reads any value and keeps it as it is.
func (d *Decoder) Raw() Raw {
	if d.peek() == 0 {
		d.fail(d.pos, invalidJSON)
		return nil
	}
	at := d.pos
	end, s := scanValue(d.data, at, d.depth, maxDepth)
	if s >= broken {
		d.failStatus(end, s)
		return nil
	}
	d.pos = end
	// The capacity ends with the value: appending to it must not write into the message.
	return Raw(d.data[at:end:end])
}

// RawObject reads an object and keeps it as it is.
func (d *Decoder) RawObject() Raw {
	if d.peek() != '{' {
		d.mismatch("object")
		return nil
	}
	return d.Raw()
}

// RawObjectIn reads an object in these revisions and any value in the others.
func (d *Decoder) RawObjectIn(revs Revs) Raw {
	if d.rev&revs != 0 {
		return d.RawObject()
	}
	return d.Raw()
}

// OrNull reads null or a value.
func OrNull[T any](d *Decoder, read func(*Decoder) T) Nullable[T] {
	if d.Null() {
		return Nullable[T]{Null: true}
	}
	return Nullable[T]{Value: read(d)}
}

// PtrOrNull reads null, as nil, or a value.
func PtrOrNull[T any](d *Decoder, read func(*Decoder) T) *T {
	if d.Null() {
		return nil
	}
	return Ptr(read(d))
}

// List reads an array.
func List[T any](d *Decoder, read func(*Decoder) T) []T {
	list := []T{}
	for d.BeginArray(); d.NextItem(); {
		list = append(list, read(d))
	}
	return list
}

// ListMax reads an array that the revisions in revs limit to most elements.
func ListMax[T any](d *Decoder, revs Revs, most int, read func(*Decoder) T) []T {
	d.peek()
	at := d.pos
	list := List(d, read)
	if d.rev&revs != 0 && len(list) > most {
		d.fail(at, "must have at most "+strconv.Itoa(most)+" items")
	}
	return list
}

// Object reads an object whose member names are data.
func Object[T any](d *Decoder, read func(*Decoder) T) Map[T] {
	object := Map[T]{}
	for d.BeginObject(); d.NextMember(); {
		name := string(d.name)
		object = append(object, Member[T]{name, read(d)})
	}
	return settle(object)
}

// StringMap reads an object whose member names are data, where their order does not
// matter.
func StringMap[T any](d *Decoder, read func(*Decoder) T) map[string]T {
	object := map[string]T{}
	for d.BeginObject(); d.NextMember(); {
		name := string(d.name)
		object[name] = read(d)
	}
	return object
}

// Unmarshal reads a value from its JSON, by what reads it.
func Unmarshal[T any](data []byte, v *T, read func(*Decoder) T) error {
	// What is read shares the memory of its text, and who has that may write to it.
	value, err := Decode(slices.Clone(data), Always, read)
	if err == nil {
		*v = value
	}
	return err
}

// ZeroOrNull reads null, as a zero value, or a value.
func ZeroOrNull[T any](d *Decoder, read func(*Decoder) T) (v T) {
	if d.Null() {
		return v
	}
	return read(d)
}

// Ahead is the value that comes next, which is not read.
func (d *Decoder) Ahead() Raw {
	ahead := *d
	return ahead.Raw()
}
