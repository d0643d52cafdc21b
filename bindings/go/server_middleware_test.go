package isogloss_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

func TestMiddlewareStandsAroundEveryRequestTheFirstOutermost(t *testing.T) {
	s := weather()
	var seen []string
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			seen = append(seen, c.Method())
			switch c.Method() {
			case "prompts/list":
				return nil, isogloss.ProtocolError(-32099, "no prompts today")
			case "resources/list":
				return &protocol.ListResourcesResult{Resources: []protocol.Resource{}}, nil
			case "shop/own":
				return &protocol.Result{Extra: wire.Extra{{Name: "own", Value: c.Params()}}}, nil
			}
			return next(ctx, c)
		}
	})
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			result, err := next(ctx, c)
			if called, ok := result.(*protocol.CallToolResult); ok {
				called.Extra.Set("seen", wire.Raw("true"))
			}
			return result, err
		}
	})
	c := rawTo(t, s, "{}")
	if got := c.message("tools/call", `"name":"count"`); !strings.Contains(got, `"structuredContent":{"result":7},"seen":true}`) {
		t.Errorf("got %s", got)
	}
	c.fails(-32099, "no prompts today", "prompts/list")
	c.lists("resources/list")
	if got := c.message("shop/own"); !strings.Contains(got, `"own":{"_meta":`) {
		t.Errorf("got %s", got)
	}
	c.fails(-32601, "method not found: shop/other", "shop/other")

	h := serve(t, s)
	body, headers := modernly("tools/call", "count", "")
	if got := h.body(h.send("POST", body, headers...)); !strings.Contains(got, `"seen":true`) {
		t.Errorf("got %s", got)
	}
	legacy := connect(t, s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly})
	result, err := legacy.CallTool(t.Context(), "count", nil, nil)
	if seen, _ := result.Extra.Get("seen"); err != nil || string(seen) != "true" {
		t.Errorf("got %+v, %v", result, err)
	}
	want := []string{"tools/call", "prompts/list", "resources/list", "shop/own", "shop/other", "tools/call", "tools/call"}
	if !slices.Equal(seen, want) {
		t.Errorf("got %q", seen)
	}
}

func TestResultOfMiddlewareIsHeldToTheProtocolAndNextIsCalledOnce(t *testing.T) {
	s := weather()
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			switch c.Method() {
			case "tools/list":
				return &protocol.ListToolsResult{Tools: []protocol.Tool{{Name: "wrong", Meta: protocol.MetaObject("{")}}}, nil
			case "prompts/list":
				return nil, nil
			}
			if _, err := next(ctx, c); err != nil {
				return nil, err
			}
			return next(ctx, c)
		}
	})
	c := rawTo(t, s, "{}")
	for _, method := range []string{"tools/list", "prompts/list", "resources/list"} {
		c.fails(-32603, "internal error", method)
	}
}

func TestMiddlewareSeesQuestionsAsTheResultThatTheyAre(t *testing.T) {
	s := asking(nil, nil)
	asked := 0
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler {
		return func(ctx context.Context, c *isogloss.Context) (protocol.Encodable, error) {
			result, err := next(ctx, c)
			if _, asks := result.(*protocol.InputRequiredResult); asks {
				asked++
			}
			return result, err
		}
	})
	c := rawTo(t, s, everything)
	first := c.call("hello")
	same(t, first.text(), "input_required")
	same(t, c.call("hello", answers(yes("who", `{"name":"Zoë","age":7}`)), state(first)).text(), `{"result":"Zoë is 7"}`)
	if asked != 1 {
		t.Errorf("%d results were questions", asked)
	}
}
