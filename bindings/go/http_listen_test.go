package isogloss

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// exhausted is a listener whose system has no more files for a while.
type exhausted struct {
	net.Listener
	times int
}

func (e *exhausted) Accept() (net.Conn, error) {
	if e.times > 0 {
		e.times--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	here, _ := net.Pipe()
	return here, nil
}

func (e *exhausted) Close() error { return nil }

func TestServerWithoutFilesPausesBeforeItAcceptsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const times = 5
		l := newLimitedListener(&exhausted{times: times}, 1, slog.New(slog.DiscardHandler))
		began := time.Now()
		connection, err := l.Accept()
		if took := time.Since(began); err != nil || took != times*protocol.AcceptPause {
			t.Fatalf("got %v after %s", err, took)
		}
		_ = connection.Close()
	})
}

func TestServerWithoutFilesThatIsClosedWaitsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimitedListener(&exhausted{times: 1000}, 1, slog.New(slog.DiscardHandler))
		began := time.Now()
		time.AfterFunc(protocol.AcceptPause/2, func() { _ = l.Close() })
		_, err := l.Accept()
		if took := time.Since(began); !errors.Is(err, net.ErrClosed) || took != protocol.AcceptPause/2 || len(l.slots) != 0 {
			t.Errorf("got %v after %s, and %d slots are taken", err, took, len(l.slots))
		}
	})
}

func TestListenerThatHasFailedForGoodEndsTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	l := newLimitedListener(listener, 1, slog.New(slog.DiscardHandler))
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) || len(l.slots) != 0 {
		t.Errorf("got %v, and %d slots are taken", err, len(l.slots))
	}
}
