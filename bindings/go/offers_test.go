package isogloss_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What a server offers, to whom, and what becomes of it while the server runs, as
// text on the wire.

type none = struct{}

func nothing(context.Context, none) (string, error) { return "", nil }

// message asks, and returns the whole answer.
func (c *rawClient) message(method string, more ...string) string {
	c.t.Helper()
	params := strings.Join(append([]string{c.meta}, more...), ",")
	c.send(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params + `}}`)
	text, err := c.transport.Receive()
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// listed are the names, or addresses, that a list shows, and its cursor.
func (c *rawClient) listed(method string, more ...string) (names []string, cursor string) {
	c.t.Helper()
	var a struct {
		Result map[string]json.RawMessage
		Error  json.RawMessage
	}
	if err := json.Unmarshal([]byte(c.message(method, more...)), &a); err != nil || a.Error != nil {
		c.t.Fatalf("%s: %s, %v", method, a.Error, err)
	}
	_ = json.Unmarshal(a.Result["nextCursor"], &cursor)
	for _, list := range []string{"tools", "resources", "resourceTemplates", "prompts"} {
		var items []struct{ Name, URI, URITemplate string }
		if raw, ok := a.Result[list]; ok && json.Unmarshal(raw, &items) == nil {
			for _, item := range items {
				names = append(names, cmp.Or(item.URI, item.URITemplate, item.Name))
			}
		}
	}
	return names, cursor
}

func (c *rawClient) lists(method string, want ...string) {
	c.t.Helper()
	if got, _ := c.listed(method); !slices.Equal(got, want) {
		c.t.Errorf("%s: got %q, want %q", method, got, want)
	}
}

// fails checks the error of a request.
func (c *rawClient) fails(code int, message, method string, more ...string) {
	c.t.Helper()
	a := c.ask(method, more...)
	if a.Error == nil || a.Error.Code != code || a.Error.Message != message {
		c.t.Errorf("%s %s: got %+v, want %d %s", method, more, a, code, message)
	}
}

func TestOfferSaysAllThatItWasTold(t *testing.T) {
	s := isogloss.New("shop", "1")
	isogloss.ToolWith(s, "buy", "Buys.", &isogloss.ToolOptions{
		Title:       "Buy",
		Annotations: &protocol.ToolAnnotations{DestructiveHint: wire.Ptr(true)},
		Icons:       []protocol.Icon{{Src: "https://example.com/buy.png"}},
		Meta:        protocol.MetaObject(`{"shop/aisle":7}`),
		Tags:        []string{"never told"},
	}, func(context.Context, none) (protocol.ContentBlock, error) { return isogloss.Text(""), nil })
	isogloss.ResourceWith(s, "text://terms", "The terms.", &isogloss.ResourceOptions{
		Name: "terms", Title: "Terms", MIMEType: "text/markdown", Size: 5,
		Annotations: &protocol.Annotations{Priority: wire.Ptr(1.0)}, Meta: protocol.MetaObject(`{"lang":"en"}`),
		CacheTTL: 5 * time.Second, CacheScope: protocol.CacheScopePublic,
	}, func(context.Context, none) (string, error) { return "terms", nil })
	isogloss.ResourceWith(s, "item://{id}", "", &isogloss.ResourceOptions{CacheTTL: time.Millisecond}, func(_ context.Context, p struct {
		ID string `json:"id"`
	}) (string, error) {
		return p.ID, nil
	})
	isogloss.PromptWith(s, "greet", "", &isogloss.PromptOptions{Title: "Greet", Meta: protocol.MetaObject(`{"kind":1}`)},
		func(context.Context, struct {
			Name string  `json:"name" title:"Name" doc:"Whom."`
			Mood *string `json:"mood"`
		}) (string, error) {
			return "hi", nil
		})
	c := rawTo(t, s, "{}")
	const head = `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"shop","version":"1"}},`
	before, rest, _ := strings.Cut(c.message("tools/list"), `"inputSchema":{`)
	_, after, _ := strings.Cut(rest, `},"name"`)
	same(t, before, head+`"cacheScope":"public","resultType":"complete","tools":[{"_meta":{"shop/aisle":7},`+
		`"annotations":{"destructiveHint":true},"description":"Buys.","icons":[{"src":"https://example.com/buy.png"}],`)
	same(t, after, `:"buy","title":"Buy"}],"ttlMs":60000}}`)
	same(t, c.message("resources/list"), head+`"cacheScope":"public","resources":[{"_meta":{"lang":"en"},"annotations":{"priority":1},`+
		`"description":"The terms.","mimeType":"text/markdown","name":"terms","size":5,"title":"Terms","uri":"text://terms"}],`+
		`"resultType":"complete","ttlMs":60000}}`)
	same(t, c.message("prompts/list"), head+`"cacheScope":"public","prompts":[{"_meta":{"kind":1},"arguments":[`+
		`{"description":"Whom.","name":"name","required":true,"title":"Name"},{"name":"mood","required":false}],"name":"greet","title":"Greet"}],`+
		`"resultType":"complete","ttlMs":60000}}`)
	same(t, c.message("resources/read", `"uri":"text://terms"`), head+
		`"cacheScope":"public","contents":[{"mimeType":"text/markdown","text":"terms","uri":"text://terms"}],"resultType":"complete","ttlMs":5000}}`)
	same(t, c.message("resources/read", `"uri":"item://1"`), head+
		`"cacheScope":"private","contents":[{"mimeType":"text/plain","text":"1","uri":"item://1"}],"resultType":"complete","ttlMs":1}}`)
}

func TestWhatCouldNotBeSentTakesDownNoList(t *testing.T) {
	var log bytes.Buffer
	s := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	isogloss.Tool(s, "a", "", nothing)
	c := rawTo(t, s, "{}")
	c.lists("tools/list", "a")
	isogloss.ToolWith(s, "b", "", &isogloss.ToolOptions{Meta: protocol.MetaObject(`{`)}, nothing)
	isogloss.Tool(s, "a", "", nothing)
	isogloss.Tool(s, "", "", nothing)
	isogloss.Resource(s, "x://{?q}", "", nothing)
	isogloss.Tool(s, "c", "", nothing)
	s.CompletePrompt("greet", "name", nil)
	s.Use(func(next isogloss.MethodHandler) isogloss.MethodHandler { return next })
	c.lists("tools/list", "a", "c")
	for _, want := range []string{
		`tool "b": _meta: invalid JSON`,
		`tool "a": there is one already`,
		`tool "": it needs a name`,
		`resource template "x://{?q}": only {name} and {+name} are understood`,
		`prompt "greet": nobody takes the argument "name" that is completed`,
		`middleware "Use": it has to be there before serving begins`,
	} {
		if !strings.Contains(s.Err().Error(), want) || !strings.Contains(log.String(), strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%v\nand %s\nlack %s", s.Err(), log.String(), want)
		}
	}
	// It goes on serving, to those who come later, too.
	rawTo(t, s, "{}").lists("tools/list", "a", "c")
	h := serve(t, s)
	body, headers := modernly("tools/list", "", "")
	if r := h.send("POST", body, headers...); r.StatusCode != 200 {
		t.Errorf("got %d %s", r.StatusCode, h.body(r))
	}
	for range 2 * protocol.MaxProblems {
		isogloss.Tool(s, "a", "", nothing)
	}
	if lines := strings.Count(s.Err().Error(), "\n") + 1; lines != protocol.MaxProblems {
		t.Errorf("%d problems are kept", lines)
	}
}

func TestWhatReplacesAnotherTakesItsPlace(t *testing.T) {
	s := isogloss.New("s", "1")
	for _, name := range []string{"a", "b"} {
		isogloss.Tool(s, name, "", nothing)
	}
	replace := &isogloss.ToolOptions{Replace: true}
	for _, name := range []string{"a", "c"} {
		isogloss.ToolWith(s, name, "", replace, func(context.Context, none) (string, error) { return "new", nil })
	}
	c := rawTo(t, s, "{}")
	c.lists("tools/list", "a", "b", "c")
	same(t, c.call("a").text(), `{"result":"new"}`)
}

func TestWhatAServerOffersComesAndGoes(t *testing.T) {
	s := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{PageSize: 2})
	for _, name := range []string{"a", "b", "c", "d"} {
		isogloss.Tool(s, name, "", nothing)
	}
	isogloss.Resource(s, "text://a", "", nothing)
	isogloss.Resource(s, "item://{id}", "", func(_ context.Context, p struct {
		ID string `json:"id"`
	}) (string, error) {
		return p.ID, nil
	})
	isogloss.Prompt(s, "p", "", nothing)
	c := rawTo(t, s, "{}")
	_, cursor := c.listed("tools/list")
	for what, changed := range map[string][2]bool{
		"remove tool":      {s.RemoveTool("b"), s.RemoveTool("b")},
		"disable tool":     {s.EnableTool("d", false), s.EnableTool("d", false)},
		"disable resource": {s.EnableResource("text://a", false), s.EnableResource("text://a", false)},
		"remove template":  {s.RemoveResource("item://{id}"), s.RemoveResource("item://{id}")},
		"disable prompt":   {s.EnablePrompt("p", false), s.EnablePrompt("x", false)},
	} {
		if changed != [2]bool{true, false} {
			t.Errorf("%s: got %v", what, changed)
		}
	}
	isogloss.Tool(s, "e", "", nothing)
	if rest, _ := c.listed("tools/list", `"cursor":"`+cursor+`"`); !slices.Equal(rest, []string{"c", "e"}) {
		t.Errorf("got %q", rest)
	}
	c.fails(-32602, "unknown tool: d", "tools/call", `"name":"d"`)
	c.fails(-32602, "resource not found: text://a", "resources/read", `"uri":"text://a"`)
	c.fails(-32602, "resource not found: item://1", "resources/read", `"uri":"item://1"`)
	c.fails(-32602, "unknown prompt: p", "prompts/get", `"name":"p"`)
	c.lists("resources/list")
	c.lists("resources/templates/list")
	c.lists("prompts/list")
	if !s.EnableTool("d", true) || !s.EnableResource("text://a", true) || !s.RemovePrompt("p") {
		t.Error("what was switched off cannot be switched on")
	}
	same(t, c.call("d").text(), `{"result":""}`)
	c.lists("resources/list", "text://a")
}

