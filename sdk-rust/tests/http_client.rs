//! A client over HTTP: against our own server in every revision, and against servers that a test makes up.

mod http;
mod scripted;
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Served, soon};
use isogloss::http_client::{Authorize, Authorizing};
use isogloss::http_server::{HttpOptions, Site};
use isogloss::protocol::handlers::ClientHandler;
use isogloss::protocol::types::{
    ClientCapabilities, ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitValue, ElicitationCapability,
    ReadResourceOutcome, ReadResourceRequestParams,
};
use isogloss::{
    Answering, Change, Client, ClientOptions, Context, Diagnostics, Error, Failure, HttpTarget, Mode, NoArguments,
    Revision, Server, ServerCalls, offer,
};
use schemars::JsonSchema;
use scripted::{Heard, Reply, Scripted, event};
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Sum, server};
use tokio::sync::mpsc;

const STREAMABLE: [Revision; 4] =
    [Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];

fn url(served: &Served) -> String {
    format!("http://{}/mcp", served.address)
}

fn mode(mode: Mode) -> ClientOptions {
    ClientOptions { mode, ..ClientOptions::default() }
}

fn speaking(revision: Revision) -> ClientOptions {
    let legacy = revision != Revision::V2026_07_28;
    ClientOptions { revision: Some(revision), ..mode(if legacy { Mode::Legacy } else { Mode::Modern }) }
}

