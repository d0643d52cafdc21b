//! Clients that act without a user: what they show for a token, and tokens that are bound to a key.

mod authority;
mod http;
mod oauth;
mod support;

use std::sync::{Arc, Mutex};

use authority::grants::{Known, proven, unchecked};
use authority::{Authority, Signer, now};
use axum::body::Body;
use data_encoding::BASE64;
use http::Ask;
use isogloss::auth::Algorithm;
use isogloss::oauth::{
    Assertion, ClientIdentity, IdentityProvider, MemoryStore, OAuth, OAuthBuilder, PrivateKey, TokenStore,
};
use oauth::{Guarded, call, why, yes};
use serde_json::json;
use tokio::net::TcpListener;

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64.encode(der))
}

#[tokio::test]
async fn a_program_proves_who_it_is_with_a_secret() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let authority = Authority::granting(json!({ "token_endpoint_auth_methods_supported": [method] })).await;
        let server = Guarded::by(&[&authority]).await;
        let known = Known { secret: Some("hunter2 +%".into()), method: method.into(), ..Known::default() };
        authority.know("desk", known);
        let oauth = OAuth::client_credentials(&server.url, ClientIdentity::new("desk").secret("hunter2 +%"));
        let oauth = oauth.build().unwrap();
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
        assert_eq!(server.call(&oauth, "write").await.unwrap().status, 200);
        let scopes: Vec<String> = authority.seen("/token").iter().map(|asked| asked["scope"].clone()).collect();
        assert_eq!(scopes, ["notes:read", "notes:read notes:write"], "{method}");
    }
}

#[tokio::test]
async fn a_program_proves_who_it_is_by_what_it_signs() {
    use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm as Signing, EncodingKey};

    let random = SystemRandom::new();
    let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref()).unwrap();
    let sec1 = AsDer::<EcPrivateKeyRfc5915Der>::as_der(&pair.private_key()).unwrap();
    let ed = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let rsa_key = EncodingKey::from_rsa_der(&rsa.as_ref()[26..]);
    let public = |key: &EncodingKey, signing| Jwk::from_encoding_key(key, signing).unwrap();
    let table = [
        (pem("PRIVATE KEY", ec.as_ref()), None, public(&EncodingKey::from_ec_der(ec.as_ref()), Signing::ES256)),
        (pem("EC PRIVATE KEY", sec1.as_ref()), None, public(&EncodingKey::from_ec_der(ec.as_ref()), Signing::ES256)),
        (pem("PRIVATE KEY", ed.as_ref()), None, public(&EncodingKey::from_ed_der(ed.as_ref()), Signing::EdDSA)),
        (pem("PRIVATE KEY", rsa.as_ref()), None, public(&rsa_key, Signing::RS256)),
        (pem("RSA PRIVATE KEY", &rsa.as_ref()[26..]), Some(Algorithm::Ps384), public(&rsa_key, Signing::PS384)),
    ];
    for (pem, algorithm, public) in table {
        let methods = json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt"] });
        let authority = Authority::granting(methods).await;
        let server = Guarded::by(&[&authority]).await;
        let key = Some(serde_json::to_value(public).unwrap());
        authority.know("desk", Known { method: "private_key_jwt".into(), key, ..Known::default() });
        let mut key = PrivateKey::from_pem(&pem).unwrap().key_id("k1");
        if let Some(algorithm) = algorithm {
            key = key.algorithm(algorithm).unwrap();
        }
        assert!(format!("{key:?}").len() < 30, "{key:?}");
        let identity = ClientIdentity::new("desk").issuer(&authority.issuer).private_key(key.clone());
        let oauth = OAuth::client_credentials(&server.url, identity).build().unwrap();
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200, "{key:?}");
        let claims = unchecked(&authority.seen("/token")[0]["client_assertion"]);
        assert_eq!(claims["aud"], authority.issuer.as_str());
        assert!(claims["exp"].as_u64().unwrap() <= now() + 60);
    }
}

#[test]
fn what_is_no_private_key_is_refused_without_being_shown() {
    for text in ["", "hunter2", &pem("PRIVATE KEY", b"hunter2"), &pem("CERTIFICATE", b"hunter2")] {
        let error = PrivateKey::from_pem(text).unwrap_err().to_string();
        assert!(error.contains("expected the PEM") && !error.contains("hunter2"), "{error}");
    }
}

