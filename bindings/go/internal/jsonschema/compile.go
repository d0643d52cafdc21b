package jsonschema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// From a schema to rules. Whatever cannot be held is refused here, with its
// place.

type compiler struct {
	made   *Schema
	places *places
	all    []*rule
	// known are the rules of the parts that were met, waiting those that are still
	// to be filled in.
	known   map[*node]*rule
	waiting []unmade
}

type unmade struct {
	rule   *rule
	schema *node
	place  string
}

// rule is a schema's rule, which is filled in later: schemas may refer to
// themselves.
func (c *compiler) rule(schema *node, place string) *rule {
	if schema == nil {
		return nil
	}
	if made := c.known[schema]; made != nil {
		return made
	}
	made := &rule{allowed: allKinds, kinds: allKinds}
	c.known[schema] = made
	c.all = append(c.all, made)
	c.waiting = append(c.waiting, unmade{made, schema, place})
	return made
}

func (c *compiler) one(k *keywords, keyword string) *rule {
	return c.rule(k.schema(keyword), k.place+"/"+keyword)
}

func (c *compiler) list(k *keywords, keyword string) (all []*rule) {
	for i, schema := range k.schemas(keyword) {
		all = append(all, c.rule(schema, k.place+"/"+keyword+"/"+strconv.Itoa(i)))
	}
	return all
}

func (c *compiler) fill(u unmade) error {
	r := u.rule
	if u.schema.kind == wire.KindBoolean {
		r.open = u.schema.raw[0] == 't'
		r.never = !r.open
		return nil
	}
	k := &keywords{of: u.schema, place: u.place}
	if r.types = types(k); len(r.types) > 0 {
		r.allowed = noKinds
		for _, name := range r.types {
			r.allowed |= kindsOf(name)
		}
	}
	r.kinds = r.allowed
	r.expected = strings.Join(r.types, " or ")
	r.choices = choicesOf(k)
	r.bounds = boundsOf(k)
	r.text = textOf(k)
	r.array = c.array(k)
	r.object = c.object(k)
	r.within = c.same(k)
	return k.wrong
}

func types(k *keywords) []string {
	var names []string
	if value := k.of.get("type"); value != nil && value.kind == wire.KindString {
		names = []string{value.text}
	} else {
		names = k.names("type")
	}
	for _, name := range names {
		if kindsOf(name) == noKinds {
			k.refuse(fmt.Sprintf("type is %s, which is none", literal(name)))
		}
	}
	return names
}

func boundsOf(k *keywords) *bounds {
	if !k.any("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf") {
		return nil
	}
	b := &bounds{
		minimum: k.bound("minimum"), above: k.bound("exclusiveMinimum"),
		maximum: k.bound("maximum"), below: k.bound("exclusiveMaximum"),
		multiple: k.bound("multipleOf"),
	}
	if b.multiple != nil && b.multiple.compare(number{small: true}) <= 0 {
		k.refuse("multipleOf: expected a number above 0")
	}
	return b
}

func textOf(k *keywords) *text {
	if !k.any("minLength", "maxLength", "pattern", "format") {
		return nil
	}
	t := &text{length: k.span("minLength", "maxLength")}
	if source, ok := k.text("pattern"); ok {
		var err error
		t.pattern, err = newPattern(source)
		k.refuseError(err)
	}
	if name, ok := k.text("format"); ok {
		t.format = formats[name]
	}
	if t.format == nil && t.pattern == nil && !t.length.bounded() {
		return nil
	}
	return t
}

func choicesOf(k *keywords) *choices {
	list := k.expect("enum", "a list", func(n *node) bool { return n.kind == wire.KindArray })
	only := k.of.get("const")
	var values []*node
	switch {
	case list == nil && only == nil:
		return nil
	case only == nil:
		values = list.items
	case list == nil || slices.ContainsFunc(list.items, func(n *node) bool { return canonical(n.raw) == canonical(only.raw) }):
		values = []*node{only}
	}
	made := &choices{}
	for _, value := range values {
		if value.kind == wire.KindString {
			made.texts = append(made.texts, value.text)
		} else {
			made.others = append(made.others, canonical(value.raw))
		}
		made.shown = append(made.shown, shown(value.raw))
		made.values = append(made.values, value.raw)
	}
	made.expected = oneOf(made.shown)
	return made
}

