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

/// Words that are reserved even as raw identifiers, and the field that holds what a type does not know.
const UNUSABLE: [&str; 5] = ["crate", "extra", "self", "super", "_"];

/// What decoding calls its own variables.
const LOCALS: [&str; 3] = ["d", "key", "members"];

/// What generated files take from elsewhere: a type of the protocol must not hide it.
const TAKEN: [&str; 22] = [
    "Box",
    "Decode",
    "DecodeError",
    "Decoder",
    "Default",
    "Encode",
    "EncodeError",
    "Encoder",
    "Extra",
    "From",
    "Into",
    "Json",
    "Kind",
    "Map",
    "Number",
    "Option",
    "Revision",
    "Revs",
    "Self",
    "String",
    "Sync",
    "Vec",
];

/// A field: `input_schema`, `r#type`.
pub fn field(words: &[String]) -> String {
    let name = names::snake(words);
    match name.as_str() {
        name if UNUSABLE.contains(&name) => format!("{name}_"),
        name if RESERVED.contains(&name) => format!("r#{name}"),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        _ => name,
    }
}

/// The variable in which decoding holds a field.
pub fn local(words: &[String]) -> String {
    let name = field(words);
    if LOCALS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// A variant of an enumeration: `VeryBad`, `Self_`.
pub fn variant(words: &[String]) -> String {
    let name = names::pascal(words);
    match name.as_str() {
        "Self" => "Self_".into(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        _ => name,
    }
}

/// A type.
pub fn ty(name: &str) -> String {
    let name = view::type_name(name);
    if TAKEN.contains(&name.as_str()) { format!("{name}Type") } else { name }
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

/// What to say of something that nobody has documented yet, so that a brand-new revision compiles.
pub fn documented(doc: &str) -> &str {
    if doc.is_empty() { "Not documented yet." } else { doc }
}

/// Documentation as rustdoc wants it: a paragraph a line, addresses as links.
pub fn paragraphs(lines: &[String]) -> Vec<String> {
    let linked = lines.iter().map(|line| if line.starts_with("https://") { format!("<{line}>") } else { line.clone() });
    let mut out: Vec<String> = linked.flat_map(|line| [line, String::new()]).collect();
    out.pop();
    out
}
