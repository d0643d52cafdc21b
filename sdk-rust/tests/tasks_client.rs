//! A client whose server answers with tasks: followed to their end, answered, given up, or held.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use isogloss::protocol::handlers::ClientHandler;
use isogloss::protocol::limits;
use isogloss::protocol::types::{
    ClientCapabilities, ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitValue, ElicitationCapability,
    GetTaskRequestParams, GetTaskResult, InputResponse,
};
use isogloss::wire::Map;
use isogloss::{
    Answering, AsTask, Begun, Client, ClientOptions, Context, Error, Failure, Form, Mode, NoArguments, Server,
    ServerCalls, TaskHandle, Transport, offer,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::Wire;
use tokio::time::{Instant, sleep};

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

/// A user, and how often she was asked.
#[derive(Clone, Default)]
struct Zoe(Arc<AtomicUsize>);

fn zoe() -> ElicitResult {
    let content = Map::from([(String::from("name"), ElicitValue::String(String::from("Zoë")))]);
    ElicitResult { content: Some(content), ..ElicitResult::new(ElicitResultAction::Accept) }
}

impl ClientHandler<()> for Zoe {
    type Error = Failure;

    async fn elicit(&self, (): &(), _: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(zoe())
    }
}

fn options(answering: Option<Answering>) -> ClientOptions {
    let elicitation = Some(ElicitationCapability::default());
    let capabilities = ClientCapabilities { elicitation, ..ClientCapabilities::default() };
    ClientOptions { answering, capabilities, mode: Mode::Modern, ..ClientOptions::default() }
}

async fn connected(server: &Server, options: ClientOptions) -> Client {
    Client::connect_with(server, options).await.expect("a connection")
}

/// A server with slow tools that are tasks, and how many of its handlers were dropped before their end.
fn server() -> (Server, Arc<AtomicUsize>) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    let interval = Duration::from_secs(5);
    let how = || AsTask::optional().poll_interval(interval);
    let endless = move |_: NoArguments, _| {
        let noted = Noted(count.clone());
        async move {
            sleep(Duration::from_secs(1_000_000)).await;
            drop(noted);
            Ok(0)
        }
    };
    let server = Server::new("jobs", "1")
        .offer(
            offer::tool("slow", async |_: NoArguments, cx: Context| {
                sleep(Duration::from_secs(30)).await;
                cx.progress(1.0, None, "half").await?;
                sleep(Duration::from_secs(30)).await;
                Ok("done")
            })
            .task(how()),
        )
        .offer(
            offer::tool("ask", async |_: NoArguments, cx: Context| {
                sleep(Duration::from_secs(10)).await;
                let first = cx.ask(Form::<Named>::new("Name?")).await?.accepted()?.name;
                sleep(Duration::from_secs(10)).await;
                let second = cx.ask(Form::<Named>::new("Again?")).await?.accepted()?.name;
                Ok(format!("{first} {second}"))
            })
            .task(how()),
        )
        .offer(
            offer::tool("boom", async |_: NoArguments, _| {
                sleep(Duration::from_secs(1)).await;
                Err::<u8, _>(Failure::new("boom"))
            })
            .task(how()),
        )
        .offer(
            offer::tool("refused", async |_: NoArguments, _| {
                sleep(Duration::from_secs(1)).await;
                Err::<u8, _>(Failure::protocol(-32001, "not now"))
            })
            .task(how()),
        )
        .offer(offer::tool("endless", endless).task(how()));
    (server, dropped)
}

