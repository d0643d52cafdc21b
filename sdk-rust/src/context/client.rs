//! What a legacy client has settled for its session: who it is, what it can do, what it wants to hear.

use std::sync::{Mutex, PoisonError};

use indexmap::IndexSet;

use crate::protocol::revisions::Revision;
use crate::protocol::types::{InitializeRequestParams, LoggingLevel};

/// A legacy client, from its `initialize` on.
pub(crate) struct LegacyClient {
    pub(crate) revision: Revision,
    pub(crate) said: InitializeRequestParams,
    wants: Mutex<Wants>,
}

struct Wants {
    log_level: LoggingLevel,
    /// The resources whose changes it wants to hear of.
    resources: IndexSet<String>,
}

impl LegacyClient {
    pub(crate) fn new(revision: Revision, said: InitializeRequestParams) -> Self {
        let wants = Wants { log_level: LoggingLevel::Info, resources: IndexSet::new() };
        LegacyClient { revision, said, wants: Mutex::new(wants) }
    }

    fn wants(&self) -> std::sync::MutexGuard<'_, Wants> {
        self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The least serious line of the log that it wants.
    pub(crate) fn log_level(&self) -> LoggingLevel {
        self.wants().log_level
    }

    pub(crate) fn set_log_level(&self, level: LoggingLevel) {
        self.wants().log_level = level;
    }

    /// Notes that it wants to hear of a resource; tells whether there was room for that.
    pub(crate) fn watch(&self, uri: String, most: usize) -> bool {
        let resources = &mut self.wants().resources;
        resources.contains(&uri) || (resources.len() < most && resources.insert(uri))
    }

    pub(crate) fn unwatch(&self, uri: &str) {
        self.wants().resources.swap_remove(uri);
    }

    pub(crate) fn watches(&self, uri: &str) -> bool {
        self.wants().resources.contains(uri)
    }

    /// All that it watches.
    pub(crate) fn watched(&self) -> Vec<String> {
        self.wants().resources.iter().cloned().collect()
    }
}

/// How serious a level is: syslog's order, RFC 5424.
pub(crate) fn severity(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
