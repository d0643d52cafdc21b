package isogloss

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/jsonschema"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What struct tags say of a field, besides its name: it stands in the schema, and
// is held.
//
//	doc, title            documentation
//	min, max              of a number; the length of a string, list or map
//	above, below          of a number, which is never these
//	multipleOf            of a number
//	pattern, format       of a string
//	unique                of a list: "true"
//	enum                  the values that there are, with commas between them
//	default               the value of a field that is not given
//	example               a value, for the documentation
//	header                HTTP repeats the argument in Mcp-Param-<header>
//
// pattern, format and enum of a list are about its items. Values are JSON, but for
// strings, which stand for themselves.

// say sets a keyword that values are held to.
func (p *plan) say(keyword string, value wire.Raw) {
	p.schema.Set(keyword, value)
	p.own.Set(keyword, value)
}

// constrain applies a field's tags.
func (p *plan) constrain(t reflect.Type, tag reflect.StructTag) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	// Others may have the same schema.
	p.schema = slices.Clone(p.schema)
	for _, text := range [][2]string{{"title", "title"}, {"doc", "description"}} {
		if value, ok := tag.Lookup(text[0]); ok {
			p.schema.Set(text[1], wire.AppendString(nil, value))
		}
	}
	if err := p.restrict(t, tag); err != nil {
		return err
	}
	if len(p.own) > 0 {
		var err error
		if p.held, err = jsonschema.Compile(objectOf(p.own), "member"); err != nil {
			return err
		}
	}
	if text, ok := tag.Lookup("default"); ok {
		value := valueOf(t, text)
		if err := p.accepts(t, value); err != nil {
			return fmt.Errorf("default %q: %w", text, err)
		}
		p.schema.Set("default", value)
		p.fallback = value
	}
	if text, ok := tag.Lookup("example"); ok {
		value := valueOf(t, text)
		if err := p.accepts(t, value); err != nil {
			return fmt.Errorf("example %q: %w", text, err)
		}
		p.schema.Set("examples", rawList([]wire.Raw{value}))
	}
	if name, ok := tag.Lookup("header"); ok {
		p.schema.Set(mirrorKeyword, wire.AppendString(nil, name))
	}
	return nil
}

// restricting are the tags that values are held to, in the order of the schema.
var restricting = []string{"min", "max", "above", "below", "multipleOf", "unique", "pattern", "format", "enum"}

// keyword is what the schema calls a tag of a kind of value; empty if the tag is
// not for that.
func keyword(tag string, kind reflect.Kind) string {
	switch kind {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return map[string]string{
			"min": "minimum", "max": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum",
			"multipleOf": "multipleOf", "enum": "enum",
		}[tag]
	case reflect.String:
		return map[string]string{"min": "minLength", "max": "maxLength", "pattern": "pattern", "format": "format", "enum": "enum"}[tag]
	case reflect.Slice, reflect.Array:
		return map[string]string{"min": "minItems", "max": "maxItems", "unique": "uniqueItems"}[tag]
	case reflect.Map:
		return map[string]string{"min": "minProperties", "max": "maxProperties"}[tag]
	case reflect.Bool:
		return map[string]string{"enum": "enum"}[tag]
	}
	return ""
}

// aboutItems are the tags of a list that are about its items.
var aboutItems = []string{"pattern", "format", "enum"}

// ofItems are the tags of a list's items.
func ofItems(tag reflect.StructTag) reflect.StructTag {
	var all []string
	for _, name := range aboutItems {
		if text, ok := tag.Lookup(name); ok {
			all = append(all, fmt.Sprintf("%s:%q", name, text))
		}
	}
	return reflect.StructTag(strings.Join(all, " "))
}

// elsewhere are the words that JSON Schema has for tags: one that stood there
// unheard would not be held.
var elsewhere = []struct{ word, tag string }{
	{"minimum", "min"}, {"maximum", "max"}, {"exclusiveMinimum", "above"}, {"exclusiveMaximum", "below"},
	{"minLength", "min"}, {"maxLength", "max"}, {"minItems", "min"}, {"maxItems", "max"}, {"uniqueItems", "unique"},
	{"minProperties", "min"}, {"maxProperties", "max"},
}

func (p *plan) restrict(t reflect.Type, tag reflect.StructTag) error {
	for _, other := range elsewhere {
		_, there := tag.Lookup(other.word)
		if _, meant := tag.Lookup(other.tag); there && !meant {
			return fmt.Errorf("the tag %s is called %s here", other.word, other.tag)
		}
	}
	isList := (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() != reflect.Uint8 && !speaks(t)
	for _, name := range restricting {
		text, ok := tag.Lookup(name)
		if !ok || (isList && slices.Contains(aboutItems, name)) {
			continue
		}
		word := keyword(name, t.Kind())
		if t == numberType {
			word = keyword(name, reflect.Float64)
		}
		value := wire.Raw(text)
		switch name {
		case "pattern", "format":
			value = wire.AppendString(nil, text)
		case "enum":
			var err error
			if value, err = p.choices(t, strings.Split(text, ",")); err != nil {
				return err
			}
		}
		if _, err := wire.AppendRaw(nil, value); err != nil || word == "" {
			return fmt.Errorf("%s %q does not apply to a %s", name, text, t)
		}
		p.say(word, value)
	}
	return nil
}

// choices are the values of an enum.
func (p *plan) choices(t reflect.Type, texts []string) (wire.Raw, error) {
	values := make([]wire.Raw, len(texts))
	for i, text := range texts {
		values[i] = valueOf(t, text)
		if err := p.accepts(t, values[i]); err != nil {
			return nil, fmt.Errorf("enum value %q: %w", text, err)
		}
	}
	if p.pointer {
		values = append(values, wire.Raw("null"))
	}
	return rawList(values), nil
}

// valueOf is the value that a tag gives.
func valueOf(t reflect.Type, text string) wire.Raw {
	if t.Kind() == reflect.String && t != numberType {
		return wire.AppendString(nil, text)
	}
	return wire.Raw(text)
}

// accepts reports what is wrong with a value that a tag gives.
func (p *plan) accepts(t reflect.Type, value wire.Raw) error {
	if _, err := wire.AppendRaw(nil, value); err != nil {
		return err
	}
	target := reflect.New(t)
	if p.pointer {
		target = reflect.New(reflect.PointerTo(t))
	}
	rules, err := jsonschema.Compile(objectOf(p.schema), "member")
	if err != nil {
		rules = p.held // a definition that is not there yet is referred to
	}
	if rules != nil {
		if problems := rules.Check(value, false).Problems; len(problems) > 0 {
			return problems[0]
		}
	}
	if wrong := p.explain(value, target.Elem()); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}