struct Noted(Arc<AtomicUsize>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Begins a tool that becomes a task.
async fn begin(client: &Client, tool: &str) -> TaskHandle {
    match client.begin_tool(tool, json!({})).await.expect("an answer") {
        Begun::Task(task) => task,
        Begun::Done(result) => panic!("no task: {result:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_end_of_its_task() {
    let (server, _) = server();
    let legacy = ClientOptions { mode: Mode::Legacy, ..options(None).tasks() };
    for (options, tasks) in [(options(None).tasks(), 1), (options(None), 0), (legacy, 0)] {
        let client = connected(&server, options).await;
        // A call of its own timeout may take longer than that as a task, whose requests are answered at once.
        let (before, begun) = (server.task_count(), Instant::now());
        let result = client.call("slow", json!({})).timeout(Duration::from_secs(100)).raw().await.expect("a result");
        assert_eq!(result.structured_content.expect("content").as_str(), r#"{"result":"done"}"#);
        assert_eq!(server.task_count() - before, tasks);
        // At the pace that the server asks for.
        assert!((60..66).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_task_asks_is_answered_once_each() {
    let (server, _) = server();
    let zoe = Zoe::default();
    let client = connected(&server, options(Some(Answering::by(zoe.clone()))).tasks()).await;
    let said: String = client.call("ask", json!({})).await.expect("a result");
    assert_eq!((said.as_str(), zoe.0.load(Ordering::SeqCst)), ("Zoë Zoë", 2));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_asks_whom_nobody_answers_is_cancelled() {
    let (server, _) = server();
    let client = connected(&server, options(None).tasks()).await;
    let error = client.call("ask", json!({})).raw().await.expect_err("nobody answers");
    assert!(error.to_string().contains("elicitation/create"), "{error}");
    server.end_tasks(Duration::from_secs(1)).await;
    let mut task = begin(&client, "ask").await;
    let error = task.wait().await.expect_err("nobody answers");
    assert!(error.to_string().contains("elicitation/create"), "{error}");
    assert!(matches!(task.state().await, Ok(GetTaskResult::InputRequired(_))));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_is_the_call_s_error() {
    let (server, _) = server();
    let client = connected(&server, options(None).tasks()).await;
    let error = client.call::<u8>("boom", json!({})).await.expect_err("it fails");
    assert!(matches!(&error, Error::Tool(result) if result.text() == "boom"), "{error}");
    let error = client.call::<u8>("refused", json!({})).await.expect_err("it is refused");
    assert_eq!(error.as_protocol().map(|error| (error.code, &*error.message)), Some((-32001, "not now")));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_cancels_its_task_and_a_handle_that_is_dropped_does_not() {
    let (server, dropped) = server();
    let client = connected(&server, options(None).tasks()).await;
    let error =
        client.call("endless", json!({})).timeout(Duration::from_secs(20)).raw().await.expect_err("it takes too long");
    assert!(
        matches!(&error, Error::Timeout { awaited, after } if awaited == "tools/call" && after.as_secs() == 20),
        "{error}"
    );
    sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);

    let caller = client.clone();
    let call = tokio::spawn(async move { caller.call("endless", json!({})).raw().await });
    sleep(Duration::from_secs(20)).await;
    call.abort();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 2);

    let id = begin(&client, "endless").await.id().to_owned();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    let mut task = client.task(id);
    assert!(matches!(task.changed().await, Ok(Some(GetTaskResult::Working(_)))));
    task.cancel().await.expect("an acknowledgement");
    assert!(matches!(task.changed().await, Ok(Some(GetTaskResult::Cancelled(_)))));
    assert!(matches!(task.changed().await, Ok(None)));
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
    let error = task.wait().await.expect_err("it was cancelled");
    assert!(
        matches!(&error, Error::Cancelled(why) if why == "the task was cancelled: cancelled by the client"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_can_be_held_watched_and_answered() {
    let (server, _) = server();
    let client = connected(&server, options(None).tasks()).await;
    let mut task = begin(&client, "ask").await;
    let mut asked = 0;
    while let Some(state) = task.changed().await.expect("a state") {
        match state {
            GetTaskResult::InputRequired(state) => {
                asked += 1;
                let answers = state.input_requests.into_keys().map(|key| (key, InputResponse::Elicit(zoe())));
                task.answer(answers.collect()).await.expect("an acknowledgement");
            }
            GetTaskResult::Working(_) => {}
            GetTaskResult::Completed(state) => {
                let result: Value = state.result.to().expect("JSON");
                assert_eq!(result["structuredContent"]["result"], "Zoë Zoë");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(asked, 2);
    let mut task = begin(&client, "slow").await;
    sleep(Duration::from_secs(40)).await;
    assert!(
        matches!(task.state().await, Ok(GetTaskResult::Working(state)) if state.status_message.as_deref() == Some("half"))
    );
    // What waits can be given to the runtime.
    let result = tokio::spawn(async move { task.wait().await }).await.expect("no panic").expect("a result");
    assert_eq!(result.text(), r#"{"result":"done"}"#);
}

#[tokio::test(start_paused = true)]
async fn the_typed_calls_ask_about_tasks_too() {
    let (server, _) = server();
    let client = connected(&server, options(None).tasks()).await;
    let id = begin(&client, "endless").await.id().to_owned();
    let state = client.get_task(&GetTaskRequestParams::new(id)).await.expect("a state");
    assert!(matches!(state, GetTaskResult::Working(_)));
    let error = client.get_task(&GetTaskRequestParams::new("none")).await.expect_err("there is none");
    assert_eq!(error.as_protocol().map(|error| error.code), Some(-32602));
}

/// A server that answers tool calls with a task that never ends, and counts how often it is looked at.
fn never_ending(members: Value) -> (Transport, Arc<AtomicUsize>) {
    let (near, far) = Transport::pair();
    let looks = Arc::new(AtomicUsize::new(0));
    let count = looks.clone();
    tokio::spawn(async move {
        let mut wire = Wire::new(far);
        while let Some(text) = wire.receive().await {
            let request: Value = serde_json::from_str(&text).expect("JSON");
            let mut task = json!({ "taskId": "t", "status": "working", "createdAt": "2026-07-28T00:00:00Z", "lastUpdatedAt": "2026-07-28T00:00:00Z" });
            task.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
            let result = match request["method"].as_str() {
                Some("server/discover") => {
                    json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}, "ttlMs": 0, "cacheScope": "private" })
                }
                Some("tools/call") => {
                    task["resultType"] = json!("task");
                    task
                }
                Some("tasks/get") => {
                    count.fetch_add(1, Ordering::SeqCst);
                    task["resultType"] = json!("complete");
                    task
                }
                _ => json!({ "resultType": "complete" }),
            };
            wire.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string()).await;
        }
    });
    (near, looks)
}

#[tokio::test(start_paused = true)]
async fn a_server_is_looked_at_within_bounds_and_not_for_ever() {
    let day = limits::MAX_TASK_TTL;
    for (members, expected, most) in [
        (json!({ "ttlMs": 10_000, "pollIntervalMs": 0 }), Duration::from_secs(10), 100),
        (json!({ "ttlMs": 600_000, "pollIntervalMs": 9_007_199_254_740_991i64 }), Duration::from_secs(600), 10),
        (json!({ "ttlMs": 10_000, "pollIntervalMs": -5 }), Duration::from_secs(10), 100),
        (json!({ "ttlMs": null, "pollIntervalMs": 60_000 }), day, 1440),
        (json!({ "ttlMs": 9_007_199_254_740_991i64, "pollIntervalMs": 60_000 }), day, 1440),
        (json!({ "ttlMs": 10_000 }), Duration::from_secs(10), 10),
    ] {
        let (transport, looks) = never_ending(members.clone());
        let client = Client::connect_with(transport, options(None).tasks()).await.expect("a connection");
        let error = client.call("job", json!({})).raw().await.expect_err("it never ends");
        assert!(
            matches!(&error, Error::Timeout { awaited, after } if awaited == "the end of a task" && *after == expected),
            "{members}: {error}"
        );
        let looks = looks.load(Ordering::SeqCst);
        assert!((most / 2..=most).contains(&looks), "{members}: {looks} looks");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_was_not_asked_for_is_no_result() {
    let (transport, _) = never_ending(json!({ "ttlMs": null }));
    let client = Client::connect_with(transport, options(None)).await.expect("a connection");
    let error = client.call("job", json!({})).raw().await.expect_err("it may not be a task");
    assert!(error.to_string().contains(r#"found "task""#), "{error}");
}
