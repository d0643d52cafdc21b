package isogloss

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/quick"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Headers held to the message that they repeat.

func TestHeadersStandForTheTextsOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile("../../spec/vectors/header-values.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Values []struct{ Text, Value string }
		Wrong  []string
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Values) == 0 || len(vectors.Wrong) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range vectors.Values {
		if found, err := decodeHeader(v.Value); err != nil || found != v.Text {
			t.Errorf("%q: got %q, %v, want %q", v.Value, found, err, v.Text)
		}
	}
	for _, wrong := range vectors.Wrong {
		if found, err := decodeHeader(wrong); err == nil {
			t.Errorf("%q: got %q", wrong, found)
		}
	}
}

func TestAnyTextComesBackOutOfAHeader(t *testing.T) {
	comesBack := func(text string) bool {
		text = strings.ToValidUTF8(text, "")
		found, err := decodeHeader("=?base64?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?=")
		return err == nil && found == text
	}
	if err := quick.Check(comesBack, nil); err != nil {
		t.Error(err)
	}
}

func FuzzHeaderValue(f *testing.F) {
	for _, seed := range []string{"", " a ", "=?base64?YWRk?=", "=?base64?YWR?=", "=?base64??=", "é", "\x00", "=?base64?/w==?="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text, err := decodeHeader(value)
		if err != nil {
			return
		}
		again, err := decodeHeader("=?base64?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?=")
		if err != nil || again != text {
			t.Errorf("%q stands for %q, and that for %q (%v)", value, text, again, err)
		}
	})
}

// offering has a tool with these properties.
func offering(t *testing.T, properties string) *httpService {
	t.Helper()
	found, err := mirroredIn([]byte(`{"type":"object","properties":` + properties + `}`))
	if err != nil {
		t.Fatal(err)
	}
	s := New("s", "1")
	s.registry.tools.put(&tool{offer: newOffer(nil, nil), definition: protocol.Tool{Name: "route"}, mirrored: found})
	return s.http
}

func TestArgumentsAreHeldToTheirHeaders(t *testing.T) {
	h := offering(t, `{"region":{"type":"string","x-mcp-header":"Region"},"size":{"type":["integer","null"],"x-mcp-header":"SIZE"},
		"to":{"type":"object","properties":{"fast":{"type":"boolean","x-mcp-header":"Fast"}}},"plain":{"type":"string"}}`)
	for _, c := range []struct{ name, arguments, headers, want string }{
		{"all of them", `{"region":"eu","size":3,"to":{"fast":true},"plain":"x"}`, "Mcp-Param-Region: eu\nMcp-Param-Size: 3\nMcp-Param-Fast: true", ""},
		{"none of them", `{}`, "", ""},
		{"no arguments at all", ``, "", ""},
		{"one that is null", `{"size":null}`, "", ""},
		{"one that is encoded", `{"region":"日本"}`, "Mcp-Param-Region: =?base64?5pel5pys?=", ""},
		{"one in another spelling", `{"size":42.0}`, "Mcp-Param-Size: 42", ""},
		{"one that the tool refuses", `{"region":7}`, "", ""},
		{"another value", `{"region":"eu"}`, "Mcp-Param-Region: us", `Mcp-Param-Region is "us", and the body says "eu"`},
		{"another number", `{"size":3}`, "Mcp-Param-Size: 4", `Mcp-Param-Size is "4", and the body says "3"`},
		{"no number", `{"size":3}`, "Mcp-Param-Size: 3 ", ""},
		{"a number that no reader holds", `{"size":9007199254740993}`, "Mcp-Param-Size: 9007199254740993", "and the body says"},
		{"no header", `{"region":"eu"}`, "", "Mcp-Param-Region: required header is missing"},
		{"no header for the empty text", `{"region":""}`, "", "Mcp-Param-Region: required header is missing"},
		{"no argument", `{}`, "Mcp-Param-Fast: true", `Mcp-Param-Fast is "true", and the body has no to.fast`},
		{"twice", `{"region":"eu"}`, "Mcp-Param-Region: eu\nMcp-Param-Region: eu", "Mcp-Param-Region is there more than once"},
		{"wrong Base64", `{"region":"eu"}`, "Mcp-Param-Region: =?base64?Z?=", "Mcp-Param-Region: wrong Base64"},
		{"of a name given twice the last", `{"region":"eu","region":"us"}`, "Mcp-Param-Region: us", ""},
		{"what repeats nothing", `{"plain":"x"}`, "Mcp-Param-Plain: y", ""},
	} {
		r := &http.Request{Header: http.Header{}}
		for line := range strings.SplitSeq("Mcp-Method: tools/call\nMcp-Name: route\n"+c.headers, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				r.Header.Add(name, value)
			}
		}
		params := `{"_meta":{"` + protocolVersionKey + `":"2026-07-28","` + clientCapabilitiesKey + `":{}},"name":"route"`
		if c.arguments != "" {
			params += `,"arguments":` + c.arguments
		}
		wrong := h.agree(r, protocol.Latest, message{method: protocol.MethodCallTool, params: []byte(params + "}")})
		switch {
		case wrong == nil && c.want == "":
		case wrong == nil || c.want == "" || wrong.Code != CodeHeaderMismatch || !strings.Contains(wrong.Message, c.want):
			t.Errorf("%s: got %v, want %q", c.name, wrong, c.want)
		}
	}
}

func TestWhatCannotBeRepeatedIsRefusedWhenAToolIsOffered(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{`{"x-mcp-header":"A"}`, "stands beside the arguments"},
		{`{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}`, "a: x-mcp-header is for a string, an integer or a boolean"},
		{`{"properties":{"a":{"type":["string","integer"],"x-mcp-header":"A"}}}`, "a: x-mcp-header is for"},
		{`{"properties":{"a":{"x-mcp-header":"A"}}}`, "a: x-mcp-header is for"},
		{`{"properties":{"a":{"type":"string","x-mcp-header":""}}}`, `a: x-mcp-header is "": expected letters`},
		{`{"properties":{"a":{"type":"string","x-mcp-header":"é"}}}`, `a: x-mcp-header is "é": expected letters`},
		{`{"properties":{"a":{"type":"string","x-mcp-header":7}}}`, `a: x-mcp-header is 7: expected letters`},
		{`{"properties":{"a":{"type":"string","x-mcp-header":"R"},"b":{"type":"string","x-mcp-header":"r"}}}`, "a and b: the same x-mcp-header"},
		{`{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}`, "a.items: x-mcp-header is for arguments that `properties` alone lead to"},
		{`{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}`, "x-mcp-header is for arguments that `properties` alone lead to"},
		{`{"$defs":{"x":{"type":"string","x-mcp-header":"A"}}}`, "$defs: x-mcp-header is for arguments"},
		{`{"properties":{"a":{"default":{"x-mcp-header":"A"}}}}`, ""},
		{`{"properties":{"x-mcp-header":{"type":"string"}}}`, ""},
		{`{"properties":{"a":true}}`, ""},
	} {
		_, err := mirroredIn([]byte(c.schema))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.schema, err, c.want)
		}
	}
}
