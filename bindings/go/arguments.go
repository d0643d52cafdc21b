package isogloss

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Arguments into Go values. Nearly all are right, and are read by plan in one
// pass over the text. Only if something is not as plain as that, the schema's
// rules are asked: they say everything that is wrong, or give a text that is read
// then. What a plan itself has to say is about types that know their JSON
// themselves. The reading of each type is in reading.go.

// valueReader reads one text by plan.
type valueReader struct {
	wire.Decoder
	wrong []misfit
}

// misfit is what is wrong with the value at an offset.
type misfit struct {
	at   int
	what string
}

// refuse notes what is wrong with a value.
func (r *valueReader) refuse(at int, what string) { r.wrong = append(r.wrong, misfit{at, what}) }

// valueReaders are kept for the next text.
var valueReaders = sync.Pool{New: func() any { return new(valueReader) }}

// fits reads a text and reports whether all went well; the value is not to be used
// otherwise.
func (p *plan) fits(given wire.Raw, v reflect.Value) bool {
	r := valueReaders.Get().(*valueReader)
	r.Reset(given, wire.Always)
	p.take(r, v)
	ok := r.Done() && len(r.wrong) == 0
	r.wrong = r.wrong[:0]
	r.Reset(nil, 0)
	valueReaders.Put(r)
	return ok
}

// explain reads a text and says what was wrong with it.
func (p *plan) explain(given wire.Raw, v reflect.Value) []*wire.Error {
	given, _ = wire.LastValues(given)
	var r valueReader
	_, err := wire.Decode(given, wire.Always, func(d *wire.Decoder) struct{} {
		v.SetZero()
		r = valueReader{Decoder: *d}
		p.take(&r, v)
		*d = r.Decoder
		return struct{}{}
	})
	var all []*wire.Error
	for _, one := range r.wrong {
		all = append(all, &wire.Error{Path: wire.Locate(given, one.at), Message: one.what})
	}
	var wrong *wire.Error
	if errors.As(err, &wrong) {
		all = append(all, wrong)
	}
	return all
}

// readArguments reads the arguments of a call; none are those of an empty object.
func readArguments(p *plan, given wire.Raw, in reflect.Value) error {
	_, err := p.readMending(given, false, in)
	return err
}

// readMending is readArguments. With coerce, what is of the wrong kind is taken for
// what it spells, and told.
func (p *plan) readMending(given wire.Raw, coerce bool, in reflect.Value) (mended []*wire.Error, err error) {
	if given == nil {
		given = wire.Raw("{}")
	}
	if p.fits(given, in) {
		return nil, nil
	}
	checked := p.rules.Check(given, coerce)
	problems := checked.Problems
	if len(problems) == 0 {
		problems = p.explain(checked.Text, in)
	}
	if len(problems) > 0 {
		return nil, argumentsError(problems)
	}
	return checked.Mended, nil
}

// argumentsError is all that is wrong with the arguments of a call.
type argumentsError []*wire.Error

// Error has a line for each, as far as an error may say it.
func (e argumentsError) Error() string {
	var lines strings.Builder
	for i, wrong := range e {
		if lines.Len() > protocol.MaxErrorText {
			lines.WriteString("\nand " + strconv.Itoa(len(e)-i) + " more")
			break
		}
		if i > 0 {
			lines.WriteByte('\n')
		}
		lines.WriteString(cut(wrong.Error()))
	}
	return lines.String()
}
