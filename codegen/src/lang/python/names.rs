//! Python's spelling: cases, reserved words, literals.

use crate::ir::Protocol;
use crate::names;
use crate::revs::Revs;
use crate::view;

const RESERVED: [&str; 36] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
];

/// The attribute that every type has for unknown members.
const EXTRA: &str = "extra";

/// An attribute: `input_schema`, `from_`.
pub fn attribute(words: &[String]) -> String {
    let name = names::snake(words);
    match name.as_str() {
        name if RESERVED.contains(&name) || name == EXTRA || name == "yield" => format!("{name}_"),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("x{name}"),
        _ => name,
    }
}

/// The name on the wire that msgspec makes of an attribute: `input_schema` → `inputSchema`.
pub fn renamed(attribute: &str) -> String {
    let mut words = attribute.split('_');
    let first = words.next().unwrap_or("").to_owned();
    words.fold(first, |name, word| name + &names::capitalised(word))
}

/// A module: `jsonrpc`.
pub fn module(area: &str) -> String {
    attribute(&names::words(area))
}

/// The constant for a set of revisions: `SINCE_2025_06_18`.
pub fn revs(protocol: &Protocol, revs: Revs) -> String {
    names::screaming(&view::revs_words(protocol, revs))
}

/// A revision's name in the enumeration: `V2026_07_28`.
pub fn revision(name: &str) -> String {
    format!("V{}", name.replace('-', "_"))
}

/// A string literal, the way the formatter writes it.
pub fn literal(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A JSON value as a literal.
pub fn json(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => literal(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", literal(name), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_avoid_what_python_reserves() {
        for (words, expected) in [
            (&["input", "schema"][..], "input_schema"),
            (&["from"], "from_"),
            (&["extra"], "extra_"),
            (&["type"], "type"),
        ] {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(attribute(&words), expected);
        }
    }

    #[test]
    fn literals_are_quoted_as_the_formatter_quotes() {
        assert_eq!(literal("plain"), "\"plain\"");
        assert_eq!(literal("say \"it\""), "'say \"it\"'");
        assert_eq!(literal("a\\b"), "\"a\\\\b\"");
    }

    #[test]
    fn msgspec_renames_to_camel_case() {
        assert_eq!(renamed("input_schema"), "inputSchema");
        assert_eq!(renamed("ttl_ms"), "ttlMs");
    }
}
