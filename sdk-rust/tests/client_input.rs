//! Questions in the results of modern requests: answered by the client and asked again, or not and told so.

mod support;

use std::sync::{Arc, Mutex};

use isogloss::protocol::handlers::ClientHandler;
use isogloss::protocol::limits;
use isogloss::protocol::types::{
    CallToolOutcome, CallToolRequestParams, ClientCapabilities, CreateMessageRequestParams, CreateMessageResult,
    ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ElicitResultAction, ElicitSchema, ElicitValue,
    ElicitationCapability, GetPromptOutcome, GetPromptRequestParams, ListRootsRequestParams, ListRootsResult,
    ReadResourceOutcome, ReadResourceRequestParams, Role, Root, RootsCapability, SamplingCapability, SamplingContent,
    TextContent,
};
use isogloss::wire::Map;
use isogloss::{
    Answering, Client, ClientCalls, ClientOptions, Context, Error, Failure, Form, Mode, NoArguments, Roots, Sample,
    Server, ServerCalls, Transport,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::Wire;

#[derive(Deserialize, JsonSchema)]
struct Named {
    name: String,
}

async fn greeting(cx: Context) -> Result<String, Failure> {
    let Named { name } = cx.ask(Form::new("Your name?")).await?.accepted()?;
    let roots = cx.ask(Roots).await?.len();
    let SamplingContent::Text(said) = cx.ask(Sample::text("Greet.", 10)).await?.content else {
        return Err(Failure::new("no text"));
    };
    Ok(format!("{} {name}, {roots} roots", said.text))
}

fn asking() -> Server {
    Server::new("asking", "1")
        .tool("greet", "", async |_: NoArguments, cx| greeting(cx).await)
        .resource("text://greeting", "", async |cx| greeting(cx).await)
        .prompt("greet", "", async |_: NoArguments, cx| greeting(cx).await)
}

/// A user, a model and a root.
struct Zoe;

impl ClientHandler<()> for Zoe {
    type Error = Failure;

    async fn elicit(&self, (): &(), _: ElicitRequestParams) -> Result<ElicitResult, Failure> {
        let content = Map::from([(String::from("name"), ElicitValue::String(String::from("Zoë")))]);
        Ok(ElicitResult { content: Some(content), ..ElicitResult::new(ElicitResultAction::Accept) })
    }

    async fn list_roots(&self, (): &(), _: ListRootsRequestParams) -> Result<ListRootsResult, Failure> {
        Ok(ListRootsResult::new(vec![Root::new("file:///home")]))
    }

    async fn create_message(&self, (): &(), _: CreateMessageRequestParams) -> Result<CreateMessageResult, Failure> {
        Ok(CreateMessageResult::new(SamplingContent::Text(TextContent::new("Hello")), "m", Role::Assistant))
    }
}

/// One who can do nothing of it.
struct Nobody;

impl ClientHandler<()> for Nobody {
    type Error = Failure;
}

fn options(answering: Option<Answering>, mode: Mode) -> ClientOptions {
    let capabilities = ClientCapabilities {
        elicitation: Some(ElicitationCapability::default()),
        roots: Some(RootsCapability::default()),
        sampling: Some(SamplingCapability::default()),
        ..ClientCapabilities::default()
    };
    ClientOptions { answering, capabilities, mode, ..ClientOptions::default() }
}

#[tokio::test]
async fn a_tool_a_resource_and_a_prompt_are_answered_in_either_era() {
    for mode in [Mode::Legacy, Mode::Modern] {
        let client = Client::connect_with(&asking(), options(Some(Answering::by(Zoe)), mode)).await.expect("connected");
        let expected = "Hello Zoë, 1 roots";
        let said: String = client.call("greet", json!({})).await.expect("a result");
        assert_eq!(said, expected, "{mode:?}");
        let uri = ReadResourceRequestParams { uri: "text://greeting".into(), ..Default::default() };
        let ReadResourceOutcome::Complete(read) = client.read_resource(&uri).await.expect("contents") else {
            panic!("{mode:?}: the questions of a resource are answered")
        };
        assert_eq!(read.contents[0].as_text(), Some(expected), "{mode:?}");
        let prompt = GetPromptRequestParams { name: "greet".into(), ..Default::default() };
        let GetPromptOutcome::Complete(got) = client.get_prompt(&prompt).await.expect("messages") else {
            panic!("{mode:?}: the questions of a prompt are answered")
        };
        assert_eq!(got.messages[0].content.as_text(), Some(expected), "{mode:?}");
    }
}

#[tokio::test]
async fn without_anybody_to_answer_the_questions_are_the_result() {
    let client = Client::connect_with(&asking(), options(None, Mode::Modern)).await.expect("connected");
    let params = CallToolRequestParams { name: "greet".into(), ..Default::default() };
    let asked = ServerCalls::call_tool(&client, &params).await;
    assert!(matches!(asked, Ok(CallToolOutcome::InputRequired(_))), "{asked:?}");
}

#[tokio::test]
async fn a_question_that_nobody_answers_ends_the_call_and_says_which() {
    let options = options(Some(Answering::by(Nobody)), Mode::Modern);
    let client = Client::connect_with(&asking(), options).await.expect("connected");
    let error = client.call("greet", json!({})).raw().await.expect_err("nobody answers").to_string();
    assert!(error.contains("elicitation/create") && error.contains("method not found"), "{error}");
}

type Script = Box<dyn Fn(usize) -> Value + Send>;

/// A client of a server whose answers to calls follow a script, by the number of the call; and what it was sent.
async fn scripted(script: Script) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let (near, far) = Transport::pair();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = calls.clone();
    tokio::spawn(async move {
        let mut wire = Wire::new(far);
        while let Some(text) = wire.receive().await {
            let message: Value = serde_json::from_str(&text).expect("JSON");
            let result = if message["method"] == "tools/call" {
                let mut calls = seen.lock().expect("no panic");
                calls.push(message.clone());
                script(calls.len())
            } else {
                json!({"resultType": "complete", "supportedVersions": ["2026-07-28"], "ttlMs": 0,
                       "cacheScope": "private", "capabilities": {}})
            };
            wire.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}).to_string()).await;
        }
    });
    let options = options(Some(Answering::by(Zoe)), Mode::Modern);
    (Client::connect_with(near, options).await.expect("connected"), calls)
}

