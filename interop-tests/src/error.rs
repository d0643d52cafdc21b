//! The one error of this crate: a sentence for the person at the terminal.
//!
//! Callers never branch on it, so it carries no code; it says where, what was found and what helps.

use std::fmt;
use std::path::Path;

/// What went wrong, where, and where possible what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

/// Shorthand for this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says just this.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An error about one file.
    pub fn at(path: &Path, problem: impl fmt::Display) -> Self {
        Self(format!("{}: {problem}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
