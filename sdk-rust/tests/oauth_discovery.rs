//! The way from a refused request to an authorization server: which places are asked in which order, and what ends it.

mod authority;
mod http;
mod oauth;
mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use authority::Authority;
use authority::grants::{Known, unchecked};
use axum::body::Body;
use http::Ask;
use isogloss::oauth::{ClientIdentity, MemoryStore, OAuth, TokenStore};
use oauth::{age, call, why, yes};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PREFIXED: &str = "/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "/.well-known/oauth-protected-resource";

/// A server that lets in whoever has any token, and that says of itself what a test says.
#[derive(Clone)]
struct Resource {
    origin: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    challenge: String,
    documents: HashMap<String, (u16, String)>,
    asked: Vec<String>,
    /// Refuses tokens of this issuer.
    refused: String,
    /// Wants one more scope each time.
    greedy: Option<usize>,
}

impl Resource {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let resource = Resource { origin, state: Arc::default() };
        let held = resource.clone();
        let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let answer = held.answer(&request);
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        resource
    }

    fn answer(&self, request: &::http::Request<Body>) -> ::http::Response<Body> {
        let mut state = self.state.lock().unwrap();
        let path = request.uri().path();
        if path != "/mcp" {
            state.asked.push(path.to_owned());
            let (status, body) = state.documents.get(path).cloned().unwrap_or((404, String::new()));
            return ::http::Response::builder().status(status).body(body.into()).unwrap();
        }
        let token = request.headers().get("authorization").map(|token| token.to_str().unwrap());
        match token.filter(|token| unchecked(token)["iss"] != state.refused.as_str()) {
            Some(_) => match &mut state.greedy {
                Some(wanted) => {
                    *wanted += 1;
                    let challenge = format!(r#"Bearer error="insufficient_scope", scope="s{wanted}""#);
                    let refused = ::http::Response::builder().status(403).header("www-authenticate", challenge);
                    refused.body(Body::empty()).unwrap()
                }
                None => ::http::Response::new("{}".into()),
            },
            None => {
                let refused = ::http::Response::builder().status(401);
                refused.header("www-authenticate", &state.challenge).body(Body::empty()).unwrap()
            }
        }
    }

    fn says(&self, path: &str, document: Value) {
        self.state.lock().unwrap().documents.insert(path.into(), (200, document.to_string()));
    }

    fn url(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    /// What came of a call: the status, or why there is no token; and which documents were asked for.
    async fn called(&self) -> (Result<u16, String>, Vec<String>) {
        self.state.lock().unwrap().asked.clear();
        let oauth = OAuth::authorization_code(self.url(), yes()).build().unwrap();
        let called = match call(&oauth, &self.url(), &Ask::post("{}")).await {
            Ok(answer) => Ok(answer.status),
            refused => Err(why(refused)),
        };
        (called, self.state.lock().unwrap().asked.clone())
    }
}

#[tokio::test]
async fn the_servers_document_is_where_it_says_else_below_its_path_else_at_the_root() {
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    let document = json!({ "resource": resource.url(), "authorization_servers": [authority.issuer] });
    let place = format!("{}/elsewhere.json", resource.origin);
    let table = [
        (format!(r#"Bearer resource_metadata="{place}""#), "/elsewhere.json", vec!["/elsewhere.json"]),
        ("Bearer".to_owned(), PREFIXED, vec![PREFIXED]),
        ("Bearer".to_owned(), ROOT, vec![PREFIXED, ROOT]),
    ];
    for (challenge, path, expected) in table {
        *resource.state.lock().unwrap() = State { challenge, ..State::default() };
        resource.says(path, document.clone());
        assert_eq!(resource.called().await, (Ok(200), expected.into_iter().map(str::to_owned).collect()), "{path}");
    }
    // Where it says it is it has to be.
    resource.state.lock().unwrap().challenge = format!(r#"Bearer resource_metadata="{place}x""#);
    let (called, asked) = resource.called().await;
    assert!(called.unwrap_err().contains("found HTTP 404"));
    assert_eq!(asked, ["/elsewhere.jsonx"]);
}

#[tokio::test]
async fn the_resource_is_sent_as_the_server_spells_it() {
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    let spellings = [resource.origin.clone(), format!("{}/", resource.origin), resource.origin.replace("http", "HTTP")];
    for spelling in spellings {
        resource.says(ROOT, json!({ "resource": spelling, "authorization_servers": [authority.issuer] }));
        assert_eq!(resource.called().await.0, Ok(200), "{spelling}");
        let asked = authority.seen("/authorize").pop().unwrap();
        let token = authority.seen("/token").pop().unwrap();
        assert_eq!((&asked["resource"], &token["resource"]), (&spelling, &spelling));
    }
}

#[tokio::test]
async fn a_document_that_is_wrong_ends_it() {
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    let good = json!({ "resource": resource.url(), "authorization_servers": [authority.issuer] });
    let table = [
        (json!({ "resource": "https://evil.example/mcp" }), "resource: expected"),
        (json!({ "resource": format!("{}/other", resource.origin) }), "resource: expected"),
        (json!({ "resource": 7 }), "of another kind"),
        (json!({ "authorization_servers": [] }), "expected at least one"),
        (json!({ "authorization_servers": null }), "expected at least one"),
        (json!({ "authorization_servers": ["http://a.example"] }), "use https"),
        (json!({ "authorization_servers": [format!("{}/", authority.issuer)] }), "issuer: expected"),
        (json!({ "authorization_servers": ["x".repeat(10_000)] }), "max_uri"),
    ];
    for (changes, expected) in table {
        let mut document = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        resource.says(PREFIXED, document);
        resource.says(ROOT, good.clone());
        let (called, asked) = resource.called().await;
        let words = called.unwrap_err();
        assert!(words.contains(expected) && words.len() < 1000, "{changes}: {words}");
        assert_eq!(asked, [PREFIXED], "{changes}");
    }
    resource.state.lock().unwrap().documents.insert(PREFIXED.into(), (503, String::new()));
    assert!(resource.called().await.0.unwrap_err().contains("503"));
    assert_eq!(authority.seen("/authorize").len(), 0);
}

#[tokio::test]
async fn an_issuers_document_is_looked_for_in_order_and_has_to_be_its_own() {
    let authority = Authority::granting(json!({})).await;
    authority.answers().metadata.clear();
    let resource = Resource::start().await;
    let table = [
        ("", vec!["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
        (
            "/tenant",
            vec![
                "/.well-known/oauth-authorization-server/tenant",
                "/.well-known/openid-configuration/tenant",
                "/tenant/.well-known/openid-configuration",
            ],
        ),
    ];
    for (path, places) in table {
        let issuer = format!("{}{path}", authority.issuer);
        resource.says(PREFIXED, json!({ "resource": resource.url(), "authorization_servers": [issuer] }));
        for (i, place) in places.iter().enumerate() {
            let metadata = authority.granting_metadata(json!({ "issuer": issuer }));
            authority.answers().metadata = [(place.to_string(), metadata)].into();
            authority.answers().grants.iss = Some(Some(issuer.clone()));
            authority.answers().asked.clear();
            assert_eq!(resource.called().await.0, Ok(200), "{place}");
            for (j, other) in places.iter().enumerate() {
                assert_eq!(authority.asked(other), usize::from(j <= i), "{other} for {place}");
            }
        }
        // One that is somebody else's is not passed over for the next.
        let foreign = authority.granting_metadata(json!({ "issuer": "https://attacker.example" }));
        let own = authority.granting_metadata(json!({ "issuer": issuer }));
        authority.answers().metadata = places.iter().map(|place| (place.to_string(), own.clone())).collect();
        authority.answers().metadata.insert(places[0].into(), foreign);
        authority.answers().asked.clear();
        assert!(resource.called().await.0.unwrap_err().contains("attacker"));
        assert_eq!(authority.asked(places[1]), 0);
        authority.answers().metadata.clear();
        assert!(resource.called().await.0.unwrap_err().contains("no metadata of"));
    }
}

#[tokio::test]
async fn a_server_of_the_first_revision_is_its_own_authorization_server() {
    // The authorization server answers 401 at its own address, too, by being the resource's.
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    let metadata = authority.granting_metadata(json!({ "issuer": resource.origin }));
    authority.answers().grants.iss = Some(Some(resource.origin.clone()));
    resource.says("/.well-known/oauth-authorization-server", metadata);
    let (called, asked) = resource.called().await;
    assert_eq!((called, asked.len()), (Ok(200), 3));
    assert_eq!(authority.seen("/authorize")[0]["resource"], resource.url());
    // Without any document its endpoints are at fixed places.
    resource.state.lock().unwrap().documents.clear();
    let (called, asked) = resource.called().await;
    let words = called.unwrap_err();
    assert!(words.contains("names no authorization server") && words.contains("/register"), "{words}");
    assert_eq!(asked.last().map(String::as_str), Some("/register"));
}

#[tokio::test]
async fn a_server_that_changes_its_authorization_server_takes_nothing_of_the_old_one_there() {
    let (old, new) = (Authority::granting(json!({})).await, Authority::granting(json!({})).await);
    let resource = Resource::start().await;
    let secret = ClientIdentity::new("desk").secret("hunter2");
    old.know(
        "desk",
        Known {
            secret: Some("hunter2".into()),
            method: "client_secret_basic".into(),
            redirect_uris: vec![oauth::BACK.into()],
            key: None,
        },
    );
    let registered = OAuth::authorization_code(resource.url(), yes()).build().unwrap();
    let given = OAuth::authorization_code(resource.url(), yes()).client(secret).build().unwrap();
    resource.says(PREFIXED, json!({ "resource": resource.url(), "authorization_servers": [old.issuer] }));
    for oauth in [&registered, &given] {
        assert_eq!(call(oauth, &resource.url(), &Ask::post("{}")).await.unwrap().status, 200);
    }
    resource.says(PREFIXED, json!({ "resource": resource.url(), "authorization_servers": [new.issuer] }));
    resource.state.lock().unwrap().refused = old.issuer.clone();
    assert_eq!(call(&registered, &resource.url(), &Ask::post("{}")).await.unwrap().status, 200);
    let words = why(call(&given, &resource.url(), &Ask::post("{}")).await);
    assert!(words.contains("belongs to") && !words.contains("hunter2"), "{words}");
    // Nobody renewed there what was got here.
    let (asked, tokens) = (new.seen("/authorize"), new.seen("/token"));
    assert_eq!((new.seen("/register").len(), asked.len(), tokens.len(), old.seen("/token").len()), (1, 1, 1, 2));
    assert_eq!(tokens[0]["grant_type"], "authorization_code");
}

#[tokio::test]
async fn a_token_that_was_kept_and_is_over_is_got_anew_where_the_server_says() {
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    let place = format!("{}/elsewhere.json", resource.origin);
    resource.state.lock().unwrap().challenge = format!(r#"Bearer resource_metadata="{place}""#);
    resource
        .says("/elsewhere.json", json!({ "resource": resource.url(), "authorization_servers": [authority.issuer] }));
    authority.answers().grants.refreshes = false;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::default());
    let run = async || {
        let oauth = OAuth::authorization_code(resource.url(), yes()).store(store.clone()).build().unwrap();
        let answer = call(&oauth, &resource.url(), &Ask::post("{}")).await.unwrap();
        (answer.status, authority.seen("/authorize").len())
    };
    assert_eq!(run().await, (200, 1));
    assert_eq!(run().await, (200, 1), "it is kept");
    age(&*store, &resource.url(), true).await;
    assert_eq!(run().await, (200, 2));
    assert!(resource.state.lock().unwrap().asked.iter().all(|path| path == "/elsewhere.json"));
}

#[tokio::test]
async fn a_server_that_always_wants_more_is_not_given_more_for_ever() {
    let authority = Authority::granting(json!({})).await;
    let resource = Resource::start().await;
    resource.says(PREFIXED, json!({ "resource": resource.url(), "authorization_servers": [authority.issuer] }));
    resource.state.lock().unwrap().greedy = Some(0);
    assert_eq!(resource.called().await.0, Ok(403));
    let scopes: Vec<String> =
        authority.seen("/authorize").iter().map(|asked| asked.get("scope").cloned().unwrap_or_default()).collect();
    assert_eq!(scopes, ["", "s1", "s1 s2", "s1 s2 s3"]);
}
