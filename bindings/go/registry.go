package isogloss

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What a server offers, in the order in which it was added. Lists go out by
// pages with an opaque cursor.

type tool struct {
	definition protocol.Tool
	run        func(ctx context.Context, arguments wire.Raw) (*protocol.CallToolResult, error)
	// refuse is the result for arguments that run would not take, nil if it would.
	refuse func(ctx context.Context, arguments wire.Raw) *protocol.CallToolResult
	// mirrored are the arguments that HTTP repeats in headers.
	mirrored []mirroredArgument
}

type resource struct {
	definition protocol.Resource
	read       func(ctx context.Context, uri string, variables map[string]string) ([]protocol.AnyResourceContents, error)
}

type template struct {
	definition protocol.ResourceTemplate
	matcher    *matcher
	read       func(ctx context.Context, uri string, variables map[string]string) ([]protocol.AnyResourceContents, error)
}

type prompt struct {
	definition protocol.Prompt
	get        func(ctx context.Context, arguments map[string]string) (*protocol.GetPromptResult, error)
}

// Completer suggests values for an argument that begins as value does. Others
// are the arguments that were given already.
type Completer func(ctx context.Context, value string, others map[string]string) ([]string, error)

// argument is one of a prompt or a resource template.
type argument struct{ owner, name string }

// registry is safe for use by several goroutines.
type registry struct {
	mu         sync.RWMutex
	tools      shelf[tool]
	resources  shelf[resource]
	templates  shelf[template]
	prompts    shelf[prompt]
	completers map[argument]Completer
}

// shelf keeps things by name, in order.
type shelf[T any] struct {
	list []*T
	at   map[string]int
}

// put adds a thing, or takes the place of the one of that name.
func (s *shelf[T]) put(name string, thing *T) {
	if i, ok := s.at[name]; ok {
		s.list[i] = thing
		return
	}
	if s.at == nil {
		s.at = map[string]int{}
	}
	s.at[name] = len(s.list)
	s.list = append(s.list, thing)
}

func (s *shelf[T]) get(name string) *T {
	if i, ok := s.at[name]; ok {
		return s.list[i]
	}
	return nil
}

// page returns a part of the list and the cursor of the next one, nil after the
// last.
func (s *shelf[T]) page(cursor *string, size int) ([]*T, *string, error) {
	from := 0
	if cursor != nil {
		text, err := base64.RawURLEncoding.DecodeString(*cursor)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from <= 0 || from > len(s.list) {
			return nil, nil, ProtocolError(CodeInvalidParams, "params.cursor: not a cursor of this list")
		}
	}
	to := min(from+size, len(s.list))
	if to == len(s.list) {
		return s.list[from:to], nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	return s.list[from:to], &next, nil
}

// matcher finds the variables of a URI template in a URI: {name} stands for one
// segment, {+name} for anything.
type matcher struct {
	pattern *regexp.Regexp
	names   []string
}

var variable = regexp.MustCompile(`\{(\+?)([A-Za-z_][A-Za-z0-9_]*)\}`)

func newMatcher(template string) (*matcher, error) {
	m := &matcher{}
	var pattern strings.Builder
	pattern.WriteString("^")
	rest := 0
	for _, at := range variable.FindAllStringSubmatchIndex(template, -1) {
		pattern.WriteString(regexp.QuoteMeta(template[rest:at[0]]))
		if at[2] < at[3] {
			pattern.WriteString("(.+)")
		} else {
			pattern.WriteString("([^/?#]+)")
		}
		m.names = append(m.names, template[at[4]:at[5]])
		rest = at[1]
	}
	if strings.ContainsAny(template[rest:], "{}") {
		return nil, fmt.Errorf("%s: only {name} and {+name} are understood", template)
	}
	pattern.WriteString(regexp.QuoteMeta(template[rest:]) + "$")
	var err error
	m.pattern, err = regexp.Compile(pattern.String())
	return m, err
}

// match returns the variables, percent-decoded.
func (m *matcher) match(uri string) (map[string]string, bool) {
	found := m.pattern.FindStringSubmatch(uri)
	if found == nil {
		return nil, false
	}
	variables := make(map[string]string, len(m.names))
	for i, name := range m.names {
		text, err := url.PathUnescape(found[i+1])
		if err != nil {
			return nil, false
		}
		variables[name] = text
	}
	return variables, true
}

// find returns what reads a resource, nil if nothing does.
func (r *registry) find(uri string) func(context.Context) ([]protocol.AnyResourceContents, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if found := r.resources.get(uri); found != nil {
		return func(ctx context.Context) ([]protocol.AnyResourceContents, error) { return found.read(ctx, uri, nil) }
	}
	for _, candidate := range r.templates.list {
		if variables, ok := candidate.matcher.match(uri); ok {
			return func(ctx context.Context) ([]protocol.AnyResourceContents, error) {
				return candidate.read(ctx, uri, variables)
			}
		}
	}
	return nil
}
