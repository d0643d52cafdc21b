package isogloss_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Lists: pages, items that are wrong, and what is kept.

func tool(name string) string {
	return fmt.Sprintf(`{"name":%q,"inputSchema":{"type":"object"}}`, name)
}

// listed is a result of a list.
func listed(member string, ttl int, items ...string) string {
	return fmt.Sprintf(`{"resultType":"complete",%q:[%s],"ttlMs":%d,"cacheScope":"private"}`, member, strings.Join(items, ","), ttl)
}

func names(t *testing.T, c *isogloss.Client) (names []string) {
	t.Helper()
	for tool, err := range c.Tools(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, tool.Name)
	}
	return names
}

func TestAPageIsAskedForWhenItIsNeeded(t *testing.T) {
	page := func(next string, items ...string) string {
		return strings.Replace(listed("tools", 0, items...), "{", `{"nextCursor":"`+next+`",`, 1)
	}
	server, target := scripted(func(h heard) []string {
		if h.Method != "tools/list" {
			return nil
		}
		switch h.param("cursor") {
		case "":
			return []string{h.result(page("2", tool("a"), tool("b")))}
		case `"2"`:
			return []string{h.result(page("3"))}
		}
		return []string{h.result(page("3", tool("c")))}
	})
	client := connectTo(t, target, nil)
	for range client.Tools(t.Context()) {
		break
	}
	if got := server.count("tools/list"); got != 1 {
		t.Errorf("%d pages for one tool", got)
	}
	equal(t, "tools", names(t, client), []string{"a", "b", "c"})
	if got := server.count("tools/list"); got != 4 {
		t.Errorf("%d pages, although a cursor that comes again is the end", got)
	}
}

func TestAListThatNeverEndsIsLeft(t *testing.T) {
	server, target := scripted(func(h heard) []string {
		if h.Method != "prompts/list" {
			return nil
		}
		return []string{h.result(`{"resultType":"complete","prompts":[],"nextCursor":"` + string(h.ID) + `","ttlMs":0,"cacheScope":"private"}`)}
	})
	client := connectTo(t, target, nil)
	_, err := isogloss.Collect(client.Prompts(t.Context()))
	check(t, err, "the list has more pages than the limit of 10000 (max_pages)")
	if got := server.count("prompts/list"); got != protocol.MaxPages {
		t.Errorf("%d pages", got)
	}
}

func TestAnItemThatIsWrongIsSetAsideUnlessTheClientIsStrict(t *testing.T) {
	lists := map[string]string{
		"tools/list": listed("tools", 0, tool("a"), `{"name":"b"}`, "7", tool("c")),
		// Without its type, too.
		"prompts/list":             `{"prompts":[{"name":1}],"ttlMs":0,"cacheScope":"public"}`,
		"resources/list":           listed("resources", 0, `{"name":"x"}`, `{"name":"y","uri":"a://b"}`),
		"resources/templates/list": listed("resourceTemplates", 0, `{"name":"x","uriTemplate":[]}`),
	}
	for _, strict := range []bool{false, true} {
		_, target := scripted(func(h heard) []string {
			if result, ok := lists[h.Method]; ok {
				return []string{h.result(result)}
			}
			return nil
		})
		var log bytes.Buffer
		client := connectTo(t, target, &isogloss.ClientOptions{Strict: strict, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		tools, notTools := isogloss.Collect(client.Tools(t.Context()))
		prompts, notPrompts := isogloss.Collect(client.Prompts(t.Context()))
		resources, notResources := isogloss.Collect(client.Resources(t.Context()))
		templates, notTemplates := isogloss.Collect(client.ResourceTemplates(t.Context()))
		if strict {
			check(t, notTools, "the result of tools/list: tools[1].inputSchema: required member is missing")
			for _, err := range []error{notPrompts, notResources, notTemplates} {
				if !errors.Is(err, isogloss.ErrDecode) {
					t.Errorf("got %v", err)
				}
			}
			continue
		}
		if err := errors.Join(notTools, notPrompts, notResources, notTemplates); err != nil {
			t.Error(err)
		}
		if len(tools) != 2 || tools[0].Name != "a" || tools[1].Name != "c" || len(prompts) != 0 || len(resources) != 1 || len(templates) != 0 {
			t.Errorf("got %v, %v, %v, %v", tools, prompts, resources, templates)
		}
		for _, line := range []string{
			`method=tools/list item=tools[1] name="\"b\"" error="inputSchema: required member is missing"`,
			`method=tools/list item=tools[2] name="" error="expected object, found number"`,
			`method=prompts/list item=prompts[0] name=1 error="name: expected string, found number"`,
		} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log lacks %s:\n%s", line, log.String())
			}
		}
	}
}

