//! Servers where they are served: by themselves, within axum, by hyper alone; what is beside them, and how they end.
#![cfg(feature = "http")]

mod http;
mod support;

use std::sync::Arc;
use std::time::Duration;

use ::http::request::Parts;
use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use http::{Ask, BOTH, Connection, Served, soon};
use isogloss::http_server::{Body, Checking, Guard, HttpOptions, Respond, Site};
use isogloss::{Claims, Context, NoArguments, Server, offer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

fn add() -> Ask {
    Ask::call("add", r#"{"a":1,"b":2}"#)
}

/// Lets in whoever names themselves, and whoever is named `alice` may write.
struct ByName;

impl Guard for ByName {
    fn check<'a>(&'a self, request: &'a Parts) -> Checking<'a> {
        Box::pin(async move {
            let name = request.headers.get("x-name").and_then(|name| name.to_str().ok());
            let refused = || {
                let mut response = Response::new(Body::from("who are you?"));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                response
            };
            let name = name.ok_or_else(refused)?;
            let scopes = if name == "alice" { vec!["write".to_owned()] } else { Vec::new() };
            Ok(Claims { subject: Some(name.to_owned()), scopes, ..Claims::default() })
        })
    }

    fn lacks(&self, _: &Parts, scopes: &[String]) -> Response<Body> {
        let mut response = Response::new(Body::from(scopes.join(" ")));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    }

    fn public_routes(&self) -> Vec<(String, Respond)> {
        let respond: Respond = Arc::new(|method| Response::new(Body::from(format!("{method} me"))));
        vec![("/.well-known/who".to_owned(), respond)]
    }
}

fn guarded() -> Server {
    support::server()
        .tool("whoami", "", async |_: NoArguments, cx: Context| {
            Ok(cx.claims().and_then(|claims| claims.subject.clone()))
        })
        .offer(offer::tool("write", async |_: NoArguments, _| Ok("written")).scopes(["write"]))
}

fn by_name() -> HttpOptions {
    HttpOptions { guard: Some(Arc::new(ByName)), ..HttpOptions::default() }
}

#[tokio::test]
async fn routes_are_public_or_protected_as_they_were_added() {
    let site = Site::new(guarded().http(by_name()).expect("a server"))
        .at("/at/mcp")
        .public("/echo", async |request: Request<Bytes>| Response::new(Body::from(request.into_body().to_vec())))
        .protected("/me", async |request: Request<Bytes>| {
            let claims = request.extensions().get::<Claims>();
            Response::new(Body::from(claims.and_then(|claims| claims.subject.clone()).unwrap_or_default()))
        });
    let served = Served::site(site).await;
    let check = async |ask: Ask, status: u16, text: &str| {
        let answer = served.ask(ask.clone()).await;
        assert_eq!(answer.status, status, "{ask:?}: {}", answer.text());
        assert!(answer.text().contains(text), "{ask:?}: {}", answer.text());
    };
    let at = |ask: Ask| Ask { path: "/at/mcp".into(), ..ask };
    check(at(add()), 401, "who are you?").await;
    check(at(add()).header("x-name", "bob"), 200, "sum").await;
    check(Ask { path: "/at/mcp/".into(), ..add() }.header("x-name", "bob"), 200, "sum").await;
    check(at(Ask::call("whoami", "{}")).header("x-name", "bob"), 200, "bob").await;
    check(at(Ask::call("write", "{}")).header("x-name", "bob"), 403, "write").await;
    check(at(Ask::call("write", "{}")).header("x-name", "alice"), 200, "written").await;
    check(Ask::new("GET", "/health"), 200, "ok").await;
    check(Ask::new("GET", "/health").header("host", "10.0.0.7:8080"), 200, "ok").await;
    check(Ask::new("DELETE", "/health"), 405, "").await;
    check(Ask::new("GET", "/.well-known/who"), 200, "GET me").await;
    check(Ask { path: "/echo".into(), ..Ask::post("hello") }, 200, "hello").await;
    check(Ask::new("GET", "/echo").header("host", "evil.example"), 403, "allowed_hosts").await;
    check(Ask::new("GET", "/me"), 401, "who are you?").await;
    check(Ask::new("GET", "/me").header("x-name", "bob"), 200, "bob").await;
    check(Ask::new("GET", "/mcp").header("x-name", "bob"), 404, "not found").await;
    check(Ask::new("GET", "/"), 404, "not found").await;
}

#[tokio::test]
async fn a_page_that_was_let_in_sees_why_a_route_refused_it() {
    let origin = "https://app.example";
    let options = HttpOptions { max_message: 100, allowed_origins: vec![origin.into()], ..by_name() };
    let handler = async |_: Request<Bytes>| Response::new(Body::from("fine"));
    let site =
        Site::new(guarded().http(options).expect("a server")).public("/all", handler).protected("/some", handler);
    let served = Served::site(site).await;
    for (path, body, status) in [("/all", 1, 200), ("/all", 1000, 413), ("/some", 1, 401)] {
        let ask = Ask { path: path.into(), ..Ask::post("x".repeat(body)) }.header("origin", origin);
        let answer = served.ask(ask).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, Some(origin)), "{path}");
    }
}

