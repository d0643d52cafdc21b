package isogloss

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

type base struct {
	ID string `json:"id"`
}

type everything struct {
	base2
	Text   string            `json:"text" doc:"Some \"text\"." min:"1" max:"3" pattern:"^[a-z]*$"`
	Whole  int8              `json:"whole"`
	Count  uint              `json:"count" default:"2"`
	Share  float64           `json:"share,omitempty" min:"0.5" max:"1"`
	Flag   *bool             `json:"flag"`
	Choice string            `json:"choice" enum:"a,b" default:"a"`
	Level  int               `json:"level,omitzero" enum:"1,2"`
	List   []base            `json:"list,omitempty" max:"2"`
	Map    map[string]uint16 `json:"map,omitempty"`
	Any    any               `json:"any,omitempty"`
	Raw    wire.Raw          `json:"raw,omitempty"`
	When   time.Time         `json:"when,omitzero"`
	Bytes  []byte            `json:"bytes,omitempty"`
	Hidden string            `json:"-"`
}

type base2 struct {
	Inner string `json:"inner,omitempty"`
}

func TestSchemaOfAStruct(t *testing.T) {
	p, err := planOf(reflect.TypeFor[everything](), true)
	if err != nil {
		t.Fatal(err)
	}
	id := `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`
	want := `{"type":"object","properties":{` + strings.Join([]string{
		`"inner":{"type":"string"}`,
		`"text":{"type":"string","description":"Some \"text\".","minLength":1,"maxLength":3,"pattern":"^[a-z]*$"}`,
		`"whole":{"type":"integer","minimum":-128,"maximum":127}`,
		`"count":{"type":"integer","minimum":0,"default":2}`,
		`"share":{"type":"number","minimum":0.5,"maximum":1}`,
		`"flag":{"type":["boolean","null"]}`,
		`"choice":{"type":"string","enum":["a","b"],"default":"a"}`,
		`"level":{"type":"integer","enum":[1,2]}`,
		`"list":{"type":"array","items":` + id + `,"maxItems":2}`,
		`"map":{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":65535}}`,
		`"any":{}`, `"raw":{}`, `"when":{"type":"string","format":"date-time"}`,
		`"bytes":{"type":"string","contentEncoding":"base64"}`,
	}, ",") + `},"required":["text","whole"],"additionalProperties":false}`
	if got := objectOf(p.schema); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestArgumentsAreReadWithDefaults(t *testing.T) {
	p, err := planOf(reflect.TypeFor[everything](), true)
	if err != nil {
		t.Fatal(err)
	}
	var in everything
	err = readArguments(p, wire.Raw(`{"text":"abc","whole":-128,"share":0.5,"flag":false,"level":2.0,"list":[{"id":"x"}],"map":{"k":7},
		"any":[1,"a"],"raw":{"z":1.0},"when":"2026-07-28T00:00:00Z","bytes":"aGk=","inner":"i"}`), reflect.ValueOf(&in).Elem())
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := everything{
		base2: base2{"i"}, Text: "abc", Whole: -128, Count: 2, Share: 0.5, Flag: &no, Choice: "a", Level: 2, List: []base{{"x"}},
		Map: map[string]uint16{"k": 7}, Any: []any{1.0, "a"}, Raw: wire.Raw(`{"z":1.0}`), When: time.Date(2026, 7, 28, 0, 0, 0, 0, time.UTC), Bytes: []byte("hi"),
	}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("got  %+v\nwant %+v", in, want)
	}
	var out valueWriter
	if err := p.write(&out, reflect.ValueOf(in)); err != nil {
		t.Fatal(err)
	}
	const again = `{"inner":"i","text":"abc","whole":-128,"count":2,"share":0.5,"flag":false,"choice":"a","level":2,"list":[{"id":"x"}],` +
		`"map":{"k":7},"any":[1,"a"],"raw":{"z":1.0},"when":"2026-07-28T00:00:00Z","bytes":"aGk="}`
	if string(out.dst) != again {
		t.Errorf("got  %s\nwant %s", out.dst, again)
	}
}

