//! The steps of client mode: what each asks of the reference surface and what it expects back. It
//! checks what came back, not how it came: the wire is the SDK's business.

use std::time::Duration;

use rmcp::{model::*, service::ServiceError};
use serde_json::{Value, json};

use crate::client::{Outcome, Session};

/// Long enough that a call which is never cancelled runs into the step's timeout.
const CANCELLED_CALL_MS: u64 = 30_000;
const CANCEL_AFTER: Duration = Duration::from_millis(300);
const POLL_EVERY: Duration = Duration::from_millis(100);
const TOOLS: [&str; 7] = [
    "add", "ask_name", "big", "cancels", "echo_any", "fail", "slow",
];
const PAYLOAD: &str = r##"{
  "text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
  "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
  "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
  "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
  "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}
}"##;

pub const NAMES: [&str; 18] = [
    "ping",
    "list_tools",
    "add",
    "echo_payload",
    "fail",
    "unknown_tool",
    "wrong_args",
    "progress",
    "cancel",
    "cancel_srv",
    "ask_name",
    "resource",
    "template",
    "res_missing",
    "prompt",
    "complete",
    "big",
    "prompt_uni",
];

pub async fn run(name: &str, session: &Session, cancels_before: &mut u64) -> Outcome {
    match name {
        "ping" => {
            let ping = ClientRequest::PingRequest(PingRequest::default());
            session.send_request(ping).await.map_err(text)?;
            Ok((true, Value::Null))
        }
        "list_tools" => list_tools(session).await,
        "add" => {
            let result = call(session, "add", json!({"a": 2, "b": 3}))
                .await
                .map_err(text)?;
            let sum = value_of(&result);
            Ok((sum == json!({"sum": 5}), sum))
        }
        "echo_payload" => echo_payload(session).await,
        "fail" => {
            let result = call(session, "fail", json!({})).await.map_err(text)?;
            let said = text_of(&result);
            Ok((
                result.is_error == Some(true) && said.contains("boom"),
                said.into(),
            ))
        }
        "unknown_tool" => match call(session, "no_such_tool", json!({})).await {
            Ok(result) => Ok((
                false,
                json!({"isError": result.is_error, "text": text_of(&result)}),
            )),
            Err(error) => error_code(error, |_| true),
        },
        "wrong_args" => match call(session, "add", json!({"a": "x", "b": 3})).await {
            Ok(result) if result.is_error == Some(true) => Ok((true, "isError".into())),
            Ok(result) => Ok((false, json!(result.structured_content))),
            Err(error) => error_code(error, |code| code == ErrorCode::INVALID_PARAMS),
        },
        "progress" => progress(session).await,
        "cancel" => {
            *cancels_before = cancels(session).await?;
            let slow = call(session, "slow", json!({"ms": CANCELLED_CALL_MS}));
            match tokio::time::timeout(CANCEL_AFTER, slow).await {
                Ok(result) => Ok((false, text_of(&result.map_err(text)?).into())),
                Err(_) => Ok((true, "cancelled".into())),
            }
        }
        "cancel_srv" => loop {
            let count = cancels(session).await?;
            if count > *cancels_before {
                return Ok((true, count.into()));
            }
            tokio::time::sleep(POLL_EVERY).await;
        },
        "ask_name" => {
            let said = text_of(&call(session, "ask_name", json!({})).await.map_err(text)?);
            Ok((said == "Hello, Zoë!", said.into()))
        }
        "resource" => {
            let seen = read(session, "text://greeting").await.map_err(text)?;
            Ok((seen == json!([["héllo wörld ✓", "text/plain"]]), seen))
        }
        "template" => {
            let seen = read(session, "item://caf%C3%A9%20%E2%9C%93")
                .await
                .map_err(text)?[0][0]
                .take();
            Ok((seen == "item café ✓", seen))
        }
        "res_missing" => match read(session, "text://missing").await {
            Ok(seen) => Ok((false, seen)),
            Err(error) => error_code(error, |_| true),
        },
        "prompt" => greet(session, "greet").await,
        "complete" => {
            let answer = session
                .complete_prompt_argument("greet", "name", "Al", None)
                .await;
            let mut values = answer.map_err(text)?.values;
            values.sort();
            Ok((values == ["Alan", "Alice"], json!(values)))
        }
        "big" => {
            let said = text_of(
                &call(session, "big", json!({"n": 2048}))
                    .await
                    .map_err(text)?,
            );
            Ok((said == "x".repeat(2048 * 1024), said.len().into()))
        }
        "prompt_uni" => greet(session, "grüß 日本").await,
        other => Err(format!("no step {other}")),
    }
}

