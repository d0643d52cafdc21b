//! Go's spelling: initialisms, exported names, and what the package declares besides the protocol's types.

use crate::ir::Protocol;
use crate::names;
use crate::revs::Revs;
use crate::view;

/// Words that Go writes in capitals.
const INITIALISMS: [&str; 16] = [
    "api", "html", "http", "https", "id", "ids", "ip", "json", "jsonrpc", "mime", "rpc", "sse", "ttl", "uri", "url",
    "utf8",
];

/// What the package declares besides the protocol's types; a type of that name gets another one.
const DECLARED: [&str; 20] = [
    "Caller",
    "ClientHandler",
    "Decodable",
    "Decode",
    "Direction",
    "Encode",
    "EncodeParams",
    "Encodable",
    "Era",
    "ErrMethodNotFound",
    "Latest",
    "Method",
    "Methods",
    "Params",
    "Recode",
    "Revision",
    "Revisions",
    "ServerHandler",
    "UnimplementedClient",
    "UnimplementedServer",
];

/// `InputSchema`, `ServerURL`
pub fn exported(words: &[String]) -> String {
    let name: String = words.iter().map(|word| capitals(word)).collect();
    // A name is a letter first; what is left of `2fa` would not be.
    if name.starts_with(|c: char| c.is_alphabetic()) { name } else { format!("X{name}") }
}

fn capitals(word: &str) -> String {
    match word {
        "ids" => "IDs".into(),
        _ if INITIALISMS.contains(&word) => word.to_uppercase(),
        _ => names::capitalised(word),
    }
}

/// `inputSchema`, `serverURL`, `jsonrpcMessage`
pub fn unexported(words: &[String]) -> String {
    let Some((first, rest)) = words.split_first() else { return String::new() };
    format!("{first}{}", rest.iter().map(|word| capitals(word)).collect::<String>())
}

/// A type.
pub fn ty(name: &str) -> String {
    let name = exported(&names::words(name));
    if DECLARED.contains(&name.as_str()) { format!("{name}Type") } else { name }
}

/// A member of a struct. `Extra` holds what a type does not know.
pub fn field(words: &[String]) -> String {
    let name = exported(words);
    if matches!(name.as_str(), "Extra" | "MarshalJSON" | "UnmarshalJSON") { format!("{name}Member") } else { name }
}

/// The constant for a set of revisions: `since20250618`.
pub fn revs(protocol: &Protocol, revs: Revs) -> String {
    unexported(&view::revs_words(protocol, revs))
}

/// A revision's constant: `Revision20260728`.
pub fn revision(name: &str) -> String {
    format!("Revision{}", name.replace(|c: char| !c.is_alphanumeric(), ""))
}

/// A string literal.
pub fn literal(text: &str) -> String {
    // JSON's escapes are among Go's.
    serde_json::Value::from(text).to_string()
}

/// A comment's lines, broken where hand-written ones are.
pub fn comment(lines: &[String], indent: usize) -> Vec<String> {
    let width = 76 - 4 * indent;
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > width {
                out.push(std::mem::take(&mut row));
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        out.push(row);
    }
    out
}

/// The comment of a declaration, which begins with its name.
pub fn declaration(name: &str, mut lines: Vec<String>, indent: usize) -> Vec<String> {
    match lines.first_mut() {
        Some(first) => *first = sentence(name, first),
        None => lines.push(format!("{name} is not documented yet.")),
    }
    comment(&lines, indent)
}

/// `A function that …` → `Tool is a function that …`; another sentence follows a colon.
pub fn sentence(name: &str, doc: &str) -> String {
    let mut chars = doc.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return name.to_owned() };
    let uncapitalised = match second {
        Some(second) if second.is_uppercase() => doc.to_owned(),
        _ => first.to_lowercase().chain(doc.chars().skip(1)).collect(),
    };
    let noun = ["A ", "An ", "The "].iter().any(|article| doc.starts_with(article));
    if noun { format!("{name} is {uncapitalised}") } else { format!("{name}: {uncapitalised}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_go() {
        for (name, expected) in [
            ("RequestId", "RequestID"),
            ("JSONRPCMessage", "JSONRPCMessage"),
            ("ElicitRequestURLParams", "ElicitRequestURLParams"),
            ("Method", "MethodType"),
            ("2fa", "X2fa"),
        ] {
            assert_eq!(ty(name), expected);
        }
        assert_eq!(field(&["task".into(), "ids".into()]), "TaskIDs");
        assert_eq!(field(&["extra".into()]), "ExtraMember");
        assert_eq!(unexported(&["uri".into(), "template".into()]), "uriTemplate");
    }

    #[test]
    fn comments_begin_with_the_name() {
        assert_eq!(sentence("Tool", "A function."), "Tool is a function.");
        assert_eq!(sentence("Tool", "What runs."), "Tool: what runs.");
        assert_eq!(sentence("Tool", "URL of it."), "Tool: URL of it.");
    }
}
