//! An authorization server on this machine: metadata, keys that can be changed, answers about tokens; and signers
//! whose keys are made anew in every run.
#![allow(dead_code, reason = "not every test file uses all of it")]

pub mod grants;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, Request, Response, StatusCode};
use isogloss::auth::{Denied, Protection};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The server that tokens are for.
pub const RESOURCE: &str = "https://mcp.example.com/mcp";

/// What the authorization server answers, and what it was asked.
#[derive(Default)]
pub struct Answers {
    pub metadata: HashMap<String, Value>,
    pub keys: Vec<Value>,
    /// What is said about a token; of others, that it is not active.
    pub tokens: HashMap<String, Value>,
    /// Answers everything with this status.
    pub broken: Option<StatusCode>,
    /// How often each path was asked.
    pub asked: HashMap<String, usize>,
    /// The last request for an answer about a token: its `Authorization`, its body.
    pub introspected: (Option<String>, String),
    /// What is needed to hand out tokens.
    pub grants: grants::Grants,
}

#[derive(Clone)]
pub struct Authority {
    pub issuer: String,
    answers: Arc<Mutex<Answers>>,
    /// Each answer takes one; as many as one likes unless a test takes them away.
    pub gate: Arc<Semaphore>,
}

impl Authority {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let gate = Arc::new(Semaphore::new(100_000));
        let authority = Authority { issuer: issuer.clone(), answers: Arc::default(), gate };
        authority.answers().metadata.insert(
            "/.well-known/oauth-authorization-server".into(),
            json!({
                "issuer": issuer,
                "jwks_uri": format!("{issuer}/keys"),
                "introspection_endpoint": format!("{issuer}/introspect"),
            }),
        );
        let router = Router::new().fallback(answer).with_state(authority.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        authority
    }

    pub fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap()
    }

    pub fn publish(&self, signers: &[&Signer]) {
        self.answers().keys = signers.iter().map(|signer| signer.public()).collect();
    }

    pub fn asked(&self, path: &str) -> usize {
        self.answers().asked.get(path).copied().unwrap_or_default()
    }

    /// The claims of a good token, with changes; null takes one away.
    pub fn claims(&self, changes: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": RESOURCE, "sub": "ada", "client_id": "app", "scope": "notes:read",
            "exp": now() + 300, "iat": now(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }
}

async fn answer(State(authority): State<Authority>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    *authority.answers().asked.entry(path.clone()).or_default() += 1;
    authority.gate.acquire().await.unwrap().forget();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut answers = authority.answers();
    if let Some(status) = answers.broken {
        return Response::builder().status(status).body(Body::empty()).unwrap();
    }
    if let Some(granted) = grants::answer(&authority.issuer, &mut answers.grants, &head, &body) {
        return granted;
    }
    let found = match path.as_str() {
        "/keys" => Some(json!({ "keys": answers.keys })),
        "/introspect" => {
            let body = String::from_utf8(body.to_vec()).unwrap();
            let credentials = head.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default().to_owned();
            answers.introspected = (credentials, body);
            Some(answers.tokens.get(&token).cloned().unwrap_or(json!({ "active": false })))
        }
        _ => answers.metadata.get(&path).cloned(),
    };
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let body = found.map(|found| found.to_string()).unwrap_or_default();
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(body)).unwrap()
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A private key, and its name.
pub struct Signer {
    pub id: String,
    pub algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    pub fn ec(id: &str) -> Self {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Signer { id: id.into(), algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(made.as_ref()) }
    }

    pub fn ed(id: &str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
        Signer { id: id.into(), algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(made.as_ref()) }
    }

    pub fn rsa(id: &str) -> Self {
        let made = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        // PKCS #8 is a head of 26 bytes before PKCS #1, for keys of this size.
        let key = EncodingKey::from_rsa_der(&made.as_ref()[26..]);
        Signer { id: id.into(), algorithm: Algorithm::RS256, key }
    }

    /// Its public key, as it is published.
    pub fn public(&self) -> Value {
        let mut key = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        key["kid"] = self.id.clone().into();
        key
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(|_| {}, claims)
    }

    pub fn sign_with(&self, change: impl FnOnce(&mut Header), claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        change(&mut header);
        encode(&header, claims, &self.key).unwrap()
    }
}

/// A token with this head, signed with a shared secret, or with nothing.
pub fn by_hand(header: &Value, claims: &Value, secret: Option<&[u8]>) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = secret.map(|secret| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        BASE64URL_NOPAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()).as_ref())
    });
    format!("{message}.{}", signature.unwrap_or_default())
}

/// The headers of a request with these tokens.
pub fn headers(tokens: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for token in tokens {
        headers.append("authorization", format!("Bearer {token}").parse().unwrap());
    }
    headers
}

/// What becomes of a request with these tokens.
pub async fn ask(protection: &Protection, tokens: &[&str]) -> Result<isogloss::Claims, Denied> {
    protection.check(&headers(tokens)).await
}

/// The parameters of a challenge.
pub fn challenge(denied: &Denied) -> HashMap<String, String> {
    let header = denied.challenge().map(|header| header.to_str().unwrap()).unwrap_or_default();
    parameters(header).unwrap_or_else(|| panic!("not a challenge: {header}"))
}

/// Reads `Bearer name="value", …`; none if it is anything else.
pub fn parameters(header: &str) -> Option<HashMap<String, String>> {
    let mut rest = header.strip_prefix("Bearer")?;
    let mut found = HashMap::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix(if found.is_empty() { " " } else { ", " })?;
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let quotable = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\');
        if !plain || !quotable || found.insert(name.to_owned(), value.to_owned()).is_some() {
            return None;
        }
        rest = after;
    }
    Some(found)
}
