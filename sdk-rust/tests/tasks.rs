//! Tools that run as tasks, as text on the wire: how they begin, ask, end, and are forgotten.

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use isogloss::protocol::calls::Caller;
use isogloss::protocol::methods;
use isogloss::protocol::types::{ProgressNotificationParams, ProgressToken};
use isogloss::{
    AsTask, Context, Failure, Form, Found, IntoServer, NoArguments, Question, Server, StoredTask, Storing, TaskStore,
    offer,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Wire, initialize, legacy, modern};
use tokio::sync::Notify;
use tokio::time::sleep;

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// The text of a request of a client that has declared the extension, and can be asked.
fn declared(id: u32, method: &str, params: &Value) -> String {
    let capabilities = format!(
        r#""io.modelcontextprotocol/clientCapabilities":{{"elicitation":{{}},"extensions":{{"{EXTENSION}":{{}}}}}}"#
    );
    modern(id, method, &params.to_string()).replace(r#""io.modelcontextprotocol/clientCapabilities":{}"#, &capabilities)
}

/// A client that has declared the extension.
struct Client(Wire);

impl Client {
    fn to(server: &Server) -> Self {
        Client(Wire::to(server))
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.0.ask(&declared(1, method, &params)).await
    }

    async fn call(&mut self, tool: &str) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": {} })).await["result"].take()
    }

    /// Calls a tool that becomes a task; gives its id.
    async fn begin(&mut self, tool: &str) -> String {
        let created = self.call(tool).await;
        assert_eq!(created["resultType"], "task", "{created}");
        created["taskId"].as_str().expect("an id").to_owned()
    }

    async fn get(&mut self, id: &str) -> Value {
        self.ask("tasks/get", json!({ "taskId": id })).await["result"].take()
    }

    /// Looks at a task again and again until it is as wanted.
    async fn until(&mut self, id: &str, status: &str) -> Value {
        for _ in 0..10_000 {
            let task = self.get(id).await;
            if task["status"] == status {
                return task;
            }
            sleep(Duration::from_millis(250)).await;
        }
        panic!("the task does not become {status}");
    }

    async fn update(&mut self, id: &str, answers: Value) -> Value {
        self.ask("tasks/update", json!({ "taskId": id, "inputResponses": answers })).await
    }

    async fn cancel(&mut self, id: &str) -> Value {
        self.ask("tasks/cancel", json!({ "taskId": id })).await
    }
}