fn attested(by: &Signer, issuer: &str, audience: &str) -> String {
    by.sign(&json!({ "iss": issuer, "sub": "workload", "aud": audience, "exp": now() + 60 }))
}

#[tokio::test]
async fn a_workload_shows_what_its_platform_says_and_is_not_tried_in_another_way() {
    let authority = Authority::granting(json!({})).await;
    let server = Guarded::by(&[&authority]).await;
    let platform = Signer::rsa("platform");
    authority.answers().grants.trusted.insert("https://cloud.example".into(), platform.public());
    authority.know("workload", Known { method: "none".into(), ..Known::default() });
    let platform = Arc::new(platform);
    let assertion = {
        let platform = platform.clone();
        Assertion::from_fn(move |issuer| {
            let text = attested(&platform, "https://cloud.example", &issuer);
            async move { Ok(text + "\n") }
        })
    };
    let oauth = OAuth::jwt_bearer(&server.url, "workload", assertion).build().unwrap();
    assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    let asked = authority.seen("/token");
    assert_eq!((asked.len(), asked[0]["resource"].as_str()), (1, server.url.as_str()));
    let wrong = attested(&platform, "https://cloud.example", "https://other.example");
    let oauth = OAuth::jwt_bearer(&server.url, "workload", wrong.clone()).build().unwrap();
    let words = why(server.call(&oauth, "read").await);
    assert!(words.contains("invalid_grant") && !words.contains(&wrong), "{words}");
    assert_eq!((authority.seen("/token").len(), authority.seen("/register").len()), (2, 0));
    assert!(!format!("{oauth:?}").contains(&wrong));
}

#[tokio::test]
async fn an_enterprise_decides_for_its_users() {
    let (provider, authority) = (Authority::granting(json!({})).await, Authority::granting(json!({})).await);
    let server = Guarded::by(&[&authority]).await;
    let id_token = {
        let mut answers = provider.answers();
        let own = answers.grants.signer.public();
        answers.grants.trusted.insert(provider.issuer.clone(), own);
        attested(&answers.grants.signer, &provider.issuer, "desk at work")
    };
    let signer = provider.answers().grants.signer.public();
    authority.answers().grants.trusted.insert(provider.issuer.clone(), signer);
    provider.know("desk at work", Known { method: "none".into(), ..Known::default() });
    let known = Known { secret: Some("hunter2".into()), method: "client_secret_basic".into(), ..Known::default() };
    authority.know("desk", known);
    for named in [true, false] {
        let mut identity_provider = IdentityProvider::new(&provider.issuer, "desk at work", id_token.clone());
        if named {
            identity_provider = identity_provider.token_endpoint(format!("{}/token", provider.issuer));
        }
        let client = ClientIdentity::new("desk").secret("hunter2");
        let oauth = OAuth::enterprise(&server.url, client, identity_provider).build().unwrap();
        assert_eq!(server.call(&oauth, "read").await.unwrap().status, 200);
    }
    let exchanged = &provider.seen("/token")[0];
    assert_eq!((&exchanged["audience"], &exchanged["resource"]), (&authority.issuer, &server.url));
    assert_eq!(authority.seen("/authorize").len() + provider.seen("/authorize").len(), 0, "no user was asked");
}

/// A server that takes nothing but tokens bound to a key, each time with another proof.
struct Binding {
    url: String,
    state: Arc<Mutex<Bound>>,
}

#[derive(Default)]
struct Bound {
    nonce: Option<String>,
    /// Gives another nonce each time, and takes none.
    restless: bool,
    proofs: Vec<String>,
    refused: usize,
}

impl Binding {
    async fn by(authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let state: Arc<Mutex<Bound>> = Arc::default();
        let (held, resource, issuer) = (state.clone(), url.clone(), authority.issuer.clone());
        let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let answer = Binding::answer(&mut held.lock().unwrap(), &request, &resource, &issuer);
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Binding { url, state }
    }

