//! A protected server over HTTP, in both eras: who is let in, what handlers know of them, and what others are told.

mod authority;
mod http;
mod support;

use std::sync::Arc;

use authority::{Authority, RESOURCE, Signer, by_hand, now, parameters};
use http::{Answer, Ask, Served};
use isogloss::auth::{JwtVerifier, Protection};
use isogloss::http_server::{Body, HttpOptions, Site};
use isogloss::{Context, Failure, NoArguments, Server, offer};
use serde_json::{Value, json};

const DOCUMENT: &str = "/.well-known/oauth-protected-resource";
const METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

struct Guarded {
    authority: Authority,
    signer: Signer,
    served: Served,
}

impl Guarded {
    async fn start() -> Self {
        let authority = Authority::start().await;
        let signer = Signer::ec("ec");
        authority.publish(&[&signer]);
        let server = Server::new("notes", "1.0.0")
            .tool("who", "", async |_: NoArguments, cx: Context| {
                let claims = cx.claims().ok_or_else(|| Failure::new("nobody"))?;
                Ok(format!("{} {}", claims.subject.clone().unwrap_or_default(), claims.scopes.join(",")))
            })
            .offer(offer::tool("write", async |_: NoArguments, _| Ok("written")).scopes(["notes:write", "notes:log"]))
            .offer(offer::resource("notes://all", "all", async |_| Ok("all")).scopes(["notes:all"]));
        let protection = Protection::new(RESOURCE, JwtVerifier::new(&authority.issuer))
            .require_scopes(["notes:read"])
            .includes("notes", ["notes:read", "notes:write", "notes:log"]);
        let options = HttpOptions { guard: Some(Arc::new(protection)), ..HttpOptions::default() };
        let site = Site::new(server.http(options).unwrap())
            .public("/open", async |_| ::http::Response::new(Body::from("open")))
            .protected("/closed", async |request| {
                assert!(!format!("{request:?}").contains("Bearer"), "the token is shown");
                let claims: Option<&isogloss::Claims> = request.extensions().get();
                ::http::Response::new(Body::from(claims.and_then(|claims| claims.subject.clone()).unwrap_or_default()))
            });
        Guarded { authority, signer, served: Served::site(site).await }
    }

    fn token(&self, changes: Value) -> String {
        self.signer.sign(&self.authority.claims(changes))
    }

    /// The answer to a request with a token of these claims.
    async fn ask(&self, ask: Ask, changes: Value) -> Answer {
        self.served.ask(bearing(ask, &self.token(changes))).await
    }

    /// A legacy session of somebody.
    async fn session(&self, changes: Value) -> String {
        let answer = self.ask(Ask::post(support::initialize("2025-11-25")), changes).await;
        answer.header("mcp-session-id").unwrap_or_else(|| panic!("no session: {answer:?}")).to_owned()
    }
}

fn bearing(ask: Ask, token: &str) -> Ask {
    ask.header("authorization", &format!("Bearer {token}"))
}

fn legacy(session: &str, method: &str, params: &str) -> Ask {
    Ask::post(support::legacy(1, method, params))
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", "2025-11-25")
}

