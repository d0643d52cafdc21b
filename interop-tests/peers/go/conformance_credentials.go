package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// What a user of each scenario of the official suite has in hand: credentials, or a
// browser. The choice among them is the user's; all that becomes of it is the SDK's.

const (
	// back is where the suite's users come back to: nobody listens there, since nobody
	// is sent there.
	back = "http://localhost:3000/callback"
	// ownDocument is what the suite takes for a document of ours.
	ownDocument = "https://conformance-test.local/client-metadata.json"
)

// inHand are the credentials of a scenario, in the suite's words.
type inHand struct {
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	PrivateKey    string `json:"private_key_pem"`
	Statement     string `json:"valid_jwt"`
	IDPIssuer     string `json:"idp_issuer"`
	IDPClient     string `json:"idp_client_id"`
	IDToken       string `json:"idp_id_token"`
	TokenEndpoint string `json:"idp_token_endpoint"`
}

// credentials are what gives a scenario's requests their credentials; nil where no
// server asks for any.
func credentials(scenario, url string) (isogloss.Authorizer, error) {
	if !strings.HasPrefix(scenario, "auth/") {
		return nil, nil
	}
	var has inHand
	if text := os.Getenv("MCP_CONFORMANCE_CONTEXT"); text != "" {
		if err := json.Unmarshal([]byte(text), &has); err != nil {
			return nil, fmt.Errorf("MCP_CONFORMANCE_CONTEXT: %w", err)
		}
	}
	return has.authorizer(scenario, url)
}

func (has *inHand) authorizer(scenario, url string) (*oauth.Authorizer, error) {
	client := oauth.ClientIdentity{ID: has.ClientID, Secret: oauth.NewSecret(has.ClientSecret)}
	options := oauth.Options{ClientMetadata: &oauth.ClientIdentity{ID: ownDocument}}
	switch scenario {
	case "auth/client-credentials-jwt":
		key, err := oauth.ParsePrivateKey([]byte(has.PrivateKey), nil)
		if err != nil {
			return nil, err
		}
		return oauth.ClientCredentials(url, oauth.ClientIdentity{ID: has.ClientID, Key: key}, nil)
	case "auth/client-credentials-basic":
		return oauth.ClientCredentials(url, client, nil)
	case "auth/wif-jwt-bearer":
		return oauth.JWTBearer(url, oauth.ClientIdentity{ID: has.ClientID}, oauth.FixedAssertion(has.Statement), nil)
	case "auth/enterprise-managed-authorization":
		return oauth.Enterprise(url, client, oauth.IdentityProvider{
			Issuer: has.IDPIssuer, Client: oauth.ClientIdentity{ID: has.IDPClient},
			IDToken: oauth.FixedAssertion(has.IDToken), TokenEndpoint: has.TokenEndpoint,
		}, nil)
	case "auth/pre-registration":
		options.Client = &client
	}
	return oauth.AuthorizationCode(url, oauth.Unattended(back, sentBack), &options)
}

// sentBack is where the authorization server sends its user: the suite's answers at once.
func sentBack(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultTransport.RoundTrip(request) // which follows no redirect
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	location, err := response.Location()
	if err != nil {
		return "", fmt.Errorf("expected a redirect, found HTTP %d", response.StatusCode)
	}
	return location.String(), nil
}
