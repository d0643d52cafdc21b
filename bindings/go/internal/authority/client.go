package authority

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Client asks authorization servers. What goes wrong is an error for whoever runs
// the program: it says which address, never what was sent to it.
type Client struct {
	http http.Client
	rest func()
}

// NewClient returns one that sends with this client of HTTP; nil is one of its own,
// with the certificates that the system trusts and no proxy. Redirects are not
// followed, whatever it does otherwise: documents are where metadata says.
func NewClient(sender *http.Client) *Client {
	c := &Client{rest: func() {}}
	if sender != nil {
		c.http = *sender
	} else {
		own := &http.Transport{
			DialContext:            (&net.Dialer{Timeout: protocol.AuthFetchTimeout}).DialContext,
			IdleConnTimeout:        protocol.AuthFetchTimeout,
			MaxResponseHeaderBytes: protocol.MaxHead,
		}
		c.http.Transport, c.rest = own, own.CloseIdleConnections
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Rest closes the connections that a client of its own keeps for the next question.
func (c *Client) Rest() { c.rest() }

// Answer is an answer that was read to its end.
type Answer struct {
	Status string // 404 Not Found
	Code   int
	Header http.Header
	Body   []byte
}

// Get returns the JSON object at an address.
func (c *Client) Get(ctx context.Context, address *url.URL) (wire.Raw, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	return c.Ask(request)
}

// Ask returns the JSON object that answers a request with HTTP 200.
func (c *Client) Ask(request *http.Request) (wire.Raw, error) {
	answer, err := c.Send(request)
	if err != nil {
		return nil, err
	}
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: expected HTTP 200, found %s", request.URL, answer.Status)
	}
	return Object(request.URL, answer.Body)
}

// Send returns the answer to a request whatever its status, within
// protocol.AuthFetchTimeout and up to protocol.MaxAuthDocument bytes. Unless the
// request says otherwise, JSON is asked for.
func (c *Client) Send(request *http.Request) (*Answer, error) {
	late := fmt.Errorf("no answer within %s (AuthFetchTimeout)", protocol.AuthFetchTimeout)
	ctx, cancel := context.WithTimeoutCause(request.Context(), protocol.AuthFetchTimeout, late)
	defer cancel()
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "application/json")
	}
	answer, err := c.send(request.WithContext(ctx))
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s: %w", request.URL, err)
	}
	return answer, nil
}

func (c *Client) send(request *http.Request) (*Answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		// The address stands in front of it already.
		var about *url.Error
		if errors.As(err, &about) {
			err = about.Err
		}
		return nil, err
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(io.LimitReader(response.Body, protocol.MaxAuthDocument+1)); err != nil {
		return nil, err
	}
	if body.Len() > protocol.MaxAuthDocument {
		return nil, fmt.Errorf("the answer is longer than MaxAuthDocument (%d bytes)", protocol.MaxAuthDocument)
	}
	return &Answer{response.Status, response.StatusCode, response.Header, body.Bytes()}, nil
}

// Object is the JSON object that this address answered with.
func Object(address *url.URL, body []byte) (wire.Raw, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%s: expected JSON, found no UTF-8", address)
	}
	object, err := wire.Decode(body, wire.Always, (*wire.Decoder).RawObject)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return object, nil
}
