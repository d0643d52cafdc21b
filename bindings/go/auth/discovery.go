package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authserver"
)

// endpoint is the address that an issuer's metadata has under this name: where its
// keys are, or where it can be asked about a token.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery
func endpoint(ctx context.Context, fetcher *authserver.Fetcher, issuer, name string) (*url.URL, error) {
	address, err := authserver.Checked("issuer", issuer)
	if err != nil {
		return nil, err
	}
	var failures []string
	for _, place := range authserver.Places(address) {
		found, err := endpointAt(ctx, fetcher, issuer, place, name)
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

func endpointAt(ctx context.Context, fetcher *authserver.Fetcher, issuer, place, name string) (*url.URL, error) {
	address, err := authserver.Checked("metadata", place)
	if err != nil {
		return nil, err
	}
	metadata, err := get(ctx, fetcher, address)
	if err != nil {
		return nil, err
	}
	// Metadata of somebody else would make somebody else's tokens good.
	if said, err := metadata.Text("issuer"); err != nil || said == nil || *said != issuer {
		return nil, fmt.Errorf("%s: issuer: expected %q, found %s", place, issuer, shown(metadata["issuer"]))
	}
	text, err := metadata.Text(name)
	if err != nil || text == nil {
		return nil, err
	}
	found, err := authserver.Checked(name, *text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	own, err := authserver.Checked("issuer", issuer)
	if err == nil && authserver.IsThisMachine(found) && !authserver.IsLoopback(own) {
		return nil, fmt.Errorf("%s: %s %q: an issuer elsewhere cannot name an address of this machine", place, name, *text)
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

// get is the JSON object at an address.
func get(ctx context.Context, fetcher *authserver.Fetcher, place *url.URL) (authserver.Object, error) {
	answer, err := fetcher.Get(ctx, place)
	if err != nil {
		return nil, err
	}
	return successful(answer)
}

// successful is the JSON object of an answer with HTTP 200.
func successful(answer *authserver.Answer) (authserver.Object, error) {
	if answer.Status != http.StatusOK {
		found := strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, http.StatusText(answer.Status)))
		return nil, fmt.Errorf("%s: expected HTTP 200, found %s", answer.Place, found)
	}
	return answer.Object()
}
