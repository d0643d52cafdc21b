package isogloss_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// News of what a server offers, as its clients hear of it.

// news is what these tests look at of a message.
type news struct {
	ID     any
	Method string
	Params struct {
		URI           string
		Notifications json.RawMessage
		Meta          struct {
			Subscription any `json:"io.modelcontextprotocol/subscriptionId"`
		} `json:"_meta"`
	}
	Result struct {
		ResultType string
		Meta       struct {
			Subscription any `json:"io.modelcontextprotocol/subscriptionId"`
		} `json:"_meta"`
	}
	Error struct {
		Code    int
		Message string
	}
}

func newsIn(t *testing.T, text string) (n news) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// live has one of everything, and can be added to.
func live() *isogloss.Server {
	s := isogloss.New("live", "1")
	isogloss.Tool(s, "a", "", nothing)
	isogloss.Prompt(s, "p", "", nothing)
	isogloss.Resource(s, "text://a", "", nothing)
	return s
}

const (
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	ping        = `{"jsonrpc":"2.0","id":"ping","method":"ping"}`
)

// listening opens a subscription with the id 9, and checks what is acknowledged.
func listening(t *testing.T, end isogloss.Transport, wanted, acknowledged string) {
	t.Helper()
	send(t, end, `{"jsonrpc":"2.0","id":9,"method":"subscriptions/listen","params":{`+modern+`,"notifications":`+wanted+`}}`)
	n := newsIn(t, receive(t, end))
	if n.Method != "notifications/subscriptions/acknowledged" || n.Params.Meta.Subscription != 9.0 {
		t.Errorf("got %+v", n)
	}
	same(t, string(n.Params.Notifications), acknowledged)
}

// overLines serves a server on two pipes, as over stdio.
func overLines(t *testing.T, s *isogloss.Server) isogloss.Transport {
	t.Helper()
	hereIn, thereOut := io.Pipe()
	thereIn, hereOut := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), isogloss.Lines(thereIn, thereOut)) }()
	here := isogloss.Lines(hereIn, hereOut)
	t.Cleanup(func() {
		if err := hereOut.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := here.Close(); err != nil {
			t.Error(err)
		}
	})
	return here
}

func TestChangesAreToldToThoseWhoListen(t *testing.T) {
	for way, open := range map[string]func(*testing.T, *isogloss.Server) isogloss.Transport{"messages": raw, "lines": overLines} {
		t.Run(way, func(t *testing.T) {
			s := live()
			changesAreTold(t, s, open(t, s), open(t, s))
		})
	}
}

func changesAreTold(t *testing.T, s *isogloss.Server, modern, legacy isogloss.Transport) {
	t.Helper()
	wanted := `{"resourceSubscriptions":["text://a"],"toolsListChanged":true}`
	listening(t, modern, wanted, wanted)
	send(t, legacy, hello)
	receive(t, legacy)
	send(t, legacy, `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"text://a"}}`)
	same(t, receive(t, legacy), `{"jsonrpc":"2.0","id":1,"result":{}}`)
	for range 2 { // who says so twice is not told twice
		send(t, legacy, initialized)
	}
	send(t, legacy, ping)
	receive(t, legacy)

	for _, change := range []struct {
		does         func()
		method       string
		isForListens bool
	}{
		{func() { isogloss.Tool(s, "b", "", nothing) }, "notifications/tools/list_changed", true},
		{func() { isogloss.Prompt(s, "q", "", nothing) }, "notifications/prompts/list_changed", false},
		{func() { isogloss.Resource(s, "text://{x}", "", variable) }, "notifications/resources/list_changed", false},
		{func() { s.RemoveTool("a"); s.RemoveTool("a") }, "notifications/tools/list_changed", true},
		{func() { s.EnablePrompt("p", false); s.EnablePrompt("p", false) }, "notifications/prompts/list_changed", false},
		{func() { s.ResourceUpdated("text://other"); s.ResourceUpdated("text://a") }, "notifications/resources/updated", true},
	} {
		change.does()
		told := newsIn(t, receive(t, legacy))
		same(t, told.Method, change.method)
		if told.Params.Meta.Subscription != nil {
			t.Errorf("a legacy client is told of a subscription: %+v", told)
		}
		if !change.isForListens {
			continue
		}
		told = newsIn(t, receive(t, modern))
		if told.Method != change.method || told.Params.Meta.Subscription != 9.0 {
			t.Errorf("got %+v, want %s", told, change.method)
		}
	}
	send(t, legacy, `{"jsonrpc":"2.0","id":1,"method":"resources/unsubscribe","params":{"uri":"text://a"}}`)
	receive(t, legacy)
	s.ResourceUpdated("text://a")
	same(t, newsIn(t, receive(t, modern)).Params.URI, "text://a")
	send(t, legacy, ping)
	same(t, receive(t, legacy), `{"jsonrpc":"2.0","id":"ping","result":{}}`)

	s.EndNews()
	n := newsIn(t, receive(t, modern))
	if n.ID != 9.0 || n.Result.ResultType != "complete" || n.Result.Meta.Subscription != 9.0 {
		t.Errorf("got %+v", n)
	}
}

