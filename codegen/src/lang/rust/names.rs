//! Rust's spelling: cases and reserved words.

use crate::ir::Protocol;
use crate::names;
use crate::revs::Revs;
use crate::view;

const RESERVED: [&str; 40] = [
    "as", "async", "await", "box", "break", "const", "continue", "dyn", "else", "enum", "extern", "false", "final",
    "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "pub", "ref",
    "return", "static", "struct", "trait", "true", "try", "type", "unsafe", "use", "virtual", "where", "while",
];

/// A field or variable: `input_schema`, `r#type`.
pub fn field(words: &[String]) -> String {
    let name = names::snake(words);
    if RESERVED.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

/// A type.
pub fn ty(name: &str) -> String {
    view::type_name(name)
}

/// A module: `jsonrpc`.
pub fn module(area: &str) -> String {
    field(&names::words(area))
}

/// The constant for a set of revisions: `SINCE_2025_06_18`.
pub fn revs(protocol: &Protocol, revs: Revs) -> String {
    names::screaming(&view::revs_words(protocol, revs))
}

/// A revision's variant: `V2026_07_28`.
pub fn revision(name: &str) -> String {
    format!("V{}", name.replace('-', "_"))
}

/// A string literal.
pub fn literal(text: &str) -> String {
    format!("{text:?}")
}
