package isogloss

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

func TestLinesAreFramedByNewlines(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":        func(r io.Reader) io.Reader { return r },
		"half":         iotest.HalfReader,
		"with the end": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLineReader(wrap(strings.NewReader("one\r\n\n  \ntwo\n"+long+"\nlast")), protocol.MaxMessage)
			for _, want := range []string{"one", "two", long, "last"} {
				line, err := l.next()
				if err != nil || string(line) != want {
					t.Fatalf("got %.20q, %v, want %.20q", line, err, want)
				}
			}
			if _, err := l.next(); !errors.Is(err, io.EOF) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLinesStayAsTheyWere(t *testing.T) {
	var text strings.Builder
	for i := range 50_000 {
		text.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i%13) + "\n")
	}
	l := newLineReader(iotest.HalfReader(strings.NewReader(text.String())), protocol.MaxMessage)
	var lines [][]byte
	for {
		line, err := l.next()
		if err != nil {
			break
		}
		lines = append(lines, line)
	}
	if got := string(bytes.Join(lines, []byte("\n"))) + "\n"; got != text.String() {
		t.Error("a line changed after it was handed out")
	}
}

func TestLineBeyondTheLimitIsLeftOut(t *testing.T) {
	for _, chunks := range []func(io.Reader) io.Reader{iotest.HalfReader, iotest.OneByteReader} {
		l := newLineReader(chunks(strings.NewReader("short\n"+strings.Repeat("x", 5000)+"\nafter\n"+strings.Repeat("y", 2000))), 1500)
		for _, want := range []string{"short", "!xxx", "after", "!yyy"} {
			line, err := l.next()
			var long *TooLong
			if errors.As(err, &long) {
				line = append([]byte("!"), long.Start[:3]...)
				if end := strings.Repeat(want[1:2], endOfTooLong); len(long.Start) != startOfTooLong || string(long.End) != end {
					t.Errorf("got %q … %q", long.Start, long.End)
				}
			}
			if string(line) != want {
				t.Errorf("got %q, %v, want %q", line, err, want)
			}
		}
		if _, err := l.next(); !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
	}
}

// slowWriter lets a write wait until it is told to go on.
type slowWriter struct {
	mu     sync.Mutex
	writes []string
	begun  chan struct{}
	goOn   chan struct{}
}

func (w *slowWriter) Write(p []byte) (int, error) {
	w.begun <- struct{}{}
	<-w.goOn
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, string(p))
	return len(p), nil
}

func TestWhatIsSentMeanwhileIsWrittenTogether(t *testing.T) {
	w := &slowWriter{begun: make(chan struct{}, 8), goOn: make(chan struct{})}
	l := &lineWriter{w: w}
	ctx := t.Context()
	for i, message := range []string{"a", "b", "c"} {
		if err := l.send(ctx, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			<-w.begun
		}
	}
	close(w.goOn)
	if err := l.flush(ctx); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := strings.Join(w.writes, "|"); got != "a\n|b\nc\n" {
		t.Errorf("got %q", got)
	}
}

func TestSendWaitsForRoomButNotBeyondItsContext(t *testing.T) {
	w := &slowWriter{begun: make(chan struct{}, 8), goOn: make(chan struct{})}
	l := &lineWriter{w: w}
	great := bytes.Repeat([]byte("x"), maxQueued+1)
	for range 2 {
		if err := l.send(t.Context(), great); err != nil {
			t.Fatal(err)
		}
		<-w.begun
		if len(w.begun) == 0 {
			break
		}
	}
	if err := l.send(t.Context(), great); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.send(over, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(w.goOn)
	if err := l.flush(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFailureToWriteIsReported(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	l := &lineWriter{w: w}
	if err := l.send(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = l.flush(t.Context())
	if err := l.send(t.Context(), []byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}`, `{"jsonrpc":"2.0","id":"a","result":{}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m","data":[]}}`, `{"id":{"id":1}}`, `[{}]`, `{"jsonrpc":"2.0","method":"x","id":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := parseMessage(text)
		if m.kind == requestMessage && (m.id == nil || !isID(m.id)) {
			t.Errorf("%q is a request without an id", text)
		}
		if wrong := m.kind == invalidMessage || m.kind == invalidResponse; wrong && m.failure == nil {
			t.Errorf("%q is kind %d with failure %v", text, m.kind, m.failure)
		}
		if m.id != nil {
			idKey(m.id)
		}
	})
}