func TestWhatWasNeverOfferedIsNotThere(t *testing.T) {
	c := rawTo(t, isogloss.New("s", "1"), "{}")
	for _, method := range []string{"tools/list", "resources/list", "resources/templates/list", "prompts/list"} {
		c.fails(-32601, "method not found: "+method, method)
	}
	ref := `"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}`
	c.fails(-32601, "method not found: completion/complete", "completion/complete", ref)
}

func TestResourceIsFoundHoweverItsAddressIsSpelled(t *testing.T) {
	s := isogloss.New("s", "1")
	at := func(ctx context.Context, _ none) (string, error) { return isogloss.FromContext(ctx).URI(), nil }
	isogloss.Resource(s, "text://café", "", at)
	isogloss.Resource(s, "straße://{id}", "", func(ctx context.Context, p struct {
		ID string `json:"id"`
	}) (string, error) {
		return p.ID + " at " + isogloss.FromContext(ctx).URI(), nil
	})
	c := rawTo(t, s, "{}")
	for uri, want := range map[string]string{
		"text://café":               "text://café",
		"text://caf%C3%A9":          "text://caf%C3%A9",
		"text://%63af%c3%a9":        "text://%63af%c3%a9",
		"straße://ü%20b":            "ü b at straße://ü%20b",
		"stra%C3%9Fe://%C3%BC%20b":  "ü b at stra%C3%9Fe://%C3%BC%20b",
		"stra%C3%9Fe://a%2Fb%2Bc+d": "a/b+c+d at stra%C3%9Fe://a%2Fb%2Bc+d",
	} {
		same(t, c.ask("resources/read", `"uri":"`+uri+`"`).text(), want)
	}
	long := "straße://" + strings.Repeat("x", protocol.MaxURI)
	c.fails(-32602, "resource not found: "+long, "resources/read", `"uri":"`+long+`"`)
}

