package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"testing"
	"unicode/utf8"
)

var surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F]`)

// FuzzScanner holds the scanner against encoding/json: what is valid, and that
// compacting changes nothing.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"\u00e9\n"]}`, ` [ ] `, `"\ud83d\ude00"`, `01`, `[1,]`, `{"a" : }`, `"` + "\t" + `"`,
		`"0123456789abcdef\\0123456789"`, `{"":{"":[[[{}]]]}}`, `1e`, `-`, `"\`, `"\u`, `"\u00`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, ok := validate(data)
		want := json.Valid(data) && utf8.Valid(data)
		if ok != want && !surrogate.Match(data) {
			t.Fatalf("%q: valid is %v, encoding/json says %v", data, ok, want)
		}
		if !ok {
			return
		}
		compact, err := appendCompact(nil, data)
		if err != nil {
			return // nested too deep
		}
		if bytes.ContainsAny(compact, "\n\t\r") {
			t.Fatalf("%q became %q", data, compact)
		}
		var before, after any
		if json.Unmarshal(data, &before) != nil {
			return // a number that float64 cannot hold
		}
		if err := json.Unmarshal(compact, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q: %v", data, compact, err)
		}
	})
}

// FuzzDecoder looks for panics, endless loops and values that do not survive.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(`{"name":"n","role":"user","inner":{"name":"","role":"tool"},"fields":{"a":1},"x":[1]}`))
	f.Add([]byte(`{"name":1,"name":"n","labels":["a","b"],"role":"user","share":1,"size":2.0,"flag":null}`))
	f.Add([]byte(`{"name":"\u`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, rev := range []Revs{older, newer} {
			v, err := Decode(data, rev, decodeShape)
			if err != nil {
				continue
			}
			out, err := Encode(nil, rev, v.encode)
			if err != nil {
				t.Fatalf("%q does not encode: %v", data, err)
			}
			again, err := Decode(out.Data, rev, decodeShape)
			if err != nil {
				t.Fatalf("%q became %q: %v", data, out.Data, err)
			}
			twice, err := Encode(nil, rev, again.encode)
			if err != nil || !bytes.Equal(out.Data, twice.Data) {
				t.Fatalf("%q became %q, then %q: %v", data, out.Data, twice.Data, err)
			}
		}
	})
}
