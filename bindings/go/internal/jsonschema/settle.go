package jsonschema

import (
	"errors"
	"fmt"
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What is known once all rules are made: that no rule leads back to itself for
// the same value, which are only other places of others, which kinds their
// alternatives leave, and by which member alternatives are told apart.

// longest is how often references may lead on for the same value.
const longest = 64

func settle(all []*rule) error {
	lengths := map[*rule]int{}
	for _, r := range all {
		if _, err := length(r, lengths); err != nil {
			return err
		}
	}
	aliases := make([]*rule, len(all))
	for i, r := range all {
		aliases[i] = onlyReference(r)
	}
	for i, r := range all {
		r.alias = aliases[i]
	}
	// A chain of places ends, as was seen; each is made to lead to its end at once.
	for _, r := range all {
		for r.alias != nil && r.alias.alias != nil {
			r.alias = r.alias.alias
		}
	}
	for _, r := range all {
		if made := merged(r); made != nil {
			r.choices, r.within = made, nil
		}
	}
	for _, r := range all {
		r.kinds = left(r, 0)
		if r.within != nil {
			r.within.tag = tagOf(r.within)
		}
		r.open = r.open || (saysNothing(r) && r.within == nil && r.alias == nil)
	}
	return nil
}

// onward are the rules for the same value that a rule leads to.
func onward(r *rule) (all []*rule) {
	if w := r.within; w != nil {
		all = slices.Concat(w.allOf, w.anyOf, w.oneOf, []*rule{w.not})
		if w.when != nil {
			all = append(all, w.when.holds, w.when.then, w.when.otherwise)
		}
	}
	if r.object != nil {
		for _, g := range r.object.given {
			all = append(all, g.rule)
		}
	}
	return slices.DeleteFunc(all, func(r *rule) bool { return r == nil })
}

// length is that of the longest way on from a rule; one that is being walked is
// negative.
func length(r *rule, known map[*rule]int) (int, error) {
	if n, ok := known[r]; ok {
		if n < 0 {
			return 0, errors.New("a reference leads back to itself without reading on")
		}
		return n, nil
	}
	known[r] = -1
	most := 0
	for _, next := range onward(r) {
		n, err := length(next, known)
		if err != nil {
			return 0, err
		}
		most = max(most, n+1)
	}
	if most > longest {
		return 0, fmt.Errorf("references and alternatives lead on more than %d times for one value", longest)
	}
	known[r] = most
	return most, nil
}

// onlyReference is what a rule refers to, if that is all it says.
func onlyReference(r *rule) *rule {
	w := r.within
	if w == nil || !saysNothing(r) || len(w.allOf) != 1 || len(w.anyOf)+len(w.oneOf) > 0 || w.not != nil || w.when != nil ||
		w.unevaluatedMembers != nil || w.unevaluatedItems != nil {
		return nil
	}
	return w.allOf[0]
}

// saysNothing reports whether a rule says nothing but by way of others.
func saysNothing(r *rule) bool {
	return !r.never && len(r.types) == 0 && r.choices == nil && r.bounds == nil && r.text == nil && r.array == nil && r.object == nil
}

// alternatives are those of a rule that has one list of them.
func (w *rules) alternatives() []*rule {
	switch {
	case len(w.oneOf) == 0:
		return w.anyOf
	case len(w.anyOf) == 0:
		return w.oneOf
	}
	return nil
}

// merged are the choices of a rule whose alternatives are constants, each
// another text; nil if it is none.
func merged(r *rule) *choices {
	w := r.within
	if w == nil || r.choices != nil || len(w.allOf) > 0 || w.not != nil || w.when != nil ||
		w.unevaluatedItems != nil || w.unevaluatedMembers != nil || len(w.alternatives()) == 0 {
		return nil
	}
	made := &choices{}
	for _, alternative := range w.alternatives() {
		one := alternative.actual()
		if one.choices == nil || len(one.choices.others) > 0 || one.within != nil || one.text != nil || !one.allowed.has(wire.KindString) {
			return nil
		}
		for _, text := range one.choices.texts {
			if slices.Contains(made.texts, text) {
				return nil
			}
		}
		made.texts = append(made.texts, one.choices.texts...)
		made.shown = append(made.shown, one.choices.shown...)
		made.values = append(made.values, one.choices.values...)
	}
	made.expected = oneOf(made.shown)
	return made
}

// left are the kinds that a value may have.
func left(r *rule, depth int) kinds {
	const deepest = 8 // beyond it more is thought possible than is
	r = r.actual()
	if r.never {
		return noKinds
	}
	all := r.allowed
	if r.choices != nil {
		of := noKinds
		for _, value := range r.choices.values {
			of |= kindsLike(value.Kind())
		}
		all &= of
	}
	if r.within == nil || depth >= deepest {
		return all
	}
	for _, alternatives := range [][]*rule{r.within.anyOf, r.within.oneOf} {
		of := noKinds
		for _, one := range alternatives {
			of |= left(one, depth+1)
		}
		if len(alternatives) > 0 {
			all &= of
		}
	}
	for _, one := range r.within.allOf {
		all &= left(one, depth+1)
	}
	return all
}

// tagOf is the member that tells alternatives apart: each object among them
// requires it to be another text.
func tagOf(w *rules) *tag {
	var objects []*rule
	for _, one := range w.alternatives() {
		if left(one, 0).has(wire.KindObject) {
			objects = append(objects, one.actual())
		}
	}
	if len(objects) < 2 || objects[0].object == nil {
		return nil
	}
	for _, i := range objects[0].object.required {
		if made := tagNamed(objects[0].object.members[i].name, objects); made != nil {
			return made
		}
	}
	return nil
}

func tagNamed(name string, objects []*rule) *tag {
	made := &tag{name: name}
	var words []string
	for _, one := range objects {
		texts := textsOf(one, name)
		if texts == nil {
			return nil
		}
		for _, text := range texts {
			if slices.ContainsFunc(made.values, func(t tagged) bool { return t.text == text }) {
				return nil
			}
			made.values = append(made.values, tagged{text, one})
			words = append(words, wire.Quote(text))
		}
	}
	made.expected = oneOf(words)
	return made
}

// textsOf are the texts that a required member may be, if texts are all it may
// be.
func textsOf(r *rule, name string) []string {
	if r.object == nil {
		return nil
	}
	i, ok := r.object.find([]byte(name))
	if !ok || !slices.Contains(r.object.required, i) || r.object.members[i].rule == nil {
		return nil
	}
	of := r.object.members[i].rule.actual().choices
	if of == nil || len(of.others) > 0 {
		return nil
	}
	return of.texts
}
