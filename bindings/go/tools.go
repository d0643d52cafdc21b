package isogloss

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Tools: ordinary functions, with schemas made from their types.

// ToolOptions are what a tool can be told besides its name and documentation.
type ToolOptions struct {
	// Title is a name for people.
	Title string
	// Annotations are hints about what calling the tool does to the world.
	Annotations *protocol.ToolAnnotations
	// Icons are pictures for a user interface.
	Icons []protocol.Icon
	// Meta is the definition's `_meta`.
	Meta protocol.MetaObject
	// Tags are for a server's policy to go by.
	Tags []string
	// Scopes are what a client's credentials must be good for.
	Scopes []string
	// Confirm is what the user is asked before the tool runs, if its arguments are
	// right. Without a yes it does not, in both eras: it fails closed. With a modern
	// client this is a question like any other: see [Ask].
	Confirm string
	// Task is how it runs as a task; it never does if nil. One that wants a yes does
	// when it has it.
	Task *AsTask
	// Replace puts it in the place of the tool of that name, if there is one; else a
	// name is offered once.
	Replace bool
}

// Tool adds a tool. The arguments are the fields of In, a struct, whose tags say
// more than their types:
//
//	City string `json:"city" doc:"Name of the city."`
//	Days int    `json:"days" doc:"How many." min:"1" max:"10" default:"1"`
//	Unit string `json:"unit,omitempty" enum:"celsius,fahrenheit"`
//
// min and max bound a number, or the length of a string or slice; pattern is a
// regular expression. An argument is required unless it is a pointer, has a
// default, or is omitempty or omitzero. A call with wrong arguments is answered
// with all that is wrong, without fn being called.
//
// Out may be any type that has a JSON form: a struct or a map becomes the
// structured content, another value that of the member `result`, and both their
// JSON as text. A protocol.ContentBlock, or a slice of them, is the content itself,
// and a *protocol.CallToolResult the whole answer.
//
// An error of fn is a result that says so, with the error's text, for the model
// to act on; a [ProtocolError] is answered as one.
//
// What is wrong with In, Out or the name is reported by [Server.Err].
func Tool[In, Out any](s *Server, name, doc string, fn func(context.Context, In) (Out, error)) {
	ToolWith(s, name, doc, nil, fn)
}

// ToolWith is Tool with options.
func ToolWith[In, Out any](s *Server, name, doc string, options *ToolOptions, fn func(context.Context, In) (Out, error)) {
	arguments, err := argumentsPlan(reflect.TypeFor[In]())
	if err != nil {
		s.reject("tool", name, err)
		return
	}
	results, err := resultsPlan(reflect.TypeFor[Out]())
	if err != nil {
		s.reject("tool", name, err)
		return
	}
	definition := protocol.Tool{Name: name, Description: optional(doc)}
	if err := definition.InputSchema.UnmarshalJSON(objectOf(arguments.schema)); err != nil {
		s.reject("tool", name, err)
		return
	}
	if definition.OutputSchema, err = results.definition(); err != nil {
		s.reject("tool", name, err)
		return
	}
	var o ToolOptions
	if options != nil {
		o = *options
	}
	definition.Title = optional(o.Title)
	definition.Annotations = o.Annotations
	definition.Icons = o.Icons
	definition.Meta = o.Meta
	if o.Task != nil {
		fn = asTask(fn)
	}
	if o.Confirm != "" {
		fn = confirmed(o.Confirm, fn)
	}
	run := func(ctx context.Context, given wire.Raw) (*protocol.CallToolResult, error) {
		var in In
		if err := readArguments(arguments, given, reflect.ValueOf(&in).Elem()); err != nil {
			return failed(err), nil
		}
		out, err := fn(ctx, in)
		if err != nil {
			var own *Error
			if errors.As(err, &own) && own.Kind == KindProtocol {
				return nil, own
			}
			if lacking := (*InsufficientScope)(nil); errors.As(err, &lacking) {
				return nil, lacking
			}
			return failed(err), nil
		}
		return results.result(reflect.ValueOf(&out).Elem())
	}
	repeated, err := mirroredIn(objectOf(arguments.schema))
	if err != nil {
		s.reject("tool", name, err)
		return
	}
	addOffer(s, &s.registry.tools, &tool{offer: newOffer(o.Tags, o.Scopes), definition: definition, run: run, mirrored: repeated, task: o.Task}, o.Replace)
}

