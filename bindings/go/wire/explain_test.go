package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

func TestOfANameGivenTwiceTheLastValueStaysAtTheFirstPlace(t *testing.T) {
	isKept := func(names []uint8, most uint8) bool {
		var text strings.Builder
		var order []string
		for i, n := range names {
			name := fmt.Sprintf("n%d", int(n)%(int(most)%40+1))
			fmt.Fprintf(&text, `%s"%s":{"a":%d,"a":%d}`, map[bool]string{true: ", "}[i > 0], name, i, -i)
			if !slices.Contains(order, name) {
				order = append(order, name)
			}
		}
		given := Raw("{" + text.String() + "}")
		kept, changed := LastValues(given)
		var want, got any
		if json.Unmarshal(given, &want) != nil || json.Unmarshal(kept, &got) != nil {
			return false
		}
		found, err := Decode(kept, Always, func(d *Decoder) (all []string) {
			for d.BeginObject(); d.NextMember(); d.Raw() {
				all = append(all, string(d.Name()))
			}
			return all
		})
		return err == nil && changed == (len(names) > 0) && reflect.DeepEqual(got, want) && slices.Equal(found, order)
	}
	if err := quick.Check(isKept, &quick.Config{MaxCount: 500}); err != nil {
		t.Error(err)
	}
}
