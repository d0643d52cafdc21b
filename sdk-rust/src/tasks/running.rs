//! Tasks as they run: each in a task of the runtime that drives its handler, tells what changes, and forgets it when
//! its time is over. How many there are, and how much is kept of them, is bounded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::state::End;
use super::store::InMemory;
use super::timestamp::timestamp;
use super::{AsTask, StoredTask, TaskStore};
use crate::context::InTask;
use crate::error::{Failure, ProtocolError, code};
use crate::protocol::limits;
use crate::session::{Answering, Diagnostics, Guarded, wire_error};
use crate::wire::{Json, Map, Revs};

/// How many random bytes an id has: nobody guesses one.
const ID: usize = 16;

const CANCELLED: &str = "cancelled by the client";
const SHUT_DOWN: &str = "the server was shut down";

/// The tasks of a server. They end with it.
pub(crate) struct Tasks {
    all: Arc<All>,
    most: usize,
    slots: Arc<Semaphore>,
    /// Dropped with the server, which ends what runs.
    open: watch::Sender<()>,
    memory: Arc<InMemory>,
}

/// What the tasks of a server share.
struct All {
    /// Those that run, by their ids.
    running: Mutex<HashMap<Arc<str>, Arc<Task>>>,
    /// How many handlers there are.
    handlers: watch::Sender<usize>,
    /// Bytes of the results that are kept.
    kept: AtomicUsize,
}

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
    /// States are kept one after the other, so that none takes the place of a later one.
    keeping: tokio::sync::Mutex<()>,
}

impl Tasks {
    /// None yet, and so many at most.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        let all = All { running: Mutex::default(), handlers: watch::Sender::new(0), kept: AtomicUsize::new(0) };
        Tasks {
            all: Arc::new(all),
            most,
            slots: Arc::new(Semaphore::new(most)),
            open: watch::Sender::new(()),
            memory: Arc::default(),
        }
    }

    /// As many, and none of them.
    pub(crate) fn emptied(&self) -> Self {
        Tasks::new(self.most)
    }

    /// A place for one more; none at the limit.
    pub(crate) fn slot(&self) -> Option<OwnedSemaphorePermit> {
        self.slots.clone().try_acquire_owned().ok()
    }

    /// Where tasks are kept if a program has no store of its own.
    pub(crate) fn memory(&self) -> Arc<dyn TaskStore> {
        self.memory.clone()
    }

    /// How many are not forgotten yet, those that have ended among them.
    pub(crate) fn count(&self) -> usize {
        self.most - self.slots.available_permits()
    }

    /// Begins a task that is kept before anybody is told of it: what drives its handler goes on by itself.
    ///
    /// # Errors
    /// If it cannot be kept, or the system has no random numbers.
    pub(crate) async fn begin(&self, beginning: Beginning, answering: Answering) -> Result<Arc<Task>, Failure> {
        let (task, slot) = Task::new(beginning)?;
        let task = Arc::new(task);
        task.keep().await?;
        self.all.running().insert(task.id.clone(), task.clone());
        let driver = Driver { task: task.clone(), all: self.all.clone(), open: self.open.subscribe(), _slot: slot };
        let counted = Counted::new(&self.all);
        tokio::spawn(driver.run(answering, counted));
        Ok(task)
    }

    /// The one of this id that runs here.
    pub(crate) fn running(&self, id: &str) -> Option<Arc<Task>> {
        self.all.running().get(id).cloned()
    }

    /// Lets those that run finish for a while, and ends them then. One that waits for an answer would wait in vain.
    pub(crate) async fn end(&self, within: Duration) {
        let running = || self.all.running().values().cloned().collect::<Vec<_>>();
        for task in running().iter().filter(|task| !task.talk.questions().is_empty()) {
            task.end(End::Cancelled(SHUT_DOWN));
        }
        if timeout(within, self.all.idle()).await.is_err() {
            running().iter().for_each(|task| task.end(End::Cancelled(SHUT_DOWN)));
            // A handler is dropped as soon as it is not being polled.
            let _ = timeout(within, self.all.idle()).await;
        }
    }
}

