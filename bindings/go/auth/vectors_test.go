package auth

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// Server auth held to spec/vectors/auth.json, as it is in every language. What is
// about addresses is held to it in internal/authority.

type vectors struct {
	Authorization []struct {
		Headers []string
		Then    int
		Token   *string
		Status  int
		Error   string
		Says    string
	}
	Metadata []struct {
		Resource, URL string
		Paths         []string
	}
	Challenge []struct {
		Error, Description, Metadata, Header string
		Scopes                               []string
	}
	Scopes []struct {
		Held     []string
		Includes map[string][]string
		All      []string
	}
	Claims []struct {
		Claims, Subject, Client, Issuer, Refusal string
		Audience, Scopes                         []string
	}
}

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("../../../spec/vectors/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func readText(text wire.Raw, now time.Time, leeway time.Duration) (*isogloss.Claims, error) {
	all, err := parseClaims(text)
	if err != nil {
		return nil, err
	}
	return readClaims(text, all, now, leeway)
}

func TestATokenStandsInOneHeaderAlone(t *testing.T) {
	for _, row := range readVectors(t).Authorization {
		header := http.Header{}
		long := strings.Repeat("a", row.Then)
		for i, value := range row.Headers {
			if i == len(row.Headers)-1 {
				value += long
			}
			header.Add("Authorization", value)
		}
		token, absent := bearer(header)
		if row.Token != nil {
			if absent != nil || token != *row.Token+long {
				t.Errorf("%q: found %q, %+v", row.Headers, token, absent)
			}
			continue
		}
		if absent == nil {
			t.Fatalf("%q: found a token", row.Headers)
		}
		if absent.status != row.Status || absent.code != row.Error {
			t.Errorf("%q: found %+v", row.Headers, absent)
		}
		// Limits have the names that they have in the language.
		if says := strings.ReplaceAll(row.Says, "max_token", "MaxToken"); says != "" && absent.why != says {
			t.Errorf("%q: found %q", row.Headers, absent.why)
		}
	}
}

