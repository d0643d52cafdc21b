//! Calls that wait for their answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};

use super::{Call, Session, locked};
use crate::error::Error;
use crate::jsonrpc::{self, Id};
use crate::protocol::methods;
use crate::transport::{Frame, Sender};
use crate::wire::Json;

type Answer = Result<Json, Error>;

pub(super) struct Pending {
    calls: Mutex<Calls>,
    /// Why the connection ended, once it has.
    closed: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct Calls {
    last: i64,
    waiting: HashMap<i64, oneshot::Sender<Answer>>,
}

impl Default for Pending {
    fn default() -> Self {
        Pending { calls: Mutex::default(), closed: watch::Sender::new(None) }
    }
}

impl Pending {
    /// Gives a call its answer; tells whether there is such a call.
    pub(super) fn settle(&self, id: &Id, answer: Answer) -> bool {
        let waiting = id.number().and_then(|id| locked(&self.calls).waiting.remove(&id));
        // Nobody may wait for it any more, which is not the other side's fault.
        waiting.map(|waiting| waiting.send(answer)).is_some()
    }

    /// Ends every call that waits and those to come.
    pub(super) fn close(&self, why: String) {
        let mut calls = locked(&self.calls);
        self.closed.send_replace(Some(why.clone()));
        for (_, waiting) in calls.waiting.drain() {
            let _ = waiting.send(Err(Error::Closed(why.clone())));
        }
    }

    /// The error of calls on a closed connection, as soon as it is known why it closed.
    pub(super) async fn closed(&self) -> Error {
        let mut closed = self.closed.subscribe();
        match closed.wait_for(Option::is_some).await {
            Ok(why) => Error::Closed(why.clone().unwrap_or_default()),
            Err(_) => Error::Closed(String::from("the connection is closed")),
        }
    }
}

/// A call that waits. Dropped before its answer came it tells the other side.
pub(super) struct Waiting<'s> {
    session: &'s Arc<Session>,
    /// The way that the call goes.
    sender: &'s Sender,
    id: i64,
    answer: oneshot::Receiver<Answer>,
    method: &'static str,
    cancellable: bool,
    sent: bool,
}

impl<'s> Waiting<'s> {
    pub(super) fn new(session: &'s Arc<Session>, sender: &'s Sender, call: &Call<'_>) -> Result<Self, Error> {
        let (answering, answer) = oneshot::channel();
        let mut calls = locked(&session.pending.calls);
        if let Some(why) = session.pending.closed.borrow().clone() {
            return Err(Error::Closed(why));
        }
        calls.last += 1;
        let id = calls.last;
        calls.waiting.insert(id, answering);
        Ok(Waiting { session, sender, id, answer, method: call.method, cancellable: call.cancellable, sent: false })
    }

    pub(super) fn id(&self) -> Id {
        Id::of(self.id)
    }

    /// The other side knows of it now.
    pub(super) fn sent(&mut self) {
        self.sent = true;
    }

    pub(super) async fn answer(&mut self) -> Answer {
        let answer = (&mut self.answer).await;
        answer.unwrap_or_else(|_| Err(Error::Closed(format!("{} was dropped", self.method))))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = locked(&self.session.pending.calls).waiting.remove(&self.id).is_some();
        if waited && self.cancellable && self.sent {
            let params = format!(r#"{{"requestId":{}}}"#, self.id);
            notify_in_passing(self.sender, methods::CANCELLED_NOTIFICATION.name, &params);
        }
    }
}

/// Sends a notification if there is room, in passing.
fn notify_in_passing(sender: &Sender, method: &str, params: &str) {
    let frame = Frame::Message(jsonrpc::notification(method, params).into_bytes());
    if let Err(Some(batch)) = sender.offer(vec![frame])
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
    {
        let sender = sender.clone();
        runtime.spawn(async move { sender.send(batch).await });
    }
}
