//! Handlers that run: begun beside the reading, continued in a task of their own only if they have to wait.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::{Answering, Session, locked};
use crate::error::{Failure, ProtocolError, code};
use crate::jsonrpc::{self, Id};
use crate::transport::Frame;
use crate::wire::Outlined;

/// Handlers that run in tasks, and what stops them.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<Id, oneshot::Sender<()>>>);

impl Running {
    /// Has all of them dropped.
    pub(super) fn cancel_all(&self) {
        locked(&self.0).clear();
    }
}

impl Session {
    /// Begins to answer; gives the answer if it is there at once, and has a task give it later if not.
    pub(super) async fn answer(self: &Arc<Self>, id: Id, answering: Answering) -> Option<String> {
        let mut answering = Guarded(answering);
        let at_once = poll_fn(|cx| Poll::Ready(Pin::new(&mut answering).poll(cx))).await;
        if let Poll::Ready(answer) = at_once {
            return Some(self.answer_text(&id, answer));
        }
        let mut stopped = match self.admit(id.clone()).await {
            Ok(stopped) => stopped,
            Err(error) => return Some(jsonrpc::error(Some(&id), &error)),
        };
        let session = self.clone();
        tokio::spawn(async move {
            if let Some(text) = session.finish(id, answering, &mut stopped).await {
                // A closed connection is seen by the reading.
                let _ = session.sender.send(vec![Frame::Message(text.into_bytes())]).await;
            }
            // Its place is free once the answer is on its way: the end of a conversation waits for that.
            drop(stopped);
        });
        None
    }

    /// Answers a request that is part of a batch; nothing if it is cancelled. Its place is to be kept until the answer
    /// is on its way.
    pub(super) async fn answer_in_batch(
        self: &Arc<Self>,
        id: Id,
        answering: Guarded,
    ) -> (Option<String>, Option<Stopped>) {
        match self.admit(id.clone()).await {
            Ok(mut stopped) => (self.finish(id, answering, &mut stopped).await, Some(stopped)),
            Err(error) => (Some(jsonrpc::error(Some(&id), &error)), None),
        }
    }

    /// Runs a handler to its end. Stopped, it is dropped where it waits, and nothing is answered.
    async fn finish(&self, id: Id, answering: Guarded, stopped: &mut Stopped) -> Option<String> {
        let answer = tokio::select! {
            biased;
            () = stopped => None,
            answer = answering => Some(answer),
        };
        answer.map(|answer| self.answer_text(&id, answer))
    }

    /// Has room for one more handler of a request that is read elsewhere, and tells when it is stopped.
    ///
    /// # Errors
    /// If a request with this id is being handled.
    pub(crate) async fn admit(self: &Arc<Self>, id: Id) -> Result<Stopped, ProtocolError> {
        // The semaphore is never closed.
        let slot = self.slots.clone().acquire_owned().await.ok();
        let (stop, stopped) = oneshot::channel();
        match locked(&self.running.0).entry(id.clone()) {
            Entry::Occupied(_) => return Err(handled_already()),
            Entry::Vacant(vacant) => drop(vacant.insert(stop)),
        }
        Ok(Stopped { session: self.clone(), id, stopped, _slot: slot })
    }

    /// The other side no longer waits for an answer. A request that is unknown or done is none of its concern.
    pub(crate) fn cancelled(&self, params: Option<&Outlined>) {
        match params.and_then(|params| Id::read(&params.json().get(&["requestId"])?)) {
            Some(id) => drop(locked(&self.running.0).remove(&id)),
            None => self.diagnostics().report(|| String::from("a cancellation without a requestId")),
        }
    }
}

fn handled_already() -> ProtocolError {
    ProtocolError::new(code::INVALID_REQUEST, "a request with this id is being handled already")
}

/// A handler's place among those that run, and when it has to stop: awaited, it comes when the other side cancels.
/// The place is free again when this is dropped.
pub(crate) struct Stopped {
    session: Arc<Session>,
    id: Id,
    stopped: oneshot::Receiver<()>,
    _slot: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Future for Stopped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.stopped).poll(cx).map(|_| ())
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        locked(&self.session.running.0).remove(&self.id);
    }
}

/// An answer in the making whose panic is a failure like any other: it must not end the conversation.
pub(crate) struct Guarded(pub(crate) Answering);

impl Future for Guarded {
    type Output = Result<String, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Err(Failure::internal(format!("panic: {}", words(&*panic))))),
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}
