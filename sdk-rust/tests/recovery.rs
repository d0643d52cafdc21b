//! What a client does about calls that are broken off: the rows of `spec/overlay/recovery.toml`, each put to the test.
#![cfg(unix)]

mod faulty;
mod http;
mod scripted;
mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use faulty::{Cut, Faulty};
use http::{Served, soon};
use isogloss::http_server::{HttpOptions, Site};
use isogloss::protocol::limits;
use isogloss::protocol::recovery::{Failed, ROWS};
use isogloss::protocol::types::{ReadResourceOutcome, ReadResourceRequestParams};
use isogloss::{Client, ClientOptions, Context, Error, Mode, NoArguments, Server, ServerCalls};
use scripted::{Heard, Reply, Scripted, event};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;

#[test]
fn every_row_is_put_to_the_test() {
    // Here or in another file of tests: whoever adds a row adds a test, and then the row to this list.
    let tested = [
        (Failed::Unreachable, None, None),
        (Failed::Interrupted, None, Some(true)),
        (Failed::Interrupted, None, Some(false)),
        (Failed::StreamEnded, None, None),
        (Failed::SessionLost, Some(false), None),
        (Failed::SessionLost, None, Some(true)),
        (Failed::SessionLost, None, None),
        (Failed::HeaderMismatch, None, None),
        (Failed::TooLarge, None, None),
        (Failed::ChildExited, None, None),
        (Failed::TimedOut, None, None),
    ];
    assert_eq!(ROWS.map(|row| (row.failed, row.sent, row.repeatable)), tested);
}

fn mode(mode: Mode) -> ClientOptions {
    ClientOptions { mode, ..ClientOptions::default() }
}

async fn connect(url: &str, era: Mode) -> Client {
    Client::connect_with(url, mode(era)).await.expect("a connection")
}

/// A server that counts what it has done.
fn counting() -> (Server, Arc<AtomicUsize>) {
    let done = Arc::new(AtomicUsize::new(0));
    let (read, called) = (done.clone(), done.clone());
    let server = Server::new("counting", "1")
        .resource("text://read", "", move |_| {
            read.fetch_add(1, Ordering::SeqCst);
            async { Ok("read") }
        })
        .tool("call", "", move |_: NoArguments, _| {
            called.fetch_add(1, Ordering::SeqCst);
            async { Ok("called") }
        });
    (server, done)
}

fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::OutcomeUnknown { asked, .. } if asked == "tools/call")
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_yet_is_waited_for_within_bounds() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}/mcp");
    let began = Instant::now();
    let error = Client::connect(&*url).await.expect_err("nobody listens");
    assert!(matches!(&error, Error::Unreachable(_)), "{error:?}");
    assert_eq!(began.elapsed().as_millis(), (limits::CONNECT_PAUSE * 3).as_millis(), "two pauses");
    // It comes while the client waits for the second time.
    tokio::spawn(async move {
        tokio::time::sleep(limits::CONNECT_PAUSE + Duration::from_millis(10)).await;
        let site = Site::new(counting().0.http(HttpOptions::default()).expect("a server"));
        site.bind(address).await.expect("the port").serve().await
    });
    connect(&url, Mode::Modern).await;
}

#[tokio::test]
async fn what_may_be_repeated_is_sent_again_when_its_answer_is_lost() {
    for era in [Mode::Modern, Mode::Legacy] {
        for (cut, times) in [(Cut::Before, 1), (Cut::During, 1), (Cut::After, 2)] {
            let (server, done) = counting();
            let served = Served::server(&server, HttpOptions::default()).await;
            let proxy = Faulty::new(served.address, "resources/read", &[cut]).await;
            let client = connect(&proxy.url, era).await;
            let read = ReadResourceRequestParams { uri: "text://read".into(), ..Default::default() };
            let found = soon(client.read_resource(&read)).await;
            assert!(matches!(found, Ok(ReadResourceOutcome::Complete(_))), "{era:?} {cut:?}: {found:?}");
            assert!(proxy.is_done());
            assert_eq!(done.load(Ordering::SeqCst), times, "{era:?} {cut:?}");
        }
    }
}

