//! A task: driven from its beginning until it is forgotten, in a task of the runtime that polls its handler and tells
//! what changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use super::running::{All, Counted};
use super::state::End;
use super::timestamp::timestamp;
use super::{AsTask, StoredTask, TaskStore};
use crate::context::InTask;
use crate::error::{Failure, ProtocolError, code};
use crate::session::{Answering, Diagnostics, Guarded, wire_error};
use crate::wire::{Json, Map, Revs};

/// How many random bytes an id has: nobody guesses one.
const ID: usize = 16;

const CANCELLED: &str = "cancelled by the client";
pub(super) const SHUT_DOWN: &str = "the server was shut down";

/// Tells whoever listens that a task has changed, by its id.
type Tell = Box<dyn Fn(&Arc<str>) + Send + Sync>;

/// A call that is to become a task.
pub(crate) struct Beginning {
    pub(crate) owner: String,
    pub(crate) tool: String,
    pub(crate) how: AsTask,
    pub(crate) revision: Revs,
    pub(crate) talk: Arc<InTask>,
    pub(crate) store: Arc<dyn TaskStore>,
    pub(crate) tell: Tell,
    pub(crate) diagnostics: Diagnostics,
    /// Its place among the tasks.
    pub(crate) slot: OwnedSemaphorePermit,
}

/// A task that runs, or has ended and is not forgotten yet.
pub(crate) struct Task {
    pub(super) id: Arc<str>,
    owner: String,
    tool: String,
    pub(super) how: AsTask,
    pub(super) revision: Revs,
    pub(super) created_at: String,
    expires_at: SystemTime,
    pub(super) talk: Arc<InTask>,
    store: Arc<dyn TaskStore>,
    tell: Tell,
    diagnostics: Diagnostics,
    ended: Mutex<Option<End>>,
    stop: Notify,
    /// States are kept one after the other, so that none takes the place of a later one; and none after the last.
    keeping: tokio::sync::Mutex<Keeping>,
}

impl Task {
    pub(super) fn new(beginning: Beginning) -> Result<(Self, OwnedSemaphorePermit), Failure> {
        let Beginning { owner, tool, how, revision, talk, store, tell, diagnostics, slot } = beginning;
        let mut id = [0; ID];
        getrandom::getrandom(&mut id).map_err(|error| Failure::internal(format!("no random numbers: {error}")))?;
        let now = SystemTime::now();
        let task = Task {
            id: Arc::from(HEXLOWER.encode(&id)),
            owner,
            tool,
            revision,
            created_at: timestamp(now),
            expires_at: now + how.ttl,
            how,
            talk,
            store,
            tell,
            diagnostics,
            ended: Mutex::default(),
            stop: Notify::new(),
            keeping: tokio::sync::Mutex::default(),
        };
        Ok((task, slot))
    }

    pub(super) fn ended(&self) -> MutexGuard<'_, Option<End>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the task if it has not ended, and stops its handler.
    pub(super) fn end(&self, end: End) {
        self.ended().get_or_insert(end);
        self.stop.notify_one();
    }

    /// Keeps the state as it is now.
    pub(super) async fn keep(&self) -> Result<(), Failure> {
        let turn = self.keeping.lock().await;
        if *turn == Keeping::Over { Ok(()) } else { self.put().await }
    }

    async fn put(&self) -> Result<(), Failure> {
        let (id, owner, tool) = (self.id.to_string(), self.owner.clone(), self.tool.clone());
        self.store.put(StoredTask { id, owner, tool, expires_at: self.expires_at, state: self.state()? }).await
    }

    /// Keeps the state as it is now, and tells that it has changed.
    async fn publish(&self) {
        self.told(self.keep().await);
    }

    /// Keeps how the task has ended, and nothing after it.
    async fn publish_end(&self) {
        let mut turn = self.keeping.lock().await;
        *turn = Keeping::Over;
        self.told(self.put().await);
    }

    fn told(&self, kept: Result<(), Failure>) {
        match kept {
            Ok(()) => (self.tell)(&self.id),
            Err(failure) => self.diagnostics.report(|| format!("the state of a task was not kept: {failure:?}")),
        }
    }

