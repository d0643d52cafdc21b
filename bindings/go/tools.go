package isogloss

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/jsonschema"
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
	// OutputSchema, a JSON Schema 2020-12, takes the place of the one that is made
	// of the results' type: it is shown as it is, and results are held to it.
	OutputSchema wire.Raw
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
// The tags are: doc and title; min and max of a number, or of the length of a
// string, list or map; above, below and multipleOf of a number; pattern and format
// of a string; unique, "true", of a list; enum, the values that there are; default,
// the value of an argument that is not given; example; and header, for an argument
// that HTTP repeats in the header Mcp-Param-<header>. Pattern, format and enum of a
// list are about its items.
//
// An argument is required unless it is a pointer, has a default, or is omitempty or
// omitzero; a pointer may be null. A type with a method JSONSchema() wire.Raw says
// itself what its values are. A call with wrong arguments is answered with all that
// is wrong, without fn being called.
//
// Out may be any type that has a JSON form: a struct or a map becomes the
// structured content, another value that of the member `result`, and both their
// JSON as text. A protocol.ContentBlock or several are the content itself, a
// *protocol.CallToolResult the whole answer, and struct{} or a nil any none. A
// value that is not what its own tags say is a fault of the tool, and no answer.
//
// An error of fn is a result that says so, with the error's text, for the model
// to act on; a [ProtocolError] is answered as one, and a *[ToolError], one of fn's own or of
// a tool that it called itself, as its result.
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
	read := func(given wire.Raw, coerce bool, in *In) ([]*wire.Error, error) {
		return arguments.readMending(given, coerce, reflect.ValueOf(in).Elem())
	}
	addTool(s, name, doc, options, objectOf(arguments.schema), read, fn)
}

// RawTool adds a tool whose arguments are described by input, a JSON Schema 2020-12
// of an object: it is shown as it is, and arguments are held to it. Fn gets them as
// JSON, with integers such as 2.0 spelled as 2.
//
// References stay within the schema; nothing is fetched. The formats date,
// date-time, time, email, uri, uuid, ipv4 and ipv6 are held, others are
// annotations. Patterns are what ECMA-262 and RE2 have in common. A schema that
// cannot be held is reported by [Server.Err].
func RawTool[Out any](s *Server, name, doc string, input wire.Raw, fn func(context.Context, wire.Raw) (Out, error)) {
	RawToolWith(s, name, doc, input, nil, fn)
}

// RawToolWith is RawTool with options.
func RawToolWith[Out any](s *Server, name, doc string, input wire.Raw, options *ToolOptions, fn func(context.Context, wire.Raw) (Out, error)) {
	rules, err := jsonschema.Compile(input, "argument")
	if kind, ok := input.Get("type"); err == nil && (!ok || string(kind) != `"object"`) {
		err = errors.New(`arguments are an object, so its type is "object"`)
	}
	if err != nil {
		s.reject("tool", name, fmt.Errorf("the input schema: %w", err))
		return
	}
	read := func(given wire.Raw, coerce bool, in *wire.Raw) ([]*wire.Error, error) {
		if given == nil {
			given = wire.Raw("{}")
		}
		checked := rules.Check(given, coerce)
		if len(checked.Problems) > 0 {
			return nil, argumentsError(checked.Problems)
		}
		*in = checked.Text
		return checked.Mended, nil
	}
	addTool(s, name, doc, options, input, read, fn)
}

// addTool adds the tool that a function is; read reads its arguments, and says what
// it took for something else.
func addTool[In, Out any](
	s *Server, name, doc string, options *ToolOptions, input wire.Raw,
	read func(given wire.Raw, coerce bool, in *In) ([]*wire.Error, error),
	fn func(context.Context, In) (Out, error),
) {
	if options == nil {
		options = &ToolOptions{}
	}
	definition := protocol.Tool{
		Name: name, Description: optional(doc), Title: optional(options.Title),
		Annotations: options.Annotations, Icons: options.Icons, Meta: options.Meta,
	}
	repeated, err := mirroredIn(input)
	if err == nil {
		err = definition.InputSchema.UnmarshalJSON(input)
	}
	var results *results
	if err == nil {
		results, err = resultsOf(reflect.TypeFor[Out](), options.OutputSchema)
	}
	if err == nil {
		definition.OutputSchema, err = results.definition()
	}
	if err != nil {
		s.reject("tool", name, err)
		return
	}
	if options.Task != nil {
		fn = asTask(fn)
	}
	if options.Confirm != "" {
		fn = confirmed(options.Confirm, fn)
	}
	run := func(ctx context.Context, given wire.Raw) (*protocol.CallToolResult, error) {
		call := new(struct { // in one piece of memory
			in  In
			out Out
		})
		coercion := coercionOf(ctx)
		mended, err := read(given, coercion != CoercionOff, &call.in)
		if err != nil {
			return failed(err), nil
		}
		if coercion == CoercionReport {
			report(ctx, name, mended)
		}
		if call.out, err = fn(ctx, call.in); err != nil {
			return failedOrRefused(err)
		}
		return results.of(name, reflect.ValueOf(&call.out).Elem())
	}
	made := &tool{newOffer(options.Tags, options.Scopes), definition, run, repeated, options.Task}
	addOffer(s, &s.registry.tools, made, options.Replace)
}

func argumentsPlan(t reflect.Type) (*plan, error) {
	made, err := planOf(t, true)
	if err == nil && !made.object {
		err = fmt.Errorf("%s: arguments are an object, so a struct or a map", t)
	}
	return made, err
}

// failed is a result that tells the model what went wrong.
func failed(err error) *protocol.CallToolResult {
	return &protocol.CallToolResult{Content: []protocol.ContentBlock{Text(err.Error())}, IsError: wire.Ptr(true)}
}

// failedOrRefused is what becomes of a handler's error: a result for the model, but for
// those that are answered as errors.
func failedOrRefused(err error) (*protocol.CallToolResult, error) {
	var own *Error
	if errors.As(err, &own) && own.Kind == KindProtocol {
		return nil, own
	}
	if lacking := (*InsufficientScope)(nil); errors.As(err, &lacking) {
		return nil, lacking
	}
	// One that another error wraps has more to say than its result.
	if theirs, ok := err.(*ToolError); ok {
		result := *theirs.Result
		result.IsError = wire.Ptr(true)
		return &result, nil
	}
	return failed(err), nil
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
	about.coercion = c.server.options.Coercion
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