#[tokio::test]
async fn what_may_not_be_repeated_ends_with_an_outcome_that_is_unknown() {
    for era in [Mode::Modern, Mode::Legacy] {
        for (cut, times) in [(Cut::Before, 0), (Cut::During, 0), (Cut::After, 1)] {
            let (server, done) = counting();
            let served = Served::server(&server, HttpOptions::default()).await;
            let proxy = Faulty::new(served.address, "tools/call", &[cut, cut]).await;
            let client = connect(&proxy.url, era).await;
            let error = soon(client.call("call", json!({})).raw()).await.expect_err("no answer");
            assert!(is_unknown(&error), "{era:?} {cut:?}: {error:?}");
            assert!(error.to_string().ends_with("whether tools/call was carried out is not known"), "{error}");
            assert_eq!(done.load(Ordering::SeqCst), times, "{era:?} {cut:?}");
            // A caller that knows better says so.
            let result = soon(client.call("call", json!({})).repeatable().raw()).await.expect("an answer");
            assert_eq!(result.text(), r#"{"result":"called"}"#);
        }
    }
}

#[tokio::test]
async fn what_breaks_twice_is_not_sent_a_third_time() {
    let (server, done) = counting();
    let served = Served::server(&server, HttpOptions::default()).await;
    let proxy = Faulty::new(served.address, "resources/read", &[Cut::After; 3]).await;
    let client = connect(&proxy.url, Mode::Modern).await;
    let read = ReadResourceRequestParams { uri: "text://read".into(), ..Default::default() };
    let error = soon(client.read_resource(&read)).await.expect_err("no answer");
    assert!(matches!(&error, Error::OutcomeUnknown { .. }), "{error:?}");
    assert_eq!(done.load(Ordering::SeqCst), 2);
}

/// A server whose tool tells how far it is and then waits.
fn waiting() -> (Server, Arc<Notify>, Arc<AtomicUsize>) {
    let (go_on, begun) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let (wait, count) = (go_on.clone(), begun.clone());
    let server = Server::new("waiting", "1").tool("wait", "", move |_: NoArguments, cx: Context| {
        let wait = wait.clone();
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            cx.progress(1.0, None, "").await?;
            wait.notified().await;
            Ok("done")
        }
    });
    (server, go_on, begun)
}

#[tokio::test]
async fn a_legacy_stream_that_breaks_off_is_resumed_and_nothing_is_done_twice() {
    let (server, go_on, begun) = waiting();
    let options = HttpOptions { sse_retry: Duration::from_millis(10), ..HttpOptions::default() };
    let served = Served::server(&server, options).await;
    let proxy = Faulty::new(served.address, "tools/call", &[Cut::Answer]).await;
    let client = connect(&proxy.url, Mode::Legacy).await;
    let call = client.call("wait", json!({})).on_progress(|_| {}).raw();
    let broken = async {
        proxy.was_cut().await;
        go_on.notify_one();
    };
    let (result, ()) = soon(async { tokio::join!(call, broken) }).await;
    assert_eq!(result.expect("an answer").text(), r#"{"result":"done"}"#);
    assert_eq!(begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_modern_stream_that_breaks_off_is_not_asked_for_again() {
    let scripted = Scripted::new(|heard| {
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}});
        heard.discovery().unwrap_or_else(|| Reply::stream(&event("1-1", &progress)))
    })
    .await;
    let client = connect(&scripted.url, Mode::Modern).await;
    let error = client.call("call", json!({})).raw().await.expect_err("no answer");
    assert!(is_unknown(&error) && error.to_string().contains("the stream ended before the answer"), "{error:?}");
    assert_eq!(scripted.asked(), ["server/discover", "tools/call"], "there is nothing to resume in the modern era");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_brings_nothing_new_is_given_up() {
    let scripted = Scripted::new(|heard| {
        let more = || Reply::stream("id: 1-1\nretry: 100\ndata:\n\n");
        heard.handshake().unwrap_or_else(more)
    })
    .await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    let error = client.call("slow", json!({})).raw().await.expect_err("no answer");
    assert!(is_unknown(&error) && error.to_string().contains("(resume_attempts)"), "{error:?}");
    let resumed = scripted.heard().iter().filter(|heard| heard.header("last-event-id").is_some()).count();
    assert_eq!(resumed, limits::RESUME_ATTEMPTS);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_cannot_be_resumed_says_nothing_about_its_call() {
    // As servers say it: with an error of JSON-RPC, which is none of the call's.
    let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "no such event"}});
    for status in [400, 405] {
        let said = Reply::json(status, &error);
        let scripted = Scripted::new(move |heard| match heard.what() {
            "GET" => said.clone(),
            _ => heard.handshake().unwrap_or_else(|| Reply::stream("id: 1-1\nretry: 100\ndata:\n\n")),
        })
        .await;
        let client = connect(&scripted.url, Mode::Legacy).await;
        let error = client.call("slow", json!({})).raw().await.expect_err("no answer");
        assert!(is_unknown(&error) && error.to_string().contains("no such event"), "{error:?}");
        assert_eq!(scripted.count("GET"), 2, "the session's own stream, and the call's, once each");
    }
}

