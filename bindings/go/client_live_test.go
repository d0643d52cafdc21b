package isogloss_test

import (
	"context"
	"errors"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// What our own server tells our own client, in both eras, in memory and over HTTP.

// eachWay runs a test with a server and a client of it in each era and each way.
func eachWay(t *testing.T, make func() *isogloss.Server, options isogloss.ClientOptions, run func(t *testing.T, s *isogloss.Server, c *isogloss.Client)) {
	inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
		options.Era = era
		for way, target := range map[string]func(*testing.T, *isogloss.Server) isogloss.Target{
			"in memory": func(_ *testing.T, s *isogloss.Server) isogloss.Target { return s },
			"over HTTP": func(t *testing.T, s *isogloss.Server) isogloss.Target { return isogloss.HTTP(serve(t, s).url, nil) },
		} {
			t.Run(way, func(t *testing.T) {
				s := make()
				run(t, s, connectTo(t, target(t, s), &options))
			})
		}
	})
}

func TestOurServerTellsOfResourcesAndLists(t *testing.T) {
	two := func() *isogloss.Server {
		s := live()
		isogloss.Resource(s, "text://b", "", nothing)
		return s
	}
	eachWay(t, two, isogloss.ClientOptions{}, func(t *testing.T, s *isogloss.Server, c *isogloss.Client) {
		a, b := subscribe(t, c, "text://a"), subscribe(t, c, "text://b")
		lists, err := c.SubscribeToLists(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer lists.Close()
		for _, uri := range []string{"text://none", "text://a", "text://b"} {
			s.ResourceUpdated(uri)
		}
		if got := next(t, a); got != updated("text://a") {
			t.Errorf("got %v", got)
		}
		if got := next(t, b); got != updated("text://b") {
			t.Errorf("got %v", got)
		}
		isogloss.Tool(s, "new", "", nothing)
		if got := next(t, lists); got.Kind != isogloss.ToolsChanged {
			t.Errorf("got %v", got)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		s.ResourceUpdated("text://b")
		if got := next(t, b); got != updated("text://b") {
			t.Errorf("got %v", got)
		}
	})
}

func TestOurServersListsAreKeptUntilItTellsOfAChange(t *testing.T) {
	seen := make(chan []string, 1)
	s := live()
	var client *isogloss.Client
	client = connectTo(t, s, &isogloss.ClientOptions{OnChange: func(change isogloss.Change) {
		if change.Kind != isogloss.ToolsChanged {
			t.Errorf("got %v", change)
		}
		seen <- names(t, client) // what hears of a change may use the client
	}})
	equal(t, "tools", names(t, client), []string{"a"})
	isogloss.Tool(s, "b", "", nothing)
	equal(t, "tools", <-seen, []string{"a", "b"})
}

func TestOurServersLogIsHeardFromTheLevelThatWasAskedFor(t *testing.T) {
	told := make(chan protocol.LoggingLevel, 10)
	options := isogloss.ClientOptions{
		LogLevel: protocol.LoggingLevelInfo,
		OnLog:    func(m *protocol.LoggingMessageNotificationParams) { told <- m.Level },
	}
	logging := func() *isogloss.Server {
		s := isogloss.New("logging", "1")
		isogloss.Tool(s, "log", "", func(ctx context.Context, _ struct{}) (string, error) {
			about := isogloss.FromContext(ctx)
			return "logged", errors.Join(
				about.Log(ctx, protocol.LoggingLevelDebug, "", "it happened"),
				about.Log(ctx, protocol.LoggingLevelWarning, "", "it happened"),
			)
		})
		return s
	}
	eachWay(t, logging, options, func(t *testing.T, _ *isogloss.Server, c *isogloss.Client) {
		if _, err := isogloss.Call[string](t.Context(), c, "log", nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := <-told; got != protocol.LoggingLevelWarning || len(told) != 0 {
			t.Errorf("got %v and %d more", got, len(told))
		}
	})
}

func TestNewsThatOurServerEndsIsListenedToAgain(t *testing.T) {
	s := live()
	client := dial(t, serve(t, s).url, nil)
	a := subscribe(t, client, "text://a")
	s.EndNews()
	if got := next(t, a); got.Kind != isogloss.Missed {
		t.Errorf("got %v", got)
	}
	s.ResourceUpdated("text://a")
	if got := next(t, a); got != updated("text://a") {
		t.Errorf("got %v", got)
	}
}
