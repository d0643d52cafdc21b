//! Tasks over HTTP: they outlive the request that began them, belong to who began them, and are named in headers.

mod http;
mod support;

use std::sync::Arc;

use ::http::StatusCode;
use ::http::request::Parts;
use http::{Ask, Served, soon};
use isogloss::http_server::{Body, Checking, Guard, HttpOptions};
use isogloss::{AsTask, Claims, NoArguments, Server, offer};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// The names of users stand in a header.
struct ByName;

impl Guard for ByName {
    fn check<'a>(&'a self, request: &'a Parts) -> Checking<'a> {
        Box::pin(async move {
            let name = request.headers.get("x-name").and_then(|name| name.to_str().ok());
            let refused = || {
                let mut response = ::http::Response::new(Body::from("who are you?"));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                response
            };
            let (name, scopes) = name.map(|name| name.split_once(' ').unwrap_or((name, ""))).ok_or_else(refused)?;
            let scopes = scopes.split(' ').map(str::to_owned).collect();
            Ok(Claims { subject: Some(name.to_owned()), scopes, ..Claims::default() })
        })
    }
}

/// A request of a client that has declared the extension.
fn declared(method: &str, params: &Value) -> Ask {
    let ask = Ask::modern(method, &params.to_string());
    let capabilities = |body: &str| {
        body.replace(
            r#""io.modelcontextprotocol/clientCapabilities":{}"#,
            r#""io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#,
        )
    };
    Ask { body: capabilities(&ask.body), ..ask }
}

fn get(id: &str) -> Ask {
    declared("tasks/get", &json!({ "taskId": id }))
}

fn call() -> Ask {
    declared("tools/call", &json!({ "name": "job", "arguments": {} }))
}

/// A server whose job is done when it is told so.
fn server(how: AsTask) -> (Server, Arc<Notify>) {
    let done = Arc::new(Notify::new());
    let wait = done.clone();
    let job = offer::tool("job", move |_: NoArguments, _| {
        let wait = wait.clone();
        async move {
            wait.notified().await;
            Ok("done")
        }
    });
    (Server::new("jobs", "1").offer(job.task(how)), done)
}

fn id(created: &http::Answer) -> String {
    assert_eq!(created.status, 200, "{created:?}");
    created.json()["result"]["taskId"].as_str().expect("a task").to_owned()
}

#[tokio::test]
async fn a_task_outlives_the_request_that_began_it() {
    let (server, done) = server(AsTask::optional());
    let served = Served::server(&server, HttpOptions::default()).await;
    let id = id(&served.ask(call()).await);
    let mut news =
        served.stream(declared("subscriptions/listen", &json!({ "notifications": { "taskIds": [id] } }))).await;
    assert_eq!(news.json().await["params"]["notifications"]["taskIds"], json!([id]));
    assert_eq!(news.json().await["params"]["status"], "working");
    done.notify_one();
    assert_eq!(news.json().await["params"]["status"], "completed");
    let task = served.ask(get(&id)).await;
    assert_eq!(task.json()["result"]["result"]["structuredContent"]["result"], "done");
}

#[tokio::test]
async fn what_asks_about_a_task_names_it_in_a_header() {
    let (server, _done) = server(AsTask::required());
    let served = Served::server(&server, HttpOptions::default()).await;
    let id = id(&served.ask(call()).await);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let ask = declared(method, &json!({ "taskId": id, "inputResponses": {} }));
        for wrong in [
            ask.clone().without("mcp-name"),
            ask.clone().with("mcp-name", "another"),
            ask.clone().with("mcp-method", "tools/call"),
        ] {
            let refused = served.ask(wrong).await;
            assert_eq!((refused.status, refused.code()), (400, Some(-32020)), "{method}");
        }
        assert_eq!(served.ask(ask).await.json()["result"]["resultType"], "complete", "{method}");
    }
    let undeclared = served.ask(Ask::modern("tasks/get", &json!({ "taskId": id }).to_string())).await;
    assert_eq!((undeclared.status, undeclared.code()), (400, Some(-32021)));
    let undeclared = served.ask(Ask::call("job", "{}")).await;
    assert_eq!((undeclared.status, undeclared.code()), (400, Some(-32021)));
}

#[tokio::test]
async fn a_task_belongs_to_who_began_it() {
    let (server, _done) = server(AsTask::optional());
    let options = HttpOptions { guard: Some(Arc::new(ByName)), ..HttpOptions::default() };
    let served = Served::server(&server, options).await;
    let id = id(&served.ask(call().header("x-name", "alice")).await);
    assert_eq!(served.ask(get(&id).header("x-name", "alice")).await.json()["result"]["status"], "working");
    let (theirs, none) =
        (served.ask(get(&id).header("x-name", "bob")).await, served.ask(get("none").header("x-name", "bob")).await);
    assert_eq!((theirs.status, theirs.code(), theirs.message()), (200, Some(-32602), none.message()));
    for method in ["tasks/update", "tasks/cancel"] {
        let ask = declared(method, &json!({ "taskId": id, "inputResponses": {} })).header("x-name", "bob");
        assert_eq!(served.ask(ask).await.code(), Some(-32602), "{method}");
    }
    let listen = declared("subscriptions/listen", &json!({ "notifications": { "taskIds": [id] } }));
    let mut news = served.stream(listen.header("x-name", "bob")).await;
    assert_eq!(news.json().await["params"]["notifications"]["taskIds"], json!([]));
    assert_eq!(served.ask(get(&id).header("x-name", "alice")).await.json()["result"]["status"], "working");
}

#[tokio::test]
async fn who_may_not_call_a_tool_any_more_may_not_see_what_it_gave() {
    let job = offer::tool("job", async |_: NoArguments, _| {
        std::future::pending::<()>().await;
        Ok("done")
    });
    let server = Server::new("jobs", "1").offer(job.task(AsTask::optional()).scopes(["jobs"]));
    let options = HttpOptions { guard: Some(Arc::new(ByName)), ..HttpOptions::default() };
    let served = Served::server(&server, options).await;
    let id = id(&served.ask(call().header("x-name", "alice jobs")).await);
    assert_eq!(served.ask(get(&id).header("x-name", "alice jobs")).await.status, 200);
    assert_eq!(served.ask(get(&id).header("x-name", "alice")).await.status, 403);
}

#[tokio::test]
async fn a_site_that_shuts_down_waits_for_tasks_to_finish() {
    let (server, done) = server(AsTask::optional());
    let served = Served::server(&server, HttpOptions::default()).await;
    let mut connection = served.connect().await;
    let created = connection.ask(&call()).await;
    assert_eq!(created.json()["result"]["status"], "working");
    let (running, finished) = (server.task_count(), served.stop());
    assert_eq!(running, 1);
    assert!(soon(connection.is_closed()).await);
    assert!(!finished.is_finished());
    done.notify_one();
    soon(finished).await.expect("no panic").expect("no error");
}