#[tokio::test]
async fn a_gateway_that_lost_the_answer_has_not_answered() {
    for status in [502, 504] {
        let scripted = Scripted::new(move |heard| match heard.what() {
            "tools/call" | "tools/list" => Reply::new(status, "text/html", "<h1>upstream</h1>"),
            _ => heard.discovery().unwrap_or_else(|| heard.error(404, -32601)),
        })
        .await;
        let client = connect(&scripted.url, Mode::Modern).await;
        let error = client.call("call", json!({})).raw().await.expect_err("no answer");
        assert!(is_unknown(&error) && error.to_string().contains(&status.to_string()), "{error:?}");
        client.tools().await.expect_err("no list");
        assert_eq!((scripted.count("tools/call"), scripted.count("tools/list")), (1, 2));
    }
}

/// A legacy server that gives out `s1` and `s2`, and forgets `s1` where the test says.
async fn forgetful(forgets: fn(&Heard) -> bool) -> Scripted {
    let opened = AtomicUsize::new(0);
    Scripted::new(move |heard| {
        if heard.header("mcp-session-id") == Some("s1") && forgets(heard) {
            return Reply::new(404, "text/plain", "session not found");
        }
        match heard.what() {
            "initialize" => {
                let reply = heard.handshake().expect("a handshake");
                let first = opened.fetch_add(1, Ordering::SeqCst) == 0;
                if first { reply } else { heard.opening("s2") }
            }
            "tools/list" => heard.result(json!({"tools": []})),
            "tools/call" => heard.result(json!({"content": []})),
            _ => heard.handshake().unwrap_or_else(|| heard.error(200, -32601)),
        }
    })
    .await
}

#[tokio::test]
async fn a_session_that_is_known_to_be_lost_is_opened_anew_before_anything_is_sent() {
    let scripted = forgetful(|heard| heard.method == "GET").await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    client.call("call", json!({})).raw().await.expect("an answer");
    assert_eq!((scripted.count("initialize"), scripted.count("tools/call")), (2, 1));
    let heard = scripted.heard();
    let call = heard.iter().find(|heard| heard.what() == "tools/call").expect("a call");
    assert_eq!(call.header("mcp-session-id"), Some("s2"));
    assert_eq!(scripted.count("notifications/initialized"), 2);
}

#[tokio::test]
async fn a_lost_session_is_opened_anew_and_only_what_may_be_repeated_is() {
    let scripted = forgetful(|heard| heard.what().starts_with("tools/")).await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    assert!(client.tools().await.expect("a list").is_empty());
    assert_eq!((scripted.count("initialize"), scripted.count("tools/list")), (2, 2));

    let scripted = forgetful(|heard| heard.what().starts_with("tools/")).await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    let error = client.call("call", json!({})).raw().await.expect_err("it is not repeated");
    assert!(is_unknown(&error) && error.to_string().contains("404 Not Found: session not found"), "{error:?}");
    assert_eq!((scripted.count("initialize"), scripted.count("tools/call")), (2, 1));
    client.call("call", json!({})).raw().await.expect("the next call has a session");
    assert_eq!((scripted.count("initialize"), scripted.count("tools/call")), (2, 2));
}