#[tokio::test]
async fn every_revision_can_be_spoken() {
    let served = Served::server(&server(), HttpOptions::default()).await;
    for revision in STREAMABLE {
        let client = Client::connect_with(url(&served), speaking(revision)).await.expect("a connection");
        assert_eq!(client.revision(), revision);
        assert_eq!(client.server_info().map(|info| info.name.as_str()), Some("everything"));
        assert_eq!(client.tools().await.expect("tools").len(), 10);
        let sum: Sum = client.call("add", json!({"a": 2, "b": 3})).await.expect("a sum");
        assert_eq!(sum, Sum { sum: 5 }, "{revision}");
        let failed = client.call::<i64>("fail", json!({})).await.expect_err("it fails");
        assert!(matches!(&failed, Error::Tool(result) if result.text() == "boom"), "{failed:?}");
        let unknown = client.call::<i64>("none", json!({})).await.expect_err("there is none");
        assert_eq!(unknown.as_protocol().map(|error| error.code), Some(-32602), "{unknown:?}");
        let read = ReadResourceRequestParams { uri: "item://caf%C3%A9".into(), ..Default::default() };
        let ReadResourceOutcome::Complete(read) = client.read_resource(&read).await.expect("contents") else {
            panic!("it asks for nothing")
        };
        assert_eq!(read.contents[0].as_text(), Some("item café"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = heard.clone();
        let call = client.call("work", json!({}));
        let call = call.on_progress(move |told| listener.lock().expect("no panic").push(told.progress));
        call.raw().await.expect("a result");
        assert_eq!(*heard.lock().expect("no panic"), [1.0, 2.0], "{revision}");
        soon(client.close()).await;
    }
}

#[tokio::test]
async fn the_newest_common_revision_is_found() {
    let served = Served::server(&server(), HttpOptions::default()).await;
    let address: ::http::Uri = url(&served).parse().expect("an address");
    for client in [Client::connect(&*url(&served)).await, Client::connect(address).await] {
        assert_eq!(client.expect("a connection").revision(), Revision::V2026_07_28);
    }
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

fn asking() -> Server {
    Server::new("asking", "1").tool("ask", "", async |_: NoArguments, cx: Context| {
        let Named { name } = cx.ask(isogloss::Form::new("Your name?")).await?.accepted()?;
        Ok(format!("Hello, {name}!"))
    })
}

struct Zoe;

impl ClientHandler<()> for Zoe {
    type Error = Failure;

    async fn elicit(&self, (): &(), _: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let content = isogloss::wire::Map::from([(String::from("name"), ElicitValue::String(String::from("Zoë")))]);
        Ok(ElicitResult { content: Some(content), ..ElicitResult::new(ElicitResultAction::Accept) })
    }
}

#[tokio::test]
async fn a_server_asks_in_either_era() {
    let served = Served::server(&asking(), HttpOptions::default()).await;
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let capabilities =
            ClientCapabilities { elicitation: Some(ElicitationCapability::default()), ..Default::default() };
        let options = ClientOptions { answering: Some(Answering::by(Zoe)), capabilities, ..speaking(revision) };
        let client = Client::connect_with(url(&served), options).await.expect("a connection");
        let said: String = soon(client.call("ask", json!({}))).await.expect("a greeting");
        assert_eq!(said, "Hello, Zoë!", "{revision}");
    }
}

#[tokio::test]
async fn more_calls_than_may_be_open_at_once_are_all_answered() {
    let served = Served::server(&server(), HttpOptions::default()).await;
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let client = Client::connect_with(url(&served), speaking(revision)).await.expect("a connection");
        let mut calls = tokio::task::JoinSet::new();
        for a in 0..600 {
            let client = client.clone();
            calls.spawn(async move { (a, client.call::<Sum>("add", json!({"a": a, "b": 1})).await) });
        }
        while let Some(called) = soon(calls.join_next()).await {
            let (a, sum) = called.expect("no panic");
            assert_eq!(sum.expect("a sum"), Sum { sum: a + 1 }, "{revision}");
        }
    }
}

/// Tells when it is dropped before it is done.
struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled_on_the_server() {
    let (began, mut begun) = mpsc::unbounded_channel();
    let (dropped, mut ended) = mpsc::unbounded_channel();
    let server = Server::new("slow", "1").tool("slow", "", move |_: NoArguments, _| {
        let (began, dropped) = (began.clone(), Dropped(dropped.clone()));
        async move {
            let _dropped = dropped;
            began.send(()).expect("a test");
            std::future::pending::<()>().await;
            Ok(0)
        }
    });
    let served = Served::server(&server, HttpOptions::default()).await;
    for revision in STREAMABLE {
        let client = Client::connect_with(url(&served), speaking(revision)).await.expect("a connection");
        let call = client.call("slow", json!({})).raw();
        tokio::select! {
            answer = call => panic!("{revision}: {answer:?}"),
            _ = begun.recv() => {}
        }
        soon(ended.recv()).await.expect("the handler is dropped");
        let call = client.call("slow", json!({})).timeout(Duration::from_millis(50));
        let error = call.raw().await.expect_err("no answer");
        assert!(matches!(&error, Error::Timeout { awaited, .. } if awaited == "tools/call"), "{error:?}");
        soon(ended.recv()).await.expect("the handler is dropped");
        begun.recv().await.expect("it had begun");
    }
}

/// A user who takes for ever, and a word from when she was asked to when she was let go.
struct Slow(mpsc::UnboundedSender<()>, mpsc::UnboundedSender<()>);

impl ClientHandler<()> for Slow {
    type Error = Failure;

    async fn elicit(&self, (): &(), _: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let _dropped = Dropped(self.1.clone());
        self.0.send(()).expect("a test");
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_was_asked_for_a_call_is_over_with_it() {
    let (asked, mut was_asked) = mpsc::unbounded_channel();
    let (dropped, mut ended) = mpsc::unbounded_channel();
    let served = Served::server(&asking(), HttpOptions::default()).await;
    let capabilities = ClientCapabilities { elicitation: Some(ElicitationCapability::default()), ..Default::default() };
    let answering = Some(Answering::by(Slow(asked, dropped)));
    let options = ClientOptions { answering, capabilities, ..speaking(Revision::V2025_11_25) };
    let client = Client::connect_with(url(&served), options).await.expect("a connection");
    tokio::select! {
        answer = client.call("ask", json!({})).raw() => panic!("{answer:?}"),
        asked = was_asked.recv() => asked.expect("a question"),
    }
    soon(ended.recv()).await.expect("the question is let go of");
}

#[tokio::test]
async fn a_client_that_is_closed_ends_its_calls_and_its_session() {
    let scripted = Scripted::new(|heard| heard.handshake().unwrap_or_else(|| Reply::stream(":\n\n").open())).await;
    let client = Client::connect_with(scripted.url.clone(), mode(Mode::Legacy)).await.expect("a connection");
    let other = client.clone();
    let call = tokio::spawn(async move { other.call("slow", json!({})).raw().await });
    soon(async {
        while scripted.count("tools/call") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(client.close()).await;
    let error = soon(call).await.expect("no panic").expect_err("it is closed");
    assert!(matches!(&error, Error::Closed(why) if why == "the client was closed"), "{error:?}");
    let ended = scripted.heard().into_iter().find(|heard| heard.method == "DELETE").expect("an end");
    assert_eq!(ended.header("mcp-session-id"), Some("s1"));
    assert_eq!(ended.header("mcp-protocol-version"), Some("2025-11-25"));
}

#[tokio::test(start_paused = true)]
async fn a_legacy_server_is_found_whatever_it_says_to_the_probe() {
    type Probe = fn(&Heard) -> Reply;
    let probes: [(&str, Probe); 6] = [
        ("an error", |heard| heard.error(200, -32601)),
        ("an error with a status", |heard| heard.error(404, -32601)),
        ("a status", |_| Reply::new(400, "text/html", "<h1>Bad Request: no session</h1>")),
        ("nonsense", |_| Reply::new(200, "text/html", "hello")),
        ("silence", |_| Reply::stream("").open()),
        ("the end of the connection", |_| Reply::nothing()),
    ];
    for (name, probe) in probes {
        let scripted = Scripted::new(move |heard| match heard.what() {
            "server/discover" => probe(heard),
            _ => heard.handshake().unwrap_or_else(|| heard.error(200, -32601)),
        })
        .await;
        let client = Client::connect(scripted.url.clone()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(client.revision(), Revision::V2025_11_25, "{name}");
        assert_eq!(scripted.count("initialize"), 1, "{name}: {:?}", scripted.asked());
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_so_and_the_era_is_not_guessed() {
    for status in [401, 403] {
        let scripted = Scripted::new(move |_| Reply::new(status, "text/plain", "who\r\nare\0you?")).await;
        let error = Client::connect(scripted.url.clone()).await.expect_err("no credentials");
        assert!(matches!(&error, Error::Http { status: found, .. } if *found == status), "{error:?}");
        assert!(error.to_string().contains("who are you?"), "{error}");
        assert_eq!(scripted.asked(), ["server/discover"]);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let scripted =
        Scripted::new(|_| Reply::status(307).with("location", "http://elsewhere.example/mcp?key=secret")).await;
    let error = Client::connect(scripted.url.clone()).await.expect_err("a redirect");
    let text = error.to_string();
    assert!(text.contains("http://elsewhere.example/mcp") && text.contains("redirects are not followed"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_fails_its_call_alone() {
    for stream in [false, true] {
        let scripted = Scripted::new(move |heard| {
            if let Some(reply) = heard.discovery() {
                return reply;
            }
            let size = if heard.body["params"]["name"] == "long" { 100_000 } else { 10 };
            let text = json!({"type": "text", "text": "x".repeat(size)});
            let answer = heard.response(json!({"resultType": "complete", "content": [text]}));
            if stream { Reply::stream(&event("1", &answer)) } else { Reply::json(200, &answer) }
        })
        .await;
        let target = HttpTarget::new(&scripted.url).max_message(50_000);
        let client = Client::connect_with(target, mode(Mode::Modern)).await.expect("a connection");
        let error = soon(client.call("long", json!({})).raw()).await.expect_err("too long");
        let text = error.to_string();
        assert!(text.contains("longer than the limit of 50000 bytes (max_message)"), "{text}");
        assert_eq!(client.call("short", json!({})).raw().await.expect("an answer").text().len(), 10);
    }
}

#[tokio::test]
async fn whatever_a_server_says_a_call_ends_and_the_next_one_works() {
    let other = json!({"jsonrpc": "2.0", "id": "other", "result": {}}).to_string();
    let both = json!({"jsonrpc": "2.0", "id": 2, "result": {}, "error": {"code": 1, "message": "x"}}).to_string();
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
    let nonsense = [
        Reply::raw("SSH-2.0-OpenSSH\r\n"),
        Reply::raw("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        Reply::raw(&format!("{head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{")),
        Reply::raw(&format!("{head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")),
        Reply::new(200, "application/json", ""),
        Reply::new(200, "application/json", "[]"),
        Reply::new(200, "application/json", "\u{0}"),
        Reply::new(200, "application/json", &"[".repeat(10_000)),
        Reply::new(200, "application/json", &other),
        Reply::new(200, "application/json", &both),
        Reply::new(200, "", "{}"),
        Reply::status(202),
        Reply::status(204),
        Reply::new(500, "text/plain", &"é".repeat(100_000)),
        Reply::new(418, "application/json", &other),
        Reply::stream(""),
        Reply::stream("data: {\n\n"),
        Reply::stream("id: \u{0}\ndata: []\n\nevent: endpoint\ndata: /sse\n\n"),
        Reply::stream(&format!("data: {other}\n\ndata: {both}\n\n")),
    ];
    for (i, said) in nonsense.into_iter().enumerate() {
        let shown = format!("{i}: {said:.200?}");
        let scripted = Scripted::new(move |heard| match heard.body["params"]["name"].as_str() {
            Some("bad") => said.clone(),
            Some(_) => heard.result(json!({"resultType": "complete", "content": []})),
            None => heard.discovery().unwrap_or_else(|| heard.error(404, -32601)),
        })
        .await;
        let client = Client::connect_with(scripted.url.clone(), mode(Mode::Modern)).await.expect("a connection");
        let error = soon(client.call("bad", json!({})).raw()).await.expect_err(&shown);
        assert!(error.to_string().len() < 1000, "{shown}: {error}");
        soon(client.call("good", json!({})).raw()).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
    }
}

#[tokio::test]
async fn a_modern_request_repeats_itself_in_headers() {
    let scripted = Scripted::new(|heard| {
        let listed = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": [
            {"name": "grüß", "inputSchema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}},
            {"name": "wrong", "inputSchema": {"type": "object", "properties": {"n": {"type": "number", "x-mcp-header": "N"}}}},
        ]});
        match heard.what() {
            "tools/list" => heard.result(listed),
            // What a server says that wants the argument repeated.
            "tools/call" if heard.header("mcp-param-region").is_none() => heard.error(400, -32020),
            "tools/call" => heard.result(json!({"resultType": "complete", "content": []})),
            _ => heard.discovery().unwrap_or_else(|| heard.error(404, -32601)),
        }
    })
    .await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let record = told.clone();
    let diagnostics = Diagnostics::to(move |line| record.lock().expect("no panic").push(line.to_owned()));
    let target = HttpTarget::new(&scripted.url).header("x-tenant", "blue");
    let client = Client::connect_with(target, ClientOptions { diagnostics, ..ClientOptions::default() }).await;
    let client = client.expect("a connection");
    // Nobody has listed the tools: the client does, once it has to.
    client.call("grüß", json!({"region": "ä"})).raw().await.expect("an answer");
    assert_eq!(scripted.asked(), ["server/discover", "tools/call", "tools/list", "tools/call"]);
    client.call("grüß", json!({"region": "eu"})).raw().await.expect("an answer");
    let heard = scripted.heard();
    let called = &heard[3];
    for (name, value) in [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?Z3LDvMOf?="),
        ("mcp-param-region", "=?base64?w6Q=?="),
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("x-tenant", "blue"),
    ] {
        assert_eq!(called.header(name), Some(value), "{name}");
    }
    assert_eq!(heard[4].header("mcp-param-region"), Some("eu"));
    assert_ne!(heard[1].body["id"], heard[3].body["id"], "a request that is made again has an id of its own");
    let names: Vec<String> = client.tools().await.expect("tools").into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["grüß"]);
    let told = told.lock().expect("no panic");
    assert!(told.iter().any(|line| line.starts_with("tool wrong is left out: n: x-mcp-header")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_legacy_stream_that_ends_early_is_resumed_when_the_server_wants_it() {
    let scripted = Scripted::new(|heard| {
        if let Some(reply) = heard.handshake() {
            return reply;
        }
        match (heard.what(), heard.header("last-event-id")) {
            ("tools/call", _) => Reply::stream("retry: 700\nid: 1-1\ndata:\n\n"),
            ("GET", Some("1-1")) => {
                Reply::stream(&event("1-2", &json!({"jsonrpc": "2.0", "method": "notifications/x"})))
            }
            ("GET", Some("1-2")) => {
                // Discover had no answer in this mode, so the call is the second request.
                let answer =
                    json!({"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": "late"}]}});
                Reply::stream(&event("1-3", &answer))
            }
            other => panic!("{other:?}"),
        }
    })
    .await;
    let client = Client::connect_with(scripted.url.clone(), mode(Mode::Legacy)).await.expect("a connection");
    let result = client.call("slow", json!({})).raw().await.expect("an answer");
    assert_eq!(result.text(), "late");
    let heard = scripted.heard();
    let call = heard.iter().find(|heard| heard.what() == "tools/call").expect("a call");
    let resumed: Vec<&Heard> = heard.iter().filter(|heard| heard.header("last-event-id").is_some()).collect();
    assert_eq!(resumed.len(), 2);
    for (before, after) in [(call, resumed[0]), (resumed[0], resumed[1])] {
        assert!(after.at - before.at >= Duration::from_millis(700), "never before the server wants it");
        assert_eq!(after.header("mcp-session-id"), Some("s1"));
    }
}

#[tokio::test]
async fn what_a_server_tells_of_itself_is_heard_in_a_legacy_session() {
    let server = server();
    let served = Served::server(&server, HttpOptions::default()).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let options = mode(Mode::Legacy).on_change(move |change| tell.send(change.clone()).expect("a test"));
    let client = Client::connect_with(url(&served), options).await.expect("a connection");
    server.add(offer::tool("news", async |_: NoArguments, _| Ok(1))).expect("a tool");
    assert_eq!(soon(told.recv()).await, Some(Change::Tools));
    client.close().await;
}

/// Gives every request a token, and a better one once the first is refused.
#[derive(Default)]
struct Tokens(Mutex<usize>);

impl Authorize for Tokens {
    fn authorize<'a>(&'a self, request: &'a mut ::http::request::Parts) -> Authorizing<'a, ()> {
        let token = format!("Bearer t{}", self.0.lock().expect("no panic"));
        request.headers.insert("authorization", token.parse().expect("a value"));
        Box::pin(std::future::ready(Ok(())))
    }

    fn answered<'a>(
        &'a self,
        _: &'a ::http::request::Parts,
        answer: &'a ::http::response::Parts,
    ) -> Authorizing<'a, bool> {
        let again = answer.status == 401;
        if again {
            *self.0.lock().expect("no panic") += 1;
        }
        Box::pin(std::future::ready(Ok(again)))
    }
}

#[tokio::test]
async fn a_request_is_sent_again_with_better_credentials_within_bounds() {
    for (good, admitted) in [("Bearer t1", true), ("none", false)] {
        let scripted = Scripted::new(move |heard| match heard.header("authorization") {
            Some(token) if token == good => heard.discovery().unwrap_or_else(|| heard.error(404, -32601)),
            _ => Reply::status(401),
        })
        .await;
        let target = HttpTarget::new(&scripted.url).authorize(Arc::new(Tokens::default()));
        let connected = Client::connect(target).await;
        assert_eq!(connected.is_ok(), admitted, "{connected:?}");
        assert_eq!(scripted.asked().len(), if admitted { 2 } else { 6 }, "{:?}", scripted.asked());
    }
}

/// A user who takes his time to log in, for the first request.
struct LoggingIn(Mutex<bool>);

impl Authorize for LoggingIn {
    fn authorize<'a>(&'a self, _: &'a mut ::http::request::Parts) -> Authorizing<'a, ()> {
        let first = !std::mem::replace(&mut *self.0.lock().expect("no panic"), true);
        Box::pin(async move {
            if first {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            Ok(())
        })
    }

    fn answered<'a>(&'a self, _: &'a ::http::request::Parts, _: &'a ::http::response::Parts) -> Authorizing<'a, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_that_credentials_take_is_not_the_servers() {
    let scripted = Scripted::new(|heard| heard.discovery().unwrap_or_else(|| Reply::stream("").open())).await;
    let target = HttpTarget::new(&scripted.url).authorize(Arc::new(LoggingIn(Mutex::default())));
    let client = Client::connect(target).await.expect("a connection");
    assert_eq!(client.revision(), Revision::V2026_07_28);
    let error = client.call("slow", json!({})).raw().await.expect_err("silence");
    assert!(matches!(&error, Error::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_of_a_site_with_a_health_check_is_reached_below_its_path_alone() {
    let site = Site::new(server().http(HttpOptions::default()).expect("a server"));
    let served = Served::site(site).await;
    let error = Client::connect(format!("http://{}/other", served.address)).await.expect_err("nothing is there");
    assert!(matches!(&error, Error::Http { status: 404, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_an_address_is_told_before_anything_is_sent() {
    let error = Client::connect("example.com/mcp").await.expect_err("no address");
    assert!(matches!(&error, Error::Setup(why) if why.contains("expected http:// or https://")), "{error:?}");
    let error = Client::connect("http://127.0.0.1:1/mcp").await.expect_err("nobody listens");
    assert!(matches!(&error, Error::Unreachable(_)), "{error:?}");
}

fn _is_send(client: &Client) -> impl Send {
    let call = client.call("add", Value::Null).raw();
    async move { call.await.map(|_| ()) }
}