    fn answer(
        bound: &mut Bound,
        request: &::http::Request<Body>,
        resource: &str,
        issuer: &str,
    ) -> ::http::Response<Body> {
        let response = ::http::Response::builder();
        if request.uri().path() == "/.well-known/oauth-protected-resource/mcp" {
            let document = json!({ "resource": resource, "authorization_servers": [issuer] });
            return response.body(document.to_string().into()).unwrap();
        }
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
        let Some(token) = header("authorization") else {
            return response.status(401).header("www-authenticate", "DPoP algs=\"ES256\"").body(Body::empty()).unwrap();
        };
        let token = token.strip_prefix("DPoP ").expect("the token is bound");
        let proof = header("dpop").expect("a proof");
        assert!(!bound.proofs.iter().any(|known| known == proof), "a proof is good for one request");
        bound.proofs.push(proof.into());
        if bound.restless {
            bound.nonce = Some(format!("nonce-{}", bound.refused));
        }
        match proven(proof, "POST", resource, Some(token), bound.nonce.as_deref()) {
            Ok(key) => {
                assert_eq!(unchecked(token)["cnf"]["jkt"], key.as_str(), "it is the key that the token is bound to");
                response.body("{}".into()).unwrap()
            }
            Err(_) => {
                bound.refused += 1;
                let nonce = bound.nonce.clone().unwrap();
                response
                    .status(401)
                    .header("www-authenticate", "DPoP error=\"use_dpop_nonce\"")
                    .header("dpop-nonce", nonce)
                    .body(Body::empty())
                    .unwrap()
            }
        }
    }

    async fn call(&self, oauth: &OAuth) -> u16 {
        // What the address has besides is no part of a proof.
        call(oauth, &format!("{}?a=b", self.url), &Ask { path: "/mcp?a=b".into(), ..Ask::post("{}") })
            .await
            .unwrap()
            .status
    }
}

fn desk(url: &str, store: &Arc<dyn TokenStore>) -> OAuthBuilder {
    OAuth::authorization_code(url, yes()).store(store.clone())
}

#[tokio::test]
async fn a_token_is_bound_to_a_key_where_the_server_wants_it() {
    let authority = Authority::granting(json!({})).await;
    authority.answers().grants.dpop = true;
    authority.answers().grants.nonce = Some("of the authorization server".into());
    let server = Binding::by(&authority).await;
    server.state.lock().unwrap().nonce = Some("of the server".into());
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::default());
    let oauth = desk(&server.url, &store).build().unwrap();
    for _ in 0..3 {
        assert_eq!(server.call(&oauth).await, 200);
    }
    // Each nonce cost one try, the first time.
    assert_eq!((server.state.lock().unwrap().refused, authority.seen("/token").len()), (1, 2));
    server.state.lock().unwrap().nonce = Some("another one".into());
    assert_eq!(server.call(&oauth).await, 200);
    // The key is kept with the token, and renews it.
    authority.answers().grants.expires_in = Some(0);
    let oauth = desk(&server.url, &store).build().unwrap();
    assert_eq!(server.call(&oauth).await, 200);
    assert_eq!(authority.seen("/authorize").len(), 1);
    oauth.forget().await;
    assert_eq!(server.call(&oauth).await, 200);
    let oauth = desk(&server.url, &store).build().unwrap();
    assert_eq!(server.call(&oauth).await, 200);
    assert_eq!(authority.seen("/authorize").len(), 2, "renewed with the key that was kept");
}

#[tokio::test]
async fn a_server_that_takes_no_nonce_is_not_asked_for_ever() {
    let authority = Authority::granting(json!({})).await;
    authority.answers().grants.dpop = true;
    let server = Binding::by(&authority).await;
    server.state.lock().unwrap().restless = true;
    let oauth = desk(&server.url, &(Arc::new(MemoryStore::default()) as _)).build().unwrap();
    assert_eq!(server.call(&oauth).await, 401);
    assert!(server.state.lock().unwrap().refused <= 4);
}

#[tokio::test]
async fn a_token_that_was_to_be_bound_and_is_not_is_not_used() {
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::default());
    let authority = Authority::granting(json!({ "dpop_signing_alg_values_supported": null })).await;
    let server = Guarded::by(&[&authority]).await;
    let oauth = desk(&server.url, &store).dpop().build().unwrap();
    assert!(why(server.call(&oauth, "read").await).contains("expected ES256"));
    assert_eq!(authority.seen("/authorize").len(), 0);
}
