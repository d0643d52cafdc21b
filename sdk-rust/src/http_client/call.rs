//! A call: a request by POST, and everything that is done until its answer is there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::runtime::Handle;

use super::deadline::Deadline;
use super::endpoint::{Endpoint, closed};
use super::events::{Events, Next, Place};
use super::exchange::{Broken, NoAnswer, is};
use super::legacy::Opened;
use super::recovery::fitting;
use super::refused::{Sent, said_no};
use crate::error::{Error, ProtocolError, code};
use crate::headers;
use crate::https::with_causes;
use crate::jsonrpc::{self, Id, Message};
use crate::protocol::limits;
use crate::protocol::methods::{self, Method};
use crate::protocol::recovery::{Action, Failed};
use crate::session::too_long;
use crate::wire::{DecodeError, Json};

/// A request to be sent.
pub(crate) struct Call<'c> {
    pub(crate) method: &'static Method,
    pub(crate) params: &'c str,
    /// Instead of the client's.
    pub(crate) timeout: Option<Duration>,
    /// Whether a legacy server is told when nobody waits any more.
    pub(crate) cancellable: bool,
    /// Whether it does no harm to send it twice.
    pub(crate) repeatable: bool,
}

/// An answer, and the session that came with it.
struct Answered {
    result: Json,
    session: Option<HeaderValue>,
}

impl Endpoint {
    /// Sends a request and waits for the text of its result. Dropped, it cancels.
    pub(crate) async fn call(self: &Arc<Self>, call: Call<'_>) -> Result<Json, Error> {
        let after = call.timeout.unwrap_or(self.options.request_timeout);
        let mut deadline = Deadline::new(call.method.name, after);
        tokio::select! {
            biased;
            () = self.closing() => Err(closed()),
            answer = self.recovering(&call, &mut deadline) => answer,
        }
    }

    /// One request and its answer, with whatever its stream needs to get there.
    pub(super) async fn attempt(self: &Arc<Self>, call: &Call<'_>, deadline: &mut Deadline) -> Result<Json, NoAnswer> {
        let id = self.next_id();
        let text = jsonrpc::request(&id, call.method.name, call.params);
        if let Some(error) = self.options.too_long_to_send(text.len()) {
            return Err(Error::encode(call.method.name, error).into());
        }
        let params = Json::from_text(call.params).map_err(|error| Error::decode(call.method.name, error))?;
        let (headers, session) = self.headers(call.method, &params);
        let modern = session.is_none() && headers.contains_key(headers::METHOD);
        let telling = session.is_some() && call.cancellable;
        let questions = Mutex::default();
        let mut open = Open { endpoint: self, id: &id, telling, questions: &questions };
        let asking = Asking { id: &id, method: call.method, session: session.as_ref(), questions: &questions };
        let answered = self.answer(&asking, &headers, text, deadline).await;
        if !matches!(answered, Err(NoAnswer::Ended(Error::Timeout { .. }))) {
            open.telling = false;
        }
        let Answered { result, session } = answered?;
        if call.method.name == methods::INITIALIZE.name {
            self.legacy.opened(call.params, session, &result);
        }
        if modern && call.method.name == methods::LIST_TOOLS.name {
            return Ok(self.mirrors.learn(result, self.diagnostics()));
        }
        Ok(result)
    }

    async fn answer(
        self: &Arc<Self>,
        asking: &Asking<'_>,
        headers: &HeaderMap,
        text: String,
        deadline: &mut Deadline,
    ) -> Result<Answered, NoAnswer> {
        let size = text.len();
        let (head, body) = self.exchange.post(headers, text.into(), deadline).await?.into_parts();
        if !head.status.is_success() {
            let in_session = asking.session.is_some_and(|session| session.has_name());
            let sent = Sent { id: Some(asking.id), size, in_session, address: self.exchange.address() };
            return Err(sent.refused(&head, body, deadline).await?);
        }
        let session = head.headers.get(headers::SESSION_ID).cloned();
        let result = if is(&head.headers, "application/json") {
            self.read(asking, body, deadline).await?
        } else if is(&head.headers, "text/event-stream") {
            let events = Events::new(body, self.options.max_message, Place::default());
            self.follow(asking, events, deadline).await?
        } else {
            let found = head
                .headers
                .get(CONTENT_TYPE)
                .map_or("nothing".into(), |kind| String::from_utf8_lossy(kind.as_bytes()));
            let status = head.status.as_u16();
            let message = format!("expected JSON or an event stream, found {} (HTTP {status})", jsonrpc::cut(&found));
            return Err(asking.wrong(message).into());
        };
        Ok(Answered { result, session })
    }

