//! The legacy era over HTTP: sessions, questions, streams that are resumed, batches.
#![cfg(feature = "http")]

mod http;
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Answer, Ask, BOTH, Events, Served, soon};
use isogloss::http_server::{EventId, EventStore, HttpOptions, Replay};
use isogloss::{Context, NoArguments, Server, offer};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

const NEWEST: &str = "2025-11-25";

/// A client with a session.
struct Session<'s> {
    served: &'s Served,
    id: String,
    revision: &'static str,
}

impl<'s> Session<'s> {
    async fn open(served: &'s Served, revision: &'static str) -> Self {
        let answer = served.ask(Ask::post(support::initialize(revision))).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(answer.json()["result"]["protocolVersion"], revision);
        let id = answer.header("mcp-session-id").expect("a session").to_owned();
        assert!(id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        let session = Session { served, id, revision };
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(session.send(initialized).await.status, 202);
        session
    }

    fn dressed(&self, ask: Ask) -> Ask {
        ask.header("mcp-session-id", &self.id).header("mcp-protocol-version", self.revision)
    }

    fn post(&self, body: &str) -> Ask {
        self.dressed(Ask::post(body))
    }

    fn get(&self) -> Ask {
        self.dressed(Ask::new("GET", "/mcp").header("accept", "text/event-stream"))
    }

    fn call(&self, id: u32, tool: &str, arguments: &str) -> Ask {
        self.post(&call(id, tool, arguments))
    }

    async fn send(&self, body: &str) -> Answer {
        self.served.ask(self.post(body)).await
    }

    async fn stream(&self, ask: Ask) -> Events {
        self.served.stream(ask).await
    }

    async fn resume(&self, last: &str) -> Events {
        self.stream(self.get().header("last-event-id", last)).await
    }
}

fn call(id: u32, tool: &str, arguments: &str) -> String {
    let params = format!(r#"{{"name":"{tool}","arguments":{arguments},"_meta":{{"progressToken":{id}}}}}"#);
    support::legacy(id, "tools/call", &params)
}

async fn served() -> Served {
    Served::server(&support::server(), HttpOptions::default()).await
}

#[tokio::test]
async fn every_legacy_revision_and_the_modern_one_are_served_at_one_address() {
    let served = served().await;
    for revision in ["2025-03-26", "2025-06-18", NEWEST] {
        let session = Session::open(&served, revision).await;
        let answer = served.ask(session.call(7, "add", r#"{"a":1,"b":2}"#)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{revision}");
        assert_eq!(answer.json()["id"], json!(7));
        assert!(answer.text().contains(r#"{\"sum\":3}"#), "{revision}: {}", answer.text());
        let without = session.call(8, "add", r#"{"a":1,"b":2}"#).without("mcp-protocol-version");
        assert_eq!(served.ask(without).await.status, 200, "the session knows its revision: {revision}");
        assert_eq!(served.ask(session.call(9, "work", "{}")).await.header("content-type"), Some("text/event-stream"));
    }
    assert_eq!(served.ask(Ask::call("add", r#"{"a":1,"b":2}"#)).await.status, 200);
}

#[tokio::test]
async fn sessions_are_held_to() {
    let served = served().await;
    let session = Session::open(&served, NEWEST).await;
    let list = support::legacy(1, "tools/list", "{}");
    let check = async |ask: Ask, status: u16, words: &str| {
        let answer = served.ask(ask.clone()).await;
        assert_eq!(answer.status, status, "{ask:?}: {}", answer.text());
        assert!(answer.text().contains(words), "{ask:?}: {}", answer.text());
    };
    check(session.post(&list), 200, "add").await;
    check(session.post(&list).without("mcp-session-id"), 400, "Mcp-Session-Id header is missing").await;
    check(session.post(&list).with("mcp-session-id", "unknown"), 404, "no such session").await;
    check(session.post(&list).with("mcp-protocol-version", "2025-06-18"), 400, "initialized with 2025-11-25").await;
    check(session.post(&list).with("mcp-protocol-version", "1900-01-01"), 400, "unsupported protocol version").await;
    check(session.post(&list).with("mcp-protocol-version", "2026-07-28"), 400, "params._meta").await;
    check(Ask::post(support::legacy(1, "ping", "{}")), 200, "{}").await;
    check(session.get().without("mcp-session-id"), 400, "Mcp-Session-Id").await;
    check(session.get().with("mcp-session-id", "unknown"), 404, "no such session").await;
    check(session.get().with("accept", "application/json"), 406, "text/event-stream").await;
    check(session.post(r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#), 200, "-32601").await;
    let end = session.dressed(Ask::new("DELETE", "/mcp"));
    check(end.clone().without("mcp-session-id"), 400, "Mcp-Session-Id").await;
    check(end.clone(), 204, "").await;
    check(end, 404, "no such session").await;
    check(session.post(&list), 404, "no such session").await;
}

#[tokio::test]
async fn what_is_told_comes_on_the_stream_of_its_request() {
    let served = served().await;
    for (revision, primed) in [("2025-03-26", false), ("2025-06-18", false), (NEWEST, true)] {
        let session = Session::open(&served, revision).await;
        let mut events = session.stream(session.call(5, "work", "{}")).await;
        if primed {
            assert_eq!(events.next().await.as_deref(), Some(""), "{revision}: an event to resume from");
            assert_eq!(events.retry(), Some(Duration::from_secs(1)));
            assert!(events.text.contains("-0\nretry: 1000\ndata: \n\n"), "{}", events.text);
        }
        for done in 1..=2 {
            let told = events.json().await;
            assert_eq!((&told["params"]["progress"], &told["params"]["progressToken"]), (&json!(done), &json!(5)));
        }
        assert_eq!(events.json().await["id"], json!(5), "{revision}");
        assert_eq!(events.next().await, None);
        assert!(events.last_id().ends_with("-3"), "{}", events.text);
    }
}

#[tokio::test]
async fn the_user_is_asked_on_the_stream_of_the_request_and_answers_in_a_post() {
    let served = served().await;
    let session = Session::open(&served, NEWEST).await;
    let mut events = session.stream(session.call(5, "ask", "{}")).await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    let question = events.json().await;
    assert_eq!(question["method"], "elicitation/create");
    let wrong = session.send(r#"{"jsonrpc":"2.0","id":99,"result":{}}"#).await;
    assert_eq!((wrong.status, wrong.text().as_str()), (202, ""), "an answer to nothing");
    let reply = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"action":"accept","content":{{}}}}}}"#, question["id"]);
    assert_eq!(session.send(&reply).await.status, 202);
    let answer = events.json().await;
    assert!(answer.to_string().contains("true"), "{answer}");
    assert_eq!(events.next().await, None);
}

/// A tool that tells how far it is each time it is let, and is done after the third time.
fn stepwise() -> (Server, Arc<Notify>, mpsc::UnboundedReceiver<&'static str>) {
    struct Dropped(mpsc::UnboundedSender<&'static str>, bool);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(if self.1 { "done" } else { "dropped" });
        }
    }
    impl Dropped {
        fn is_done(&mut self) {
            self.1 = true;
        }
    }
    let (step, (ended, ends)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let steps = step.clone();
    let server = Server::new("steps", "1").tool("steps", "", move |_: NoArguments, cx: Context| {
        let (steps, mut guard) = (steps.clone(), Dropped(ended.clone(), false));
        async move {
            for done in 1..=3 {
                steps.notified().await;
                // Nobody may be there to hear it.
                let _ = cx.progress(f64::from(done), None, "").await;
            }
            guard.is_done();
            Ok("done")
        }
    });
    (server, step, ends)
}

#[tokio::test]
async fn a_client_that_goes_away_has_not_cancelled_and_resumes() {
    let (server, step, mut ends) = stepwise();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    let mut events = session
        .stream({
            step.notify_one();
            session.call(5, "steps", "{}")
        })
        .await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    assert_eq!(events.json().await["params"]["progress"], json!(1));
    let last = events.last_id();
    drop(events);
    step.notify_one();
    // Resumed while it runs: what was missed, and then what comes.
    let mut events = session.resume(&last).await;
    assert_eq!(events.json().await["params"]["progress"], json!(2));
    let second = events.last_id();
    step.notify_one();
    assert_eq!(events.json().await["params"]["progress"], json!(3));
    assert_eq!(events.json().await["id"], json!(5));
    assert_eq!(events.next().await, None);
    assert_eq!(soon(ends.recv()).await, Some("done"));
    // Resumed when it is over, from any place.
    let mut events = session.resume(&second).await;
    assert_eq!(events.json().await["params"]["progress"], json!(3));
    assert_eq!(events.json().await["id"], json!(5));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn only_a_notification_cancels() {
    let (server, step, mut ends) = stepwise();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    step.notify_one();
    let mut events = session.stream(session.call(5, "steps", "{}")).await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    assert_eq!(events.json().await["params"]["progress"], json!(1));
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#;
    assert_eq!(session.send(cancel).await.status, 202);
    assert_eq!(soon(ends.recv()).await, Some("dropped"));
    assert_eq!(events.next().await, None, "no answer to what was cancelled");
}

#[tokio::test]
async fn a_session_that_ends_drops_what_runs_in_it() {
    let (server, step, mut ends) = stepwise();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    step.notify_one();
    let mut events = session.stream(session.call(5, "steps", "{}")).await;
    let mut news = session.stream(session.get()).await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    assert_eq!(news.next().await.as_deref(), Some(""));
    assert_eq!(events.json().await["params"]["progress"], json!(1));
    assert_eq!(served.ask(session.dressed(Ask::new("DELETE", "/mcp"))).await.status, 204);
    assert_eq!(soon(ends.recv()).await, Some("dropped"));
    assert_eq!(events.next().await, None);
    assert_eq!(news.next().await, None);
}

#[tokio::test]
async fn an_id_in_use_is_refused_and_the_first_request_goes_on() {
    let (server, step, _ends) = stepwise();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    step.notify_one();
    let mut events = session.stream(session.call(5, "steps", "{}")).await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    events.json().await;
    let answer = served.ask(session.call(5, "steps", "{}")).await;
    assert_eq!(answer.code(), Some(-32600), "{}", answer.text());
    step.notify_one();
    assert_eq!(events.json().await["params"]["progress"], json!(2));
}

#[tokio::test]
async fn a_handler_that_closes_its_stream_is_polled_for() {
    let open = Arc::new(Notify::new());
    let opened = open.clone();
    let server = Server::new("polled", "1").tool("poll", "", move |_: NoArguments, cx: Context| {
        let opened = opened.clone();
        async move {
            let closed = cx.close_stream();
            opened.notified().await;
            Ok(closed)
        }
    });
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    let mut events = session.stream(session.call(5, "poll", "{}")).await;
    assert_eq!(events.next().await.as_deref(), Some(""));
    assert_eq!(events.retry(), Some(Duration::from_secs(1)));
    assert_eq!(events.next().await, None, "the stream was closed before the answer");
    let mut events = session.resume(&events.last_id()).await;
    open.notify_one();
    let answer = events.json().await;
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]["result"]), (&json!(5), &json!(true)));
    assert_eq!(events.next().await, None);
    // Older clients do not poll, and modern ones neither.
    open.notify_one();
    let older = Session::open(&served, "2025-06-18").await;
    let answer = served.ask(older.call(5, "poll", "{}")).await;
    assert_eq!(answer.json()["result"]["structuredContent"]["result"], json!(false));
    open.notify_one();
    let answer = served.ask(Ask::call("poll", "{}")).await;
    assert_eq!(answer.json()["result"]["structuredContent"]["result"], json!(false));
}

#[tokio::test]
async fn what_is_not_kept_cannot_be_resumed() {
    let served = served().await;
    let session = Session::open(&served, NEWEST).await;
    let other = Session::open(&served, NEWEST).await;
    let mut events = session.stream(session.call(5, "work", "{}")).await;
    while events.next().await.is_some() {}
    let last = events.last_id();
    for (session, id, resumed) in [
        (&session, last.replace("-3", "-1"), true),
        (&other, last.replace("-3", "-1"), false),
        (&session, last.replace("-3", "-9"), false),
        (&session, "99-0".into(), false),
        (&session, "nonsense".into(), false),
        (&session, last, false),
    ] {
        let ask = session.get().header("last-event-id", &id);
        let mut connection = served.connect().await;
        connection.send(&ask).await;
        let answer = connection.head().await.expect("an answer");
        assert_eq!(answer.status == 200, resumed, "{id}: {answer:?}");
        assert!(resumed || answer.status == 400, "{id}: {answer:?}");
    }
}

/// Keeps events in a list, and tells of sessions that are forgotten.
#[derive(Default)]
struct List(Mutex<Vec<(String, EventId, Bytes)>>);

impl EventStore for List {
    fn keep(&self, session: &str, id: EventId, message: Bytes) {
        self.0.lock().expect("no panic").push((session.to_owned(), id, message));
    }

    fn after<'a>(&'a self, session: &'a str, id: EventId) -> Replay<'a> {
        Box::pin(async move {
            // As one that is elsewhere.
            tokio::task::yield_now().await;
            let kept = self.0.lock().expect("no panic");
            let later = |other: &EventId| other.stream == id.stream && other.place > id.place;
            let events = kept.iter().filter(|(of, other, _)| of == session && later(other));
            events.map(|(_, id, message)| (*id, message.clone())).collect()
        })
    }

    fn forget(&self, session: &str) {
        self.0.lock().expect("no panic").retain(|(of, ..)| of != session);
    }
}

#[tokio::test]
async fn events_are_kept_where_the_program_says() {
    let store = Arc::new(List::default());
    let options = HttpOptions { event_store: Some(store.clone()), ..HttpOptions::default() };
    let served = Served::server(&support::server(), options).await;
    let session = Session::open(&served, NEWEST).await;
    let mut events = session.stream(session.call(5, "work", "{}")).await;
    while events.next().await.is_some() {}
    assert_eq!(store.0.lock().expect("no panic").len(), 3);
    let mut events = session.resume(&events.last_id().replace("-3", "-1")).await;
    assert_eq!(events.json().await["params"]["progress"], json!(2));
    assert_eq!(events.json().await["id"], json!(5));
    assert_eq!(events.next().await, None);
    assert_eq!(served.ask(session.dressed(Ask::new("DELETE", "/mcp"))).await.status, 204);
    assert_eq!(store.0.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn news_come_on_one_of_the_streams_that_listen() {
    let server = support::server();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    // Told before anybody listens.
    server.add(offer::tool("one", async |_: NoArguments, _| Ok(1))).expect("added");
    let mut first = session.stream(session.get()).await;
    assert_eq!(first.next().await.as_deref(), Some(""), "an event to resume from");
    assert_eq!(first.json().await["method"], "notifications/tools/list_changed");
    let mut second = session.stream(session.get()).await;
    assert_eq!(second.next().await.as_deref(), Some(""));
    server.add(offer::prompt("two", async |_: NoArguments, _| Ok("two"))).expect("added");
    assert_eq!(first.json().await["method"], "notifications/prompts/list_changed");
    // The other one goes on when the first is gone. Until that is seen, what is told can still be had by resuming it.
    let last = first.last_id();
    drop(first);
    let mut told = 0;
    let next = async |events: &mut Events| tokio::time::timeout(Duration::from_millis(200), events.next()).await;
    while next(&mut second).await.is_err() {
        server.add(offer::tool("three", async |_: NoArguments, _| Ok(3))).expect("added");
        told += 1;
    }
    let mut again = session.resume(&last).await;
    for _ in 1..told {
        assert_eq!(again.json().await["method"], "notifications/tools/list_changed");
    }
    drop(second);
    while next(&mut again).await.is_err() {
        server.add(offer::tool("four", async |_: NoArguments, _| Ok(4))).expect("added");
    }
}

#[tokio::test]
async fn resources_that_are_watched_are_told_of() {
    let server = support::server();
    let served = Served::server(&server, HttpOptions::default()).await;
    let session = Session::open(&served, NEWEST).await;
    let mut news = session.stream(session.get()).await;
    assert_eq!(news.next().await.as_deref(), Some(""));
    let watch = support::legacy(1, "resources/subscribe", r#"{"uri":"text://greeting"}"#);
    assert_eq!(session.send(&watch).await.status, 200);
    server.resource_changed("data://bytes");
    server.resource_changed("text://greeting");
    assert_eq!(news.json().await["params"]["uri"], "text://greeting");
}

#[tokio::test]
async fn batches_are_answered_in_the_revision_that_has_them() {
    let served = served().await;
    let session = Session::open(&served, "2025-03-26").await;
    let add = |id| call(id, "add", r#"{"a":1,"b":2}"#);
    let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#;
    let ids = |answer: &Answer| -> Vec<Value> {
        let Value::Array(all) = answer.json() else { panic!("{}", answer.text()) };
        all.iter().map(|one| one["id"].clone()).collect()
    };
    let answer = session.send(&format!("[{},{note},{}]", add(1), add(2))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(ids(&answer), [json!(1), json!(2)]);
    let answer = session.send(&format!(" [{note}]")).await;
    assert_eq!((answer.status, answer.text().as_str()), (202, ""));
    let answer = session
        .send(&format!(r#"[7,{},{{"jsonrpc":"2.0","id":3}},{}]"#, add(1), support::initialize("2025-03-26")))
        .await;
    assert_eq!(ids(&answer), [Value::Null, json!(3), json!(0), json!(1)]);
    // One that tells something, among others.
    let mut events = session.stream(session.post(&format!("[{},{}]", add(1), call(2, "work", "{}")))).await;
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        let event: Value = serde_json::from_str(&event).expect("JSON");
        seen.push(event.get("id").cloned().unwrap_or(Value::Null));
    }
    assert_eq!(seen.iter().filter(|id| id.is_null()).count(), 2, "{seen:?}");
    assert!(seen.contains(&json!(1)) && seen.contains(&json!(2)), "{seen:?}");

    for (body, words) in [("[]", "no messages"), ("[1", "invalid JSON")] {
        let answer = session.send(body).await;
        assert!(answer.status == 400 && answer.text().contains(words), "{body}: {}", answer.text());
    }
    let many = vec![note; 101].join(",");
    let answer = session.send(&format!("[{many}]")).await;
    assert!(answer.status == 400 && answer.text().contains("max_batch"), "{}", answer.text());
    let newer = Session::open(&served, "2025-06-18").await;
    let answer = newer.send(&format!("[{}]", add(1))).await;
    assert!(answer.status == 400 && answer.text().contains("batches are of revision 2025-03-26"), "{}", answer.text());
}

#[tokio::test]
async fn without_sessions_any_legacy_request_is_answered_by_itself() {
    let options = HttpOptions { stateless: true, ..HttpOptions::default() };
    let served = Served::server(&support::server(), options).await;
    let answer = served.ask(Ask::post(support::initialize(NEWEST))).await;
    assert_eq!((answer.status, answer.header("mcp-session-id")), (200, None));
    let ask = Ask::post(call(1, "add", r#"{"a":1,"b":2}"#));
    let answer = served.ask(ask.clone().header("mcp-protocol-version", NEWEST)).await;
    assert_eq!(answer.json()["result"]["structuredContent"], json!({ "sum": 3 }));
    let answer = served.ask(ask.clone()).await;
    assert_eq!(answer.json()["result"].get("structuredContent"), None, "2025-03-26, which has none");
    let mut events = served.stream(Ask::post(call(1, "work", "{}"))).await;
    assert_eq!(events.json().await["method"], "notifications/progress");
    let answer = served.ask(Ask::post(call(1, "ask", "{}")).header("mcp-protocol-version", NEWEST)).await;
    assert!(answer.text().contains(r#""isError":true"#), "{}", answer.text());
    let answer = served.ask(Ask::post(format!("[{},{}]", ask.body, ask.body))).await;
    assert_eq!(answer.json().as_array().map(Vec::len), Some(2), "{}", answer.text());
    for method in ["GET", "DELETE"] {
        let answer = served.ask(Ask::new(method, "/mcp").header("accept", BOTH)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[tokio::test]
async fn sessions_that_are_unused_make_room() {
    let options = HttpOptions { max_sessions: 2, ..HttpOptions::default() };
    let served = Served::server(&support::server(), options).await;
    let list = support::legacy(1, "tools/list", "{}");
    let first = Session::open(&served, NEWEST).await;
    let second = Session::open(&served, NEWEST).await;
    assert_eq!(first.send(&list).await.status, 200, "it was used later than the second");
    let third = Session::open(&served, NEWEST).await;
    assert_eq!(second.send(&list).await.status, 404);
    assert_eq!(first.send(&list).await.status, 200);
    // One in use does not.
    let mut one = first.stream(first.get()).await;
    let mut other = third.stream(third.get()).await;
    assert_eq!((one.next().await.as_deref(), other.next().await.as_deref()), (Some(""), Some("")));
    let answer = served.ask(Ask::post(support::initialize(NEWEST))).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.message().contains("max_sessions"), "{}", answer.text());
}

#[tokio::test]
async fn a_session_that_is_unused_for_long_ends() {
    let options = HttpOptions { session_idle: Duration::ZERO, ..HttpOptions::default() };
    let served = Served::server(&support::server(), options).await;
    let answer = served.ask(Ask::post(support::initialize(NEWEST))).await;
    let id = answer.header("mcp-session-id").expect("a session");
    let ask = Ask::post(support::legacy(1, "tools/list", "{}")).header("mcp-session-id", id);
    assert_eq!(served.ask(ask).await.status, 404);
}

#[tokio::test]
async fn sessions_and_streams_that_have_ended_leave_no_task_behind() {
    let served = served().await;
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut connection = served.connect().await;
    connection.ask(&Ask::modern("tools/list", "{}")).await;
    let before = alive();
    for _ in 0..100 {
        let opened = connection.ask(&Ask::post(support::initialize(NEWEST))).await;
        let id = opened.header("mcp-session-id").expect("a session").to_owned();
        let session = Session { served: &served, id, revision: NEWEST };
        let initialized = session.post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        assert_eq!(connection.ask(&initialized).await.status, 202);
        let mut news = session.stream(session.get()).await;
        assert_eq!(news.next().await.as_deref(), Some(""));
        // One that would never end, given up.
        let mut given_up = served.connect().await;
        given_up.send(&session.call(5, "wait", "{}")).await;
        drop(given_up);
        assert_eq!(connection.ask(&session.dressed(Ask::new("DELETE", "/mcp"))).await.status, 204);
        assert_eq!(news.next().await, None);
    }
    soon(async {
        while alive() > before {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
