//! Protocol revisions and the two eras they fall into. Revisions are dates, so they sort as text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The first revision without a handshake; every one before it opens with `initialize`.
pub const FIRST_MODERN: &str = "2026-07-28";

/// How a client starts a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The client finds out by itself what the server speaks.
    Auto,
    /// The client opens with `initialize`.
    Legacy,
    /// The client sends each request by itself, with its `_meta`.
    Modern,
}

impl Mode {
    /// All modes, in the order they are run and shown.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Legacy, Self::Modern];

    /// The word used on a peer's command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether this revision belongs to the modern era.
pub fn is_modern(revision: &str) -> bool {
    revision >= FIRST_MODERN
}

/// Whether `revision` lies within the two optional bounds, both included.
pub fn within(revision: &str, since: Option<&str>, until: Option<&str>) -> bool {
    since.is_none_or(|first| revision >= first) && until.is_none_or(|last| revision <= last)
}
