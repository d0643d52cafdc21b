package oauth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Who a client is to an authorization server: what a program knows of it, what a server
// gave it, and how it proves it.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration

// ClientIdentity is a client that an authorization server knows, since somebody
// registered it there; or, with the address of a document that says what it is as its
// ID, one that needs no registration. With neither a secret nor a key it proves nothing:
// a public client.
type ClientIdentity struct {
	ID string
	// Issuer is the authorization server that knows it. Name it wherever you can:
	// without it, the first one that the protected server names is taken for it, and
	// is shown the secret.
	Issuer string
	// Secret proves who it is, in the header or the body, as the authorization server
	// wants it.
	Secret Secret
	// Key proves who it is by what it signs (private_key_jwt).
	Key *PrivateKey
}

// How a client proves who it is, in the names of RFC 7591.
const (
	byNothing = "none"
	byBasic   = "client_secret_basic"
	byPost    = "client_secret_post"
	byKey     = "private_key_jwt"
)

// clientOf is a client of one authorization server.
type clientOf struct {
	id     string
	method string
	secret Secret
	key    *PrivateKey
	// given: the program has it from elsewhere, and will have it again.
	given bool
}

// at is the identity as a client of an authorization server, proving itself in a way
// that is taken there.
func (i *ClientIdentity) at(server *authorizationServer) (clientOf, error) {
	method, err := i.methodAt(server)
	return clientOf{id: i.ID, method: method, secret: i.Secret, key: i.Key, given: true}, err
}

func (i *ClientIdentity) methodAt(server *authorizationServer) (string, error) {
	var able []string
	if i.Key != nil {
		if server.authentication == nil {
			return byKey, nil
		}
		able = append(able, byKey)
	}
	if i.Secret.isSet() {
		able = append(able, byBasic, byPost)
	}
	if able == nil {
		// Not everyone lists what proves nothing.
		return byNothing, nil
	}
	if method, ok := server.firstTaken(able); ok {
		return method, nil
	}
	return "", fmt.Errorf("%s: the client can prove itself by %s, and token_endpoint_auth_methods_supported has %s",
		server.issuer, strings.Join(able, " or "), quoted(strings.Join(server.authentication, ", ")))
}

// firstTaken is the first of these methods that an authorization server takes. One that
// does not say takes client_secret_basic, as RFC 8414 has it.
func (s *authorizationServer) firstTaken(methods []string) (string, bool) {
	taken := s.authentication
	if taken == nil {
		taken = []string{byBasic}
	}
	at := slices.IndexFunc(methods, func(method string) bool { return slices.Contains(taken, method) })
	if at < 0 {
		return "", false
	}
	return methods[at], true
}

// checked reports an identity that is none.
func (i *ClientIdentity) checked() error {
	if i != nil && i.ID == "" {
		return errors.New("client: expected an ID, found none")
	}
	return nil
}

// keptClient is a client as it is kept: what the program has anyway is not kept a second
// time.
type keptClient struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	Secret string `json:"secret,omitempty"`
	Given  bool   `json:"given,omitempty"`
}

func (c *clientOf) kept() keptClient {
	kept := keptClient{ID: c.id, Method: c.method, Given: c.given}
	if !c.given {
		kept.Secret = c.secret.reveal()
	}
	return kept
}

func (k *keptClient) client() clientOf {
	return clientOf{id: k.ID, method: k.Method, secret: secretOf(k.Secret), given: k.Given}
}

func (k *keptClient) isGood() bool {
	return k.ID != "" && slices.Contains([]string{byNothing, byBasic, byPost, byKey}, k.Method)
}
