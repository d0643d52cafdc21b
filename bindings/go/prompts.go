package isogloss

import (
	"context"
	"fmt"
	"reflect"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Prompts: messages made from arguments, which are texts.

// PromptOptions are what a prompt can be told besides its name and documentation.
type PromptOptions struct {
	// Title is a name for people.
	Title string
	// Icons are pictures for a user interface.
	Icons []protocol.Icon
	// Meta is the definition's `_meta`.
	Meta protocol.MetaObject
	// Tags are for a server's policy to go by.
	Tags []string
	// Scopes are what a client's credentials must be good for.
	Scopes []string
	// Replace puts it in the place of the prompt of that name, if there is one; else
	// a name is offered once.
	Replace bool
}

// Prompt adds a prompt. Its arguments are the fields of Params, a struct; the tag
// `doc` documents them, and `title` is their name for people. Clients give texts,
// which are read as the fields' types; an argument is optional as that of a [Tool] is.
//
// Out is a string for one message of the user, a protocol.PromptMessage or a slice of
// them ([User], [Assistant]), or a *protocol.GetPromptResult for the whole answer.
//
// What is wrong with Params, Out or the name is reported by [Server.Err].
func Prompt[Params, Out any](s *Server, name, doc string, fn func(context.Context, Params) (Out, error)) {
	PromptWith(s, name, doc, nil, fn)
}

// PromptWith is Prompt with options.
func PromptWith[Params, Out any](s *Server, name, doc string, options *PromptOptions, fn func(context.Context, Params) (Out, error)) {
	var o PromptOptions
	if options != nil {
		o = *options
	}
	in := reflect.TypeFor[Params]()
	params, err := textsPlan(in)
	if err != nil {
		s.reject(string(ItemPrompt), name, err)
		return
	}
	messages, err := messagesOf(reflect.TypeFor[Out]())
	if err != nil {
		s.reject(string(ItemPrompt), name, err)
		return
	}
	definition := protocol.Prompt{
		Name: name, Title: optional(o.Title), Description: optional(doc), Icons: o.Icons, Meta: o.Meta,
		Arguments: promptArguments(params, in),
	}
	get := func(ctx context.Context, arguments wire.Map[string]) (*protocol.GetPromptResult, error) {
		var in Params
		if wrong := readTexts(params, arguments, reflect.ValueOf(&in).Elem()); wrong != nil {
			return nil, ProtocolError(CodeInvalidParams, wrong.under("params", "arguments").Error())
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		result := messages(reflect.ValueOf(&out).Elem())
		if result.Description == nil {
			result.Description = optional(doc)
		}
		return result, nil
	}
	addOffer(s, &s.registry.prompts, &prompt{newOffer(o.Tags, o.Scopes), definition, get}, o.Replace)
}

func promptArguments(params *plan, in reflect.Type) []protocol.PromptArgument {
	var arguments []protocol.PromptArgument
	for _, m := range params.members {
		title := in.FieldByIndex(m.index).Tag.Get("title")
		about := protocol.PromptArgument{Name: m.name, Title: optional(title), Required: &m.required}
		if doc, ok := m.schema.Get("description"); ok {
			text, _ := doc.Text()
			about.Description = &text
		}
		arguments = append(arguments, about)
	}
	return arguments
}

// messagesOf makes the answer of a handler's values.
func messagesOf(t reflect.Type) (func(out reflect.Value) *protocol.GetPromptResult, error) {
	said := func(messages ...protocol.PromptMessage) *protocol.GetPromptResult {
		return &protocol.GetPromptResult{Messages: messages}
	}
	switch t {
	case reflect.TypeFor[string]():
		return func(out reflect.Value) *protocol.GetPromptResult { return said(User(Text(out.String()))) }, nil
	case reflect.TypeFor[protocol.PromptMessage]():
		return func(out reflect.Value) *protocol.GetPromptResult {
			return said(out.Interface().(protocol.PromptMessage))
		}, nil
	case reflect.TypeFor[[]protocol.PromptMessage]():
		return func(out reflect.Value) *protocol.GetPromptResult {
			return said(out.Interface().([]protocol.PromptMessage)...)
		}, nil
	case reflect.TypeFor[*protocol.GetPromptResult]():
		return func(out reflect.Value) *protocol.GetPromptResult {
			var result protocol.GetPromptResult
			if given := out.Interface().(*protocol.GetPromptResult); given != nil {
				result = *given // the handler may go on using its own
			}
			return &result
		}, nil
	}
	return nil, fmt.Errorf("%s: a prompt is a string, a protocol.PromptMessage, a slice of them or a *protocol.GetPromptResult", t)
}

// GetPrompt fills in a prompt.
func (c *connection) GetPrompt(ctx context.Context, about *Context, params *protocol.GetPromptRequestParams) (protocol.GetPromptOutcome, error) {
	found, err := usable(ctx, c.server, &c.server.registry.prompts, params.Name)
	if err != nil {
		return nil, err
	}
	if err := about.resume(c.server.seal, params.RequestState); err != nil {
		return nil, err
	}
	result, err := found.get(ctx, params.Arguments)
	if err != nil {
		return nil, err
	}
	return result, nil
}
