package isogloss

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Arguments that come as texts, the variables of resource templates and what prompts
// take: into the fields of a struct, whatever their types.

// textsPlan is the plan of a struct for texts.
func textsPlan(t reflect.Type) (*plan, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s: parameters are the fields of a struct", t)
	}
	return planOf(t, true)
}

// fits holds a handler's parameters against the variables that it will get: each is
// taken by a field, and each field that must be there is one.
func fits(p *plan, t reflect.Type, variables []string) error {
	for _, name := range variables {
		if !slices.ContainsFunc(p.members, func(m *member) bool { return m.name == name }) {
			return fmt.Errorf("%s: the variable %q has no field", t, name)
		}
	}
	for _, m := range p.members {
		if m.required && !slices.Contains(variables, m.name) {
			return fmt.Errorf("%s: the field %q is not a variable of the template", t, m.name)
		}
	}
	return nil
}

// readTexts reads texts into fields; what is wrong with them is nil if nothing is.
func readTexts(p *plan, texts wire.Map[string], in reflect.Value) (wrong argumentsError) {
	given := make(wire.Extra, len(texts))
	for i, text := range texts {
		given[i] = wire.Member[wire.Raw]{Name: text.Name, Value: p.fromText(text.Name, text.Value)}
	}
	_ = errors.As(readArguments(p, objectOf(given), in), &wrong)
	return wrong
}

// under is what is wrong by its place within a message.
func (e argumentsError) under(names ...string) argumentsError {
	all := slices.Clone(e)
	for i := range all {
		for _, name := range slices.Backward(names) {
			all[i] = all[i].Under(name)
		}
	}
	return all
}

// fromText is a text as the JSON that a field wants.
func (p *plan) fromText(name, text string) wire.Raw {
	if !p.rules.TakesText(name) && isOneValue(wire.Raw(text)) {
		return wire.Raw(text)
	}
	return wire.AppendString(nil, text)
}

func isOneValue(raw wire.Raw) bool {
	_, err := wire.AppendRaw(nil, raw)
	return err == nil
}
