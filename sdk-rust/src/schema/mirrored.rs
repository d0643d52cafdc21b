//! Arguments that HTTP repeats in headers, so that gateways can route a call without reading it: found in a tool's
//! input schema by the keyword `x-mcp-header`, once, when the tool is offered or listed.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters>

use std::borrow::Cow;

use serde_json::Value;

use crate::wire::{Decoder, Revs, Scanner};

const KEYWORD: &str = "x-mcp-header";

/// The largest integer that every JSON reader holds exactly, and the smallest by its other sign.
const SAFE: i64 = (1 << 53) - 1;

/// Keywords whose value is a schema, or a list of schemas.
const WITHIN: [&str; 17] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
    "extends",
];

/// Keywords whose value has schemas as its members.
const AMONG: [&str; 4] = ["$defs", "definitions", "dependentSchemas", "patternProperties"];

/// An argument that a header repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirrored {
    /// The header, in small letters: `mcp-param-region`.
    pub(crate) header: Box<str>,
    /// The names that lead to the argument.
    path: Box<[String]>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    String,
}

/// The arguments that headers repeat.
///
/// # Errors
/// If the schema marks one that cannot be repeated: clients would leave the tool out of their lists.
pub(crate) fn mirrored(schema: &Value) -> Result<Vec<Mirrored>, String> {
    let mut found = Vec::new();
    if schema.get(KEYWORD).is_some() {
        return Err(format!("{KEYWORD} stands beside the arguments: expected it in one of the properties"));
    }
    find(schema, &mut Vec::new(), true, &mut found)?;
    for (i, one) in found.iter().enumerate() {
        if let Some(other) = found.get(..i).unwrap_or_default().iter().find(|other| other.header == one.header) {
            return Err(format!("{} and {}: the same {KEYWORD}", other.shown(), one.shown()));
        }
    }
    Ok(found)
}

/// Looks through a schema. Only `properties` lead to a place where an argument can be repeated.
fn find(schema: &Value, path: &mut Vec<String>, open: bool, found: &mut Vec<Mirrored>) -> Result<(), String> {
    let Value::Object(keywords) = schema else { return Ok(()) };
    if let (Some(name), false) = (keywords.get(KEYWORD), path.is_empty()) {
        if !open {
            return Err(format!("{}: {KEYWORD} is for arguments that `properties` alone lead to", path.join(".")));
        }
        found.push(Mirrored::new(name, keywords.get("type"), path)?);
    }
    for (keyword, value) in keywords {
        let deeper: Vec<(&str, &Value, bool)> = match (keyword.as_str(), value) {
            ("properties", Value::Object(members)) => {
                members.iter().map(|(name, member)| (name.as_str(), member, open)).collect()
            }
            (name, Value::Object(members)) if AMONG.contains(&name) => {
                members.values().map(|member| (name, member, false)).collect()
            }
            (name, Value::Array(items)) if WITHIN.contains(&name) => {
                items.iter().map(|item| (name, item, false)).collect()
            }
            (name, value) if WITHIN.contains(&name) => vec![(name, value, false)],
            _ => Vec::new(),
        };
        for (name, schema, open) in deeper {
            path.push(name.to_owned());
            find(schema, path, open, found)?;
            path.pop();
        }
    }
    Ok(())
}

#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only HTTP has headers"))]
impl Mirrored {
    fn new(name: &Value, kind: Option<&Value>, path: &[String]) -> Result<Self, String> {
        let at = path.join(".");
        let name = name.as_str().filter(|name| !name.is_empty() && name.bytes().all(is_token)).ok_or_else(|| {
            format!("{at}: {KEYWORD} is {name}: expected letters, digits and other characters that a header's name has")
        })?;
        let named = |kind: &Value| match kind.as_str() {
            Some("boolean") => Some(Kind::Boolean),
            Some("integer") => Some(Kind::Integer),
            Some("string") => Some(Kind::String),
            _ => None,
        };
        let kind = match kind {
            // One that may be null is not repeated when it is.
            Some(Value::Array(kinds)) => match kinds.as_slice() {
                [one, Value::String(null)] | [Value::String(null), one] if null == "null" => named(one),
                _ => None,
            },
            Some(kind) => named(kind),
            None => None,
        };
        let kind = kind.ok_or_else(|| format!("{at}: {KEYWORD} is for a string, an integer or a boolean"))?;
        let header = format!("{}{}", "mcp-param-", name.to_ascii_lowercase()).into();
        Ok(Mirrored { header, path: path.into(), kind })
    }

    /// The argument as it is called in messages.
    pub(crate) fn shown(&self) -> String {
        self.path.join(".")
    }

    /// What the header has to say of these arguments, which are compact JSON, before it is encoded; nothing if they do not give it, or give
    /// what the tool does not take, which is for the tool to refuse.
    pub(crate) fn value<'a>(&self, arguments: &'a str) -> Option<Cow<'a, str>> {
        let raw = self.path.iter().try_fold(arguments, |within, name| member(within, name))?;
        match (self.kind, raw.as_bytes().first()?) {
            (Kind::String, b'"') => Scanner::new(raw).string().ok(),
            (Kind::Boolean, b't' | b'f') => Some(raw.into()),
            (Kind::Integer, b'-' | b'0'..=b'9') => {
                Some(integer(raw).map_or(raw.into(), |value| value.to_string().into()))
            }
            _ => None,
        }
    }

    /// Whether a header says what the arguments say.
    pub(crate) fn agrees(&self, header: &str, value: &str) -> bool {
        match self.kind {
            Kind::Integer => integer(header).is_some() && integer(header) == integer(value),
            _ => header == value,
        }
    }
}

