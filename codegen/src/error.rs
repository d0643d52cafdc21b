//! What went wrong in the generator: where, what was found, what was expected, and what mends it.

use std::fmt;

/// An error of any stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file it was found in, relative to the repository.
    pub file: String,
    /// The place in the file: a JSON Pointer, or a key of a TOML file.
    pub pointer: String,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: String,
    /// What to do about it, as a rule a command.
    pub mend: String,
}

/// The result of a stage.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error at a place of a file, mended in the way that is usual for the file.
    pub fn at(file: &str, pointer: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Error {
            file: file.into(),
            pointer: pointer.into(),
            found: found.into(),
            expected: expected.into(),
            mend: usual(file).into(),
        }
    }

    /// The same error with what mends it.
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = mend.into();
        self
    }
}

/// What mends most errors in a file.
fn usual(file: &str) -> &'static str {
    match file {
        file if file.starts_with("spec/overlay") => {
            "correct the entry as the head of the file describes, then `cargo xtask codegen`"
        }
        file if file.starts_with("spec/schema") => {
            "correct the schema in spec/overlay/patches.toml, or bring it in again: `cargo xtask import <schema.json> <revision>`"
        }
        file if file.starts_with("spec/") => "`cargo xtask import <schema.json> <revision>` writes it",
        file if file.ends_with(".json") => {
            "give a schema as the specification publishes it: `cargo xtask import <schema.json> <revision>`"
        }
        _ => "",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)?;
        if !self.mend.is_empty() {
            write!(f, "\n  to mend it: {}", self.mend)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
