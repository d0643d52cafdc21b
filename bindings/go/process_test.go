package isogloss_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
)

// Real processes: this test program, as main_test.go has it.

func childProcess(t *testing.T, mode string) isogloss.Target {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	// The race detector would keep an exiting process for a second.
	command.Env = append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0")
	return isogloss.Process(command)
}

func TestChildServesAndEndsWhenTheClientCloses(t *testing.T) {
	client, err := isogloss.Connect(t.Context(), childProcess(t, "serve"), nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := client.CallTool(t.Context(), "get_forecast", forecastIn{City: "Oslo", Days: 3}, nil)
	if err != nil || isogloss.TextOf(result) != `{"city":"Oslo","days":[0,0,0]}` {
		t.Errorf("got %+v, %v", result, err)
	}
	if _, err := client.CallTool(t.Context(), "print", nil, nil); err != nil {
		t.Errorf("stray output got into the messages: %v", err)
	}
	began := time.Now()
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("closing took %s", took)
	}
}

func TestDeathOfAChildIsExplained(t *testing.T) {
	_, err := isogloss.Connect(t.Context(), childProcess(t, "die"), nil)
	if !errors.Is(err, isogloss.ErrClosed) {
		t.Fatalf("got %v", err)
	}
	text := err.Error()
	if !strings.Contains(text, "exit status 3") || !strings.Contains(text, "last words 29") || strings.Contains(text, "last words 9\n") {
		t.Errorf("got %s", text)
	}
}

func TestStubbornChildIsEnded(t *testing.T) {
	began := time.Now()
	_, err := isogloss.Connect(t.Context(), childProcess(t, "stubborn"), &isogloss.ClientOptions{
		Timeout: 50 * time.Millisecond, ProbeTimeout: 50 * time.Millisecond,
	})
	check(t, err, "no answer to initialize within 50ms")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("ending it took %s", took)
	}
}

// A client that is killed takes nothing more: the write that nobody reads must not
// end the server by a signal.
func TestServerWhoseClientIsGoneEndsByItself(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = append(os.Environ(), childMode+"=serve", "GORACE=atexit_sleep_ms=0")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	for range 3 {
		if _, err := in.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	_ = in.Close()
	_ = command.Wait()
	if !command.ProcessState.Exited() {
		t.Errorf("it ended with %s", command.ProcessState)
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	_, err := isogloss.Connect(t.Context(), isogloss.Command("/nowhere/at/all"), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "the server did not start: ") || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