func TestMetadataIsUnderThePathOfTheResourceAndAtTheRoot(t *testing.T) {
	for _, row := range readVectors(t).Metadata {
		protection, err := NewProtection(row.Resource, NewFixedTokens(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		paths := slices.Sorted(maps.Keys(protection.Documents()))
		slices.Sort(row.Paths)
		if protection.MetadataURL() != row.URL || !slices.Equal(paths, row.Paths) {
			t.Errorf("%s: found %s, %q", row.Resource, protection.MetadataURL(), paths)
		}
	}
}

func TestAChallengeSaysWhatThereIsToSay(t *testing.T) {
	for _, row := range readVectors(t).Challenge {
		found := challenge{code: row.Error, description: row.Description, scopes: row.Scopes, metadata: row.Metadata}.header()
		if found != row.Header {
			t.Errorf("expected %s, found %s", row.Header, found)
		}
	}
}

func TestAScopeBringsWhatItIncludes(t *testing.T) {
	for _, row := range readVectors(t).Scopes {
		if found := expanded(row.Held, row.Includes); !slices.Equal(found, row.All) {
			t.Errorf("%q: found %q", row.Held, found)
		}
	}
}

func TestClaimsAreReadInAllTheirSpellingsOrRefused(t *testing.T) {
	for _, row := range readVectors(t).Claims {
		claims, err := readText(wire.Raw(row.Claims), time.Unix(1000, 0), 30*time.Second)
		if err != nil {
			if err.Error() != row.Refusal {
				t.Errorf("%s: found %v", row.Claims, err)
			}
			continue
		}
		found := []any{claims.Subject, claims.ClientID, claims.Issuer, "", claims.Audience, claims.Scopes, claims.All.String()}
		expected := []any{row.Subject, row.Client, row.Issuer, row.Refusal, row.Audience, row.Scopes, row.Claims}
		if !reflect.DeepEqual(found, expected) {
			t.Errorf("expected %q, found %q", expected, found)
		}
	}
}

func TestAClaimThatMeansSomethingIsNotGivenTwice(t *testing.T) {
	for _, text := range []string{`{"sub":"a","sub":"b"}`, `{"sub":"a","x":{},"\u0073ub" : "b"}`, `{"exp":1,"exp":null}`, `[]`, `{} {}`, "{\"a\":\"\xff\"}"} {
		if _, err := readText(wire.Raw(text), time.Unix(0, 0), 0); err == nil || err.Error() != "what the token says cannot be read" {
			t.Errorf("%s: found %v", text, err)
		}
	}
	for _, text := range []string{`{"a":1,"a":2}`, `{"sub":"a","x":{"sub":"b"}}`, `{"sub":"\"sub\":"}`, `{"SUB":1,"Sub":2}`} {
		if _, err := readText(wire.Raw(text), time.Unix(0, 0), 0); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatATokenLacksIsNamedOnceAndInOrder(t *testing.T) {
	for _, row := range [][3]string{
		{"a b", "a", ""}, {"a b", "b a", ""}, {"a", "c a b c", "c b"}, {"", "a", "a"}, {"files", "files:read", "files:read"}, {"a", "", ""},
	} {
		claims, err := readText(wire.Raw(`{"scope":"`+row[0]+`"}`), time.Unix(0, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(MissingScopes(claims, strings.Fields(row[1])...), " "); found != row[2] {
			t.Errorf("%q of %q: found %q", row[1], row[0], found)
		}
	}
	if found := MissingScopes(nil, "a"); !slices.Equal(found, []string{"a"}) {
		t.Errorf("nobody: found %q", found)
	}
}

// FuzzAuthorization: a header is a token, or says why it is none.
func FuzzAuthorization(f *testing.F) {
	for _, row := range readVectors(f).Authorization {
		f.Add(strings.Join(row.Headers, ""))
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, absent := bearer(http.Header{"Authorization": {value}})
		switch {
		case absent != nil:
			if absent.why == "" || absent.status != http.StatusUnauthorized {
				t.Fatalf("%q: %+v", value, absent)
			}
		case !strings.Contains(value, token) || strings.ContainsAny(token, " \t\r\n\"\\,"):
			t.Fatalf("%q: %q", value, token)
		}
	})
}

// FuzzClaims: claims are read or refused, and what is read is what is said.
func FuzzClaims(f *testing.F) {
	for _, row := range readVectors(f).Claims {
		f.Add([]byte(row.Claims))
	}
	f.Add([]byte(`{"sub":"a","sub":"b"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		claims, err := readText(text, time.Unix(1000, 0), 0)
		if err != nil {
			if refusal := (*Refusal)(nil); !errors.As(err, &refusal) {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		var said map[string]any
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if subject, ok := said["sub"]; ok && subject != nil && subject != claims.Subject {
			t.Fatalf("%s: found the subject %q", text, claims.Subject)
		}
		if end, ok := said["exp"].(float64); ok && end <= 1000 {
			t.Fatalf("%s: it has expired", text)
		}
		for _, scope := range claims.Scopes {
			if scope == "" || strings.Contains(scope, " ") {
				t.Fatalf("%s: found the scope %q", text, scope)
			}
		}
	})
}

// FuzzJWT: a token is read in one way or refused.
func FuzzJWT(f *testing.F) {
	for _, token := range []string{"a.b.c", "..", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFUzI1NiIsImNyaXQiOltdfQ.e30."} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		read, err := parseJWT(token)
		if err != nil {
			return
		}
		if !read.algorithm.isSignature() || strings.Count(token, ".") != 2 {
			t.Fatalf("%q: %+v", token, read)
		}
		for i := range len(token) {
			if token[i] == '=' || token[i] == '\n' {
				t.Fatalf("%q has another text", token)
			}
		}
	})
}

// FuzzChallenge: what a challenge says can be read again.
func FuzzChallenge(f *testing.F) {
	f.Add("invalid_token", "no\"\r\n\\, x=\"ü", "a b")
	f.Fuzz(func(t *testing.T, code, why, scope string) {
		header := challenge{code: code, description: why, scopes: []string{scope}, metadata: "https://x.example/m"}.header()
		given := 0
		for _, text := range []string{code, why, scope, "m"} {
			if text != "" {
				given++
			}
		}
		if strings.Count(header, `"`) != 2*given || strings.ContainsAny(header, "\\\r\n\x00") || !isPrintable(header) {
			t.Fatalf("%q", header)
		}
	})
}

func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}
