package isogloss

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Responses whose status says no: what they mean for a call.

// sentMessage is what was sent and refused.
type sentMessage struct {
	key     string        // the id of the request, if it was one
	size    int           // in bytes
	session *legacyOpened // that it was sent in
}

func (s *sentMessage) inSession() bool { return s.session != nil && s.session.id != "" }

// refused is what a response means that says no.
func (s *httpSender) refused(d *deadline, sent *sentMessage, response *http.Response) error {
	body := beginningOf(response)
	if d.Err() != nil {
		return d.why()
	}
	said := sent.failureIn(body)
	failure := func(what []byte) *Error {
		return &Error{Kind: KindHTTP, Status: response.StatusCode, Message: s.statusText(response, what)}
	}
	switch status := response.StatusCode; {
	case status == http.StatusNotFound && sent.inSession() && (said == nil || said.Code != CodeMethodNotFound):
		return &broken{protocol.FailedSessionLost, true, failure(body)}
	case status == http.StatusRequestEntityTooLarge:
		why := firstWords(body)
		if said != nil {
			why = said.Message
		}
		return &broken{protocol.FailedTooLarge, true, &Error{Kind: KindHTTP, Status: status, Message: fmt.Sprintf(
			"%s takes no message of %d bytes (HTTP 413: %s): send less, or raise its limit (MaxMessage)", s.shown, sent.size, why)}}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		// Who may ask is no matter of the protocol, whatever the body looks like.
		if said != nil {
			body = []byte(said.Message)
		}
		return failure(body)
	case said != nil:
		return saidNo(said)
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		// Something between the two lost the server's answer.
		return &broken{protocol.FailedInterrupted, true, failure(body)}
	}
	return failure(body)
}

// noStream is what a response means where a stream was asked for, and no request: the
// status alone, whatever the body says.
func (s *httpSender) noStream(d *deadline, session *legacyOpened, response *http.Response) error {
	body := beginningOf(response)
	if d.Err() != nil {
		return d.why()
	}
	failure := &Error{Kind: KindHTTP, Status: response.StatusCode, Message: s.statusText(response, body)}
	if session.id != "" && response.StatusCode == http.StatusNotFound {
		return &broken{protocol.FailedSessionLost, true, failure}
	}
	return failure
}

// failureIn is the error of JSON-RPC that a body is, for this request or for none that
// could be read.
func (s *sentMessage) failureIn(body []byte) *Error {
	m := parseMessage(body)
	if m.kind != responseMessage || m.failure == nil || isID(m.id) && idKey(m.id) != s.key {
		return nil
	}
	return m.failure
}

func (s *httpSender) statusText(response *http.Response, body []byte) string {
	text := fmt.Sprintf("%s answered %d", s.shown, response.StatusCode)
	if name := http.StatusText(response.StatusCode); name != "" {
		text += " " + name
	}
	if said := firstWords(body); said != "" {
		text += ": " + said
	}
	switch response.StatusCode {
	case http.StatusUnauthorized:
		text += ": give the client credentials (HTTPTargetOptions.Authorizer, or a header)"
	case http.StatusForbidden:
		text += ": these credentials, or this client's origin, are not let in"
	}
	return text
}

// beginningOf is as much of a body as is looked at. One that breaks off is taken as
// far as it came.
func beginningOf(response *http.Response) []byte {
	body, _ := io.ReadAll(io.LimitReader(response.Body, protocol.MaxRefusal))
	return body
}

// firstWords are the first words of a body, on one line.
func firstWords(body []byte) string {
	begins := strings.ToValidUTF8(string(body[:min(len(body), protocol.MaxRefusalWords)]), "\uFFFD")
	words := strings.Join(strings.FieldsFunc(begins, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(body) > protocol.MaxRefusalWords {
		words += "…"
	}
	return words
}