func TestAListThatIsWrongInAnotherWayIsRefused(t *testing.T) {
	_, target := scripted(func(h heard) []string {
		if h.Method != "tools/list" {
			return nil
		}
		return []string{h.result(`{"tools":1}`)}
	})
	_, err := isogloss.Collect(connectTo(t, target, nil).Tools(t.Context()))
	check(t, err, "the result of tools/list: tools: expected array, found number")
}

func TestAResultIsKeptAsLongAsTheServerLetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, target := scripted(func(h heard) []string {
			switch h.Method {
			case "tools/list":
				return []string{h.result(listed("tools", 1000, tool("a")))}
			case "prompts/list":
				return []string{h.result(listed("prompts", 1e15))}
			}
			return nil
		})
		client, err := isogloss.Connect(t.Context(), target, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			pause time.Duration
			asked int
		}{{0, 1}, {0, 1}, {999 * time.Millisecond, 1}, {time.Millisecond, 2}, {500 * time.Millisecond, 2}} {
			time.Sleep(step.pause)
			equal(t, "tools", names(t, client), []string{"a"})
			if got := server.count("tools/list"); got != step.asked {
				t.Errorf("asked %d times, want %d", got, step.asked)
			}
		}
		client.Forget()
		names(t, client)
		if got := server.count("tools/list"); got != 3 {
			t.Errorf("asked %d times after it was to be forgotten", got)
		}
		for asked, pause := range []time.Duration{0, protocol.MaxCachedTTL} {
			time.Sleep(pause)
			for range 2 {
				if _, err := isogloss.Collect(client.Prompts(t.Context())); err != nil {
					t.Fatal(err)
				}
			}
			if got := server.count("prompts/list"); got != asked+1 {
				t.Errorf("asked %d times after %s: nothing is kept for ever", got, pause)
			}
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}