impl All {
    fn running(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Task>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no handler runs.
    async fn idle(&self) {
        // The sender lives here, so this cannot fail.
        let _ = self.handlers.subscribe().wait_for(|handlers| *handlers == 0).await;
    }

    /// Makes room for a result.
    ///
    /// # Errors
    /// If there is none: the error that the task fails with.
    fn admit(&self, bytes: usize) -> Result<(), ProtocolError> {
        let too_long = |what: String| Err(ProtocolError::new(code::INTERNAL_ERROR, what));
        if bytes > limits::MAX_TASK_RESULT {
            let most = limits::MAX_TASK_RESULT;
            return too_long(format!("the result is longer than the limit of {most} bytes (max_task_result)"));
        }
        let room = |kept: usize| kept.checked_add(bytes).filter(|kept| *kept <= limits::MAX_TASK_BYTES);
        match self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room) {
            Ok(_) => Ok(()),
            Err(_) => {
                let most = limits::MAX_TASK_BYTES;
                too_long(format!("there is no room for the result: all are limited to {most} bytes (max_task_bytes)"))
            }
        }
    }
}

/// A handler, counted as long as it is there.
struct Counted(Arc<All>);

impl Counted {
    fn new(all: &Arc<All>) -> Self {
        all.handlers.send_modify(|handlers| *handlers += 1);
        Counted(all.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.handlers.send_modify(|handlers| *handlers = handlers.saturating_sub(1));
    }
}

impl Task {
    fn new(beginning: Beginning) -> Result<(Self, OwnedSemaphorePermit), Failure> {
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
    fn end(&self, end: End) {
        self.ended().get_or_insert(end);
        self.stop.notify_one();
    }

    /// Keeps the state as it is now.
    async fn keep(&self) -> Result<(), Failure> {
        let _turn = self.keeping.lock().await;
        let (id, owner, tool) = (self.id.to_string(), self.owner.clone(), self.tool.clone());
        self.store.put(StoredTask { id, owner, tool, expires_at: self.expires_at, state: self.state()? }).await
    }

    /// Keeps the state as it is now, and tells that it has changed.
    async fn publish(&self) {
        match self.keep().await {
            Ok(()) => (self.tell)(&self.id),
            Err(failure) => self.diagnostics.report(|| format!("the state of a task was not kept: {failure:?}")),
        }
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

    /// The questions that wait for an answer.
    pub(crate) fn asks(&self, key: &str) -> bool {
        self.talk.questions().contains_key(key)
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

/// What drives a task, from its beginning until it is forgotten.
struct Driver {
    task: Arc<Task>,
    all: Arc<All>,
    open: watch::Receiver<()>,
    _slot: OwnedSemaphorePermit,
}

impl Driver {
    async fn run(mut self, answering: Answering, counted: Counted) {
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
                self.forget(counted).await;
                return;
            }
            answer = Guarded(answering) => Some(answer),
            never = task.tell_on() => never,
        };
        drop(counted);
        let kept = self.settle(answer);
        self.all.running().remove(&task.id);
        task.publish().await;
        tokio::select! {
            // Where others look at the store, they may still see how it ended.
            () = closed(&mut self.open) => {}
            () = sleep_until(forgotten) => self.forget(()).await,
        }
        self.all.kept.fetch_sub(kept, Ordering::Relaxed);
    }

    /// Takes the handler's answer for the end, unless the task has ended already; gives back how many bytes are kept.
    fn settle(&self, answer: Option<Answer>) -> usize {
        let mut ended = self.task.ended();
        let (None, Some(answer)) = (&*ended, answer) else { return 0 };
        let result = answer.map_err(|failure| wire_error(failure, &self.task.diagnostics)).and_then(|text| {
            self.all.admit(text.len())?;
            Json::from_text(&text)
                .map(|result| (result, text.len()))
                .map_err(|error| ProtocolError::new(code::INTERNAL_ERROR, error.to_string()))
        });
        let (end, kept) = match result {
            Ok((result, bytes)) => (End::Completed(result), bytes),
            Err(error) => (End::Failed(error), 0),
        };
        *ended = Some(end);
        kept
    }

    /// The task's time is over.
    async fn forget<T>(&self, handler: T) {
        drop(handler);
        let task = &self.task;
        self.all.running().remove(&task.id);
        if let Err(failure) = task.store.remove(&task.id).await {
            task.diagnostics.report(|| format!("a task was not forgotten: {failure:?}"));
        }
    }
}

/// Waits until the server is gone.
async fn closed(open: &mut watch::Receiver<()>) {
    while open.changed().await.is_ok() {}
}
