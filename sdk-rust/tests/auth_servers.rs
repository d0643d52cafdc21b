//! How authorization servers are asked: for their keys, which change, and about tokens; how often; and what becomes
//! of requests when they do not answer.

mod authority;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use authority::{Authority, RESOURCE, Signer, ask, now};
use http::{Request, Response, StatusCode};
use isogloss::auth::{
    AccessToken, Fetch, Fetching, IntrospectionVerifier, JwtVerifier, Protection, Refusal, TokenVerifier,
};
use serde_json::json;

const METADATA: &str = "/.well-known/oauth-authorization-server";
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn keys_are_fetched_once_however_many_ask_at_once() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    let protection = Arc::new(Protection::new(RESOURCE, JwtVerifier::new(&authority.issuer)));
    let token = ec.sign(&authority.claims(json!({})));
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let (protection, token) = (protection.clone(), token.clone());
            tokio::spawn(async move { ask(&protection, &[&token]).await.is_ok() })
        })
        .collect();
    for asked in asking {
        assert!(asked.await.unwrap());
    }
    assert_eq!((authority.asked(METADATA), authority.asked("/keys")), (1, 1));
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let authority = Authority::start().await;
    let (old, new) = (Signer::ec("old"), Signer::rsa("new"));
    authority.publish(&[&old]);
    let verifier = JwtVerifier::new(&authority.issuer).refresh_interval(Duration::ZERO);
    let protection = Protection::new(RESOURCE, verifier);
    let (by_old, by_new) = (old.sign(&authority.claims(json!({}))), new.sign(&authority.claims(json!({}))));
    assert!(ask(&protection, &[&by_old]).await.is_ok());
    assert_eq!(ask(&protection, &[&by_new]).await.expect_err("not yet published").status(), 401);
    authority.publish(&[&old, &new]);
    assert!(ask(&protection, &[&by_new]).await.is_ok());
    assert!(ask(&protection, &[&by_old]).await.is_ok());
    authority.publish(&[&new]);
    // Looked at again because of an unknown key; the old one is gone then.
    assert!(ask(&protection, &[&Signer::ec("x").sign(&authority.claims(json!({})))]).await.is_err());
    assert_eq!(ask(&protection, &[&by_old]).await.expect_err("no longer published").status(), 401);
}

#[tokio::test]
async fn invented_keys_do_not_make_it_ask_again_and_again() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    let protection = Protection::new(RESOURCE, JwtVerifier::new(&authority.issuer).refresh_interval(NEVER));
    for i in 0..100 {
        let token = ec.sign_with(|head| head.kid = Some(format!("invented-{i}")), &authority.claims(json!({})));
        assert_eq!(ask(&protection, &[&token]).await.expect_err("invented").status(), 401);
    }
    assert!(ask(&protection, &[&ec.sign(&authority.claims(json!({})))]).await.is_ok());
    assert_eq!(authority.asked("/keys"), 1);
}

#[tokio::test]
async fn old_keys_are_fetched_again_and_kept_if_that_fails() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    let verifier = JwtVerifier::new(&authority.issuer).keys_lifetime(Duration::ZERO).refresh_interval(Duration::ZERO);
    let protection = Protection::new(RESOURCE, verifier);
    let token = ec.sign(&authority.claims(json!({})));
    assert!(ask(&protection, &[&token]).await.is_ok());
    let asked = authority.asked("/keys");
    assert!(ask(&protection, &[&token]).await.is_ok());
    assert!(authority.asked("/keys") > asked);
    authority.answers().broken = Some(StatusCode::INTERNAL_SERVER_ERROR);
    assert!(ask(&protection, &[&token]).await.is_ok());
    authority.answers().broken = None;
    authority.publish(&[]);
    assert_eq!(ask(&protection, &[&token]).await.expect_err("revoked").status(), 401);
}