func variable(_ context.Context, in struct {
	X string `json:"x"`
}) (string, error) {
	return in.X, nil
}

func TestNobodyHearsOfWhatIsHidden(t *testing.T) {
	policy := func(_ context.Context, item isogloss.Item) isogloss.Access {
		switch {
		case item.HasTag("secret"):
			return isogloss.Hide
		case item.HasTag("closed"):
			return isogloss.Refuse("not today")
		}
		return isogloss.Allow
	}
	s := isogloss.NewServer(protocol.Implementation{Name: "guarded", Version: "1"}, &isogloss.ServerOptions{Policy: policy})
	tagged := func(tag string) *isogloss.ResourceOptions { return &isogloss.ResourceOptions{Tags: []string{tag}} }
	isogloss.ResourceWith(s, "text://café", "", tagged("secret"), nothing)
	isogloss.ResourceWith(s, "text://closed", "", tagged("closed"), nothing)
	isogloss.Resource(s, "text://a", "", nothing)
	current, legacy := raw(t, s), raw(t, s)
	wanted := `{"resourceSubscriptions":["text://caf%C3%A9","text://café","text://a"]}`
	listening(t, current, wanted, wanted)
	send(t, current, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{`+modern+`,"notifications":{"resourceSubscriptions":["text://closed"]}}}`)
	same(t, newsIn(t, receive(t, current)).Error.Message, "not today")
	send(t, legacy, hello)
	receive(t, legacy)
	for uri, why := range map[string]string{"text://caf%C3%A9": "", "text://café": "", "text://a": "", "text://closed": "not today"} {
		send(t, legacy, `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"`+uri+`"}}`)
		same(t, newsIn(t, receive(t, legacy)).Error.Message, why)
	}
	send(t, legacy, initialized)
	send(t, legacy, ping)
	receive(t, legacy)
	for _, uri := range []string{"text://caf%C3%A9", "text://café", "text://closed", "text://a"} {
		s.ResourceUpdated(uri)
	}
	for _, end := range []isogloss.Transport{current, legacy} {
		same(t, newsIn(t, receive(t, end)).Params.URI, "text://a")
	}
}

func TestSubscriptionHearsOfWhatThereIs(t *testing.T) {
	s := isogloss.New("tools", "1")
	isogloss.Tool(s, "a", "", nothing)
	all := `{"promptsListChanged":true,"resourceSubscriptions":["text://a"],"resourcesListChanged":true,"toolsListChanged":true}`
	listening(t, raw(t, s), all, `{"toolsListChanged":true}`)
	listening(t, raw(t, live()), all, all)
}

func TestWhatIsListenedToIsBounded(t *testing.T) {
	many := make([]string, protocol.MaxWatched+1)
	for i := range many {
		many[i] = fmt.Sprintf("text://%d", i)
	}
	list := func(uris []string) string {
		text, err := json.Marshal(uris)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	end := raw(t, live())
	long := "text://" + strings.Repeat("x", protocol.MaxURI)
	for wanted, why := range map[string]string{
		list(many):           "params.notifications.resourceSubscriptions: must have at most 1000 items",
		list([]string{long}): "params.notifications.resourceSubscriptions: an address longer than the limit of 8192 bytes (MaxURI)",
	} {
		send(t, end, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{`+modern+`,"notifications":{"resourceSubscriptions":`+wanted+`}}}`)
		n := newsIn(t, receive(t, end))
		if n.Error.Code != isogloss.CodeInvalidParams || n.Error.Message != why {
			t.Errorf("got %+v, want %s", n.Error, why)
		}
	}
	send(t, end, hello)
	receive(t, end)
	subscribe := func(uri string) news {
		send(t, end, `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"`+uri+`"}}`)
		return newsIn(t, receive(t, end))
	}
	for _, uri := range many[:protocol.MaxWatched] {
		if n := subscribe(uri); n.Error.Code != 0 {
			t.Fatalf("%s: %+v", uri, n.Error)
		}
	}
	same(t, subscribe(many[0]).Error.Message, "")
	same(t, subscribe(many[protocol.MaxWatched]).Error.Message, "a client can subscribe to at most 1000 resources; unsubscribe from one")
	same(t, subscribe(long).Error.Message, "params.uri: an address longer than the limit of 8192 bytes (MaxURI)")
}

