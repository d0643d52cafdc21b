//! Questions to the client's side: pushed to a legacy client, answered with to a modern one, as text on the wire.

mod support;

use isogloss::offer;
use isogloss::protocol::types::SamplingContent;
use isogloss::wire::Map;
use isogloss::{Answer, Context, Failure, Form, NoArguments, OpenUrl, Question, Roots, Sample, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{Wire, legacy};

#[derive(Deserialize, Serialize, JsonSchema)]
struct Person {
    /// Your name.
    name: String,
    #[serde(default = "thirty")]
    #[schemars(range(min = 0, max = 150))]
    age: u8,
}

fn thirty() -> u8 {
    30
}

#[derive(Deserialize, JsonSchema)]
struct City {
    city: String,
}

async fn hello(_: NoArguments, cx: Context) -> Result<String, Failure> {
    let person = cx.ask(Form::<Person>::new("Who are you?").key("who")).await?.accepted()?;
    Ok(format!("{} is {}", person.name, person.age))
}

async fn rounds(_: NoArguments, cx: Context) -> Result<String, Failure> {
    let name = cx.ask(Form::<Person>::new("Who are you?")).await?.accepted()?.name;
    let city = cx.ask(Form::<City>::new("Where do you live?")).await?.accepted()?.city;
    Ok(format!("{name} of {city}"))
}

async fn together(_: NoArguments, cx: Context) -> Result<String, Failure> {
    let who = cx.ask(Form::<Person>::new("Who are you?").key("who"));
    let greeting = cx.ask(Sample::text("Greet.", 50).key("greeting"));
    let (who, greeting, roots) = tokio::join!(who, greeting, cx.ask(Roots.key("roots")));
    let SamplingContent::Text(greeting) = greeting?.content else { return Err(Failure::new("no text")) };
    Ok(format!("{}, {}, {} roots", greeting.text, who?.accepted()?.name, roots?.len()))
}

async fn page(_: NoArguments, cx: Context) -> Result<bool, Failure> {
    Ok(matches!(cx.ask(OpenUrl::new("Pay here.", "https://example.com/pay")).await?, Answer::Accepted(())))
}

fn server() -> Server {
    Server::new("asking", "1")
        .request_state_key([7; 32])
        .tool("hello", "", hello)
        .tool("rounds", "", rounds)
        .tool("together", "", together)
        .tool("page", "", page)
        .offer(
            offer::tool("delete", async |city: City, _| Ok(format!("deleted {}", city.city)))
                .confirm("Delete the city?"),
        )
        .prompt("asking", "", async |_: NoArguments, cx: Context| {
            Ok(format!("About {}", cx.ask(Form::<City>::new("Where?").key("where")).await?.accepted()?.city))
        })
        .resource("text://asking", "asking", async |cx: Context| {
            Ok(cx.ask(Form::<City>::new("Where?").key("where")).await?.accepted()?.city)
        })
}

const ALL: &str = r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#;

/// The text of a modern request of a client with these capabilities.
fn modern(method: &str, capabilities: &str, params: &Value) -> String {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": serde_json::from_str::<Value>(capabilities).expect("JSON"),
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

fn call(tool: &str, more: &Value) -> Value {
    let mut params = json!({"name": tool, "arguments": {}});
    params.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    params
}

fn accepted(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

fn text(answer: &Value) -> &str {
    answer.pointer("/result/content/0/text").and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_modern_client_is_asked_by_the_result_and_answers_in_a_retry() {
    let mut wire = Wire::to(&server());
    let asked = wire.ask(&modern("tools/call", ALL, &call("hello", &json!({})))).await;
    assert_eq!(asked["result"]["resultType"], "input_required");
    let question = &asked["result"]["inputRequests"]["who"];
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], "Who are you?");
    assert_eq!(
        question["params"]["requestedSchema"],
        json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Your name."},
                "age": {"type": "integer", "minimum": 0, "maximum": 150, "default": 30},
            },
            "required": ["name"],
        })
    );
    let state = asked["result"]["requestState"].as_str().expect("a state");
    for (given, with_state) in [(json!({"name": "Zoë", "age": 7}), true), (json!({"name": "Zoë", "age": 7}), false)] {
        let mut more = json!({"inputResponses": {"who": accepted(given), "never-asked": accepted(json!({}))}});
        if with_state {
            more["requestState"] = state.into();
        }
        let answer = wire.ask(&modern("tools/call", ALL, &call("hello", &more))).await;
        assert_eq!(answer["result"]["resultType"], "complete");
        assert_eq!(text(&answer), r#"{"result":"Zoë is 7"}"#);
    }
    let answered = |content: Value| call("hello", &json!({"inputResponses": {"who": content}}));
    for (params, expected) in [
        (answered(accepted(json!({"name": "Zoë"}))), r#"{"result":"Zoë is 30"}"#),
        (answered(json!({"action": "decline"})), "the user declined to answer"),
        (answered(json!({"action": "cancel"})), "the user cancelled the question"),
    ] {
        assert_eq!(text(&wire.ask(&modern("tools/call", ALL, &params)).await), expected);
    }
    for (params, expected) in [
        (
            answered(accepted(json!({"name": 5}))),
            "the answer to a question: content.name: expected string, found number",
        ),
        (
            answered(accepted(json!({"name": "Z", "age": 200}))),
            "the answer to a question: content.age: must be at most 150",
        ),
        (answered(json!(12345)), "params.inputResponses.who: expected object, found number"),
        (call("hello", &json!({"inputResponses": null})), "params.inputResponses: expected object, found null"),
    ] {
        let answer = wire.ask(&modern("tools/call", ALL, &params)).await;
        assert_eq!((&answer["error"]["code"], &answer["error"]["message"]), (&json!(-32602), &json!(expected)));
    }
}

#[tokio::test]
async fn what_was_answered_in_earlier_rounds_is_not_asked_again() {
    let mut wire = Wire::to(&server());
    let first = wire.ask(&modern("tools/call", ALL, &call("rounds", &json!({})))).await;
    assert_eq!(first["result"]["inputRequests"]["question-1"]["params"]["message"], "Who are you?");
    let more = json!({
        "requestState": first["result"]["requestState"],
        "inputResponses": {"question-1": accepted(json!({"name": "Ann"}))},
    });
    let second = wire.ask(&modern("tools/call", ALL, &call("rounds", &more))).await;
    assert_eq!(second["result"]["inputRequests"]["question-2"]["params"]["message"], "Where do you live?");
    assert_ne!(second["result"]["requestState"], first["result"]["requestState"]);
    let more = json!({
        "requestState": second["result"]["requestState"],
        "inputResponses": {"question-2": accepted(json!({"city": "Ulm"}))},
    });
    assert_eq!(text(&wire.ask(&modern("tools/call", ALL, &call("rounds", &more))).await), r#"{"result":"Ann of Ulm"}"#);
    let more = json!({"requestState": second["result"]["requestState"]});
    let again = wire.ask(&modern("tools/call", ALL, &call("rounds", &more))).await;
    assert!(again["result"]["inputRequests"]["question-2"].is_object(), "what is missing is asked for again: {again}");
}

#[tokio::test]
async fn several_questions_go_out_together() {
    let mut wire = Wire::to(&server());
    let asked = wire.ask(&modern("tools/call", ALL, &call("together", &json!({})))).await;
    let methods: Map<String> = asked["result"]["inputRequests"]
        .as_object()
        .expect("questions")
        .iter()
        .map(|(key, question)| (key.clone(), question["method"].as_str().unwrap_or_default().to_owned()))
        .collect();
    let expected = [("greeting", "sampling/createMessage"), ("roots", "roots/list"), ("who", "elicitation/create")];
    assert_eq!(methods.len(), 3);
    for (key, method) in expected {
        assert_eq!(methods[key], method);
    }
    let more = json!({"requestState": asked["result"]["requestState"], "inputResponses": {
        "who": accepted(json!({"name": "Bo"})),
        "greeting": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hi"}},
        "roots": {"roots": [{"uri": "file:///a"}]},
    }});
    assert_eq!(
        text(&wire.ask(&modern("tools/call", ALL, &call("together", &more))).await),
        r#"{"result":"Hi, Bo, 1 roots"}"#
    );
}

#[tokio::test]
async fn a_state_is_taken_back_only_as_it_was_given_and_for_its_request() {
    let mut wire = Wire::to(&server());
    let asked = wire.ask(&modern("tools/call", ALL, &call("rounds", &json!({})))).await;
    let state = asked["result"]["requestState"].as_str().expect("a state").to_owned();
    let flipped = format!("{}{}", if state.starts_with('A') { "B" } else { "A" }, &state[1..]);
    for (tool, arguments, state) in [
        ("rounds", json!({}), format!("{state}-TAMPERED")),
        ("rounds", json!({}), flipped),
        ("rounds", json!({}), state[..20].to_owned()),
        ("rounds", json!({}), String::new()),
        ("rounds", json!({"x": 1}), state.clone()),
        ("together", json!({}), state.clone()),
    ] {
        let params = json!({"name": tool, "arguments": arguments, "requestState": state});
        let answer = wire.ask(&modern("tools/call", ALL, &params)).await;
        assert_eq!(answer["error"]["code"], -32602, "{tool} {arguments} {state}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap_or_default().contains("requestState"), "{answer}");
    }
    let other = Server::new("other", "1").request_state_key([8; 32]).tool("rounds", "", rounds);
    let params = call("rounds", &json!({"requestState": state}));
    assert_eq!(Wire::to(&other).ask(&modern("tools/call", ALL, &params)).await["error"]["code"], -32602, "another key");
    let same = Server::new("other", "1").request_state_key([7; 32]).tool("rounds", "", rounds);
    assert_eq!(
        Wire::to(&same).ask(&modern("tools/call", ALL, &params)).await["result"]["resultType"],
        "input_required"
    );
}

#[tokio::test]
async fn without_the_capability_it_fails_closed() {
    let mut wire = Wire::to(&server());
    for (tool, has, needed) in [
        ("hello", "{}", json!({"elicitation": {}})),
        ("hello", r#"{"elicitation":{"url":{}}}"#, json!({"elicitation": {}})),
        ("page", r#"{"elicitation":{}}"#, json!({"elicitation": {"url": {}}})),
        ("together", r#"{"elicitation":{}}"#, json!({"sampling": {}})),
        ("together", r#"{"elicitation":{},"sampling":{}}"#, json!({"roots": {}})),
    ] {
        // Those that can be asked are asked first.
        let answers = json!({"inputResponses": {
            "who": accepted(json!({"name": "Bo"})),
            "greeting": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hi"}},
        }});
        let answers = if tool == "hello" { json!({}) } else { answers };
        let answer = wire.ask(&modern("tools/call", has, &call(tool, &answers))).await;
        assert_eq!(answer["error"]["code"], -32021, "{tool} {has}: {answer}");
        assert_eq!(answer["error"]["data"]["requiredCapabilities"], needed, "{tool} {has}");
    }
}

#[tokio::test]
async fn prompts_and_resources_can_ask_too_and_lists_cannot() {
    let mut wire = Wire::to(&server());
    for (method, params, pointer, expected) in [
        ("prompts/get", json!({"name": "asking"}), "/result/messages/0/content/text", "About Ulm"),
        ("resources/read", json!({"uri": "text://asking"}), "/result/contents/0/text", "Ulm"),
    ] {
        let asked = wire.ask(&modern(method, ALL, &params)).await;
        assert_eq!(asked["result"]["inputRequests"]["where"]["method"], "elicitation/create", "{asked}");
        let mut params = params;
        params["requestState"] = asked["result"]["requestState"].clone();
        params["inputResponses"] = json!({"where": accepted(json!({"city": "Ulm"}))});
        let answer = wire.ask(&modern(method, ALL, &params)).await;
        assert_eq!(answer.pointer(pointer), Some(&json!(expected)), "{answer}");
    }
}

#[tokio::test]
async fn a_legacy_client_is_sent_a_request() {
    let mut wire = Wire::to(&server());
    let client = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}},
        "clientInfo": {"name": "test", "version": "1"},
    });
    wire.ask(&legacy(0, "initialize", &client.to_string())).await;
    let asked = wire.ask(&legacy(1, "tools/call", r#"{"name":"hello"}"#)).await;
    assert_eq!(asked["method"], "elicitation/create");
    assert_eq!(asked["params"]["message"], "Who are you?");
    let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": accepted(json!({"name": "Zoë"}))});
    assert_eq!(text(&wire.ask(&answer.to_string()).await), r#"{"result":"Zoë is 30"}"#);

    let asked = wire.ask(&legacy(2, "tools/call", r#"{"name":"page"}"#)).await;
    assert_eq!(asked["params"]["url"], "https://example.com/pay");
    assert_eq!(asked["params"]["mode"], "url");
    let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"}});
    assert_eq!(text(&wire.ask(&answer.to_string()).await), r#"{"result":true}"#);

    let mut wire = Wire::to(&server());
    wire.ask(&support::initialize("2025-11-25")).await;
    let answer = wire.ask(&legacy(1, "tools/call", r#"{"name":"hello"}"#)).await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(text(&answer), "the client cannot be asked: it has not declared elicitation");
}

#[tokio::test]
async fn a_tool_of_high_impact_runs_only_after_a_yes() {
    let mut wire = Wire::to(&server());
    let delete = |answer: Option<Value>| {
        let mut params = json!({"name": "delete", "arguments": {"city": "Ulm"}});
        if let Some(answer) = answer {
            params["inputResponses"] = json!({ "confirm": answer });
        }
        modern("tools/call", ALL, &params)
    };
    let asked = wire.ask(&delete(None)).await;
    assert_eq!(asked["result"]["inputRequests"]["confirm"]["params"]["message"], "Delete the city?");
    for (answer, expected) in [
        (accepted(json!({"confirm": true})), r#"{"result":"deleted Ulm"}"#),
        (accepted(json!({"confirm": false})), "the user did not confirm this; nothing was done"),
        (json!({"action": "decline"}), "the user did not confirm this; nothing was done"),
        (json!({"action": "cancel"}), "the user did not confirm this; nothing was done"),
    ] {
        assert_eq!(text(&wire.ask(&delete(Some(answer))).await), expected);
    }
    let params = json!({"name": "delete", "arguments": {"city": "Ulm"}});
    assert_eq!(wire.ask(&modern("tools/call", "{}", &params)).await["error"]["code"], -32021, "nobody can be asked");
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_would_not_run() {
    let mut wire = Wire::to(&server());
    let params = json!({"name": "delete", "arguments": {"city": 7}});
    for capabilities in [ALL, "{}"] {
        let answer = wire.ask(&modern("tools/call", capabilities, &params)).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(text(&answer), "city: expected string, found number");
    }
    let mut wire = Wire::to(&server());
    wire.ask(&support::initialize("2025-11-25")).await;
    let answer = wire.ask(&legacy(1, "tools/call", &params.to_string())).await;
    assert_eq!(text(&answer), "city: expected string, found number");
}
