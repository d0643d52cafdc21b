// Package authserver asks authorization servers: which addresses may be asked at
// all, where their metadata is, and the bounds of every answer. What an answer means
// is for package auth (of servers) and package oauth (of clients) to say.
package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Fetcher asks authorization servers. What goes wrong is for who runs the program,
// never for its clients.
type Fetcher struct {
	transport http.RoundTripper
	own       *http.Transport
}

// New returns a fetcher over a transport, which is to follow no redirects. With nil
// it is net/http's: HTTP/1.1, the certificates that the system trusts, no proxy.
func New(transport http.RoundTripper) *Fetcher {
	if transport != nil {
		return &Fetcher{transport: transport}
	}
	own := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: protocol.AuthFetchTimeout}).DialContext,
		TLSHandshakeTimeout:    protocol.AuthFetchTimeout,
		IdleConnTimeout:        protocol.AuthFetchTimeout,
		MaxResponseHeaderBytes: protocol.MaxHead,
	}
	return &Fetcher{transport: own, own: own}
}

// Rest closes the connections that are kept. Asked again, there are others.
func (f *Fetcher) Rest() {
	if f.own != nil {
		f.own.CloseIdleConnections()
	}
}

// Answer is an answer, read to its end.
type Answer struct {
	Place  *url.URL
	Status int
	Header http.Header
	Body   []byte
}

// Send sends a request and reads the answer, whatever its status, within
// protocol.AuthFetchTimeout and up to protocol.MaxAuthDocument.
func (f *Fetcher) Send(ctx context.Context, request *http.Request) (*Answer, error) {
	place := request.URL
	late := fmt.Errorf("no answer within %s (AuthFetchTimeout)", protocol.AuthFetchTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, protocol.AuthFetchTimeout, late)
	defer cancel()
	answer, err := f.roundTrip(request.WithContext(ctx))
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return answer, nil
}

func (f *Fetcher) roundTrip(request *http.Request) (*Answer, error) {
	response, err := f.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, protocol.MaxAuthDocument+1))
	if err != nil {
		return nil, err
	}
	if len(body) > protocol.MaxAuthDocument {
		return nil, fmt.Errorf("the answer is longer than %d bytes (MaxAuthDocument)", protocol.MaxAuthDocument)
	}
	return &Answer{request.URL, response.StatusCode, response.Header, body}, nil
}

// Get asks for the JSON object at an address, whatever the status.
func (f *Fetcher) Get(ctx context.Context, place *url.URL) (*Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, place.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	return f.Send(ctx, request)
}

// Object is the JSON object that came.
func (a *Answer) Object() (Object, error) {
	if !utf8.Valid(a.Body) {
		return nil, fmt.Errorf("%s: expected JSON, found no UTF-8", a.Place)
	}
	var object Object
	if err := json.Unmarshal(a.Body, &object); err != nil {
		if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
			return nil, fmt.Errorf("%s: expected object, found %s", a.Place, kind.Value)
		}
		return nil, fmt.Errorf("%s: invalid JSON: %w", a.Place, err)
	}
	if object == nil {
		return nil, fmt.Errorf("%s: expected object, found null", a.Place)
	}
	return object, nil
}

// Object is a JSON object of which members are asked for, each of the kind that it
// has to be. `null` counts as absent.
type Object map[string]json.RawMessage

// ErrKind is a member that is of another kind than it has to be.
var ErrKind = errors.New("the member is of another kind")

// Text is a member that is a string; nil if it is absent.
func (o Object) Text(name string) (*string, error) { return member[string](o, name) }

// Texts is a member that is an array of strings; nil if it is absent.
func (o Object) Texts(name string) (*[]string, error) {
	found, err := member[[]*string](o, name)
	if found == nil || err != nil {
		return nil, err
	}
	texts := make([]string, len(*found))
	for i, text := range *found {
		if text == nil {
			return nil, fmt.Errorf("%s: %w", name, ErrKind)
		}
		texts[i] = *text
	}
	return &texts, nil
}

// Flag is a member that is true; absent ones are not.
func (o Object) Flag(name string) (bool, error) {
	found, err := member[bool](o, name)
	return found != nil && *found, err
}

func member[T any](o Object, name string) (*T, error) {
	var found *T
	if raw, there := o[name]; there {
		// What is wrong with it is told without its text, which may be a secret.
		if err := json.Unmarshal(raw, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", name, ErrKind)
		}
	}
	return found, nil
}
