//! The steps of PEER.md.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use isogloss::error::code;
use isogloss::protocol::types::{
    AnyResourceContents, CompleteRequestParams, CompletionArgument, GetPromptOutcome, GetPromptRequestParams,
    PromptReference, ReadResourceOutcome, ReadResourceRequestParams, RequestParams,
};
use isogloss::wire::Map;
use isogloss::{Client, Error, Json, ServerCalls};
use serde_json::{Value, json};

/// Whether the step went as it should, and what was seen.
pub type Outcome = Result<(bool, Value), Error>;

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

const PAYLOAD: &str = r##"{"text": "héllo wörld ✓ 日本 😀", "separators": "a\u2028b\u2029c", "control": "\u0000\u0001\u001f\u007f\t\r\n\"\\",
 "nothing": null, "deep": {"list": [null, [null, {"inner": null}]]},
 "most": 9007199254740991, "least": -9007199254740991, "tenth": 0.1, "tiny": 1e-7, "no": false,
 "object": {}, "array": [], "": "empty key", "$ref": "#/nowhere", "constructor": {"prototype": null},
 "_meta": {"progressToken": "x"}, "type": "nonsense", "__proto__": {"polluted": true}}"##;

const TOOLS: [&str; 7] = ["add", "ask_name", "big", "cancels", "echo_any", "fail", "slow"];

pub async fn run(name: &str, client: &Client) -> Outcome {
    match name {
        "ping" => client.ping(&RequestParams::default()).await.map(|_| (true, Value::Null)),
        "list_tools" => {
            let mut names: Vec<String> = client.tools().await?.into_iter().map(|tool| tool.name).collect();
            names.sort();
            Ok((names == TOOLS, json!(names)))
        }
        "add" => {
            let sum: Value = client.call("add", json!({"a": 2, "b": 3})).await?;
            Ok((sum == json!({"sum": 5}), sum))
        }
        "echo_payload" => echo_payload(client).await,
        "fail" => {
            let result = client.call("fail", json!({})).raw().await?;
            Ok((result.is_error == Some(true) && result.text().contains("boom"), result.text().into()))
        }
        "unknown_tool" => refused(client.call("no_such_tool", json!({})).raw().await),
        "wrong_args" => match client.call("add", json!({"a": "x", "b": 3})).raw().await {
            Ok(result) => Ok((result.is_error == Some(true), "isError".into())),
            error => refused(error).map(|(_, found)| (found == code::INVALID_PARAMS, found)),
        },
        "progress" => progress(client).await,
        "cancel" => {
            let call = client.call("slow", json!({"ms": 30_000})).raw();
            let answered = tokio::time::timeout(Duration::from_millis(300), call).await.is_ok();
            Ok((!answered, if answered { "answered" } else { "cancelled" }.into()))
        }
        "cancel_srv" => cancel_srv(client).await,
        "ask_name" => {
            let text = client.call("ask_name", json!({})).raw().await?.text();
            Ok((text == "Hello, Zoë!", text.into()))
        }
        "resource" => {
            let (text, mime_type) = read(client, "text://greeting").await?;
            let right = text == "héllo wörld ✓" && mime_type.as_deref() == Some("text/plain");
            Ok((right, json!([text, mime_type])))
        }
        "template" => {
            let (text, _) = read(client, "item://caf%C3%A9%20%E2%9C%93").await?;
            Ok((text == "item café ✓", text.into()))
        }
        "res_missing" => refused(read(client, "text://missing").await),
        "prompt" => prompt(client, "greet").await,
        "prompt_uni" => prompt(client, "grüß 日本").await,
        "complete" => complete(client).await,
        _ => {
            let text = client.call("big", json!({"n": 2048})).raw().await?.text();
            Ok((text.len() == 2048 * 1024 && text.bytes().all(|byte| byte == b'x'), text.len().into()))
        }
    }
}

/// A step that is to end with an error of JSON-RPC.
fn refused<T>(result: Result<T, Error>) -> Outcome {
    match result {
        Ok(_) => Ok((false, "answered".into())),
        Err(Error::Protocol(error)) => Ok((true, error.code.into())),
        Err(error) => Err(error),
    }
}

async fn echo_payload(client: &Client) -> Outcome {
    let payload: Json = serde_json::from_str(PAYLOAD).map_err(|error| Error::Io(error.to_string()))?;
    let sent: Value = payload.to().unwrap_or_default();
    let got: Value = client.call("echo_any", Map::from([(String::from("payload"), payload)])).await?;
    let equal = got == json!({ "echo": sent });
    Ok((equal, if equal { "equal".into() } else { got }))
}

async fn progress(client: &Client) -> Outcome {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    let call = client.call("slow", json!({"ms": 150})).on_progress(move |told| {
        let told = json!([told.progress, told.total, told.message]);
        listener.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    });
    let text = call.raw().await?.text();
    let heard = Value::from(heard.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let steps = json!([[1.0, 3.0, "step 1"], [2.0, 3.0, "step 2"], [3.0, 3.0, "step 3"]]);
    Ok((text == "done" && heard == steps, heard))
}

/// Asks again until the cancellation has reached the handler.
async fn cancel_srv(client: &Client) -> Outcome {
    loop {
        let count = client.call("cancels", json!({})).raw().await?.text();
        if count != "0" {
            return Ok((true, count.into()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn read(client: &Client, uri: &str) -> Result<(String, Option<String>), Error> {
    let params = ReadResourceRequestParams { uri: uri.to_owned(), ..Default::default() };
    if let ReadResourceOutcome::Complete(result) = client.read_resource(&params).await?
        && let Some(AnyResourceContents::Text(contents)) = result.contents.into_iter().next()
    {
        return Ok((contents.text, contents.mime_type));
    }
    Ok((String::from("no text"), None))
}

async fn prompt(client: &Client, name: &str) -> Outcome {
    let arguments = Map::from([(String::from("name"), String::from("Ann"))]);
    let params = GetPromptRequestParams { name: name.to_owned(), arguments: Some(arguments), ..Default::default() };
    let GetPromptOutcome::Complete(result) = client.get_prompt(&params).await? else {
        return Ok((false, "it asks for input".into()));
    };
    let said: Vec<Value> =
        result.messages.iter().map(|message| json!([message.role.as_str(), message.content.as_text()])).collect();
    Ok((said == [json!(["user", "Greet Ann"])], said.into()))
}

async fn complete(client: &Client) -> Outcome {
    let argument = CompletionArgument::new("name", "Al");
    let params = CompleteRequestParams::new(argument, PromptReference::new("greet").into());
    let mut values = client.complete(&params).await?.completion.values;
    values.sort();
    Ok((values == ["Alan", "Alice"], json!(values)))
}
