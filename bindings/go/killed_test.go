package isogloss_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// A server over HTTP that is killed, with no chance to say goodbye, and started anew
// on its port: what its client makes of that, in both eras.

// mortalAddress is where the server is to listen.
const mortalAddress = "ISOGLOSS_TEST_ADDRESS"

// mortal serves until it is killed.
func mortal() int {
	s := isogloss.New("mortal", "1")
	isogloss.Tool(s, "quick", "", func(context.Context, struct{}) (string, error) { return "done", nil })
	isogloss.Tool(s, "endless", "", func(ctx context.Context, _ struct{}) (string, error) {
		fmt.Println("endless: called")
		<-ctx.Done()
		return "", ctx.Err()
	})
	listener, err := net.Listen("tcp", os.Getenv(mortalAddress))
	if err == nil {
		fmt.Println("serves: " + listener.Addr().String())
		err = s.ServeListener(context.Background(), listener)
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// mortalServer is one in a process of its own.
type mortalServer struct {
	t       *testing.T
	process *exec.Cmd
	said    *bufio.Scanner
	address string
}

func startMortal(t *testing.T, address string) *mortalServer {
	t.Helper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childMode+"=mortal", mortalAddress+"="+address)
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	m := &mortalServer{t: t, process: process, said: bufio.NewScanner(out)}
	t.Cleanup(m.kill)
	m.address = m.wait("serves: ")
	return m
}

// wait waits until it says this, and gives what stands after it.
func (m *mortalServer) wait(what string) string {
	m.t.Helper()
	for m.said.Scan() {
		if rest, ok := strings.CutPrefix(m.said.Text(), what); ok {
			return rest
		}
	}
	m.t.Fatalf("it ended without a word of %q", what)
	return ""
}

// kill ends it at once. It may be dead already.
func (m *mortalServer) kill() {
	_ = m.process.Process.Kill()
	_ = m.process.Wait()
}

func TestServerThatIsKilledLeavesItsCallUnknownAndIsUsedOnOnceItIsThereAgain(t *testing.T) {
	for _, mode := range bothEras {
		server := startMortal(t, "127.0.0.1:0")
		c := dial(t, "http://"+server.address+"/mcp", era(mode))
		failed := make(chan error, 1)
		go func() {
			_, err := c.CallTool(t.Context(), "endless", nil, nil)
			failed <- err
		}()
		server.wait("endless: called")
		server.kill()
		unknown(t, <-failed)
		if err := fails(t, c, "quick"); !errors.Is(err, isogloss.ErrUnreachable) {
			t.Errorf("%d: got %v", mode, err)
		}
		startMortal(t, server.address)
		if err := listTools(c); err != nil {
			t.Errorf("%d: %v", mode, err)
		}
		if result, err := call(t, c, "quick"); err != nil || isogloss.TextOf(result) != `{"result":"done"}` {
			t.Errorf("%d: got %+v, %v", mode, result, err)
		}
	}
}
