package jsonschema

import (
	"sort"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// A schema as rules to check by: what is looked up while a text is read, and
// nothing that has to be parsed again.

// rule is what one value has to be. An empty one takes any value.
type rule struct {
	// alias is the rule that this one is another place of.
	alias *rule
	// open tells that it takes anything, never that it takes nothing.
	open, never bool
	// types are those that a value may have, by name, and expected the same in a
	// message; none means any.
	types    []string
	expected string
	// allowed are the kinds of types, kinds what alternatives and choices leave.
	allowed, kinds kinds
	choices        *choices
	bounds         *bounds
	text           *text
	array          *array
	object         *object
	within         *rules
}

// actual is the rule that counts.
func (r *rule) actual() *rule {
	if r.alias != nil {
		return r.alias
	}
	return r
}

// rules are those for the same value.
type rules struct {
	allOf, anyOf, oneOf []*rule
	not                 *rule
	when                *condition
	// tag is how alternatives are told apart.
	tag                                  *tag
	unevaluatedMembers, unevaluatedItems *rule
}

// condition is `if`, `then`, `else`; the last two may be nil.
type condition struct{ holds, then, otherwise *rule }

// tag is a member whose text says which of the alternatives is meant.
type tag struct {
	name   string
	values []tagged
	// expected are the texts in a message.
	expected string
}

type tagged struct {
	text string
	rule *rule
}

// choices are the values that there are.
type choices struct {
	// texts are those that are texts, others the others in canonical form.
	texts, others []string
	// shown are all of them as they are shown, values as they are.
	shown  []string
	values []wire.Raw
	// expected are all in a message.
	expected string
}

// bounds are what numbers have to be.
type bounds struct{ minimum, above, maximum, below, multiple *bound }

// bound is a number, and how it is shown.
type bound struct {
	number
	shown string
}

// text is what strings have to be.
type text struct {
	length  span
	pattern *pattern
	format  *format
}

// array is what arrays have to be.
type array struct {
	count    span
	prefix   []*rule
	item     *rule
	unique   bool
	contains *rule
	often    span
}

// object is what objects have to be.
type object struct {
	// members are all names that mean something, sorted.
	members []member
	// required are places in members, in the order of the schema.
	required []int
	count    span
	patterns []patterned
	names    *rule
	// others is what members that are not named have to be; closed, that there
	// must be none.
	others *rule
	closed bool
	beside []beside
	given  []given
}

type member struct {
	name string
	rule *rule // nil if nothing is said of its value
}

type patterned struct {
	pattern *pattern
	rule    *rule
}

// beside is a member, and those that have to be there if it is.
type beside struct {
	member int
	others []int
}

// given is a member, and what the object has to be if it is there.
type given struct {
	member int
	rule   *rule
}

// find is the place of a member.
func (o *object) find(name []byte) (int, bool) {
	const handful = 8 // is found faster one by one
	if len(o.members) <= handful {
		for i := range o.members {
			if o.members[i].name == string(name) {
				return i, true
			}
		}
		return 0, false
	}
	i := sort.Search(len(o.members), func(i int) bool { return o.members[i].name >= string(name) })
	return i, i < len(o.members) && o.members[i].name == string(name)
}

// named are the members of which something is said.
func (o *object) named() (names []string) {
	for _, m := range o.members {
		if m.rule != nil {
			names = append(names, m.name)
		}
	}
	return names
}

// span is how many there may be; -1 is no bound.
type span struct{ least, most int64 }

func (s span) bounded() bool { return s.least >= 0 || s.most >= 0 }

// kinds is a set of kinds; integers are some of the numbers.
type kinds uint8

const (
	noKinds  kinds = 0
	allKinds kinds = 0xff
	integers kinds = 1
	numbers  kinds = 1<<wire.KindNumber | integers
)

// kindsOf is the set of a type's name, none if there is no such type.
func kindsOf(name string) kinds {
	if name == "integer" {
		return integers
	}
	for kind := wire.KindArray; kind <= wire.KindString; kind++ {
		if kind.String() == name {
			return kindsLike(kind)
		}
	}
	return noKinds
}

// kindsLike are the kinds that a value of this kind may be.
func kindsLike(kind wire.Kind) kinds {
	if kind == wire.KindNumber {
		return numbers
	}
	return 1 << kind
}

func (k kinds) has(found wire.Kind) bool { return k&kindsLike(found) != 0 }

// integersOnly reports whether numbers are to be integers.
func (k kinds) integersOnly() bool { return k&numbers == integers }

// marks is which members were there. The first 64 take no memory of their own.
type marks struct {
	first uint64
	more  []bool
}

// add adds a place and reports whether it was there already.
func (m *marks) add(place, of int) (before bool) {
	if place < 64 {
		before = m.has(place)
		m.first |= 1 << place
		return before
	}
	if m.more == nil {
		m.more = make([]bool, of)
	}
	before, m.more[place] = m.more[place], true
	return before
}

func (m *marks) has(place int) bool {
	if place < 64 {
		return m.first&(1<<place) != 0
	}
	return m.more != nil && m.more[place]
}
