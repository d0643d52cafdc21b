//! The exchanges of a recording as JSON values, so that a case can hold them to expectations by pointer.
//!
//! An exchange is `{number, revision, session, request, response, end}`. `request` has `method`, `target`,
//! `headers` by lower-case name, `message` and `kind` (request, notification, answer, none); `response` has
//! `status`, `headers`, `media` (the media type alone), `messages`, `last` (the last of them) and `text`
//! (what is no message); `end` is answered, client or server (who cut it), or open. `revision` and
//! `session` are those that were agreed when it began, null before that.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::conversation::{Kind, kind_of};
use crate::recording::{Event, Record, Side};

/// One exchange, and the records that show it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The value.
    pub value: Value,
    /// Numbers of its records: heads and messages.
    pub seqs: Vec<u64>,
}

/// The exchanges of one server's records, in the order they began.
pub fn exchanges(records: &[Record]) -> Vec<Exchange> {
    let mut reader = Reader::default();
    for record in records {
        reader.read(record);
    }
    reader.exchanges
}

#[derive(Default)]
struct Reader {
    exchanges: Vec<Exchange>,
    by_number: HashMap<u64, usize>,
    revision: Value,
    session: Value,
}

impl Reader {
    fn read(&mut self, record: &Record) {
        match &record.event {
            Event::Request { exchange, method, target, headers } => {
                let value = json!({
                    "number": exchange, "revision": self.revision, "session": self.session,
                    "request": { "method": method, "target": target, "headers": by_name(headers), "message": null, "kind": "none" },
                    "response": null, "end": "open",
                });
                self.by_number.insert(*exchange, self.exchanges.len());
                self.exchanges.push(Exchange { value, seqs: vec![record.seq] });
            }
            Event::Response { exchange, status, headers } => {
                let headers = by_name(headers);
                let media = headers.get("content-type").and_then(Value::as_str).map(media_type);
                let response = json!({
                    "status": status, "headers": headers, "media": media, "messages": [], "last": null, "text": "",
                });
                self.with(*exchange, record.seq, |value| value["response"] = response);
            }
            Event::Line { exchange: Some(exchange), from, text, .. } => {
                let message = text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
                self.message(*exchange, record.seq, *from, message);
            }
            Event::Body { exchange, from: Side::Server, text } => self.with(*exchange, record.seq, |value| {
                let before = value["response"]["text"].as_str().unwrap_or_default();
                value["response"]["text"] = format!("{before}{text}\n").into();
            }),
            Event::Answered { exchange } => self.with(*exchange, record.seq, |value| value["end"] = "answered".into()),
            Event::Cut { exchange, from } => {
                self.with(*exchange, record.seq, |value| value["end"] = from.word().into());
            }
            _ => {}
        }
    }

    fn message(&mut self, exchange: u64, seq: u64, from: Side, message: Value) {
        if from == Side::Client {
            let kind = match kind_of(&message) {
                Kind::Request { .. } => "request",
                Kind::Notification { .. } => "notification",
                Kind::Result | Kind::Error => "answer",
                Kind::Broken(_) => "none",
            };
            return self.with(exchange, seq, |value| {
                value["request"]["kind"] = kind.into();
                value["request"]["message"] = message;
            });
        }
        let agreed = message.pointer("/result/protocolVersion").cloned();
        self.with(exchange, seq, |value| {
            if let Some(messages) = value["response"]["messages"].as_array_mut() {
                messages.push(message.clone());
            }
            value["response"]["last"] = message;
        });
        let Some(value) = self.by_number.get(&exchange).and_then(|index| self.exchanges.get(*index)) else { return };
        if let Some(agreed) = agreed.filter(|_| value.value["request"]["message"]["method"] == "initialize") {
            self.session = value.value["response"]["headers"]["mcp-session-id"].clone();
            self.revision = agreed;
        }
    }

    fn with(&mut self, exchange: u64, seq: u64, change: impl FnOnce(&mut Value)) {
        let Some(found) = self.by_number.get(&exchange).and_then(|index| self.exchanges.get_mut(*index)) else {
            return;
        };
        found.seqs.push(seq);
        change(&mut found.value);
    }
}

/// Headers by lower-case name; one that comes twice has its values joined, as HTTP says they may be.
fn by_name(headers: &[(String, String)]) -> Value {
    let mut named = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let joined = match named.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        named.insert(name, joined.into());
    }
    Value::Object(named)
}

fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::message_event;

    #[test]
    fn an_exchange_holds_what_was_asked_answered_and_agreed_before_it() {
        let headers = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let post = |exchange| Event::Request {
            exchange,
            method: "POST".into(),
            target: "/mcp".into(),
            headers: headers(&[("Accept", "a"), ("ACCEPT", "b")]),
        };
        let line = |from, text: &str, exchange| message_event(from, text.as_bytes(), true, Some(exchange));
        let events = [
            post(1),
            line(Side::Client, r#"{"id":1,"method":"initialize"}"#, 1),
            Event::Response {
                exchange: 1,
                status: 200,
                headers: headers(&[("Content-Type", "Text/Event-Stream; charset=utf-8"), ("Mcp-Session-Id", "s")]),
            },
            Event::Body { from: Side::Server, exchange: 1, text: "event: message".into() },
            line(Side::Server, r#"{"id":1,"result":{"protocolVersion":"2025-11-25"}}"#, 1),
            Event::Answered { exchange: 1 },
            post(2),
            line(Side::Client, r#"{"method":"notifications/initialized"}"#, 2),
            Event::Cut { from: Side::Client, exchange: 2 },
        ];
        let records: Vec<Record> =
            (1..).zip(events).map(|(seq, event)| Record { process: 1, seq, at_us: seq, event }).collect();
        let found = exchanges(&records);
        assert_eq!(found.len(), 2);
        for (exchange, pointer, expected) in [
            (0, "/revision", Value::Null),
            (0, "/request/kind", json!("request")),
            (0, "/request/headers/accept", json!("a, b")),
            (0, "/response/media", json!("text/event-stream")),
            (0, "/response/text", json!("event: message\n")),
            (0, "/response/last/id", json!(1)),
            (0, "/end", json!("answered")),
            (1, "/revision", json!("2025-11-25")),
            (1, "/session", json!("s")),
            (1, "/request/kind", json!("notification")),
            (1, "/response", Value::Null),
            (1, "/end", json!("client")),
        ] {
            assert_eq!(found[exchange].value.pointer(pointer), Some(&expected), "{exchange} {pointer}");
        }
        assert_eq!(found[1].seqs, [7, 8, 9]);
    }
}
