package isogloss

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// pair, unit, node and their like are types as programs have them.

type pair[A, B any] struct {
	First  A `json:"first"`
	Second B `json:"second"`
}

type unit string

func (unit) JSONSchema() wire.Raw {
	return wire.Raw(`{"type":"string","enum":["celsius","fahrenheit"]}`)
}

type node struct {
	Value int              `json:"value" max:"9"`
	Next  *node            `json:"next"`
	Kids  []node           `json:"kids,omitempty" max:"2"`
	Named map[string]*node `json:"named,omitempty" doc:"By name."`
}

type forest struct {
	Trees []node               `json:"trees"`
	Pairs pair[*node, grove]   `json:"pairs,omitzero"`
	Deep  []pair[string, unit] `json:"deep,omitempty"`
}

type grove []grove

type shadowed struct {
	node
	Value string `json:"value"`
	Other base   `json:"other"`
}

func planFor[T any](t testing.TB, strict bool) *plan {
	t.Helper()
	p, err := planOf(reflect.TypeFor[T](), strict)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSchemasOfTypes(t *testing.T) {
	const aNode = `{"type":"object","properties":{"value":{"type":"integer","maximum":9},` +
		`"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},` +
		`"kids":{"type":"array","items":{"$ref":"#/$defs/node"},"maxItems":2},` +
		`"named":{"type":"object","additionalProperties":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},"description":"By name."}},` +
		`"required":["value"],"additionalProperties":false}`
	for _, test := range []struct {
		plan *plan
		want string
	}{
		{planFor[struct {
			A [2]float64     `json:"a" doc:"Two."`
			B []*int8        `json:"b"`
			C json.Number    `json:"c" min:"0"`
			D netip.Addr     `json:"d"`
			E map[string]any `json:"e" min:"1" max:"2"`
			F *string        `json:"f" enum:"a,b" title:"F"`
			G unit           `json:"g" default:"celsius"`
			H *unit          `json:"h"`
		}](t, false), `{"type":"object","properties":{` + strings.Join([]string{
			`"a":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2,"description":"Two."}`,
			`"b":{"type":"array","items":{"type":["integer","null"],"minimum":-128,"maximum":127}}`,
			`"c":{"type":"number","minimum":0}`, `"d":{"type":"string"}`, `"e":{"type":"object","minProperties":1,"maxProperties":2}`,
			`"f":{"type":["string","null"],"title":"F","enum":["a","b",null]}`,
			`"g":{"type":"string","enum":["celsius","fahrenheit"],"default":"celsius"}`,
			`"h":{"type":["string","null"],"enum":["celsius","fahrenheit",null]}`,
		}, ",") + `},"required":["a","b","c","d","e"]}`},
		{planFor[struct {
			A float64  `json:"a" above:"0" below:"1" multipleOf:"0.1" example:"0.5"`
			B []string `json:"b" unique:"true" enum:"x,y" default:"[\"x\"]"`
			C []string `json:"c" pattern:"^a" min:"1"`
			D string   `json:"d" format:"uuid" header:"Region"`
		}](t, false), `{"type":"object","properties":{` + strings.Join([]string{
			`"a":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1,"multipleOf":0.1,"examples":[0.5]}`,
			`"b":{"type":"array","items":{"type":"string","enum":["x","y"]},"uniqueItems":true,"default":["x"]}`,
			`"c":{"type":"array","items":{"type":"string","pattern":"^a"},"minItems":1}`,
			`"d":{"type":"string","format":"uuid","x-mcp-header":"Region"}`,
		}, ",") + `},"required":["a","c","d"]}`},
		{planFor[node](t, true), strings.TrimSuffix(aNode, "}") + `,"$defs":{"node":` + aNode + `}}`},
		{planFor[*node](t, true), strings.TrimSuffix(aNode, "}") + `,"$defs":{"node":` + aNode + `}}`},
		{planFor[forest](t, true), `{"type":"object","properties":{"trees":{"type":"array","items":{"$ref":"#/$defs/node"}},` +
			`"pairs":{"type":"object","properties":{"first":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},"second":{"$ref":"#/$defs/grove"}},` +
			`"additionalProperties":false,"required":["second"]},"deep":{"type":"array","items":{"type":"object","properties":` +
			`{"first":{"type":"string"},"second":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["first","second"],"additionalProperties":false}}},` +
			`"required":["trees"],"additionalProperties":false,"$defs":{"node":` + aNode + `,"grove":{"type":"array","items":{"$ref":"#/$defs/grove"}}}}`},
		{planFor[shadowed](t, false), `{"type":"object","properties":{"value":{"type":"string"},` +
			`"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},"kids":{"type":"array","items":{"$ref":"#/$defs/node"},"maxItems":2},` +
			`"named":{"type":"object","additionalProperties":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]},"description":"By name."},` +
			`"other":{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}},"required":["value","other"],"$defs":{"node":` +
			strings.Replace(aNode, `,"additionalProperties":false}`, "}", 1) + `}}`},
	} {
		var got, want any
		if err := json.Unmarshal(objectOf(test.plan.schema), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(test.want), &want); err != nil {
			t.Fatalf("%s: %v", test.want, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", objectOf(test.plan.schema), test.want)
		}
	}
}

func TestValuesOfTypesThereAndBack(t *testing.T) {
	seven := int8(7)
	hot := unit("celsius")
	type most struct {
		Array  [2]float64          `json:"array"`
		Ints   []*int8             `json:"ints"`
		Number json.Number         `json:"number"`
		Addr   netip.Addr          `json:"addr"`
		Unit   *unit               `json:"unit"`
		Tree   *node               `json:"tree"`
		When   time.Time           `json:"when"`
		Bytes  []byte              `json:"bytes"`
		Big    uint64              `json:"big"`
		Least  int64               `json:"least"`
		Raws   map[string]wire.Raw `json:"raws"`
		Any    any                 `json:"any"`
	}
	const text = `{"array":[0.5,1],"ints":[7,null],"number":1e400,"addr":"::1","unit":"celsius",` +
		`"tree":{"value":1,"next":{"value":2},"kids":[{"value":3}],"named":{"a":null,"b":{"value":4}}},` +
		`"when":"2026-07-28T00:00:00Z","bytes":"aGk=","big":18446744073709551615,"least":-9223372036854775808,` +
		`"raws":{"a":1,"b":{"c":2.0}},"any":{"a":[1,"x",null,true,{}]}}`
	want := most{
		Array: [2]float64{0.5, 1}, Ints: []*int8{&seven, nil}, Number: "1e400", Addr: netip.MustParseAddr("::1"), Unit: &hot,
		Tree: &node{Value: 1, Next: &node{Value: 2}, Kids: []node{{Value: 3}}, Named: map[string]*node{"a": nil, "b": {Value: 4}}},
		When: time.Date(2026, 7, 28, 0, 0, 0, 0, time.UTC), Bytes: []byte("hi"), Big: 1<<64 - 1, Least: -1 << 63,
		Raws: map[string]wire.Raw{"a": wire.Raw("1"), "b": wire.Raw(`{"c":2.0}`)},
		Any:  map[string]any{"a": []any{1.0, "x", nil, true, map[string]any{}}},
	}
	p := planFor[most](t, true)
	var got most
	if err := readArguments(p, wire.Raw(text), reflect.ValueOf(&got).Elem()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var out valueWriter
	if err := p.write(&out, reflect.ValueOf(got)); err != nil || string(out.dst) != text {
		t.Errorf("got  %s, %v\nwant %s", out.dst, err, text)
	}
	for given, want := range map[string]string{
		`"array":[1],"tree":{"value":10}`: "array: must have at least 2 items\ntree.value: must be at most 9",
		`"tree":{"value":1,"next":{"value":2,"kids":[{"value":1},{"value":1},{}]}}`: "tree.next.kids[2].value: required member is missing\n" +
			"tree.next.kids: must have at most 2 items",
		`"least":9223372036854775808,"addr":"x"`:                            "least: integer out of range\naddr: ParseAddr(\"x\"): unable to parse IP",
		`"any":[9007199254740993]`:                                          "any[0]: integer out of range",
		`"raws":{"looong":1,"looong":2},"addr":"x","any":{"a":1,"a":1e999}`: "addr: ParseAddr(\"x\"): unable to parse IP\nany.a: number out of range",
		`"unit":"kelvin"`:                                                   `unit: expected one of "celsius", "fahrenheit", null, found "kelvin"`,
		`"big":-1,"ints":[128]`:                                             "big: must be at least 0\nints[0]: must be at most 127",
	} {
		members, err := wire.Decode(wire.Raw(text), wire.Always, rawMembers)
		if err != nil {
			t.Fatal(err)
		}
		others, err := wire.Decode(wire.Raw("{"+given+"}"), wire.Always, rawMembers)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range others {
			members.Delete(m.Name)
			members = append(members, m)
		}
		err = readArguments(p, objectOf(members), reflect.ValueOf(&got).Elem())
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", given, err, want)
		}
	}
}

func TestAValueWithinItselfIsNoResult(t *testing.T) {
	p := planFor[*node](t, false)
	endless := &node{Value: 1}
	endless.Next = endless
	if err := p.write(new(valueWriter), reflect.ValueOf(endless)); err == nil || err.Error() != "nesting deeper than 128" {
		t.Errorf("got %v", err)
	}
}

func TestRecursiveTypesStandForThemselves(t *testing.T) {
	if got := planFor[node](t, true).members; len(got) != 4 {
		t.Errorf("%d members", len(got))
	}
	const want = `{"type":"object","properties":{"result":{"type":"array","items":{"$ref":"#/$defs/grove"}}},"required":["result"],` +
		`"$defs":{"grove":{"type":"array","items":{"$ref":"#/$defs/grove"}}}}`
	results, err := resultsOf(reflect.TypeFor[grove](), nil)
	if err != nil || string(results.schema) != want {
		t.Errorf("got  %s, %v\nwant %s", results.schema, err, want)
	}
	result, err := results.of("grow", reflect.ValueOf(grove{{}, {{}}}))
	if err != nil || string(result.StructuredContent) != `{"result":[[],[[]]]}` {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestStructsOfManyFieldsAreReadAsThoseOfFew(t *testing.T) {
	for _, count := range []int{3, 8, 9, 33, 70} {
		var fields []reflect.StructField
		var given []string
		for i := range count {
			tag := reflect.StructTag(fmt.Sprintf(`json:"m%d"`, i))
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("M%d", i), Type: reflect.TypeFor[int](), Tag: tag})
			given = append([]string{fmt.Sprintf(`"m%d":%d`, i, i)}, given...) // backwards
		}
		kind := reflect.StructOf(fields)
		p, err := planOf(kind, true)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(kind).Elem()
		if !p.fits(wire.Raw("{"+strings.Join(given, ",")+"}"), v) {
			t.Errorf("%d: does not fit", count)
		}
		for i := range count {
			if got := v.Field(i).Int(); got != int64(i) {
				t.Errorf("%d: member %d is %d", count, i, got)
			}
		}
		if p.fits(wire.Raw("{"+strings.Join(given[1:], ",")+"}"), v) || p.fits(wire.Raw("{"+strings.Join(append(given, given[0]), ",")+"}"), v) {
			t.Errorf("%d: what is missing, or given twice, fits", count)
		}
	}
}

func TestFormsHaveNoNull(t *testing.T) {
	type fields struct {
		Name string  `json:"name" title:"Name" min:"1"`
		Age  *int    `json:"age" min:"0"`
		Unit *unit   `json:"unit"`
		Size *string `json:"size" enum:"s,l"`
	}
	const want = `{"type":"object","properties":{"name":{"type":"string","title":"Name","minLength":1},"age":{"type":"integer","minimum":0},` +
		`"unit":{"type":"string","enum":["celsius","fahrenheit"]},"size":{"type":"string","enum":["s","l"]}},"required":["name"]}`
	if got := planFor[fields](t, true).form(); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := Form[fields]("?").err; err != nil {
		t.Error(err)
	}
	if err := Form[node]("?").err; err == nil {
		t.Error("a form has fields within fields")
	}
}

func TestADefaultIsMadeAnewForEachCall(t *testing.T) {
	type lists struct {
		All []string `json:"all" default:"[\"a\"]"`
	}
	p := planFor[lists](t, true)
	for range 2 {
		var in lists
		if err := readArguments(p, nil, reflect.ValueOf(&in).Elem()); err != nil || len(in.All) != 1 || in.All[0] != "a" {
			t.Fatalf("got %v, %v", in, err)
		}
		in.All[0] = "changed"
	}
}

func TestOfAnArgumentGivenTwiceTheLastOneCounts(t *testing.T) {
	p := planFor[forest](t, true)
	for _, given := range []string{
		`{"trees":1,"trees":[{"value":2}]}`, `{"trees":[{"value":9},{"value":9}],"tr\u0065es":[{"value":1,"value":2}]}`,
		`{"trees":[{"value":2.0,"named":{"a":1,"a":null}}]}`,
	} {
		var in forest
		err := readArguments(p, wire.Raw(given), reflect.ValueOf(&in).Elem())
		if err != nil || len(in.Trees) != 1 || in.Trees[0].Value != 2 {
			t.Errorf("%s: got %+v, %v", given, in, err)
		}
	}
}

// FuzzPlan: what a plan reads by itself the rules take, too; and what the rules
// take, the plan reads.
func FuzzPlan(f *testing.F) {
	plans := map[reflect.Type]*plan{}
	for _, t := range []reflect.Type{reflect.TypeFor[trip](), reflect.TypeFor[forest](), reflect.TypeFor[node](), reflect.TypeFor[struct {
		A [1]*uint8        `json:"a" default:"[1]"`
		B []int            `json:"b,omitempty" unique:"true" max:"3"`
		C map[string]*bool `json:"c,omitempty" min:"1"`
		D *string          `json:"d" min:"2" pattern:"^a"`
		E int              `json:"e,omitempty" enum:"1,2" multipleOf:"1"`
	}]()} {
		p, err := planOf(t, true)
		if err != nil {
			f.Fatal(err)
		}
		plans[t] = p
	}
	for _, seed := range []string{
		`{"city":"Oslo","days":3,"unit":"celsius","stops":["a"]}`, `{"city":"","days":11}`, `{"trees":[{"value":1,"next":null}],"pairs":{"second":[[]]}}`,
		`{"value":2.0,"kids":[{"value":1e1}],"named":{"x":{"value":-0}}}`, `{"a":[null],"b":[1,1],"c":{},"d":null,"e":1.0}`, `{"a":[255,1],"c":{"x":true,"x":false}}`,
		`{"a":[256],"d":"\u0061b","e":3}`, `[]`, ` { "value" : 9223372036854775807 } `, `{"value":"1","value":1}`, `{"b":[1,2,3,4],"d":"a"}`,
		`{"value":"7","kids":"[{\"value\":\"1.0\"}]","named":"{\"a\":1,\"a\":null}"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		if _, err := wire.AppendRaw(nil, wire.Raw(given)); err != nil {
			t.Skip()
		}
		for kind, p := range plans {
			read, again := reflect.New(kind).Elem(), reflect.New(kind).Elem()
			fits := p.fits(wire.Raw(given), read)
			checked := p.rules.Check(wire.Raw(given), false)
			if fits && len(checked.Problems) > 0 {
				t.Errorf("%s: the plan of %s takes %s", checked.Problems[0], kind, given)
			}
			coerced := p.rules.Check(wire.Raw(given), true)
			if wrong := p.explain(coerced.Text, again); len(coerced.Problems) == 0 && len(wrong) > 0 && wrong[0].Message != "integer out of range" {
				t.Errorf("%s: the plan of %s does not take %s of %s", wrong[0], kind, coerced.Text, given)
			}
			if len(checked.Problems) > 0 {
				continue
			}
			if wrong := p.explain(checked.Text, again); len(wrong) > 0 && wrong[0].Message != "integer out of range" {
				t.Errorf("%s: the plan of %s does not take %s of %s", wrong[0], kind, checked.Text, given)
			} else if fits && !reflect.DeepEqual(read.Interface(), again.Interface()) {
				t.Errorf("%s: %+v, and %+v by the rules", given, read, again)
			}
		}
	})
}
