//! The part of the authorization server that hands out tokens: it registers clients, asks a user who says yes, and
//! holds every request to what RFC 6749, 7523, 7591, 7636, 8693, 8707 and 9449 ask of it. Tokens are signed, and meant
//! for the resource that was named.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::{Authority, Signer, now};

pub type Pairs = HashMap<String, String>;

/// A client that the server knows.
#[derive(Clone, Default)]
pub struct Known {
    pub secret: Option<String>,
    pub method: String,
    pub redirect_uris: Vec<String>,
    pub key: Option<Value>,
}

/// What a code, or a token to renew with, stands for.
#[derive(Clone)]
struct Given {
    client: String,
    scope: String,
    resource: String,
    challenge: String,
    redirect_uri: String,
    key: Option<String>,
}

pub struct Grants {
    pub signer: Signer,
    pub clients: HashMap<String, Known>,
    /// Who may say what of a client or a user: the public key of each issuer.
    pub trusted: HashMap<String, Value>,
    /// The error that a user comes back with.
    pub denied: Option<String>,
    /// The `iss` that a user comes back with: the right one, another, or none.
    pub iss: Option<Option<String>>,
    pub expires_in: Option<u64>,
    pub refreshes: bool,
    /// Gives another token to renew with each time; otherwise the first one stays good.
    pub rotates: bool,
    /// What tokens allow, whatever was asked for.
    pub narrowed: Option<String>,
    /// The nonce that proofs have to have.
    pub nonce: Option<String>,
    /// Wants proofs, and binds tokens.
    pub dpop: bool,
    /// Answers requests for tokens with this error.
    pub refuses: Option<Value>,
    codes: HashMap<String, Given>,
    refresh: HashMap<String, Given>,
    made: usize,
    /// All requests to `/authorize`, `/token`, `/register`: what they brought.
    pub seen: Vec<(String, Pairs)>,
}

impl Default for Grants {
    fn default() -> Self {
        Grants {
            signer: Signer::ec("granting"),
            clients: HashMap::new(),
            trusted: HashMap::new(),
            denied: None,
            iss: None,
            expires_in: Some(3600),
            refreshes: true,
            rotates: true,
            narrowed: None,
            nonce: None,
            dpop: false,
            refuses: None,
            codes: HashMap::new(),
            refresh: HashMap::new(),
            made: 0,
            seen: Vec::new(),
        }
    }
}

impl Authority {
    /// One that hands out tokens, and says so; with changes to what it says, where null takes something away.
    pub async fn granting(changes: Value) -> Self {
        let authority = Authority::start().await;
        let metadata = authority.granting_metadata(changes);
        let mut answers = authority.answers();
        answers.keys = vec![answers.grants.signer.public()];
        answers.metadata.insert("/.well-known/oauth-authorization-server".into(), metadata);
        drop(answers);
        authority
    }

    pub fn granting_metadata(&self, changes: Value) -> Value {
        let issuer = &self.issuer;
        let mut metadata = json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/keys"),
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "registration_endpoint": format!("{issuer}/register"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
            "dpop_signing_alg_values_supported": ["ES256"],
        });
        for (name, value) in changes.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        metadata.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        metadata
    }

    /// What came to a path, in order.
    pub fn seen(&self, path: &str) -> Vec<Pairs> {
        let answers = self.answers();
        answers.grants.seen.iter().filter(|(at, _)| at == path).map(|(_, pairs)| pairs.clone()).collect()
    }

    pub fn know(&self, id: &str, known: Known) {
        self.answers().grants.clients.insert(id.into(), known);
    }
}

type Refused = (StatusCode, Value);