/// The number that a text is, if it is an integer that every reader holds exactly: `42.0` is 42.
fn integer(text: &str) -> Option<i64> {
    let mut scanner = Scanner::new(text);
    scanner.number().ok().filter(|number| number.len() == text.len())?;
    Decoder::new(text, Revs(u32::MAX)).integer(-SAFE, SAFE).ok()
}

/// The text of a member; of a name given twice the last one counts, as everywhere.
fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut scanner = Scanner::known(object);
    let mut found = None;
    if !scanner.take(b'{') {
        return None;
    }
    scanner.enter().ok()?;
    let mut first = true;
    while scanner.next(&mut first, b'}').ok()? {
        let key = scanner.string().ok()?;
        scanner.colon().ok()?;
        scanner.peek();
        let from = scanner.at;
        scanner.skip().ok()?;
        if key == name {
            found = Some(scanner.slice(from));
        }
    }
    found
}

/// Whether a header's name may have this byte.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marked_arguments_are_found_with_their_paths() {
        let schema = json!({
            "type": "object",
            "properties": {
                "region": { "type": "string", "x-mcp-header": "Region" },
                "deep": { "type": "object", "properties": { "n": { "type": ["integer", "null"], "x-mcp-header": "N" } } },
                "x-mcp-header": { "type": "string", "description": "an argument of that name" },
                "other": { "const": { "x-mcp-header": "data, no schema" } },
            },
        });
        let found = mirrored(&schema).expect("a valid schema");
        let mut shown: Vec<_> = found.iter().map(|one| (&*one.header, one.shown())).collect();
        // In the order of the schema, which not every build keeps.
        shown.sort();
        assert_eq!(shown, [("mcp-param-n", "deep.n".to_owned()), ("mcp-param-region", "region".to_owned())]);
        assert_eq!(mirrored(&json!({ "type": "object" })), Ok(vec![]));
    }

    #[test]
    fn what_clients_would_refuse_is_refused_with_its_place() {
        let check = |property: Value, reason: &str| {
            let found = mirrored(&json!({ "type": "object", "properties": { "a": property } })).expect_err(reason);
            assert!(found.contains(reason), "{property}: {found}");
        };
        check(json!({ "type": "string", "x-mcp-header": "" }), "a: x-mcp-header is \"\": expected letters");
        check(json!({ "type": "string", "x-mcp-header": 1 }), "a: x-mcp-header is 1: ");
        for name in ["two words", "a:b", "é", "a\r\nb"] {
            check(json!({ "type": "string", "x-mcp-header": name }), "a: x-mcp-header is ");
        }
        for kind in [json!("number"), json!("object"), json!("array"), json!("null"), json!(["string", "integer"])] {
            check(json!({ "type": kind, "x-mcp-header": "A" }), "a: x-mcp-header is for a string, an integer or");
        }
        check(json!({ "x-mcp-header": "A" }), "is for a string");
        let marked = json!({ "type": "string", "x-mcp-header": "A" });
        for (keyword, within) in [("items", marked.clone()), ("anyOf", json!([marked])), ("not", marked.clone())] {
            check(json!({ keyword: within }), "is for arguments that `properties` alone lead to");
        }
        check(json!({ "$defs": { "b": { "properties": { "c": marked } } } }), "a.$defs.c: x-mcp-header");
        check(
            json!({ "type": "object", "properties": { "b": marked, "c": { "type": "string", "x-mcp-header": "a" } } }),
            "a.b and a.c: the same x-mcp-header",
        );
        assert!(mirrored(&json!({ "type": "object", "x-mcp-header": "A" })).is_err());
    }

    #[test]
    fn headers_are_held_to_the_arguments() {
        let schema = json!({ "properties": {
            "s": { "type": "string", "x-mcp-header": "s" },
            "i": { "type": "integer", "x-mcp-header": "i" },
            "b": { "type": "boolean", "x-mcp-header": "b" },
        } });
        let all = mirrored(&schema).expect("a valid schema");
        let one = |name: &str| all.iter().find(|one| one.shown() == name).expect("a marked argument");
        let check = |name: &str, arguments: &str, header: &str, agrees: bool| {
            let value = one(name).value(arguments).expect("a value");
            assert_eq!(one(name).agrees(header, &value), agrees, "{arguments} and {header:?}");
        };
        check("s", r#"{"s":"a\u00e9"}"#, "aé", true);
        check("s", r#"{"s":"first","s":"last"}"#, "last", true);
        check("s", r#"{"s":"first","s":"last"}"#, "first", false);
        check("s", r#"{"s":"a"}"#, "A", false);
        check("b", r#"{"b":true}"#, "true", true);
        check("b", r#"{"b":true}"#, "True", false);
        for header in ["42", "42.0", "4.2e1", "420e-1"] {
            check("i", r#"{"i":42}"#, header, true);
            check("i", r#"{"i":42.0}"#, header, true);
        }
        for header in ["43", "", "042", "+42", "0x2a", "42 ", "NaN", "42.5", "42,0"] {
            check("i", r#"{"i":42}"#, header, false);
        }
        check("i", r#"{"i":9007199254740993}"#, "9007199254740993", false);
        check("i", r#"{"i":-9007199254740991}"#, "-9007199254740991", true);
        for (name, arguments) in
            [("s", "{}"), ("s", r#"{"s":null}"#), ("i", r#"{"i":"1"}"#), ("s", r#"{"t":{"s":"a"}}"#)]
        {
            assert_eq!(one(name).value(arguments), None, "{arguments}");
        }
        assert_eq!(one("i").value(r#"{"i":4.2e1}"#).as_deref(), Some("42"));
    }
}
