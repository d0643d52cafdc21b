package wire

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestEncodingIsCanonical(t *testing.T) {
	v := shape{
		Name:   "q\" b\\ \b\t\n\f\r\x01\x7f é / \u2028 \xff",
		Role:   "user",
		Labels: []string{},
		Fields: Map[int64]{{"z\n", 1}, {"a", -2}},
		Schema: Raw(" { \"\\u00e9\\/\" : [ 1.0 , {} , [ ] ] } "),
		Share:  Ptr(0.5),
		Size:   Ptr(int64(math.MaxInt64)),
		Extra:  Extra{{"z", Raw("null")}, {"name", Raw(`"dropped"`)}, {"a\"", Raw("[ 1e5 ]")}},
	}
	out, err := Encode([]byte("before "), newer, v.encode)
	check(t, err, "")
	want := `before {"fields":{"z\n":1,"a":-2},"labels":[],"name":"q\" b\\ \b\t\n\f\r\u0001` + "\x7f é / \u2028 \ufffd" +
		`","role":"user","schema":{"é/":[1.0,{},[]]},"share":0.5,"size":9223372036854775807,"z":null,"a\"":[1e5]}`
	if string(out.Data) != want {
		t.Errorf("got  %s\nwant %s", out.Data, want)
	}
	if len(out.Omitted) != 0 {
		t.Errorf("omitted %v", out.Omitted)
	}
}

func TestWhatTheRevisionLacksIsLeftOutAndNamedOnce(t *testing.T) {
	inner := shape{Name: "i", Size: Ptr(int64(2)), Extra: Extra{{"size", Raw("3")}}}
	v := shape{Name: "n", Size: Ptr(int64(1)), Inner: &inner}
	list := func(e *Encoder) {
		e.BeginArray()
		for range 3 {
			e.Item()
			v.encode(e)
		}
		e.EndArray()
	}
	out, err := Encode([]byte("x"), older, list)
	check(t, err, "")
	if want := `{"inner":{"name":"i","size":3},"name":"n"}`; string(out.Data) != "x["+want+","+want+","+want+"]" {
		t.Errorf("got %s", out.Data)
	}
	if want := []string{"inner.size", "size"}; !slices.Equal(out.Omitted, want) {
		t.Errorf("omitted %q, want %q", out.Omitted, want)
	}
}

func TestEncodingFailsWithPath(t *testing.T) {
	for _, test := range []struct {
		name  string
		value shape
		want  string
	}{
		{"member not set", shape{Name: "n"}, "role: required member is missing"},
		{"member not set inside", shape{Inner: &shape{Inner: &shape{Role: "user"}}}, "inner.role: required member is missing"},
		{"not JSON", shape{Role: "user", Schema: Raw("{")}, "schema: invalid JSON"},
		{"two values", shape{Role: "user", Schema: Raw("1 2")}, "schema: invalid JSON"},
		{"not finite", shape{Role: "user", Share: Ptr(math.NaN())}, "share: must be a finite number"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Encode([]byte("before"), newer, test.value.encode)
			check(t, err, test.want)
		})
	}
	_, err := Encode(nil, newer, func(e *Encoder) {
		e.BeginArray()
		e.Item()
		e.Int(1)
		e.Item()
		e.Absent()
		e.EndArray()
	})
	check(t, err, "[1]: required member is missing")
}

func TestNumbersReadBackTheSame(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 1: "1", -2.5: "-2.5", 1e20: "100000000000000000000", 1e21: "1e+21",
		1e-6: "0.000001", 1e-7: "1e-7", 1.5e-10: "1.5e-10", math.MaxFloat64: "1.7976931348623157e+308",
	} {
		if got := string(appendNumber(nil, n)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		back, err := Decode([]byte(want), newer, (*Decoder).Number)
		if err != nil || back != n {
			t.Errorf("%s reads back as %v, %v", want, back, err)
		}
	}
}

func TestManyUnknownMembersTakeLinearTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"name":"n"`)
	for range 200_000 {
		b.WriteString(`,"x":1`)
	}
	b.WriteString(`,"x":2}`)
	v, err := Decode([]byte(b.String()), older, decodeShape)
	check(t, err, "")
	if got, _ := v.Extra.Get("x"); len(v.Extra) != 1 || string(got) != "2" {
		t.Errorf("kept %d members, x = %s", len(v.Extra), got)
	}
}

func TestMapIsAnObjectInOrder(t *testing.T) {
	var m Map[int]
	m.Set("b", 1)
	m.Set("a", 2)
	m.Set("b", 3)
	m.Set("c", 4)
	m.Delete("a")
	if !slices.Equal(m, Map[int]{{"b", 3}, {"c", 4}}) {
		t.Errorf("got %v", m)
	}
	if _, ok := m.Get("a"); ok {
		t.Error("a is still there")
	}
}

func TestRawWithinEncodingJSON(t *testing.T) {
	type holder struct {
		A Raw `json:"a"`
		B Raw `json:"b"`
	}
	var h holder
	if err := json.Unmarshal([]byte(`{"a":{"x":1}}`), &h); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(h)
	check(t, err, "")
	if want := `{"a":{"x":1},"b":null}`; string(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
	raw, err := RawOf(map[string]string{"a": "<é>"})
	check(t, err, "")
	if want := `{"a":"<é>"}`; raw.String() != want {
		t.Errorf("got %s, want %s", raw, want)
	}
}