func argumentsPlan(t reflect.Type) (*plan, error) {
	made, err := planOf(t, true)
	if err == nil && !made.object {
		err = fmt.Errorf("%s: arguments are an object, so a struct or a map", t)
	}
	return made, err
}

func readArguments(p *plan, given wire.Raw, in reflect.Value) error {
	if given == nil {
		given = wire.Raw("{}")
	}
	var r reader
	p.read(&r, given, in)
	return r.err()
}

// failed is a result that tells the model what went wrong.
func failed(err error) *protocol.CallToolResult {
	return &protocol.CallToolResult{Content: []protocol.ContentBlock{Text(err.Error())}, IsError: wire.Ptr(true)}
}

// results makes tool results of a handler's values.
type results struct {
	*plan  // nil if the values are results already
	result func(v reflect.Value) (*protocol.CallToolResult, error)
}

func resultsPlan(t reflect.Type) (*results, error) {
	switch t {
	case reflect.TypeFor[*protocol.CallToolResult]():
		return &results{result: func(v reflect.Value) (*protocol.CallToolResult, error) {
			if v.IsNil() {
				return &protocol.CallToolResult{}, nil
			}
			return v.Interface().(*protocol.CallToolResult), nil
		}}, nil
	case reflect.TypeFor[protocol.ContentBlock]():
		return &results{result: func(v reflect.Value) (*protocol.CallToolResult, error) {
			block, _ := v.Interface().(protocol.ContentBlock)
			return &protocol.CallToolResult{Content: []protocol.ContentBlock{block}}, nil
		}}, nil
	case reflect.TypeFor[[]protocol.ContentBlock]():
		return &results{result: func(v reflect.Value) (*protocol.CallToolResult, error) {
			return &protocol.CallToolResult{Content: v.Interface().([]protocol.ContentBlock)}, nil
		}}, nil
	}
	made, err := planOf(t, false)
	if err != nil {
		return nil, err
	}
	return &results{plan: made, result: made.structured}, nil
}

// definition is the output schema: nil if nothing is known of the values.
func (r *results) definition() (*protocol.ToolOutputSchema, error) {
	if r.plan == nil || len(r.schema) == 0 {
		return nil, nil
	}
	schema := r.schema
	if !r.object {
		schema = typed("object")
		schema.Set("properties", objectOf(wire.Extra{{Name: "result", Value: objectOf(r.schema)}}))
		schema.Set("required", wire.Raw(`["result"]`))
	}
	var definition protocol.ToolOutputSchema
	return &definition, definition.UnmarshalJSON(objectOf(schema))
}

// structured is a value as structured content and as text.
func (p *plan) structured(v reflect.Value) (*protocol.CallToolResult, error) {
	text, err := p.write(nil, v)
	if err != nil {
		return nil, encodeError("a tool's result", err)
	}
	if wire.Raw(text).Kind() != wire.KindObject {
		text = append(append([]byte(`{"result":`), text...), '}')
	}
	return &protocol.CallToolResult{Content: []protocol.ContentBlock{Text(string(text))}, StructuredContent: text}, nil
}

// CallTool runs a tool.
func (c *connection) CallTool(ctx context.Context, about *Context, params *protocol.CallToolRequestParams) (protocol.CallToolOutcome, error) {
	found, err := usable(ctx, c.server, &c.server.registry.tools, params.Name)
	if err != nil {
		return nil, err
	}
	if err := about.resume(c.server.seal, params.RequestState); err != nil {
		return nil, err
	}
	var result *protocol.CallToolResult
	if found.task != nil {
		result, err = c.callTask(ctx, about, found, params.Arguments)
	} else {
		result, err = found.run(ctx, params.Arguments)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}
