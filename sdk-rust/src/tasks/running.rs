//! The tasks of a server: those that run, by their ids, and how many there are and how much is kept of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::TaskStore;
use super::state::End;
use super::store::InMemory;
use super::task::{Beginning, Driver, SHUT_DOWN, Task};
use crate::error::{Failure, ProtocolError, code};
use crate::protocol::limits;
use crate::session::Answering;

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
pub(super) struct All {
    /// Those that run, by their ids.
    running: Mutex<HashMap<Arc<str>, Arc<Task>>>,
    /// How many handlers there are.
    handlers: watch::Sender<usize>,
    /// Bytes of the results that are kept.
    kept: AtomicUsize,
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
        let driver = Driver::new(task.clone(), self.all.clone(), self.open.subscribe(), slot);
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

    /// Takes a task from those that run.
    pub(super) fn remove(&self, id: &str) {
        self.running().remove(id);
    }

    /// Makes room for a result.
    ///
    /// # Errors
    /// If there is none: the error that the task fails with.
    pub(super) fn admit(&self, bytes: usize) -> Result<(), ProtocolError> {
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

    /// The result of so many bytes is not kept any more.
    pub(super) fn release(&self, bytes: usize) {
        self.kept.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A handler, counted until it is kept how it ended.
pub(super) struct Counted(Arc<All>);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_a_bound_each_and_together_and_those_that_are_forgotten_make_room() {
        let tasks = Tasks::new(1);
        let refused = |bytes| tasks.all.admit(bytes).map_err(|error| error.message);
        let refusal = |bytes| refused(bytes).expect_err("there is no room");
        let most = limits::MAX_TASK_RESULT;
        assert!(refusal(most + 1).contains("max_task_result"));
        for _ in 0..limits::MAX_TASK_BYTES / most {
            assert_eq!(refused(most), Ok(()));
        }
        assert!(refusal(1).contains("max_task_bytes"));
        tasks.all.release(most);
        assert_eq!(refused(most), Ok(()));
        assert!(refusal(1).contains("max_task_bytes"));
    }
}
