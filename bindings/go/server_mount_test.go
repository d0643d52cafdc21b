package isogloss_test

import (
	"context"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// shop is a server to be mounted.
func shop() *isogloss.Server {
	s := isogloss.New("shop", "1")
	type item struct {
		ID string `json:"id"`
	}
	isogloss.Tool(s, "buy", "", func(_ context.Context, in item) (string, error) { return "bought " + in.ID, nil })
	isogloss.ToolWith(s, "steal", "", &isogloss.ToolOptions{Tags: []string{"crime"}}, nothing)
	isogloss.Resource(s, "text://terms", "", func(context.Context, none) (string, error) { return "terms", nil })
	isogloss.Resource(s, "off://x", "", nothing)
	isogloss.Resource(s, "item://{id}", "", func(_ context.Context, p item) ([]protocol.AnyResourceContents, error) {
		return []protocol.AnyResourceContents{
			isogloss.TextContents("item://"+p.ID, "text/plain", p.ID),
			isogloss.BlobContents("https://example.com", "x/y", []byte{0}),
		}, nil
	})
	isogloss.Prompt(s, "order", "", func(_ context.Context, p item) (string, error) { return "Order " + p.ID, nil })
	complete := func(_ context.Context, value string, _ map[string]string) ([]string, error) {
		return []string{value + "1"}, nil
	}
	s.CompletePrompt("order", "id", complete)
	s.CompleteResource("item://{id}", "id", complete)
	s.EnableResource("off://x", false)
	return s
}

func TestServerIsMountedInAnotherUnderANamespace(t *testing.T) {
	mall := isogloss.NewServer(protocol.Implementation{Name: "mall", Version: "1"}, &isogloss.ServerOptions{
		Policy: func(_ context.Context, item isogloss.Item) isogloss.Access {
			if item.HasTag("crime") {
				return isogloss.Refuse("not in the mall")
			}
			return isogloss.Allow
		},
	})
	isogloss.Tool(mall, "own", "", nothing)
	inner := shop()
	mall.Mount("shop", inner)
	c := rawTo(t, mall, "{}")
	c.lists("tools/list", "own", "shop_buy", "shop_steal")
	c.lists("prompts/list", "shop_order")
	c.lists("resources/list", "text://shop/terms")
	c.lists("resources/templates/list", "item://shop/{id}")
	same(t, c.call("shop_buy", `"arguments":{"id":"tea"}`).text(), `{"result":"bought tea"}`)
	c.fails(-32602, "not in the mall", "tools/call", `"name":"shop_steal"`)
	same(t, c.ask("prompts/get", `"name":"shop_order","arguments":{"id":"tea"}`).text(), "Order tea")
	for uri, want := range map[string]string{
		"text://shop/terms":   `"contents":[{"mimeType":"text/plain","text":"terms","uri":"text://shop/terms"}]`,
		"item://shop/tea":     `"contents":[{"mimeType":"text/plain","text":"tea","uri":"item://shop/tea"},{"blob":"AA==","mimeType":"x/y","uri":"https://example.com"}]`,
		"item://shop/%C3%BC1": `"contents":[{"mimeType":"text/plain","text":"ü1","uri":"item://ü1"},`,
	} {
		if got := c.message("resources/read", `"uri":"`+uri+`"`); !strings.Contains(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for _, ref := range []string{`"type":"ref/prompt","name":"shop_order"`, `"type":"ref/resource","uri":"item://shop/{id}"`} {
		got := c.message("completion/complete", `"ref":{`+ref+`},"argument":{"name":"id","value":"x"}`)
		if !strings.Contains(got, `"values":["x1"]`) {
			t.Errorf("got %s", got)
		}
	}
	// Each is switched for itself from then on.
	inner.EnableTool("buy", false)
	isogloss.Tool(inner, "later", "", nothing)
	mall.EnableTool("shop_steal", false)
	c.lists("tools/list", "own", "shop_buy")
	rawTo(t, inner, "{}").lists("tools/list", "steal", "later")
}

func TestNamesThatCollideAreRefusedAndNothingIsTakenOver(t *testing.T) {
	mall := isogloss.New("mall", "1")
	isogloss.Tool(mall, "shop_steal", "", nothing)
	c := rawTo(t, mall, "{}")
	c.lists("tools/list", "shop_steal") // it serves already
	mall.Mount("shop", shop())
	c.lists("tools/list", "shop_steal")
	check(t, mall.Err(), `server "shop": tool "shop_steal": there is one already`)
	mall.Mount("", shop())
	c.lists("tools/list", "shop_steal", "buy", "steal")
	c.lists("resources/templates/list", "item://{id}")
	same(t, c.ask("resources/read", `"uri":"text://terms"`).text(), "terms")
}

func TestWhatIsWrongWithAMountedServerIsWrongWithTheOther(t *testing.T) {
	inner := shop()
	isogloss.Tool(inner, "", "", nothing)
	mall := isogloss.New("mall", "1")
	mall.Mount("shop", inner)
	mall.Mount("{x}", shop())
	_, err := isogloss.Connect(t.Context(), mall, nil)
	check(t, err, "server \"shop\": tool \"\": it needs a name\nserver \"{x}\": resource template \"item://{x}/{id}\": a namespace has no variables")
}

func TestWhatIsMountedTakesArgumentsByTheRulesOfTheServerThatAnswers(t *testing.T) {
	rules := func(coercion isogloss.Coercion) *isogloss.Server {
		return isogloss.NewServer(protocol.Implementation{Name: "any", Version: "1"}, &isogloss.ServerOptions{Coercion: coercion})
	}
	for _, c := range []struct {
		outer, inner isogloss.Coercion
		want         string
	}{
		{isogloss.CoercionOn, isogloss.CoercionOff, `{"result":8}`},
		{isogloss.CoercionOff, isogloss.CoercionOn, "n: expected integer, found string"},
	} {
		inner := rules(c.inner)
		isogloss.Tool(inner, "double", "", func(_ context.Context, in struct {
			N int `json:"n"`
		}) (int, error) {
			return 2 * in.N, nil
		})
		outer := rules(c.outer)
		outer.Mount("", inner)
		same(t, rawTo(t, outer, "{}").call("double", `"arguments":{"n":"4"}`).text(), c.want)
	}
}
