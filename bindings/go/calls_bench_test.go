package isogloss_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

type addends struct {
	A int `json:"a"`
	B int `json:"b"`
}

func adding() *isogloss.Server {
	s := isogloss.New("adding", "1.0.0")
	isogloss.Tool(s, "add", "Adds two integers.", func(_ context.Context, in addends) (int, error) { return in.A + in.B, nil })
	return s
}

// BenchmarkCall is a call of a tool over lines, as its server sees it.
func BenchmarkCall(b *testing.B) {
	theirs, ours := io.Pipe()
	back, answers := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- adding().Serve(context.Background(), isogloss.Lines(theirs, answers)) }()
	lines := bufio.NewReader(back)
	b.ReportAllocs()
	for i := range b.N {
		fmt.Fprintf(ours, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"add","arguments":{"a":%d,"b":7},`+modern+"}}\n", i, i)
		if _, err := lines.ReadSlice('\n'); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	_ = ours.Close()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
