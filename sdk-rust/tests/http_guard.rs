//! What is refused before anything is answered: foreign names and pages, other content, too much, too slow.
#![cfg(feature = "http")]

mod http;
mod support;

use std::time::Duration;

use http::{Ask, BOTH, Served, soon};
use isogloss::http_server::{HttpOptions, Site};
use isogloss::{Context, NoArguments, Server};
use serde_json::Value;

async fn served(options: HttpOptions) -> Served {
    Served::server(&support::server(), options).await
}

fn add() -> Ask {
    Ask::call("add", r#"{"a":1,"b":2}"#)
}

fn named() -> HttpOptions {
    HttpOptions {
        allowed_hosts: vec!["mcp.example.com".into()],
        allowed_origins: vec!["https://app.example".into()],
        ..HttpOptions::default()
    }
}

#[tokio::test]
async fn foreign_names_and_pages_are_refused_with_the_setting_that_lets_them_in() {
    let served = served(named()).await;
    let own = served.address.to_string();
    let check = async |ask: Ask, status: u16, setting: &str| {
        let answer = served.ask(ask.clone()).await;
        assert_eq!(answer.status, status, "{ask:?}: {}", answer.text());
        assert!(answer.text().contains(setting), "{ask:?}: {}", answer.text());
        if status == 403 {
            assert_eq!(answer.json().get("id"), None);
        }
    };
    check(add().header("host", "mcp.example.com"), 200, "").await;
    check(add().header("host", &own).header("origin", &format!("http://{own}")), 200, "").await;
    check(add().header("host", "evil.example.com"), 403, "allowed_hosts").await;
    let evil = "http://evil.example.com";
    check(add().header("host", "evil.example.com").header("origin", evil), 403, "allowed_hosts").await;
    check(add().header("origin", evil), 403, r#"add \"http://evil.example.com\" to allowed_origins"#).await;
    check(add().header("origin", "null"), 403, "allowed_origins").await;
    check(add().header("host", "a").header("host", &own), 400, "").await;
    check(Ask { path: "http://evil.example.com/mcp".into(), ..add() }, 403, "allowed_hosts").await;
    check(Ask::new("GET", "/mcp").header("host", "evil.example.com"), 403, "allowed_hosts").await;
    check(Ask::new("OPTIONS", "/mcp").header("origin", evil), 403, "allowed_origins").await;
}

#[tokio::test]
async fn pages_of_listed_origins_are_told_what_they_may() {
    let served = served(named()).await;
    let ask = |origin: &str| {
        Ask::new("OPTIONS", "/mcp")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,mcp-method,mcp-param-region")
    };
    let answer = served.ask(ask("https://app.example")).await;
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example"),
        ("access-control-allow-methods", "GET, POST, DELETE"),
        ("access-control-allow-headers", "content-type,mcp-method,mcp-param-region"),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let answer = served.ask(add().header("origin", "https://app.example")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("https://app.example")));
    assert!(answer.header("access-control-expose-headers").is_some_and(|names| names.contains("mcp-session-id")));
    let answer = served.ask(add().header("origin", "https://app.example").without("content-type")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (415, Some("https://app.example")));
    // A page of this machine is let in, and its browser is not told that it may see anything.
    let own = format!("http://{}", served.address);
    let answer = served.ask(add().header("origin", &own)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    assert_eq!(served.ask(ask(&own)).await.status, 403);
}

#[tokio::test]
async fn only_json_comes_in_and_only_what_is_accepted_goes_out() {
    let served = served(HttpOptions::default()).await;
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=\"UTF-8\"", 200),
        ("application/json; charset=utf-16", 415),
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("", 415),
    ] {
        let answer = served.ask(add().with("content-type", content_type)).await;
        assert_eq!(answer.status, status, "{content_type:?}: {}", answer.text());
    }
    for (accept, status) in [
        (BOTH, 200),
        ("text/event-stream, application/json;q=0.5", 200),
        ("*/*", 200),
        ("application/*, text/*", 200),
        ("application/json", 406),
        ("text/event-stream", 406),
        ("text/html", 406),
        ("application/json, text/event-stream;q=0", 406),
    ] {
        let answer = served.ask(add().with("accept", accept)).await;
        assert_eq!(answer.status, status, "{accept:?}: {}", answer.text());
    }
    assert_eq!(served.ask(add().without("accept")).await.status, 200, "who says nothing takes anything");
    let two = add().with("accept", "application/json").header("accept", "text/event-stream");
    assert_eq!(served.ask(two).await.status, 200);
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_alone_and_names_the_limit() {
    let served = served(HttpOptions { max_message: 2000, ..HttpOptions::default() }).await;
    let mut connection = served.connect().await;
    let long = Ask { body: format!("{}{}", add().body, " ".repeat(2000)), ..add() };
    let answer = connection.ask(&long).await;
    assert_eq!((answer.status, answer.code()), (413, Some(-32600)), "{}", answer.text());
    assert_eq!(answer.json()["id"], 1);
    assert!(answer.message().contains("2000 bytes (max_message)"), "{}", answer.text());
    assert_eq!(connection.ask(&add()).await.status, 200, "the connection lives on");
    // As long as allowed.
    let body = add().body;
    let exact = Ask { body: format!("{body}{}", " ".repeat(2000 - body.len())), ..add() };
    assert_eq!(connection.ask(&exact).await.status, 200);
    // Without an id that could be read.
    let answer = connection.ask(&Ask { body: "x".repeat(2001), ..add() }).await;
    assert_eq!((answer.status, answer.json().get("id")), (413, None));
    // In pieces whose number nobody knows before.
    let mut pieces = String::new();
    for piece in long.body.as_bytes().chunks(100) {
        pieces += &format!("{:x}\r\n{}\r\n", piece.len(), std::str::from_utf8(piece).expect("ASCII"));
    }
    let chunked = Ask { body: pieces + "0\r\n\r\n", ..add() }.header("transfer-encoding", "chunked");
    assert_eq!(connection.ask(&chunked).await.status, 413);
    assert_eq!(connection.ask(&add()).await.status, 200);
}

#[tokio::test]
async fn who_would_send_far_too_much_is_told_before() {
    let served = served(HttpOptions { max_message: 2000, ..HttpOptions::default() }).await;
    let mut connection = served.connect().await;
    let mut text = add().header("expect", "100-continue").text(&served.address.to_string());
    text.truncate(text.find("\r\n\r\n").expect("a head") + 4);
    let length = format!("content-length: {}", add().body.len());
    connection.write(text.replace(&length, "content-length: 1000000").as_bytes()).await;
    assert_eq!(connection.answer().await.status, 413);
}

#[tokio::test]
async fn a_body_in_pieces_is_one_message() {
    let served = served(HttpOptions::default()).await;
    let mut connection = served.connect().await;
    let text = add().text(&served.address.to_string());
    for piece in text.as_bytes().chunks(97) {
        connection.write(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(connection.answer().await.status, 200);
    // Two at once.
    let twice = format!("{text}{text}");
    connection.write(twice.as_bytes()).await;
    assert_eq!((connection.answer().await.status, connection.answer().await.status), (200, 200));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let served = served(HttpOptions::default()).await;
    for (what, bytes) in [
        ("half a character", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xC3\"}".as_slice()),
        ("a NUL", b"{\"jsonrpc\":\"2.0\",\0\"id\":1}"),
        ("a byte order mark", b"\xEF\xBB\xBF{}"),
        ("two messages", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}"),
        ("half a message", b"{\"jsonrpc\":\"2.0\",\"id\":1"),
    ] {
        let mut connection = served.connect().await;
        let mut text = Ask { body: "?".repeat(bytes.len()), ..add() }.text(&served.address.to_string()).into_bytes();
        let head = text.len() - bytes.len();
        text[head..].copy_from_slice(bytes);
        connection.write(&text).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.code()), (400, Some(-32700)), "{what}: {}", answer.text());
    }
}

#[tokio::test]
async fn heads_that_are_too_large_or_too_slow_end_their_connection_alone() {
    let site = Site::new(support::server().http(HttpOptions::default()).expect("a server"));
    let served = Served::with(site, |listening| listening.head_timeout = Duration::from_millis(100)).await;
    let mut connection = served.connect().await;
    connection.send(&add().header("x-long", &"x".repeat(300_000))).await;
    assert_eq!(connection.head().await.map(|answer| answer.status), Some(431));
    let mut connection = served.connect().await;
    let many = (0..200).fold(add(), |ask, i| ask.header(&format!("x-{i}"), "x"));
    connection.send(&many).await;
    assert_eq!(connection.head().await.map(|answer| answer.status), Some(431));
    let mut slow = served.connect().await;
    slow.write(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\n").await;
    assert!(matches!(slow.head().await.map(|answer| answer.status), None | Some(408)));
    let mut idle = served.connect().await;
    assert!(idle.is_closed().await);
    assert_eq!(served.ask(add()).await.status, 200);
}

#[tokio::test]
async fn who_takes_nothing_of_what_is_sent_is_left() {
    struct Dropped(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (dropped, mut dropping) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new("loud", "1").tool("loud", "", move |_: NoArguments, cx: Context| {
        let guard = Dropped(dropped.clone());
        async move {
            let long = "x".repeat(1_000_000);
            for done in 1.. {
                cx.progress(f64::from(done), None, &long).await?;
            }
            drop(guard);
            Ok(())
        }
    });
    let site = Site::new(server.http(HttpOptions::default()).expect("a server"));
    let served = Served::with(site, |listening| listening.write_timeout = Duration::from_millis(100)).await;
    let ask = Ask::call("loud", "{}");
    let body = ask.body.replacen(r#""_meta":{"#, r#""_meta":{"progressToken":1,"#, 1);
    let _unread = served.stream(Ask { body, ..ask }).await;
    soon(dropping.recv()).await.expect("its handler is dropped");
}

#[tokio::test]
async fn what_is_no_http_is_no_request() {
    let served = served(HttpOptions::default()).await;
    let length = "content-length: 2\r\ncontent-type: application/json\r\n";
    for (what, text) in [
        ("nonsense", "hello\r\n\r\n".to_owned()),
        (
            "lengths that differ",
            format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n{length}content-length: 3\r\n\r\n{{}}"),
        ),
        (
            "a length and pieces",
            format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n{length}transfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        ("no host", format!("POST /mcp HTTP/1.1\r\n{length}\r\n{{}}")),
        ("a folded header", format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n folded\r\n{length}\r\n{{}}")),
    ] {
        let mut connection = served.connect().await;
        connection.write(text.as_bytes()).await;
        let answer = connection.head().await;
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{what}: {answer:?}");
    }
    let answer = served.ask(add()).await;
    assert!(answer.json()["result"] != Value::Null);
}
