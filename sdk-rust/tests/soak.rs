//! A server that runs for long: 100,000 calls, 1,000 legacy sessions that are ended and 1,000 that are abandoned, and
//! 10,000 tasks leave memory and tasks as they were.

mod support;

use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::Service;
use isogloss::http_server::{HttpOptions, HttpService};
use support::{Wire, legacy, modern, server};
use tokio::runtime::Handle;

/// What is written at a time, so that a call costs no round trip.
const TOGETHER: u32 = 100;

/// What the process has in memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a size");
    let kibibytes: u64 = line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number");
    kibibytes * 1024
}

/// Memory is level if it grew by less than what allocators keep for themselves: a byte a call would be more.
fn is_level(before: u64, after: u64) -> bool {
    after <= before + before / 20 + 2 * 1024 * 1024
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hundred_thousand_calls_leave_nothing_behind() {
    let mut wire = Wire::to(&server());
    let call = modern(1, "tools/call", r#"{"name":"add","arguments":{"a":2,"b":3}}"#);
    let mut calls = async |count: u32| {
        for _ in 0..count / TOGETHER {
            for _ in 0..TOGETHER {
                wire.send(&call).await;
            }
            for _ in 0..TOGETHER {
                assert!(wire.receive().await.expect("an answer").contains(r#""sum":5"#));
            }
        }
    };
    calls(10_000).await;
    let (memory, running) = (resident(), tasks());
    calls(100_000).await;
    assert_eq!(tasks(), running);
    assert!(is_level(memory, resident()), "{memory} bytes before, {} after", resident());
}

async fn ask(
    service: &HttpService,
    method: &str,
    session: Option<&str>,
    body: String,
) -> (u16, Option<String>, String) {
    let mut request = Request::builder()
        .method(method)
        .uri("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-11-25");
    }
    let request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let Ok(response) = service.call(request).await;
    let opened = response.headers().get("mcp-session-id").map(|id| id.to_str().expect("ASCII").to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, opened, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

async fn open(service: &HttpService) -> String {
    let (status, session, _) = ask(service, "POST", None, support::initialize("2025-11-25")).await;
    assert_eq!(status, 200);
    let session = session.expect("a session");
    let (status, _, body) = ask(service, "POST", Some(&session), legacy(1, "tools/list", "{}")).await;
    assert!(status == 200 && body.contains("\"add\""), "{status} {body}");
    session
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_sessions_leave_nothing_behind_whether_ended_or_abandoned() {
    let options = HttpOptions { max_sessions: 100, ..HttpOptions::default() };
    let service = server().http(options).expect("a service");
    let rounds = async |count: u32| {
        for _ in 0..count {
            let session = open(&service).await;
            assert!((200..300).contains(&ask(&service, "DELETE", Some(&session), String::new()).await.0));
            assert_eq!(ask(&service, "POST", Some(&session), legacy(1, "tools/list", "{}")).await.0, 404);
        }
        for _ in 0..count {
            open(&service).await;
        }
    };
    // More than there is room for, so that those to come replace those that are there.
    rounds(200).await;
    let (memory, running) = (resident(), tasks());
    rounds(1_000).await;
    assert_eq!(tasks(), running);
    assert!(is_level(memory, resident()), "{memory} bytes before, {} after", resident());
}

#[cfg(all(target_os = "linux", feature = "tasks"))]
#[tokio::test]
async fn ten_thousand_tasks_leave_nothing_behind_whether_done_or_not() {
    use std::time::Duration;

    use isogloss::{AsTask, NoArguments, offer};

    let short = || AsTask::required().ttl(Duration::from_millis(1));
    let done = offer::tool("done", async |_: NoArguments, _| {
        tokio::task::yield_now().await;
        Ok("done")
    });
    let endless = offer::tool("endless", async |_: NoArguments, _| {
        std::future::pending::<()>().await;
        Ok("never")
    });
    let server = server().offer(done.task(short())).offer(endless.task(short()));
    let mut wire = Wire::to(&server);
    let declared =
        r#""io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;
    let call = |tool: &str| {
        let call = modern(1, "tools/call", &format!(r#"{{"name":"{tool}","arguments":{{}}}}"#));
        call.replace(r#""io.modelcontextprotocol/clientCapabilities":{}"#, declared)
    };
    let calls = [call("done"), call("endless")];
    let mut begun = async |count: u32| {
        for _ in 0..count / TOGETHER {
            for _ in 0..TOGETHER / 2 {
                wire.send(&calls[0]).await;
                wire.send(&calls[1]).await;
            }
            for _ in 0..TOGETHER {
                assert!(wire.receive().await.expect("an answer").contains(r#""resultType":"task""#));
            }
        }
        let forgotten = async {
            while server.task_count() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), forgotten).await.expect("they are forgotten");
    };
    begun(1_000).await;
    let (memory, running) = (resident(), tasks());
    begun(10_000).await;
    assert_eq!(tasks(), running);
    assert!(is_level(memory, resident()), "{memory} bytes before, {} after", resident());
}
