package auth

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// endpoint is the address that an issuer's metadata has under this name: where its
// keys are, or where it can be asked about a token.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery
func endpoint(ctx context.Context, sender *authority.Client, issuer, name string) (*url.URL, error) {
	address, err := authority.Address("issuer", issuer)
	if err != nil {
		return nil, err
	}
	var failures []string
	for _, place := range authority.Places(address) {
		found, err := endpointAt(ctx, sender, issuer, place, name)
		switch {
		case err != nil:
			failures = append(failures, err.Error())
		case found == nil:
			return nil, fmt.Errorf("the metadata of %s names no %s", issuer, name)
		default:
			return found, nil
		}
	}
	return nil, fmt.Errorf("no metadata of %s: %s", issuer, strings.Join(failures, "; "))
}

func endpointAt(ctx context.Context, sender *authority.Client, issuer, place, name string) (*url.URL, error) {
	address, err := authority.Address("metadata", place)
	if err != nil {
		return nil, err
	}
	metadata, err := sender.Get(ctx, address)
	if err != nil {
		return nil, err
	}
	// Metadata of somebody else would make somebody else's tokens good.
	said, _ := metadata.Get("issuer")
	if text, isText := said.Text(); !isText || text != issuer {
		return nil, fmt.Errorf("%s: issuer: expected %q, found %s", place, issuer, shown(said))
	}
	value, _ := metadata.Get(name)
	text, isText := value.Text()
	if !isText {
		return nil, nil
	}
	found, err := authority.Address(name, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	own, err := authority.Address("issuer", issuer)
	if err == nil && authority.IsThisMachine(found) && !authority.IsLoopback(own) {
		return nil, fmt.Errorf("%s: %s %q: an issuer elsewhere cannot name an address of this machine", place, name, text)
	}
	return found, err
}

// shown is a JSON value as far as an error quotes it.
func shown(value []byte) string {
	const most = 200
	switch {
	case value == nil:
		return "nothing"
	case len(value) > most:
		return strings.ToValidUTF8(string(value[:most]), "") + "…"
	}
	return string(value)
}