async fn call(
    session: &Session,
    name: &'static str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    session
        .call_tool(CallToolRequestParams::new(name).with_arguments(arguments))
        .await
}

fn text(error: ServiceError) -> String {
    error.to_string()
}

fn text_of(result: &CallToolResult) -> String {
    result
        .content
        .iter()
        .filter_map(|block| block.as_text())
        .map(|block| block.text.as_str())
        .collect()
}

/// What a tool answered: structured, or before revision 2025-06-18 as the JSON of its text.
fn value_of(result: &CallToolResult) -> Value {
    let said = || {
        let text = text_of(result);
        serde_json::from_str(&text).unwrap_or(text.into())
    };
    result.structured_content.clone().unwrap_or_else(said)
}

/// A JSON-RPC error is an outcome; any other error stays one.
fn error_code(error: ServiceError, expected: impl Fn(ErrorCode) -> bool) -> Outcome {
    match error {
        ServiceError::McpError(error) => Ok((expected(error.code), error.code.0.into())),
        other => Err(other.to_string()),
    }
}

async fn list_tools(session: &Session) -> Outcome {
    let tools = session.list_all_tools().await.map_err(text)?;
    let mut names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    names.sort_unstable();
    Ok((TOOLS.iter().all(|name| names.contains(name)), json!(names)))
}

async fn echo_payload(session: &Session) -> Outcome {
    let payload: Value = serde_json::from_str(PAYLOAD).map_err(|error| error.to_string())?;
    let result = call(session, "echo_any", json!({"payload": payload}))
        .await
        .map_err(text)?;
    match value_of(&result) {
        echo if echo == json!({"echo": payload}) => Ok((true, "equal".into())),
        other => Ok((false, other)),
    }
}

async fn progress(session: &Session) -> Outcome {
    let result = call(session, "slow", json!({"ms": 150}))
        .await
        .map_err(text)?;
    let seen = json!(
        *session
            .service()
            .progress
            .lock()
            .map_err(|error| error.to_string())?
    );
    let wanted = json!([
        [1.0, 3.0, "step 1"],
        [2.0, 3.0, "step 2"],
        [3.0, 3.0, "step 3"]
    ]);
    Ok((seen == wanted && text_of(&result) == "done", seen))
}

async fn cancels(session: &Session) -> Result<u64, String> {
    let said = text_of(&call(session, "cancels", json!({})).await.map_err(text)?);
    said.parse()
        .map_err(|_| format!("expected a count, found {said}"))
}

async fn read(session: &Session, uri: &str) -> Result<Value, ServiceError> {
    let result = session
        .read_resource(ReadResourceRequestParams::new(uri))
        .await?;
    let seen = result.contents.iter().map(|content| match content {
        ResourceContents::TextResourceContents {
            text, mime_type, ..
        } => json!([text, mime_type]),
        _ => Value::Null,
    });
    Ok(seen.collect())
}

async fn greet(session: &Session, name: &str) -> Outcome {
    let arguments = json!({"name": "Ann"})
        .as_object()
        .cloned()
        .unwrap_or_default();
    let request = GetPromptRequestParams::new(name).with_arguments(arguments);
    let messages = session.get_prompt(request).await.map_err(text)?.messages;
    let seen: Value = messages
        .iter()
        .map(|message| {
            json!([
                message.role,
                message.content.as_text().map(|block| &block.text)
            ])
        })
        .collect();
    Ok((seen == json!([["user", "Greet Ann"]]), seen))
}
