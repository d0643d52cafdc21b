package isogloss

import (
	"context"
	"errors"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What a server may ask of a client, in either era, and who answers: the functions
// of its options, before them what a client always does, and after them its handler.

// Accept is the answer of a user who filled in a form. The content is anything
// that encoding/json makes an object of: its members are texts, numbers, booleans
// or lists of texts.
func Accept(content any) (*protocol.ElicitResult, error) {
	raw, err := wire.RawOf(content)
	if err != nil {
		return nil, encodeError("the answer to a form", err)
	}
	answer := objectOf(wire.Extra{{Name: "action", Value: wire.Raw(`"accept"`)}, {Name: "content", Value: raw}})
	var result protocol.ElicitResult
	if err := protocol.Decode(protocol.Latest, answer, &result); err != nil {
		return nil, encodeError("the answer to a form", err)
	}
	return &result, nil
}

// answering is what answers a server.
type answering struct {
	// The program's, or one that refuses everything.
	protocol.ClientHandler[*Client]
	options *ClientOptions
}

func (o *ClientOptions) answering() answering {
	if o.Handler == nil {
		return answering{protocol.UnimplementedClient[*Client]{}, o}
	}
	return answering{o.Handler, o}
}

// canAnswer reports whether somebody answers questions.
func (o *ClientOptions) canAnswer() bool {
	return o.Handler != nil || o.OnElicit != nil || o.OnElicitURL != nil || o.OnSample != nil || o.OnRoots != nil
}

// declare has the capabilities say what there is a function for.
func (o *ClientOptions) declare() {
	can := &o.Capabilities
	if o.OnElicit != nil || o.OnElicitURL != nil {
		var elicitation protocol.ElicitationCapability
		if can.Elicitation != nil {
			elicitation = *can.Elicitation
		}
		if o.OnElicit != nil && elicitation.Form == nil {
			elicitation.Form = wire.Raw("{}")
		}
		if o.OnElicitURL != nil && elicitation.URL == nil {
			elicitation.URL = wire.Raw("{}")
		}
		can.Elicitation = &elicitation
	}
	if o.OnSample != nil && can.Sampling == nil {
		can.Sampling = &protocol.SamplingCapability{}
	}
	if o.OnRoots != nil && can.Roots == nil {
		can.Roots = &protocol.RootsCapability{}
	}
	o.declareTasks()
}

// Elicit puts a question to the user.
func (a answering) Elicit(ctx context.Context, c *Client, params protocol.ElicitRequestParams) (*protocol.ElicitResult, error) {
	result, err := answered(a.elicit(ctx, c, params))
	switch {
	case errors.Is(err, ErrDeclined):
		return &protocol.ElicitResult{Action: protocol.ElicitResultActionDecline}, nil
	case errors.Is(err, ErrDismissed):
		return &protocol.ElicitResult{Action: protocol.ElicitResultActionCancel}, nil
	case err != nil:
		return nil, err
	}
	if form, ok := params.(*protocol.ElicitRequestFormParams); ok && a.options.FillDefaults {
		return filledIn(&form.RequestedSchema, result), nil
	}
	return result, nil
}

func (a answering) elicit(ctx context.Context, c *Client, params protocol.ElicitRequestParams) (*protocol.ElicitResult, error) {
	switch asked := params.(type) {
	case *protocol.ElicitRequestFormParams:
		if a.options.OnElicit != nil {
			return a.options.OnElicit(ctx, asked)
		}
	case *protocol.ElicitRequestURLParams:
		if a.options.OnElicitURL != nil {
			return a.options.OnElicitURL(ctx, asked)
		}
	}
	return a.ClientHandler.Elicit(ctx, c, params)
}

// CreateMessage has the client's model answer.
func (a answering) CreateMessage(ctx context.Context, c *Client, params *protocol.CreateMessageRequestParams) (*protocol.CreateMessageResult, error) {
	if a.options.OnSample != nil {
		return answered(a.options.OnSample(ctx, params))
	}
	return answered(a.ClientHandler.CreateMessage(ctx, c, params))
}

// ListRoots tells which directories and files there are to work in.
func (a answering) ListRoots(ctx context.Context, c *Client, params *protocol.ListRootsRequestParams) (*protocol.ListRootsResult, error) {
	if a.options.OnRoots == nil {
		return answered(a.ClientHandler.ListRoots(ctx, c, params))
	}
	roots, err := a.options.OnRoots(ctx)
	return &protocol.ListRootsResult{Roots: roots}, err
}

// answered keeps an answer that is none from being taken for one.
func answered[T any](answer *T, err error) (*T, error) {
	if answer == nil && err == nil {
		return nil, errors.New("the program answered with neither a result nor an error")
	}
	return answer, err
}

// Ping is answered.
func (answering) Ping(context.Context, *Client, *protocol.RequestParams) (*protocol.EmptyResult, error) {
	return &protocol.EmptyResult{}, nil
}

// filledIn is an answer with the defaults of the fields that it leaves out, if it
// was accepted.
// https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#requested-schema
func filledIn(form *protocol.ElicitSchema, answer *protocol.ElicitResult) *protocol.ElicitResult {
	if answer.Action != protocol.ElicitResultActionAccept {
		return answer
	}
	full := *answer
	full.Content = append(wire.Map[protocol.ElicitValue]{}, answer.Content...)
	for _, field := range form.Properties {
		if _, there := full.Content.Get(field.Name); there {
			continue
		}
		if value := defaultOf(field.Value); value != nil {
			full.Content.Set(field.Name, value)
		}
	}
	return &full
}

// defaultOf is what a field begins with; nil if it begins empty.
func defaultOf(field protocol.PrimitiveSchemaDefinition) protocol.ElicitValue {
	var text *string
	var texts []string
	switch field := field.(type) {
	case *protocol.StringSchema:
		text = field.Default
	case *protocol.UntitledSingleSelectEnumSchema:
		text = field.Default
	case *protocol.TitledSingleSelectEnumSchema:
		text = field.Default
	case *protocol.LegacyTitledEnumSchema:
		text = field.Default
	case *protocol.UntitledMultiSelectEnumSchema:
		texts = field.Default
	case *protocol.TitledMultiSelectEnumSchema:
		texts = field.Default
	case *protocol.BooleanSchema:
		if field.Default != nil {
			return protocol.ElicitValueBoolean(*field.Default)
		}
	case *protocol.NumberSchema:
		if field.Default != nil {
			return defaultNumber(*field.Default, field.Type)
		}
	}
	switch {
	case text != nil:
		return protocol.ElicitValueString(*text)
	case texts != nil:
		return protocol.ElicitValueStrings(texts)
	}
	return nil
}

// defaultNumber is a number as its field wants it: 30, and not 30.0, for an integer.
func defaultNumber(value float64, kind protocol.NumberSchemaType) protocol.ElicitValue {
	const exact = 1 << 53 // up to where every reader holds integers exactly
	if whole := int64(value); kind == protocol.NumberSchemaTypeInteger && float64(whole) == value && -exact < whole && whole < exact {
		return protocol.ElicitValueInteger(whole)
	}
	return protocol.ElicitValueNumber(value)
}
