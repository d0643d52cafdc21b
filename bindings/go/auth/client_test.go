package auth_test

import (
	"context"
	"net"
	"net/url"
	"slices"
	"testing"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/auth"
	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
)

// A protected server and a client that gets itself its tokens: what the one says is
// enough for the other.

func TestAClientThatKnowsNothingButTheAddressGetsInAndThenGetsMoreScopes(t *testing.T) {
	authority, signer := newAuthority(t), ec("ec")
	authority.publish(signer)
	var granted []string
	authority.grant = func(form url.Values) object {
		granted = append(granted, form.Get("scope")+" for "+form.Get("resource"))
		token := signer.sign(authority.claims(object{"aud": form.Get("resource"), "scope": form.Get("scope"), "sub": nil}), nil)
		return object{"access_token": token, "token_type": "Bearer", "expires_in": 300}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String() + "/mcp"
	guard, err := auth.NewProtection(address, jwt(t, authority.issuer, nil), &auth.ProtectionOptions{Scopes: []string{"notes:read"}})
	if err != nil {
		t.Fatal(err)
	}
	s := isogloss.NewServer(protocol.Implementation{Name: "notes", Version: "1.0.0"}, &isogloss.ServerOptions{HTTP: isogloss.HTTPOptions{Guard: guard}})
	who := func(ctx context.Context, _ struct{}) (string, error) {
		return isogloss.FromContext(ctx).Claims().ClientID, nil
	}
	isogloss.Tool(s, "who", "", who)
	isogloss.ToolWith(s, "write", "", &isogloss.ToolOptions{Scopes: []string{"notes:write"}}, who)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- isogloss.NewSite(s, nil).Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})

	authorizer, err := oauth.ClientCredentials(address, oauth.ClientIdentity{ID: "app", Secret: oauth.NewSecret("a secret")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer authorizer.Close()
	for _, era := range []isogloss.EraMode{isogloss.ModernOnly, isogloss.LegacyOnly} {
		target := isogloss.HTTP(address, &isogloss.HTTPTargetOptions{Authorizer: authorizer})
		client, err := isogloss.Connect(t.Context(), target, &isogloss.ClientOptions{Era: era})
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range []string{"who", "write"} {
			result, err := client.CallTool(t.Context(), tool, nil, nil)
			if err != nil || isogloss.TextOf(result) != `{"result":"app"}` {
				t.Errorf("%s: found %+v (%v)", tool, result, err)
			}
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	expected := []string{"notes:read for " + address, "notes:read notes:write for " + address}
	if !slices.Equal(granted, expected) {
		t.Errorf("granted %q", granted)
	}
}