#[tokio::test]
async fn a_server_that_forgets_every_session_is_not_asked_for_ever() {
    let scripted = Scripted::new(|heard| match heard.what() {
        "tools/list" => Reply::status(404),
        _ => heard.handshake().unwrap_or_else(|| heard.error(200, -32601)),
    })
    .await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    client.tools().await.expect_err("no list");
    assert_eq!((scripted.count("initialize"), scripted.count("tools/list")), (2, 2));
}

#[tokio::test]
async fn our_own_server_that_was_started_anew_is_used_on() {
    let served = Served::server(&counting().0, HttpOptions::default()).await;
    let address = served.address;
    let client = connect(&format!("http://{address}/mcp"), Mode::Legacy).await;
    soon(served.stop()).await.expect("no panic").expect("an end");
    let site = Site::new(counting().0.http(HttpOptions::default()).expect("a server"));
    let again = site.bind(address).await.expect("the same port");
    tokio::spawn(again.serve());
    assert_eq!(soon(client.tools()).await.expect("tools").len(), 1);
    client.call("call", json!({})).raw().await.expect("an answer");
}

#[tokio::test]
async fn a_call_whose_headers_are_refused_is_made_again_once() {
    let scripted = Scripted::new(|heard| match heard.what() {
        "tools/call" => heard.error(400, -32020),
        "tools/list" => {
            heard.result(json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": []}))
        }
        _ => heard.discovery().unwrap_or_else(|| heard.error(404, -32601)),
    })
    .await;
    let client = connect(&scripted.url, Mode::Modern).await;
    let error = client.call("call", json!({})).raw().await.expect_err("it is refused again");
    assert_eq!(error.as_protocol().map(|error| error.code), Some(-32020), "{error:?}");
    assert_eq!(scripted.asked(), ["server/discover", "tools/call", "tools/list", "tools/call"]);
}

#[tokio::test]
async fn a_message_that_the_server_does_not_take_fails_alone() {
    for era in [Mode::Modern, Mode::Legacy] {
        let (server, done) = counting();
        let served = Served::server(&server, HttpOptions { max_message: 1000, ..HttpOptions::default() }).await;
        let client = connect(&format!("http://{}/mcp", served.address), era).await;
        let error = soon(client.call("call", json!({"x": "y".repeat(2000)})).raw()).await.expect_err("too large");
        let text = error.to_string();
        assert!(matches!(&error, Error::Http { status: 413, .. }), "{error:?}");
        assert!(text.contains("send less, or raise its limit (max_message)") && text.contains("1000 bytes"), "{text}");
        client.call("call", json!({})).raw().await.expect("an answer");
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_child_that_ends_is_told_of_with_its_status_and_last_words() {
    let shaken = json!({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}});
    let script = format!("read a; echo '{shaken}'; read b; read c; echo 'out of paper' >&2; exit 7");
    let mut command = Command::new("sh");
    command.args(["-c", &script]);
    let client = Client::connect_with(command, mode(Mode::Legacy)).await.expect("a connection");
    let error = soon(client.call("call", json!({})).raw()).await.expect_err("no answer");
    let text = error.to_string();
    assert!(matches!(&error, Error::Closed(_)), "{error:?}");
    assert!(text.contains("exit status: 7") && text.contains("out of paper"), "{text}");
}

#[tokio::test]
async fn a_legacy_server_is_told_when_nobody_waits_any_more() {
    let scripted = Scripted::new(|heard| heard.handshake().unwrap_or_else(|| Reply::stream(":\n\n").open())).await;
    let client = connect(&scripted.url, Mode::Legacy).await;
    let call = client.call("slow", json!({})).timeout(Duration::from_millis(50));
    let error = call.raw().await.expect_err("no answer");
    assert!(matches!(&error, Error::Timeout { .. }), "{error:?}");
    soon(async {
        while scripted.count("notifications/cancelled") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let heard = scripted.heard();
    let of = |what: &str| heard.iter().find(|heard| heard.what() == what).expect("it was heard").body.clone();
    assert_eq!(of("notifications/cancelled")["params"]["requestId"], of("tools/call")["id"]);
}
