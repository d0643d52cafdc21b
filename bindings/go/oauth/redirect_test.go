package oauth

import (
	"net"
	"testing"
	"testing/synctest"
)

// endless is a listener to which somebody connects at any time.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) {
	here, _ := net.Pipe()
	return here, nil
}

func TestFurtherConnectionsWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := limited{endless{}, make(chan struct{}, 2)}
		accepted := make(chan net.Conn, 4)
		for range 4 {
			go func() {
				conn, _ := listener.Accept()
				accepted <- conn
			}()
		}
		there := func(expected int) {
			t.Helper()
			if synctest.Wait(); len(accepted) != expected {
				t.Errorf("expected %d connections, found %d", expected, len(accepted))
			}
		}
		there(2)
		first := <-accepted
		// Whoever leaves twice leaves one place.
		for range 2 {
			if err := first.Close(); err != nil {
				t.Error(err)
			}
		}
		there(2)
		_ = (<-accepted).Close()
		there(2)
		_ = (<-accepted).Close()
		_ = (<-accepted).Close()
	})
}
