//! Errors of decoding and encoding: a path and a message. The words are the same in every SDK.

use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A member's name.
    Key(Box<str>),
    /// An element's index.
    Index(usize),
}

/// Why a text is not the value it should be.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    /// Innermost first: it grows while the error travels outwards.
    path: Vec<Segment>,
    message: String,
    /// Whether the text is no JSON at all, which is an error of the whole.
    syntax: bool,
}

impl DecodeError {
    /// An error of the value being decoded.
    pub fn new(message: impl Into<String>) -> Self {
        DecodeError(Box::new(Inner { path: Vec::new(), message: message.into(), syntax: false }))
    }

    /// The text is not JSON.
    pub(crate) fn syntax(what: &str, at: usize) -> Self {
        let message = format!("invalid JSON: {what} at byte {at}");
        DecodeError(Box::new(Inner { path: Vec::new(), message, syntax: true }))
    }

    /// The same error, of a member.
    pub fn in_member(mut self, name: &str) -> Self {
        if !self.0.syntax {
            self.0.path.push(Segment::Key(name.into()));
        }
        self
    }

    /// The same error, of an element.
    pub fn in_element(mut self, index: usize) -> Self {
        if !self.0.syntax {
            self.0.path.push(Segment::Index(index));
        }
        self
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the text is no JSON at all.
    pub fn is_syntax(&self) -> bool {
        self.0.syntax
    }

    /// The path from the whole to the value, outermost first.
    pub fn path(&self) -> impl Iterator<Item = &Segment> {
        self.0.path.iter().rev()
    }

    /// Where it is wrong, as a JSON Pointer; empty for the whole.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in self.path() {
            pointer.push('/');
            match segment {
                Segment::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for segment in self.path() {
            match segment {
                Segment::Key(key) if first => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
            first = false;
        }
        if !first {
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// Why a value cannot be sent in a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The member, dotted, without indices; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for EncodeError {}
