package isogloss

import (
	"context"
	"fmt"
	"reflect"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Prompts: messages made from arguments, which are texts.

// PromptOptions are what a prompt can be told besides its name and documentation.
type PromptOptions struct {
	// Title is a name for people.
	Title string
}

// Prompt adds a prompt. Its arguments are the fields of Params, a struct; the
// tag `doc` documents them.
//
// Out is a string for one message of the user, a []protocol.PromptMessage, or a
// *protocol.GetPromptResult for the whole answer.
//
// What is wrong with Params, Out or the name is reported by [Server.Err].
func Prompt[Params, Out any](s *Server, name, doc string, fn func(context.Context, Params) (Out, error)) {
	PromptWith(s, name, doc, nil, fn)
}

// PromptWith is Prompt with options.
func PromptWith[Params, Out any](s *Server, name, doc string, options *PromptOptions, fn func(context.Context, Params) (Out, error)) {
	params, err := planOf(reflect.TypeFor[Params](), true)
	if err == nil && reflect.TypeFor[Params]().Kind() != reflect.Struct {
		err = fmt.Errorf("%s: parameters are the fields of a struct", reflect.TypeFor[Params]())
	}
	if err != nil {
		s.reject("prompt", name, err)
		return
	}
	messages, err := messagesOf(reflect.TypeFor[Out]())
	if err != nil {
		s.reject("prompt", name, err)
		return
	}
	definition := protocol.Prompt{Name: name, Description: optional(doc), Arguments: promptArguments(params)}
	if options != nil {
		definition.Title = optional(options.Title)
	}
	get := func(ctx context.Context, arguments map[string]string) (*protocol.GetPromptResult, error) {
		var in Params
		if err := readVariables(params, arguments, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, ProtocolError(CodeInvalidParams, "params.arguments: "+err.Error())
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		result := messages(out)
		if result.Description == nil {
			result.Description = optional(doc)
		}
		return result, nil
	}
	s.add("prompt", name, func(r *registry) { r.prompts.put(name, &prompt{definition, get}) })
}

func promptArguments(params *plan) []protocol.PromptArgument {
	var arguments []protocol.PromptArgument
	for _, m := range params.members {
		about := protocol.PromptArgument{Name: m.name, Required: &m.required}
		if doc, ok := m.schema.Get("description"); ok {
			text, _ := doc.Text()
			about.Description = &text
		}
		arguments = append(arguments, about)
	}
	return arguments
}

// messagesOf makes the answer of a handler's values.
func messagesOf(t reflect.Type) (func(out any) *protocol.GetPromptResult, error) {
	switch t {
	case reflect.TypeFor[string]():
		return func(out any) *protocol.GetPromptResult {
			said := protocol.PromptMessage{Role: protocol.RoleUser, Content: &protocol.TextContent{Text: out.(string)}}
			return &protocol.GetPromptResult{Messages: []protocol.PromptMessage{said}}
		}, nil
	case reflect.TypeFor[[]protocol.PromptMessage]():
		return func(out any) *protocol.GetPromptResult {
			return &protocol.GetPromptResult{Messages: out.([]protocol.PromptMessage)}
		}, nil
	case reflect.TypeFor[*protocol.GetPromptResult]():
		return func(out any) *protocol.GetPromptResult {
			var result protocol.GetPromptResult
			if given := out.(*protocol.GetPromptResult); given != nil {
				result = *given // the handler may go on using its own
			}
			return &result
		}, nil
	}
	return nil, fmt.Errorf("%s: a prompt is a string, a []protocol.PromptMessage or a *protocol.GetPromptResult", t)
}

// ListPrompts answers with a page of prompts.
func (c *connection) ListPrompts(_ context.Context, _ *Context, params *protocol.PaginatedRequestParams) (*protocol.ListPromptsResult, error) {
	r := &c.server.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	page, next, err := r.prompts.page(params.Cursor, c.server.options.PageSize)
	if err != nil {
		return nil, err
	}
	result := &protocol.ListPromptsResult{NextCursor: next}
	for _, found := range page {
		result.Prompts = append(result.Prompts, found.definition)
	}
	return result, nil
}

// GetPrompt fills in a prompt.
func (c *connection) GetPrompt(ctx context.Context, about *Context, params *protocol.GetPromptRequestParams) (protocol.GetPromptOutcome, error) {
	r := &c.server.registry
	r.mu.RLock()
	found := r.prompts.get(params.Name)
	r.mu.RUnlock()
	if found == nil {
		return nil, ProtocolError(CodeInvalidParams, "unknown prompt: "+params.Name)
	}
	if err := about.resume(c.server.seal, params.RequestState); err != nil {
		return nil, err
	}
	given := make(map[string]string, len(params.Arguments))
	for _, argument := range params.Arguments {
		given[argument.Name] = argument.Value
	}
	result, err := found.get(ctx, given)
	if err != nil {
		return nil, err
	}
	return result, nil
}
