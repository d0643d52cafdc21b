package isogloss_test

import (
	"context"
	"slices"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

func secretive(policy isogloss.Policy, pageSize int) *isogloss.Server {
	return isogloss.NewServer(protocol.Implementation{Name: "guarded", Version: "1"}, &isogloss.ServerOptions{Policy: policy, PageSize: pageSize})
}

// rawAs connects as somebody of whom something is known.
func rawAs(t *testing.T, s *isogloss.Server, claims *isogloss.Claims) *rawClient {
	here, there := isogloss.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Serve(isogloss.WithClaims(context.Background(), claims), there) }()
	t.Cleanup(func() {
		_ = here.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &rawClient{t, here, `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`}
}

func TestPolicyDecidesWhoSeesAndUsesWhat(t *testing.T) {
	s := secretive(func(_ context.Context, item isogloss.Item) isogloss.Access {
		switch {
		case item.Annotations != nil && *item.Annotations.DestructiveHint:
			return isogloss.Refuse("not on Sundays")
		case item.Kind == isogloss.ItemPrompt || item.HasTag("secret"):
			return isogloss.Hide
		}
		return isogloss.Allow
	}, 2)
	isogloss.Tool(s, "a", "", nothing)
	isogloss.ToolWith(s, "secret", "", &isogloss.ToolOptions{Tags: []string{"secret"}}, nothing)
	isogloss.Tool(s, "b", "", nothing)
	isogloss.ToolWith(s, "wipe", "", &isogloss.ToolOptions{Annotations: &protocol.ToolAnnotations{DestructiveHint: wire.Ptr(true)}}, nothing)
	isogloss.ToolWith(s, "scoped", "", &isogloss.ToolOptions{Scopes: []string{"files:write"}}, nothing)
	isogloss.Prompt(s, "secret", "", nothing)
	c := rawTo(t, s, "{}")
	first, cursor := c.listed("tools/list")
	rest, end := c.listed("tools/list", `"cursor":"`+cursor+`"`)
	if !slices.Equal(first, []string{"a", "b"}) || !slices.Equal(rest, []string{"wipe", "scoped"}) || end != "" {
		t.Errorf("got %q, %q, %q", first, rest, end)
	}
	c.lists("prompts/list")
	for _, method := range []string{"tools/list", "server/discover"} {
		if got := c.field(method, "cacheScope"); got != `"private"` {
			t.Errorf("%s: another may see something else, and got %s", method, got)
		}
	}
	c.fails(-32602, "unknown tool: secret", "tools/call", `"name":"secret"`)
	c.fails(-32602, "not on Sundays", "tools/call", `"name":"wipe"`)
	c.fails(-32600, "this needs an access token with the scopes: files:write", "tools/call", `"name":"scoped"`)
	c.fails(-32602, "unknown prompt: secret", "prompts/get", `"name":"secret"`)
	same(t, c.call("a").text(), `{"result":""}`)
}

// field is a member of a result, as it came.
func (c *rawClient) field(method, name string) string {
	c.t.Helper()
	raw, _ := wire.Raw(c.message(method)).Get("result", name)
	return string(raw)
}

func TestClaimsDecide(t *testing.T) {
	s := secretive(func(ctx context.Context, item isogloss.Item) isogloss.Access {
		if item.HasTag("owner") && isogloss.FromContext(ctx).Claims().Subject != "ann" {
			return isogloss.Hide
		}
		return isogloss.Allow
	}, 0)
	isogloss.ToolWith(s, "open", "", &isogloss.ToolOptions{Tags: []string{"owner"}}, nothing)
	isogloss.ToolWith(s, "light", "", &isogloss.ToolOptions{Scopes: []string{"light", "power"}}, nothing)
	ann := rawAs(t, s, &isogloss.Claims{Subject: "ann", Scopes: []string{"light"}})
	bob := rawAs(t, s, &isogloss.Claims{Subject: "bob", Scopes: []string{"power", "light"}})
	ann.lists("tools/list", "open", "light")
	bob.lists("tools/list", "light")
	same(t, ann.call("open").text(), `{"result":""}`)
	bob.fails(-32602, "unknown tool: open", "tools/call", `"name":"open"`)
	same(t, bob.call("light").text(), `{"result":""}`)
	ann.fails(-32600, "this needs an access token with the scopes: light power", "tools/call", `"name":"light"`)
}

func TestNothingOfWhatAPolicyRefusesRuns(t *testing.T) {
	for _, access := range []isogloss.Access{isogloss.Hide, isogloss.Refuse("no"), {}} {
		s := secretive(func(context.Context, isogloss.Item) isogloss.Access { return access }, 0)
		run := func() string {
			t.Errorf("it ran, although the policy said %v", access)
			return ""
		}
		type id struct {
			ID string `json:"id"`
		}
		isogloss.Tool(s, "open", "", func(context.Context, none) (string, error) { return run(), nil })
		isogloss.Resource(s, "vault://all", "", func(context.Context, none) (string, error) { return run(), nil })
		isogloss.Resource(s, "vault://{id}/one", "", func(context.Context, id) (string, error) { return run(), nil })
		isogloss.Prompt(s, "ask", "", func(context.Context, id) (string, error) { return run(), nil })
		complete := func(context.Context, string, map[string]string) ([]string, error) { return []string{run()}, nil }
		s.CompletePrompt("ask", "id", complete)
		s.CompleteResource("vault://{id}/one", "id", complete)
		c := rawTo(t, s, "{}")
		for _, request := range [][2]string{
			{"tools/call", `"name":"open"`},
			{"resources/read", `"uri":"vault://all"`},
			{"resources/read", `"uri":"vault://1/one"`},
			{"prompts/get", `"name":"ask","arguments":{"id":"1"}`},
			{"completion/complete", `"ref":{"type":"ref/prompt","name":"ask"},"argument":{"name":"id","value":""}`},
			{"completion/complete", `"ref":{"type":"ref/resource","uri":"vault://{id}/one"},"argument":{"name":"id","value":""}`},
			{"completion/complete", `"ref":{"type":"ref/resource","uri":"vault://all"},"argument":{"name":"id","value":""}`},
		} {
			if a := c.ask(request[0], request[1]); a.Error == nil || a.Error.Code != -32602 {
				t.Errorf("%s %s: got %+v", request[0], request[1], a)
			}
		}
	}
}

func TestAnotherResourceStandsInForOneThatIsHidden(t *testing.T) {
	s := secretive(func(_ context.Context, item isogloss.Item) isogloss.Access {
		if item.HasTag("secret") {
			return isogloss.Hide
		}
		return isogloss.Allow
	}, 0)
	type id struct {
		ID string `json:"id"`
	}
	secret := &isogloss.ResourceOptions{Tags: []string{"secret"}}
	isogloss.ResourceWith(s, "text://a", "", secret, func(context.Context, none) (string, error) { return "exactly", nil })
	isogloss.ResourceWith(s, "text://{id}", "", secret, func(_ context.Context, p id) (string, error) { return "secret " + p.ID, nil })
	isogloss.Resource(s, "text://{+id}", "", func(_ context.Context, p id) (string, error) { return "open " + p.ID, nil })
	c := rawTo(t, s, "{}")
	same(t, c.ask("resources/read", `"uri":"text://a"`).text(), "open a")
	c.lists("resources/list")
	c.lists("resources/templates/list", "text://{+id}")
}
