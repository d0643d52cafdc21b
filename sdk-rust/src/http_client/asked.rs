//! What a legacy server sends of its own, on any stream: requests, which are answered by POST, and notifications.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::endpoint::Endpoint;
use crate::jsonrpc::{self, Id, Message};
use crate::protocol::{limits, methods};
use crate::session::{Answering, Guarded, answer_text};
use crate::wire::Outlined;

/// The server's requests that are being answered, and what stops them. With all slots in use its streams are not read
/// on until one is free.
pub(super) struct Asked {
    running: Mutex<HashMap<Id, AbortHandle>>,
    slots: Arc<Semaphore>,
}

impl Default for Asked {
    fn default() -> Self {
        Asked { running: Mutex::default(), slots: Arc::new(Semaphore::new(limits::MAX_RUNNING)) }
    }
}

impl Asked {
    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<Id, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cancelled(&self, id: &Id) {
        if let Some(answering) = self.running().remove(id) {
            answering.abort();
        }
    }

    pub(super) fn cancel_all(&self) {
        self.running().drain().for_each(|(_, answering)| answering.abort());
    }
}

impl Endpoint {
    /// Takes a message that is no answer to the call whose stream it came on.
    pub(super) async fn take(self: &Arc<Self>, message: Message) {
        match message {
            Message::Request { method, .. } if self.legacy.current().is_none() => {
                let why = "only a legacy server may ask by a request of its own";
                self.diagnostics().report(|| format!("{method}: {why}"));
            }
            Message::Request { id, method, params } => {
                let answering = self.handler.request(self, &id, method, params);
                self.run(id, answering).await;
            }
            Message::Notification { method, params } if &*method == methods::CANCELLED_NOTIFICATION.name => {
                match params.and_then(|params: Outlined| Id::read(&params.json().get(&["requestId"])?)) {
                    Some(id) => self.asked.cancelled(&id),
                    None => self.diagnostics().report(|| String::from("a cancellation without a requestId")),
                }
            }
            Message::Notification { method, params } => self.handler.notification(self, &method, params),
            Message::Response { id, .. } => {
                self.diagnostics().report(|| format!("an answer to an unknown id: {}", id.as_str()));
            }
            Message::Invalid { id, error } => {
                self.diagnostics().report(|| format!("refused a message: {error}"));
                if id.is_some() && self.legacy.current().is_some() {
                    self.tell(jsonrpc::error(id.as_ref(), &error)).await;
                }
            }
            Message::InvalidResponse { error, .. } => {
                self.diagnostics().report(|| format!("a response that is wrong: {error}"));
            }
        }
    }

    /// Has a task answer.
    async fn run(self: &Arc<Self>, id: Id, answering: Answering) {
        // The semaphore is never closed.
        let slot = self.asked.slots.clone().acquire_owned().await.ok();
        let (endpoint, of) = (self.clone(), id.clone());
        let mut running = self.asked.running();
        let task = tokio::spawn(async move {
            let answer = Guarded(answering).await;
            let text = answer_text(&of, answer, &endpoint.options);
            endpoint.tell(text.unwrap_or_else(|error| jsonrpc::error(Some(&of), &error))).await;
            endpoint.asked.running().remove(&of);
            drop(slot);
        });
        if let Some(other) = running.insert(id, task.abort_handle()) {
            // An id that comes twice: nobody could tell the two answers apart.
            other.abort();
        }
    }

    /// Sends what nobody answers; that it could not be sent is told to the diagnostics.
    async fn tell(self: &Arc<Self>, message: String) {
        if let Err(error) = self.send_alone("an answer", message).await {
            self.diagnostics().report(|| format!("an answer could not be sent: {error}"));
        }
    }
}
