package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"sync/atomic"
)

// The system's browser as a user agent, and this machine as the place to come back to.

// Browser opens the system's browser, and waits on a port of this machine for the user
// to come back. The zero value is ready for use.
type Browser struct {
	// Port is where to wait, for an authorization server that takes no other place:
	// users come back to http://127.0.0.1:<port>/callback. A registration that is kept
	// can be used by the next run then, too. If 0, it is a free one: the same each time,
	// if it still is.
	Port int
	// Open opens an address, instead of the system: to show it, on a machine without a
	// browser.
	Open func(ctx context.Context, address string) error
	// last is the port that was free the last time.
	last atomic.Int64
}

// Begin implements [UserAgent].
func (b *Browser) Begin(ctx context.Context) (Visit, error) {
	r, err := b.receiver(ctx)
	if err != nil {
		return nil, err
	}
	open := b.Open
	if open == nil {
		open = openInBrowser
	}
	return &browserVisit{receiver: r, open: open}, nil
}

// receiver is where the user comes back to. It stays what it was, so that the client
// need not be registered anew: it would be another one then, and a server may keep a
// session for the one that opened it alone.
func (b *Browser) receiver(ctx context.Context) (*receiver, error) {
	wanted := b.Port
	if wanted == 0 {
		wanted = int(b.last.Load())
	}
	r, err := newReceiver(ctx, wanted)
	if err != nil && b.Port == 0 && wanted != 0 {
		r, err = newReceiver(ctx, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("port %d of this machine: %w", wanted, err)
	}
	b.last.Store(int64(r.port()))
	return r, nil
}

type browserVisit struct {
	*receiver
	open func(context.Context, string) error
}

func (v *browserVisit) RedirectURI() string { return v.redirectURI() }

func (v *browserVisit) Show(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("the address to show is none") // it has the visit's state in it
	}
	// The last one: an endpoint's address may have brought its own.
	states := append([]string{""}, u.Query()["state"]...)
	v.state.Store(&states[len(states)-1])
	if err := v.open(ctx, address); err != nil {
		return "", err
	}
	return v.receive(ctx)
}

// openInBrowser opens an address as the user would, and does not wait for the browser.
func openInBrowser(ctx context.Context, address string) error {
	command, words := "xdg-open", []string(nil)
	switch runtime.GOOS {
	case "darwin":
		command = "open"
	case "windows":
		command, words = "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	_, err := exec.LookPath(command)
	if err == nil {
		words = append(words, address)
		if command == "xdg-open" {
			// It may stay as long as the browser, and is left to the system: what the
			// shell reads is the text in front, and the address is an argument.
			command, words = "sh", []string{"-c", `"$0" "$@" >/dev/null 2>&1 &`, command, address}
		}
		err = exec.CommandContext(ctx, command, words...).Run()
	}
	if err != nil {
		return fmt.Errorf("no browser could be opened: %w; show the address yourself with Browser.Open", err)
	}
	return nil
}
