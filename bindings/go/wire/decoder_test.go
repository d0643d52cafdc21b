package wire

import (
	"errors"
	"math"
	"strings"
	"testing"
)

const (
	older Revs = 1 << iota
	newer
	both = older | newer
)

// shape is a type as the generator would write it.
type shape struct {
	Tag    string
	Name   string
	Size   *int64
	Share  *float64
	Role   string
	Labels []string
	Inner  *shape
	Fields Map[int64]
	Schema Raw
	Flag   *bool
	Extra  Extra
}

var roles = []Word{{"assistant", both}, {"tool", newer}, {"user", both}}

func decodeShape(d *Decoder) (v shape) {
	at := d.BeginObject()
	seen := d.Waive(newer, 1<<1)
	for d.NextMember() {
		switch string(d.Name()) {
		case "fields":
			v.Fields = Object(d, (*Decoder).Int)
		case "flag":
			if !d.Null() {
				v.Flag = Ptr(d.Bool())
			}
		case "inner":
			v.Inner = Ptr(decodeShape(d))
		case "labels":
			v.Labels = ListMax(d, newer, 2, (*Decoder).String)
		case "name":
			seen |= 1 << 0
			v.Name = d.String()
		case "role":
			seen |= 1 << 1
			v.Role = d.Enum(roles)
		case "schema":
			v.Schema = d.RawObject()
		case "share":
			v.Share = Ptr(d.NumberIn(0, 1))
		case "size":
			if d.Knows(newer, &v.Extra) {
				v.Size = Ptr(d.IntIn(0, math.MaxInt64))
			}
		case "version":
			d.Const("2.0")
		case "code":
			d.ConstInt(-32601)
		default:
			d.Keep(&v.Extra)
		}
	}
	d.EndObject(&v.Extra)
	if seen != 0b11 {
		d.Missing(at, seen, "name", "role")
	}
	return v
}

func (v *shape) encode(e *Encoder) {
	at := e.BeginObject()
	if v.Fields != nil {
		e.Name("fields")
		fields := e.BeginObject()
		for i := range v.Fields {
			e.Key(v.Fields[i].Name)
			e.Int(v.Fields[i].Value)
		}
		e.EndObject(fields, nil)
	}
	if v.Inner != nil {
		e.Name("inner")
		v.Inner.encode(e)
	}
	if v.Labels != nil {
		e.Name("labels")
		e.BeginArray()
		for i := range v.Labels {
			e.Item()
			e.String(v.Labels[i])
		}
		e.EndArray()
	}
	e.Name("name")
	e.String(v.Name)
	switch {
	case v.Role != "":
		e.Name("role")
		e.String(v.Role)
	case e.Speaks(newer):
		e.Missing(at, "role")
	}
	if v.Schema != nil {
		e.Name("schema")
		e.Raw(v.Schema)
	}
	if v.Share != nil {
		e.Name("share")
		e.Number(*v.Share)
	}
	if v.Size != nil && e.Knows(newer, "size") {
		e.Name("size")
		e.Int(*v.Size)
	}
	e.EndObject(at, v.Extra)
}

