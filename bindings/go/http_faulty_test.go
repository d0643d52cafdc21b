package isogloss_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A proxy that breaks connections where a test says.

// cut is where a connection breaks.
type cut int

const (
	// cutBefore has nothing reach the server.
	cutBefore cut = iota
	// cutDuring has half of the request reach the server.
	cutDuring
	// cutAfter has the server answer, and nothing of it reach the client.
	cutAfter
	// cutAnswer has the answer break off behind its first event with an id.
	cutAnswer
)

type faulty struct {
	url    string
	target string // host and port
	what   string
	done   chan struct{} // has one for each that was cut

	mu   sync.Mutex
	cuts []cut
	open map[net.Conn]bool
	all  sync.WaitGroup
}

// newFaulty is a proxy in front of a server. Requests that contain what are broken,
// one after the other, as long as there are cuts.
func newFaulty(t *testing.T, server, what string, cuts ...cut) *faulty {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{
		url:    "http://" + listener.Addr().String() + at.Path,
		target: at.Host,
		what:   what,
		cuts:   cuts,
		done:   make(chan struct{}, len(cuts)),
		open:   map[net.Conn]bool{},
	}
	f.all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			f.all.Go(func() { f.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		f.mu.Lock()
		for connection := range f.open {
			_ = connection.Close()
		}
		f.mu.Unlock()
		f.all.Wait()
	})
	return f
}

// left is how much was not broken yet.
func (f *faulty) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.cuts)
}

// next is where a request breaks, -1 if it does not.
func (f *faulty) next(request []byte) cut {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.cuts) == 0 || !bytes.Contains(request, []byte(f.what)) {
		return -1
	}
	first := f.cuts[0]
	f.cuts = f.cuts[1:]
	return first
}

func (f *faulty) keep(connection net.Conn) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[connection] = true
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, connection)
		_ = connection.Close()
	}
}

// pass hands on one request and its answer, as far as that goes.
func (f *faulty) pass(client net.Conn) {
	defer f.keep(client)()
	request, err := http.ReadRequest(bufio.NewReader(client))
	if err != nil {
		return
	}
	request.Close = true // the last of its connection
	text, err := httputil.DumpRequestOut(sentOn(request, f.target), true)
	if err != nil {
		return
	}
	where := f.next(text)
	if where >= 0 {
		defer func() { f.done <- struct{}{} }()
	}
	if where == cutBefore {
		return
	}
	server, err := net.Dial("tcp", f.target)
	if err != nil {
		return
	}
	defer f.keep(server)()
	if where == cutDuring {
		_, _ = server.Write(text[:len(text)/2])
		return
	}
	if _, err := server.Write(text); err != nil {
		return
	}
	// A client that goes away is gone for the server, too.
	f.all.Go(func() {
		_, _ = io.Copy(io.Discard, client)
		_ = server.Close()
	})
	f.answer(client, server, where)
}

// sentOn is a request to the server, whatever address it came to.
func sentOn(r *http.Request, host string) *http.Request {
	r.URL.Scheme, r.URL.Host = "http", host
	return r
}

func (f *faulty) answer(client, server net.Conn, where cut) {
	var all strings.Builder
	piece := make([]byte, 4096)
	for {
		n, err := server.Read(piece)
		if n > 0 {
			all.Write(piece[:n])
			if where != cutAfter {
				if _, err := client.Write(piece[:n]); err != nil {
					return
				}
			}
		}
		if where == cutAnswer {
			_, body, _ := strings.Cut(all.String(), "\r\n\r\n")
			if _, event, ok := strings.Cut(body, "id: "); ok && strings.Contains(event, "\n\n") {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
