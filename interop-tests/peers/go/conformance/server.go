// Package conformance is the fixture of the official conformance suite: the tools,
// resources and prompts that its scenarios call by name, written as a user of the
// SDK would. What each is for: the suite's scenario of about the same name.
package conformance

import (
	"context"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// NewServer returns the fixture.
func NewServer() *isogloss.Server {
	s := isogloss.New("isogloss-go-conformance", "0.1.0")
	// The suite also calls the first tool that is listed without arguments: one of
	// these can be.
	offerContent(s)
	offerStreaming(s)
	offerQuestions(s)
	offerRounds(s)
	offerStateless(s)
	offerTasks(s)
	offerResources(s)
	offerPrompts(s)
	return s
}

// none are the arguments of what takes none.
type none struct{}

// content is what most tools give.
type content = []protocol.ContentBlock

// plainly adds a tool without arguments.
func plainly(s *isogloss.Server, name, doc string, run func(context.Context) (content, error)) {
	isogloss.Tool(s, name, doc, func(ctx context.Context, _ none) (content, error) { return run(ctx) })
}
