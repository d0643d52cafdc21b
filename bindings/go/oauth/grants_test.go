package oauth_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// The part of the authorization server that hands out tokens: it registers clients, asks
// a user who says yes, and holds every request to what RFC 6749, 7523, 7591, 7636, 8693,
// 8707 and 9449 ask of it. Tokens are signed, and meant for the resource that was named.

const urn = "urn:ietf:params:oauth:"

// known is a client that the server knows.
type known struct {
	secret, method string
	redirectURIs   []string
	key            crypto.PublicKey
}

// stands is what a code, or a token to renew with, stands for.
type stands struct {
	client, scope, resource, key string
	challenge, redirectURI       string
}

type grants struct {
	issuer  string
	signer  signer
	clients map[string]known
	// trusted are who may say what of a client or a user: the key of each issuer.
	trusted map[string]crypto.PublicKey
	// denied is the error that a user comes back with.
	denied string
	// iss is what a user comes back with: this server's, another one, or none.
	iss string
	// expiresIn is left out if it is negative.
	expiresIn int
	refreshes bool
	// rotates: gives another token to renew with each time; otherwise the first one
	// stays good.
	rotates bool
	// narrowed is what tokens allow, whatever was asked for.
	narrowed string
	// nonce is what proofs have to have.
	nonce string
	// dpop: wants proofs, and binds tokens.
	dpop bool
	// refuses is what requests for tokens are answered with.
	refuses document
	codes   map[string]stands
	renewal map[string]stands
	made    int
}

func newGrants(t *testing.T, issuer string) grants {
	return grants{
		issuer: issuer, iss: issuer, signer: newSigner(t), expiresIn: 3600, refreshes: true, rotates: true,
		clients: map[string]known{}, trusted: map[string]crypto.PublicKey{},
		codes: map[string]stands{}, renewal: map[string]stands{},
	}
}

// no is why there is no token.
type no struct {
	status int
	document
}

func (n no) Error() string { return fmt.Sprint(n.document) }

func because(code, description string) error {
	return no{http.StatusBadRequest, document{"error": code, "error_description": description}}
}

