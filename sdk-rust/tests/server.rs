//! What a server answers, as text on the wire: both eras on one connection, and everything that is wrong.

mod support;

use isogloss::Server;
use isogloss::transport::Frame;
use serde_json::{Value, json};
use support::{Wire, initialize, legacy, modern, server};

/// An answer's member at a JSON Pointer.
fn at<'a>(answer: &'a Value, pointer: &str) -> &'a Value {
    answer.pointer(pointer).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn a_modern_request_needs_nothing_before_it() {
    let mut wire = Wire::to(&server());
    let answer = wire.ask(&modern(1, "tools/call", r#"{"name":"add","arguments":{"a":2,"b":3}}"#)).await;
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": 1, "result": {
            "content": [{"type": "text", "text": "{\"sum\":5}"}],
            "resultType": "complete",
            "structuredContent": {"sum": 5},
        }})
    );
    let answer = wire.ask(&modern(2, "server/discover", "{}")).await;
    assert_eq!(at(&answer, "/result/supportedVersions/0"), "2026-07-28");
    assert_eq!(at(&answer, "/result/_meta/io.modelcontextprotocol~1serverInfo/name"), "everything");
    assert_eq!(at(&answer, "/result/instructions"), "Add first.");
    assert_eq!(
        at(&answer, "/result/capabilities"),
        &json!({
            "completions": {},
            "logging": {},
            "prompts": {"listChanged": true},
            "resources": {"listChanged": true, "subscribe": true},
            "tools": {"listChanged": true},
        })
    );
    let answer = wire.ask(&modern(3, "ping", "{}")).await;
    assert_eq!(at(&answer, "/error/code"), -32601, "the modern era has no ping");
}

#[tokio::test]
async fn a_legacy_client_shakes_hands_first() {
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let mut wire = Wire::to(&server());
        let answer = wire.ask(&legacy(7, "tools/list", "{}")).await;
        assert_eq!(at(&answer, "/error/code"), -32600, "before the handshake");
        assert_eq!(
            at(&wire.ask(&legacy(8, "ping", "{}")).await, "/result"),
            &json!({}),
            "ping is answered at any time"
        );
        let answer = wire.ask(&initialize(asked)).await;
        assert_eq!(at(&answer, "/result/protocolVersion"), agreed, "asked for {asked}");
        assert_eq!(at(&answer, "/result/serverInfo"), &json!({"name": "everything", "version": "1.0.0"}));
        wire.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        let answer = wire.ask(&legacy(9, "tools/list", "{}")).await;
        assert_eq!(at(&answer, "/result/tools/0/name"), "add");
        assert_eq!(at(&answer, "/result/resultType"), &Value::Null);
        assert_eq!(at(&answer, "/result/tools/0/outputSchema").is_object(), agreed >= "2025-06-18", "{agreed}");
        let answer = wire.ask(&modern(10, "tools/list", "{}")).await;
        assert_eq!(at(&answer, "/result/resultType"), "complete", "a modern request is one on any connection");
    }
}

