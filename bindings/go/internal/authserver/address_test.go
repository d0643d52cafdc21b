package authserver_test

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authserver"
)

// vectors are those that all SDKs share.
func vectors(t *testing.T) (found struct {
	Address []struct {
		Address string
		Problem *string
	}
	ThisMachine []struct {
		Address string
		Here    bool
	}
}) {
	t.Helper()
	text, err := os.ReadFile("../../../../spec/vectors/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOnlyHTTPSAndThisMachineMayBeAsked(t *testing.T) {
	for _, v := range vectors(t).Address {
		_, err := authserver.Checked("place", v.Address)
		switch {
		case v.Problem == nil && err != nil:
			t.Error(err)
		case v.Problem != nil && (err == nil || !strings.HasSuffix(err.Error(), *v.Problem)):
			t.Errorf("%s: expected %q, found %v", v.Address, *v.Problem, err)
		}
	}
	for _, address := range []string{
		"", "https:", "https:///path", "https:m.example", `https:\\m.example`, "https://m.example/a b", "https://m.example/\n",
		"https://:443", "https://[::1", "https://127.1", "https://2130706433", "https://0x7f000001/", "https://0177.0.0.1", "https://m.example.1",
		"https://127.0.0.1.", "https://m.example:port",
	} {
		if u, err := authserver.Checked("place", address); err == nil {
			t.Errorf("%q was taken for %s", address, u)
		}
	}
}

func TestThisMachineIsKnownHoweverItIsWritten(t *testing.T) {
	for _, v := range vectors(t).ThisMachine {
		u, err := url.Parse(v.Address)
		if err != nil {
			t.Fatal(err)
		}
		if found := authserver.IsThisMachine(u); found != v.Here {
			t.Errorf("%s: expected %t, found %t", v.Address, v.Here, found)
		}
	}
}

func TestAnIssuersMetadataIsLookedForInOrder(t *testing.T) {
	for issuer, expected := range map[string][]string{
		"https://a.example":  {"https://a.example/.well-known/oauth-authorization-server", "https://a.example/.well-known/openid-configuration"},
		"https://a.example/": {"https://a.example/.well-known/oauth-authorization-server", "https://a.example/.well-known/openid-configuration"},
		"https://a.example/t": {
			"https://a.example/.well-known/oauth-authorization-server/t", "https://a.example/.well-known/openid-configuration/t",
			"https://a.example/t/.well-known/openid-configuration",
		},
	} {
		u, err := authserver.Checked("issuer", issuer)
		if err != nil {
			t.Fatal(err)
		}
		if found := authserver.Places(u); !slices.Equal(found, expected) {
			t.Errorf("%s: expected %q, found %q", issuer, expected, found)
		}
	}
}

func FuzzChecked(f *testing.F) {
	for _, seed := range []string{"https://a.example", "http://[::1]:1/x?y", "HTTPS://A.Example:443", "http://127.0.0.1#", "https://a@b", "//a", "https://127.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := authserver.Checked("place", text)
		if err != nil {
			return
		}
		if u.Scheme != "https" && !authserver.IsThisMachine(u) {
			t.Errorf("%q: plain HTTP to %s", text, u)
		}
		// What was taken is taken again, and is the same.
		again, err := authserver.Checked("place", u.String())
		if err != nil || again.String() != u.String() || !authserver.SameOrigin(u, again) {
			t.Errorf("%q: %s, then %v (%v)", text, u, again, err)
		}
	})
}
