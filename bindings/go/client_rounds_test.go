package isogloss_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Questions to a client, in both eras: answered, and in the modern era asked again
// with the answers; or not, and told so.

// zoe is a user, a model and a root.
func zoe(era isogloss.EraMode) *isogloss.ClientOptions {
	return &isogloss.ClientOptions{
		Era: era,
		OnElicit: func(_ context.Context, form *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
			if form.Message == "Where do you live?" {
				return isogloss.Accept(place{"Zürich"})
			}
			return isogloss.Accept(map[string]any{"name": "Zoë"})
		},
		OnElicitURL: func(_ context.Context, page *protocol.ElicitRequestURLParams) (*protocol.ElicitResult, error) {
			if page.URL != "https://example.com/pay" {
				return nil, isogloss.ErrDeclined
			}
			return &protocol.ElicitResult{Action: protocol.ElicitResultActionAccept}, nil
		},
		OnSample: func(context.Context, *protocol.CreateMessageRequestParams) (*protocol.CreateMessageResult, error) {
			return &protocol.CreateMessageResult{
				Model: "m", Role: protocol.RoleAssistant, Content: &protocol.TextContent{Text: "Hello"},
			}, nil
		},
		OnRoots: func(context.Context) ([]protocol.Root, error) { return []protocol.Root{{URI: "file:///home/zoe"}}, nil },
	}
}

func TestFunctionsAnswerWhatAServerAsksInBothEras(t *testing.T) {
	inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
		client := connect(t, asking(nil, nil), zoe(era))
		for tool, want := range map[string]string{
			"hello":    "Zoë is 30",
			"rounds":   "Zoë of Zürich",
			"together": "m, Zoë, 1 roots",
			"page":     "paid",
		} {
			said, err := isogloss.Call[string](t.Context(), client, tool, nil, nil)
			if err != nil || said != want {
				t.Errorf("%s: got %q, %v", tool, said, err)
			}
		}
		read, err := client.ReadResource(t.Context(), "text://asking", nil)
		if err != nil || read.Contents[0].(*protocol.TextResourceContents).Text != "Zürich" {
			t.Errorf("got %+v, %v", read, err)
		}
		prompt, err := client.GetPrompt(t.Context(), "asking", nil, nil)
		if err != nil || prompt.Messages[0].Content.(*protocol.TextContent).Text != "About Zürich" {
			t.Errorf("got %+v, %v", prompt, err)
		}
	})
}