fn accepted(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

fn acknowledged(answer: &Value) {
    assert_eq!(answer["result"], json!({ "resultType": "complete" }));
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

/// A tool that takes a minute.
fn slow(name: &str, how: AsTask) -> offer::ToolOffer {
    offer::tool(name, async |_: NoArguments, _| {
        sleep(Duration::from_secs(60)).await;
        Ok("done")
    })
    .task(how)
}

/// Notes that it was dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A tool that never comes to an end, and how often it was dropped.
fn endless(how: AsTask) -> (offer::ToolOffer, Arc<AtomicUsize>) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    let tool = offer::tool("endless", move |_: NoArguments, cx: Context| {
        let noted = Dropped(count.clone());
        async move {
            std::future::pending::<()>().await;
            drop((noted, cx));
            Ok(0)
        }
    });
    (tool.task(how), dropped)
}

fn server() -> Server {
    Server::new("jobs", "1")
}

#[tokio::test(start_paused = true)]
async fn a_call_becomes_a_task_for_a_client_that_knows_tasks_and_a_result_for_others() {
    let server = server().offer(slow("slow", AsTask::optional().poll_interval(Duration::from_millis(250))));
    let mut client = Client::to(&server);
    let created = client.call("slow").await;
    assert_eq!((&created["resultType"], &created["status"]), (&json!("task"), &json!("working")));
    assert_eq!((&created["ttlMs"], &created["pollIntervalMs"]), (&json!(3_600_000), &json!(250)));
    assert!(created["createdAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{created}");
    let id = created["taskId"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 32);
    let working = client.get(&id).await;
    assert_eq!((&working["resultType"], &working["status"]), (&json!("complete"), &json!("working")));
    let done = client.until(&id, "completed").await;
    assert_eq!(done["result"]["structuredContent"], json!({ "result": "done" }));

    let plain = client.0.ask(&modern(2, "tools/call", r#"{"name":"slow","arguments":{}}"#)).await;
    assert_eq!(plain["result"]["resultType"], "complete");
    let mut old = Wire::to(&server);
    old.ask(&initialize("2025-11-25")).await;
    let plain = old.ask(&legacy(1, "tools/call", r#"{"name":"slow","arguments":{}}"#)).await;
    assert_eq!(plain["result"]["structuredContent"]["result"], "done");
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_is_a_task_alone_refuses_who_knows_no_tasks() {
    let server = server().offer(slow("slow", AsTask::required()));
    let mut wire = Wire::to(&server);
    let refused = wire.ask(&modern(1, "tools/call", r#"{"name":"slow","arguments":{}}"#)).await;
    assert_eq!(refused["error"]["code"], -32021);
    assert_eq!(refused["error"]["data"], json!({ "requiredCapabilities": { "extensions": { EXTENSION: {} } } }));
    let mut old = Wire::to(&server);
    old.ask(&initialize("2025-11-25")).await;
    let told = old.ask(&legacy(1, "tools/call", r#"{"name":"slow","arguments":{}}"#)).await;
    assert_eq!(told["result"]["isError"], true);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_at_once_is_no_task() {
    let tool = offer::tool("quick", async |_: Named, _| Ok("done")).task(AsTask::required());
    let server = server().offer(tool);
    let mut client = Client::to(&server);
    let call = json!({ "name": "quick", "arguments": { "name": "x" } });
    let done = client.ask("tools/call", call).await;
    assert_eq!(done["result"]["structuredContent"]["result"], "done");
    let wrong = client.call("quick").await;
    assert_eq!((&wrong["isError"], &wrong["resultType"]), (&json!(true), &json!("complete")));
    assert_eq!(server.task_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_extension_is_there_if_a_tool_runs_as_a_task() {
    for (tool, there) in
        [(slow("slow", AsTask::optional()), true), (offer::tool("add", async |_: NoArguments, _| Ok(1)), false)]
    {
        let server = server().offer(tool);
        let mut client = Client::to(&server);
        let discovered = client.ask("server/discover", json!({})).await;
        assert_eq!(discovered["result"]["capabilities"]["extensions"].get(EXTENSION).is_some(), there);
        for (method, params) in [
            ("tasks/get", json!({ "taskId": "none" })),
            ("tasks/cancel", json!({ "taskId": "none" })),
            ("tasks/update", json!({ "taskId": "none", "inputResponses": {} })),
        ] {
            let code = client.ask(method, params.clone()).await["error"]["code"].clone();
            assert_eq!(code, if there { -32602 } else { -32601 }, "{method}");
            let code = client.0.ask(&modern(2, method, &params.to_string())).await["error"]["code"].clone();
            assert_eq!(code, if there { -32021 } else { -32601 }, "{method} by a client without the extension");
        }
        for method in ["tasks/list", "tasks/result"] {
            assert_eq!(client.ask(method, json!({ "taskId": "none" })).await["error"]["code"], -32601, "{method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_asks_without_running_again() {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    let tool = offer::tool("ask", move |_: NoArguments, cx: Context| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let question = |text: &str| cx.ask(Form::<Named>::new(text).key(text));
            let (first, second) = tokio::join!(question("first"), question("second"));
            let third: Named = cx.ask(Form::new("Third?")).await?.accepted()?;
            Ok(format!("{} {} {}", first?.accepted()?.name, second?.accepted()?.name, third.name))
        }
    });
    let server = server().offer(tool.task(AsTask::optional()));
    let mut client = Client::to(&server);
    let created = client.call("ask").await;
    assert_eq!(created["status"], "input_required");
    assert!(created.get("inputRequests").is_none(), "{created}");
    let id = created["taskId"].as_str().expect("an id").to_owned();

    let asked = client.get(&id).await;
    assert_eq!(asked["inputRequests"]["first"]["method"], "elicitation/create");
    assert_eq!(asked["inputRequests"].as_object().map(|asked| asked.len()), Some(2));
    acknowledged(
        &client.update(&id, json!({ "first": accepted(json!({ "name": "A" })), "nobody": { "asked": 1 } })).await,
    );
    let asked = client.get(&id).await;
    assert_eq!(asked["status"], "input_required");
    assert_eq!(
        asked["inputRequests"].as_object().map(|asked| asked.keys().collect::<Vec<_>>()),
        Some(vec![&"second".into()])
    );

    let wrong = client.update(&id, json!({ "second": { "what": 1 } })).await;
    assert_eq!(wrong["error"]["code"], -32602);
    assert!(
        wrong["error"]["message"].as_str().is_some_and(|said| said.starts_with("params.inputResponses.second: ")),
        "{wrong}"
    );
    let missing = client.ask("tasks/update", json!({ "taskId": id })).await;
    assert_eq!(missing["error"]["message"], "params.inputResponses: required member is missing");

    acknowledged(&client.update(&id, json!({ "second": accepted(json!({ "name": "B" })) })).await);
    let asked = client.until(&id, "input_required").await;
    let key = asked["inputRequests"].as_object().and_then(|asked| asked.keys().next()).expect("a question").clone();
    acknowledged(&client.update(&id, json!({ key: accepted(json!({ "name": "C" })) })).await);
    assert_eq!(client.until(&id, "completed").await["result"]["structuredContent"]["result"], "A B C");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    acknowledged(&client.update(&id, json!({})).await);
}

#[tokio::test(start_paused = true)]
async fn a_task_fails_closed_where_the_client_cannot_be_asked() {
    let tool = offer::tool("ask", async |_: NoArguments, cx: Context| {
        tokio::task::yield_now().await;
        Ok(cx.ask(Form::<Named>::new("Name?")).await?.accepted()?.name)
    });
    let server = server().offer(tool.task(AsTask::optional()));
    let mut client = Client::to(&server);
    let call =
        declared(1, "tools/call", &json!({ "name": "ask", "arguments": {} })).replace(r#""elicitation":{},"#, "");
    let created = client.0.ask(&call).await;
    let id = created["result"]["taskId"].as_str().expect("an id").to_owned();
    assert_eq!(client.until(&id, "failed").await["error"]["code"], -32021);
}

#[tokio::test(start_paused = true)]
async fn a_task_says_how_far_it_has_got() {
    let (goes_on, waits) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (step, told) = (goes_on.clone(), waits.clone());
    let tool = offer::tool("work", move |_: NoArguments, cx: Context| {
        let (step, told) = (step.clone(), told.clone());
        async move {
            step.notified().await;
            assert!(!cx.logs(isogloss::protocol::types::LoggingLevel::Emergency));
            let params = ProgressNotificationParams::new(1.0, ProgressToken::String("t".into()));
            cx.notify(&methods::PROGRESS_NOTIFICATION, &params).await.expect_err("a task has no way to its client");
            cx.progress(1.0, Some(2.0), "half of it").await?;
            told.notify_one();
            step.notified().await;
            Ok("all of it")
        }
    });
    let server = server().offer(tool.task(AsTask::optional()));
    let mut client = Client::to(&server);
    let id = client.begin("work").await;
    assert!(client.get(&id).await.get("statusMessage").is_none());
    goes_on.notify_one();
    waits.notified().await;
    assert_eq!(client.until(&id, "working").await["statusMessage"], "half of it");
    goes_on.notify_one();
    let done = client.until(&id, "completed").await;
    assert!(done.get("statusMessage").is_none(), "{done}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_cancelled_drops_its_handler() {
    let (tool, dropped) = endless(AsTask::optional());
    let server = server().offer(tool);
    let mut client = Client::to(&server);
    let id = client.begin("endless").await;
    assert!(server.remove_tool("endless"));
    assert_eq!(client.get(&id).await["status"], "working");
    acknowledged(&client.cancel(&id).await);
    assert_eq!(client.get(&id).await["status"], "cancelled");
    tokio::task::yield_now().await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    acknowledged(&client.cancel(&id).await);
    acknowledged(&client.update(&id, json!({ "late": accepted(json!({})) })).await);
    assert_eq!(client.get(&id).await["status"], "cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_task_ends_as_its_handler_does() {
    async fn later<T>(end: Result<T, Failure>) -> Result<T, Failure> {
        tokio::task::yield_now().await;
        end
    }
    let large = "x".repeat(isogloss::protocol::limits::MAX_TASK_RESULT);
    let server = server()
        .offer(
            offer::tool("said", async |_: NoArguments, _| later(Err::<u8, _>(Failure::new("boom"))).await)
                .task(AsTask::optional()),
        )
        .offer(
            offer::tool("refused", async |_: NoArguments, _| {
                later(Err::<u8, _>(Failure::protocol(-32001, "not now"))).await
            })
            .task(AsTask::optional()),
        )
        .offer(
            offer::tool("panics", async |_: NoArguments, _| later(Ok(1)).await.map(|one| [1][one + 1]))
                .task(AsTask::optional()),
        )
        .offer(offer::tool("large", move |_: NoArguments, _| later(Ok(large.clone()))).task(AsTask::optional()));
    let mut client = Client::to(&server);
    let id = client.begin("said").await;
    let end = client.until(&id, "completed").await;
    assert_eq!((&end["result"]["isError"], &end["result"]["content"][0]["text"]), (&json!(true), &json!("boom")));
    for (tool, code, message) in
        [("refused", -32001, "not now"), ("panics", -32603, "internal error"), ("large", -32603, "max_task_result")]
    {
        let id = client.begin(tool).await;
        let end = client.until(&id, "failed").await;
        assert_eq!(end["error"]["code"], code, "{end}");
        assert!(end["error"]["message"].as_str().is_some_and(|said| said.contains(message)), "{end}");
        assert_eq!(end["statusMessage"], end["error"]["message"]);
        assert!(end.get("result").is_none(), "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_is_forgotten_when_its_time_is_over_done_or_not() {
    let ttl = Duration::from_secs(100);
    let (tool, dropped) = endless(AsTask::optional().ttl(ttl));
    let server = server().offer(tool).offer(slow("slow", AsTask::optional().ttl(ttl)));
    let mut client = Client::to(&server);
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for round in 1..=3 {
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.push(client.begin("endless").await);
            ids.push(client.begin("slow").await);
        }
        assert_eq!(server.task_count(), 200);
        client.until(&ids[1], "completed").await;
        // A moment longer: what comes at the same time comes in any order.
        sleep(ttl + Duration::from_secs(1)).await;
        assert_eq!(server.task_count(), 0);
        assert_eq!(dropped.load(Ordering::SeqCst), 100 * round);
        assert_eq!(client.ask("tasks/get", json!({ "taskId": ids[0] })).await["error"]["code"], -32602);
        assert_eq!(client.ask("tasks/get", json!({ "taskId": ids[1] })).await["error"]["code"], -32602);
    }
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_a_call_is_answered_as_ever_or_refused() {
    let server = server().max_tasks(1).offer(slow("may", AsTask::optional())).offer(slow("must", AsTask::required()));
    let mut client = Client::to(&server);
    client.begin("must").await;
    assert_eq!(client.call("may").await["structuredContent"]["result"], "done");
    let refused = client.ask("tools/call", json!({ "name": "must", "arguments": {} })).await;
    assert_eq!(refused["error"]["code"], -32603);
    assert!(refused["error"]["message"].as_str().is_some_and(|said| said.contains("max_tasks")), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_ends_its_tasks() {
    let store = Arc::new(Notes::default());
    let (tool, dropped) = endless(AsTask::optional());
    let server = server().task_store(store.clone()).offer(tool);
    let mut client = Client::to(&server);
    let id = client.begin("endless").await;
    drop(server);
    drop(client);
    // Longer than a connection waits for what runs on it.
    sleep(Duration::from_secs(10)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(store.status(&id), "cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_shuts_down_lets_tasks_finish_for_a_while() {
    let (tool, dropped) = endless(AsTask::optional());
    let asking = offer::tool("ask", async |_: NoArguments, cx: Context| {
        Ok(cx.ask(Form::<Named>::new("Name?")).await?.accepted()?.name)
    });
    let server = server().offer(tool).offer(slow("slow", AsTask::optional())).offer(asking.task(AsTask::optional()));
    let mut client = Client::to(&server);
    let (slow, endless, asks) = (client.begin("slow").await, client.begin("endless").await, client.begin("ask").await);
    let (ending, _) = tokio::join!(server.end_tasks(Duration::from_secs(90)), async {
        assert_eq!(client.until(&asks, "cancelled").await["statusMessage"], "the server was shut down");
        assert_eq!(client.get(&slow).await["status"], "working");
    });
    let () = ending;
    assert_eq!(client.get(&slow).await["status"], "completed");
    assert_eq!(client.until(&endless, "cancelled").await["statusMessage"], "the server was shut down");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

/// A store that keeps notes of what it was given.
#[derive(Default)]
struct Notes(Mutex<HashMap<String, StoredTask>>);

impl Notes {
    fn status(&self, id: &str) -> String {
        let kept = self.0.lock().expect("no panic");
        kept.get(id).and_then(|task| Some(task.state.get_text(&["status"])?.into_owned())).expect("a status")
    }
}

impl TaskStore for Notes {
    fn put(&self, task: StoredTask) -> Storing<'_> {
        Box::pin(async move {
            // As one that is elsewhere.
            sleep(Duration::from_millis(1)).await;
            self.0.lock().expect("no panic").insert(task.id.clone(), task);
            Ok(())
        })
    }

    fn get<'a>(&'a self, id: &'a str) -> Found<'a> {
        Box::pin(async move { Ok(self.0.lock().expect("no panic").get(id).cloned()) })
    }

    fn remove<'a>(&'a self, id: &'a str) -> Storing<'a> {
        Box::pin(async move {
            self.0.lock().expect("no panic").remove(id);
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn servers_with_one_store_tell_of_one_anothers_tasks() {
    let store = Arc::new(Notes::default());
    let asking = || {
        let tool = offer::tool("ask", async |_: NoArguments, cx: Context| {
            Ok(cx.ask(Form::<Named>::new("Name?").key("name")).await?.accepted()?.name)
        });
        server().task_store(store.clone()).offer(tool.task(AsTask::optional()))
    };
    let (here, there) = (asking(), asking());
    let (mut near, mut far) = (Client::to(&here), Client::to(&there));
    let id = near.begin("ask").await;
    assert_eq!(far.get(&id).await["inputRequests"]["name"]["method"], "elicitation/create");
    let answer = json!({ "name": accepted(json!({ "name": "Zoë" })) });
    let elsewhere = far.update(&id, answer.clone()).await;
    assert!(elsewhere["error"]["message"].as_str().is_some_and(|said| said.contains("Mcp-Name")), "{elsewhere}");
    acknowledged(&near.update(&id, answer).await);
    assert_eq!(far.until(&id, "completed").await["result"]["structuredContent"]["result"], "Zoë");
}

#[tokio::test(start_paused = true)]
async fn a_tool_may_ask_first_and_become_a_task_then() {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    let tool = offer::tool("greet", move |_: NoArguments, cx: Context| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let Named { name } = cx.ask(Form::new("Your name?").key("name")).await?.accepted()?;
            let is_task = cx.begin_task().await;
            sleep(Duration::from_secs(1)).await;
            let Named { name: other } = cx.ask(Form::new("Whom else?").key("other")).await?.accepted()?;
            Ok(format!("{name} and {other}, {is_task}"))
        }
    });
    let server = server().offer(tool.task(AsTask::optional().later()));
    let mut client = Client::to(&server);
    let asks = client.call("greet").await;
    assert_eq!((&asks["resultType"], asks.get("taskId")), (&json!("input_required"), None));
    let answers = json!({ "name": accepted(json!({ "name": "Ann" })) });
    let again =
        json!({ "name": "greet", "arguments": {}, "inputResponses": answers, "requestState": asks["requestState"] });
    let created = client.ask("tools/call", again.clone()).await["result"].take();
    assert_eq!((&created["resultType"], created.get("requestState")), (&json!("task"), None), "{created}");
    let id = created["taskId"].as_str().expect("an id").to_owned();
    client.until(&id, "input_required").await;
    acknowledged(&client.update(&id, json!({ "other": accepted(json!({ "name": "Bob" })) })).await);
    assert_eq!(client.until(&id, "completed").await["result"]["structuredContent"]["result"], "Ann and Bob, true");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_wants_to_be_confirmed_begins_when_it_was() {
    let server = server().offer(slow("wipe", AsTask::required()).confirm("Wipe it all?"));
    let mut client = Client::to(&server);
    let asks = client.call("wipe").await;
    assert_eq!(asks["inputRequests"]["confirm"]["params"]["message"], "Wipe it all?");
    for (confirm, becomes) in [(true, "task"), (false, "complete")] {
        let answers = json!({ "confirm": accepted(json!({ "confirm": confirm })) });
        let again =
            json!({ "name": "wipe", "arguments": {}, "inputResponses": answers, "requestState": asks["requestState"] });
        assert_eq!(client.ask("tools/call", again).await["result"]["resultType"], becomes);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_to_a_task_is_told_how_it_is() {
    let asking = offer::tool("ask", async |_: NoArguments, cx: Context| {
        let named = cx.ask(Form::<Named>::new("Name?").key("name")).await?.accepted()?;
        Ok(named.name)
    });
    let server = server().offer(asking.task(AsTask::optional()));
    let mut client = Client::to(&server);
    let id = client.begin("ask").await;
    let filter = json!({ "notifications": { "taskIds": [id, "none", id] } });
    let refused = client.0.ask(&modern(7, "subscriptions/listen", &filter.to_string())).await;
    assert_eq!(refused["error"]["code"], -32021);

    let mut listener = Wire::to(&server);
    let opened = listener.ask(&declared(8, "subscriptions/listen", &filter)).await;
    assert_eq!(opened["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(opened["params"]["notifications"], json!({ "taskIds": [id] }));
    let next = async |listener: &mut Wire| -> Value {
        serde_json::from_str(&listener.receive().await.expect("news")).expect("JSON")
    };
    let now = next(&mut listener).await;
    assert_eq!((&now["method"], &now["params"]["status"]), (&json!("notifications/tasks"), &json!("input_required")));
    assert_eq!(now["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 8);
    assert_eq!(now["params"]["inputRequests"]["name"]["method"], "elicitation/create");
    client.update(&id, json!({ "name": accepted(json!({ "name": "Zoë" })) })).await;
    loop {
        let news = next(&mut listener).await;
        assert_eq!(news["params"]["taskId"], json!(id));
        if news["params"]["status"] == "completed" {
            assert_eq!(news["params"]["result"]["structuredContent"]["result"], "Zoë");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_stands_around_what_is_asked_of_tasks() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let asking = offer::tool("ask", async |_: NoArguments, cx: Context| {
        assert_eq!(cx.server().task_count(), 1);
        Ok(cx.ask(Form::<Named>::new("Name?").key("name")).await?.accepted()?.name)
    });
    let server = server().offer(asking.task(AsTask::optional())).middleware(move |request, next| {
        notes.lock().expect("no panic").push(request.context.method().to_owned());
        next.run(request)
    });
    let mut client = Client::to(&server);
    let id = client.begin("ask").await;
    acknowledged(&client.update(&id, json!({ "name": accepted(json!({ "name": "Zoë" })) })).await);
    client.until(&id, "completed").await;
    assert_eq!(seen.lock().expect("no panic")[..3], ["tools/call", "tasks/update", "tasks/get"]);
}

struct Jobs;

#[isogloss::server]
impl Jobs {
    #[tool(task)]
    async fn optional(&self) {
        sleep(Duration::from_secs(1)).await;
    }

    #[tool(task = "required")]
    async fn required(&self) {
        sleep(Duration::from_secs(1)).await;
    }

    #[tool(task("required", "later"))]
    async fn later(&self, cx: &Context) -> bool {
        sleep(Duration::from_secs(1)).await;
        cx.begin_task().await
    }

    #[tool(task = AsTask::optional().ttl(Duration::from_secs(5)))]
    async fn short(&self) {
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_macro_says_how_a_tool_runs_as_a_task() {
    let server = Jobs.into_server();
    let mut client = Client::to(&server);
    for (tool, ttl, refused) in [
        ("optional", 3_600_000, false),
        ("required", 3_600_000, true),
        ("later", 3_600_000, true),
        ("short", 5_000, false),
    ] {
        let created = client.call(tool).await;
        assert_eq!((&created["resultType"], &created["ttlMs"]), (&json!("task"), &json!(ttl)), "{tool}");
        let plain = client.0.ask(&modern(2, "tools/call", &json!({ "name": tool }).to_string())).await;
        assert_eq!(plain.get("error").is_some(), refused, "{tool}");
    }
}