// askTwice asks for everything that may be kept, and for what must not be, twice.
func askTwice(t *testing.T, c *isogloss.Client) {
	t.Helper()
	for range 2 {
		for _, err := range []error{
			second(isogloss.Collect(c.Tools(t.Context()))), second(isogloss.Collect(c.Prompts(t.Context()))),
			second(isogloss.Collect(c.Resources(t.Context()))), second(isogloss.Collect(c.ResourceTemplates(t.Context()))),
			second(c.ReadResource(t.Context(), "a://b", nil)), second(c.CallTool(t.Context(), "t", nil, nil)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// caching is a server that lets everything be kept for this long.
func caching(ttl int) (*scriptedServer, isogloss.Target) {
	return scripted(func(h heard) []string {
		switch h.Method {
		case "tools/list":
			return []string{h.result(listed("tools", ttl))}
		case "prompts/list":
			return []string{h.result(listed("prompts", ttl))}
		case "resources/list":
			return []string{h.result(listed("resources", ttl))}
		case "resources/templates/list":
			return []string{h.result(listed("resourceTemplates", ttl))}
		case "resources/read":
			return []string{h.result(listed("contents", ttl))}
		case "tools/call":
			return []string{h.result(listed("content", ttl))}
		case "subscriptions/listen":
			return []string{h.refusal(-32601, "no")}
		}
		return nil
	})
}

var keepable = []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"}

func counts(s *scriptedServer) (counts []int) {
	for _, method := range keepable {
		counts = append(counts, s.count(method))
	}
	return counts
}

func TestWhatMayBeKeptIsAskedForOnceAndWhatMustNotBeAgain(t *testing.T) {
	for _, test := range []struct {
		ttl     int
		options isogloss.ClientOptions
		want    int
	}{
		{60_000, isogloss.ClientOptions{}, 1},
		{0, isogloss.ClientOptions{}, 2},
		{60_000, isogloss.ClientOptions{NoCache: true}, 2},
		{60_000, isogloss.ClientOptions{Era: isogloss.LegacyOnly}, 2},
	} {
		server, target := caching(test.ttl)
		client := connectTo(t, target, &test.options)
		askTwice(t, client)
		want := []int{test.want, test.want, test.want, test.want, test.want}
		equal(t, fmt.Sprintf("%+v", test), counts(server), want)
		if got := server.count("tools/call"); got != 2 {
			t.Errorf("%d calls", got)
		}
	}
}

func TestWhatIsKeptIsNotChangedByWhoeverGotIt(t *testing.T) {
	server, target := scripted(func(h heard) []string {
		if h.Method != "tools/list" {
			return nil
		}
		return []string{h.result(listed("tools", 60_000, strings.Replace(tool("a"), "{", `{"x":"kept",`, 1)))}
	})
	client := connectTo(t, target, nil)
	for range 3 {
		tools, err := isogloss.Collect(client.Tools(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		x, _ := tools[0].Extra.Get("x")
		if string(x) != `"kept"` {
			t.Fatalf("got %s", x)
		}
		copy(x, `"gone"`)
	}
	if got := server.count("tools/list"); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

func TestEachKindOfNewsDropsItsOwn(t *testing.T) {
	for _, test := range []struct {
		method, params string
		want           []int
	}{
		{"notifications/tools/list_changed", `{}`, []int{2, 1, 1, 1, 1}},
		{"notifications/prompts/list_changed", `{}`, []int{1, 2, 1, 1, 1}},
		{"notifications/resources/list_changed", `{}`, []int{1, 1, 2, 2, 2}},
		{"notifications/resources/updated", `{"uri":"a://b/part"}`, []int{1, 1, 1, 1, 2}},
		{"notifications/resources/updated", `{"uri":"a://c"}`, []int{1, 1, 1, 1, 1}},
	} {
		server, target := caching(60_000)
		changes := make(chan isogloss.Change, 1)
		client := connectTo(t, target, &isogloss.ClientOptions{OnChange: func(c isogloss.Change) { changes <- c }})
		askTwice(t, client)
		server.say(notification(test.method, test.params))
		<-changes
		askTwice(t, client)
		equal(t, test.method+test.params, counts(server), test.want)
	}
}

func TestWhatWasAskedForBeforeTheNewsIsNotKeptAfterIt(t *testing.T) {
	server, target := scripted(func(h heard) []string {
		if h.Method != "prompts/list" {
			return nil
		}
		// The list that is on its way is older than the news.
		return []string{notification("notifications/prompts/list_changed", "{}"), h.result(listed("prompts", 60_000))}
	})
	client := connectTo(t, target, nil)
	for range 2 {
		if _, err := isogloss.Collect(client.Prompts(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.count("prompts/list"); got != 2 {
		t.Errorf("asked %d times", got)
	}
}

func TestWhatHasBeenKeptForLongestMakesRoom(t *testing.T) {
	large := strings.Repeat("x", protocol.MaxCachedBytes/2)
	server, target := scripted(func(h heard) []string {
		if h.Method != "resources/read" {
			return nil
		}
		text := ""
		if strings.Contains(h.param("uri"), "half") {
			text = large
		}
		return []string{h.result(listed("contents", 60_000, `{"uri":`+h.param("uri")+`,"text":"`+text+`"}`))}
	})
	client := connectTo(t, target, nil)
	asked := 0
	read := func(uri string, isKept bool) {
		t.Helper()
		if _, err := client.ReadResource(t.Context(), uri, nil); err != nil {
			t.Fatal(err)
		}
		if !isKept {
			asked++
		}
		if got := server.count("resources/read"); got != asked {
			t.Fatalf("%s: kept or not, want %t", uri, isKept)
		}
	}
	for i := range protocol.MaxCached {
		read("a://"+strconv.Itoa(i), false)
	}
	read("a://0", true)
	read("a://one more", false)
	read("a://1", true)
	read("a://0", false) // and 1 goes
	read("a://half", false)
	read("a://the other half", false)
	read("a://the other half", true)
	read("a://half", false)
	read("a://one more", false)
}

func TestWhatIsOverMakesRoomFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, target := scripted(func(h heard) []string {
			if h.Method != "resources/read" {
				return nil
			}
			ttl := 10
			if strings.Contains(h.param("uri"), "long") {
				ttl = 60_000
			}
			return []string{h.result(listed("contents", ttl))}
		})
		client, err := isogloss.Connect(t.Context(), target, nil)
		if err != nil {
			t.Fatal(err)
		}
		read := func(uri string) {
			t.Helper()
			if _, err := client.ReadResource(t.Context(), uri, nil); err != nil {
				t.Fatal(err)
			}
		}
		read("a://long")
		for i := range protocol.MaxCached - 1 {
			read("a://" + strconv.Itoa(i))
		}
		time.Sleep(10 * time.Millisecond)
		read("a://long, too")
		read("a://long")
		if got := server.count("resources/read"); got != protocol.MaxCached+1 {
			t.Errorf("asked %d times: what was not over had to go", got)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNothingIsKnownToBeTrueOfAServerThatHasGone(t *testing.T) {
	for how, end := range map[string]func(*scriptedServer, *isogloss.Client) error{
		"it has gone":          func(s *scriptedServer, _ *isogloss.Client) error { return s.there.Close() },
		"the client is closed": func(_ *scriptedServer, c *isogloss.Client) error { return c.Close() },
	} {
		server, target := caching(60_000)
		client := connectTo(t, target, nil)
		equal(t, "tools", names(t, client), nil)
		if err := end(server, client); err != nil {
			t.Error(err)
		}
		soon(t, how, func() bool {
			_, err := isogloss.Collect(client.Tools(t.Context()))
			return errors.Is(err, isogloss.ErrClosed)
		})
	}
}
