//! One tool's calls as bytes, and the check of each answer. Every call has its own id, and `add` its own sum, so that
//! an answer to another call is seen.
//!
//! Calls are those of revision 2026-07-28: each says by itself what an older client says once in a handshake.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cell::{Cell, Tool, Transport};

/// The revision of the calls.
pub const REVISION: &str = "2026-07-28";
/// Ids have seven digits, so that a call is made by writing digits into a copy.
const FIRST_ID: u64 = 1_000_000;
const DIGITS: usize = 7;
const META: &str = concat!(
    r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"isogloss-bench","version":"1.0.0"},"#,
    r#""io.modelcontextprotocol/clientCapabilities":{}}"#
);

/// The calls of a cell.
pub struct Calls {
    /// A whole request, with digits to be replaced.
    template: Vec<u8>,
    /// Where the digits of the number of the call are.
    places: Vec<usize>,
    /// What `echo` is to give back.
    payload: Option<String>,
}

impl Calls {
    /// Those of a cell; over HTTP to this host.
    pub fn new(cell: &Cell, host: &str) -> Self {
        let digits = FIRST_ID.to_string();
        let payload = match cell.tool {
            Tool::Add => None,
            Tool::Echo(size) => Some(payload(size)),
        };
        let (name, arguments) = match &payload {
            None => ("add", format!(r#"{{"a":{digits},"b":1}}"#)),
            Some(payload) => ("echo", format!(r#"{{"payload":{payload}}}"#)),
        };
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":{digits},"method":"tools/call","params":{{{META},"arguments":{arguments},"name":"{name}"}}}}"#
        );
        let template = match cell.transport {
            Transport::Stdio => body + "\n",
            Transport::Http => head(host, name, body.len()) + &body,
        };
        let places = template.match_indices(&digits).map(|(at, _)| at).collect();
        Calls { template: template.into_bytes(), places, payload }
    }

    /// Appends the request with this number.
    pub fn write(&self, number: usize, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&self.template);
        let digits = (FIRST_ID + number as u64).to_string();
        for place in &self.places {
            let place = begin + place;
            out[place..place + DIGITS].copy_from_slice(digits.as_bytes());
        }
    }

    /// Checks a message of the server, and gives the number of the call that it answers; none if it is no answer.
    pub fn check(&self, message: &[u8]) -> Result<Option<usize>, String> {
        let wrong = |what: &str| format!("{what}: {}", shown(message));
        let answer: Answer<'_> = serde_json::from_slice(message).map_err(|e| wrong(&format!("not a message ({e})")))?;
        let Some(id) = answer.id else { return Ok(None) };
        let number = id.checked_sub(FIRST_ID).ok_or_else(|| wrong("an answer to another call"))?;
        let result = answer.result.ok_or_else(|| wrong("no result"))?;
        let structured = result.structured.ok_or_else(|| wrong("no structured content"))?.get();
        let right = match &self.payload {
            None => serde_json::from_str::<Sum>(structured).is_ok_and(|sum| sum.result == id + 1),
            // Written by another hand it may still be the same.
            Some(payload) => structured == payload || same(structured, payload),
        };
        if right && result.is_error != Some(true) && !result.content.get().is_empty() {
            Ok(usize::try_from(number).ok())
        } else {
            Err(wrong("a wrong answer"))
        }
    }
}

#[derive(Deserialize)]
struct Answer<'m> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default)]
    result: Option<CallResult<'m>>,
}

#[derive(Deserialize)]
struct CallResult<'m> {
    #[serde(borrow)]
    content: &'m RawValue,
    #[serde(borrow, default, rename = "structuredContent")]
    structured: Option<&'m RawValue>,
    #[serde(default, rename = "isError")]
    is_error: Option<bool>,
}

#[derive(Deserialize)]
struct Sum {
    result: u64,
}

fn same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}

fn head(host: &str, tool: &str, length: usize) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {REVISION}\r\n\
         Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// An object like those that tools get: records of text, numbers and lists. Its names are in the order of the
/// alphabet, so that a server that sorts them gives the same bytes.
fn payload(size: usize) -> String {
    let mut text = String::from("{");
    for index in 0.. {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&format!(
            r#""r{index:05}":{{"done":{},"items":[{index},{}.5,null],"title":"Zürich \"{index}\" – bring an umbrella"}}"#,
            index % 2 == 0,
            index % 40
        ));
        if text.len() >= size {
            break;
        }
    }
    text + "}"
}

/// The beginning of a message, for an error.
pub fn shown(message: &[u8]) -> String {
    const LONG: usize = 300;
    String::from_utf8_lossy(message.get(..LONG).unwrap_or(message)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(tool: Tool) -> Calls {
        Calls::new(&Cell { transport: Transport::Stdio, lanes: 1, tool }, "")
    }

    #[test]
    fn a_call_has_its_own_number_everywhere() {
        let mut out = Vec::new();
        calls(Tool::Add).write(42, &mut out);
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text.matches("1000042").count(), 2, "{text}");
        assert!(!text.contains("1000000"), "{text}");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["params"]["arguments"]["a"], 1_000_042);
    }

    #[test]
    fn a_payload_has_about_the_size_that_was_asked_for() {
        for size in [1024, 64 * 1024] {
            let payload = payload(size);
            assert!((size..size + 200).contains(&payload.len()), "{}", payload.len());
            assert!(same(&payload, &payload));
        }
    }

    #[test]
    fn only_the_right_answer_is_taken() {
        let add = calls(Tool::Add);
        let answer = |id: u64, sum: u64, more: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"structuredContent":{{"result":{sum}}}{more}}}}}"#
            )
        };
        for (text, right) in [
            (answer(1_000_007, 1_000_008, ""), true),
            (answer(1_000_007, 1_000_008, r#","isError":false"#), true),
            (answer(1_000_007, 1_000_009, ""), false),
            (answer(7, 8, ""), false),
            (answer(1_000_007, 1_000_008, r#","isError":true"#), false),
            (String::from(r#"{"jsonrpc":"2.0","id":1000007,"error":{}}"#), false),
            (String::from("no"), false),
        ] {
            assert_eq!(add.check(text.as_bytes()) == Ok(Some(7)), right, "{text}");
        }
        assert_eq!(add.check(br#"{"jsonrpc":"2.0","method":"x"}"#), Ok(None));
        let echo = calls(Tool::Echo(100));
        let other_order = r#"{"id":1000000,"result":{"content":[],"structuredContent":{"x":1}}}"#;
        assert!(echo.check(other_order.as_bytes()).is_err());
    }
}
