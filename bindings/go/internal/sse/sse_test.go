package sse

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// cut reads at most so many bytes at a time.
type cut struct {
	in   io.Reader
	size int
}

func (c cut) Read(p []byte) (int, error) { return c.in.Read(p[:min(len(p), c.size)]) }

// readAll is everything that a stream says, read in pieces of this size.
func readAll(t testing.TB, stream []byte, size, limit int) ([]Event, *Reader) {
	t.Helper()
	r := NewReader(cut{bytes.NewReader(stream), size}, limit)
	var events []Event
	for {
		event, err := r.Next()
		if err == io.EOF {
			return events, r
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
}

func same(a, b Event) bool {
	return a.Kind == b.Kind && a.TooLong == b.TooLong && bytes.Equal(a.Data, b.Data)
}

func message(data string) Event { return Event{Kind: "message", Data: []byte(data)} }

func TestStreamsAreReadAsTheStandardSaysHoweverTheyAreCut(t *testing.T) {
	const none = time.Duration(-1)
	for _, test := range []struct {
		stream string
		want   []Event
		id     string
		retry  time.Duration
	}{
		{"data: one\n\n", []Event{message("one")}, "", none},
		{"data: one\ndata: two é\n\ndata:three\n\n", []Event{message("one\ntwo é"), message("three")}, "", none},
		{"\uFEFFdata: mark\n\n", []Event{message("mark")}, "", none},
		{"data: \uFEFFkept\n\n\uFEFFdata: no field\n\n", []Event{message("\uFEFFkept")}, "", none},
		{": a comment\n\n:\n\ndata: x\n\n", []Event{message("x")}, "", none},
		{"id: 7\ndata\n\n", []Event{message("")}, "7", none},
		{"id: 7\nretry: 300\ndata: \n\n", []Event{message("")}, "7", 300 * time.Millisecond},
		{"id: 7\n\ndata: no end", nil, "7", none},
		{"id: 7\ndata: a\n\nid\ndata: b\n\n", []Event{message("a"), message("b")}, "", none},
		{"id: 7\ndata: a\n\nid: \x00\ndata: b\n\n", []Event{message("a"), message("b")}, "7", none},
		{"id: 8", nil, "", none},
		{"event: endpoint\ndata: x\n\nevent:\ndata: y\n\n", []Event{{Kind: "endpoint", Data: []byte("x")}, message("y")}, "", none},
		{"event: lost\n\ndata: y\n\n", []Event{message("y")}, "", none},
		{"retry: 1x\nretry:\nretry: 99999999999999999999999\n\n", nil, "", none},
		{"data:  two spaces\nDATA: no\nother: no\n\n", []Event{message(" two spaces")}, "", none},
		{"data: \xFF\xC3\n\n", []Event{message("\xFF\xC3")}, "", none}, // as it came
	} {
		for _, ending := range []string{"\n", "\r", "\r\n"} {
			stream := []byte(strings.ReplaceAll(test.stream, "\n", ending))
			for size := 1; size <= len(stream); size++ {
				events, r := readAll(t, stream, size, 1000)
				retry, retries := r.Retry()
				if !retries {
					retry = none
				}
				if !slices.EqualFunc(events, test.want, same) || r.LastID() != test.id || retry != test.retry {
					t.Errorf("%q in pieces of %d: got %s, id %q, retry %s", stream, size, shown(events), r.LastID(), retry)
				}
			}
		}
	}
}

func TestEventThatIsTooLongIsLeftOutAlone(t *testing.T) {
	long := strings.Repeat("x", 30)
	for _, stream := range []string{
		"id: 1\ndata: a\n\nid: 2\ndata: " + long + "\ndata: more\n\nid: 3\ndata: b\n\n",
		"data: a\n\ndata: x\ndata: x\ndata: x\ndata: x\ndata: x\ndata: " + long + "\n\nid: 3\ndata: b\n\n",
		"data: a\n\n: " + long + "\ndata: y\n\nid: 3\ndata: b\n\n",
	} {
		for size := 1; size <= len(stream); size++ {
			events, r := readAll(t, []byte(stream), size, 20)
			if len(events) != 3 || !same(events[0], message("a")) || !events[1].TooLong || !same(events[2], message("b")) || r.LastID() != "3" {
				t.Errorf("%q in pieces of %d: got %s, id %q", stream, size, shown(events), r.LastID())
			}
		}
	}
}

func TestDataOfJustTheLimitIsTakenHoweverItIsCut(t *testing.T) {
	for length, taken := range map[int]bool{20: true, 21: false} {
		data := strings.Repeat("x", length)
		for _, stream := range []string{"data: " + data + "\n\n", "data:" + data + "\r\n\r\n", "\uFEFFdata: " + data + "\n\n"} {
			for size := 1; size <= len(stream); size++ {
				events, _ := readAll(t, []byte(stream), size, 20)
				if len(events) != 1 || events[0].TooLong == taken {
					t.Errorf("%q in pieces of %d: got %s", stream, size, shown(events))
				}
			}
		}
	}
}

func TestOfAnEventThatIsTooLongOnlyTheBeginningIsKept(t *testing.T) {
	stream := `data: {"id":7,` + strings.Repeat("x", 5000)
	events, r := readAll(t, []byte(stream), 700, 2000)
	if len(events) != 1 || !events[0].TooLong || len(events[0].Data) != 1024 || !bytes.HasPrefix(events[0].Data, []byte(`{"id":7,x`)) {
		t.Errorf("got %s", shown(events))
	}
	if held := len(r.begun) + len(r.data); held != 1 {
		t.Errorf("%d bytes are held", held)
	}
}

func TestStreamThatBreaksOffSaysWhy(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), 100)
	if event, err := r.Next(); err != nil || !same(event, message("a")) {
		t.Errorf("got %s, %v", shown([]Event{event}), err)
	}
	if event, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("got %s, %v", shown([]Event{event}), err)
	}
	// The last bytes and the end come together.
	if event, err := NewReader(iotest.DataErrReader(strings.NewReader("data: a\n\n")), 100).Next(); err != nil || !same(event, message("a")) {
		t.Errorf("got %s, %v", shown([]Event{event}), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("id: 1\r\ndata: a\rdata\n\n"), 3, 10)
	f.Add([]byte("\xEF\xBB\xBFdata: x\n\n:\n\nretry: 5\nevent: e\ndata:  y\n\nid: \x00\n\n"), 1, 0)
	f.Add([]byte("data: "+strings.Repeat("x", 2000)+"\ndata: y\n\ndata: z\n\n"), 7, 100)
	f.Fuzz(func(t *testing.T, stream []byte, size, limit int) {
		size, limit = 1+abs(size)%64, abs(limit)%64
		// How much of an event that is too long is seen does depend on the cut; what is
		// told of other events does not.
		whole, one := readAll(t, stream, len(stream)+1, limit)
		pieces, other := readAll(t, stream, size, limit)
		if shown(unseen(whole)) != shown(unseen(pieces)) || one.LastID() != other.LastID() || one.retry != other.retry {
			t.Errorf("%q in pieces of %d: %s, not %s", stream, size, shown(pieces), shown(whole))
		}
		r := NewReader(cut{bytes.NewReader(stream), size}, limit)
		for {
			event, err := r.Next()
			if err != nil {
				break
			}
			if held := len(r.begun) + len(r.data); held > limit+around+1 {
				t.Fatalf("%d bytes are held", held)
			}
			if !event.TooLong && len(event.Data) > limit {
				t.Fatalf("%d bytes of data", len(event.Data))
			}
		}
	})
}

// unseen are events without the beginnings of those that are too long.
func unseen(events []Event) []Event {
	for i := range events {
		if events[i].TooLong {
			events[i].Data = nil
		}
	}
	return events
}

func shown(events []Event) string {
	var all []string
	for _, event := range events {
		all = append(all, fmt.Sprintf("{%q %q too long: %t}", event.Kind, event.Data, event.TooLong))
	}
	return strings.Join(all, ", ")
}

func abs(n int) int { return max(n, -(n + 1)) }