func (c *compiler) array(k *keywords) *array {
	if !k.any("contains", "items", "maxContains", "maxItems", "minContains", "minItems", "prefixItems", "uniqueItems") {
		return nil
	}
	return &array{
		count:    k.span("minItems", "maxItems"),
		prefix:   c.list(k, "prefixItems"),
		item:     c.one(k, "items"),
		unique:   k.flag("uniqueItems"),
		contains: c.one(k, "contains"),
		often:    k.span("minContains", "maxContains"),
	}
}

func (c *compiler) object(k *keywords) *object {
	if !k.any("additionalProperties", "dependentRequired", "dependentSchemas", "maxProperties", "minProperties",
		"patternProperties", "properties", "propertyNames", "required") {
		return nil
	}
	properties, required := k.named("properties"), k.names("required")
	besides, givens := k.lists("dependentRequired"), k.named("dependentSchemas")
	o := &object{members: membersOf(properties, required, besides, givens)}
	at := func(name string) int {
		i, _ := o.find([]byte(name)) // all are there: the list was made of them
		return i
	}
	places := func(names []string) (all []int) {
		for _, name := range names {
			all = append(all, at(name))
		}
		return all
	}
	for _, p := range properties {
		o.members[at(p.name)].rule = c.rule(p.value, k.place+"/properties/"+p.name)
	}
	o.required = places(required)
	for _, b := range besides {
		o.beside = append(o.beside, beside{at(b.name), places(b.names)})
	}
	for _, g := range givens {
		o.given = append(o.given, given{at(g.name), c.rule(g.value, k.place+"/dependentSchemas/"+g.name)})
	}
	for _, p := range k.named("patternProperties") {
		pattern, err := newPattern(p.name)
		k.refuseError(err)
		o.patterns = append(o.patterns, patterned{pattern, c.rule(p.value, k.place+"/patternProperties/"+p.name)})
	}
	o.names = c.one(k, "propertyNames")
	o.count = k.span("minProperties", "maxProperties")
	c.made.careful = c.made.careful || o.count.bounded()
	if others := k.schema("additionalProperties"); others != nil && string(others.raw) == "false" {
		o.closed = true
	} else {
		o.others = c.rule(others, k.place+"/additionalProperties")
	}
	return o
}

// membersOf are all names that mean something, sorted.
func membersOf(properties []entry, required []string, besides []list, givens []entry) []member {
	names := slices.Clone(required)
	for _, p := range slices.Concat(properties, givens) {
		names = append(names, p.name)
	}
	for _, b := range besides {
		names = append(append(names, b.name), b.names...)
	}
	slices.Sort(names)
	var members []member
	for _, name := range slices.Compact(names) {
		members = append(members, member{name: name})
	}
	return members
}

// same are the rules for the same value; nil if there are none.
func (c *compiler) same(k *keywords) *rules {
	if !k.any("allOf", "$ref", "$dynamicRef", "anyOf", "oneOf", "not", "if", "unevaluatedProperties", "unevaluatedItems") {
		return nil
	}
	w := &rules{allOf: c.list(k, "allOf")}
	w.allOf = append(w.allOf, c.referred(k, "$ref", c.places.find)...)
	w.allOf = append(w.allOf, c.referred(k, "$dynamicRef", c.places.findDynamic)...)
	w.anyOf, w.oneOf = c.list(k, "anyOf"), c.list(k, "oneOf")
	w.not = c.one(k, "not")
	if holds := c.one(k, "if"); holds != nil {
		w.when = &condition{holds, c.one(k, "then"), c.one(k, "else")}
	}
	w.unevaluatedMembers, w.unevaluatedItems = c.one(k, "unevaluatedProperties"), c.one(k, "unevaluatedItems")
	c.made.remembers = c.made.remembers || w.unevaluatedMembers != nil || w.unevaluatedItems != nil
	c.made.careful = c.made.careful || w.not != nil || w.when != nil || len(w.oneOf) > 0
	return w
}

// referred is what a reference means, if there is one.
func (c *compiler) referred(k *keywords, keyword string, find func(*node, string) (*node, error)) []*rule {
	reference, ok := k.text(keyword)
	if !ok {
		return nil
	}
	found, err := find(k.of, reference)
	switch {
	case err != nil:
		k.refuse(keyword + " " + err.Error())
	case !found.isSchema():
		k.refuse(keyword + " " + reference + " refers to what is no schema")
	default:
		return []*rule{c.rule(found, reference)}
	}
	return nil
}
