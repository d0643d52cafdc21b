package oauth_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"text/template"

	"github.com/isogloss-mcp/isogloss/bindings/go/oauth"
)

// Nothing secret is shown, however a program prints what it has of this package.

// printed is a value in all ways in which programs print.
func printed(t *testing.T, value any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", value)
	}
	fmt.Fprintln(&out, fmt.Sprint(value))
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", value)
	_ = json.NewEncoder(&out).Encode(value)
	_ = template.Must(template.New("t").Parse("{{.}}")).Execute(&out, value)
	return out.String()
}

func TestNothingSecretIsShown(t *testing.T) {
	const secret = "hunter2"
	a := newAuthority(t, document{"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"}})
	g := guardedBy(t, a)
	a.set(func(g *grants) { g.clients["desk"] = known{secret, "client_secret_post", []string{back}, nil} })
	store := &oauth.MemoryStore{}
	identity := oauth.ClientIdentity{ID: "desk", Secret: oauth.NewSecret(secret)}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	options := oauth.Options{Client: &identity, Store: store, Logger: logger}
	agent, browser := yes(), &oauth.Browser{}
	authorizer := asks(t, g.url, agent, options)
	says(t, g.url, authorizer, "read", "a note")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := authorizer.Authorize(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
	key, err := oauth.ParsePrivateKey(pkcs8(a.grants.signer.key), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := fmt.Sprint(a.grants.signer.key.D)
	seed := bytes.Repeat([]byte("hunter2!"), 4)
	plain, err := oauth.NewPrivateKey(ed25519.NewKeyFromSeed(seed), nil)
	if err != nil {
		t.Fatal(err)
	}
	identity.Key = key
	statement := oauth.FixedAssertion("statement of the platform")
	provider := oauth.IdentityProvider{Issuer: a.issuer, Client: identity, IDToken: statement}
	// A program's own type, whose fields fmt reads without asking anybody.
	type desk struct {
		identity   oauth.ClientIdentity
		secret     oauth.Secret
		key        *oauth.PrivateKey
		plain      oauth.PrivateKey
		authorizer *oauth.Authorizer
		store      *oauth.MemoryStore
		provider   oauth.IdentityProvider
		options    oauth.Options
	}
	own := desk{identity, identity.Secret, key, *plain, authorizer, store, provider, options}
	kept, err := store.Load(t.Context(), "token "+g.url)
	if err != nil || !strings.Contains(kept, token) || strings.Contains(kept, secret) {
		t.Errorf("kept %s (%v)", kept, err)
	}
	a.set(func(g *grants) { g.refuses = document{"error": "server_error"} })
	_, refusal := refusedAt(t, g.url)
	_, failure := authorizer.Answered(t.Context(), request, refusal)
	if failure == nil {
		t.Fatal("expected an error")
	}
	for name, value := range map[string]any{
		"authorizer": authorizer, "by value": *authorizer, "store": store, "identity": identity, "a pointer to it": &identity, "secret": identity.Secret,
		"key": key, "key by value": *key, "key of bytes": plain, "key of bytes by value": *plain, "statement": statement, "provider": provider, "options": options, "agent": agent, "browser": browser,
		"a program's": own, "a pointer to a program's": &own, "a list": []any{identity, authorizer, key}, "an error": failure,
	} {
		text := printed(t, value)
		for what, hidden := range map[string]string{
			"token": token, "secret": secret, "refresh token": "refresh-", "private key": d, "its number": fmt.Sprintf("%x", a.grants.signer.key.D),
			"statement": "statement of", "secret in hex": fmt.Sprintf("%x", secret), "key in bytes": strings.Trim(fmt.Sprint(seed[:8]), "[]"),
		} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s shows the %s:\n%s", name, what, text)
			}
		}
	}
	if strings.Contains(log.String(), token) || strings.Contains(log.String(), secret) {
		t.Error(log.String())
	}
}

func TestAnAuthorizerSaysWhoseItIs(t *testing.T) {
	authorizer := asks(t, "https://mcp.example.com/mcp?key=hunter2", yes(), oauth.Options{})
	if found := fmt.Sprint(authorizer); found != "Authorizer(https://mcp.example.com/mcp)" {
		t.Error(found)
	}
	if found := fmt.Sprintf("%v %v", (*oauth.Authorizer)(nil), (*oauth.PrivateKey)(nil)); found != "<nil> <nil>" {
		t.Error(found)
	}
}