fn refused<T>(error: &str, why: &str) -> Result<T, Refused> {
    Err((StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": why })))
}

pub(super) fn answer(issuer: &str, grants: &mut Grants, head: &Parts, body: &[u8]) -> Option<Response<Body>> {
    let path = head.uri.path();
    let query = pairs(head.uri.query().unwrap_or_default().as_bytes());
    match (&head.method, path) {
        (&Method::GET, "/authorize") => {
            grants.seen.push((path.into(), query.clone()));
            let (status, location) = match authorize(issuer, grants, &query) {
                Ok(location) => (StatusCode::FOUND, location),
                Err(_) => (StatusCode::BAD_REQUEST, String::new()),
            };
            Some(Response::builder().status(status).header("location", location).body(Body::empty()).unwrap())
        }
        (&Method::POST, "/token") => {
            let mut form = pairs(body);
            for name in ["authorization", "dpop"] {
                if let Some(value) = head.headers.get(name) {
                    form.insert(format!("header:{name}"), value.to_str().unwrap().into());
                }
            }
            grants.seen.push((path.into(), form.clone()));
            Some(said(token(issuer, grants, &form), StatusCode::OK, grants.nonce.as_deref()))
        }
        (&Method::POST, "/register") => {
            let wanted: Value = serde_json::from_slice(body).unwrap();
            grants.seen.push((path.into(), [("json".into(), wanted.to_string())].into()));
            Some(said(register(grants, &wanted), StatusCode::CREATED, None))
        }
        _ => None,
    }
}

fn said(answer: Result<Value, Refused>, status: StatusCode, nonce: Option<&str>) -> Response<Body> {
    let (status, body) = answer.map_or_else(|refused| refused, |body| (status, body));
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if let Some(nonce) = nonce {
        response = response.header("dpop-nonce", nonce);
    }
    response.body(Body::from(body.to_string())).unwrap()
}

/// The user says yes: where they are sent.
fn authorize(issuer: &str, grants: &mut Grants, query: &Pairs) -> Result<String, Refused> {
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let document = get("client_id").starts_with("https://");
    let known = grants.clients.get(&get("client_id")).cloned().unwrap_or_default();
    let redirect_uri = get("redirect_uri");
    if !document && !known.redirect_uris.contains(&redirect_uri) {
        return refused("invalid_request", "unknown client or redirect address");
    }
    if get("response_type") != "code" || get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
        return refused("invalid_request", "no code challenge");
    }
    grants.made += 1;
    let code = format!("code-{}", grants.made);
    let given = Given {
        client: get("client_id"),
        scope: get("scope"),
        resource: get("resource"),
        challenge: get("code_challenge"),
        redirect_uri: redirect_uri.clone(),
        key: query.get("dpop_jkt").cloned(),
    };
    let mut back = vec![("state".to_owned(), get("state"))];
    match &grants.denied {
        Some(error) => back.push(("error".into(), error.clone())),
        None => back.push(("code".into(), code.clone())),
    }
    if let Some(iss) = grants.iss.clone().unwrap_or_else(|| Some(issuer.to_owned())) {
        back.push(("iss".into(), iss));
    }
    grants.codes.insert(code, given);
    let mut location = redirect_uri;
    for (i, (name, value)) in back.iter().enumerate() {
        location += &format!("{}{name}={}", if i == 0 { '?' } else { '&' }, escaped(value));
    }
    Ok(location)
}

fn register(grants: &mut Grants, wanted: &Value) -> Result<Value, Refused> {
    let application = wanted["application_type"].as_str().unwrap_or_default();
    if wanted["redirect_uris"][0].as_str().is_none() || !["native", "web"].contains(&application) {
        return refused("invalid_client_metadata", "redirect_uris or application_type is missing");
    }
    grants.made += 1;
    let (id, method) = (format!("client-{}", grants.made), wanted["token_endpoint_auth_method"].as_str().unwrap());
    let secret = (method != "none").then(|| format!("secret of {id}"));
    let redirect_uris = wanted["redirect_uris"].as_array().unwrap().iter().map(|uri| uri.as_str().unwrap().into());
    let known =
        Known { secret: secret.clone(), method: method.into(), redirect_uris: redirect_uris.collect(), key: None };
    grants.clients.insert(id.clone(), known);
    let mut given = wanted.clone();
    given["client_id"] = id.into();
    if let Some(secret) = secret {
        given["client_secret"] = secret.into();
    }
    Ok(given)
}

fn token(issuer: &str, grants: &mut Grants, form: &Pairs) -> Result<Value, Refused> {
    if let Some(error) = &grants.refuses {
        return Err((StatusCode::BAD_REQUEST, error.clone()));
    }
    let get = |name: &str| form.get(name).cloned().unwrap_or_default();
    let client = client(issuer, grants, form)?;
    let key = match form.get("header:dpop") {
        Some(proof) => Some(proven(proof, "POST", &format!("{issuer}/token"), None, grants.nonce.as_deref())?),
        None if grants.dpop => return refused("invalid_dpop_proof", "no proof"),
        None => None,
    };
    let (scope, resource) = (get("scope"), get("resource"));
    let mut given = Given { client, scope, resource, challenge: String::new(), redirect_uri: String::new(), key };
    match get("grant_type").as_str() {
        "authorization_code" => {
            // A code is good for one try.
            let Some(code) = grants.codes.remove(&get("code")) else { return refused("invalid_grant", "unknown code") };
            let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, get("code_verifier").as_bytes()).as_ref());
            let fits = code.client == given.client
                && code.redirect_uri == get("redirect_uri")
                && code.challenge == challenge
                && code.key == given.key
                && code.resource == given.resource;
            if !fits {
                return refused("invalid_grant", "client, redirect address, verifier or resource is another one");
            }
            given.scope = code.scope;
        }
        "refresh_token" => {
            // And so is a token to renew with: what is shown twice was stolen.
            let Some(old) = grants.refresh.remove(&get("refresh_token")) else {
                return refused("invalid_grant", "unknown token");
            };
            if old.client != given.client || old.resource != given.resource || old.key != given.key {
                return refused("invalid_grant", "client, resource or key is another one");
            }
            if !grants.rotates {
                grants.refresh.insert(get("refresh_token"), old.clone());
            }
            given.scope = old.scope;
        }
        "client_credentials" => {}
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            let claims = attested(grants, &get("assertion"), issuer)?;
            let typ = decode_header(get("assertion")).unwrap().typ;
            if typ.as_deref() == Some("oauth-id-jag+jwt")
                && (claims["client_id"] != given.client.as_str() || claims["resource"] != given.resource.as_str())
            {
                return refused("invalid_grant", "it is for another client or resource");
            }
        }
        "urn:ietf:params:oauth:grant-type:token-exchange" => return exchange(issuer, grants, form, &given.client),
        _ => return refused("unsupported_grant_type", ""),
    }
    Ok(issue(issuer, grants, given))
}

