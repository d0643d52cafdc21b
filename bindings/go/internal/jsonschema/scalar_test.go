package jsonschema

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

func TestNumbersAreComparedAsTheyAreWritten(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0}, {"100", "1e2", 0}, {"-0", "0.0", 0}, {"9007199254740993", "9007199254740992", 1},
		{"18446744073709551616", "18446744073709551615.5", 1}, {"0.1", "0.10000000000000000001", -1},
		{"-1e400", "1", -1}, {"1e400", "1e300", 1}, {"1e-400", "0", 1}, {"1e5000", "1", 1}, {"-1e5000", "1e4000", -1},
	} {
		if got := numberOf(test.a).compare(numberOf(test.b)); got != test.want {
			t.Errorf("%s and %s: got %d", test.a, test.b, got)
		}
		same := numberOf(test.a).canonical() == numberOf(test.b).canonical()
		if same != (test.want == 0) {
			t.Errorf("%s and %s: one canonical text: %v", test.a, test.b, same)
		}
	}
}

func TestMultiplesAreExact(t *testing.T) {
	for _, test := range []struct {
		number, of string
		want       bool
	}{
		{"0.3", "0.1", true}, {"19.99", "0.01", true}, {"19.995", "0.01", false}, {"7", "2", false}, {"0", "3", true},
		{"1e300", "7", false}, {"1e300", "8", true}, {"9007199254740993", "2", false}, {"1e-300", "2", false}, {"-9", "3", true},
	} {
		if got := numberOf(test.number).isMultipleOf(numberOf(test.of)); got != test.want {
			t.Errorf("%s of %s: got %v", test.number, test.of, got)
		}
	}
}

func TestIntegersAreExactOrNone(t *testing.T) {
	for text, want := range map[string]string{
		"2.0": "2", "-4.2e1": "-42", "18446744073709551616": "18446744073709551616", "2.5": "", "0.0": "0", "-0": "0", "10": "10",
	} {
		got := ""
		if whole := numberOf(text).integer(); whole != nil {
			got = whole.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"1e300": true, "1e-300": false, "1e5000": true, "1e-5000": true} {
		if got := numberOf(text).isInteger(); got != want { // what is too small for a double is 0 to it
			t.Errorf("%s: an integer: %v", text, got)
		}
	}
}

func TestCanonicalTextsOfEqualValuesAreEqual(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":[1.0,"\u0061"]}`, `{ "b" : [1, "a"], "a": 10e-1 }`, true},
		{`{"a":1,"a":2}`, `{"a":2}`, true},
		{`[1,2]`, `[2,1]`, false},
		{`"1"`, `1`, false},
	} {
		if same := canonical(wire.Raw(test.a)) == canonical(wire.Raw(test.b)); same != test.same {
			t.Errorf("%s and %s: %v", test.a, test.b, same)
		}
	}
}

// FuzzNumber compares with float64 where that is exact.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-1", "2.50", "1e3", "1E-2", "123456789012345678901234567890", "0.000001", "1e999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if wire.Raw(text).Kind() != wire.KindNumber || !json.Valid([]byte(text)) || strings.TrimSpace(text) != text {
			t.Skip()
		}
		n := numberOf(text)
		if n.compare(numberOf(n.canonical())) != 0 && !math.IsInf(n.near, 0) {
			t.Errorf("%s is not %s", text, n.canonical())
		}
		if n.isInteger() && n.mantissa != nil && n.integer() == nil {
			t.Errorf("%s is an integer without a value", text)
		}
	})
}

// FuzzPattern: what is accepted is a pattern of package regexp's, and never
// panics.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^a+$`, `(?<n>[\w-]{2,3})|b`, `\u00e9\x41`, `[^\s\]]`, `a{1000}`, `(((`, `[a-\d]`, `\cA`, "é|\u2028", `[`, `(?`, `\`, "0\xf0"} {
		f.Add(seed, "a text")
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		if p, err := newPattern(source); err == nil {
			p.matches(text)
		} else if !strings.HasPrefix(err.Error(), "the pattern ") {
			t.Errorf("got %v", err)
		}
	})
}

// FuzzCompile: whatever a schema is, it is refused or checks any text.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`true`, `{"type":"object","properties":{"a":{"$ref":"#"}}}`, `{"$id":"a/b","$ref":"b#/x"}`, `{"enum":[{},[1]]}`,
		`{"allOf":[{"$anchor":"a"},{"$ref":"#a"}]}`, `{"$ref":"#/$defs/%2Fa","$defs":{"/a":false}}`, `{"pattern":"\\d"}`,
		`{"unevaluatedItems":false,"prefixItems":[true]}`, `{"if":{},"then":{"maxProperties":1}}`,
	} {
		f.Add(seed, `{"a":{"a":[1,"x",null]}}`)
	}
	f.Fuzz(func(t *testing.T, schema, text string) {
		s, err := Compile(wire.Raw(schema), "member")
		if err != nil {
			return
		}
		checked := s.Check(wire.Raw(text), true)
		if len(checked.Problems) == 0 {
			if _, err := wire.AppendRaw(nil, checked.Text); err != nil {
				t.Errorf("%s makes %s of %s", schema, checked.Text, text)
			}
		}
	})
}
