//! Names: how the IR's words are spelled in TypeScript.

use crate::names;

/// Names that generated files take from elsewhere: a type of the protocol must not hide them.
const TAKEN: [&str; 9] =
    ["Array", "Codec", "EnumCodec", "JsonArray", "JsonObject", "JsonValue", "Method", "Promise", "Record"];

/// Words that cannot name a constant.
const RESERVED: [&str; 46] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "while",
    "yield",
];

/// A type, and the constant that holds its table: as the schema spells it.
pub fn ty(name: &str) -> String {
    if TAKEN.contains(&name) { format!("{name}_") } else { name.into() }
}

/// A method's constant, and its function: `callTool`.
pub fn method(words: &[String]) -> String {
    let name = names::camel(words);
    if RESERVED.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// A set of revisions: `SINCE_2025_06_18`.
pub fn revisions(words: &[String]) -> String {
    names::screaming(words)
}
