//! Batches, which revision 2025-03-26 has: messages that come in one array, and whose answers go out in one.
//! <https://modelcontextprotocol.io/specification/2025-03-26/basic#batching>

use std::sync::Arc;

use super::handling::{Guarded, Stopped};
use super::{Round, Session};
use crate::error::{ProtocolError, code};
use crate::jsonrpc::{self, Message};
use crate::transport::Frame;

impl Round<'_> {
    /// Begins what a batch asks for; gives an answer at once if it is refused as a whole.
    pub(super) fn take_batch(&self, text: &[u8]) -> Option<String> {
        let refused = |error: &ProtocolError| Some(jsonrpc::error(None, error));
        let texts = match jsonrpc::split(text) {
            Ok(texts) => texts,
            Err(error) if error.code == code::PARSE_ERROR => return refused(&error),
            Err(error) if self.handler.has_batches() => return refused(&error),
            Err(_) => return refused(&no_batches()),
        };
        if !self.handler.has_batches() {
            return refused(&no_batches());
        }
        let mut answers = Vec::new();
        for text in texts {
            match jsonrpc::parse(text.as_bytes()) {
                Message::Request { id, method, params } => {
                    let answering = self.handler.request(self.session, &id, method, params);
                    let session = self.session.clone();
                    answers.push(tokio::spawn(async move { session.answer_in_batch(id, Guarded(answering)).await }));
                }
                Message::Invalid { id, error } => {
                    let answer = jsonrpc::error(id.as_ref(), &error);
                    answers.push(tokio::spawn(async move { (Some(answer), None) }));
                }
                message => self.note(message),
            }
        }
        if !answers.is_empty() {
            tokio::spawn(send_together(self.session.clone(), answers));
        }
        None
    }
}

/// An answer in the making, and the place that its handler has.
type Answer = tokio::task::JoinHandle<(Option<String>, Option<Stopped>)>;

async fn send_together(session: Arc<Session>, answers: Vec<Answer>) {
    let (mut texts, mut places) = (Vec::with_capacity(answers.len()), Vec::new());
    for answer in answers {
        // A handler that panics is a failure already; a task that was ended has nothing to say.
        if let Ok((text, place)) = answer.await {
            texts.extend(text);
            places.extend(place);
        }
    }
    if !texts.is_empty() {
        let text = format!("[{}]", texts.join(","));
        // A closed connection is seen by the reading.
        let _ = session.sender.send(vec![Frame::Message(text.into_bytes())]).await;
    }
    drop(places);
}

fn no_batches() -> ProtocolError {
    let why = "expected object, found array: only revision 2025-03-26 has batches, send one message alone";
    ProtocolError::new(code::INVALID_REQUEST, why)
}