    /// Reads an answer that is there at once.
    async fn read(
        self: &Arc<Self>,
        asking: &Asking<'_>,
        body: Incoming,
        deadline: &Deadline,
    ) -> Result<Json, NoAnswer> {
        let limit = self.options.max_message;
        let body = deadline.within(Limited::new(body, limit).collect()).await?;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => asking.wrong(too_long(limit)).into(),
            false => interrupted(with_causes(error.as_ref())),
        })?;
        match deadline.within(self.look_through(asking, &body.to_bytes())).await? {
            Some(settled) => settled,
            None => Err(asking.wrong(String::from("expected a response with the id of the request")).into()),
        }
    }

    /// Reads a stream until the answer is there; a legacy one that ends before that is resumed where that can be done.
    async fn follow(
        self: &Arc<Self>,
        asking: &Asking<'_>,
        mut events: Events,
        deadline: &mut Deadline,
    ) -> Result<Json, NoAnswer> {
        let mut still = 0;
        loop {
            let settled = match deadline.within(events.next()).await? {
                Next::Event(data) => deadline.within(self.look_through(asking, &data)).await?,
                Next::TooLong { beginning, limit } => {
                    let error = ProtocolError::new(code::INVALID_REQUEST, too_long(limit));
                    deadline.within(self.settle(asking, jsonrpc::refuse(&beginning, b"", error))).await?
                }
                Next::End(why) => {
                    still = if events.has_moved() { 0 } else { still };
                    events = self.resume(asking, &events.place(), why, &mut still, deadline).await?;
                    None
                }
            };
            if let Some(settled) = settled {
                events.let_go();
                return settled;
            }
        }
    }

    /// Takes what one text holds; gives the answer if it is there.
    async fn look_through(self: &Arc<Self>, asking: &Asking<'_>, text: &[u8]) -> Option<Result<Json, NoAnswer>> {
        if !jsonrpc::is_batch(text) {
            return self.settle(asking, jsonrpc::parse(text)).await;
        }
        let messages = match jsonrpc::split(text) {
            Ok(messages) => messages,
            Err(error) => return Some(Err(asking.wrong(error.message).into())),
        };
        let mut answer = None;
        for message in messages {
            answer = self.settle(asking, jsonrpc::parse(message.as_bytes())).await.or(answer);
        }
        answer
    }

    /// The answer that a message is. Any other is taken for what it is.
    async fn settle(self: &Arc<Self>, asking: &Asking<'_>, message: Message) -> Option<Result<Json, NoAnswer>> {
        match message {
            Message::Response { id, result } if id == *asking.id => Some(result.map_err(said_no)),
            // On the way of one request, what names no other is about this one.
            Message::InvalidResponse { id, error } if id.as_ref().is_none_or(|id| id == asking.id) => {
                Some(Err(asking.wrong(error.message).into()))
            }
            message => {
                if let Message::Request { id, .. } = &message {
                    asking.questions.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
                }
                self.take(message).await;
                None
            }
        }
    }

    /// The continuation of a stream that ended before its answer.
    ///
    /// # Errors
    /// If there is none.
    async fn resume(
        self: &Arc<Self>,
        asking: &Asking<'_>,
        place: &Place,
        why: Option<String>,
        still: &mut usize,
        deadline: &mut Deadline,
    ) -> Result<Events, NoAnswer> {
        let mut why = why.unwrap_or_else(|| String::from("the stream ended before the answer"));
        loop {
            let Some(session) = asking.session.filter(|_| !place.last_event_id.is_empty()) else {
                return Err(interrupted(why));
            };
            let ended = Failed::StreamEnded;
            let Some(row) = fitting(ended, true, false).filter(|row| row.action == Action::Resume) else {
                return Err(interrupted(why));
            };
            if *still >= row.at_most {
                let tried = format!("{why}, and was resumed {still} times without anything new (resume_attempts)");
                return Err(NoAnswer::broken(ended, true, Error::Closed(tried)));
            }
            *still += 1;
            // Never before the server wants it.
            deadline.within(tokio::time::sleep(place.retry.unwrap_or(limits::SSE_RETRY))).await?;
            match self.get(session, place, deadline).await {
                Ok(events) => return Ok(events),
                Err(NoAnswer::Broken(Broken { failed: Failed::Unreachable | Failed::Interrupted, error, .. })) => {
                    why = error.to_string();
                }
                Err(NoAnswer::Ended(Error::Http { text, .. })) => {
                    return Err(interrupted(format!("{why}, and cannot be resumed: {text}")));
                }
                Err(failed) => return Err(failed),
            }
        }
    }
}

/// That the way to the answer ended before it.
fn interrupted(why: String) -> NoAnswer {
    NoAnswer::broken(Failed::Interrupted, true, Error::Closed(why))
}

/// The request whose answer is awaited.
struct Asking<'a> {
    id: &'a Id,
    method: &'static Method,
    session: Option<&'a Arc<Opened>>,
    /// What the server has asked on the way to the answer.
    questions: &'a Mutex<Vec<Id>>,
}

impl Asking<'_> {
    /// An answer that is none.
    fn wrong(&self, message: String) -> Error {
        Error::decode(&format!("the answer to {}", self.method.name), DecodeError::new(message))
    }
}

/// A request that is open. Dropped without an answer it is cancelled: a modern one by the end of its stream, a legacy
/// one by a message. What a legacy server has asked on its way is over, too: nobody reads the stream any more, on which it
/// would be withdrawn.
struct Open<'o> {
    endpoint: &'o Arc<Endpoint>,
    id: &'o Id,
    telling: bool,
    questions: &'o Mutex<Vec<Id>>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // Without a runtime nothing can be sent.
        if let (true, Ok(runtime)) = (self.telling, Handle::try_current()) {
            let params = format!(r#"{{"requestId":{}}}"#, self.id.as_str());
            let method = methods::CANCELLED_NOTIFICATION.name;
            let (endpoint, message) = (self.endpoint.clone(), jsonrpc::notification(method, &params));
            runtime.spawn(async move { endpoint.send_alone(method, message).await });
            let questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
            questions.iter().for_each(|question| self.endpoint.asked.cancelled(question));
        }
    }
}
