//! Multi round-trip requests: a handler of a modern request that asks is dropped where it waits, the request is
//! answered with its questions, and the retry runs the handler again with the answers at hand.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr>
//!
//! What travels between the rounds, and that nobody changed it, is the server's business.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::context::Context;
use crate::error::Failure;
use crate::protocol::types::InputRequest;
use crate::wire::{Json, Map};

/// The questions and answers of one request.
#[derive(Default)]
pub(crate) struct Rounds(Mutex<State>);

#[derive(Default)]
struct State {
    /// Whether this request may be answered with questions at all.
    open: bool,
    /// The answers from this round and those before it.
    answers: Map<Json>,
    /// The answers that the handler has taken so far.
    taken: Map<Json>,
    asked: Map<InputRequest>,
    /// How many questions came without a key.
    unnamed: usize,
    waker: Option<Waker>,
}

/// What became of a handler.
pub(crate) enum Outcome<T> {
    Complete(T),
    /// It waits for answers: the questions, and the answers that it took before.
    InputRequired {
        questions: Map<InputRequest>,
        taken: Map<Json>,
    },
}

impl Rounds {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the handler ask, and gives it the answers that there are.
    pub(crate) fn open(&self, answers: Map<Json>) {
        let mut state = self.state();
        state.open = true;
        state.answers = answers;
    }

    /// The key of the next question that has none of its own: the same in every round, as long as the handler asks
    /// in the same order.
    pub(super) fn next_key(&self) -> String {
        let mut state = self.state();
        state.unnamed += 1;
        format!("question-{}", state.unnamed)
    }

    /// The answer to a question, or none if it has been put on the list.
    pub(super) fn answer(&self, key: &str, question: InputRequest) -> Result<Option<Json>, Failure> {
        let mut state = self.state();
        if !state.open {
            return Err(Failure::internal("only tools, prompts and resources can ask in this revision"));
        }
        if let Some(answer) = state.answers.get(key).cloned() {
            if state.taken.insert(key.to_owned(), answer.clone()).is_some() {
                return Err(Failure::internal(format!("two questions with the key {key:?}")));
            }
            return Ok(Some(answer));
        }
        if state.asked.insert(key.to_owned(), question).is_some() {
            return Err(Failure::internal(format!("two questions with the key {key:?}")));
        }
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        Ok(None)
    }
}

/// Runs a handler until it is done or waits for answers.
pub(crate) async fn in_rounds<T>(
    cx: &Context,
    handling: &mut Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>,
) -> Result<Outcome<T>, Failure> {
    poll_fn(|task| {
        if let Poll::Ready(done) = handling.as_mut().poll(task) {
            return Poll::Ready(done.map(Outcome::Complete));
        }
        let mut state = cx.rounds().state();
        if state.asked.is_empty() {
            // Whoever asks from elsewhere has this looked at again.
            state.waker = Some(task.waker().clone());
            return Poll::Pending;
        }
        let questions = std::mem::take(&mut state.asked);
        Poll::Ready(Ok(Outcome::InputRequired { questions, taken: std::mem::take(&mut state.taken) }))
    })
    .await
}
