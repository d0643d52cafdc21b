//! `fault`: a server's command with trouble before it. It starts the server and stands between it and whoever talks to
//! it, over standard streams or HTTP, and hands everything on but for the messages that are to be hit.
//!
//! To the recorder it is the server, so what is recorded is what the client saw.

mod answer;
mod http;
mod stdio;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::expect::{Expectations, check_all};
use crate::recording::Side;

/// What happens to which messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub what: Kind,
    /// Whose messages are hit; the server's by default. One of the server's is meant by the request that it answers.
    #[serde(default = "server")]
    pub from: Side,
    /// The method of the request.
    pub method: String,
    /// Picks among such requests; pointers into the whole message.
    #[serde(default, rename = "where")]
    pub only: Expectations,
    /// How many of them pass before one is hit.
    #[serde(default)]
    pub skip: usize,
    /// How many are hit.
    #[serde(default = "one")]
    pub times: usize,
    /// Bytes of the message (over HTTP: of its body) that still pass before a cut, or that pass at a time where they
    /// are slow. Over HTTP 0 means that not even the head of an answer passes.
    #[serde(default)]
    pub bytes: usize,
    /// Events of an answer's stream that still pass before a cut over HTTP.
    #[serde(default)]
    pub events: usize,
    /// For `delay`, `slow` (between pieces) and `kill` (after the request): milliseconds.
    #[serde(default)]
    pub ms: u64,
    /// For `add`: members by the pointer of the object that they are put into.
    #[serde(default)]
    pub add: Map<String, Value>,
}

fn server() -> Side {
    Side::Server
}

fn one() -> usize {
    1
}

/// What can happen to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The connection ends in the middle of it.
    Cut,
    /// It is swallowed; over HTTP the connection stays open and silent.
    Drop,
    /// It is sent twice. An answer over HTTP cannot be.
    Duplicate,
    /// It comes late.
    Delay,
    /// It comes in small pieces with pauses between them.
    Slow,
    /// It comes after the next one of its side.
    Reorder,
    /// Over standard streams: the server closes its output, and lives on.
    HalfClose,
    /// Over HTTP: a load balancer answers 502 in the server's place.
    BadGateway,
    /// Over HTTP: an answer passes only once it is whole, as behind a proxy that buffers streams.
    Buffer,
    /// The server is killed once it has had the request; over HTTP it is started again at once.
    Kill,
    /// Members are added to it that nobody knows.
    Add,
    /// Over standard streams: a line that is no message comes before it.
    Noise,
}

impl Fault {
    /// The pause it is about.
    fn pause(&self) -> Duration {
        Duration::from_millis(self.ms)
    }

    /// The message with the added members.
    fn with_added(&self, mut message: Value) -> Value {
        for (pointer, members) in &self.add {
            if let (Some(Value::Object(object)), Value::Object(members)) = (message.pointer_mut(pointer), members) {
                object.extend(members.clone());
            }
        }
        message
    }
}

/// What stands in the recording of the server's standard error where a message was hit: a script whose fault hits
/// nothing shows nothing.
pub const STRUCK: &str = "isogloss-interop fault: struck";

/// Says which requests are hit, in the order they pass.
struct Aim {
    fault: Fault,
    seen: Mutex<usize>,
}

impl Aim {
    fn new(fault: Fault) -> Self {
        Self { fault, seen: Mutex::new(0) }
    }

    /// Whether the request is one that is hit, itself or in its answer.
    fn takes(&self, request: &Value) -> bool {
        let fault = &self.fault;
        let is_meant = request["method"] == *fault.method && check_all(&fault.only, request, request).is_ok();
        if !is_meant {
            return false;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen += 1;
        let strikes = *seen > fault.skip && *seen <= fault.skip + fault.times;
        if strikes {
            eprintln!("{STRUCK}");
        }
        strikes
    }
}

/// Starts the server and stands before it until its end, or until input is closed.
pub fn fault(fault: &str, over_http: bool, server: &[String]) -> Result<()> {
    let fault: Fault = serde_json::from_str(fault).map_err(|error| Error::new(format!("the fault: {error}")))?;
    let aim = Aim::new(fault);
    if over_http { http::stand_before(aim, server) } else { stdio::stand_before(aim, server) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(more: &str) -> Fault {
        serde_json::from_str(&format!("{{\"what\":\"cut\",\"method\":\"tools/call\"{more}}}")).unwrap()
    }

    #[test]
    fn only_the_meant_requests_are_hit() {
        let call = |name: &str| json!({"id": 1, "method": "tools/call", "params": {"name": name}});
        let aim = Aim::new(fault(r#","skip":1,"where":{"/params/name":"count"}"#));
        let hit: Vec<bool> = ["other", "count", "count", "count"].map(|name| aim.takes(&call(name))).into();
        assert_eq!(hit, [false, false, true, false]);
        assert!(!aim.takes(&json!({"method": "ping"})));
    }

    #[test]
    fn members_are_added_where_there_is_an_object() {
        let fault = fault(r#","add":{"/result":{"later":1},"/result/missing":{"x":2}}"#);
        assert_eq!(fault.with_added(json!({"result": {"a": 0}})), json!({"result": {"a": 0, "later": 1}}));
    }
}
