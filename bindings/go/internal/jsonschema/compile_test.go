package jsonschema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

func TestReferencesLeadWhereTheySay(t *testing.T) {
	const wrong = "expected string, found number"
	for _, test := range []struct{ schema, text, want string }{
		{`{"$ref":"#/allOf/1","allOf":[true,{"$defs":{"x":true},"type":"string"}]}`, `1`, wrong + "\n" + wrong},
		{`{"$ref":"#/$defs/a~1b%25c~0","$defs":{"a/b%c~":{"type":"string"}}}`, `1`, wrong},
		{`{"$id":"https://a.example/b/c","$ref":"/d","$defs":{"d":{"$id":"https://a.example/d","type":"string"}}}`, `1`, wrong},
		{`{"$id":"https://a.example/b/c","$ref":"d#x","$defs":{"d":{"$id":"d","$defs":{"x":{"$anchor":"x","type":"string"}}}}}`, `1`, wrong},
		{`{"$id":"https://a.example","$ref":"d","$defs":{"d":{"$id":"https://a.example/d","type":"string"}}}`, `1`, wrong},
		{`{"$id":"urn:a","$ref":"urn:b","$defs":{"b":{"$id":"urn:b#","type":"string"}}}`, `1`, wrong},
		{`{"$id":"a","properties":{"x":{"$ref":"a"}},"type":"object"}`, `{"x":1}`, "x: expected object, found number"},
		{`{"$ref":"#a","$defs":{"a":{"$id":"b","$anchor":"a"},"c":{"$anchor":"a","type":"string"}}}`, `1`, wrong},
		{`{"$dynamicRef":"#/$defs/a","$defs":{"a":{"type":"string"}}}`, `1`, wrong},
		{`{"$dynamicRef":"#a","$defs":{"a":{"$anchor":"a","type":"string"},"b":{"$id":"b","$dynamicAnchor":"a"}}}`, `1`, wrong},
		{`{"const":{"$ref":"nowhere"},"enum":[{"$ref":"nowhere"}]}`, `{"$ref":"nowhere"}`, ""},
	} {
		if got := strings.Join(said(compiled(t, test.schema).Check(wire.Raw(test.text), false).Problems), "\n"); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.schema, test.text, got, test.want)
		}
	}
}

func TestWhatCannotBeHeldIsRefusedWithItsPlace(t *testing.T) {
	for schema, want := range map[string]string{
		`[]`:   "a schema is an object, true or false, found array",
		`{"a"`: "invalid JSON",
		`{"$ref":"#/allOf/2","allOf":[true,true]}`:    "$ref #/allOf/2 refers to nothing in this schema",
		`{"$ref":"#/$defs/%zz"}`:                      "$ref #/$defs/%zz refers to nothing in this schema",
		`{"items":{"$dynamicRef":"#a"}}`:              "at /items: $dynamicRef #a refers to nothing in this schema",
		`{"$defs":{"a":{"$ref":"#/$defs/a"}}}`:        "", // nothing refers to it
		`{"properties":{"a":1}}`:                      "properties is an object: expected an object of schemas",
		`{"allOf":[true,1]}`:                          "allOf is an array: expected a list of schemas",
		`{"dependentRequired":{"a":["b",1]}}`:         "dependentRequired is an object: expected an object of lists of strings",
		`{"prefixItems":[{"items":{"pattern":1}}]}`:   "at /prefixItems/0/items: pattern is 1: expected a string",
		`{"patternProperties":{"a":{"minimum":"1"}}}`: `at /patternProperties/a: minimum is "1": expected a number`,
		`{"enum":{}}`:         "enum is an object: expected a list",
		`{"if":{"$ref":"#"}}`: "a reference leads back to itself without reading on",
		`{"properties":{"a":{"$ref":"#"}},"items":{}}`:                "",
		`{"$schema":"https://example.com/of-ours#"}`:                  `$schema is "https://example.com/of-ours#": only JSON Schema 2020-12 is understood`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema#"}`: "",
	} {
		_, err := Compile(wire.Raw(schema), "member")
		if got := fmt.Sprint(err); (want == "") != (err == nil) || (err != nil && got != want) {
			t.Errorf("%s\ngot  %v\nwant %s", schema, err, want)
		}
	}
	var chain []string
	for i := range longest + 2 {
		chain = append(chain, fmt.Sprintf(`"d%d":{"type":"string","$ref":"#/$defs/d%d"}`, i, i+1))
	}
	deep := fmt.Sprintf(`{"$ref":"#/$defs/d0","$defs":{%s,"d%d":true}}`, strings.Join(chain, ","), longest+2)
	if _, err := Compile(wire.Raw(deep), "member"); err == nil || !strings.Contains(err.Error(), "more than 64 times") {
		t.Errorf("got %v", err)
	}
}