func TestSlowListenerMissesNothingAndLittleWaitsForIt(t *testing.T) {
	s := live()
	end := raw(t, s)
	wanted := `{"resourceSubscriptions":["text://a","text://b"],"toolsListChanged":true}`
	listening(t, end, wanted, wanted)
	const often = 10_000
	for range often {
		s.ResourceUpdated("text://a")
		s.ResourceUpdated("text://b")
	}
	isogloss.Tool(s, "b", "", nothing)
	// What the connection holds, and then each change once.
	heard := map[string]int{}
	for heard["notifications/tools/list_changed"] == 0 {
		n := newsIn(t, receive(t, end))
		heard[n.Method+n.Params.URI]++
	}
	a, b := heard["notifications/resources/updatedtext://a"], heard["notifications/resources/updatedtext://b"]
	if a == 0 || b == 0 || a+b >= often {
		t.Errorf("heard %v", heard)
	}
}

func TestListenersComeAndGoWhileMuchChanges(t *testing.T) {
	s := live()
	over := make(chan struct{})
	var changing sync.WaitGroup
	for range 2 {
		changing.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					s.ResourceUpdated("text://a")
				}
			}
		})
	}
	var listeners sync.WaitGroup
	for range 8 {
		end := raw(t, s)
		listeners.Go(func() {
			for id := range 20 {
				send(t, end, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"subscriptions/listen","params":{%s,`+
					`"notifications":{"resourceSubscriptions":["text://a"]}}}`, id, modern))
				heard := 0
				for heard < 3 {
					n := newsIn(t, receive(t, end))
					if n.Params.Meta.Subscription == float64(id) {
						heard++
					}
				}
				send(t, end, fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, id))
			}
		})
	}
	listeners.Wait()
	close(over)
	changing.Wait()
}

func TestSubscriptionEndsWithItsConnection(t *testing.T) {
	here, there := isogloss.Pipe()
	done := make(chan error, 1)
	go func() { done <- live().Serve(context.Background(), there) }()
	listening(t, here, `{"toolsListChanged":true}`, `{"toolsListChanged":true}`)
	send(t, here, hello)
	receive(t, here)
	send(t, here, initialized)
	if err := here.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSubscriptionThatIsCancelledIsNotAnswered(t *testing.T) {
	s := live()
	end := raw(t, s)
	listening(t, end, `{"toolsListChanged":true}`, `{"toolsListChanged":true}`)
	send(t, end, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}`)
	// Its id is free once it has ended.
	for {
		send(t, end, `{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{`+modern+`}}`)
		if n := newsIn(t, receive(t, end)); n.Error.Code == 0 {
			same(t, n.Result.ResultType, "complete")
			break
		}
	}
	isogloss.Tool(s, "b", "", nothing)
	send(t, end, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+modern+`}}`)
	if n := newsIn(t, receive(t, end)); n.ID != 1.0 {
		t.Errorf("got %+v", n)
	}
}

func TestSubscriptionOverHTTPIsAStreamThatEndsInGoodOrder(t *testing.T) {
	server := live()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- server.ServeListener(ctx, listener) }()
	s := &site{t, "http://" + listener.Addr().String() + "/mcp", &http.Client{Transport: &http.Transport{}}}
	body, headers := modernly("subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`)
	subscription := s.send("POST", body, headers...)
	session := s.open("2025-11-25", "{}")
	get := s.send("GET", "", session)
	events, legacy := bufio.NewReader(subscription.Body), bufio.NewReader(get.Body)
	data, _ := nextData(t, events)
	same(t, newsIn(t, data).Method, "notifications/subscriptions/acknowledged")
	isogloss.Tool(server, "b", "", nothing)
	for _, stream := range []*bufio.Reader{events, legacy} {
		data, _ = nextData(t, stream)
		same(t, newsIn(t, data).Method, "notifications/tools/list_changed")
	}
	stop()
	data, _ = nextData(t, events)
	if n := newsIn(t, data); n.ID != 1.0 || n.Result.ResultType != "complete" || n.Result.Meta.Subscription != 1.0 {
		t.Errorf("got %+v", n)
	}
	for _, stream := range []*bufio.Reader{events, legacy} {
		if rest, err := io.ReadAll(stream); err != nil || strings.TrimSpace(string(rest)) != "" {
			t.Errorf("got %q, %v", rest, err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNewsComesOnOneOfTheStreamsThatListen(t *testing.T) {
	server := live()
	s := serve(t, server)
	session := s.open("2025-11-25", "{}")
	if r := s.send("POST", `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"text://a"}}`, session); r.StatusCode != 200 {
		t.Errorf("got %d", r.StatusCode)
	}
	// What changes while nobody listens waits.
	server.ResourceUpdated("text://a")
	server.ResourceUpdated("text://a")
	server.ResourceUpdated("text://b")
	first, gone := streamOf(t, s, session)
	data, last := nextData(t, first)
	if n := newsIn(t, data); n.Method != "notifications/resources/updated" || n.Params.URI != "text://a" {
		t.Errorf("got %s", data)
	}
	// The client loses the stream, and comes back for what it has missed.
	gone()
	isogloss.Tool(server, "b", "", nothing)
	back := bufio.NewReader(s.send("GET", "", session, "Last-Event-ID: "+last).Body)
	data, _ = nextData(t, back)
	same(t, newsIn(t, data).Method, "notifications/tools/list_changed")
	// Of two streams one tells it.
	other, _ := streamOf(t, s, session)
	isogloss.Prompt(server, "q", "", nothing)
	const end = "the end"
	told := make(chan string)
	for _, stream := range []*bufio.Reader{other, back} {
		go func() {
			for {
				line, err := stream.ReadString('\n')
				if err != nil {
					told <- end
					return
				}
				if strings.Contains(line, "list_changed") {
					told <- line
				}
			}
		}()
	}
	if line := <-told; !strings.Contains(line, "notifications/prompts/list_changed") {
		t.Errorf("got %s", line)
	}
	if r := s.send("DELETE", "", session); r.StatusCode != 204 {
		t.Errorf("got %d", r.StatusCode)
	}
	same(t, <-told, end)
	same(t, <-told, end)
}

// streamOf opens a GET stream, and returns what ends it at the client's side.
func streamOf(t *testing.T, s *site, session string) (*bufio.Reader, func()) {
	t.Helper()
	r := s.send("GET", "", session)
	return bufio.NewReader(r.Body), func() {
		if err := r.Body.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
}