func TestContentIsWhatItsBuildersSay(t *testing.T) {
	bytes := []byte{0, 255}
	terms := isogloss.TextContents("text://terms", "text/plain", "Be kind.")
	s := isogloss.New("shown", "1")
	isogloss.Tool(s, "all", "", func(context.Context, none) ([]protocol.ContentBlock, error) {
		return []protocol.ContentBlock{
			isogloss.Text("Look:"), isogloss.Image(bytes, "image/png"), isogloss.Audio(bytes, "audio/wav"),
			isogloss.Embedded(terms), isogloss.Link("text://terms", "terms"),
		}, nil
	})
	isogloss.Tool(s, "one", "", func(context.Context, none) (protocol.ContentBlock, error) { return isogloss.Text("one"), nil })
	isogloss.Resource(s, "dir://all", "", func(context.Context, none) ([]protocol.AnyResourceContents, error) {
		return []protocol.AnyResourceContents{terms, isogloss.BlobContents("bytes://raw", "x/y", bytes)}, nil
	})
	isogloss.Resource(s, "dir://one", "", func(context.Context, none) (protocol.AnyResourceContents, error) { return terms, nil })
	isogloss.Prompt(s, "look", "", func(context.Context, none) ([]protocol.PromptMessage, error) {
		return []protocol.PromptMessage{
			isogloss.User(isogloss.Image(bytes, "image/png")), isogloss.User(isogloss.Embedded(terms)), isogloss.Assistant(isogloss.Text("?")),
		}, nil
	})
	isogloss.Prompt(s, "one", "", func(context.Context, none) (protocol.PromptMessage, error) {
		return isogloss.Assistant(isogloss.Text("hm")), nil
	})
	c := rawTo(t, s, "{}")
	const (
		image    = `{"data":"AP8=","mimeType":"image/png","type":"image"}`
		contents = `{"mimeType":"text/plain","text":"Be kind.","uri":"text://terms"}`
		embedded = `{"resource":` + contents + `,"type":"resource"}`
	)
	for _, test := range [][3]string{
		{"tools/call", `"name":"all"`, `"content":[{"text":"Look:","type":"text"},` + image +
			`,{"data":"AP8=","mimeType":"audio/wav","type":"audio"},` + embedded + `,{"name":"terms","type":"resource_link","uri":"text://terms"}]`},
		{"tools/call", `"name":"one"`, `"content":[{"text":"one","type":"text"}]`},
		{"resources/read", `"uri":"dir://all"`, `"contents":[` + contents + `,{"blob":"AP8=","mimeType":"x/y","uri":"bytes://raw"}]`},
		{"resources/read", `"uri":"dir://one"`, `"contents":[` + contents + `]`},
		{"prompts/get", `"name":"look"`, `"messages":[{"content":` + image + `,"role":"user"},{"content":` + embedded +
			`,"role":"user"},{"content":{"text":"?","type":"text"},"role":"assistant"}]`},
		{"prompts/get", `"name":"one"`, `"messages":[{"content":{"text":"hm","type":"text"},"role":"assistant"}]`},
	} {
		if got := c.message(test[0], test[1]); !strings.Contains(got, test[2]) {
			t.Errorf("got  %s\nwant %s", got, test[2])
		}
	}
}

