package isogloss_test

import (
	"context"
	"fmt"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// confirming has a tool that wants a yes, and counts how often it ran.
func confirming(ran *int) *isogloss.Server {
	s := isogloss.New("confirming", "1")
	isogloss.ToolWith(s, "wipe", "", &isogloss.ToolOptions{Confirm: "Wipe it all?"}, func(_ context.Context, in struct {
		Disk int `json:"disk" min:"1"`
	}) (string, error) {
		*ran++
		return fmt.Sprintf("wiped %d", in.Disk), nil
	})
	return s
}

const notConfirmed = "the user did not confirm this; nothing was done"

func TestToolRunsOnceItsUserHasConfirmedIt(t *testing.T) {
	ran := 0
	c := rawTo(t, confirming(&ran), everything)
	const disk = `"arguments":{"disk":1}`
	asked := c.call("wipe", disk)
	same(t, asked.text(), "input_required")
	same(t, string(asked.Result.InputRequests["confirm"]), `{"method":"elicitation/create","params":{"message":"Wipe it all?","mode":"form",`+
		`"requestedSchema":`+sorted(`{"type":"object","properties":{"confirm":{"type":"boolean","description":"Whether to go on."}},"required":["confirm"]}`)+`}}`)
	for given, want := range map[string]string{
		yes("confirm", `{"confirm":false}`): notConfirmed,
		`"confirm":{"action":"decline"}`:    notConfirmed,
		`"confirm":{"action":"cancel"}`:     notConfirmed,
		yes("confirm", `{"confirm":"yes"}`): "the answer to a question: content.confirm: expected boolean, found string",
		yes("confirm", `{}`):                "the answer to a question: content.confirm: required member is missing",
	} {
		refused := c.call("wipe", disk, answers(given), state(asked))
		same(t, refused.text(), want)
		if refused.Error == nil && !refused.Result.IsError || ran != 0 {
			t.Errorf("%s: it ran %d times", given, ran)
		}
	}
	same(t, c.call("wipe", disk, answers(yes("confirm", `{"confirm":true}`)), state(asked)).text(), `{"result":"wiped 1"}`)
	if ran != 1 {
		t.Errorf("it ran %d times", ran)
	}
}

func TestNobodyIsAskedAboutACallThatWouldNotRun(t *testing.T) {
	ran := 0
	s := confirming(&ran)
	same(t, rawTo(t, s, everything).call("wipe", `"arguments":{"disk":0}`).text(), "disk: must be at least 1")
	// It fails closed where nobody can be asked.
	rawTo(t, s, "{}").fails(-32021, "the client has to declare the capability elicitation", "tools/call", `"name":"wipe"`, `"arguments":{"disk":1}`)
	legacy := connect(t, s, &isogloss.ClientOptions{Era: isogloss.LegacyOnly})
	result, err := legacy.CallTool(t.Context(), "wipe", map[string]any{"disk": 1}, nil)
	if err != nil || result.IsError == nil || !*result.IsError {
		t.Errorf("got %+v, %v", result, err)
	}
	if ran != 0 {
		t.Errorf("it ran %d times", ran)
	}
}

func TestLegacyClientConfirmsOnTheWay(t *testing.T) {
	for answer, want := range map[string]string{
		`{"action":"accept","content":{"confirm":true}}`:  `{"result":"wiped 2"}`,
		`{"action":"accept","content":{"confirm":false}}`: notConfirmed,
		`{"action":"decline"}`:                            notConfirmed,
	} {
		ran := 0
		c := rawTo(t, confirming(&ran), everything)
		c.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":` +
			everything + `,"clientInfo":{"name":"raw","version":"1"}}}`)
		c.receive()
		c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe","arguments":{"disk":2}}}`)
		asked := c.receive()
		same(t, asked.Method, "elicitation/create")
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"result":%s}`, asked.ID, answer))
		same(t, c.receive().text(), want)
	}
}
