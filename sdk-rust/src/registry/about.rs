//! What the server is told of an offer and the client is not: tags, the scopes that it needs, whether it is switched on.

use std::sync::atomic::{AtomicBool, Ordering};

/// What is known of an offer besides its definition.
pub(crate) struct About {
    pub(crate) tags: Vec<String>,
    /// What an access token must allow for it to be used.
    pub(crate) scopes: Vec<String>,
    enabled: AtomicBool,
}

impl Default for About {
    fn default() -> Self {
        About { tags: Vec::new(), scopes: Vec::new(), enabled: AtomicBool::new(true) }
    }
}

impl Clone for About {
    fn clone(&self) -> Self {
        About { tags: self.tags.clone(), scopes: self.scopes.clone(), enabled: AtomicBool::new(self.enabled()) }
    }
}

impl About {
    pub(crate) fn enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// Switches it on or off; tells whether that changed anything.
    pub(crate) fn enable(&self, enabled: bool) -> bool {
        self.enabled.swap(enabled, Ordering::Relaxed) != enabled
    }
}