func TestCompletionsKnowWhatWasGivenAlready(t *testing.T) {
	s := isogloss.New("s", "1")
	type place struct {
		Country string `json:"country"`
		City    string `json:"city"`
	}
	where := func(_ context.Context, p place) (string, error) { return p.City, nil }
	isogloss.Prompt(s, "visit", "", where)
	isogloss.Resource(s, "map://{country}/{city}", "", where)
	complete := func(_ context.Context, value string, others map[string]string) ([]string, error) {
		if value == "?" {
			return nil, errors.New("a secret")
		}
		return slices.Repeat([]string{others["country"] + "/" + value}, protocol.MaxCompletions+len(others)), nil
	}
	s.CompletePrompt("visit", "city", complete)
	s.CompleteResource("map://{country}/{city}", "city", complete)
	isogloss.Resource(s, "text://a", "", nothing)
	c := rawTo(t, s, "{}")
	ask := func(ref, argument, context string) string {
		return c.message("completion/complete", `"ref":{`+ref+`},"argument":{`+argument+`}`+context)
	}
	const (
		prompt   = `"type":"ref/prompt","name":"visit"`
		template = `"type":"ref/resource","uri":"map://{country}/{city}"`
		given    = `,"context":{"arguments":{"country":"no"}}`
		os       = `"name":"city","value":"Os"`
	)
	for _, ref := range []string{prompt, template} {
		var a struct {
			Result struct {
				Completion struct {
					Values  []string
					Total   int
					HasMore bool
				}
			}
		}
		if err := json.Unmarshal([]byte(ask(ref, os, given)), &a); err != nil {
			t.Fatal(err)
		}
		got := a.Result.Completion
		if len(got.Values) != protocol.MaxCompletions || got.Values[0] != "no/Os" || got.Total != protocol.MaxCompletions+1 || !got.HasMore {
			t.Errorf("got %+v", got)
		}
	}
	for _, test := range [][4]string{
		{prompt, os, "", `"hasMore":false,"total":100,`},
		{prompt, `"name":"country","value":""`, "", `"completion":{"values":[]}`},
		{`"type":"ref/resource","uri":"text://a"`, os, "", `"completion":{"values":[]}`},
		{prompt, `"name":"city","value":"?"`, "", `"message":"internal error"`},
		{`"type":"ref/prompt","name":"x"`, os, "", `"message":"unknown prompt: x"`},
		{`"type":"ref/resource","uri":"x://y"`, os, "", `"message":"unknown resource template: x://y"`},
	} {
		if got := ask(test[0], test[1], test[2]); !strings.Contains(got, test[3]) {
			t.Errorf("got %s, which lacks %s", got, test[3])
		}
	}
}

