//! Rust.
use crate::error::Result;
use crate::ir::Protocol;
use crate::output::OutputFile;
/// Emits the crate's `protocol` module.
pub fn emit(_protocol: &Protocol) -> Result<Vec<OutputFile>> { Ok(vec![]) }
