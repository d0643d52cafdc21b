package isogloss

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Headers held to the message that they repeat: gateways route by the headers,
// servers act by the body, and nobody may tell the two different things.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation

// agree holds the headers of a modern request to its body.
func (h *httpService) agree(r *http.Request, rev protocol.Revision, m message) *Error {
	if wrong := complete(m.params); wrong != nil {
		return wrong
	}
	if wrong := repeatsMethod(r, m.method); wrong != nil {
		return wrong
	}
	method := protocol.FindMethod(m.method, rev)
	if method == nil || method.NameHeader == "" {
		return nil
	}
	raw, _ := m.params.Get(method.NameHeader)
	name, isText := raw.Text()
	if !isText {
		return nil // the method itself refuses it
	}
	if wrong := repeats(r, headerName, name); wrong != nil {
		return wrong
	}
	if m.method != protocol.MethodCallTool {
		return nil
	}
	return repeatsArguments(r, h.server.mirrored(name), m.params)
}

// mirrored are the arguments of a tool that headers repeat.
func (s *Server) mirrored(tool string) []mirrored {
	if found, ok := lookUp(&s.registry, &s.registry.tools, tool); ok {
		return found.mirrored
	}
	return nil
}

// complete looks for what every modern request has to say.
func complete(params wire.Raw) *Error {
	missing := func(what string) *Error {
		return ProtocolError(CodeInvalidParams, "params._meta"+what+": required member is missing")
	}
	meta, _ := params.Get("_meta")
	if meta.Kind() != wire.KindObject {
		return missing("")
	}
	named, _ := meta.Get(protocolVersionKey)
	if named.Kind() != wire.KindString {
		return missing("." + protocolVersionKey)
	}
	if _, ok := meta.Get(clientCapabilitiesKey); !ok {
		return missing("." + clientCapabilitiesKey)
	}
	return nil
}

// repeatsMethod holds the method to what the body says. It is a name of the
// protocol's, and so never encoded.
func repeatsMethod(r *http.Request, said string) *Error {
	value, err := single(r, headerMethod)
	switch {
	case err != nil:
		return mismatch(err.Error())
	case value == said:
		return nil
	case value == "" && r.Header[headerMethod] == nil:
		return absent(headerMethod)
	case strings.Trim(value, " \t") == said:
		return nil
	}
	return differs(headerMethod, value, said)
}

// repeats holds a header to what the body says.
func repeats(r *http.Request, header, said string) *Error {
	found, there, wrong := decoded(r, header)
	switch {
	case wrong != nil:
		return wrong
	case !there:
		return absent(header)
	case found != said:
		return differs(header, found, said)
	}
	return nil
}

// repeatsArguments holds the headers that repeat arguments to them.
func repeatsArguments(r *http.Request, all []mirrored, params wire.Raw) *Error {
	if len(all) == 0 {
		return nil
	}
	arguments, _ := params.Get("arguments")
	for i := range all {
		one := &all[i]
		value, given := one.value(arguments)
		found, there, wrong := decoded(r, one.header)
		switch {
		case wrong != nil:
			return wrong
		case given && !there:
			return absent(one.header)
		case there && !given:
			return mismatch(fmt.Sprintf("%s is %q, and the body has no %s", one.header, found, one.shown()))
		case there && !one.agrees(found, value):
			return differs(one.header, found, value)
		}
	}
	return nil
}

// decoded is the text that a header stands for which may be there once.
func decoded(r *http.Request, header string) (text string, there bool, wrong *Error) {
	value, err := single(r, header)
	if err != nil {
		return "", false, mismatch(err.Error())
	}
	if _, there = r.Header[header]; !there {
		return "", false, nil
	}
	if text, err = decodeHeader(value); err != nil {
		return "", true, mismatch(header + ": " + err.Error())
	}
	return text, true, nil
}

// single returns the value of a header that may be there once; empty without one.
func single(r *http.Request, header string) (string, error) {
	switch all := r.Header[header]; len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	}
	return "", fmt.Errorf("%s is there more than once", header)
}

func mismatch(what string) *Error { return ProtocolError(CodeHeaderMismatch, "header mismatch: "+what) }

func absent(header string) *Error { return mismatch(header + ": required header is missing") }

func differs(header, found, said string) *Error {
	return mismatch(fmt.Sprintf("%s is %q, and the body says %q", header, found, said))
}
