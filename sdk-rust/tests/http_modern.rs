//! The modern era over HTTP: headers held to bodies, statuses, streams, and clients that go away.
#![cfg(feature = "http")]

mod http;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Ask, Served, soon};
use isogloss::http_server::HttpOptions;
use isogloss::{Context, NoArguments, Server, offer};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

async fn served() -> Served {
    Served::server(&support::server(), HttpOptions::default()).await
}

#[tokio::test]
async fn what_is_done_at_once_is_answered_as_json() {
    let served = served().await;
    let answer = served.ask(Ask::call("add", r#"{"a":1,"b":2}"#)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json()["result"]["structuredContent"], json!({ "sum": 3 }));
    let answer = served.ask(Ask::call("yield", "{}")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"), "it waited and told nothing");
    let answer = served.ask(Ask::modern("server/discover", "{}")).await;
    assert_eq!(answer.json()["result"]["supportedVersions"][0], "2026-07-28");
}

#[tokio::test]
async fn what_tells_something_is_answered_as_a_stream() {
    let served = served().await;
    let with_token = r#"{"name":"work","arguments":{},"_meta":{"progressToken":"t"}}"#;
    let ask = Ask::modern("tools/call", r#"{"name":"work","arguments":{}}"#);
    let body = ask.body.replacen(r#""_meta":{"#, r#""_meta":{"progressToken":"t","#, 1);
    assert!(body.contains("progressToken"), "{with_token}");
    let mut events = served.stream(Ask { body, ..ask.clone() }).await;
    assert_eq!(events.head.header("x-accel-buffering"), Some("no"));
    assert_eq!(events.head.header("cache-control"), Some("no-cache"));
    assert_eq!(events.json().await["params"]["progress"], json!(1));
    assert_eq!(events.json().await["params"]["progress"], json!(2));
    assert_eq!(events.json().await["id"], json!(1));
    assert_eq!(events.next().await, None);
    assert!(!events.text.contains("id: "), "modern streams are not resumed: {}", events.text);
    let quiet = served.ask(ask).await;
    assert_eq!(quiet.header("content-type"), Some("application/json"), "nobody asked to be told");
}

#[tokio::test]
async fn errors_have_their_statuses() {
    let served = served().await;
    let check = async |ask: Ask, status: u16, code: Option<i64>, words: &str| {
        let answer = served.ask(ask.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{ask:?}: {}", answer.text());
        assert!(answer.text().contains(words), "{ask:?}: {}", answer.text());
        if ask.body.contains(r#""id":1,"method""#) {
            assert_eq!(answer.json()["id"], json!(1), "{}", answer.text());
        }
    };
    for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "no/such"]
    {
        check(Ask::modern(method, "{}"), 404, Some(-32601), method).await;
    }
    check(Ask::call("nobody", "{}"), 200, Some(-32602), "unknown tool: nobody").await;
    check(Ask::call("add", r#"{"a":"x"}"#), 200, None, "isError").await;
    check(Ask::call("refuse", "{}"), 200, Some(-32001), "not now").await;
    check(Ask::call("panic", r#"{"a":9,"b":0}"#), 200, Some(-32603), "internal error").await;
    check(Ask::modern("resources/read", r#"{"uri":"text://none"}"#), 200, Some(-32602), "resource not found").await;
    check(Ask::modern("tools/list", r#"{"cursor":"x"}"#), 200, Some(-32602), "cursor").await;

    let bare = |body: &str| Ask { body: body.into(), ..Ask::modern("server/discover", "{}") };
    let discover = |params: &str| bare(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover"{params}}}"#));
    check(discover(""), 400, Some(-32602), "params._meta: required member is missing").await;
    check(discover(r#","params":{"_meta":{}}"#), 400, Some(-32602), "protocolVersion: required").await;
    let only = r#","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
    check(discover(only), 400, Some(-32602), "clientCapabilities: required").await;
    check(bare("{"), 400, Some(-32700), "invalid JSON").await;
    check(bare(""), 400, Some(-32700), "invalid JSON").await;
    check(bare(r#"{"jsonrpc":"2.0","id":1}"#), 400, Some(-32600), "method: required").await;
    check(bare(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#), 400, Some(-32600), "jsonrpc").await;
    check(bare(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), 400, Some(-32600), "no questions to answer").await;
    check(bare("[]"), 400, Some(-32600), "no batches").await;
}

#[tokio::test]
async fn an_error_without_a_request_has_no_id() {
    let served = served().await;
    let answer = served.ask(Ask { body: "{".into(), ..Ask::call("add", "{}") }).await;
    assert_eq!(answer.json().get("id"), None, "null is no id of this protocol");
}

#[tokio::test]
async fn the_revision_is_the_same_in_headers_and_body() {
    let served = served().await;
    let ask = Ask::call("add", r#"{"a":1,"b":2}"#);
    let unknown = Ask { body: ask.body.replace("2026-07-28", "v999.0.0"), ..ask.clone() };
    for (ask, code) in [
        (ask.clone().without("mcp-protocol-version"), -32020),
        (ask.clone().with("mcp-protocol-version", "2025-11-25"), -32020),
        (ask.clone().with("mcp-protocol-version", "v999.0.0"), -32020),
        (ask.clone().header("mcp-protocol-version", "2026-07-28"), -32020),
        (unknown.clone(), -32020),
        (unknown.clone().without("mcp-protocol-version"), -32020),
        (unknown.with("mcp-protocol-version", "v999.0.0"), -32022),
    ] {
        let answer = served.ask(ask.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, Some(code)), "{ask:?}: {}", answer.text());
        assert_eq!(answer.json()["id"], json!(1), "{}", answer.text());
        if code == -32022 {
            let data = &answer.json()["error"]["data"];
            assert_eq!((&data["requested"], &data["supported"][0]), (&json!("v999.0.0"), &json!("2026-07-28")));
        }
    }
}

#[tokio::test]
async fn method_and_name_are_the_same_in_headers_and_body() {
    let served = served().await;
    let ask = Ask::call("add", r#"{"a":1,"b":2}"#);
    let check = async |ask: Ask, status: u16| {
        let answer = served.ask(ask.clone()).await;
        let code = (status == 400).then_some(-32020);
        assert_eq!((answer.status, answer.code()), (status, code), "{ask:?}: {}", answer.text());
    };
    check(ask.clone().with("mcp-name", "  add  "), 200).await;
    check(ask.clone().without("mcp-name").header("MCP-NAME", "add"), 200).await;
    check(ask.clone().with("mcp-name", "=?base64?YWRk?="), 200).await;
    check(ask.clone().without("mcp-name"), 400).await;
    check(ask.clone().with("mcp-name", "Add"), 400).await;
    check(ask.clone().with("mcp-name", "=?base64?YWR?="), 400).await;
    check(ask.clone().header("mcp-name", "fail"), 400).await;
    check(ask.clone().without("mcp-method"), 400).await;
    check(ask.clone().with("mcp-method", "TOOLS/CALL"), 400).await;
    check(ask.with("mcp-method", "tools/list"), 400).await;
    check(Ask::modern("resources/read", r#"{"uri":"text://greeting"}"#).with("mcp-name", "text://other"), 400).await;
    check(Ask::modern("tools/list", "{}"), 200).await;
}

#[tokio::test]
async fn arguments_are_the_same_in_headers_and_body() {
    let schema = json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "count": { "type": ["integer", "null"], "x-mcp-header": "Count" },
        "deep": { "type": "object", "properties": { "dry": { "type": "boolean", "x-mcp-header": "Dry" } } },
    } });
    let tool = offer::raw_tool("place", schema, async |_: isogloss::JsonObject, _| Ok("ok"));
    let served = Served::server(&Server::new("s", "1").offer(tool), HttpOptions::default()).await;
    let check = async |arguments: &str, headers: &[(&str, &str)], agree: bool| {
        let ask = Ask::call("place", arguments);
        let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        let answer = served.ask(ask.clone()).await;
        let expected = if agree { (200, None) } else { (400, Some(-32020)) };
        assert_eq!((answer.status, answer.code()), expected, "{ask:?}: {}", answer.text());
    };
    check(r#"{"region":"Hello"}"#, &[("Mcp-Param-Region", "Hello")], true).await;
    check(r#"{"region":"Hello"}"#, &[("mcp-param-region", "=?base64?SGVsbG8=?=")], true).await;
    check(r#"{"region":"Hello"}"#, &[("mcp-param-region", "=?base64?SGVsbG8?=")], false).await;
    check(r#"{"region":"Hello"}"#, &[("mcp-param-region", "=?base64?SGVs!!!bG8=?=")], false).await;
    check(r#"{"region":"SGVsbG8="}"#, &[("mcp-param-region", "SGVsbG8=")], true).await;
    check(r#"{"region":"=?base64?SGVsbG8="}"#, &[("mcp-param-region", "=?base64?SGVsbG8=")], true).await;
    check(r#"{"region":"Hello"}"#, &[], false).await;
    check(r#"{"region":"Hello"}"#, &[("mcp-param-region", "hello")], false).await;
    check(r#"{"region":""}"#, &[("mcp-param-region", "")], true).await;
    check("{}", &[], true).await;
    check("{}", &[("mcp-param-region", "Hello")], false).await;
    check(r#"{"count":null}"#, &[], true).await;
    check(r#"{"count":42}"#, &[("mcp-param-count", "42.0")], true).await;
    check(r#"{"count":42}"#, &[("mcp-param-count", "43")], false).await;
    check(r#"{"deep":{"dry":true}}"#, &[("mcp-param-dry", "true")], true).await;
    check(r#"{"deep":{"dry":true}}"#, &[("mcp-param-dry", "false")], false).await;
    check("{}", &[("mcp-param-unknown", "anything")], true).await;
}

/// A tool that waits for ever, and counts how often it was begun and dropped.
fn endless(begun: Arc<Notify>, dropped: mpsc::UnboundedSender<()>) -> Server {
    struct Dropped(mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    Server::new("endless", "1").tool("wait", "", move |_: NoArguments, cx: Context| {
        let (begun, guard) = (begun.clone(), Dropped(dropped.clone()));
        async move {
            cx.progress(1.0, None, "begun").await?;
            begun.notify_one();
            std::future::pending::<()>().await;
            drop(guard);
            Ok(())
        }
    })
}

#[tokio::test]
async fn a_client_that_goes_away_cancels() {
    let (begun, (dropped, mut dropping)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let served = Served::server(&endless(begun.clone(), dropped), HttpOptions::default()).await;
    // Before anything was answered.
    let mut connection = served.connect().await;
    connection.send(&Ask::call("wait", "{}")).await;
    soon(begun.notified()).await;
    drop(connection);
    soon(dropping.recv()).await.expect("it is dropped");
    // While it streams.
    let ask = Ask::call("wait", "{}");
    let body = ask.body.replacen(r#""_meta":{"#, r#""_meta":{"progressToken":1,"#, 1);
    let mut events = served.stream(Ask { body, ..ask }).await;
    assert_eq!(events.json().await["method"], "notifications/progress");
    drop(events);
    soon(dropping.recv()).await.expect("it is dropped");
}

#[tokio::test]
async fn a_long_answer_becomes_a_stream_that_is_kept_alive() {
    let options = HttpOptions { sse_keep_alive: Duration::from_millis(20), ..HttpOptions::default() };
    let wait = Arc::new(Notify::new());
    let waiting = wait.clone();
    let server = Server::new("slow", "1").tool("slow", "", move |_: NoArguments, _| {
        let waiting = waiting.clone();
        async move {
            waiting.notified().await;
            Ok("done")
        }
    });
    let served = Served::server(&server, options).await;
    let mut events = served.stream(Ask::call("slow", "{}")).await;
    for _ in 0..2 {
        let chunk = events.connection.chunk(&mut events.head).await.expect("a comment");
        assert_eq!(chunk, b":\n\n");
    }
    wait.notify_one();
    assert_eq!(events.json().await["result"]["structuredContent"]["result"], "done");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn what_a_slow_reader_has_not_taken_makes_the_handler_wait() {
    let (told, telling) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let both = (told.clone(), telling.clone());
    let server = Server::new("loud", "1").tool("loud", "", move |_: NoArguments, cx: Context| {
        let (told, telling) = both.clone();
        async move {
            let long = "x".repeat(100_000);
            for done in 1..=1000 {
                cx.progress(f64::from(done), None, &long).await?;
                told.fetch_add(1, Ordering::SeqCst);
                telling.notify_one();
                tokio::task::yield_now().await;
            }
            Ok(())
        }
    });
    let served = Served::server(&server, HttpOptions::default()).await;
    let ask = Ask::call("loud", "{}");
    let body = ask.body.replacen(r#""_meta":{"#, r#""_meta":{"progressToken":1,"#, 1);
    let mut events = served.stream(Ask { body, ..ask }).await;
    // It stands still before all is told, since nobody reads.
    let more = async || tokio::time::timeout(Duration::from_millis(200), telling.notified()).await.is_ok();
    while more().await {}
    let told = told.load(Ordering::SeqCst);
    assert!(told < 1000, "all {told} messages were told to nobody");
    for done in 1..=1000 {
        assert_eq!(events.json().await["params"]["progress"], json!(done));
    }
    assert_eq!(events.json().await["id"], json!(1));
}

#[tokio::test]
async fn a_modern_client_is_asked_by_what_it_is_answered() {
    let served = served().await;
    let ask = Ask::call("ask", "{}");
    let answer = served.ask(ask).await;
    // The tool asks as legacy servers do, for which there is no way here: it fails at once, and nothing hangs.
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("isError"), "{}", answer.text());
}

#[tokio::test]
async fn subscriptions_stream_until_the_client_has_enough() {
    let server = support::server();
    let served = Served::server(&server, HttpOptions::default()).await;
    let wanted = r#"{"notifications":{"toolsListChanged":true}}"#;
    let mut events = served.stream(Ask::modern("subscriptions/listen", wanted)).await;
    let first = events.json().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], json!(1));
    server.add(offer::tool("new", async |_: NoArguments, _| Ok(1))).expect("added");
    assert_eq!(events.json().await["method"], "notifications/tools/list_changed");
    server.end_subscriptions();
    let last: Value = events.json().await;
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(1), &json!("complete")));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn notifications_are_taken_and_not_answered() {
    let served = served().await;
    for method in ["notifications/cancelled", "notifications/initialized", "notifications/no_such"] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{"requestId":1}}}}"#);
        let answer = served.ask(Ask::post(body).header("mcp-protocol-version", "2026-07-28")).await;
        assert_eq!((answer.status, answer.text().as_str()), (202, ""), "{method}");
    }
}

#[tokio::test]
async fn modern_clients_have_no_sessions() {
    let served = served().await;
    for method in ["GET", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH"] {
        let ask = Ask::new(method, "/mcp").header("mcp-protocol-version", "2026-07-28").header("accept", http::BOTH);
        let mut connection = served.connect().await;
        connection.send(&ask.header("mcp-session-id", "x")).await;
        let answer = connection.head().await.expect("an answer");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST, DELETE")), "{method}");
    }
    let answer = served.ask(Ask::call("add", r#"{"a":1,"b":2}"#).header("mcp-session-id", "unknown")).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
}
