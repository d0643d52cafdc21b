//! What must hold in every run whatever its cases: requests are answered once, and everyone ends.

use std::collections::HashMap;

use serde_json::Value;

use crate::conversation::{Conversation, Kind};
use crate::outcome::{Outcome, Step, crop};
use crate::report::{CaseReport, Shown};

/// JSON-RPC: a request has one answer and an id is not used twice.
pub fn answered_once(talks: &[Conversation]) -> CaseReport {
    let mut verdict = CaseReport::passed("wire/answered-once", "every request is answered exactly once");
    let expected = "one answer for each request";
    for (conversation, talk) in talks.iter().enumerate() {
        let mut answers: HashMap<usize, u64> = HashMap::new();
        for message in &talk.messages {
            let shown = Shown { conversation, seq: message.seq };
            if let Some(request) = message.answers
                && answers.insert(request, message.seq).is_some()
            {
                verdict.fail(expected, "a second answer", &[shown]);
            }
        }
        for (index, message) in talk.messages.iter().enumerate() {
            let open = matches!(message.kind, Kind::Request { .. }) && !answers.contains_key(&index);
            if open && !was_cancelled(talk, &message.value["id"]) {
                let found = format!("no answer to {}", message.method().unwrap_or_default());
                verdict.fail(expected, &found, &[Shown { conversation, seq: message.seq }]);
            }
        }
    }
    verdict
}

fn was_cancelled(talk: &Conversation, id: &Value) -> bool {
    talk.messages.iter().any(|message| {
        message.method() == Some("notifications/cancelled") && message.value.pointer("/params/requestId") == Some(id)
    })
}

/// A run ends by itself: the client with 0, and the server once its input is closed.
pub fn ended_cleanly(outcome: &Outcome, steps: &HashMap<String, Step>) -> CaseReport {
    let mut verdict = CaseReport::passed("wire/ends", "client and server end by themselves, with nothing left over");
    if let Some(trouble) = &outcome.trouble {
        verdict.fail("the client ends with 0", trouble, &[]);
    }
    if let Some(line) = outcome.lines.iter().find(|line| serde_json::from_str::<Step>(line).is_err()) {
        verdict.fail("each line of the client's output is a step", &crop(line), &[]);
    }
    if !outcome.left_behind.is_empty() && steps.contains_key("close") {
        verdict.fail("the server ends after close", "it was still running and was killed", &[]);
    }
    verdict
}
