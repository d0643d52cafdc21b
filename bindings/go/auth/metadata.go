package auth

import (
	"net/url"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// wellKnownName is the metadata's, under /.well-known.
const wellKnownName = "oauth-protected-resource"

// metadata is what a protected server says of itself. RFC 9728 has more members.
// https://www.rfc-editor.org/rfc/rfc9728.html
type metadata struct {
	Resource               string   `json:"resource"`
	AuthorizationServers   []string `json:"authorization_servers,omitempty"`
	ScopesSupported        []string `json:"scopes_supported,omitempty"`
	BearerMethodsSupported []string `json:"bearer_methods_supported"`
	ResourceName           string   `json:"resource_name,omitempty"`
	ResourceDocumentation  string   `json:"resource_documentation,omitempty"`
}

func (o *ProtectionOptions) metadata(resource string, servers []string) metadata {
	m := metadata{
		Resource:               resource,
		AuthorizationServers:   servers,
		ScopesSupported:        unique(o.ScopesSupported),
		BearerMethodsSupported: []string{"header"},
		ResourceName:           o.Name,
		ResourceDocumentation:  o.Documentation,
	}
	if len(m.ScopesSupported) == 0 {
		m.ScopesSupported = unique(o.Scopes)
	}
	return m
}

// documents are the metadata by its paths (as net/http has them, decoded): under the
// path of the resource, and at the root.
func documents(resource *url.URL, m metadata) (map[string]string, error) {
	text, err := wire.RawOf(m)
	root := "/.well-known/" + wellKnownName
	return map[string]string{root + strings.TrimRight(resource.Path, "/"): text.String(), root: text.String()}, err
}