func TestManyMembersAreFoundAsFewAre(t *testing.T) {
	for _, count := range []int{3, 8, 9, 64, 65, 200} {
		var properties, required, given []string
		for i := range count {
			properties = append(properties, fmt.Sprintf(`"m%d":{"type":"integer"}`, i))
			required = append(required, fmt.Sprintf(`"m%d"`, i))
			given = append(given, fmt.Sprintf(`"m%d":1`, i))
		}
		s := compiled(t, fmt.Sprintf(`{"properties":{%s},"required":[%s],"additionalProperties":false}`,
			strings.Join(properties, ","), strings.Join(required, ",")))
		if got := said(s.Check(wire.Raw("{"+strings.Join(given, ",")+"}"), false).Problems); len(got) > 0 {
			t.Errorf("%d: %q", count, got)
		}
		last := count - 1
		given[last] = `"n":1,"m1":"x","m1":2`
		want := []string{"n: unknown member", fmt.Sprintf("m%d: required member is missing", last)}
		if got := said(s.Check(wire.Raw("{"+strings.Join(given, ",")+"}"), false).Problems); !slices.Equal(got, want) {
			t.Errorf("%d: got %q, want %q", count, got, want)
		}
	}
}

func TestPatternsMeanWhatECMAScriptSays(t *testing.T) {
	for _, test := range []struct {
		pattern, matching, other string
	}{
		{`^\s$`, "\u2003\ufeff\n\v\u00a0", "x\u200b"},
		{`^\S\W\D$`, "", ""},
		{`^\w$`, "aZ0_", "é-\u212a"},
		{`^[\s\d]$`, "7\t", "x"},
		{`^[\D]$`, "x", "7"},
		{`^.$`, "x😀\u0085", "\n\r\u2028\u2029"},
		{`^\t$|^\f$|^\r$|^\v$|^\x41$|^\u00e9$|^\.$|^\-$`, "\t\f\r\vAé.-", "x"},
		{`^[a-c\]\-^]$`, "abc]-^", "d["},
		{`^[^\S]$`, " ", "x"},
		{`^[-a]$`, "-a", "b"},
		{`^[a-]$`, "-a", "b"},
		{`^(?<one_1>a)|\Bb$`, "a", "b"},
	} {
		p, err := newPattern(test.pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, one := range test.matching {
			if !p.matches(string(one)) {
				t.Errorf("%s does not match %q", test.pattern, one)
			}
		}
		for _, one := range test.other {
			if p.matches(string(one)) {
				t.Errorf("%s matches %q", test.pattern, one)
			}
		}
	}
	for pattern, why := range map[string]string{
		`\`:              "a `\\` at the end",
		`\x4`:            "an escape without 2 hexadecimal digits",
		`\ud83d\ude00`:   "an escape without 4 hexadecimal digits of a character",
		`\k<a>`:          "`\\k` refers back",
		`[\b]`:           "`\\b` in brackets means different things",
		`[[:alpha:]]`:    "`[:` means different things",
		`[\d-z]`:         "a range that begins with a class",
		`[a-\d]`:         "a range that ends with a class",
		`(?<1a>x)`:       "a group named `1a`",
		`^*`:             "`*` with nothing to repeat",
		`a{,2}`:          "is no count of repetitions",
		`a{2}+`:          "`+` after `{2}` repeats a repetition",
		`a{99999999999}`: "is no count of repetitions",
		`]`:              "`]` that stands alone",
		strings.Repeat("(", 60) + strings.Repeat(")", 60): "groups nest deeper than 50",
		`((a{100}){100})`: "invalid repeat count",
	} {
		if _, err := newPattern(pattern); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want %s", pattern, err, why)
		}
	}
}