func TestAUserWhoDeclinesIsNoError(t *testing.T) {
	inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
		for refusal, want := range map[error]string{
			isogloss.ErrDeclined:  "the user declined to answer",
			isogloss.ErrDismissed: "the user cancelled the question",
		} {
			client := connect(t, asking(nil, nil), &isogloss.ClientOptions{
				Era: era,
				OnElicit: func(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
					return nil, fmt.Errorf("asked: %w", refusal)
				},
			})
			_, err := isogloss.Call[string](t.Context(), client, "hello", nil, nil)
			var failed *isogloss.ToolError
			if !errors.As(err, &failed) || err.Error() != want {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestCapabilitiesFollowFromWhatIsSet(t *testing.T) {
	all := zoe(isogloss.Auto)
	for _, test := range []struct {
		options isogloss.ClientOptions
		want    string
	}{
		{isogloss.ClientOptions{}, `{}`},
		{isogloss.ClientOptions{OnElicit: all.OnElicit}, `{"elicitation":{"form":{}}}`},
		{isogloss.ClientOptions{OnElicitURL: all.OnElicitURL}, `{"elicitation":{"url":{}}}`},
		{isogloss.ClientOptions{OnSample: all.OnSample, OnRoots: all.OnRoots}, `{"roots":{},"sampling":{}}`},
		{isogloss.ClientOptions{
			OnSample:     all.OnSample,
			Capabilities: protocol.ClientCapabilities{Sampling: &protocol.SamplingCapability{Tools: wire.Raw("{}")}},
		}, `{"sampling":{"tools":{}}}`},
	} {
		server, target := scripted(func(heard) []string { return nil })
		connectTo(t, target, &test.options)
		said := server.all("server/discover")[0].param("_meta", "io.modelcontextprotocol/clientCapabilities")
		if said != test.want {
			t.Errorf("got %s, want %s", said, test.want)
		}
	}
}

func TestWithoutAnybodyToAnswerTheQuestionsAreTheResult(t *testing.T) {
	client := connect(t, asking(nil, nil), &isogloss.ClientOptions{
		Era:          isogloss.ModernOnly,
		Capabilities: protocol.ClientCapabilities{Elicitation: &protocol.ElicitationCapability{}},
	})
	outcome, err := protocol.CallTool(t.Context(), client, &protocol.CallToolRequestParams{Name: "hello"})
	asked, ok := outcome.(*protocol.InputRequiredResult)
	if !ok || len(asked.InputRequests) != 1 {
		t.Errorf("got %+v, %v", outcome, err)
	}
	_, err = client.CallTool(t.Context(), "hello", nil, nil)
	check(t, err, "the result of tool hello asks for input, which this client does not answer")
}

func TestAQuestionThatNobodyAnswersEndsTheCallAndSaysWhich(t *testing.T) {
	options := zoe(isogloss.ModernOnly)
	options.OnElicit = nil
	options.Capabilities.Elicitation = &protocol.ElicitationCapability{Form: wire.Raw("{}")}
	client := connect(t, asking(nil, nil), options)
	_, err := client.CallTool(t.Context(), "hello", nil, nil)
	check(t, err, `the result of tools/call asks for elicitation/create "who", which this client does not answer: method not found`)

	gone := errors.New("the user has gone")
	options.OnElicit = func(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
		return nil, gone
	}
	client = connect(t, asking(nil, nil), options)
	if _, err = client.CallTool(t.Context(), "hello", nil, nil); !errors.Is(err, gone) || !errors.Is(err, isogloss.ErrDecode) {
		t.Errorf("got %v", err)
	}
	options.OnElicit = func(context.Context, *protocol.ElicitRequestFormParams) (*protocol.ElicitResult, error) {
		return nil, nil
	}
	client = connect(t, asking(nil, nil), options)
	_, err = client.CallTool(t.Context(), "hello", nil, nil)
	if err == nil || !strings.HasSuffix(err.Error(), "the program answered with neither a result nor an error") {
		t.Errorf("got %v", err)
	}
}

const (
	oneQuestion = `"inputRequests":{"q":{"method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}}`
	complete    = `{"resultType":"complete","content":[{"type":"text","text":"done"}]}`
)

// inRounds is a server that answers calls with these results, one after the other,
// and then with the last.
func inRounds(results ...string) (*scriptedServer, isogloss.Target) {
	round := 0
	return scripted(func(h heard) []string {
		if h.Method != "tools/call" {
			return nil
		}
		result := results[min(round, len(results)-1)]
		round++
		return []string{h.result(result)}
	})
}

func TestARetryIsTheSameRequestUnderAnotherIDWithTheAnswersAndTheStateOfItsRound(t *testing.T) {
	server, target := inRounds(
		`{"resultType":"input_required","requestState":"sealed é\"",`+oneQuestion+`}`,
		`{"resultType":"input_required","requestState":"two"}`,
		`{"resultType":"input_required",`+oneQuestion+`}`,
		complete,
	)
	client := connectTo(t, target, zoe(isogloss.ModernOnly))
	result, err := client.CallTool(t.Context(), "t", map[string]int{"a": 1}, nil)
	if err != nil || isogloss.TextOf(result) != "done" {
		t.Fatalf("got %+v, %v", result, err)
	}
	calls := server.all("tools/call")
	answers := `{"q":{"action":"accept","content":{"name":"Zoë"}}}`
	want := []struct{ responses, state string }{{"", ""}, {answers, `"sealed é\""`}, {"", `"two"`}, {answers, ""}}
	if len(calls) != len(want) {
		t.Fatalf("%d calls", len(calls))
	}
	var ids []string
	for i, call := range calls {
		if got := call.param("inputResponses"); got != want[i].responses {
			t.Errorf("round %d: got answers %s", i, got)
		}
		if got := call.param("requestState"); got != want[i].state {
			t.Errorf("round %d: got state %s", i, got)
		}
		if call.param("name") != `"t"` || call.param("arguments") != `{"a":1}` || call.param("_meta") != calls[0].param("_meta") {
			t.Errorf("round %d: got %s", i, call.Params)
		}
		ids = append(ids, string(call.ID))
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(want) {
		t.Errorf("ids that are not each its own: %v", ids)
	}
}

func TestAServerThatAsksForEverIsLeftAfterTheRoundsOfTheLimit(t *testing.T) {
	server, target := inRounds(`{"resultType":"input_required","requestState":"again",` + oneQuestion + `}`)
	client := connectTo(t, target, zoe(isogloss.ModernOnly))
	_, err := client.CallTool(t.Context(), "t", nil, nil)
	check(t, err, "the result of tools/call asks for input again after 10 rounds (max_rounds)")
	if got := server.count("tools/call"); got != protocol.MaxRounds+1 {
		t.Errorf("%d calls", got)
	}
}

func TestAResultThatAsksForNothingIsWrong(t *testing.T) {
	server, target := inRounds(`{"resultType":"input_required"}`)
	client := connectTo(t, target, zoe(isogloss.ModernOnly))
	_, err := client.CallTool(t.Context(), "t", nil, nil)
	check(t, err, `the result of tools/call: expected one of the members "inputRequests", "requestState"`)
	if got := server.count("tools/call"); got != 1 {
		t.Errorf("%d calls", got)
	}
}

// form has a field of each kind with a default, and one without.
const form = `{"type":"object","properties":{"name":{"type":"string","default":"John"},"age":{"type":"integer","default":30},` +
	`"score":{"type":"number","default":95.5},"status":{"type":"string","enum":["on","off"],"default":"on"},` +
	`"verified":{"type":"boolean","default":true},"days":{"type":"array","items":{"type":"string","enum":["mo","tu"]},"default":["mo"]},` +
	`"other":{"type":"string"}}}`

func TestAFormIsGivenItsDefaultsWhereTheClientIsToldSo(t *testing.T) {
	inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
		filled := `{"name":"Zoë","age":30,"score":95.5,"status":"on","verified":true,"days":["mo"]}`
		for fills, want := range map[bool]string{true: filled, false: `{"name":"Zoë"}`} {
			s := isogloss.New("asking", "1")
			isogloss.Tool(s, "ask", "Asks.", func(ctx context.Context, _ struct{}) (string, error) {
				params := &protocol.ElicitRequestFormParams{Message: "Well?"}
				if err := params.RequestedSchema.UnmarshalJSON([]byte(form)); err != nil {
					return "", err
				}
				answer, err := isogloss.Ask(ctx, isogloss.Elicit(params))
				if err != nil {
					return "", err
				}
				text, err := answer.MarshalJSON()
				return string(text), err
			})
			options := zoe(era)
			options.FillDefaults = fills
			said, err := isogloss.Call[string](t.Context(), connect(t, s, options), "ask", nil, nil)
			if err != nil || said != `{"action":"accept","content":`+want+`}` {
				t.Errorf("got %s, %v", said, err)
			}
		}
	})
}

func TestAnAnswerToAFormIsAnObjectOfPlainValues(t *testing.T) {
	for _, wrong := range []any{7, "text", map[string]any{"a": map[string]any{}}, func() {}} {
		if _, err := isogloss.Accept(wrong); !errors.Is(err, isogloss.ErrEncode) {
			t.Errorf("%T: got %v", wrong, err)
		}
	}
}

// legacyHandler is one of the protocol's interface.
type legacyHandler struct {
	protocol.UnimplementedClient[*isogloss.Client]
}

func (legacyHandler) ListRoots(context.Context, *isogloss.Client, *protocol.ListRootsRequestParams) (*protocol.ListRootsResult, error) {
	return &protocol.ListRootsResult{Roots: []protocol.Root{{URI: "file:///a"}, {URI: "file:///b"}}}, nil
}

func TestAHandlerAnswersWhatNoFunctionDoes(t *testing.T) {
	inBothEras(t, func(t *testing.T, era isogloss.EraMode) {
		options := zoe(era)
		options.OnRoots = nil
		options.Handler = legacyHandler{}
		options.Capabilities.Roots = &protocol.RootsCapability{}
		said, err := isogloss.Call[string](t.Context(), connect(t, asking(nil, nil), options), "together", nil, nil)
		if err != nil || said != "m, Zoë, 2 roots" {
			t.Errorf("got %q, %v", said, err)
		}
	})
}

func TestWhatWasAnsweredToQuestionsIsNotKept(t *testing.T) {
	server, target := scripted(func(h heard) []string {
		switch {
		case h.Method != "resources/read":
			return nil
		case h.param("inputResponses") == "":
			return []string{h.result(`{"resultType":"input_required",` + oneQuestion + `}`)}
		}
		return []string{h.result(`{"resultType":"complete","contents":[],"ttlMs":60000,"cacheScope":"private"}`)}
	})
	client := connectTo(t, target, zoe(isogloss.ModernOnly))
	for range 2 {
		if _, err := client.ReadResource(t.Context(), "a://b", nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.count("resources/read"); got != 4 {
		t.Errorf("read %d times", got)
	}
}
