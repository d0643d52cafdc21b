package isogloss_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// Batches of revision 2025-03-26 over a connection, as text on the wire.

// helloIn is an initialize.
func helloIn(rev string) string { return strings.Replace(hello, "2025-06-18", rev, 1) }

func TestBatchesAreOfOneRevision(t *testing.T) {
	batch := ` [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]`
	for rev, want := range map[string]string{
		"2025-03-26": `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]`,
		"2025-06-18": `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"expected object, found array: ` +
			`only revision 2025-03-26 has batches, send one message alone"}}`,
	} {
		for _, end := range []isogloss.Transport{raw(t, weather()), overLines(t, weather())} {
			send(t, end, helloIn(rev))
			receive(t, end)
			send(t, end, batch)
			same(t, receive(t, end), want)
		}
	}
}

func TestBatchIsRefusedAsAWhole(t *testing.T) {
	end := raw(t, weather())
	send(t, end, helloIn("2025-03-26"))
	receive(t, end)
	long := "[" + strings.Repeat("{},", 100) + "{}]"
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, c := range []struct {
		batch   string
		code    int
		message string
	}{
		{"[]", isogloss.CodeInvalidRequest, "expected a batch of 1 to 100 messages, found 0 (MaxBatch)"},
		{long, isogloss.CodeInvalidRequest, "expected a batch of 1 to 100 messages, found 101 (MaxBatch)"},
		{" [{}", isogloss.CodeParseError, "invalid JSON"},
		{deep, isogloss.CodeInvalidRequest, "nesting deeper than 128"},
	} {
		send(t, end, c.batch)
		n := newsIn(t, receive(t, end))
		if n.ID != nil || n.Error.Code != c.code || !strings.Contains(n.Error.Message, c.message) {
			t.Errorf("got %+v, want %d %s", n, c.code, c.message)
		}
	}
}

func TestBatchIsAnsweredInOrderWhateverItHolds(t *testing.T) {
	s := isogloss.New("batches", "1")
	first := make(chan struct{})
	isogloss.Tool(s, "first", "", func(ctx context.Context, _ struct{}) (string, error) {
		<-first
		return "first", nil
	})
	isogloss.Tool(s, "second", "", func(ctx context.Context, _ struct{}) (string, error) {
		defer close(first)
		return "second", isogloss.FromContext(ctx).Progress(ctx, 1, 0, "")
	})
	isogloss.Tool(s, "never", "", func(ctx context.Context, _ struct{}) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	end := raw(t, s)
	send(t, end, helloIn("2025-03-26"))
	receive(t, end)
	send(t, end, `[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"first"}},`+
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"never"}},`+
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}},`+
		`{"jsonrpc":"2.0","id":7,"result":{}},{"id":4},`+
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"second","_meta":{"progressToken":1}}}]`)
	same(t, newsIn(t, receive(t, end)).Method, "notifications/progress")
	var all []answer
	if err := json.Unmarshal([]byte(receive(t, end)), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 || all[0].ID != 1.0 || all[1].ID != 4.0 || all[2].ID != 2.0 {
		t.Fatalf("got %+v", all)
	}
	same(t, all[0].text()+", "+all[1].text()+", "+all[2].text(), `{"result":"first"}, jsonrpc: expected "2.0", {"result":"second"}`)
}

func TestBatchOfNothingToAnswerIsNotAnswered(t *testing.T) {
	end := raw(t, weather())
	send(t, end, helloIn("2025-03-26"))
	receive(t, end)
	send(t, end, "["+initialized+"]")
	send(t, end, ping)
	same(t, receive(t, end), `{"jsonrpc":"2.0","id":"ping","result":{}}`)
}
