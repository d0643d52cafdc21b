package isogloss

import (
	"strings"
	"testing"
)

func TestAMessageThatIsLeftOutTellsItsIDWithItsBeginningOrItsEnd(t *testing.T) {
	for _, test := range []struct {
		start, end string
		id         string
		isRequest  bool
	}{
		{`{"jsonrpc":"2.0","id":12,"method":"m","params":{"id":13,"x":"yyy`, ``, `12`, true},
		{`{"jsonrpc":"2.0","id":3,"result":{"method":"m","x":"yyy`, `yyy"},"id":4}`, `3`, false},
		{`{"method":"m","params":{"x":"yyy`, `yyy"},"id":7}`, `7`, true},
		{`{"result":"yyy`, `yyy"},"jsonrpc":"2.0","id":12}`, `12`, false},
		{`{"result":"yyy`, `yyy"} , "id" : "a\"b" , "jsonrpc":"2.0" } `, `"a\"b"`, false},
		{`{"result":"yyy`, `yyy"},"id":7,"x":{"y":1,"id":8}}`, `7`, false},
		{`{"params":"yyy`, `yyy"},"id":7,"method":"m"}`, `7`, true},
		// Within something else, or no name at all.
		{`{"result":"yyy`, `yyy","id":13}}`, ``, false},
		{`{"result":"yyy`, `yyy,\"id\":13}`, ``, false},
		{`{"result":"yyy`, `yyy,","id"]}`, ``, false},
		{`[{"result":"yyy`, `yyy"},"id":7}]`, ``, false},
		{`{"result":"yyy`, "yyy\"},\"id\":\"\xff\"}", ``, false},
		{`{"result":"yyy`, `"id":7}`, ``, false},
		{`{"result":"yyy`, strings.Repeat(`"id`, 80), ``, false},
		{``, ``, ``, false},
	} {
		id, isRequest := whose(&TooLong{Start: []byte(test.start), End: []byte(test.end)})
		if string(id) != test.id || isRequest != test.isRequest {
			t.Errorf("%s … %s: got %q, %t", test.start, test.end, id, isRequest)
		}
	}
}