fn call(session: &str, tool: &str) -> Ask {
    legacy(session, "tools/call", &format!(r#"{{"name":"{tool}","arguments":{{}}}}"#))
}

fn challenge(answer: &Answer) -> std::collections::HashMap<String, String> {
    let header = answer.header("www-authenticate").unwrap_or_else(|| panic!("no challenge: {answer:?}"));
    parameters(header).unwrap_or_else(|| panic!("not a challenge: {header}"))
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_but_where_to_get_one() {
    let guarded = Guarded::start().await;
    let session = guarded.session(json!({})).await;
    let requests = [
        Ask::call("who", "{}"),
        Ask::modern("server/discover", "{}"),
        Ask::post(support::initialize("2025-11-25")),
        call(&session, "who"),
        Ask::post("not even JSON"),
        Ask::new("GET", "/mcp").header("accept", "text/event-stream").header("mcp-session-id", &session),
        Ask::new("DELETE", "/mcp").header("mcp-session-id", &session),
        Ask::new("GET", "/closed"),
        Ask { path: format!("/mcp?access_token={}", guarded.token(json!({}))), ..Ask::call("who", "{}") },
    ];
    for request in requests {
        let answer = guarded.served.ask(request.clone()).await;
        assert_eq!(answer.status, 401, "{request:?}: {answer:?}");
        let parameters = challenge(&answer);
        assert_eq!(parameters["resource_metadata"], METADATA);
        assert_eq!(parameters["scope"], "notes:read");
        assert!(!parameters.contains_key("error"), "{request:?}");
    }
    assert_eq!(guarded.ask(call(&session, "who"), json!({})).await.status, 200, "the session is still there");
}

#[tokio::test]
async fn a_good_token_lets_in_and_its_claims_reach_the_handler_in_both_eras() {
    let guarded = Guarded::start().await;
    let scopes = json!({ "scope": "notes" });
    let session = guarded.session(scopes.clone()).await;
    for request in [Ask::call("who", "{}"), call(&session, "who")] {
        let answer = guarded.ask(request, scopes.clone()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = "ada notes,notes:read,notes:write,notes:log";
        assert_eq!(answer.json()["result"]["structuredContent"]["result"], said, "{}", answer.text());
    }
    let answer = guarded.ask(Ask::new("GET", "/closed"), json!({})).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ada"));
}

#[tokio::test]
async fn a_bad_token_is_refused_with_the_reason() {
    let guarded = Guarded::start().await;
    let good = guarded.authority.claims(json!({}));
    let table = [
        (guarded.token(json!({ "exp": now() - 60 })), "has expired"),
        (guarded.token(json!({ "aud": "https://other.example" })), "not meant for"),
        (guarded.token(json!({ "iss": "https://evil.example" })), "not issued by"),
        (by_hand(&json!({ "alg": "none" }), &good, None), "cannot be read"),
        (Signer::ec("ec").sign(&good), "signature is wrong"),
        ("x".repeat(20_000), "max_token"),
    ];
    for (token, why) in table {
        for request in [Ask::call("who", "{}"), Ask::post(support::initialize("2025-11-25"))] {
            let answer = guarded.served.ask(bearing(request, &token)).await;
            let parameters = challenge(&answer);
            assert_eq!((answer.status, parameters["error"].as_str()), (401, "invalid_token"), "{why}");
            assert!(parameters["error_description"].contains(why), "{parameters:?}");
        }
    }
    let token = guarded.token(json!({}));
    let answer = guarded.served.ask(bearing(bearing(Ask::call("who", "{}"), &token), &token)).await;
    assert_eq!((answer.status, challenge(&answer)["error"].as_str()), (400, "invalid_request"));
}

#[tokio::test]
async fn a_token_that_lacks_scopes_is_told_all_that_the_request_takes() {
    let guarded = Guarded::start().await;
    let session = guarded.session(json!({})).await;
    let read = json!({ "uri": "notes://all" }).to_string();
    let table: Vec<(Ask, &str, u16, &str)> = vec![
        (Ask::call("who", "{}"), "other", 403, "notes:read"),
        (Ask::call("write", "{}"), "notes:read", 403, "notes:read notes:write notes:log"),
        (Ask::call("write", "{}"), "notes:read notes:write", 403, "notes:read notes:write notes:log"),
        (Ask::call("write", "{}"), "notes:read notes:write notes:log", 200, ""),
        (Ask::call("write", "{}"), "notes", 200, ""),
        (call(&session, "write"), "notes:read", 403, "notes:read notes:write notes:log"),
        (call(&session, "write"), "notes", 200, ""),
        (Ask::modern("resources/read", &read), "notes:read", 403, "notes:read notes:all"),
        (legacy(&session, "resources/read", &read), "notes:read notes:all", 200, ""),
        // What it could not use it may still hear of.
        (Ask::modern("tools/list", "{}"), "notes:read", 200, ""),
    ];
    for (request, scopes, status, needed) in table {
        let answer = guarded.ask(request.clone(), json!({ "scope": scopes })).await;
        assert_eq!(answer.status, status, "{request:?} with {scopes}: {}", answer.text());
        if status == 403 {
            let parameters = challenge(&answer);
            assert_eq!(parameters["error"], "insufficient_scope");
            assert_eq!(parameters["scope"], needed, "{request:?}");
            assert_eq!(parameters["resource_metadata"], METADATA);
        }
    }
}

#[tokio::test]
async fn the_metadata_is_for_everybody_and_so_is_what_was_declared_public() {
    let guarded = Guarded::start().await;
    for path in [DOCUMENT.to_owned(), format!("{DOCUMENT}/mcp")] {
        let answer = guarded.served.ask(Ask::new("GET", &path).header("origin", "https://page.example")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.json()["resource"], RESOURCE);
        assert_eq!(answer.json()["authorization_servers"], json!([guarded.authority.issuer]));
        let preflight = Ask::new("OPTIONS", &path)
            .header("origin", "https://page.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let answer = guarded.served.ask(preflight).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
        assert_eq!(guarded.served.ask(Ask { path, ..Ask::post("{}") }).await.status, 405);
    }
    assert_eq!(guarded.served.ask(Ask::new("GET", &format!("{DOCUMENT}/other"))).await.status, 404);
    assert_eq!(guarded.served.ask(Ask::new("GET", "/open")).await.text(), "open");
    assert_eq!(guarded.served.ask(Ask::new("GET", "/health")).await.status, 200);
}

#[tokio::test]
async fn a_session_is_its_owners_alone() {
    let guarded = Guarded::start().await;
    let session = guarded.session(json!({})).await;
    let table = [
        (json!({}), 200),
        (json!({ "scope": "notes:read notes:write" }), 200),
        (json!({ "sub": "eve" }), 404),
        (json!({ "sub": null }), 404),
        (json!({ "client_id": "other" }), 404),
        (json!({}), 200),
    ];
    for (changes, status) in table {
        let answer = guarded.ask(call(&session, "who"), changes.clone()).await;
        assert_eq!(answer.status, status, "{changes}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_authorization_server_that_fails_closes_the_door_and_says_nothing_of_it() {
    let guarded = Guarded::start().await;
    guarded.authority.answers().broken = Some(::http::StatusCode::INTERNAL_SERVER_ERROR);
    let answer = guarded.ask(Ask::call("who", "{}"), json!({})).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("10")));
    assert_eq!(answer.header("www-authenticate"), None);
    assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
}

#[test]
fn a_wrong_setup_is_told_when_the_server_is_built() {
    let protection = Protection::new("mcp.example.com", JwtVerifier::new("http://auth.example.com"));
    let options = HttpOptions { guard: Some(Arc::new(protection)), ..HttpOptions::default() };
    let error = Server::new("notes", "1.0.0").http(options).expect_err("two things are wrong").to_string();
    assert!(error.contains("resource") && error.contains("use https"), "{error}");
}
