//! What a call costs in allocations, held to a recorded ceiling. Unlike time it is the same on every machine, so a
//! change that makes every call dearer is seen where no benchmark runs. The test's own message and the transport's
//! batches are counted, too.

use std::future::Future;

use allocation_counter::measure;
use isogloss::transport::{Frame, Receiver, Sender};
use isogloss::{JsonObject, Server, Transport};
use schemars::JsonSchema;
use serde::Deserialize;

/// So many calls are counted together: what happens once in a while is shared among them.
const CALLS: u64 = 200;

#[derive(Deserialize, JsonSchema)]
struct Terms {
    a: i64,
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Given {
    payload: JsonObject,
}

fn server() -> Server {
    Server::new("counted", "1.0.0")
        .tool("add", "Adds two integers.", async |terms: Terms, _| Ok(terms.a + terms.b))
        .tool("echo", "Gives the payload back.", async |given: Given, _| Ok(given.payload))
}

fn body(tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"test","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{{}}}},"arguments":{arguments},"name":"{tool}"}}}}"#
    )
}

fn echo() -> String {
    let item = r#"{"done":true,"items":[1,2.5,null],"title":"Zürich \"1\""}"#;
    body("echo", &format!(r#"{{"payload":{{"all":[{}]}}}}"#, [item; 20].join(",")))
}

/// How many allocations a call takes on average, rounded up.
fn count<F: Future<Output = ()>>(runtime: &tokio::runtime::Runtime, mut calls: impl FnMut(u64) -> F) -> u64 {
    // The first calls make what lives as long as the server.
    runtime.block_on(calls(CALLS));
    let counted = measure(|| runtime.block_on(calls(CALLS)));
    counted.count_total.div_ceil(CALLS)
}

fn runtime() -> tokio::runtime::Runtime {
    // One thread: allocations are counted by thread.
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn hold(name: &str, counted: u64, ceiling: u64) {
    assert!(
        counted <= ceiling,
        "{name}: {counted} allocations a call, and the ceiling is {ceiling}. Find out which are new; \
         if they are needed, raise the ceiling and say why"
    );
    assert!(
        counted * 5 >= ceiling * 4,
        "{name}: {counted} allocations a call are far below the ceiling of {ceiling}: lower it, so that it holds"
    );
}

async fn over_a_pair(sender: &Sender, receiver: &tokio::sync::Mutex<Receiver>, text: &str, calls: u64) {
    let mut receiver = receiver.lock().await;
    for _ in 0..calls {
        sender.send(vec![Frame::Message(text.as_bytes().to_vec())]).await.expect("an open connection");
        let answer = receiver.receive().await.expect("an answer");
        assert!(matches!(&answer[..], [Frame::Message(text)] if text.windows(10).any(|part| part == b"structured")));
    }
}

#[test]
fn a_call_over_a_transport_takes_no_more_allocations_than_it_did() {
    for (name, text, ceiling) in [("add", body("add", r#"{"a":1,"b":2}"#), 19), ("echo", echo(), 27)] {
        let runtime = runtime();
        let (near, far) = Transport::pair();
        let server = server();
        runtime.spawn(async move { server.serve(far).await });
        let (sender, receiver) = near.split();
        let receiver = tokio::sync::Mutex::new(receiver);
        hold(name, count(&runtime, |calls| over_a_pair(&sender, &receiver, &text, calls)), ceiling);
    }
}

#[cfg(feature = "http")]
mod over_http {
    use bytes::Bytes;
    use http::{Request, StatusCode};
    use http_body_util::{BodyExt, Full};
    use isogloss::http_server::{HttpOptions, HttpService};
    use tower_service::Service;

    use super::{body, count, echo, hold, runtime, server};

    async fn calls(mut service: HttpService, tool: &'static str, text: Bytes, calls: u64) {
        for _ in 0..calls {
            let request = Request::post("http://localhost/mcp")
                .header("host", "localhost")
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", tool)
                .body(Full::new(text.clone()))
                .expect("a request");
            let answer = service.call(request).await.expect("it cannot fail");
            assert_eq!(answer.status(), StatusCode::OK);
            let body = answer.into_body().collect().await.expect("it cannot fail").to_bytes();
            assert!(body.windows(10).any(|part| part == b"structured"), "{body:?}");
        }
    }

    #[test]
    fn a_call_over_http_takes_no_more_allocations_than_it_did() {
        for (tool, text, ceiling) in [("add", body("add", r#"{"a":1,"b":2}"#), 35), ("echo", echo(), 43)] {
            let service = server().http(HttpOptions::default()).expect("a server");
            let text = Bytes::from(text);
            let counted = count(&runtime(), |times| calls(service.clone(), tool, text.clone(), times));
            hold(tool, counted, ceiling);
        }
    }
}
