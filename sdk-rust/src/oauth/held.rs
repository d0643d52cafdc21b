//! A token that a client has, and what its server's answers have shown of its worth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::token::Token;
use crate::protocol::limits;

/// A token, and what is known of its worth.
pub(super) struct Held {
    pub(super) token: Token,
    /// Got for an older one, and not by asking anew.
    renewed: bool,
    /// The server took it.
    proven: AtomicBool,
    since: Instant,
}

impl Held {
    pub(super) fn new(token: Token, renewed: bool, proven: bool) -> Arc<Self> {
        Arc::new(Held { token, renewed, proven: AtomicBool::new(proven), since: Instant::now() })
    }

    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether it was got by asking anew a moment ago, and never taken: another one is worth no try yet.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.renewed && !self.proven.load(Ordering::Relaxed) && self.since.elapsed() < limits::LOGIN_PAUSE
    }

    /// Whether renewing it is worth a try.
    pub(super) fn is_renewable(&self) -> bool {
        self.token.refresh.is_some() && (!self.renewed || self.proven.load(Ordering::Relaxed))
    }

    /// Whether two are one, or neither is there.
    pub(super) fn is_same(one: Option<&Arc<Self>>, other: Option<&Arc<Self>>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}