#[tokio::test]
async fn a_session_is_of_who_opened_it() {
    let served = Served::site(Site::new(guarded().http(by_name()).expect("a server"))).await;
    let opened = served.ask(Ask::post(support::initialize("2025-11-25")).header("x-name", "bob")).await;
    let id = opened.header("mcp-session-id").expect("a session").to_owned();
    let call = support::legacy(1, "tools/call", r#"{"name":"whoami"}"#);
    let ask = |name: &str, call: &str| Ask::post(call).header("mcp-session-id", &id).header("x-name", name);
    assert!(served.ask(ask("bob", &call)).await.text().contains("bob"));
    let answer = served.ask(ask("eve", &call)).await;
    assert_eq!((answer.status, answer.text().contains("no such session")), (404, true));
    let write = support::legacy(1, "tools/call", r#"{"name":"write"}"#);
    assert_eq!(served.ask(ask("bob", &write)).await.status, 403);
}

#[tokio::test]
async fn a_site_that_is_wrong_is_not_served() {
    let service = support::server().http(HttpOptions::default()).expect("a server");
    let handler = async |_: Request<Bytes>| Response::new(Body::empty());
    let site = Site::new(service).protected("/admin", handler).public("/mcp", handler).public("status", handler);
    let wrong = site.clone().bind("127.0.0.1:0").await.expect_err("three things are wrong").to_string();
    let lines: Vec<&str> = wrong.lines().collect();
    assert_eq!(lines.len(), 3, "{wrong}");
    assert!(lines.iter().any(|line| line.contains("/admin is protected, and nothing checks who asks")), "{wrong}");
    // Within another server it fails closed.
    let mut site = site;
    let request = Request::get("/admin").header("host", "localhost").body(Body::empty()).expect("a request");
    let response = tower_service::Service::call(&mut site, request).await.expect("a response");
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let schema = json!({ "type": "object", "properties": { "a": { "type": "number", "x-mcp-header": "A" } } });
    let server = Server::new("s", "1").offer(offer::raw_tool("t", schema, async |_, _| Ok(1)));
    let wrong = server.http(HttpOptions::default()).expect_err("clients would not list it").to_string();
    assert!(wrong.contains("a: x-mcp-header is for a string, an integer or a boolean"), "{wrong}");
}

#[tokio::test]
async fn a_server_is_nested_in_axum() {
    let service = support::server().http(HttpOptions::default()).expect("a server");
    let site = Site::new(service.clone()).at("/deep/mcp");
    let app = axum::Router::new()
        .nest_service("/nested/mcp", service.clone())
        .route_service("/routed", service)
        .fallback_service(site);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    for path in ["/nested/mcp", "/routed", "/deep/mcp"] {
        let mut connection = Connection::to(address).await;
        let answer = connection.ask(&Ask { path: path.into(), ..add() }).await;
        assert_eq!(answer.json()["result"]["structuredContent"], json!({ "sum": 3 }), "{path}");
        let evil = Ask { path: path.into(), ..add() }.header("origin", "http://evil.example");
        assert_eq!(connection.ask(&evil).await.status, 403, "{path}");
        let opened = connection.ask(&Ask { path: path.into(), ..Ask::post(support::initialize("2025-11-25")) }).await;
        let id = opened.header("mcp-session-id").expect("a session");
        let get = Ask::new("GET", path).header("accept", BOTH).header("mcp-session-id", id);
        connection.send(&get).await;
        let mut events = connection.events().await;
        assert_eq!(events.next().await.as_deref(), Some(""), "{path}");
    }
}

#[tokio::test]
async fn a_server_is_served_by_hyper_alone() {
    let service = support::server().http(HttpOptions::default()).expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a connection");
        let io = hyper_util::rt::TokioIo::new(socket);
        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
    });
    let answer = Connection::to(address).await.ask(&add()).await;
    assert_eq!(answer.json()["result"]["structuredContent"], json!({ "sum": 3 }));
}

