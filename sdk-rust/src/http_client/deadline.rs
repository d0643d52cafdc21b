//! How long a call may take, over all its requests, streams and pauses.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::Error;

/// When a call has taken too long.
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
    awaited: &'static str,
}

impl Deadline {
    pub(super) fn new(awaited: &'static str, after: Duration) -> Self {
        // Beyond what the clock can say is for ever, or so to speak.
        let now = Instant::now();
        let at = now.checked_add(after).unwrap_or(now + Duration::from_secs(1 << 30));
        Deadline { at, after, awaited }
    }

    /// # Errors
    /// If it is not done in time.
    pub(super) async fn within<T>(&self, what: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.at, what)
            .await
            .map_err(|_| Error::Timeout { awaited: self.awaited.to_owned(), after: self.after })
    }

    /// Does something that has bounds of its own, and whose time is not the server's: a user who logs in.
    pub(super) async fn beside<T>(&mut self, what: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = what.await;
        self.at += began.elapsed();
        done
    }
}