fn question(state: Option<&str>) -> Value {
    let form = json!({"message": "?", "requestedSchema": {"type": "object", "properties": {}}});
    let mut asked = json!({"resultType": "input_required", "inputRequests": {"q": {"method": "elicitation/create", "params": form}}});
    if let Some(state) = state {
        asked["requestState"] = state.into();
    }
    asked
}

fn done() -> Value {
    json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]})
}

#[tokio::test]
async fn a_retry_is_the_same_request_under_another_id_with_the_answers_and_the_state_of_its_round() {
    let (client, calls) = scripted(Box::new(|number| match number {
        1 => question(Some("sealed \u{e9}\"")),
        2 => json!({"resultType": "input_required", "requestState": "two"}),
        3 => question(None),
        _ => done(),
    }))
    .await;
    assert_eq!(client.call("t", json!({"a": 1})).raw().await.expect("a result").text(), "done");
    let calls = calls.lock().expect("no panic").clone();
    let params: Vec<&Value> = calls.iter().map(|call| &call["params"]).collect();
    let answers = json!({"q": {"action": "accept", "content": {"name": "Zoë"}}});
    for (call, responses, state) in [
        (0, Value::Null, Value::Null),
        (1, answers.clone(), json!("sealed \u{e9}\"")),
        (2, Value::Null, json!("two")),
        (3, answers, Value::Null),
    ] {
        assert_eq!((&params[call]["inputResponses"], &params[call]["requestState"]), (&responses, &state), "{call}");
        assert_eq!((&params[call]["name"], &params[call]["arguments"]), (&json!("t"), &json!({"a": 1})), "{call}");
        assert_eq!(params[call]["_meta"], params[0]["_meta"], "{call}");
    }
    let mut ids: Vec<String> = calls.iter().map(|call| call["id"].to_string()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each round has an id of its own");
}

#[tokio::test]
async fn a_server_that_asks_for_ever_is_left_after_the_rounds_of_the_limit() {
    let (client, calls) = scripted(Box::new(|_| question(Some("again")))).await;
    let error = client.call("t", json!({})).raw().await.expect_err("it never ends").to_string();
    assert!(error.contains("max_rounds"), "{error}");
    assert_eq!(calls.lock().expect("no panic").len(), limits::MAX_ROUNDS + 1);
}

#[tokio::test]
async fn a_result_that_asks_for_nothing_is_wrong() {
    let (client, calls) = scripted(Box::new(|_| json!({"resultType": "input_required"}))).await;
    let error = client.call("t", json!({})).raw().await.expect_err("it asks for nothing");
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    assert_eq!(calls.lock().expect("no panic").len(), 1);
}

/// What has a default, and what has none.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    #[serde(default = "thirty")]
    age: i64,
    #[serde(default = "score")]
    score: f64,
    #[serde(default)]
    verified: bool,
}

fn thirty() -> i64 {
    30
}

fn score() -> f64 {
    95.5
}

#[tokio::test]
async fn a_form_is_given_its_defaults_where_the_client_is_told_so() {
    // The schema's words, as any server may write them.
    let schema: ElicitSchema = isogloss::wire::Decoder::message(
        br#"{"type":"object","properties":{"name":{"type":"string","default":"John"},"age":{"type":"integer","default":30},
            "score":{"type":"number","default":95.5},"status":{"type":"string","enum":["on","off"],"default":"on"},
            "verified":{"type":"boolean","default":true},"other":{"type":"string"}}}"#,
        isogloss::Revision::V2025_11_25.bit(),
    )
    .expect("a schema");
    let server = Server::new("asking", "1").tool("ask", "", move |_: NoArguments, cx: Context| {
        let schema = schema.clone();
        async move {
            let asked = ElicitRequestFormParams::new("Well?", schema);
            let answer = cx.elicit(&asked.into()).await?;
            let said = answer.content.unwrap_or_default();
            let mut said: Vec<String> = said.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            said.sort();
            Ok(said.join(", "))
        }
    });
    let filled = "age: Number(Integer(30)), name: String(\"Zoë\"), score: Number(Float(95.5)), status: String(\"on\"), verified: Boolean(true)";
    for (answering, expected) in
        [(Answering::by(Zoe).filling_in_defaults(), filled), (Answering::by(Zoe), "name: String(\"Zoë\")")]
    {
        let options = options(Some(answering), Mode::Legacy);
        let client = Client::connect_with(&server, options).await.expect("connected");
        let said: String = client.call("ask", json!({})).await.expect("a result");
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn a_modern_form_is_given_its_defaults_too() {
    let server = Server::new("asking", "1").tool("ask", "", async |_: NoArguments, cx: Context| {
        let Person { name, age, score, verified } = cx.ask(Form::new("Who?")).await?.accepted()?;
        Ok(format!("{name} {age} {score} {verified}"))
    });
    let answering = Some(Answering::by(Zoe).filling_in_defaults());
    let client = Client::connect_with(&server, options(answering, Mode::Modern)).await.expect("connected");
    let said: String = client.call("ask", json!({})).await.expect("a result");
    assert_eq!(said, "Zoë 30 95.5 false");
}
