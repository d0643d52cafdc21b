package isogloss

import "github.com/isogloss-mcp/isogloss/bindings/go/protocol"

// What middleware that observes requests wants to know of one, besides what its
// handler is told.

// OverHTTP reports whether the request came over HTTP, where each brings its own way
// back.
func (c *Context) OverHTTP() bool { return c.session.transport == nil }

// Target is the name of the tool or the prompt that is asked for, empty for other
// methods; and whether the server has one of that name, for a client may invent any.
func (c *Context) Target() (name string, offered bool) {
	on, ok := c.session.handler.(*connection)
	if !ok {
		return "", false
	}
	raw, _ := c.request.params.Get("name")
	name, _ = raw.Text()
	switch r := &on.server.registry; c.request.method {
	case protocol.MethodCallTool:
		_, offered = lookUp(r, &r.tools, name)
	case protocol.MethodGetPrompt:
		_, offered = lookUp(r, &r.prompts, name)
	default:
		return "", false
	}
	return name, offered
}

// Told is what the client is told of an error of the request's handler: its code, and
// words that give nothing away.
func (c *Context) Told(err error) *Error { return answerable(c.request.method, err) }
