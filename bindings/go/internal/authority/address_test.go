package authority_test

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
)

// vectors are the rows of spec/vectors/auth.json that are about addresses, the
// same in every language.
func vectors(t testing.TB) (v struct {
	Address []struct {
		Address string
		Problem *string
	}
	ThisMachine []struct {
		Address string
		Here    bool
	}
	SameResource []struct {
		One, Other string
		Same       bool
	}
	Issuer []struct {
		Issuer string
		Places []string
	}
}) {
	t.Helper()
	text, err := os.ReadFile("../../../../spec/vectors/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOnlyHTTPSAndThisMachineMayBeAsked(t *testing.T) {
	for _, row := range vectors(t).Address {
		found := ""
		if _, err := authority.Address("issuer", row.Address); err != nil {
			found = err.Error()
		}
		want := ""
		if row.Problem != nil {
			want = `issuer "` + row.Address + `": ` + *row.Problem
		}
		if found != want {
			t.Errorf("%s: found %q, want %q", row.Address, found, want)
		}
	}
	for _, address := range []string{"", "https://auth.example.com/a b", `https:\\auth.example.com`, "https://ä.example", "https://a.example:port"} {
		if _, err := authority.Address("issuer", address); err == nil || !strings.Contains(err.Error(), "expected an address such as") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAnAddressOfThisMachineIsKnownHoweverItIsWritten(t *testing.T) {
	rows := vectors(t).ThisMachine
	// What some resolvers take for 127.0.0.1.
	for _, host := range []string{"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1."} {
		rows = append(rows, rows[0])
		rows[len(rows)-1].Address = "https://" + host
	}
	for _, row := range rows {
		u, err := authority.Address("issuer", row.Address)
		if err != nil {
			t.Fatal(err)
		}
		if found := authority.IsThisMachine(u); found != row.Here {
			t.Errorf("%s: found %t", row.Address, found)
		}
	}
}

func TestAResourceIsTheSameWhateverTheCaseOfItsHost(t *testing.T) {
	for _, row := range vectors(t).SameResource {
		if authority.SameResource(row.One, row.Other) != row.Same || authority.SameResource(row.Other, row.One) != row.Same {
			t.Errorf("%s and %s: want %t", row.One, row.Other, row.Same)
		}
	}
}

func TestAnIssuersMetadataIsLookedForWhereTheSpecificationSays(t *testing.T) {
	for _, row := range vectors(t).Issuer {
		issuer, err := url.Parse(row.Issuer)
		if err != nil {
			t.Fatal(err)
		}
		if found := authority.Places(issuer); !slices.Equal(found, row.Places) {
			t.Errorf("%s: found %q", row.Issuer, found)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, row := range vectors(f).Address {
		f.Add(row.Address)
	}
	for _, text := range []string{"http://[::1%25lo]/", "https://%6cocalhost", "HTTPS://a@b", "http://localhost#", "https://a?b@c", "http:localhost", "https:///path"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := authority.Address("address", text)
		if err != nil {
			return
		}
		if u.User != nil || u.Fragment != "" || u.Hostname() == "" || strings.ContainsAny(text, "#\\ \n") {
			t.Fatalf("%q was read as %+v", text, u)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !authority.IsThisMachine(u)) {
			t.Fatalf("%q is no HTTPS and not of this machine", text)
		}
		// What is asked is what was looked at.
		again, err := authority.Address("address", u.String())
		if err != nil || again.Host != u.Host || again.Path != u.Path {
			t.Fatalf("%q became %q: %v", text, u, err)
		}
	})
}

func FuzzSameResource(f *testing.F) {
	for _, row := range vectors(f).SameResource {
		f.Add(row.One, row.Other)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		if !authority.SameResource(one, one) || authority.SameResource(one, other) != authority.SameResource(other, one) {
			t.Fatalf("%q and %q", one, other)
		}
	})
}
