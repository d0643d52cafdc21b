//! A recording read as JSON-RPC: messages by kind, answers joined to their requests, and the revision
//! that holds for each message.
//!
//! Kinds follow from which members are present, as JSONRPCMessage defines them; nothing is guessed.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::recording::{Event, Record, Side};
use crate::revision::FIRST_MODERN;

/// Where a modern request says which revision it speaks.
const META_REVISION: &str = "/params/_meta/io.modelcontextprotocol~1protocolVersion";
/// The only revision in which one line may hold several messages.
const BATCH_REVISION: &str = "2025-03-26";

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Asks for an answer.
    Request {
        /// Names the operation.
        method: String,
    },
    /// Asks for nothing.
    Notification {
        /// Names the event.
        method: String,
    },
    /// A successful answer.
    Result,
    /// A failed answer.
    Error,
    /// No JSON-RPC message; why.
    Broken(String),
}

/// One message with what was worked out about it.
#[derive(Debug, Clone)]
pub struct Message {
    /// The record's number within its conversation.
    pub seq: u64,
    /// Over HTTP, the exchange whose body held it.
    pub exchange: Option<u64>,
    /// Who sent it.
    pub from: Side,
    /// The message; null where the line is no JSON.
    pub value: Value,
    /// What it is.
    pub kind: Kind,
    /// For an answer, the index of the request it answers.
    pub answers: Option<usize>,
    /// For a request, the index of its first answer.
    pub answered_by: Option<usize>,
    /// The revision it is held to.
    pub revision: String,
}

impl Message {
    /// The method of a request or notification.
    pub fn method(&self) -> Option<&str> {
        match &self.kind {
            Kind::Request { method } | Kind::Notification { method } => Some(method),
            _ => None,
        }
    }
}

/// One server process's messages in the order they passed.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// All messages, broken lines among them.
    pub messages: Vec<Message>,
    /// Revision of the last answered handshake or the last modern request: what was agreed.
    pub negotiated: Option<String>,
    /// Whether the recording has the server's end.
    pub ended: bool,
    /// Over HTTP, exchanges that the client cut: in the modern era that is how it cancels.
    pub cut: BTreeSet<u64>,
}

impl Conversation {
    /// Reads the records of one server process.
    pub fn read(records: &[Record]) -> Self {
        let mut reader = Reader::default();
        for record in records {
            match &record.event {
                Event::Line { from, text, whole, exchange, .. } => {
                    reader.place = Place { seq: record.seq, exchange: *exchange };
                    reader.line(*from, text.as_deref(), *whole);
                }
                Event::Exit { .. } => reader.conversation.ended = true,
                Event::Cut { from: Side::Client, exchange } => {
                    reader.conversation.cut.insert(*exchange);
                }
                _ => {}
            }
        }
        reader.conversation
    }

    /// The method a message is about: its own, or that of the request it answers.
    pub fn subject<'m>(&'m self, message: &'m Message) -> Option<&'m str> {
        message.method().or_else(|| self.messages.get(message.answers?)?.method())
    }
}

/// Where what is being read stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    seq: u64,
    exchange: Option<u64>,
}

#[derive(Default)]
struct Reader {
    conversation: Conversation,
    place: Place,
    /// Requests by sender and id, the id as JSON text: `1` and `"1"` are two ids.
    open: HashMap<(Side, String), usize>,
}

impl Reader {
    fn line(&mut self, from: Side, text: Option<&str>, whole: bool) {
        let parsed = match text {
            None => Err("the line is not UTF-8".to_owned()),
            Some(_) if !whole => Err("the line was cut off before its line feed".to_owned()),
            Some(text) => serde_json::from_str(text).map_err(|error| format!("the line is not JSON: {error}")),
        };
        match parsed {
            Err(reason) => self.push(from, Value::Null, Kind::Broken(reason)),
            Ok(Value::Array(items)) => self.batch(from, items),
            Ok(value) => {
                let kind = kind_of(&value);
                self.push(from, value, kind);
            }
        }
    }

    fn batch(&mut self, from: Side, items: Vec<Value>) {
        let revision = self.current();
        if revision != BATCH_REVISION || items.is_empty() {
            let reason = format!("an array of {} is no message in revision {revision}", items.len());
            return self.push(from, Value::Array(items), Kind::Broken(reason));
        }
        for item in items {
            let kind = kind_of(&item);
            self.push(from, item, kind);
        }
    }

    fn current(&self) -> String {
        self.conversation.negotiated.clone().unwrap_or_else(|| FIRST_MODERN.to_owned())
    }

    fn push(&mut self, from: Side, value: Value, kind: Kind) {
        let index = self.conversation.messages.len();
        let id = value.get("id").map(Value::to_string);
        let Place { seq, exchange } = self.place;
        let revision = String::new();
        let mut message = Message { seq, exchange, from, value, kind, answers: None, answered_by: None, revision };
        match (&message.kind, id) {
            (Kind::Request { .. }, Some(id)) => {
                self.open.insert((from, id), index);
            }
            (Kind::Result | Kind::Error, Some(id)) => message.answers = self.open.get(&(other(from), id)).copied(),
            _ => {}
        }
        if let Some(request) = message.answers.and_then(|asked| self.conversation.messages.get_mut(asked)) {
            request.answered_by.get_or_insert(index);
        }
        message.revision = self.revision_of(&message);
        self.conversation.messages.push(message);
    }

