package isogloss

import (
	"bytes"
	"log/slog"
	"net/http"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What headers repeat of a modern message, so that gateways can route it without
// reading it: its revision, method and name, and those arguments of a tool that its
// definition marks.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata

// mirrors are the arguments that headers repeat, of those tools that mark any.
type mirrors struct {
	mu    sync.RWMutex
	tools map[string][]mirrored
}

func (m *mirrors) of(tool string) []mirrored {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.tools[tool]
}

// put adds what the header of a message says.
func (m *mirrors) put(header http.Header, o *outgoing, params wire.Raw) {
	header[headerRevision] = []string{o.rev.String()}
	header[headerMethod] = []string{encodeHeader(o.method.Name)}
	if o.method.NameHeader == "" {
		return
	}
	raw, _ := params.Get(o.method.NameHeader)
	name, ok := raw.Text()
	if !ok {
		return
	}
	header[headerName] = []string{encodeHeader(name)}
	if o.method.Name != protocol.MethodCallTool {
		return
	}
	marked := m.of(name)
	if len(marked) == 0 {
		return
	}
	arguments, _ := params.Get("arguments")
	for _, one := range marked {
		if value, ok := one.value(arguments); ok {
			header[one.header] = []string{encodeHeader(value)}
		}
	}
}

// learn learns from a page of a list of tools. It returns the page without those
// tools that mark their arguments wrongly: they cannot be called as they want to be.
func (m *mirrors) learn(page wire.Raw, log *slog.Logger) wire.Raw {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Most servers mark nothing: their lists are looked into no further.
	if len(m.tools) == 0 && !bytes.Contains(page, []byte(`"`+mirrorKeyword+`"`)) {
		return page
	}
	listed, _ := page.Get("tools")
	tools, err := wire.Decode(listed, wire.Always, rawItems)
	if err != nil {
		return page // for whoever decodes it
	}
	var kept []wire.Raw
	for _, tool := range tools {
		if m.takes(tool, log) {
			kept = append(kept, tool)
		}
	}
	if len(kept) == len(tools) {
		return page
	}
	return withTools(page, kept)
}

// takes learns from the definition of a tool. It is called with mu held.
func (m *mirrors) takes(tool wire.Raw, log *slog.Logger) bool {
	raw, _ := tool.Get("name")
	name, ok := raw.Text()
	if !ok {
		return true // what is no tool is for whoever decodes it
	}
	delete(m.tools, name)
	schema, _ := tool.Get("inputSchema")
	marked, err := mirroredIn(schema)
	if err != nil {
		log.Warn("left out a tool", "tool", name, "why", err)
		return false
	}
	if len(marked) > 0 {
		if m.tools == nil {
			m.tools = map[string][]mirrored{}
		}
		m.tools[name] = marked
	}
	return true
}

// withTools is a page with other tools.
func withTools(page wire.Raw, tools []wire.Raw) wire.Raw {
	members, err := wire.Decode(page, wire.Always, rawMembers)
	if err != nil {
		return page
	}
	members.Set("tools", appendList(nil, tools))
	text := wire.Raw{'{'}
	for i, member := range members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(wire.AppendString(text, member.Name), ':'), member.Value...)
	}
	return append(text, '}')
}

func appendList(dst wire.Raw, items []wire.Raw) wire.Raw {
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, item...)
	}
	return append(dst, ']')
}