/// A tool that waits until it is let go on.
fn waiting() -> (Server, Arc<Notify>, Arc<Notify>) {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let both = (begun.clone(), go_on.clone());
    let server = Server::new("waits", "1").tool("wait", "", move |_: NoArguments, _| {
        let (begun, go_on) = both.clone();
        async move {
            begun.notify_one();
            go_on.notified().await;
            Ok("done")
        }
    });
    (server, begun, go_on)
}

#[tokio::test]
async fn calls_that_run_finish_when_a_server_shuts_down() {
    let (server, begun, go_on) = waiting();
    let served = Served::server(&server, HttpOptions::default()).await;
    let address = served.address;
    let mut idle = served.connect().await;
    assert_eq!(idle.ask(&Ask::modern("tools/list", "{}")).await.status, 200);
    let opened = idle.ask(&Ask::post(support::initialize("2025-11-25"))).await;
    let id = opened.header("mcp-session-id").expect("a session").to_owned();
    let get = Ask::new("GET", "/mcp").header("accept", BOTH).header("mcp-session-id", &id);
    let mut news = served.stream(get).await;
    assert_eq!(news.next().await.as_deref(), Some(""));
    let wanted = r#"{"notifications":{"toolsListChanged":true}}"#;
    let mut listening = served.stream(Ask::modern("subscriptions/listen", wanted)).await;
    assert_eq!(listening.json().await["method"], "notifications/subscriptions/acknowledged");
    let (mut modern, mut legacy) = (served.connect().await, served.connect().await);
    modern.send(&Ask::call("wait", "{}")).await;
    soon(begun.notified()).await;
    let call = support::legacy(1, "tools/call", r#"{"name":"wait"}"#);
    legacy.send(&Ask::post(call).header("mcp-session-id", &id)).await;
    soon(begun.notified()).await;

    let served = served.stop();
    assert_eq!(news.next().await, None);
    assert_eq!(listening.json().await["result"]["resultType"], "complete");
    assert_eq!(listening.next().await, None);
    assert!(idle.is_closed().await);
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nothing more is accepted");
    go_on.notify_waiters();
    assert!(modern.answer().await.text().contains("done"));
    assert!(legacy.answer().await.text().contains("done"));
    soon(served).await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn calls_that_do_not_finish_are_dropped_after_a_while() {
    let (server, begun, _) = waiting();
    let site = Site::new(server.http(HttpOptions::default()).expect("a server"));
    let served = Served::with(site, |listening| listening.drain_timeout = Duration::from_millis(50)).await;
    let mut connection = served.connect().await;
    connection.send(&Ask::call("wait", "{}")).await;
    soon(begun.notified()).await;
    soon(served.stop()).await.expect("no panic").expect("a good end");
    assert!(connection.is_closed().await);
}

#[tokio::test]
async fn more_connections_than_are_served_wait() {
    let site = Site::new(support::server().http(HttpOptions::default()).expect("a server"));
    let served = Served::with(site, |listening| listening.max_connections = 1).await;
    let mut first = served.connect().await;
    assert_eq!(first.ask(&add()).await.status, 200);
    let mut second = served.connect().await;
    second.send(&add()).await;
    let early = tokio::time::timeout(Duration::from_millis(100), second.head()).await;
    assert!(early.is_err(), "it is not served yet");
    drop(first);
    assert_eq!(second.answer().await.status, 200);
}