fn issue(issuer: &str, grants: &mut Grants, given: Given) -> Value {
    let scope = grants.narrowed.clone().unwrap_or_else(|| given.scope.clone());
    grants.made += 1;
    let mut claims = json!({
        "iss": issuer, "aud": given.resource, "sub": "ada", "client_id": given.client, "scope": scope,
        "exp": now() + 3600, "jti": grants.made.to_string(),
    });
    if let Some(key) = &given.key {
        claims["cnf"] = json!({ "jkt": key });
    }
    let mut answer = json!({
        "access_token": grants.signer.sign(&claims),
        "token_type": if given.key.is_some() { "DPoP" } else { "Bearer" },
    });
    if let Some(seconds) = grants.expires_in {
        answer["expires_in"] = seconds.into();
    }
    if scope != given.scope {
        answer["scope"] = scope.into();
    }
    if grants.refreshes && (grants.rotates || grants.refresh.is_empty()) {
        let refresh = format!("refresh-{}", grants.made);
        answer["refresh_token"] = refresh.clone().into();
        grants.refresh.insert(refresh, given);
    }
    answer
}

/// The id of the client that proved itself in the way that it has to.
fn client(issuer: &str, grants: &Grants, form: &Pairs) -> Result<String, Refused> {
    let wrong = || Err((StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" })));
    let basic = form.get("header:authorization").and_then(|header| header.strip_prefix("Basic "));
    let basic = basic.map(|pair| String::from_utf8(BASE64.decode(pair.as_bytes()).unwrap()).unwrap());
    let (id, secret, method) = match (basic, form.get("client_id"), form.get("client_assertion")) {
        (Some(pair), None, None) => {
            let (id, secret) = pair.split_once(':').unwrap();
            let plain = |text: &str| pairs(format!("x={text}").as_bytes()).remove("x").unwrap();
            (plain(id), Some(plain(secret)), "client_secret_basic")
        }
        (None, Some(id), None) => match form.get("client_secret") {
            Some(secret) => (id.clone(), Some(secret.clone()), "client_secret_post"),
            None => (id.clone(), None, "none"),
        },
        (None, None, Some(assertion)) => {
            let id = unchecked(assertion)["sub"].as_str().unwrap().to_owned();
            let Some(key) = grants.clients.get(&id).and_then(|known| known.key.clone()) else { return wrong() };
            let Some(claims) = signed(assertion, &key, issuer) else { return wrong() };
            if claims["iss"] != id.as_str() {
                return wrong();
            }
            (id, None, "private_key_jwt")
        }
        _ => return wrong(),
    };
    if id.starts_with("https://") && method == "none" {
        return Ok(id);
    }
    match grants.clients.get(&id) {
        Some(known) if known.method == method && known.secret == secret => Ok(id),
        _ => wrong(),
    }
}

/// An identity provider's answer: that its user may.
fn exchange(issuer: &str, grants: &mut Grants, form: &Pairs, client: &str) -> Result<Value, Refused> {
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let types = (get("subject_token_type"), get("requested_token_type"));
    if types != ("urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:id-jag") {
        return refused("invalid_request", "other types");
    }
    let user = attested(grants, get("subject_token"), client)?;
    let claims = json!({
        "iss": issuer, "sub": user["sub"], "aud": get("audience"), "resource": get("resource"),
        "client_id": "desk", "exp": now() + 60, "jti": "1",
    });
    let grant = grants.signer.sign_with(|head| head.typ = Some("oauth-id-jag+jwt".into()), &claims);
    Ok(json!({
        "access_token": grant, "token_type": "N_A",
        "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
    }))
}

/// The claims of what a trusted issuer signed for this audience.
fn attested(grants: &Grants, assertion: &str, audience: &str) -> Result<Value, Refused> {
    let key = unchecked(assertion)["iss"].as_str().and_then(|issuer| grants.trusted.get(issuer)).cloned();
    let claims = key.and_then(|key| signed(assertion, &key, audience));
    claims.map_or_else(|| refused("invalid_grant", "nobody trusted said so"), Ok)
}

/// The thumbprint of the key that a proof was made with, if it is a good one for this request.
pub fn proven(
    proof: &str,
    method: &str,
    address: &str,
    token: Option<&str>,
    nonce: Option<&str>,
) -> Result<String, Refused> {
    let header = decode_header(proof).unwrap();
    let jwk: Jwk = header.jwk.expect("the public key is in the head");
    assert_eq!(header.typ.as_deref(), Some("dpop+jwt"));
    let mut validation = Validation::new(header.alg);
    (validation.validate_aud, validation.validate_exp) = (false, false);
    validation.set_required_spec_claims::<&str>(&[]);
    let claims = decode::<Value>(proof, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap().claims;
    let hash = token.map(|token| BASE64URL_NOPAD.encode(digest(&SHA256, token.as_bytes()).as_ref()));
    assert_eq!((claims["htm"].as_str(), claims["htu"].as_str()), (Some(method), Some(address)));
    assert_eq!(claims["ath"].as_str(), hash.as_deref());
    assert!(claims["iat"].as_u64().unwrap().abs_diff(now()) < 60 && claims["jti"].is_string());
    assert!(!serde_json::to_string(&jwk).unwrap().contains("\"d\""), "the private key is shown");
    if nonce.is_some() && claims["nonce"].as_str() != nonce {
        return refused("use_dpop_nonce", "");
    }
    Ok(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap())
}

/// The claims of a token that this key signed for this audience.
fn signed(token: &str, key: &Value, audience: &str) -> Option<Value> {
    let key: Jwk = serde_json::from_value(key.clone()).ok()?;
    let mut validation = Validation::new(decode_header(token).ok()?.alg);
    validation.set_audience(&[audience]);
    Some(decode::<Value>(token, &DecodingKey::from_jwk(&key).ok()?, &validation).ok()?.claims)
}

/// The claims of a token, whoever signed it.
pub fn unchecked(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap_or_default();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap_or_default()).unwrap_or_default()
}

/// What a form or a query has; a name twice is nothing that a client of ours sends.
pub fn pairs(text: &[u8]) -> Pairs {
    let mut found = Pairs::new();
    for (name, value) in form_urlencoded::parse(text) {
        assert!(found.insert(name.to_string(), value.into_owned()).is_none(), "{name} twice");
    }
    found
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
