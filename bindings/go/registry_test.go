package isogloss

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/quick"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Pages and their cursors, whatever comes and goes and whatever a client sends.

// numbered is a registry of tools that are called by number.
func numbered(count int) *registry {
	r := &registry{}
	for i := range count {
		r.tools.put(numberedTool(i))
	}
	return r
}

func numberedTool(i int) *tool {
	return &tool{offer: newOffer(nil, nil), definition: protocol.Tool{Name: strconv.Itoa(i)}}
}

func everyTool(*tool) bool { return true }

func numbers(t *testing.T, tools []*tool) []int {
	t.Helper()
	var all []int
	for _, one := range tools {
		i, err := strconv.Atoi(one.key())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	return all
}

func upTo(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i)
	}
	return all
}

func TestPagesOfAnySizeAreTheWholeListInOrder(t *testing.T) {
	whole := func(count, size uint8) bool {
		r := numbered(int(count))
		var seen []int
		var cursor *string
		for {
			page, next, err := pageOf(r, &r.tools, cursor, int(size)+1, everyTool)
			if err != nil || len(page) > int(size)+1 {
				t.Errorf("got %d tools, %v", len(page), err)
				return false
			}
			seen = append(seen, numbers(t, page)...)
			if cursor = next; next == nil {
				return slices.Equal(seen, upTo(int(count)))
			}
		}
	}
	if err := quick.Check(whole, nil); err != nil {
		t.Error(err)
	}
}

func TestCursorOutlivesWhatComesAndGoes(t *testing.T) {
	const count = 20
	outlives := func(seed uint64, size uint8) bool {
		random := rand.New(rand.NewPCG(seed, 0))
		r := numbered(count)
		first, next, err := pageOf(r, &r.tools, nil, 1+int(size)%(count-1), everyTool)
		if err != nil {
			t.Fatal(err)
		}
		want := upTo(count + 1)[len(first):]
		for _, gone := range random.Perm(count)[:random.IntN(count)] {
			if !r.tools.remove(strconv.Itoa(gone)) || r.tools.remove(strconv.Itoa(gone)) {
				t.Errorf("%d was not there once", gone)
			}
			want = slices.DeleteFunc(want, func(i int) bool { return i == gone })
		}
		r.tools.put(numberedTool(count))
		rest, after, err := pageOf(r, &r.tools, next, count+1, everyTool)
		return err == nil && after == nil && slices.Equal(numbers(t, rest), want)
	}
	if err := quick.Check(outlives, nil); err != nil {
		t.Error(err)
	}
}

func TestWhatIsHiddenDoesNotCount(t *testing.T) {
	r := numbered(7)
	odd := func(one *tool) bool { return numbers(t, []*tool{one})[0]%2 == 1 }
	page, next, err := pageOf(r, &r.tools, nil, 2, odd)
	if err != nil || next == nil || !slices.Equal(numbers(t, page), []int{1, 3}) {
		t.Fatalf("got %v, %v", numbers(t, page), err)
	}
	page, next, err = pageOf(r, &r.tools, next, 2, odd)
	if err != nil || next != nil || !slices.Equal(numbers(t, page), []int{5}) {
		t.Errorf("got %v, %v, %v", numbers(t, page), next, err)
	}
}

func TestThingTakesThePlaceOfItsNamesake(t *testing.T) {
	r := numbered(3)
	before, _ := allOf(r, &r.tools)
	other := numberedTool(1)
	r.tools.put(other)
	now, last := allOf(r, &r.tools)
	if now[1].thing != other || len(now) != 3 || last != 3 {
		t.Errorf("got %v", now)
	}
	if before[1].thing == other {
		t.Error("the list was changed under who was reading it")
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "after 1", "3", "YWZ0ZXIgMA", "YWZ0ZXIgMw", "YWZ0ZXIgeA", "YWZ0ZXIgMQ==", "YWZ0ZXIgMQ", "YWZ0ZXIgLTE"} {
		f.Add(seed)
	}
	r := numbered(3)
	f.Fuzz(func(t *testing.T, cursor string) {
		page, _, err := pageOf(r, &r.tools, &cursor, 2, everyTool)
		if err == nil {
			first := 3 // nothing follows the last one
			if len(page) > 0 {
				first = numbers(t, page)[0]
			}
			if cursor != cursorAfter(first) {
				t.Errorf("%q was never given out", cursor)
			}
			return
		}
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != CodeInvalidParams {
			t.Error(err)
		}
	})
}

func ExampleServer_Err() {
	s := New("cities", "1.0.0")
	s.CompletePrompt("greet", "name", nil)
	fmt.Println(s.Err())
	// Output: prompt "greet": nobody takes the argument "name" that is completed
}
