//! Which tokens let a request in, and what a client is told whose token does not.

mod authority;

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use authority::{Authority, RESOURCE, Signer, ask, by_hand, challenge, headers, now, parameters};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, Method};
use isogloss::auth::missing_scopes;
use isogloss::auth::{AccessToken, Algorithm, FixedTokens, JwtVerifier, Protection, Refusal, TokenVerifier, Verifying};
use isogloss::{Claims, Diagnostics};
use proptest::prelude::*;
use serde_json::{Value, json};

const METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

fn guarded(authority: &Authority) -> Protection {
    Protection::new(RESOURCE, JwtVerifier::new(&authority.issuer))
}

#[tokio::test]
async fn good_tokens_let_a_request_in_and_say_who_asks() {
    let authority = Authority::start().await;
    let signers = [Signer::ec("ec"), Signer::ed("ed"), Signer::rsa("rsa")];
    authority.publish(&signers.each_ref());
    let protection = guarded(&authority);
    let end = now() + 300;
    for signer in &signers {
        let token = signer.sign(&authority.claims(json!({ "exp": end, "scope": "a b", "team": "blue" })));
        let claims = ask(&protection, &[&token]).await.unwrap();
        assert_eq!(claims.subject.as_deref(), Some("ada"));
        assert_eq!(claims.client_id.as_deref(), Some("app"));
        assert_eq!(claims.issuer, Some(authority.issuer.clone()));
        assert_eq!(claims.audience, [RESOURCE]);
        assert_eq!(claims.scopes, ["a", "b"]);
        assert_eq!(claims.expires_at, Some(UNIX_EPOCH + Duration::from_secs(end)));
        assert_eq!(claims.get("team").unwrap().as_str(), "\"blue\"");
    }
    let also_good = [
        json!({ "aud": ["https://other.example.com", RESOURCE] }),
        json!({ "aud": "HTTPS://MCP.example.com/mcp" }),
        json!({ "nbf": now() - 5 }),
        json!({ "exp": now() - 5 }),
        json!({ "exp": now() as f64 + 100.5 }),
        json!({ "sub": null, "client_id": null, "scope": null }),
    ];
    for changes in also_good {
        let token = signers[0].sign(&authority.claims(changes.clone()));
        assert!(ask(&protection, &[&token]).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn other_tokens_do_not_and_the_client_is_told_why() {
    let authority = Authority::start().await;
    let (ec, rsa, stranger) = (Signer::ec("ec"), Signer::rsa("rsa"), Signer::ec("ec"));
    let secret = json!({ "kty": "oct", "kid": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
    authority.answers().keys = vec![ec.public(), rsa.public(), secret];
    let protection = guarded(&authority);
    let good = authority.claims(json!({}));
    let changed = |changes: Value| ec.sign(&authority.claims(changes));
    let signed = ec.sign(&good);
    let (message, signature) = signed.rsplit_once('.').unwrap();
    let (_, payload) = message.split_once('.').unwrap();
    let other = changed(json!({ "sub": "eve" }));
    let (_, other_signature) = other.rsplit_once('.').unwrap();
    let public = ec.public().to_string();
    let hs256 = json!({ "alg": "HS256", "kid": "ec" });

    let table: Vec<(&str, String, &str)> = vec![
        ("expired", changed(json!({ "exp": now() - 60 })), "has expired"),
        ("without an end", changed(json!({ "exp": null })), "does not say exp"),
        ("an end that is a text", changed(json!({ "exp": "tomorrow" })), "exp"),
        ("from the future", changed(json!({ "nbf": now() + 60 })), "not yet valid"),
        ("for somebody else", changed(json!({ "aud": "https://other.example.com" })), "not meant for"),
        ("for a longer name", changed(json!({ "aud": format!("{RESOURCE}.evil.example") })), "not meant for"),
        ("for nobody", changed(json!({ "aud": null })), "not meant for"),
        ("by somebody else", changed(json!({ "iss": "https://evil.example" })), "was not issued by"),
        ("by nobody", changed(json!({ "iss": null })), "does not say iss"),
        ("by several", changed(json!({ "iss": [authority.issuer, "x"] })), "cannot be read"),
        ("bound to a key", changed(json!({ "cnf": { "jkt": "x" } })), "bound to a key"),
        ("unsigned", by_hand(&json!({ "alg": "none" }), &good, None), "cannot be read"),
        ("unsigned, shouting", by_hand(&json!({ "alg": "NONE", "kid": "ec" }), &good, None), "cannot be read"),
        ("signed with the public key", by_hand(&hs256, &good, Some(public.as_bytes())), "not signed in a way"),
        ("signed with nothing", by_hand(&hs256, &good, Some(b"")), "not signed in a way"),
        (
            "signed with a published secret",
            by_hand(&json!({ "alg": "HS256", "kid": "oct" }), &good, Some(&[0; 32])),
            "not signed in a way",
        ),
        ("by a stranger with our key's name", stranger.sign(&good), "signature is wrong"),
        ("by an unknown key", Signer::ec("new").sign(&good), "does not publish"),
        ("by a key of another kind", ec.sign_with(|head| head.kid = Some("rsa".into()), &good), "algorithm is not one"),
        ("that must be understood", ec.sign_with(|head| head.crit = Some(vec!["b64".into()]), &good), "crit"),
        ("with another payload", format!("{message}.{other_signature}"), "signature is wrong"),
        ("with half a signature", format!("{message}.{}", &signature[..40]), "signature is wrong"),
        ("without a signature", format!("{message}."), "signature is wrong"),
        ("without a head", format!(".{payload}.{signature}"), "cannot be read"),
        ("with a part too many", format!("{signed}.x"), "cannot be read"),
        ("with two parts", message.to_owned(), "cannot be read"),
        ("of five parts, encrypted", "a.b.c.d.e".into(), "cannot be read"),
        ("no token of this kind", "opaque".into(), "cannot be read"),
        ("very deep", by_hand(&Value::String("[".repeat(5000)), &good, None), "cannot be read"),
        ("too long", changed(json!({ "more": "x".repeat(20_000) })), "max_token"),
        ("not ASCII", "ä".into(), "characters"),
        ("two in one header", format!("{signed}, Bearer {signed}"), "characters"),
    ];
    for (what, token, why) in table {
        let denied = ask(&protection, &[&token]).await.expect_err(what);
        assert_eq!(denied.status(), 401, "{what}");
        let parameters = challenge(&denied);
        assert_eq!(parameters["error"], "invalid_token", "{what}");
        assert_eq!(parameters["resource_metadata"], METADATA, "{what}");
        assert!(parameters["error_description"].contains(why), "{what}: {parameters:?}");
        assert!(!format!("{denied:?}").contains(token.get(..60).unwrap_or("\0")), "{what}: the token is shown");
    }
}

#[tokio::test]
async fn a_token_with_any_character_changed_is_refused() {
    let authority = Authority::start().await;
    for signer in [Signer::ec("ec"), Signer::ed("ed"), Signer::rsa("rsa")] {
        authority.publish(&[&signer]);
        let protection = guarded(&authority);
        let token = signer.sign(&authority.claims(json!({})));
        assert!(ask(&protection, &[&token]).await.is_ok());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(ask(&protection, &[&changed]).await.is_err(), "changed at {at}: {changed}");
        }
    }
}

#[tokio::test]
async fn a_request_without_one_token_is_told_what_to_do() {
    let protection = Protection::new(RESOURCE, FixedTokens::new()).require_scopes(["notes:read"]);
    type Row<'r> = (&'r [(&'r str, &'r str)], u16, Option<&'r str>, &'r str);
    let table: [Row<'_>; 6] = [
        (&[], 401, None, "send a token"),
        (&[("authorization", "Basic YTpi")], 401, None, "send a token"),
        (&[("authorization", "Bearer")], 401, None, "send a token"),
        (&[("x-authorization", "Bearer a"), ("cookie", "access_token=a")], 401, None, "send a token"),
        (
            &[("authorization", "Bearer a"), ("authorization", "Bearer a")],
            400,
            Some("invalid_request"),
            "more than one",
        ),
        (&[("authorization", "Bearer a b")], 401, Some("invalid_token"), "characters"),
    ];
    for (fields, status, error, words) in table {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        let denied = protection.check(&headers).await.expect_err("there is no token");
        let parameters = challenge(&denied);
        assert_eq!(denied.status(), status, "{fields:?}");
        assert_eq!(parameters.get("error").map(String::as_str), error, "{fields:?}");
        assert_eq!(parameters["scope"], "notes:read");
        assert_eq!(parameters["resource_metadata"], METADATA);
        assert!(denied.description().contains(words), "{fields:?}: {}", denied.description());
        let response = denied.into_response();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert!(body["error_description"].as_str().unwrap().contains(words));
    }
}

#[tokio::test]
async fn a_token_without_enough_scopes_is_told_all_that_it_needs() {
    let tokens = ["", "read", "admin", "read write"].into_iter().fold(FixedTokens::new(), |tokens, scopes| {
        let claims = Claims { scopes: scopes.split_whitespace().map(str::to_owned).collect(), ..Claims::default() };
        tokens.token(&format!("with-{}", scopes.replace(' ', "-")), claims)
    });
    let protection = Protection::new(RESOURCE, tokens)
        .require_scopes(["read"])
        .includes("admin", ["read", "write"])
        .scopes_supported(["read", "write"]);
    let denied = ask(&protection, &["with-"]).await.expect_err("it lacks a scope");
    let parameters = challenge(&denied);
    assert_eq!((denied.status().as_u16(), &*parameters["error"]), (403, "insufficient_scope"));
    assert_eq!(parameters["scope"], "read");
    assert_eq!(parameters["resource_metadata"], METADATA);

    let needed = ["write".to_owned()];
    for (token, missing) in [("with-read", vec!["write"]), ("with-admin", vec![]), ("with-read-write", vec![])] {
        let claims = ask(&protection, &[token]).await.unwrap();
        assert_eq!(missing_scopes(&claims, &needed), missing, "{token}");
    }
    let denied = protection.insufficient_scope(&needed);
    assert_eq!(denied.status(), 403);
    assert_eq!(challenge(&denied)["scope"], "read write");
}

#[tokio::test]
async fn what_a_verifier_accepts_can_be_narrowed() {
    let authority = Authority::start().await;
    let (ec, rsa) = (Signer::ec("ec"), Signer::rsa("rsa"));
    let published = json!({ "keys": [ec.public(), rsa.public()] }).to_string();
    let good = authority.claims(json!({}));
    let secret = [7; 32];
    let typed = |kind: &str| ec.sign_with(|head| head.typ = Some(kind.into()), &good);
    let given = || JwtVerifier::new(&authority.issuer).keys(&published);
    let table: Vec<(JwtVerifier, String, &str)> = vec![
        (given(), ec.sign(&good), ""),
        (given(), rsa.sign(&good), ""),
        (given(), rsa.sign_with(|head| head.kid = None, &good), ""),
        (given().algorithms([Algorithm::Es256]), ec.sign(&good), ""),
        (given().algorithms([Algorithm::Es256]), rsa.sign(&good), "not signed in a way"),
        (given().require_type("at+jwt"), typed("at+jwt"), ""),
        (given().require_type("at+jwt"), typed("application/AT+JWT"), ""),
        (given().require_type("at+jwt"), typed("JWT"), "no token of the type at+jwt"),
        (given().leeway(Duration::ZERO), ec.sign(&authority.claims(json!({ "exp": now() - 2 }))), "has expired"),
        (given().leeway(Duration::from_secs(600)), ec.sign(&authority.claims(json!({ "exp": now() - 60 }))), ""),
        (
            JwtVerifier::new(&authority.issuer).shared_secret(&secret),
            by_hand(&json!({ "alg": "HS256" }), &good, Some(&secret)),
            "",
        ),
        (
            JwtVerifier::new(&authority.issuer).shared_secret(&secret),
            by_hand(&json!({ "alg": "HS256" }), &good, Some(&[8; 32])),
            "signature is wrong",
        ),
        (JwtVerifier::new(&authority.issuer).shared_secret(&secret), ec.sign(&good), "not signed in a way"),
        (
            JwtVerifier::new(&authority.issuer).shared_secret(&secret),
            by_hand(&json!({ "alg": "none" }), &good, None),
            "cannot be read",
        ),
    ];
    for (i, (verifier, token, why)) in table.into_iter().enumerate() {
        match verifier.verify(&AccessToken::new(token)).await {
            Ok(_) => assert_eq!(why, "", "{i}"),
            Err(refusal) => assert!(!why.is_empty() && refusal.to_string().contains(why), "{i}: {refusal}"),
        }
    }
    // Nothing was fetched: the keys were given.
    assert!(authority.answers().asked.is_empty());
}

#[tokio::test]
async fn an_audience_of_another_name_is_accepted_if_it_is_ours() {
    let authority = Authority::start().await;
    let ec = Signer::ec("ec");
    authority.publish(&[&ec]);
    let token = ec.sign(&authority.claims(json!({ "aud": "api://notes" })));
    assert_eq!(ask(&guarded(&authority), &[&token]).await.expect_err("another's").status(), 401);
    assert!(ask(&guarded(&authority).audience("api://notes"), &[&token]).await.is_ok());
}

#[tokio::test]
async fn a_verifier_of_ones_own_is_held_to_audience_and_time() {
    struct Fixed(Result<Claims, Refusal>);
    impl TokenVerifier for Fixed {
        fn verify<'a>(&'a self, _: &'a AccessToken) -> Verifying<'a> {
            Box::pin(async { self.0.clone() })
        }
    }
    let ours = Claims { audience: vec![RESOURCE.into()], ..Claims::default() };
    let table = [
        (Ok(ours.clone()), 200),
        (Ok(Claims::default()), 401),
        (Ok(Claims { expires_at: Some(UNIX_EPOCH), ..ours }), 401),
        (Err(Refusal::invalid("no")), 401),
        (Err(Refusal::unavailable("the database at 10.0.0.7 is down")), 503),
    ];
    for (found, status) in table {
        let told = Arc::new(Mutex::new(Vec::new()));
        let diagnostics = Diagnostics::to({
            let told = told.clone();
            move |line| told.lock().unwrap().push(line.to_owned())
        });
        let protection = Protection::new(RESOURCE, Fixed(found)).diagnostics(diagnostics);
        let checked = ask(&protection, &["x"]).await;
        assert_eq!(told.lock().unwrap().iter().any(|line| line.contains("10.0.0.7")), status == 503);
        match checked {
            Ok(_) => assert_eq!(status, 200),
            Err(denied) => {
                assert_eq!(denied.status(), status);
                assert_eq!(denied.cause().is_some(), status == 503);
                let response = denied.into_response();
                assert_eq!(response.headers().contains_key("retry-after"), status == 503);
                assert!(!String::from_utf8_lossy(response.body()).contains("10.0.0.7"));
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_setup_is_told_before_anybody_asks_and_lets_nobody_in() {
    let jwt = |issuer: &str| JwtVerifier::new(issuer);
    let https = "https://auth.example.com";
    let table = [
        (Protection::new(RESOURCE, jwt(https)), ""),
        (Protection::new("mcp.example.com", jwt(https)), "resource"),
        (Protection::new("http://mcp.example.com", jwt(https)), "use https"),
        (Protection::new(RESOURCE, jwt("http://auth.example.com")), "use https"),
        (Protection::new(RESOURCE, jwt(https).jwks_url("http://10.0.0.1/keys")), "jwks_url"),
        (Protection::new(RESOURCE, jwt(https).keys("{}")), "expected a set of keys"),
        (Protection::new(RESOURCE, jwt(https).keys(r#"{"keys":[]}"#)), "found none"),
        (Protection::new(RESOURCE, jwt(https).shared_secret(b"short")), "at least 32 bytes"),
        (Protection::new(RESOURCE, jwt(https).algorithms([])), "algorithms"),
        (Protection::new(RESOURCE, jwt(https)).require_scopes(["a b"]), "without spaces"),
        (Protection::new(RESOURCE, jwt(https)).scopes_supported(["offline_access"]), "refresh token"),
        (Protection::new(RESOURCE, jwt(https)).metadata_at("nowhere"), "metadata_at"),
    ];
    for (protection, why) in table {
        match protection.check_setup() {
            Ok(()) => assert_eq!(why, ""),
            Err(error) => {
                assert!(!why.is_empty() && error.to_string().contains(why), "{error}");
                assert_eq!(ask(&protection, &["x"]).await.expect_err("it is closed").status(), 500);
            }
        }
    }
}

#[test]
fn metadata_is_served_under_the_path_and_at_the_root() {
    let verifier = || JwtVerifier::new("https://auth.example.com");
    let root = "/.well-known/oauth-protected-resource";
    let table: [(&str, &str, &[&str]); 3] = [
        ("https://mcp.example.com/a/mcp", "/a/mcp", &["/a/mcp", ""]),
        ("https://mcp.example.com", "", &[""]),
        ("https://mcp.example.com/", "", &[""]),
    ];
    for (resource, at, paths) in table {
        let protection = Protection::new(resource, verifier()).require_scopes(["read"]).resource_name("Notes");
        assert_eq!(protection.metadata_url(), format!("https://mcp.example.com{root}{at}"));
        let routes = protection.public_routes();
        let served: Vec<&str> = routes.iter().map(|route| route.path()).collect();
        assert_eq!(served, paths.iter().map(|path| format!("{root}{path}")).collect::<Vec<_>>());
        for route in routes {
            let response = route.respond(&Method::GET);
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            assert_eq!(response.headers()["content-type"], "application/json");
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(
                body,
                json!({
                    "resource": resource,
                    "authorization_servers": ["https://auth.example.com"],
                    "scopes_supported": ["read"],
                    "bearer_methods_supported": ["header"],
                    "resource_name": "Notes",
                })
            );
            assert!(route.respond(&Method::HEAD).body().is_empty());
            let preflight = route.respond(&Method::OPTIONS);
            assert_eq!(
                (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
                (204, &"*".parse().unwrap())
            );
            assert_eq!(route.respond(&Method::POST).status(), 405);
        }
    }
    assert!(Protection::new(RESOURCE, verifier()).metadata_at("https://x.example/m").public_routes().is_empty());
}

#[test]
fn nothing_that_is_secret_is_shown() {
    let secret = "hunter2hunter2hunter2hunter2hunter2";
    let shown = [
        format!("{:?}", AccessToken::new(secret)),
        format!("{:?}", FixedTokens::new().token(secret, Claims::default())),
        format!("{:?}", JwtVerifier::new("https://a.example").shared_secret(secret.as_bytes())),
        format!("{:?}", Protection::new(RESOURCE, FixedTokens::new().token(secret, Claims::default()))),
    ];
    for shown in shown {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_as_credentials_is_refused_with_a_challenge(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let Ok(value) = http::HeaderValue::from_bytes(&value) else { return Ok(()) };
        let verifier = JwtVerifier::new("https://auth.example.com").keys(r#"{"keys":[]}"#).shared_secret(&[7; 32]);
        let protection = Protection::new(RESOURCE, verifier);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]);
        let denied = runtime.block_on(protection.check(&headers)).expect_err("it is no token");
        prop_assert!(denied.status() == 401 && parameters(denied.challenge().unwrap().to_str().unwrap()).is_some());
    }

    #[test]
    fn whatever_stands_in_a_token_is_refused(parts in proptest::collection::vec(any::<String>(), 0..4), raw in "[A-Za-z0-9._~+/-]{1,80}") {
        let encoded: Vec<String> = parts.iter().map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).collect();
        let verifier = JwtVerifier::new("https://auth.example.com").shared_secret(&[7; 32]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for token in [encoded.join("."), raw] {
            prop_assert!(runtime.block_on(verifier.verify(&AccessToken::new(token))).is_err());
        }
    }

    #[test]
    fn a_challenge_can_always_be_read_again(why in any::<String>(), scopes in proptest::collection::vec("[!#-\\[\\]-~]{1,20}", 0..5)) {
        struct No(String);
        impl TokenVerifier for No {
            fn verify<'a>(&'a self, _: &'a AccessToken) -> Verifying<'a> {
                Box::pin(async { Err(Refusal::invalid(&self.0)) })
            }
        }
        let protection = Protection::new(RESOURCE, No(why.clone())).require_scopes(scopes.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let denied = runtime.block_on(protection.check(&headers(&["x"]))).expect_err("it is refused");
        let header = denied.challenge().unwrap().to_str().unwrap();
        let parameters = parameters(header);
        prop_assert!(parameters.is_some(), "{header}");
        let parameters = parameters.unwrap();
        prop_assert_eq!(&parameters["error"], "invalid_token");
        prop_assert_eq!(&parameters["resource_metadata"], METADATA);
        prop_assert_eq!(parameters.get("scope").cloned().unwrap_or_default(), scopes.join(" "));
        let told = parameters.get("error_description").cloned().unwrap_or_default();
        prop_assert_eq!(told.chars().count(), why.chars().count());
    }
}