func TestServerSaysAllOfItself(t *testing.T) {
	info := protocol.Implementation{
		Name: "shop", Version: "1", Title: wire.Ptr("Shop"), Description: wire.Ptr("Sells."),
		WebsiteURL: wire.Ptr("https://example.com"), Icons: []protocol.Icon{{Src: "https://example.com/i.png"}},
	}
	s := isogloss.NewServer(info, &isogloss.ServerOptions{CacheTTL: time.Hour, CacheScope: protocol.CacheScopePrivate})
	isogloss.Tool(s, "own", "", func(context.Context, none) (*protocol.CallToolResult, error) {
		own := wire.Extra{{Name: "shop/till", Value: wire.Raw("7")}}
		return &protocol.CallToolResult{Meta: &protocol.ResultMetaObject{Extra: own}, Content: []protocol.ContentBlock{}}, nil
	})
	isogloss.Tool(s, "other", "", func(context.Context, none) (*protocol.CallToolResult, error) {
		meta := &protocol.ResultMetaObject{ServerInfo: &protocol.Implementation{Name: "other", Version: "2"}}
		return &protocol.CallToolResult{Meta: meta, Content: []protocol.ContentBlock{}}, nil
	})
	isogloss.Tool(s, "empty", "", func(context.Context, none) (*protocol.CallToolResult, error) {
		return &protocol.CallToolResult{Meta: &protocol.ResultMetaObject{}, Content: []protocol.ContentBlock{}}, nil
	})
	c := rawTo(t, s, "{}")
	const said = `"io.modelcontextprotocol/serverInfo":{"description":"Sells.","icons":[{"src":"https://example.com/i.png"}],` +
		`"name":"shop","title":"Shop","version":"1","websiteUrl":"https://example.com"}`
	for _, test := range [][3]string{
		{"server/discover", "", `"result":{"_meta":{` + said + `},"cacheScope":"private","capabilities":`},
		{"server/discover", "", `"ttlMs":3600000}}`},
		{"tools/list", "", `"result":{"_meta":{` + said + `},"cacheScope":"private",`},
		{"tools/call", "own", `"result":{"_meta":{` + said + `,"shop/till":7},"content":[]`},
		{"tools/call", "empty", `"result":{"_meta":{` + said + `},"content":[]`},
		{"tools/call", "other", `"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"other","version":"2"}},"content":[]`},
	} {
		got := c.message(test[0], `"name":"`+test[1]+`"`)
		if !strings.Contains(got, test[2]) || !json.Valid([]byte(got)) {
			t.Errorf("got  %s\nwant %s", got, test[2])
		}
	}
	client := connect(t, s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly})
	if got := client.Server(); *got.Title != "Shop" || *got.WebsiteURL != "https://example.com" || len(got.Icons) != 1 {
		t.Errorf("got %+v", got)
	}
	kept := isogloss.NewServer(info, &isogloss.ServerOptions{CacheTTL: -1})
	if got := rawTo(t, kept, "{}").message("server/discover"); !strings.Contains(got, `"ttlMs":0}`) {
		t.Errorf("got %s", got)
	}
}

func TestListsAreWholeWhileWhatIsOfferedComesAndGoes(t *testing.T) {
	s := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{PageSize: 3})
	stays := []string{"a", "b", "c", "d", "e", "f", "g"}
	for _, name := range stays {
		isogloss.Tool(s, name, "", nothing)
		isogloss.Tool(s, name+" goes", "", nothing)
	}
	var working sync.WaitGroup
	for _, name := range stays {
		working.Go(func() {
			for range 50 {
				s.RemoveTool(name + " goes")
				isogloss.Tool(s, name+" goes", "", nothing)
				isogloss.ToolWith(s, name, "", &isogloss.ToolOptions{Replace: true}, nothing)
				s.EnableTool(name+" goes", false)
			}
		})
	}
	c := rawTo(t, s, "{}")
	for range 50 {
		var seen []string
		for page, cursor := c.listed("tools/list"); ; page, cursor = c.listed("tools/list", `"cursor":"`+cursor+`"`) {
			seen = append(seen, page...)
			if cursor == "" {
				break
			}
		}
		seen = slices.DeleteFunc(seen, func(name string) bool { return strings.HasSuffix(name, "goes") })
		if !slices.Equal(seen, stays) {
			t.Fatalf("got %q", seen)
		}
	}
	working.Wait()
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}