#[tokio::test]
async fn without_keys_nobody_is_let_in_and_the_reason_stays_here() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    authority.answers().broken = Some(StatusCode::BAD_GATEWAY);
    let verifier = JwtVerifier::new(&authority.issuer).refresh_interval(Duration::ZERO);
    let protection = Protection::new(RESOURCE, verifier);
    let token = ec.sign(&authority.claims(json!({})));
    let denied = ask(&protection, &[&token]).await.expect_err("there are no keys");
    assert_eq!(denied.status(), 503);
    assert!(denied.challenge().is_none());
    assert!(denied.cause().unwrap().contains("502 Bad Gateway"), "{denied:?}");
    assert!(!denied.description().contains("502"));
    authority.answers().broken = None;
    assert!(ask(&protection, &[&token]).await.is_ok());
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_keep_new_keys_from_others() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    let protection = Arc::new(Protection::new(RESOURCE, JwtVerifier::new(&authority.issuer).refresh_interval(NEVER)));
    let token = ec.sign(&authority.claims(json!({})));
    let permits = authority.gate.available_permits();
    authority.gate.forget_permits(permits);
    let gone = tokio::spawn({
        let (protection, token) = (protection.clone(), token.clone());
        async move { ask(&protection, &[&token]).await.map(|_| ()) }
    });
    while authority.asked(METADATA) == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    authority.gate.add_permits(permits);
    assert!(ask(&protection, &[&token]).await.is_ok());
    assert_eq!(authority.asked("/keys"), 1);
}

#[tokio::test]
async fn metadata_is_found_in_all_its_places_and_believed_only_of_the_issuer() {
    let table: [(&str, &str, Option<&str>, &str); 6] = [
        ("", "/.well-known/oauth-authorization-server", None, ""),
        ("", "/.well-known/openid-configuration", None, ""),
        ("/tenant", "/.well-known/oauth-authorization-server/tenant", None, ""),
        ("/tenant", "/.well-known/openid-configuration/tenant", None, ""),
        ("/tenant", "/tenant/.well-known/openid-configuration", None, ""),
        ("", "/.well-known/oauth-authorization-server", Some("https://honest.example"), "issuer: expected"),
    ];
    for (tenant, place, named, why) in table {
        let authority = Authority::start().await;
        let ec = Signer::ec("ec");
        authority.publish(&[&ec]);
        let issuer = format!("{}{tenant}", authority.issuer);
        let metadata = json!({ "issuer": named.unwrap_or(&issuer), "jwks_uri": format!("{}/keys", authority.issuer) });
        authority.answers().metadata = [(place.to_owned(), metadata)].into();
        let protection = Protection::new(RESOURCE, JwtVerifier::new(&issuer));
        match ask(&protection, &[&ec.sign(&authority.claims(json!({ "iss": issuer })))]).await {
            Ok(_) => assert_eq!(why, "", "{place}"),
            Err(denied) => {
                let cause = denied.cause().unwrap_or_default();
                assert!(!why.is_empty() && cause.contains(why), "{place}: {denied:?}");
                assert_eq!(authority.asked("/keys"), 0, "{place}");
            }
        }
    }
}

/// A client of one's own, which counts, and answers by itself.
struct Canned(Arc<AtomicUsize>, u16, Vec<u8>);

impl Fetch for Canned {
    fn fetch(&self, _: Request<Vec<u8>>) -> Fetching<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Response::builder().status(self.1).body(self.2.clone()).unwrap()) })
    }
}

