package isogloss

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Completions: values for an argument of a prompt, or for a variable of a resource
// template, while a user is typing.

// Completer suggests values for an argument that begins as value does. Others are
// the arguments that were given already. At most protocol.MaxCompletions are sent.
type Completer func(ctx context.Context, value string, others map[string]string) ([]string, error)

// argument is one of a prompt or a resource template.
type argument struct {
	kind        ItemKind
	owner, name string
}

func (a argument) compare(b argument) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.owner, b.owner), cmp.Compare(a.name, b.name))
}

// CompletePrompt has an argument of a prompt completed. An argument that the prompt
// does not take is reported by [Server.Err].
func (s *Server) CompletePrompt(prompt, name string, complete Completer) {
	s.complete(argument{ItemPrompt, prompt, name}, complete)
}

// CompleteResource has a variable of a resource template completed. A variable that
// the template does not have is reported by [Server.Err].
func (s *Server) CompleteResource(uriTemplate, name string, complete Completer) {
	s.complete(argument{ItemResourceTemplate, uriTemplate, name}, complete)
}

func (s *Server) complete(a argument, complete Completer) {
	r := &s.registry
	r.mu.Lock()
	if r.completers == nil {
		r.completers = map[argument]Completer{}
	}
	r.completers[a] = complete
	isTaken := r.takes(a)
	r.mu.Unlock()
	// Before it serves, what takes the argument may be yet to come.
	if s.serving.Load() && !isTaken {
		s.reject(string(a.kind), a.owner, a.pointless())
	}
}

func (a argument) pointless() error {
	return fmt.Errorf("nobody takes the argument %q that is completed", a.name)
}

// pointless is an error if arguments are completed that nobody takes; called with
// the registry locked.
func (r *registry) pointless() error {
	var all []error
	for _, a := range slices.SortedFunc(maps.Keys(r.completers), argument.compare) {
		if !r.takes(a) {
			all = append(all, fmt.Errorf("%s %q: %w", a.kind, a.owner, a.pointless()))
		}
	}
	return errors.Join(all...)
}

// takes reports whether there is an argument; called with the registry locked.
func (r *registry) takes(a argument) bool {
	if a.kind == ItemPrompt {
		found, ok := r.prompts.get(a.owner)
		return ok && slices.ContainsFunc(found.definition.Arguments, func(p protocol.PromptArgument) bool { return p.Name == a.name })
	}
	found, ok := r.templates.get(a.owner)
	return ok && slices.Contains(found.addresses.Names(), a.name)
}

// Complete suggests values for an argument; none for one that nobody completes.
func (c *connection) Complete(ctx context.Context, _ *Context, params *protocol.CompleteRequestParams) (*protocol.CompleteResult, error) {
	r := &c.server.registry
	if !r.completes() {
		return nil, protocol.ErrMethodNotFound
	}
	a, err := c.server.completed(ctx, params)
	if err != nil {
		return nil, err
	}
	result := &protocol.CompleteResult{Completion: protocol.Completion{Values: []string{}}}
	r.mu.RLock()
	complete := r.completers[a]
	r.mu.RUnlock()
	if complete == nil {
		return result, nil
	}
	others := map[string]string{}
	if params.Context != nil {
		for _, given := range params.Context.Arguments {
			others[given.Name] = given.Value
		}
	}
	values, err := complete(ctx, params.Argument.Value, others)
	if err != nil {
		return nil, err
	}
	result.Completion.Total = wire.Ptr(int64(len(values)))
	result.Completion.HasMore = wire.Ptr(len(values) > protocol.MaxCompletions)
	result.Completion.Values = append(result.Completion.Values, values[:min(len(values), protocol.MaxCompletions)]...)
	return result, nil
}

// completed is the argument that is being typed. What completes it tells of what is
// behind it, so it is for those who may use that.
func (s *Server) completed(ctx context.Context, params *protocol.CompleteRequestParams) (argument, error) {
	r := &s.registry
	switch ref := params.Ref.(type) {
	case *protocol.PromptReference:
		_, err := usable(ctx, s, &r.prompts, ref.Name)
		return argument{ItemPrompt, ref.Name, params.Argument.Name}, err
	case *protocol.ResourceTemplateReference:
		a := argument{ItemResourceTemplate, ref.URI, params.Argument.Name}
		_, isTemplate := lookUp(r, &r.templates, ref.URI)
		if _, isResource := lookUp(r, &r.resources, ref.URI); isResource && !isTemplate {
			_, err := usable(ctx, s, &r.resources, ref.URI)
			return a, err
		}
		_, err := usable(ctx, s, &r.templates, ref.URI)
		return a, err
	}
	return argument{}, ProtocolError(CodeInvalidParams, "params.ref: unknown sort of reference")
}
