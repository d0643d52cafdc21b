package isogloss

import (
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

func TestMarkedArgumentsAreFoundWithTheirPaths(t *testing.T) {
	found, err := mirroredIn(wire.Raw(`{"type":"object","properties":{
		"region":{"type":"string","x-mcp-header":"Region"},
		"deep":{"type":"object","properties":{"n":{"type":["integer","null"],"x-mcp-header":"N"}}},
		"x-mcp-header":{"type":"string","description":"an argument of that name"},
		"other":{"const":{"x-mcp-header":"data, no schema"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, one := range found {
		shown = append(shown, one.header+" "+one.shown())
	}
	if want := []string{"Mcp-Param-Region region", "Mcp-Param-N deep.n"}; !slices.Equal(shown, want) {
		t.Errorf("got %q, want %q", shown, want)
	}
	if found, err := mirroredIn(wire.Raw(`{"type":"object"}`)); len(found) > 0 || err != nil {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestWhatClientsWouldRefuseIsRefusedWithItsPlace(t *testing.T) {
	check := func(schema, reason string) {
		t.Helper()
		if _, err := mirroredIn(wire.Raw(schema)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s\ngot  %v\nwant %s", schema, err, reason)
		}
	}
	property := func(property, reason string) {
		t.Helper()
		check(`{"type":"object","properties":{"a":`+property+`}}`, reason)
	}
	property(`{"type":"string","x-mcp-header":""}`, `a: x-mcp-header is "": expected letters`)
	property(`{"type":"string","x-mcp-header":1}`, "a: x-mcp-header is 1: ")
	for _, name := range []string{"two words", "a:b", "é", `a\r\nb`} {
		property(`{"type":"string","x-mcp-header":"`+name+`"}`, "a: x-mcp-header is ")
	}
	for _, kind := range []string{`"number"`, `"object"`, `"array"`, `"null"`, `["string","integer"]`} {
		property(`{"type":`+kind+`,"x-mcp-header":"A"}`, "a: x-mcp-header is for a string, an integer or")
	}
	property(`{"x-mcp-header":"A"}`, "is for a string")
	const marked = `{"type":"string","x-mcp-header":"A"}`
	for _, within := range []string{`"items":` + marked, `"anyOf":[` + marked + `]`, `"not":` + marked} {
		property(`{`+within+`}`, "is for arguments that `properties` alone lead to")
	}
	property(`{"$defs":{"b":{"properties":{"c":`+marked+`}}}}`, "a.$defs.c: x-mcp-header")
	property(`{"type":"object","properties":{"b":`+marked+`,"c":{"type":"string","x-mcp-header":"a"}}}`, "a.b and a.c: the same x-mcp-header")
	check(`{"type":"object","x-mcp-header":"A"}`, "stands beside the arguments")
}

func TestHeadersAreHeldToTheArguments(t *testing.T) {
	all, err := mirroredIn(wire.Raw(`{"properties":{"s":{"type":"string","x-mcp-header":"s"},
		"i":{"type":"integer","x-mcp-header":"i"},"b":{"type":"boolean","x-mcp-header":"b"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	one := func(name string) *mirrored {
		return &all[slices.IndexFunc(all, func(m mirrored) bool { return m.shown() == name })]
	}
	check := func(name, arguments, header string, agrees bool) {
		t.Helper()
		value, ok := one(name).value(wire.Raw(arguments))
		if !ok || one(name).agrees(header, value) != agrees {
			t.Errorf("%s and %q: %q, %v", arguments, header, value, !agrees)
		}
	}
	check("s", `{"s":"a\u00e9"}`, "aé", true)
	check("s", `{"s":"first","s":"last"}`, "last", true)
	check("s", `{"s":"first","s":"last"}`, "first", false)
	check("s", `{"s":"a"}`, "A", false)
	check("b", `{ "b" : true }`, "true", true)
	check("b", `{"b":true}`, "True", false)
	for _, header := range []string{"42", "42.0", "4.2e1", "420e-1"} {
		check("i", `{"i":42}`, header, true)
		check("i", `{"i":42.0}`, header, true)
	}
	for _, header := range []string{"43", "", "042", "+42", "0x2a", "42 ", " 42", "NaN", "42.5", "42,0"} {
		check("i", `{"i":42}`, header, false)
	}
	check("i", `{"i":9007199254740993}`, "9007199254740993", false)
	check("i", `{"i":-9007199254740991}`, "-9007199254740991", true)
	for _, row := range [][2]string{{"s", "{}"}, {"s", `{"s":null}`}, {"i", `{"i":"1"}`}, {"s", `{"t":{"s":"a"}}`}} {
		if value, ok := one(row[0]).value(wire.Raw(row[1])); ok {
			t.Errorf("%s: got %q", row[1], value)
		}
	}
	if value, _ := one("i").value(wire.Raw(`{"i":4.2e1}`)); value != "42" {
		t.Errorf("got %q", value)
	}
}
