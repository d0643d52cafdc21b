package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// The documents in which a protected server and an authorization server say what they
// are, and what has to hold before anything of them is used.
// https://www.rfc-editor.org/rfc/rfc9728.html#section-2
// https://www.rfc-editor.org/rfc/rfc8414.html#section-2

// protected is what a protected server says of itself.
type protected struct {
	// As it stands: it is compared and sent letter by letter.
	resource             string
	authorizationServers []string
	scopes               []string
	wantsDPoP            bool
}

// readProtected reads the document at this place, if it is about the server that is
// asked.
func readProtected(place string, document wire.Raw, server *url.URL) (*protected, error) {
	m := members{place: place, document: document}
	found := &protected{
		resource:             m.required("resource"),
		authorizationServers: m.texts("authorization_servers"),
		scopes:               m.texts("scopes_supported"),
		wantsDPoP:            m.flag("dpop_bound_access_tokens_required"),
	}
	switch {
	case m.err != nil:
		return nil, m.err
	case !covers(found.resource, server):
		return nil, fmt.Errorf("%s: resource: expected %s or what its path begins with, found %s: a token for that is none for this server",
			place, shown(server), quoted(found.resource))
	}
	return found, nil
}

// covers tells whether a resource is this server, or one that it is a part of: the same
// origin, and a path that leads to it. The path counts as it stands.
func covers(resource string, server *url.URL) bool {
	isPlain := func(c rune) bool { return c > ' ' && c <= '~' && !strings.ContainsRune("\"#@\\", c) }
	if strings.ContainsFunc(resource, func(c rune) bool { return !isPlain(c) }) {
		return false
	}
	found, err := url.Parse(resource)
	if err != nil || found.Hostname() == "" || !sameOrigin(found, server) {
		return false
	}
	rest, isBelow := strings.CutPrefix(server.EscapedPath(), authority.Path(found))
	isBelow = isBelow && (rest == "" || rest[0] == '/')
	return isBelow && (found.RawQuery == "" || found.RawQuery == server.RawQuery)
}

// sameOrigin tells whether two addresses have one origin: the case of a host does not
// count, nor whether the usual port is written.
func sameOrigin(one, other *url.URL) bool {
	return one.Scheme == other.Scheme && strings.EqualFold(one.Hostname(), other.Hostname()) && portOf(one) == portOf(other)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// authorizationServer is what an authorization server says of itself, as far as a
// client goes by it.
type authorizationServer struct {
	issuer        string
	authorization *url.URL // nil if there is none
	token         *url.URL
	registration  *url.URL // nil if there is none
	scopes        []string
	// nil where it does not say
	grants, authentication []string

	hasS256, sendsIss, readsClientDocuments, hasDPoP bool
}

// readAuthorizationServer reads the document at this place, if it is this issuer's.
func readAuthorizationServer(place string, document wire.Raw, issuer string) (*authorizationServer, error) {
	from, err := authority.Address("issuer", issuer)
	if err != nil {
		return nil, err
	}
	m := members{place: place, document: document}
	// Metadata of somebody else would send codes and tokens there.
	if found := m.text("issuer"); m.err == nil && found != issuer {
		return nil, fmt.Errorf("%s: issuer: expected %s, found %s", place, quoted(issuer), quoted(found))
	}
	server := &authorizationServer{
		issuer:               issuer,
		authorization:        m.endpoint("authorization_endpoint", from),
		token:                m.endpoint("token_endpoint", from),
		registration:         m.endpoint("registration_endpoint", from),
		scopes:               m.texts("scopes_supported"),
		grants:               m.texts("grant_types_supported"),
		authentication:       m.texts("token_endpoint_auth_methods_supported"),
		hasS256:              slices.Contains(m.texts("code_challenge_methods_supported"), "S256"),
		sendsIss:             m.flag("authorization_response_iss_parameter_supported"),
		readsClientDocuments: m.flag("client_id_metadata_document_supported"),
		hasDPoP:              slices.Contains(m.texts("dpop_signing_alg_values_supported"), "ES256"),
	}
	if m.err == nil && server.token == nil {
		m.err = fmt.Errorf("%s: token_endpoint: required member is missing", place)
	}
	return server, m.err
}

// unsaid is a server that says nothing of itself: one of revision 2025-03-26, which has
// its endpoints at fixed places.
// https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#fallbacks-for-servers-without-metadata-discovery
func unsaid(server *url.URL) *authorizationServer {
	at := func(path string) *url.URL { return &url.URL{Scheme: server.Scheme, Host: server.Host, Path: path} }
	return &authorizationServer{
		issuer:         authority.Origin(server),
		authorization:  at("/authorize"),
		token:          at("/token"),
		registration:   at("/register"),
		authentication: []string{byBasic, byPost, byNothing},
		hasS256:        true, // that revision asks it of all
	}
}

// renews tells whether it renews tokens: what it does not say is taken for yes.
func (s *authorizationServer) renews() bool {
	return s.grants == nil || slices.Contains(s.grants, "refresh_token")
}

// reachable is an address that somebody named who is at another one, and that may be
// asked: nobody elsewhere has a say in what is asked of this machine.
func reachable(what, text string, from *url.URL) (*url.URL, error) {
	if len(text) > protocol.MaxURI {
		return nil, fmt.Errorf("%s: longer than %d bytes (MaxURI)", what, protocol.MaxURI)
	}
	u, err := authority.Address(what, text)
	if err != nil {
		return nil, err
	}
	if authority.IsThisMachine(u) && !authority.IsLoopback(from) {
		return nil, fmt.Errorf("%s %s: %s cannot name an address of this machine", what, quoted(text), authority.Origin(from))
	}
	return u, nil
}

// members are those of a document, each of the kind that it has to be; `null` counts as
// absent. The first error is kept.
type members struct {
	place    string
	document wire.Raw
	err      error
}

// text is a member that is a string; empty if it is absent.
func (m *members) text(name string) string {
	value := m.value(name)
	text, ok := value.Text()
	if value != nil && !ok {
		m.wrong(name)
	}
	return text
}

func (m *members) required(name string) string {
	if m.value(name) == nil {
		m.wrong(name)
	}
	return m.text(name)
}

// texts are a member that is an array of strings; nil if it is absent.
func (m *members) texts(name string) []string {
	value := m.value(name)
	if value == nil {
		return nil
	}
	var found []*string
	if err := value.Unmarshal(&found); err != nil || slices.Contains(found, nil) {
		m.wrong(name)
		return nil
	}
	texts := make([]string, len(found))
	for i, text := range found {
		texts[i] = *text
	}
	return texts
}

// flag is a member that is true or false; absent ones are false.
func (m *members) flag(name string) bool {
	value := m.value(name)
	if value != nil && value.Kind() != wire.KindBoolean {
		m.wrong(name)
	}
	return string(value) == "true"
}

// endpoint is a member that is an address; nil if it is absent.
func (m *members) endpoint(name string, from *url.URL) *url.URL {
	text := m.text(name)
	if text == "" {
		return nil
	}
	u, err := reachable(name, text, from)
	if err != nil && m.err == nil {
		m.err = err
	}
	return u
}

func (m *members) value(name string) wire.Raw {
	value, there := m.document.Get(name)
	if !there || value.Kind() == wire.KindNull {
		return nil
	}
	return value
}

func (m *members) wrong(name string) {
	if m.err == nil {
		m.err = fmt.Errorf("%s: %s: the member is missing or of another kind", m.place, name)
	}
}
