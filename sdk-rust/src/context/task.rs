//! A task as its handler sees it: how far it has got, what it asks, and when it begins to be one.
//! <https://modelcontextprotocol.io/extensions/tasks/overview>
//!
//! Who keeps tasks, and who may ask about one, is the room of tasks.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot, watch};

use super::{Context, Inner, Rounds};
use crate::error::Failure;
use crate::protocol::types::InputRequest;
use crate::wire::{Json, Map};

/// What a call has become of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A call like any other, which may be answered with questions.
    Call,
    /// To be a task as soon as its handler waits.
    Wanted,
    /// It was answered with a task.
    Begun,
}

/// The side of a task that its handler has.
pub(crate) struct InTask {
    phase: watch::Sender<Phase>,
    /// It is a task from the start, and not from when its handler says so.
    at_once: bool,
    told: Mutex<Told>,
    changed: Notify,
}

/// What a handler has told and asked.
#[derive(Default)]
struct Told {
    message: Option<String>,
    asked: Map<Asked>,
    /// The keys of all questions so far: none may come again.
    keys: HashSet<String>,
}

/// A question without an answer.
struct Asked {
    question: InputRequest,
    answer: oneshot::Sender<Json>,
}

impl InTask {
    /// One that is to begin at once, or when its handler says so.
    pub(crate) fn new(at_once: bool) -> Self {
        InTask { phase: watch::Sender::new(Phase::Call), at_once, told: Mutex::default(), changed: Notify::new() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more is to be asked before it begins, unless its handler wants to say when.
    pub(crate) fn ready(&self) {
        if self.at_once {
            self.want();
        }
    }

    fn want(&self) {
        self.phase.send_if_modified(|phase| {
            let is_call = *phase == Phase::Call;
            if is_call {
                *phase = Phase::Wanted;
            }
            is_call
        });
    }

    /// Waits until it is to begin.
    pub(crate) async fn wanted(&self) {
        // The sender lives in the task, so this cannot fail.
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Wanted).await;
    }

    /// It was answered with a task.
    pub(crate) fn begun(&self) {
        self.phase.send_replace(Phase::Begun);
    }

    /// Whether it is a task, or is just becoming one.
    fn is_task(&self) -> bool {
        *self.phase.borrow() != Phase::Call
    }

    /// Waits until the handler has told or asked something.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The handler's words about what it does.
    pub(crate) fn message(&self) -> Option<String> {
        self.told().message.clone()
    }

    /// The questions that wait for an answer.
    pub(crate) fn questions(&self) -> Map<InputRequest> {
        self.told().asked.iter().map(|(key, asked)| (key.clone(), asked.question.clone())).collect()
    }

    /// Whether a question of this key waits for an answer.
    pub(crate) fn asks(&self, key: &str) -> bool {
        self.told().asked.contains_key(key)
    }

    /// Answers questions. Keys that wait for no answer are passed over.
    pub(crate) fn answer(&self, answers: Map<Json>) {
        let mut told = self.told();
        for (key, answer) in answers {
            if let Some(asked) = told.asked.shift_remove(&key) {
                // Whoever asked may have gone meanwhile.
                let _ = asked.answer.send(answer);
            }
        }
    }

    fn say(&self, message: &str) {
        if !message.is_empty() {
            self.told().message = Some(message.to_owned());
            self.changed.notify_one();
        }
    }

    /// Puts a question on the list, and waits for the answer.
    async fn ask(&self, key: &str, question: InputRequest) -> Result<Json, Failure> {
        let answered = {
            let mut told = self.told();
            if !told.keys.insert(key.to_owned()) {
                return Err(Failure::internal(format!("two questions with the key {key:?}")));
            }
            let (answer, answered) = oneshot::channel();
            told.asked.insert(key.to_owned(), Asked { question, answer });
            answered
        };
        self.changed.notify_one();
        let _withdrawn = Withdrawn { task: self, key };
        answered.await.map_err(|_| Failure::internal("a question was dropped"))
    }
}

/// Takes a question off the list when nobody waits for its answer any more.
struct Withdrawn<'t> {
    task: &'t InTask,
    key: &'t str,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        if self.task.told().asked.shift_remove(self.key).is_some() {
            self.task.changed.notify_one();
        }
    }
}

impl Context {
    /// The same request for a handler that may go on as a task. `home` names the server without keeping it alive: it
    /// must be able to end while its tasks run.
    pub(crate) fn in_task(&self, home: Arc<dyn std::any::Any + Send + Sync>, task: Arc<InTask>) -> Self {
        let Inner { asked, coercion, .. } = &*self.0;
        let rounds = Rounds::default();
        Context(Arc::new(Inner { asked: asked.clone(), home, coercion: *coercion, rounds, task: Some(task) }))
    }

    /// The task that the handler runs in, or is just going to.
    fn task(&self) -> Option<&InTask> {
        self.0.task.as_deref().filter(|task| task.is_task())
    }

    /// Makes the call a task, where the tool was offered with [`AsTask::later`](crate::AsTask::later): the client gets
    /// its answer, and the handler goes on. What it asks before this is asked as by any other call, and its handler
    /// runs again with the answers; from here on it does not. Tells whether it is a task now: a client without the
    /// extension waits for the result as ever.
    pub async fn begin_task(&self) -> bool {
        let Some(task) = &self.0.task else { return false };
        task.want();
        // The sender lives in the task, so this cannot fail.
        task.phase.subscribe().wait_for(|phase| *phase == Phase::Begun).await.is_ok()
    }

    /// Nothing more is to be asked before the call becomes a task.
    pub(crate) fn ready_for_task(&self) {
        if let Some(task) = &self.0.task {
            task.ready();
        }
    }

    /// Whether the handler runs in a task.
    pub(super) fn is_in_task(&self) -> bool {
        self.task().is_some()
    }

    /// Has a task say how far it has got; tells whether there is one.
    pub(super) fn say_in_task(&self, message: &str) -> bool {
        self.task().map(|task| task.say(message)).is_some()
    }

    /// Asks in a task; none if there is none.
    pub(super) async fn ask_in_task(&self, key: &str, question: &InputRequest) -> Option<Result<Json, Failure>> {
        Some(self.task()?.ask(key, question.clone()).await)
    }
}
