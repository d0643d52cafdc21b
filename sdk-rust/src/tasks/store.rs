//! Where the states of tasks are kept. The default keeps them in memory; a program's own store lets several processes
//! answer for one another.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::error::Failure;
use crate::wire::Json;

/// The state of a task, as it is kept.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredTask {
    /// The task's id: whoever knows it may ask about a task that belongs to nobody, so it is a secret.
    pub id: String,
    /// Whom the task belongs to, as far as an access token said so; empty for nobody.
    pub owner: String,
    /// The tool that was called.
    pub tool: String,
    /// When the task is to be forgotten.
    pub expires_at: SystemTime,
    /// The state as `tasks/get` tells it: an object with `status`, its questions, its result or its error.
    pub state: Json,
}

impl StoredTask {
    /// One that was read from where it was kept.
    pub fn new(id: String, owner: String, tool: String, expires_at: SystemTime, state: Json) -> Self {
        StoredTask { id, owner, tool, expires_at, state }
    }
}

/// Without the id and the state, which are not for logs.
impl fmt::Debug for StoredTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTask").field("tool", &self.tool).field("expires_at", &self.expires_at).finish()
    }
}

/// A task that is being kept or forgotten.
pub type Storing<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A task that is looked up.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Option<StoredTask>, Failure>> + Send + 'a>>;

/// Where the states of tasks are kept.
///
/// A handler runs where it was called, whatever the store: another process can tell how a task is, but cannot answer
/// its questions. Requests about a task carry its id in the header `Mcp-Name`, so that a gateway sends them where the
/// task runs.
pub trait TaskStore: Send + Sync + 'static {
    /// Keeps the state of a task in the place of what was known of it. When it is done, [`get`](TaskStore::get) has to
    /// find it: a client is told of a task only then. It may be dropped where it waits, with the next state after it.
    fn put(&self, task: StoredTask) -> Storing<'_>;

    /// The state of a task; none if it is not known, or was to be forgotten.
    fn get<'a>(&'a self, id: &'a str) -> Found<'a>;

    /// Forgets a task: it is too old. Not called for tasks of a process that ended before, so a store looks at
    /// `expires_at` itself.
    fn remove<'a>(&'a self, id: &'a str) -> Storing<'a>;
}

impl fmt::Debug for dyn TaskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskStore")
    }
}

/// The store of a server that is told no other. How much it keeps is bounded where tasks begin and end.
#[derive(Default)]
pub(super) struct InMemory(Mutex<HashMap<String, StoredTask>>);

impl InMemory {
    fn kept(&self) -> MutexGuard<'_, HashMap<String, StoredTask>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TaskStore for InMemory {
    fn put(&self, task: StoredTask) -> Storing<'_> {
        self.kept().insert(task.id.clone(), task);
        Box::pin(ready(Ok(())))
    }

    fn get<'a>(&'a self, id: &'a str) -> Found<'a> {
        Box::pin(ready(Ok(self.kept().get(id).cloned())))
    }

    fn remove<'a>(&'a self, id: &'a str) -> Storing<'a> {
        self.kept().remove(id);
        Box::pin(ready(Ok(())))
    }
}
