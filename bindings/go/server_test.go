package isogloss_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

type forecastIn struct {
	City string `json:"city" doc:"Name of the city."`
	Days int    `json:"days" doc:"How many days." min:"1" max:"10" default:"1"`
	Unit string `json:"unit,omitempty" enum:"celsius,fahrenheit"`
}

type forecast struct {
	City string    `json:"city"`
	Days []float64 `json:"days"`
}

// weather has one of everything.
func weather() *isogloss.Server {
	s := isogloss.NewServer(
		protocol.Implementation{Name: "weather", Version: "1.0.0"},
		&isogloss.ServerOptions{Instructions: "Ask about the weather.", PageSize: 2},
	)
	isogloss.Tool(s, "get_forecast", "Forecast for a city.", func(_ context.Context, in forecastIn) (forecast, error) {
		if in.City == "Atlantis" {
			return forecast{}, errors.New("no such city: Atlantis")
		}
		return forecast{in.City, make([]float64, in.Days)}, nil
	})
	isogloss.Tool(s, "count", "A plain value.", func(context.Context, struct{}) (int, error) { return 7, nil })
	isogloss.Tool(s, "refuse", "A protocol error.", func(context.Context, struct{}) (any, error) {
		return nil, isogloss.ProtocolError(-32050, "not today")
	})
	isogloss.Tool(s, "panic", "Fails inside.", func(context.Context, struct{}) (any, error) { panic("a secret") })
	isogloss.Tool(s, "wait", "Waits to be cancelled.", func(ctx context.Context, _ struct{}) (any, error) {
		if err := isogloss.FromContext(ctx).Progress(ctx, 1, 2, "waiting"); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	isogloss.Resource(s, "weather://stations", "All stations.", func(context.Context, struct{}) (string, error) { return "Oslo", nil })
	isogloss.Resource(s, "weather://{city}/{day}", "A day.", func(_ context.Context, p struct {
		City string `json:"city"`
		Day  int    `json:"day"`
	}) ([]byte, error) {
		return []byte(p.City + strconv.Itoa(p.Day)), nil
	})
	isogloss.Prompt(s, "plan", "Plans a day.", func(_ context.Context, p struct {
		City string  `json:"city" doc:"Where."`
		Mood *string `json:"mood"`
	}) (string, error) {
		return "Plan a day in " + p.City, nil
	})
	s.CompletePrompt("plan", "city", func(_ context.Context, value string, _ map[string]string) ([]string, error) {
		return []string{value + "lo"}, nil
	})
	return s
}

// connect connects to a server of this process, and closes with the test.
func connect(t *testing.T, s *isogloss.Server, options *isogloss.ClientOptions) *isogloss.Client {
	t.Helper()
	client, err := isogloss.Connect(t.Context(), s, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// everyRevision runs a test over a connection in each.
func everyRevision(t *testing.T, run func(t *testing.T, c *isogloss.Client)) {
	for _, rev := range protocol.Revisions() {
		t.Run(rev.String(), func(t *testing.T) {
			options := &isogloss.ClientOptions{Era: isogloss.ModernOnly}
			if rev.Era() == protocol.Legacy {
				options = &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Revision: &rev}
			}
			c := connect(t, weather(), options)
			if c.Revision() != rev {
				t.Fatalf("agreed on %s", c.Revision())
			}
			run(t, c)
		})
	}
}

func TestServerSaysWhoItIs(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		if c.Server().Name != "weather" || c.Instructions() != "Ask about the weather." {
			t.Errorf("got %+v, %q", c.Server(), c.Instructions())
		}
		has := c.Capabilities()
		if has.Tools == nil || has.Resources == nil || has.Prompts == nil {
			t.Errorf("got %+v", has)
		}
		if _, err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestToolsAreListedInOrderOverPages(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		var names []string
		for tool, err := range c.Tools(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, tool.Name)
		}
		if want := []string{"get_forecast", "count", "refuse", "panic", "wait"}; !slices.Equal(names, want) {
			t.Errorf("got %q", names)
		}
		_, err := protocol.ListTools(t.Context(), c, &protocol.PaginatedRequestParams{Cursor: wire.Ptr("nowhere")})
		check(t, err, "params.cursor: not a cursor of this list (-32602)")
	})
}

func TestToolAnswersWithStructureAndText(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		result, err := c.CallTool(t.Context(), "get_forecast", map[string]any{"city": "Oslo", "days": 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		const want = `{"city":"Oslo","days":[0,0]}`
		if got := isogloss.TextOf(result); got != want {
			t.Errorf("text: %s", got)
		}
		structured := string(result.StructuredContent)
		if c.Revision() < protocol.Revision20250618 {
			if structured != "" {
				t.Errorf("%s has no structured content, but got %s", c.Revision(), structured)
			}
			return
		}
		if structured != want {
			t.Errorf("structured content: %s", structured)
		}
		typed, err := isogloss.Result[forecast](result)
		if err != nil || typed.City != "Oslo" || len(typed.Days) != 2 {
			t.Errorf("got %+v, %v", typed, err)
		}
	})
}

func TestPlainValueIsWrapped(t *testing.T) {
	c := connect(t, weather(), nil)
	result, err := c.CallTool(t.Context(), "count", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(result.StructuredContent); got != `{"result":7}` {
		t.Errorf("got %s", got)
	}
}

func TestATool(t *testing.T) {
	c := connect(t, weather(), nil)
	for _, test := range []struct {
		name, tool string
		arguments  any
		text       string // of a result that says the tool failed
		err        string // of the call
	}{
		{"fails with its own words", "get_forecast", forecastIn{City: "Atlantis", Days: 1}, "no such city: Atlantis", ""},
		{"is told of everything that is wrong", "get_forecast", map[string]any{"days": 11, "citty": "Oslo", "unit": "kelvin"},
			"citty: unknown argument, did you mean \"city\"?\ndays: must be at most 10\n" +
				"unit: expected one of \"celsius\", \"fahrenheit\", found \"kelvin\"\ncity: required member is missing", ""},
		{"refuses as a protocol error", "refuse", nil, "", "not today (-32050)"},
		{"does not tell of a panic", "panic", nil, "", "internal error (-32603)"},
		{"is that is unknown", "nothing", nil, "", "unknown tool: nothing (-32602)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := c.CallTool(t.Context(), test.tool, test.arguments, nil)
			check(t, err, test.err)
			if err == nil && (result.IsError == nil || !*result.IsError || isogloss.TextOf(result) != test.text) {
				t.Errorf("got %q, want %q", isogloss.TextOf(result), test.text)
			}
		})
	}
}

func TestResources(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		result, err := c.ReadResource(t.Context(), "weather://stations", nil)
		if err != nil {
			t.Fatal(err)
		}
		text := result.Contents[0].(*protocol.TextResourceContents)
		if text.Text != "Oslo" || *text.MIMEType != "text/plain" || text.URI != "weather://stations" {
			t.Errorf("got %+v", text)
		}
		result, err = c.ReadResource(t.Context(), "weather://Troms%C3%B8/3", nil)
		if err != nil {
			t.Fatal(err)
		}
		blob := result.Contents[0].(*protocol.BlobResourceContents)
		if blob.Blob != "VHJvbXPDuDM=" || *blob.MIMEType != "application/octet-stream" {
			t.Errorf("got %+v", blob)
		}
		_, err = c.ReadResource(t.Context(), "weather://Oslo/soon", nil)
		check(t, err, "params.uri: day: expected integer, found string (-32602)")
		_, err = c.ReadResource(t.Context(), "weather://nowhere", nil)
		if c.Revision().Era() == protocol.Legacy {
			check(t, err, "resource not found: weather://nowhere (-32002)")
		} else {
			check(t, err, "resource not found: weather://nowhere (-32602)")
		}
	})
}

