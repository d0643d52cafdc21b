package oauth

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Where a user comes back to on this machine: a port that listens for one visit, and
// takes nothing but its end.
// https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3

const callback = "/callback"

// page is what the user sees: the same whatever happened, and nothing of what came.
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Back to the program</title>` +
	"<p>That was all here. You can close this page and go back to the program.</p></html>\n"

// receiver is the place.
type receiver struct {
	listener net.Listener
	server   *http.Server
	served   sync.WaitGroup
	// state is what whoever is waited for comes back with; nil as long as nobody is.
	state atomic.Pointer[string]
	back  chan string // the query that the user came back with
}

// newReceiver listens at this port, or at any free one if it is 0, until Close.
func newReceiver(ctx context.Context, port int) (*receiver, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	r := &receiver{listener: listener, back: make(chan string, 1)}
	r.server = &http.Server{
		Handler:        http.HandlerFunc(r.answer),
		ReadTimeout:    protocol.AuthFetchTimeout,
		WriteTimeout:   protocol.AuthFetchTimeout,
		MaxHeaderBytes: protocol.MaxHead,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	r.server.SetKeepAlivesEnabled(false)
	places := make(chan struct{}, protocol.MaxRedirects)
	r.served.Go(func() { _ = r.server.Serve(limited{listener, places}) })
	return r, nil
}

func (r *receiver) port() int { return r.listener.Addr().(*net.TCPAddr).Port }

// redirectURI is where users come back to.
func (r *receiver) redirectURI() string { return "http://" + r.listener.Addr().String() + callback }

// receive is the address that the user comes back to with their state, once they have
// seen the page. Whatever else comes is turned away, so that no page that guesses the
// port ends the visit.
func (r *receiver) receive(ctx context.Context) (string, error) {
	select {
	case query := <-r.back:
		return r.redirectURI() + "?" + query, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Close ends the listening. Whoever is still there came for nothing: who was waited for
// has seen the page.
func (r *receiver) Close() error {
	err := r.server.Close()
	r.served.Wait()
	return err
}

func (r *receiver) answer(w http.ResponseWriter, request *http.Request) {
	state := r.state.Load()
	query := request.URL.Query()
	status := http.StatusOK
	switch {
	case request.URL.EscapedPath() != callback:
		status = http.StatusNotFound
	case request.Method != http.MethodGet:
		status = http.StatusMethodNotAllowed
	case state == nil || !slices.Contains(query["state"], *state):
		status = http.StatusBadRequest
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer") // the address has the code in it
	header.Set("Content-Length", fmt.Sprint(len(page)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
	// Whether the page arrives is the browser's business, but not that it is sent.
	_ = http.NewResponseController(w).Flush()
	if status != http.StatusOK {
		return
	}
	select {
	case r.back <- request.URL.RawQuery:
	default: // they are back already
	}
}

// limited is a listener that has no more connections at once than there are places.
type limited struct {
	net.Listener
	places chan struct{}
}

func (l limited) Accept() (net.Conn, error) {
	l.places <- struct{}{} // a connection is open for a bounded time: there will be one
	leave := sync.OnceFunc(func() { <-l.places })
	conn, err := l.Listener.Accept()
	if err != nil {
		leave()
		return nil, err
	}
	return &placed{conn, leave}, nil
}

// placed is a connection that has a place.
type placed struct {
	net.Conn
	leave func()
}

func (p *placed) Close() error {
	p.leave()
	return p.Conn.Close()
}