    /// Keeps nothing of the task any more.
    async fn forget(&self) {
        *self.keeping.lock().await = Keeping::Over;
        removed(&self.store, &self.id, &self.diagnostics).await;
    }

    /// Gives the handler answers to its questions.
    pub(crate) async fn answer(&self, answers: Map<Json>) {
        self.talk.answer(answers);
        self.publish().await;
    }

    /// Cancels the task: its handler is dropped where it waits.
    pub(crate) async fn cancel(&self) {
        self.end(End::Cancelled(CANCELLED));
        self.publish().await;
    }

    /// Whether a question of this key waits for an answer.
    pub(crate) fn asks(&self, key: &str) -> bool {
        self.talk.asks(key)
    }

    /// Publishes whatever the handler tells.
    async fn tell_on(&self) -> Option<Answer> {
        loop {
            self.talk.changed().await;
            self.publish().await;
        }
    }
}

type Answer = Result<String, Failure>;

/// Whether states of a task are still kept.
#[derive(Default, PartialEq, Eq)]
enum Keeping {
    #[default]
    On,
    Over,
}

/// What drives a task, from its beginning until it is forgotten.
pub(super) struct Driver {
    task: Arc<Task>,
    all: Arc<All>,
    open: watch::Receiver<()>,
    _slot: OwnedSemaphorePermit,
}

impl Driver {
    pub(super) fn new(task: Arc<Task>, all: Arc<All>, open: watch::Receiver<()>, slot: OwnedSemaphorePermit) -> Self {
        Driver { task, all, open, _slot: slot }
    }

    /// Runs the handler to its end, and forgets the task when its time is over.
    pub(super) async fn run(mut self, answering: Answering, counted: Counted) {
        let task = self.task.clone();
        let forgotten = Instant::now() + task.how.ttl;
        let answer = tokio::select! {
            biased;
            () = closed(&mut self.open) => {
                task.end(End::Cancelled(SHUT_DOWN));
                None
            }
            () = task.stop.notified() => None,
            () = sleep_until(forgotten) => {
                self.all.remove(&task.id);
                task.forget().await;
                return;
            }
            answer = Guarded(answering) => Some(answer),
            never = task.tell_on() => never,
        };
        let kept = self.settle(answer);
        self.all.remove(&task.id);
        task.publish_end().await;
        drop(counted);
        let (id, store, diagnostics) = (task.id.clone(), task.store.clone(), task.diagnostics.clone());
        let Driver { task: another, all, mut open, _slot } = self;
        // The result is in the store now.
        drop((task, another));
        tokio::select! {
            // Where others look at the store, they may still see how it ended.
            () = closed(&mut open) => {}
            () = sleep_until(forgotten) => removed(&store, &id, &diagnostics).await,
        }
        all.release(kept);
    }

    /// Takes the handler's answer for the end, unless the task has ended already; gives back how many bytes are kept.
    fn settle(&self, answer: Option<Answer>) -> usize {
        let Some(answer) = answer else { return 0 };
        let (end, kept) = match self.admitted(answer) {
            Ok((result, bytes)) => (End::Completed(result), bytes),
            Err(error) => (End::Failed(error), 0),
        };
        let mut ended = self.task.ended();
        if ended.is_some() {
            self.all.release(kept);
            return 0;
        }
        *ended = Some(end);
        kept
    }

    /// A result that there is room for, and its bytes.
    fn admitted(&self, answer: Answer) -> Result<(Json, usize), ProtocolError> {
        let text = answer.map_err(|failure| wire_error(failure, &self.task.diagnostics))?;
        let result =
            Json::from_text(&text).map_err(|error| ProtocolError::new(code::INTERNAL_ERROR, error.to_string()))?;
        self.all.admit(text.len())?;
        Ok((result, text.len()))
    }
}

/// Takes a task out of a store.
async fn removed(store: &Arc<dyn TaskStore>, id: &str, diagnostics: &Diagnostics) {
    if let Err(failure) = store.remove(id).await {
        diagnostics.report(|| format!("a task was not forgotten: {failure:?}"));
    }
}

/// Waits until the server is gone.
async fn closed(open: &mut watch::Receiver<()>) {
    while open.changed().await.is_ok() {}
}
