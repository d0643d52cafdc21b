package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// Asking a token endpoint: who asks, by which proof, and what became of it.
// https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2

const signed = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// endpoint is a token endpoint, as one client sees it.
type endpoint struct {
	sender *authority.Client
	url    *url.URL
	// issuer is whose endpoint it is: what is signed, is signed for it.
	issuer string
	client *clientOf
	// proofs are of the key that the token is to be bound to; nil for none.
	proofs *proofs
}

// statement is what a client signs to say who it is.
type statement struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	At       int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// ask asks with this form. For want of a nonce it is asked once more. The error is a
// *refusal if the authorization server says why it gives nothing.
func (e *endpoint) ask(ctx context.Context, form url.Values) (*granted, error) {
	answer, proof, err := e.send(ctx, form)
	if err == nil && e.wantsNonce(answer) && e.proofs.refused(e.url, proof, answer.Header) {
		answer, _, err = e.send(ctx, form)
	}
	if err != nil {
		return nil, err
	}
	if e.proofs != nil {
		e.proofs.accepted(e.url, answer.Header)
	}
	isGood := answer.Code >= 200 && answer.Code < 300
	if isGood {
		document, err := authority.Object(e.url, answer.Body)
		if found, ok := readGranted(document); err == nil && ok {
			return found, nil
		}
	}
	err = refusalOf(e.url, answer)
	// What is wrong with it is told without its text: a token may be in it.
	if said := (*refusal)(nil); isGood && !errors.As(err, &said) {
		err = fmt.Errorf("%s: the answer is no token", e.url)
	}
	return nil, err
}

func (e *endpoint) wantsNonce(answer *authority.Answer) bool {
	if e.proofs == nil || answer.Code != http.StatusBadRequest {
		return false
	}
	var said *refusal
	return errors.As(refusalOf(e.url, answer), &said) && said.code == "use_dpop_nonce"
}

// send sends the form with what proves who the client is, and tells the proof for DPoP.
func (e *endpoint) send(ctx context.Context, form url.Values) (*authority.Answer, string, error) {
	body := url.Values{}
	for name, values := range form {
		body[name] = values
	}
	header := http.Header{}
	if err := e.identify(body, header); err != nil {
		return nil, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url.String(), strings.NewReader(body.Encode()))
	if err != nil {
		return nil, "", err
	}
	request.Header = header
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	proof := ""
	if e.proofs != nil {
		if proof, err = e.proofs.prove(http.MethodPost, e.url, ""); err != nil {
			return nil, "", err
		}
		header.Set(proofHeader, proof)
	}
	answer, err := e.sender.Send(request)
	return answer, proof, err
}

// identify says and proves who the client is.
func (e *endpoint) identify(body url.Values, header http.Header) error {
	c := e.client
	switch c.method {
	case byNothing:
		body.Set("client_id", c.id)
	case byPost:
		body.Set("client_id", c.id)
		body.Set("client_secret", c.secret.reveal())
	case byBasic:
		header.Set("Authorization", basic(c.id, c.secret.reveal()))
	case byKey:
		assertion, err := e.statement()
		if err != nil {
			return err
		}
		body.Set("client_assertion_type", signed)
		body.Set("client_assertion", assertion)
	}
	return nil
}

func (e *endpoint) statement() (string, error) {
	if e.client.key == nil {
		return "", fmt.Errorf("%s: the private key of the client is not here", quoted(e.client.id))
	}
	id, now := e.client.id, time.Now()
	return e.client.key.sign("JWT", nil, statement{
		Issuer: id, Subject: id, Audience: e.issuer, ID: drawn(),
		At: now.Unix(), Expires: now.Add(protocol.AssertionLifetime).Unix(),
	})
}

// basic is ID and secret in the header, each encoded as in a form before.
func basic(id, secret string) string {
	pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}