func TestDecodingRefusesWithPathAndMessage(t *testing.T) {
	deep := strings.Repeat("[", 127) + strings.Repeat("]", 127)
	for _, test := range []struct{ name, json, want string }{
		{"right", `{"name":"n","role":"user"}`, ""},
		{"wrong kind of the whole", `[]`, "expected object, found array"},
		{"wrong kind", `{"name":1}`, "name: expected string, found number"},
		{"null is not absent", `{"name":null}`, "name: expected string, found null"},
		{"null where allowed", `{"name":"n","role":"user","flag":null}`, ""},
		{"in a list", `{"labels":["a",true]}`, "labels[1]: expected string, found boolean"},
		{"in a map", `{"fields":{"a/b~c":"x"}}`, "fields.a/b~c: expected integer, found string"},
		{"fraction", `{"size":1.5}`, "size: expected integer, found number"},
		{"range", `{"size":9223372036854775808}`, "size: integer out of range"},
		{"low", `{"size":-1}`, "size: must be at least 0"},
		{"high", `{"share":1.25}`, "share: must be at most 1"},
		{"number too great", `{"share":1e999}`, "share: number out of range"},
		{"missing in the order of the schema", `{}`, "name: required member is missing"},
		{"missing after wrong", `{"role":7}`, `role: expected one of "assistant", "tool", "user", found number`},
		{"missing inside", `{"inner":{"name":"n"}}`, "inner.role: required member is missing"},
		{"const", `{"version":"1.0"}`, `version: expected "2.0", found "1.0"`},
		{"const kind", `{"version":2}`, `version: expected "2.0", found number`},
		{"const integer", `{"code":-32602}`, "code: expected -32601, found another number"},
		{"const integer spelled otherwise", `{"code":-3.2601E+4,"name":"","role":"user"}`, ""},
		{"const integer kind", `{"code":"x"}`, "code: expected -32601, found string"},
		{"enum", `{"role":"bob"}`, `role: expected one of "assistant", "tool", "user", found "bob"`},
		{"enum cut", `{"role":"` + strings.Repeat("é", 41) + `"}`,
			`role: expected one of "assistant", "tool", "user", found "` + strings.Repeat("é", 40) + `…"`},
		{"items", `{"labels":["a","b","c"]}`, "labels: must have at most 2 items"},
		{"object only", `{"schema":[]}`, "schema: expected object, found array"},
		{"depth allowed", `{"name":"n","role":"user","x":` + deep + `}`, ""},
		{"depth", `{"x":[` + deep + `]}`, "x" + strings.Repeat("[0]", 127) + ": nesting deeper than 128"},
		{"the last of a name counts", `{"name":1,"name":"n","role":"user"}`, ""},
		{"the last of a name is wrong", `{"name":"n","n\u0061me":1}`, "name: expected string, found number"},
		{"the last of a name inside", `{"inner":{"name":"n","role":[{"a":1}],"role":"user"},"name":"n","role":"user"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode([]byte(test.json), newer, decodeShape)
			check(t, err, test.want)
		})
	}
}

func TestWhatIsNotJSONIsCalledThatFirst(t *testing.T) {
	for _, json := range []string{
		``, ` `, `{`, `{"name":1`, `{"name":1,}`, `{"name":1]`, `{"name":[1,]}`, `{"name":[,1]}`, `{"name":01}`, `{"name":-}`,
		`{"name":1.}`, `{"name":1e}`, `{"name":.5}`, `{"name":tru}`, `{"name":nul}`, `{"name":"` + "\n" + `"}`, `{"name":"\x"}`,
		`{"name":"\u12g4"}`, `{"name":"\u`, `"\u`, `{"name":"\ud800"}`, `{"name":"\ud800\u0041"}`, `{"name":"\udc00"}`, "{\"name\":\"\xff\"}", `{"name" "n"}`,
		`{name:1}`, `{"name":1} x`, `{"name":"n","role":"user"}{}`, "\ufeff{}", "{\"name\":\"n\",\"role\":\"user\"}\x00",
		strings.Repeat("[", 100000), `{"name":` + strings.Repeat(`{"a":`, 500),
	} {
		_, err := Decode([]byte(json), newer, decodeShape)
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Path != "" || !strings.HasPrefix(wrong.Message, "invalid JSON") {
			t.Errorf("%.60q: got %v", json, err)
		}
	}
}

func TestOlderRevisionKeepsWhatItDoesNotKnow(t *testing.T) {
	const json = `{"size":"not checked","name":"n","z":[1, 2],"a":{"\u00e9":null}}`
	v, err := Decode([]byte(json), older, decodeShape)
	check(t, err, "")
	out, err := Encode(nil, older, v.encode)
	check(t, err, "")
	if want := `{"name":"n","size":"not checked","z":[1,2],"a":{"é":null}}`; string(out.Data) != want {
		t.Errorf("got %s, want %s", out.Data, want)
	}
	_, err = Decode([]byte(`{"name":"n","role":"tool"}`), older, decodeShape)
	check(t, err, `role: expected one of "assistant", "user", found "tool"`)
}

func TestIntegersAreExact(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "2.0": 2, "1e3": 1000, "120e-1": 12, "0e99999999999999999999": 0, "0.000": 0,
		"9223372036854775807": math.MaxInt64, "-9223372036854775807": -math.MaxInt64,
		"9007199254740993": 1<<53 + 1, "9223372036854775807.000": math.MaxInt64, "1.5e1": 15, "100000000000000000000e-20": 1,
	} {
		n, err := Decode([]byte(text), newer, (*Decoder).Int)
		if err != nil || n != want {
			t.Errorf("%s: got %d, %v", text, n, err)
		}
	}
	for text, want := range map[string]string{
		"-9223372036854775808": integerRange, "18446744073709551616": integerRange, "1e19": integerRange,
		"1e99999999999999999999": integerRange, strings.Repeat("9", 10000): integerRange,
		"1e-99999999999999999999": "expected integer, found number", "0.1": "expected integer, found number",
	} {
		_, err := Decode([]byte(text), newer, (*Decoder).Int)
		check(t, err, want)
	}
}

func TestNumbersThatAreIntegersAreExactOrRefused(t *testing.T) {
	for text, want := range map[string]string{
		"9007199254740992": "", "9007199254740993": integerRange, "18446744073709551616": integerRange,
		"100000000000000000000": "", "1e300": "", "0.1000000000000000055511151231257827": "",
	} {
		_, err := Decode([]byte(text), newer, (*Decoder).Number)
		check(t, err, want)
	}
	n, err := Decode([]byte("9007199254740993"), newer, func(d *Decoder) int64 {
		n, _, _ := d.IntOrNumber()
		return n
	})
	check(t, err, "")
	if n != 1<<53+1 {
		t.Errorf("got %d", n)
	}
}

func decodeByTag(d *Decoder) string {
	tag := d.Tag("type")
	switch string(tag.Text) {
	case "a", "b":
		d.Raw()
		return string(tag.Text)
	}
	d.Refuse(tag, []Word{{"a", Always}, {"b", newer}, {"old", older}})
	return ""
}

func TestTagsAreFoundWhereverTheyAre(t *testing.T) {
	for _, test := range []struct{ json, tag, want string }{
		{`{"type":"a"}`, "a", ""},
		{` { "x" : [{"type":"c"}, "}"] , "t\u0079pe" : "\u0062" } `, "b", ""},
		{`{"x":1}`, "", "type: required member is missing"},
		{`{}`, "", "type: required member is missing"},
		{`{"type":"c","x":1}`, "", `type: expected one of "a", "b", found "c"`},
		{`{"type":null}`, "", `type: expected one of "a", "b", found null`},
		{`"a"`, "", "expected object, found string"},
	} {
		tag, err := Decode([]byte(test.json), newer, decodeByTag)
		check(t, err, test.want)
		if tag != test.tag {
			t.Errorf("%s: got %q", test.json, tag)
		}
	}
}

func TestOpenTagTakesTheLastValue(t *testing.T) {
	got, err := Decode([]byte(`{"kind":"one","kind":"two"}`), newer, func(d *Decoder) string {
		tag := string(d.OpenTag(newer, "kind").Text)
		d.Raw()
		return tag
	})
	check(t, err, "")
	if got != "two" {
		t.Errorf("got %q", got)
	}
}

func TestPresenceAndKinds(t *testing.T) {
	presence := func(d *Decoder) string {
		name := d.Present("text", "blob")
		if name == "" {
			d.RefuseAbsent([]Word{{"blob", Always}, {"text", Always}})
			return ""
		}
		d.Raw()
		return name
	}
	for _, test := range []struct{ json, name, want string }{
		{`{"blob":"","text":""}`, "text", ""},
		{`{"x":{"text":1},"blob":""}`, "blob", ""},
		{`{"x":1}`, "", `expected one of the members "blob", "text"`},
		{`3`, "", "expected object, found number"},
	} {
		name, err := Decode([]byte(test.json), newer, presence)
		check(t, err, test.want)
		if name != test.name {
			t.Errorf("%s: got %q", test.json, name)
		}
	}
	for json, want := range map[string]string{
		`{"items":{"anyOf":[]}}`:       "items/anyOf",
		`{"items":["anyOf"],"x/y":1}`:  "x~1y",
		`{"items":{"x":{"anyOf":[]}}}`: "",
	} {
		got, err := Decode([]byte(json), newer, func(d *Decoder) string {
			path := d.Present("items/anyOf", "x~1y")
			d.Raw()
			return path
		})
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", json, got, err)
		}
	}
	_, err := Decode([]byte(`null`), newer, func(d *Decoder) int {
		d.RefuseKind([]Word{{"string", Always}, {"number", newer}})
		return 0
	})
	check(t, err, "expected string or number, found null")
}

// check compares an error's text; empty means that there should be none.
func check(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheLastOfANullableCounts(t *testing.T) {
	for json, want := range map[string]*int64{`{"a":5,"a":null}`: nil, `{"a":null,"a":5}`: Ptr(int64(5))} {
		got, err := Decode([]byte(json), newer, func(d *Decoder) (v *int64) {
			for d.BeginObject(); d.NextMember(); {
				v = PtrOrNull(d, (*Decoder).Int)
			}
			return v
		})
		check(t, err, "")
		if (got == nil) != (want == nil) || (got != nil && *got != *want) {
			t.Errorf("%s: got %v", json, got)
		}
	}
}