func TestResourcesAreListed(t *testing.T) {
	c := connect(t, weather(), nil)
	for resource, err := range c.Resources(t.Context()) {
		if err != nil || resource.URI != "weather://stations" || *resource.Description != "All stations." {
			t.Errorf("got %+v, %v", resource, err)
		}
	}
	for template, err := range c.ResourceTemplates(t.Context()) {
		if err != nil || template.URITemplate != "weather://{city}/{day}" {
			t.Errorf("got %+v, %v", template, err)
		}
	}
}

func TestPromptsAndCompletion(t *testing.T) {
	everyRevision(t, func(t *testing.T, c *isogloss.Client) {
		for prompt, err := range c.Prompts(t.Context()) {
			if err != nil || prompt.Name != "plan" || len(prompt.Arguments) != 2 || !*prompt.Arguments[0].Required || *prompt.Arguments[1].Required {
				t.Errorf("got %+v, %v", prompt, err)
			}
		}
		result, err := c.GetPrompt(t.Context(), "plan", map[string]string{"city": "Oslo"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		said := result.Messages[0]
		if text := said.Content.(*protocol.TextContent).Text; said.Role != protocol.RoleUser || text != "Plan a day in Oslo" {
			t.Errorf("got %s: %s", said.Role, text)
		}
		_, err = c.GetPrompt(t.Context(), "plan", map[string]string{"town": "Oslo"}, nil)
		check(t, err, "params.arguments.town: unknown argument\nparams.arguments.city: required member is missing (-32602)")
		_, err = c.GetPrompt(t.Context(), "nothing", nil, nil)
		check(t, err, "unknown prompt: nothing (-32602)")

		completed, err := protocol.Complete(t.Context(), c, &protocol.CompleteRequestParams{
			Ref: &protocol.PromptReference{Name: "plan"}, Argument: protocol.CompletionArgument{Name: "city", Value: "Os"},
		})
		if err != nil || !slices.Equal(completed.Completion.Values, []string{"Oslo"}) {
			t.Errorf("got %+v, %v", completed, err)
		}
	})
}

func TestWhatIsWrongWithARegistrationIsSaidAtOnce(t *testing.T) {
	s := isogloss.New("broken", "1")
	isogloss.Tool(s, "a", "", func(context.Context, struct {
		Wait chan int `json:"wait"`
	}) (any, error) {
		return nil, nil
	})
	isogloss.Tool(s, "b", "", func(context.Context, struct {
		Days int `json:"days" default:"soon"`
	}) (any, error) {
		return nil, nil
	})
	isogloss.Tool(s, "c", "", func(context.Context, int) (any, error) { return nil, nil })
	isogloss.Resource(s, "x://{id}", "", func(context.Context, struct{}) (string, error) { return "", nil })
	isogloss.Prompt(s, "p", "", func(context.Context, struct{}) (int, error) { return 0, nil })
	_, err := isogloss.Connect(t.Context(), s, nil)
	for _, want := range []string{
		`tool "a": struct { Wait chan int "json:\"wait\"" }.Wait: a chan has no schema`,
		`default "soon": invalid JSON`,
		`tool "c": int: arguments are an object`,
		`the variable "id" has no field`,
		`prompt "p": int: a prompt is a string`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// check compares an error's text; empty means that there should be none.
func check(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatARevisionLacksIsReportedOnce(t *testing.T) {
	var log bytes.Buffer
	s := isogloss.NewServer(protocol.Implementation{Name: "s", Version: "1"}, &isogloss.ServerOptions{
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})),
	})
	isogloss.Tool(s, "count", "", func(context.Context, struct{}) (int, error) { return 7, nil })
	rev := protocol.Revision20241105
	c, err := isogloss.Connect(t.Context(), s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly, Revision: &rev})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.CallTool(t.Context(), "count", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	want := `level=WARN msg="left out a member that the revision lacks" method=tools/call member=structuredContent revision=2024-11-05` + "\n"
	if got := log.String(); got != want {
		t.Errorf("got %s", got)
	}
}
