//! Answers whose status says no: what they mean for a call.

use http::{StatusCode, response};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::deadline::Deadline;
use super::exchange::NoAnswer;
use crate::error::{Error, ProtocolError, code};
use crate::jsonrpc::{self, Id, Message};
use crate::protocol::limits;
use crate::protocol::recovery::Failed;

/// What was sent and refused.
pub(super) struct Sent<'s> {
    /// The id of the request, if it was one.
    pub(super) id: Option<&'s Id>,
    /// In bytes.
    pub(super) size: usize,
    /// It named a session.
    pub(super) in_session: bool,
    pub(super) address: String,
}

impl Sent<'_> {
    /// What an answer means.
    ///
    /// # Errors
    /// If it does not come in time.
    pub(super) async fn refused(
        &self,
        head: &response::Parts,
        body: Incoming,
        deadline: &Deadline,
    ) -> Result<NoAnswer, Error> {
        let body = deadline.within(beginning(body)).await?;
        let said = self.protocol_error(&body);
        let status = head.status;
        let http = |text: String| Error::Http { status: status.as_u16(), text };
        Ok(match (status, said) {
            (StatusCode::NOT_FOUND, said)
                if self.in_session && said.as_ref().is_none_or(|error| error.code != code::METHOD_NOT_FOUND) =>
            {
                NoAnswer::broken(Failed::SessionLost, true, http(self.text(status, &body)))
            }
            (StatusCode::PAYLOAD_TOO_LARGE, said) => {
                let said = said.map_or_else(|| words(&body), |error| error.message);
                let text = format!(
                    "{} takes no message of {} bytes (HTTP 413: {said}): send less, or raise its limit (max_message)",
                    self.address, self.size
                );
                NoAnswer::broken(Failed::TooLarge, true, http(text))
            }
            // Who may ask is no matter of the protocol, whatever the body looks like.
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, said) => {
                let said = said.map(|error| error.message.into_bytes());
                let text = self.text(status, said.as_deref().unwrap_or(&body));
                NoAnswer::Ended(http(text))
            }
            (_, Some(error)) => said_no(error),
            // Something between the two lost the server's answer.
            (StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, None) => {
                NoAnswer::broken(Failed::Interrupted, true, http(self.text(status, &body)))
            }
            (_, None) => NoAnswer::Ended(http(self.text(status, &body))),
        })
    }

    /// What it means where a stream was asked for, and no request: the status alone, whatever the body says.
    ///
    /// # Errors
    /// If it does not come in time.
    pub(super) async fn no_stream(
        &self,
        head: &response::Parts,
        body: Incoming,
        deadline: &Deadline,
    ) -> Result<NoAnswer, Error> {
        let body = deadline.within(beginning(body)).await?;
        let error = Error::Http { status: head.status.as_u16(), text: self.text(head.status, &body) };
        Ok(match self.in_session && head.status == StatusCode::NOT_FOUND {
            true => NoAnswer::broken(Failed::SessionLost, true, error),
            false => NoAnswer::Ended(error),
        })
    }

    /// The error of JSON-RPC that a body is, for this request or for none that could be read.
    fn protocol_error(&self, body: &[u8]) -> Option<ProtocolError> {
        match jsonrpc::parse(body) {
            Message::Response { id, result: Err(error) } if Some(&id) == self.id => Some(error),
            Message::InvalidResponse { id: None, error } => Some(error),
            _ => None,
        }
    }

    fn text(&self, status: StatusCode, body: &[u8]) -> String {
        let (number, name) = (status.as_u16(), status.canonical_reason().unwrap_or_default());
        let mends = match status {
            StatusCode::UNAUTHORIZED => ": give the client credentials (HttpTarget::authorize, or a header)",
            StatusCode::FORBIDDEN => ": these credentials, or this client's origin, are not let in",
            _ => "",
        };
        match words(body) {
            said if said.is_empty() => format!("{} answered {number} {name}{mends}", self.address),
            said => format!("{} answered {number} {name}: {said}{mends}", self.address),
        }
    }
}

/// What an error of JSON-RPC means for a call.
pub(super) fn said_no(error: ProtocolError) -> NoAnswer {
    match error.code {
        code::HEADER_MISMATCH => NoAnswer::broken(Failed::HeaderMismatch, true, Error::Protocol(error)),
        _ => NoAnswer::Ended(Error::Protocol(error)),
    }
}

/// As much of a body as is looked at. One that breaks off is taken as far as it came.
async fn beginning(mut body: Incoming) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        all.extend_from_slice(frame.data_ref().map(|data| &**data).unwrap_or_default());
        if all.len() >= limits::MAX_REFUSAL {
            all.truncate(limits::MAX_REFUSAL);
            break;
        }
    }
    all
}

/// The first words of a body, on one line.
fn words(body: &[u8]) -> String {
    let begins = String::from_utf8_lossy(body.get(..limits::MAX_REFUSAL_WORDS).unwrap_or(body));
    let printed: String = begins.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    if body.len() > limits::MAX_REFUSAL_WORDS {
        words.push('…');
    }
    words
}
