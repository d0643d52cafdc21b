package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestMiddlewareLearnsWhatIsAskedForAndWhatTheClientIsTold(t *testing.T) {
	s := weather()
	isogloss.Tool(s, "scoped", "", func(context.Context, struct{}) (string, error) {
		return "", &isogloss.InsufficientScope{Scopes: []string{"a", "b"}}
	})
	isogloss.Prompt(s, "greet", "", func(context.Context, struct{}) (string, error) { return "", errors.New("a secret") })
	var seen []string
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			name, isOffered := c.Target()
			result, err := next(ctx, c)
			line := fmt.Sprintf("%s %q %t %t", c.Method(), name, isOffered, c.OverHTTP())
			if err != nil {
				line += " " + c.Told(err).Error()
			}
			seen = append(seen, line)
			return result, err
		}
	})
	c := rawTo(t, s, "{}")
	for _, ask := range [][]string{
		{"tools/call", `"name":"count"`},
		{"tools/call", `"name":"invented"`},
		{"tools/call"},
		{"tools/call", `"name":"scoped"`},
		{"prompts/get", `"name":"greet"`},
		{"tools/list", `"name":"count"`},
		{"shop/own"},
	} {
		c.message(ask[0], ask[1:]...)
	}
	h := serve(t, s)
	body, headers := modernly("tools/call", "count", "")
	h.body(h.send("POST", body, headers...))
	expected := []string{
		`tools/call "count" true false`,
		`tools/call "invented" false false unknown tool: invented (-32602)`,
		`tools/call "" false false params.name: required member is missing (-32602)`,
		`tools/call "scoped" true false this needs an access token with the scopes: a b (-32600)`,
		`prompts/get "greet" true false internal error (-32603)`,
		`tools/list "" false false`,
		`shop/own "" false false method not found: shop/own (-32601)`,
		`tools/call "count" true true`,
	}
	if !slices.Equal(seen, expected) {
		t.Errorf("got %q", seen)
	}
}