    /// A modern request names its revision; `initialize` offers one and its result settles one; an
    /// answer is held to its request's; everything else to what was agreed last.
    fn revision_of(&mut self, message: &Message) -> String {
        let asked = message.answers.and_then(|index| self.conversation.messages.get(index));
        let said = |pointer: &str| message.value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match (&message.kind, asked) {
            (Kind::Request { method }, _) if method == "initialize" => {
                said("/params/protocolVersion").unwrap_or_else(|| self.current())
            }
            (Kind::Request { .. }, _) if message.from == Side::Client => match said(META_REVISION) {
                Some(revision) => self.agree(revision),
                None => self.current(),
            },
            (Kind::Result, Some(asked)) if asked.method() == Some("initialize") => {
                let offered = asked.revision.clone();
                let revision = said("/result/protocolVersion").unwrap_or(offered);
                self.agree(revision)
            }
            (Kind::Result | Kind::Error, Some(asked)) => asked.revision.clone(),
            _ => self.current(),
        }
    }

    fn agree(&mut self, revision: String) -> String {
        self.conversation.negotiated = Some(revision.clone());
        revision
    }
}

fn other(side: Side) -> Side {
    match side {
        Side::Client => Side::Server,
        Side::Server => Side::Client,
    }
}

/// What a message is, by the members it has.
pub fn kind_of(value: &Value) -> Kind {
    let Some(members) = value.as_object() else {
        return Kind::Broken("a message is an object".to_owned());
    };
    let has = |name: &str| members.contains_key(name);
    match (members.get("method"), has("id"), has("result"), has("error")) {
        (Some(Value::String(method)), true, false, false) => Kind::Request { method: method.clone() },
        (Some(Value::String(method)), false, false, false) => Kind::Notification { method: method.clone() },
        (Some(Value::String(_)), ..) => Kind::Broken("both a question and an answer".to_owned()),
        (Some(_), ..) => Kind::Broken("`method` is not a string".to_owned()),
        (None, true, true, false) => Kind::Result,
        (None, _, false, true) => Kind::Error,
        (None, _, true, true) => Kind::Broken("both `result` and `error`".to_owned()),
        (None, false, true, false) => Kind::Broken("a `result` without `id`".to_owned()),
        (None, _, false, false) => Kind::Broken("neither `method` nor `result` nor `error`".to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::recording::line_event;

    /// What is read of these lines, in this order.
    pub(crate) fn conversation(lines: &[(Side, &str)]) -> Conversation {
        let records: Vec<Record> = (1..)
            .zip(lines)
            .map(|(seq, (from, text))| Record {
                process: 1,
                seq,
                at_us: seq,
                event: line_event(*from, text.as_bytes(), true),
            })
            .collect();
        Conversation::read(&records)
    }

    use Side::{Client, Server};

    #[test]
    fn the_handshake_settles_the_revision_of_what_follows() {
        let talk = conversation(&[
            (Client, r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#),
            (Server, r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}"#),
            (Client, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
            (Client, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
            (Server, r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#),
        ]);
        let revisions: Vec<&str> = talk.messages.iter().map(|message| message.revision.as_str()).collect();
        assert_eq!(revisions, ["2025-11-25", "2025-06-18", "2025-06-18", "2025-06-18", "2025-06-18"]);
        assert_eq!(talk.messages[4].answers, Some(3));
        assert_eq!(talk.messages[3].answered_by, Some(4));
        assert_eq!(talk.subject(&talk.messages[4]), Some("tools/list"));
    }

    #[test]
    fn a_refused_probe_does_not_settle_the_era() {
        let meta = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        let discover = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{meta}}}"#);
        let talk = conversation(&[
            (Client, &discover),
            (Server, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#),
            (Client, r#"{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-03-26"}}"#),
            (Server, r#"{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-03-26"}}"#),
        ]);
        assert_eq!(talk.messages[1].revision, "2026-07-28");
        assert_eq!(talk.negotiated.as_deref(), Some("2025-03-26"));
    }

    #[test]
    fn ids_of_the_two_sides_and_of_two_types_are_kept_apart() {
        let talk = conversation(&[
            (Client, r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#),
            (Server, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#),
            (Client, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
            (Server, r#"{"jsonrpc":"2.0","id":"1","result":{}}"#),
        ]);
        assert_eq!(talk.messages[2].answers, Some(1));
        assert_eq!(talk.messages[3].answers, None);
        assert_eq!(talk.messages[0].answered_by, None);
    }

    #[test]
    fn kinds_follow_from_the_members_present() {
        for (text, expected) in [
            (r#"{"id":1,"method":"m"}"#, "request"),
            (r#"{"method":"m"}"#, "notification"),
            (r#"{"id":1,"result":{}}"#, "result"),
            (r#"{"error":{}}"#, "error"),
            (r#"{"id":1,"result":{},"error":{}}"#, "broken"),
            (r#"{"id":1,"method":"m","result":{}}"#, "broken"),
            (r#"{"result":{}}"#, "broken"),
            (r"{}", "broken"),
            (r"[]", "broken"),
            (r"3", "broken"),
            (r"debug: hello", "broken"),
        ] {
            let kind = match conversation(&[(Server, text)]).messages[0].kind {
                Kind::Request { .. } => "request",
                Kind::Notification { .. } => "notification",
                Kind::Result => "result",
                Kind::Error => "error",
                Kind::Broken(_) => "broken",
            };
            assert_eq!(kind, expected, "{text}");
        }
    }

    #[test]
    fn a_batch_is_read_in_the_one_revision_that_has_it() {
        let batch = (Server, r#"[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","method":"x"}]"#);
        let settle = |revision: &str| {
            let text = format!(
                r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{revision}"}}}}"#
            );
            let answer = format!(r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"{revision}"}}}}"#);
            conversation(&[(Client, &text), (Server, &answer), batch]).messages.len()
        };
        assert_eq!((settle("2025-03-26"), settle("2025-06-18")), (4, 3));
    }
}
