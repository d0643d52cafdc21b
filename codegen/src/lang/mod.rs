//! One emitter a language. Each knows the IR and its own language; never another emitter, never a schema.

use crate::error::Result;
use crate::ir::Protocol;
use crate::output::OutputFile;

pub mod golang;
pub mod python;
pub mod rust;
pub mod typescript;

/// A target language.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// Its name, as in `cargo xtask peer <name> codec`.
    pub name: &'static str,
    /// Makes its files.
    pub emit: fn(&Protocol) -> Result<Vec<OutputFile>>,
}

/// All target languages.
pub const ALL: [Language; 4] = [
    Language { name: "rust", emit: rust::emit },
    Language { name: "typescript", emit: typescript::emit },
    Language { name: "go", emit: golang::emit },
    Language { name: "python", emit: python::emit },
];
