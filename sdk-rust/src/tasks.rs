//! Tasks: calls of tools that are answered before they are done, and asked about until they are.
//! <https://modelcontextprotocol.io/extensions/tasks/overview>
//!
//! Here is how tasks run and how they are kept; which calls become tasks and who may ask about one is the server's
//! business, and what a handler tells and asks is in `context/task.rs`.

mod running;
mod state;
mod store;
mod task;
mod timestamp;

use std::time::Duration;

use crate::protocol::limits;

pub(crate) use running::Tasks;
pub use store::{Found, StoredTask, Storing, TaskStore};
pub(crate) use task::Beginning;

/// How a tool runs as a task, for a client that has declared the extension. Other clients wait for its result.
///
/// ```
/// # use std::time::Duration;
/// # use isogloss::{AsTask, NoArguments, Server, offer};
/// let nightly = AsTask::required().ttl(Duration::from_secs(6 * 3600)).poll_interval(Duration::from_secs(30));
/// let report = offer::tool("report", async |_: NoArguments, _| Ok("done")).task(nightly);
/// let server = Server::new("reports", "1.0.0").offer(report);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsTask {
    required: bool,
    later: bool,
    ttl: Duration,
    poll_interval: Duration,
}

impl AsTask {
    /// As a task where the client can have one, as an ordinary call elsewhere. A call that is done when it is looked
    /// at for the first time is answered at once.
    pub fn optional() -> Self {
        AsTask { required: false, later: false, ttl: limits::TASK_TTL, poll_interval: limits::TASK_POLL_INTERVAL }
    }

    /// As a task alone: a client without the extension is refused.
    pub fn required() -> Self {
        AsTask { required: true, ..AsTask::optional() }
    }

    /// Has the handler say when it becomes a task, with [`Context::begin_task`](crate::Context::begin_task). Until
    /// then it is an ordinary call, and asks as one.
    #[must_use]
    pub fn later(self) -> Self {
        AsTask { later: true, ..self }
    }

    /// How long a task may run, and be asked about, from its creation on: an hour if it is not set, a day
    /// (`max_task_ttl`) at most. Then it is dropped, done or not.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        AsTask { ttl: ttl.clamp(Duration::from_millis(1), limits::MAX_TASK_TTL), ..self }
    }

    /// How long a client is asked to leave between two looks at a task: a second if it is not set.
    #[must_use]
    pub fn poll_interval(self, interval: Duration) -> Self {
        AsTask { poll_interval: interval.max(Duration::from_millis(1)), ..self }
    }

    pub(crate) fn is_required(&self) -> bool {
        self.required
    }

    pub(crate) fn is_later(&self) -> bool {
        self.later
    }
}

/// What the guide says is compiled with the documentation.
#[cfg(all(doctest, feature = "client", feature = "macros"))]
#[doc = include_str!("../../docs/guide/rust/tasks.md")]
mod guide {}
