package auth

import (
	"slices"
	"strconv"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// What the claims of a token, or an authorization server's answer about it, mean.
// The same for both: RFC 7662 took its names from RFC 7519.

// knownClaims mean something here: of one name given twice, programs differ in
// which they take.
var knownClaims = []string{"sub", "client_id", "azp", "iss", "aud", "scope", "scp", "exp", "nbf", "cnf", "active"}

// farthest is the end of time, in seconds after 1970: up to there a float64 is
// exact, and [time.Time] has room.
const farthest = 1 << 53

// parseClaims are the claims of a text, by name.
func parseClaims(text wire.Raw) (map[string]wire.Raw, error) {
	all, ok := members(text, knownClaims)
	if !ok {
		return nil, unreadable()
	}
	return all, nil
}

func unreadable() error { return invalid("what the token says cannot be read") }

// members are those of a JSON object. Its second result is false if the text is no
// object, or has one of the known names twice. `null` counts as absent.
func members(text []byte, known []string) (map[string]wire.Raw, bool) {
	twice := false
	found, err := wire.Decode(text, wire.Always, func(d *wire.Decoder) map[string]wire.Raw {
		found := map[string]wire.Raw{}
		d.BeginObject()
		for d.NextMember() {
			name := string(d.Name())
			if _, there := found[name]; there && slices.Contains(known, name) {
				twice = true
			}
			found[name] = d.Raw()
		}
		return found
	})
	if err != nil || twice {
		return nil, false
	}
	for name, value := range found {
		if value.Kind() == wire.KindNull {
			delete(found, name)
		}
	}
	return found, true
}

// readClaims reads the claims of a text, and refuses those that are not valid at this
// time.
func readClaims(text wire.Raw, all map[string]wire.Raw, now time.Time, leeway time.Duration) (*isogloss.Claims, error) {
	// Such a token is worth nothing without a proof that goes with it (RFC 8705, RFC
	// 9449): a thief has none.
	if all["cnf"] != nil {
		return nil, invalid("the token is bound to a key or a certificate and cannot be used as a bearer token")
	}
	r := reader{all: all}
	claims := &isogloss.Claims{
		Subject:   r.text("sub"),
		ClientID:  r.text("client_id"),
		Issuer:    r.text("iss"),
		Audience:  r.texts("aud"),
		Scopes:    words(append(r.texts("scope"), r.texts("scp")...)),
		ExpiresAt: r.moment("exp"),
		All:       text,
	}
	if other := r.text("azp"); all["client_id"] == nil {
		claims.ClientID = other
	}
	begins := r.moment("nbf")
	if r.wrong != nil {
		return nil, r.wrong
	}
	if err := inTime(claims, now, leeway); err != nil {
		return nil, err
	}
	if begins.After(now.Add(leeway)) {
		return nil, invalid("the token is not yet valid")
	}
	return claims, nil
}

// inTime refuses what has expired.
func inTime(claims *isogloss.Claims, now time.Time, leeway time.Duration) error {
	if end := claims.ExpiresAt; !end.IsZero() && !end.Add(leeway).After(now) {
		return invalid("the token has expired")
	}
	return nil
}

// words are the words of texts, each once.
func words(texts []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, text := range texts {
		for word := range strings.SplitSeq(text, " ") {
			if word != "" && !seen[word] {
				seen[word] = true
				all = append(all, word)
			}
		}
	}
	return all
}

// reader reads claims, and keeps the first thing that is wrong.
type reader struct {
	all   map[string]wire.Raw
	wrong error
}

func (r *reader) fail(err error) {
	if r.wrong == nil {
		r.wrong = err
	}
}

func (r *reader) text(name string) string {
	value, there := r.all[name]
	text, ok := value.Text()
	if there && !ok {
		r.fail(unreadable())
	}
	return text
}

// texts reads a text, or a list of texts.
func (r *reader) texts(name string) []string {
	value, there := r.all[name]
	if !there || value.Kind() == wire.KindString {
		if text := r.text(name); there {
			return []string{text}
		}
		return nil
	}
	texts, err := wire.Decode(value, wire.Always, func(d *wire.Decoder) []string {
		return wire.List(d, (*wire.Decoder).String)
	})
	if err != nil {
		r.fail(unreadable())
	}
	return texts
}

// moment reads a moment, so many seconds after 1970; the zero time without one.
func (r *reader) moment(name string) time.Time {
	value, there := r.all[name]
	if !there {
		return time.Time{}
	}
	if value.Kind() != wire.KindNumber {
		r.fail(unreadable())
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(value.String(), 64)
	if err != nil || seconds < 0 || seconds > farthest {
		r.fail(invalid("the token names a time that there is not"))
		return time.Time{}
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9))
}