#[tokio::test]
async fn what_is_wrong_is_answered_and_the_connection_lives_on() {
    let mut wire = Wire::to(&server());
    let unknown = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2099-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    let bare = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{}1{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let cases: Vec<(String, i64, Value, &str)> = vec![
        ("nonsense".into(), -32700, Value::Null, "invalid JSON"),
        ("[]".into(), -32600, Value::Null, "expected object, found array"),
        ("{}".into(), -32600, Value::Null, "jsonrpc: required member is missing"),
        (r#"{"jsonrpc":"2.0","id":1}"#.into(), -32600, json!(1), "method: required member is missing"),
        (
            r#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#.into(),
            -32600,
            json!("a"),
            r#"jsonrpc: expected "2.0", found "1.0""#,
        ),
        (r#"{"jsonrpc":"2.0","id":2,"method":7}"#.into(), -32600, json!(2), "method: expected string, found number"),
        (r#"{"method":7,"jsonrpc":"2.0","id":2}"#.into(), -32600, json!(2), "method: expected string, found number"),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"ping","params":[]}"#.into(),
            -32600,
            json!(2),
            "params: expected object, found array",
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.into(),
            -32600,
            Value::Null,
            "id: expected number or string, found null",
        ),
        (deep, -32600, json!(1), "nesting deeper than 128"),
        (unknown.into(), -32022, json!(1), "unsupported protocol version"),
        (
            bare.into(),
            -32602,
            json!(1),
            "params._meta.io.modelcontextprotocol/clientCapabilities: required member is missing",
        ),
        (modern(3, "no/such", "{}"), -32601, json!(3), "method not found: no/such"),
        (modern(3, "tools/call", r#"{"name":"nope"}"#), -32602, json!(3), "unknown tool: nope"),
        (
            modern(3, "tools/call", r#"{"name":"add","arguments":[]}"#),
            -32602,
            json!(3),
            "params.arguments: expected object, found array",
        ),
        (modern(3, "tools/call", r#"{"name":"refuse"}"#), -32001, json!(3), "not now"),
        (modern(3, "tools/call", r#"{"name":"panic","arguments":{"a":1,"b":1}}"#), -32603, json!(3), "internal error"),
        (modern(3, "tools/list", r#"{"cursor":"x"}"#), -32602, json!(3), "params.cursor: not a cursor of this list"),
        (modern(3, "resources/read", r#"{"uri":"text://none"}"#), -32602, json!(3), "resource not found: text://none"),
        (modern(3, "resources/read", r#"{"uri":"text://broken"}"#), -32603, json!(3), "internal error"),
        (modern(3, "prompts/get", r#"{"name":"none"}"#), -32602, json!(3), "unknown prompt: none"),
        (modern(3, "prompts/get", r#"{"name":"greet"}"#), -32602, json!(3), "name: required member is missing"),
        (
            modern(
                3,
                "completion/complete",
                r#"{"ref":{"type":"ref/prompt","name":"none"},"argument":{"name":"x","value":""}}"#,
            ),
            -32602,
            json!(3),
            "unknown prompt: none",
        ),
    ];
    for (sent, code, id, message) in cases {
        let answer = wire.ask(&sent).await;
        assert_eq!((at(&answer, "/error/code"), at(&answer, "/id")), (&json!(code), &id), "{sent}\n{answer}");
        let found = at(&answer, "/error/message").as_str().unwrap_or_default();
        let fits = if code == -32700 || code == -32600 { found.contains(message) } else { found == message };
        assert!(fits, "{sent}\n{found}\n{message}");
    }
    let answer = wire.ask(unknown).await;
    assert_eq!(at(&answer, "/error/data/requested"), "2099-01-01");
    assert_eq!(at(&answer, "/error/data/supported/0"), "2026-07-28");
    assert_eq!(wire.ask(&legacy(4, "ping", "{}")).await["result"], json!({}));
}

#[tokio::test]
async fn a_tool_is_listed_with_its_schemas_in_every_revision() {
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] {
        let mut wire = Wire::to(&server());
        wire.ask(&initialize(revision)).await;
        let list = if revision == "2026-07-28" { modern(1, "tools/list", "{}") } else { legacy(1, "tools/list", "{}") };
        let answer = wire.ask(&list).await;
        let integer = json!({"type": "integer"});
        let mut expected = json!({"name": "add", "description": "Adds two integers.", "inputSchema": {
            "type": "object", "properties": {"a": integer, "b": integer}, "required": ["a", "b"], "additionalProperties": false,
        }});
        if revision >= "2025-06-18" {
            expected["outputSchema"] = json!({"type": "object", "properties": {"sum": integer}, "required": ["sum"]});
        }
        assert_eq!(at(&answer, "/result/tools/0"), &expected, "{revision}");
    }
}

#[tokio::test]
async fn a_missing_resource_has_the_code_of_its_era() {
    let mut wire = Wire::to(&server());
    wire.ask(&initialize("2025-06-18")).await;
    let answer = wire.ask(&legacy(1, "resources/read", r#"{"uri":"text://none"}"#)).await;
    assert_eq!((at(&answer, "/error/code"), at(&answer, "/error/data/uri")), (&json!(-32002), &json!("text://none")));
}

#[tokio::test]
async fn results_are_structured_and_errors_are_for_the_model() {
    let mut wire = Wire::to(&server());
    for (call, expected) in [
        (
            r#"{"name":"count"}"#,
            json!({"content": [{"type": "text", "text": "{\"result\":3}"}], "structuredContent": {"result": 3}}),
        ),
        (
            r#"{"name":"yield","arguments":{}}"#,
            json!({"content": [{"type": "text", "text": "{\"result\":\"later\"}"}], "structuredContent": {"result": "later"}}),
        ),
        (r#"{"name":"fail"}"#, json!({"content": [{"type": "text", "text": "boom"}], "isError": true})),
        (
            r#"{"name":"add","arguments":{"a":"x","bb":3}}"#,
            json!({"isError": true, "content": [{"type": "text",
            "text": "a: expected integer, found string\nbb: unknown argument, did you mean \"b\"?\nb: required member is missing"}]}),
        ),
        (
            r#"{"name":"add","arguments":{"a":2.0,"b":3e0}}"#,
            json!({"content": [{"type": "text", "text": "{\"sum\":5}"}], "structuredContent": {"sum": 5}}),
        ),
    ] {
        let answer = wire.ask(&modern(1, "tools/call", call)).await;
        let mut expected = expected;
        expected["resultType"] = json!("complete");
        assert_eq!(at(&answer, "/result"), &expected, "{call}");
    }
}

#[tokio::test]
async fn resources_prompts_and_completions_are_answered() {
    let mut wire = Wire::to(&server());
    for (method, params, pointer, expected) in [
        (
            "resources/list",
            "{}",
            "/result/resources/0",
            json!({"mimeType": "text/plain", "name": "greeting", "uri": "text://greeting"}),
        ),
        (
            "resources/templates/list",
            "{}",
            "/result/resourceTemplates",
            json!([{"mimeType": "text/plain", "name": "item", "uriTemplate": "item://{id}"}]),
        ),
        (
            "resources/read",
            r#"{"uri":"text://greeting"}"#,
            "/result/contents",
            json!([{"mimeType": "text/plain", "text": "héllo wörld ✓", "uri": "text://greeting"}]),
        ),
        (
            "resources/read",
            r#"{"uri":"data://bytes"}"#,
            "/result/contents",
            json!([{"blob": "AP8=", "mimeType": "application/octet-stream", "uri": "data://bytes"}]),
        ),
        (
            "resources/read",
            r#"{"uri":"item://caf%C3%A9%20%E2%9C%93"}"#,
            "/result/contents/0/text",
            json!("item café ✓"),
        ),
        (
            "prompts/list",
            "{}",
            "/result/prompts",
            json!([{"name": "greet", "description": "Greets.", "arguments": [{"name": "name", "description": "Whom to greet.", "required": true}]}]),
        ),
        (
            "prompts/get",
            r#"{"name":"greet","arguments":{"name":"Ann"}}"#,
            "/result/messages",
            json!([{"role": "user", "content": {"type": "text", "text": "Greet Ann"}}]),
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"name","value":"Al"}}"#,
            "/result/completion",
            json!({"values": ["Alice", "Alan"], "total": 2, "hasMore": false}),
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"other","value":"Al"}}"#,
            "/result/completion",
            json!({"values": []}),
        ),
    ] {
        let answer = wire.ask(&modern(1, method, params)).await;
        assert_eq!(at(&answer, pointer), &expected, "{method} {params}\n{answer}");
    }
}

#[tokio::test]
async fn lists_go_out_by_pages() {
    let mut wire = Wire::to(&server().page_size(3));
    let mut names: Vec<Value> = Vec::new();
    let mut params = json!({});
    loop {
        let answer = wire.ask(&modern(1, "tools/list", &params.to_string())).await;
        let page = at(&answer, "/result/tools").as_array().expect("tools").clone();
        names.extend(page.iter().map(|tool| tool["name"].clone()));
        match at(&answer, "/result/nextCursor") {
            Value::Null => break,
            cursor => params = json!({ "cursor": cursor }),
        }
    }
    assert_eq!(names, ["add", "echo", "count", "fail", "refuse", "panic", "wait", "yield", "work", "ask"]);
}

#[tokio::test]
async fn any_json_comes_back_as_it_went() {
    let mut wire = Wire::to(&server());
    let payload = r#"{"separators":"a\u2028b","control":"\u0000\u001f\"\\","nothing":null,"deep":{"list":[null,[{"inner":null}]]},"most":9007199254740991,"huge":123456789012345678901234567890,"tenth":0.1,"tiny":1e-7,"object":{},"array":[],"":"empty","$ref":"x","type":"y","__proto__":{"z":1}}"#;
    let compact = payload.replace(r"\u2028", "\u{2028}");
    wire.send(&modern(1, "tools/call", &format!(r#"{{"name":"echo","arguments":{{"payload":{payload}}}}}"#))).await;
    let answer = wire.receive().await.expect("an answer");
    assert!(answer.contains(&format!(r#""structuredContent":{{"echo":{compact}}}"#)), "{answer}");
}

#[tokio::test]
async fn a_cancelled_request_is_not_answered_and_its_id_is_free() {
    let mut wire = Wire::to(&server());
    wire.send(&modern(1, "tools/call", r#"{"name":"wait"}"#)).await;
    let twice = wire.ask(&modern(1, "tools/call", r#"{"name":"wait"}"#)).await;
    assert_eq!(at(&twice, "/error/message"), "a request with this id is being handled already");
    wire.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1.0}}"#).await;
    let answer = wire.ask(&modern(1, "tools/call", r#"{"name":"count"}"#)).await;
    assert_eq!(at(&answer, "/result/structuredContent/result"), 3);
    wire.sender.close();
    assert_eq!(wire.receive().await, None);
}

#[tokio::test]
async fn requests_that_were_sent_before_the_end_are_answered() {
    let mut wire = Wire::to(&server());
    let together =
        (0..300).map(|id| Frame::Message(modern(id, "tools/call", r#"{"name":"yield"}"#).into_bytes())).collect();
    wire.sender.send(together).await.expect("open");
    wire.sender.close();
    let mut ids = Vec::new();
    while let Some(answer) = wire.receive().await {
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(at(&answer, "/result/structuredContent/result"), "later");
        ids.push(answer["id"].as_u64().expect("an id"));
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..300).collect::<Vec<u64>>());
}

#[tokio::test]
async fn five_thousand_requests_at_once_are_all_answered() {
    let mut wire = Wire::to(&server());
    let sender = wire.sender.clone();
    let sending = tokio::spawn(async move {
        for id in 0..5000 {
            let text = modern(id, "tools/call", r#"{"name":"yield"}"#);
            sender.send(vec![Frame::Message(text.into_bytes())]).await.expect("open");
        }
    });
    // Nothing is read until all are sent or the queues are full.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    for _ in 0..5000 {
        assert!(wire.receive().await.expect("an answer").contains("later"));
    }
    sending.await.expect("all were sent");
}

#[tokio::test]
async fn what_is_not_declared_is_not_there() {
    let mut wire = Wire::to(&Server::new("bare", "1"));
    let answer = wire.ask(&modern(1, "server/discover", "{}")).await;
    assert_eq!(at(&answer, "/result/capabilities"), &json!({"logging": {}}));
    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        assert_eq!(at(&wire.ask(&modern(2, method, "{}")).await, "/error/code"), -32601, "{method}");
    }
}

#[tokio::test]
async fn a_server_that_was_built_wrongly_says_all_that_is_wrong() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Named {
        #[allow(dead_code, reason = "it is not called")]
        name: String,
    }
    let wrong = Server::new("wrong", "1")
        .tool("list", "", async |_: Vec<i32>, _| Ok(1))
        .resource_template("item://{id}", "item", async |_: Named, _| Ok("x"))
        .resource_template("item://{id", "item", async |_: Named, _| Ok("x"))
        .complete_prompt("none", "name", async |_, _| Ok(Vec::new()));
    let said = wrong.check().expect_err("wrong").to_string();
    for part in [
        "tool \"list\": ",
        "the variable \"id\" has no field",
        "resource template \"item://{id\": only",
        "prompt \"none\": nobody takes the argument \"name\"",
    ] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}
