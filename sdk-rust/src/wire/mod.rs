//! How JSON becomes values and back: the whole contract between generated and hand-written code.
//!
//! Decoding reads a complete message in place, with paths in its errors, unknown members kept and revisions
//! as bits; encoding writes compact JSON held to a revision. Nothing here knows a type of MCP. What decoding and
//! encoding mean is written in the repository's ARCHITECTURE.md, the same for four languages.

mod decoder;
mod encoder;
mod error;
mod extra;
mod json;
mod outlined;
mod respell;
mod scan;

pub use decoder::{Decode, Decoder, Members, Tag};
pub(crate) use decoder::{one_of, quoted};
pub(crate) use encoder::write_string;
pub use encoder::{Encode, Encoded, Encoder, ObjectWriter, Supplement};
pub use error::{DecodeError, EncodeError, Segment};
pub use extra::Extra;
pub(crate) use json::kind;
pub use json::{Json, JsonObject, Kind, Map, Number};
pub(crate) use outlined::{Outlined, each_member};
pub(crate) use respell::{Spelling, as_it_stands, last_values};
pub(crate) use scan::Scanner;

#[cfg(test)]
mod tests;

/// A set of revisions, one bit each, oldest lowest; or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revs(pub u32);

impl Revs {
    /// Whether the sets have a revision in common.
    pub const fn has(self, other: Revs) -> bool {
        self.0 & other.0 != 0
    }
}
