package auth

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	isogloss "github.com/isogloss-mcp/isogloss/bindings/go"
	"github.com/isogloss-mcp/isogloss/bindings/go/internal/authority"
	"github.com/isogloss-mcp/isogloss/bindings/go/protocol"
	"github.com/isogloss-mcp/isogloss/bindings/go/wire"
)

// IntrospectionOptions are how an authorization server is asked about tokens.
type IntrospectionOptions struct {
	// ClientID and ClientSecret are who asks.
	ClientID, ClientSecret string
	// SecretInBody sends id and secret in the body (client_secret_post) instead of
	// the header (client_secret_basic).
	SecretInBody bool
	// Endpoint is where it is asked; its metadata is not asked for then.
	Endpoint string
	// Leeway is how far its clock may be from ours; protocol.TokenLeeway if 0, none
	// if negative.
	Leeway time.Duration
	// Lifetime is how long an answer is believed: so long a revoked token still
	// works. protocol.IntrospectionLifetime if 0; if negative, it is asked for every
	// request.
	Lifetime time.Duration
	// HTTPClient asks, instead of the one that is built in, which trusts the system's
	// certificates and uses no proxy. It is made to follow no redirects.
	HTTPClient *http.Client
}

// NewIntrospectionVerifier returns what asks the issuer about every token that it
// does not remember. Whom a token is meant for is looked at by the [Protection]. The
// error is an address that is wrong.
// https://www.rfc-editor.org/rfc/rfc7662.html
func NewIntrospectionVerifier(issuer string, options *IntrospectionOptions) (TokenVerifier, error) {
	o := IntrospectionOptions{}
	if options != nil {
		o = *options
	}
	v := &introspectionVerifier{
		issuer:      issuer,
		identify:    identifying(&o),
		sender:      authority.NewClient(o.HTTPClient),
		leeway:      either(o.Leeway, protocol.TokenLeeway),
		remembered:  newRemembered(either(o.Lifetime, protocol.IntrospectionLifetime), protocol.IntrospectionCache),
		turns:       make(chan struct{}, protocol.IntrospectionConcurrency),
		discovering: make(chan struct{}, 1),
	}
	var err error
	if o.Endpoint != "" {
		v.place, err = authority.Address("Endpoint", o.Endpoint)
	} else {
		_, err = authority.Address("issuer", issuer)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

type introspectionVerifier struct {
	issuer      string
	identify    func(header http.Header, form string) string
	sender      *authority.Client
	leeway      time.Duration
	remembered  *remembered
	turns       chan struct{} // a place for each question
	discovering chan struct{} // a place for who looks at the metadata, or reads place
	place       *url.URL      // nil until it is known
}

// identifying puts who asks into the header or the form of a question. It is a
// function so that nobody prints the secret by printing a verifier.
func identifying(o *IntrospectionOptions) func(header http.Header, form string) string {
	id, secret := formEncoded(o.ClientID), formEncoded(o.ClientSecret)
	if o.SecretInBody {
		return func(_ http.Header, form string) string { return form + "&client_id=" + id + "&client_secret=" + secret }
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	return func(header http.Header, form string) string {
		header.Set("Authorization", basic)
		return form
	}
}

// Issuers implements [TokenVerifier].
func (v *introspectionVerifier) Issuers() []string { return []string{v.issuer} }

// BindsAudience implements [TokenVerifier].
func (v *introspectionVerifier) BindsAudience() bool { return false }

// Verify implements [TokenVerifier].
func (v *introspectionVerifier) Verify(ctx context.Context, token string) (*isogloss.Claims, error) {
	key := fingerprintOf(token)
	if known, ok := v.remembered.get(key); ok {
		return known.claims, known.err
	}
	if err := enter(ctx, v.turns); err != nil {
		return nil, err
	}
	defer leave(v.turns)
	// Somebody may have asked while this waited for its turn.
	if known, ok := v.remembered.get(key); ok {
		return known.claims, known.err
	}
	answer, err := v.ask(ctx, token)
	if err != nil {
		return nil, err
	}
	found := v.understood(answer)
	v.remembered.put(key, found)
	return found.claims, found.err
}

func (v *introspectionVerifier) ask(ctx context.Context, token string) (wire.Raw, error) {
	place, err := v.where(ctx)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	form := v.identify(header, "token="+formEncoded(token)+"&token_type_hint=access_token")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, place.String(), strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	request.Header = header
	return v.sender.Ask(request)
}

// where is the address that is asked. Whoever comes first looks for it.
func (v *introspectionVerifier) where(ctx context.Context) (*url.URL, error) {
	if err := enter(ctx, v.discovering); err != nil {
		return nil, err
	}
	defer leave(v.discovering)
	if v.place == nil {
		found, err := endpoint(ctx, v.sender, v.issuer, "introspection_endpoint")
		if err != nil {
			return nil, err
		}
		v.place = found
	}
	return v.place, nil
}

func (v *introspectionVerifier) understood(answer wire.Raw) finding {
	all, err := parseClaims(answer)
	if err != nil {
		return finding{err: err}
	}
	// Anything but a clear yes is a no.
	if all["active"].String() != "true" {
		return finding{err: invalid("the token is not active")}
	}
	claims, err := readClaims(answer, all, time.Now(), v.leeway)
	if err == nil && all["iss"] != nil && claims.Issuer != v.issuer {
		err = invalid("the token was not issued by " + v.issuer)
	}
	if err != nil {
		return finding{err: err}
	}
	return finding{claims: claims}
}

// enter waits for one of the places; leave makes room again.
func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func leave(places chan struct{}) { <-places }

// formEncoded is a text as application/x-www-form-urlencoded has it; a space becomes
// %20, which is read as one too.
func formEncoded(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(text), "+", "%20"), "~", "%7E")
}
