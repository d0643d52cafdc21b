//! Node: a JSON text as it is written, before anyone reads it: order, repeated names and spelling of numbers stay.

use crate::ir::Kind;

/// A JSON value as text has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as spelled.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object; a name may come twice.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// A string.
    pub fn text(text: &str) -> Self {
        Node::Text(text.into())
    }

    /// A number, as spelled.
    pub fn number(spelling: impl ToString) -> Self {
        Node::Number(spelling.to_string())
    }

    /// An object.
    pub fn object<const N: usize>(members: [(&str, Node); N]) -> Self {
        Node::Object(members.into_iter().map(|(name, node)| (name.into(), node)).collect())
    }

    /// Plain JSON as a node.
    pub fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(value) => Node::number(value),
            Value::String(value) => Node::text(value),
            Value::Array(items) => Node::List(items.iter().map(Node::from_json).collect()),
            Value::Object(map) => {
                Node::Object(map.iter().map(|(name, value)| (name.clone(), Node::from_json(value))).collect())
            }
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Node::Null => Kind::Null,
            Node::Bool(_) => Kind::Boolean,
            Node::Number(_) => Kind::Number,
            Node::Text(_) => Kind::String,
            Node::List(_) => Kind::Array,
            Node::Object(_) => Kind::Object,
        }
    }

    /// The value of a member: the last one of the name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let Node::Object(members) = self else { return None };
        members.iter().rev().find(|(other, _)| other == name).map(|(_, node)| node)
    }

    /// The object with the member set, in its place or at the end.
    pub fn with(mut self, name: &str, node: Node) -> Self {
        if let Node::Object(members) = &mut self {
            match members.iter_mut().find(|(other, _)| other == name) {
                Some(member) => member.1 = node,
                None => members.push((name.into(), node)),
            }
        }
        self
    }

    /// The object with the member first.
    pub fn with_first(mut self, name: &str, node: Node) -> Self {
        if let Node::Object(members) = &mut self {
            members.insert(0, (name.into(), node));
        }
        self
    }

    /// The object without the member.
    pub fn without(mut self, name: &str) -> Self {
        if let Node::Object(members) = &mut self {
            members.retain(|(other, _)| other != name);
        }
        self
    }

    /// The object with its members in the opposite order.
    pub fn reversed(mut self) -> Self {
        if let Node::Object(members) = &mut self {
            members.reverse();
        }
        self
    }

    /// As text without insignificant space or needless escapes.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, &Spelling { space: "", escape: escape_needed });
        out
    }

    /// As text with white space wherever it may stand.
    pub fn spaced(&self) -> String {
        let mut out = String::from("\r\n");
        self.write(&mut out, &Spelling { space: " \n\t", escape: escape_needed });
        out
    }

    /// As text in which every character of a string is an escape.
    pub fn escaped(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, &Spelling { space: "", escape: escape_all });
        out
    }

    fn write(&self, out: &mut String, spelling: &Spelling) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Node::Number(text) => out.push_str(text),
            Node::Text(text) => spelling.string(out, text),
            Node::List(items) => spelling.list(out, ['[', ']'], items, |out, item| item.write(out, spelling)),
            Node::Object(members) => spelling.list(out, ['{', '}'], members, |out, (name, node)| {
                spelling.string(out, name);
                out.push_str(spelling.space);
                out.push(':');
                out.push_str(spelling.space);
                node.write(out, spelling);
            }),
        }
    }
}

struct Spelling {
    space: &'static str,
    escape: fn(&mut String, char),
}

impl Spelling {
    fn string(&self, out: &mut String, text: &str) {
        out.push('"');
        text.chars().for_each(|c| (self.escape)(out, c));
        out.push('"');
    }

    fn list<T>(&self, out: &mut String, ends: [char; 2], items: &[T], write: impl Fn(&mut String, &T)) {
        out.push(ends[0]);
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(self.space);
            write(out, item);
            out.push_str(self.space);
        }
        out.push(ends[1]);
    }
}

/// A string as JSON.
pub fn quoted(text: &str) -> String {
    Node::text(text).compact()
}

fn escape_needed(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        c => out.push(c),
    }
}

fn escape_all(out: &mut String, c: char) {
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04X}"));
    }
}