// answer answers what asks for a grant; false for anything else.
func (g *grants) answer(w http.ResponseWriter, what string, pairs map[string]string) bool {
	var found document
	var err error
	status := http.StatusOK
	switch what {
	case "GET /authorize":
		location := g.authorize(pairs)
		if location == "" {
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
		return true
	case "POST /token":
		if g.nonce != "" {
			w.Header().Set("DPoP-Nonce", g.nonce)
		}
		found, err = g.token(pairs)
	case "POST /register":
		found, err = g.register(pairs["json"])
		status = http.StatusCreated
	default:
		return false
	}
	if refused := (no{}); errors.As(err, &refused) {
		found, status = refused.document, refused.status
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(found)
	return true
}

// authorize has the user say yes: where they are sent.
func (g *grants) authorize(asked map[string]string) string {
	client, back := asked["client_id"], asked["redirect_uri"]
	isKnown := strings.HasPrefix(client, "https://") || slices.Contains(g.clients[client].redirectURIs, back)
	if !isKnown || asked["response_type"] != "code" || asked["code_challenge_method"] != "S256" || len(asked["code_challenge"]) != 43 {
		return ""
	}
	g.made++
	code := fmt.Sprintf("code-%d", g.made)
	g.codes[code] = stands{client, asked["scope"], asked["resource"], asked["dpop_jkt"], asked["code_challenge"], back}
	query := url.Values{"state": {asked["state"]}, "code": {code}}
	if g.denied != "" {
		query.Del("code")
		query.Set("error", g.denied)
	}
	if g.iss != "" {
		query.Set("iss", g.iss)
	}
	return back + "?" + query.Encode()
}

func (g *grants) register(text string) (document, error) {
	var wanted document
	var members struct {
		RedirectURIs    []string `json:"redirect_uris"`
		ApplicationType string   `json:"application_type"`
		Method          string   `json:"token_endpoint_auth_method"`
	}
	err := errors.Join(json.Unmarshal([]byte(text), &wanted), json.Unmarshal([]byte(text), &members))
	if err != nil || len(members.RedirectURIs) == 0 || !slices.Contains([]string{"native", "web"}, members.ApplicationType) {
		return nil, because("invalid_client_metadata", "redirect_uris or application_type is missing")
	}
	g.made++
	id := fmt.Sprintf("client-%d", g.made)
	made := known{method: members.Method, redirectURIs: members.RedirectURIs}
	changes := document{"client_id": id}
	if members.Method != "none" {
		made.secret = "secret of " + id
		changes["client_secret"] = made.secret
	}
	g.clients[id] = made
	return wanted.with(changes), nil
}

func (g *grants) token(form map[string]string) (document, error) {
	if g.refuses != nil {
		return nil, no{http.StatusBadRequest, g.refuses}
	}
	client, err := g.client(form)
	if err != nil {
		return nil, err
	}
	asks := stands{client: client, scope: form["scope"], resource: form["resource"]}
	if proof := form["header:DPoP"]; proof != "" {
		asks.key, err = proven(proof, http.MethodPost, g.issuer+"/token", "", g.nonce)
		if errors.Is(err, errNoNonce) {
			return nil, because("use_dpop_nonce", "")
		}
	} else if g.dpop {
		err = errors.New("no proof")
	}
	if err != nil {
		return nil, because("invalid_dpop_proof", err.Error())
	}
	switch form["grant_type"] {
	case "authorization_code":
		asks.scope, err = g.redeemed(form, asks)
	case "refresh_token":
		asks.scope, err = g.renewed(form, asks)
	case "client_credentials":
	case urn + "grant-type:jwt-bearer":
		err = g.asserted(form["assertion"], asks)
	case urn + "grant-type:token-exchange":
		return g.exchanged(form, client)
	default:
		err = because("unsupported_grant_type", "")
	}
	if err != nil {
		return nil, err
	}
	return g.issue(asks), nil
}

// redeemed is the scope of a code, which is good for one try.
func (g *grants) redeemed(form map[string]string, asks stands) (string, error) {
	code, there := g.codes[form["code"]]
	delete(g.codes, form["code"])
	asks.challenge, asks.redirectURI, asks.scope = digest(form["code_verifier"]), form["redirect_uri"], code.scope
	if !there || code != asks {
		return "", because("invalid_grant", "client, redirect address, verifier or resource differs")
	}
	return code.scope, nil
}

// renewed is the scope of a token to renew with. What is shown twice was stolen.
func (g *grants) renewed(form map[string]string, asks stands) (string, error) {
	old, there := g.renewal[form["refresh_token"]]
	if g.rotates {
		delete(g.renewal, form["refresh_token"])
	}
	if !there || old.client != asks.client || old.resource != asks.resource || old.key != asks.key {
		return "", because("invalid_grant", "it is unknown, or of another client, resource or key")
	}
	return old.scope, nil
}

func (g *grants) asserted(assertion string, asks stands) error {
	claims, err := g.attested(assertion, g.issuer)
	if err != nil {
		return err
	}
	head, _ := unverified(assertion)
	if head["typ"] == "oauth-id-jag+jwt" && (claims["client_id"] != asks.client || claims["resource"] != asks.resource) {
		return because("invalid_grant", "it is for another client or resource")
	}
	return nil
}

func (g *grants) issue(asks stands) document {
	scope := asks.scope
	if g.narrowed != "" {
		scope = g.narrowed
	}
	g.made++
	claims := document{
		"iss": g.issuer, "aud": asks.resource, "sub": "ada", "client_id": asks.client, "scope": scope,
		"exp": time.Now().Unix() + 3600, "jti": fmt.Sprint(g.made),
	}
	answer := document{"token_type": "Bearer"}
	if asks.key != "" {
		claims["cnf"] = document{"jkt": asks.key}
		answer["token_type"] = "DPoP"
	}
	answer["access_token"] = g.signer.sign("JWT", claims)
	if g.expiresIn >= 0 {
		answer["expires_in"] = g.expiresIn
	}
	if scope != asks.scope {
		answer["scope"] = scope
	}
	if g.refreshes && (g.rotates || len(g.renewal) == 0) {
		refresh := fmt.Sprintf("refresh-%d", g.made)
		g.renewal[refresh] = asks
		answer["refresh_token"] = refresh
	}
	return answer
}

// client is the id of the client that proved itself in the way that it has to.
func (g *grants) client(form map[string]string) (string, error) {
	wrong := no{http.StatusUnauthorized, document{"error": "invalid_client"}}
	id, secret, method := form["client_id"], form["client_secret"], "none"
	ways := 0
	if secret != "" {
		method = "client_secret_post"
		ways++
	}
	if pair, ok := strings.CutPrefix(form["header:Authorization"], "Basic "); ok {
		text, _ := base64.StdEncoding.DecodeString(pair)
		first, second, _ := strings.Cut(string(text), ":")
		id, _ = url.QueryUnescape(first)
		secret, _ = url.QueryUnescape(second)
		method = "client_secret_basic"
		ways++
	}
	if assertion := form["client_assertion"]; assertion != "" {
		_, claims := unverified(assertion)
		id, _ = claims["sub"].(string)
		method = "private_key_jwt"
		ways++
		if _, err := verified(assertion, g.clients[id].key, g.issuer); err != nil || claims["iss"] != id {
			return "", wrong
		}
	}
	if ways > 1 || ways == 1 && method != "client_secret_post" && form["client_id"] != "" {
		return "", because("invalid_request", "more than one proof")
	}
	if strings.HasPrefix(id, "https://") && method == "none" {
		return id, nil
	}
	if client, there := g.clients[id]; !there || client.method != method || client.secret != secret {
		return "", wrong
	}
	return id, nil
}

// exchanged is an identity provider's answer: that its user may.
func (g *grants) exchanged(form map[string]string, client string) (document, error) {
	if form["subject_token_type"] != urn+"token-type:id_token" || form["requested_token_type"] != urn+"token-type:id-jag" {
		return nil, because("invalid_request", "kinds of tokens")
	}
	claims, err := g.attested(form["subject_token"], client)
	if err != nil {
		return nil, err
	}
	return document{
		"access_token": g.signer.sign("oauth-id-jag+jwt", document{
			"iss": g.issuer, "sub": claims["sub"], "aud": form["audience"], "resource": form["resource"],
			"client_id": "desk", "exp": time.Now().Unix() + 60, "jti": "1",
		}),
		"token_type":        "N_A",
		"issued_token_type": urn + "token-type:id-jag",
	}, nil
}

// attested are the claims of what a trusted issuer signed for this audience.
func (g *grants) attested(assertion, audience string) (document, error) {
	_, claims := unverified(assertion)
	issuer, _ := claims["iss"].(string)
	if _, err := verified(assertion, g.trusted[issuer], audience); err != nil {
		return nil, because("invalid_grant", "nobody trusted said so")
	}
	return claims, nil
}
