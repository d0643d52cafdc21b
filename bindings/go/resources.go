package isogloss

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Resources: a URI, or a template for many, and a function that reads them.

// ResourceOptions are what a resource can be told besides its URI and
// documentation.
type ResourceOptions struct {
	// Name is a name for programs; the URI if empty.
	Name string
	// Title is a name for people.
	Title string
	// MIMEType is the type of what is read: text/plain or
	// application/octet-stream if empty.
	MIMEType string
}

// Resource adds a resource, or, if the URI has variables such as {name}, a
// template for many. Variables are given to fn in the fields of Params by name,
// percent-decoded; without variables Params is struct{}.
//
// Out is a string for text, a []byte for anything else, or a
// []protocol.AnyResourceContents for the whole answer.
//
// What is wrong with Params, Out or the URI is reported by [Server.Err].
func Resource[Params, Out any](s *Server, uri, doc string, fn func(context.Context, Params) (Out, error)) {
	ResourceWith(s, uri, doc, nil, fn)
}

// ResourceWith is Resource with options.
func ResourceWith[Params, Out any](s *Server, uri, doc string, options *ResourceOptions, fn func(context.Context, Params) (Out, error)) {
	var o ResourceOptions
	if options != nil {
		o = *options
	}
	if o.Name == "" {
		o.Name = uri
	}
	matcher, err := newMatcher(uri)
	if err != nil {
		s.reject("resource", uri, err)
		return
	}
	params, err := variablesPlan(reflect.TypeFor[Params](), matcher.names)
	if err != nil {
		s.reject("resource", uri, err)
		return
	}
	contents, err := contentsOf(reflect.TypeFor[Out](), &o)
	if err != nil {
		s.reject("resource", uri, err)
		return
	}
	read := func(ctx context.Context, uri string, variables map[string]string) ([]protocol.AnyResourceContents, error) {
		var in Params
		if err := readVariables(params, variables, reflect.ValueOf(&in).Elem()); err != nil {
			return nil, ProtocolError(CodeInvalidParams, "params.uri: "+err.Error())
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		return contents(uri, out), nil
	}
	s.add("resource", uri, func(r *registry) {
		if len(matcher.names) > 0 {
			definition := protocol.ResourceTemplate{
				Name: o.Name, Title: optional(o.Title), URITemplate: uri, Description: optional(doc), MIMEType: optional(o.MIMEType),
			}
			r.templates.put(uri, &template{definition, matcher, read})
			return
		}
		definition := protocol.Resource{
			Name: o.Name, Title: optional(o.Title), URI: uri, Description: optional(doc), MIMEType: optional(o.MIMEType),
		}
		r.resources.put(uri, &resource{definition, read})
	})
}

// variablesPlan holds a handler's parameters against the names it will get.
func variablesPlan(t reflect.Type, names []string) (*plan, error) {
	made, err := planOf(t, true)
	if err != nil {
		return nil, err
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s: parameters are the fields of a struct", t)
	}
	var fields []string
	for _, m := range made.members {
		fields = append(fields, m.name)
		if !slices.Contains(names, m.name) && m.required {
			return nil, fmt.Errorf("%s: the field %q is not a variable of the template", t, m.name)
		}
	}
	for _, name := range names {
		if !slices.Contains(fields, name) {
			return nil, fmt.Errorf("%s: the variable %q has no field", t, name)
		}
	}
	return made, nil
}

// readVariables reads texts into fields, whatever their types.
func readVariables(p *plan, variables map[string]string, in reflect.Value) error {
	given := make(wire.Extra, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		given = append(given, wire.Member[wire.Raw]{Name: name, Value: p.fromText(name, variables[name])})
	}
	return readArguments(p, objectOf(given), in)
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

// contentsOf makes contents of a handler's values.
func contentsOf(t reflect.Type, o *ResourceOptions) (func(uri string, out any) []protocol.AnyResourceContents, error) {
	byDefault := func(mimeType string) {
		if o.MIMEType == "" {
			o.MIMEType = mimeType
		}
	}
	switch t {
	case reflect.TypeFor[string]():
		byDefault("text/plain")
		return func(uri string, out any) []protocol.AnyResourceContents {
			return []protocol.AnyResourceContents{&protocol.TextResourceContents{URI: uri, MIMEType: &o.MIMEType, Text: out.(string)}}
		}, nil
	case reflect.TypeFor[[]byte]():
		byDefault("application/octet-stream")
		return func(uri string, out any) []protocol.AnyResourceContents {
			blob := base64.StdEncoding.EncodeToString(out.([]byte))
			return []protocol.AnyResourceContents{&protocol.BlobResourceContents{URI: uri, MIMEType: &o.MIMEType, Blob: blob}}
		}, nil
	case reflect.TypeFor[[]protocol.AnyResourceContents]():
		return func(_ string, out any) []protocol.AnyResourceContents { return out.([]protocol.AnyResourceContents) }, nil
	}
	return nil, fmt.Errorf("%s: a resource is a string, a []byte or a []protocol.AnyResourceContents", t)
}

// ListResources answers with a page of resources.
func (c *connection) ListResources(_ context.Context, _ *Context, params *protocol.PaginatedRequestParams) (*protocol.ListResourcesResult, error) {
	r := &c.server.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	page, next, err := r.resources.page(params.Cursor, c.server.options.PageSize)
	if err != nil {
		return nil, err
	}
	result := &protocol.ListResourcesResult{NextCursor: next}
	for _, found := range page {
		result.Resources = append(result.Resources, found.definition)
	}
	return result, nil
}

// ListResourceTemplates answers with a page of templates.
func (c *connection) ListResourceTemplates(_ context.Context, _ *Context, params *protocol.PaginatedRequestParams) (*protocol.ListResourceTemplatesResult, error) {
	r := &c.server.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	page, next, err := r.templates.page(params.Cursor, c.server.options.PageSize)
	if err != nil {
		return nil, err
	}
	result := &protocol.ListResourceTemplatesResult{NextCursor: next}
	for _, found := range page {
		result.ResourceTemplates = append(result.ResourceTemplates, found.definition)
	}
	return result, nil
}

// ReadResource reads a resource.
func (c *connection) ReadResource(ctx context.Context, about *Context, params *protocol.ReadResourceRequestParams) (protocol.ReadResourceOutcome, error) {
	read := c.server.registry.find(params.URI)
	if read == nil {
		code := int64(CodeInvalidParams)
		if about.rev.Era() == protocol.Legacy {
			code = CodeResourceNotFound
		}
		failure := ProtocolError(code, "resource not found: "+params.URI)
		failure.Data = objectOf(wire.Extra{{Name: "uri", Value: wire.AppendString(nil, params.URI)}})
		return nil, failure
	}
	if err := about.resume(c.server.seal, params.RequestState); err != nil {
		return nil, err
	}
	contents, err := read(ctx)
	if err != nil {
		return nil, err
	}
	return &protocol.ReadResourceResult{Contents: contents}, nil
}

// CompletePrompt has an argument of a prompt completed.
func (s *Server) CompletePrompt(prompt, name string, complete Completer) {
	s.complete(argument{"ref/prompt " + prompt, name}, complete)
}

// CompleteResource has a variable of a resource template completed.
func (s *Server) CompleteResource(uriTemplate, name string, complete Completer) {
	s.complete(argument{"ref/resource " + uriTemplate, name}, complete)
}

func (s *Server) complete(a argument, complete Completer) {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	if s.registry.completers == nil {
		s.registry.completers = map[argument]Completer{}
	}
	s.registry.completers[a] = complete
}

// Complete suggests values for an argument; none for one that nobody completes.
func (c *connection) Complete(ctx context.Context, _ *Context, params *protocol.CompleteRequestParams) (*protocol.CompleteResult, error) {
	owner, known := c.owner(params.Ref)
	if !known {
		return nil, ProtocolError(CodeInvalidParams, "params.ref: unknown "+strings.TrimPrefix(owner, "ref/"))
	}
	r := &c.server.registry
	r.mu.RLock()
	complete := r.completers[argument{owner, params.Argument.Name}]
	r.mu.RUnlock()
	result := &protocol.CompleteResult{Completion: protocol.Completion{Values: []string{}}}
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

// owner names what an argument belongs to, and tells whether it is there.
func (c *connection) owner(ref protocol.CompletionReference) (string, bool) {
	r := &c.server.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	switch ref := ref.(type) {
	case *protocol.PromptReference:
		return "ref/prompt " + ref.Name, r.prompts.get(ref.Name) != nil
	case *protocol.ResourceTemplateReference:
		return "ref/resource " + ref.URI, r.templates.get(ref.URI) != nil
	}
	return "", false
}
