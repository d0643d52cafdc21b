package oauth

import "context"

// Who takes a user to an authorization server and brings back where they were sent.

// UserAgent shows a user an authorization server's page: a [Browser] on this machine, or
// whatever a program has instead.
type UserAgent interface {
	// Begin makes ready for one visit; it fails if there is no place where a user could
	// come back to.
	Begin(ctx context.Context) (Visit, error)
}

// Visit is one visit of a user to an authorization server.
type Visit interface {
	// RedirectURI is where the authorization server is to send the user back to. It
	// stays the same during a visit.
	RedirectURI() string
	// Show shows the user this address, and returns the one that they were sent back to,
	// with all that stands in it. Whether it is what was waited for is checked
	// afterwards; how long may be waited is the context's business.
	Show(ctx context.Context, address string) (back string, err error)
	// Close is called at the visit's end, however it ended.
	Close() error
}

// Unattended is a function of the program's own instead of a browser: for tests, for a
// web application, for a machine without a screen. Users come back to redirectURI; the
// function is given the address to show, and returns the one that the user was sent back
// to.
func Unattended(redirectURI string, show func(ctx context.Context, address string) (string, error)) UserAgent {
	return &unattended{redirectURI, show}
}

type unattended struct {
	redirectURI string
	show        func(context.Context, string) (string, error)
}

func (u *unattended) Begin(context.Context) (Visit, error) { return u, nil }

func (u *unattended) RedirectURI() string { return u.redirectURI }

func (u *unattended) Show(ctx context.Context, address string) (string, error) {
	return u.show(ctx, address)
}

func (u *unattended) Close() error { return nil }