#[tokio::test]
async fn an_answer_that_is_no_set_of_keys_is_refused_whoever_fetched_it() {
    let ec = Signer::ec("ec");
    let keys = json!({ "keys": [ec.public()] }).to_string().into_bytes();
    let claims = json!({ "iss": "https://auth.example.com", "exp": now() + 60 });
    let table: Vec<(u16, Vec<u8>, &str)> = vec![
        (200, keys.clone(), ""),
        (302, keys, "expected HTTP 200, found 302"),
        (200, vec![b' '; 300_000], "max_auth_document"),
        (200, b"<html>".to_vec(), "invalid JSON"),
        (200, b"[]".to_vec(), "expected object"),
        (200, vec![b'"', 0xff, b'"'], "no UTF-8"),
        (200, b"{}".to_vec(), "expected a set of keys"),
    ];
    for (status, body, why) in table {
        let count = Arc::new(AtomicUsize::new(0));
        let client = Canned(count.clone(), status, body);
        let verifier =
            JwtVerifier::new("https://auth.example.com").jwks_url("https://auth.example.com/keys").fetch_with(client);
        match verifier.verify(&AccessToken::new(ec.sign(&claims))).await {
            Ok(_) => assert_eq!(why, ""),
            Err(Refusal::Unavailable(found)) => assert!(!why.is_empty() && found.contains(why), "{why}: {found}"),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_waited_for_only_so_long() {
    struct Never;
    impl Fetch for Never {
        fn fetch(&self, _: Request<Vec<u8>>) -> Fetching<'_> {
            Box::pin(std::future::pending())
        }
    }
    let verifier =
        JwtVerifier::new("https://auth.example.com").jwks_url("https://auth.example.com/keys").fetch_with(Never);
    let token = AccessToken::new(Signer::ec("ec").sign(&json!({})));
    let Err(Refusal::Unavailable(why)) = verifier.verify(&token).await else { panic!("there are no keys") };
    assert!(why.contains("auth_fetch_timeout"), "{why}");
}

fn asking(authority: &Authority) -> IntrospectionVerifier {
    IntrospectionVerifier::new(&authority.issuer, "notes server", "p:ss wörd")
}

#[tokio::test]
async fn a_server_says_what_a_token_is_worth() {
    let authority = Authority::start().await;
    let answers = [
        ("good", authority.claims(json!({ "active": true })), 200, ""),
        ("nameless", authority.claims(json!({ "active": true, "iss": null })), 200, ""),
        ("revoked", json!({ "active": false }), 401, "not active"),
        ("silent", authority.claims(json!({})), 401, "not active"),
        ("sly", authority.claims(json!({ "active": "true" })), 401, "not active"),
        ("others", authority.claims(json!({ "active": true, "aud": "https://other.example" })), 401, "not meant for"),
        ("foreign", authority.claims(json!({ "active": true, "iss": "https://evil.example" })), 401, "not issued by"),
        ("late", authority.claims(json!({ "active": true, "exp": now() - 60 })), 401, "has expired"),
        ("early", authority.claims(json!({ "active": true, "nbf": now() + 60 })), 401, "not yet valid"),
    ];
    for (token, answer, ..) in &answers {
        authority.answers().tokens.insert((*token).into(), answer.clone());
    }
    let protection = Protection::new(RESOURCE, asking(&authority));
    for (token, _, status, why) in answers {
        match ask(&protection, &[token]).await {
            Ok(claims) => assert_eq!((claims.subject.as_deref(), status), (Some("ada"), 200), "{token}"),
            Err(denied) => {
                assert_eq!(denied.status(), status, "{token}");
                assert!(denied.description().contains(why), "{token}: {}", denied.description());
            }
        }
    }
    assert_eq!(ask(&protection, &["unknown"]).await.expect_err("unknown").status(), 401);
}

#[tokio::test]
async fn it_asks_as_itself_in_the_header_or_in_the_body() {
    let authority = Authority::start().await;
    assert!(asking(&authority).verify(&AccessToken::new("a+b/c=")).await.is_err());
    let (header, body) = authority.answers().introspected.clone();
    // `notes%20server:p%3Ass%20w%C3%B6rd`
    assert_eq!(header.as_deref(), Some("Basic bm90ZXMlMjBzZXJ2ZXI6cCUzQXNzJTIwdyVDMyVCNnJk"));
    assert_eq!(body, "token=a%2Bb%2Fc%3D&token_type_hint=access_token");

    assert!(asking(&authority).secret_in_body().verify(&AccessToken::new("x")).await.is_err());
    let (header, body) = authority.answers().introspected.clone();
    assert_eq!(header, None);
    assert!(body.ends_with("&client_id=notes%20server&client_secret=p%3Ass%20w%C3%B6rd"), "{body}");
}

#[tokio::test]
async fn an_answer_is_believed_for_a_while_good_or_bad() {
    let authority = Authority::start().await;
    authority.answers().tokens.insert("good".into(), authority.claims(json!({ "active": true })));
    for (lifetime, expected) in [(NEVER, 2), (Duration::ZERO, 20)] {
        let protection = Arc::new(Protection::new(RESOURCE, asking(&authority).lifetime(lifetime)));
        let before = authority.asked("/introspect");
        for _ in 0..10 {
            assert!(ask(&protection, &["good"]).await.is_ok());
            assert!(ask(&protection, &["bad"]).await.is_err());
        }
        assert_eq!(authority.asked("/introspect") - before, expected);
    }
}

#[tokio::test]
async fn a_server_that_fails_is_no_answer_and_is_asked_again() {
    let authority = Authority::start().await;
    authority.answers().tokens.insert("good".into(), authority.claims(json!({ "active": true })));
    let protection = Protection::new(RESOURCE, asking(&authority).endpoint(format!("{}/introspect", authority.issuer)));
    for status in [StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR] {
        authority.answers().broken = Some(status);
        let denied = ask(&protection, &["good"]).await.expect_err("it failed");
        assert_eq!(denied.status(), 503);
        assert!(denied.cause().unwrap().contains(status.as_str()), "{denied:?}");
    }
    authority.answers().broken = None;
    assert!(ask(&protection, &["good"]).await.is_ok());
    assert_eq!(authority.asked(METADATA), 0);
}