func TestEverythingThatIsWrongWithArgumentsIsSaid(t *testing.T) {
	p, err := planOf(reflect.TypeFor[everything](), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, arguments, want string }{
		{"nothing", `{"text":"a","whole":1}`, ""},
		{"kinds", `{"text":1,"whole":"x","flag":0,"share":true,"list":{},"map":[]}`,
			"text: expected string, found number\nwhole: expected integer, found string\nflag: expected boolean or null, found number\n" +
				"share: expected number, found boolean\nlist: expected array, found object\nmap: expected object, found array"},
		{"bounds", `{"text":"abcd","whole":128,"count":-1,"share":0.25,"list":[{"id":"a"},{"id":"b"},{"id":"c"}],"map":{"k":65536}}`,
			"text: must have at most 3 characters\nwhole: must be at most 127\ncount: must be at least 0\n" +
				"share: must be at least 0.5\nlist: must have at most 2 items\nmap.k: must be at most 65535"},
		{"length in characters", `{"text":"äöü","whole":1}`, `text: must match the pattern "^[a-z]*$"`},
		{"choices", `{"text":"a","whole":1,"choice":"c","level":3}`,
			"choice: expected one of \"a\", \"b\", found \"c\"\nlevel: expected one of 1, 2, found 3"},
		{"depth", `{"text":"a","whole":1,"list":[{"id":"x"},{"idd":1}]}`,
			"list[1].idd: unknown argument, did you mean \"id\"?\nlist[1].id: required member is missing"},
		{"fractions and greatness", `{"text":"a","whole":1.5,"count":18446744073709551616}`,
			"whole: expected integer, found number\ncount: integer out of range"},
		{"names", `{"Txet":"a","whole":1,"nothing":1}`,
			"Txet: unknown argument, did you mean \"text\"?\nnothing: unknown argument\ntext: required member is missing"},
		{"no object", `[]`, "expected object, found array"},
		{"own formats", `{"text":"a","whole":1,"when":"soon"}`,
			"when: must have the format date-time"},
		{"a second that Go does not know", `{"text":"a","whole":1,"when":"2016-12-31T23:59:60Z","bytes":"#"}`,
			"when: must be a time that there is: leap seconds are not known here\nbytes: must be base64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var in everything
			got := ""
			if err := readArguments(p, wire.Raw(test.arguments), reflect.ValueOf(&in).Elem()); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

type wrong string

func (wrong) JSONSchema() wire.Raw { return wire.Raw(`{"type":"text"}`) }

func TestWhatHasNoSchemaIsNamed(t *testing.T) {
	type endless *endless
	number := reflect.TypeFor[int]()
	twice := reflect.StructOf([]reflect.StructField{{Name: "A", Type: number, Tag: `json:"id"`}, {Name: "B", Type: number, Tag: `json:"id"`}})
	for _, test := range []struct {
		value any
		want  string
	}{
		{struct{ C chan int }{}, ".C: a chan has no schema"},
		{struct{ F []func() }{}, ".F[]: a func has no schema"},
		{struct{ M map[int]string }{}, ".M: a map's keys must be strings"},
		{struct{ I context.Context }{}, ".I: an interface with methods has no schema"},
		{struct{ E endless }{}, ".E: a type within itself (isogloss.endless) has no schema; use wire.Raw"},
		{reflect.Zero(twice).Interface(), `.B: another field has the name "id", too`},
		{struct {
			A int `json:"a,string"`
		}{}, `.A: the json option "string" is not known here`},
		{struct {
			A bool `min:"1"`
		}{}, `.A: min "1" does not apply to a bool`},
		{struct {
			A int `max:"many"`
		}{}, `.A: max "many" does not apply to a int`},
		{struct {
			A int `enum:"1,x"`
		}{}, `.A: enum value "x": invalid JSON`},
		{struct {
			A int `enum:"1,2" default:"3"`
		}{}, `.A: default "3": expected one of 1, 2, found 3`},
		{struct {
			A string `pattern:"("`
		}{}, ".A: the pattern \"(\": a `(` that is never closed"},
		{struct {
			A int `pattern:"x"`
		}{}, `.A: pattern "x" does not apply to a int`},
		{struct {
			A string `min:"-1"`
		}{}, ".A: minLength is -1: expected an integer that is not negative"},
		{struct {
			A string `max:"3" example:"long"`
		}{}, `.A: example "long": must have at most 3 characters`},
		{struct {
			A []string `enum:"a,b" default:"[\"c\"]"`
		}{}, `.A: default "[\"c\"]": [0]: expected one of "a", "b", found "c"`},
		{struct {
			A []string `unique:"yes"`
		}{}, `.A: unique "yes" does not apply to a []string`},
		{struct {
			A int `minimum:"1"`
		}{}, ".A: the tag minimum is called min here"},
		{struct{ A wrong }{}, `.A: type is "text", which is none`},
	} {
		_, err := planOf(reflect.TypeOf(test.value), true)
		if err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}
