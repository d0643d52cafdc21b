//! Encoding: what generated code calls to write a value, held to a revision.

use super::Revs;
use super::error::EncodeError;
use super::extra::Extra;
use super::json::{Json, JsonObject, Map, Number};
use super::scan::plain_end;

type Result<T> = std::result::Result<T, EncodeError>;

/// A type that can be written.
pub trait Encode {
    /// Writes it.
    ///
    /// # Errors
    /// If the revision requires a member that is not set.
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()>;
}

/// A message being written, and the revision it is written in.
#[derive(Debug)]
pub struct Encoder<'s> {
    out: String,
    revision: Revs,
    path: Vec<Box<str>>,
    left_out: Vec<String>,
    supplements: &'s [Supplement],
}

/// A member that a message gets where the program set none, in the revisions that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplement {
    /// Names on the way to the member, its own last.
    pub path: &'static [&'static str],
    /// Its value.
    pub value: Json,
}

/// A written message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Compact JSON.
    pub text: String,
    /// Members that were set but that the revision lacks, so they were left out: dotted paths without indices.
    pub left_out: Vec<String>,
}

impl<'s> Encoder<'s> {
    /// Writes a whole message.
    ///
    /// # Errors
    /// If the revision requires a member that is not set.
    pub fn message(value: &impl Encode, revision: Revs) -> Result<Encoded> {
        Encoder::supplemented(value, revision, &[])
    }

    /// Writes a whole message, with members that its program need not set.
    ///
    /// # Errors
    /// If the revision requires a member that is neither set nor supplied.
    pub fn supplemented(value: &impl Encode, revision: Revs, supplements: &[Supplement]) -> Result<Encoded> {
        Encoder::within_capacity(256, value, revision, supplements)
    }

    /// Writes a whole message that is about this many bytes long, so that its text need not grow.
    ///
    /// # Errors
    /// If the revision requires a member that is not set.
    pub(crate) fn sized(bytes: usize, value: &impl Encode, revision: Revs) -> Result<Encoded> {
        Encoder::within_capacity(bytes, value, revision, &[])
    }

    fn within_capacity(
        bytes: usize,
        value: &impl Encode,
        revision: Revs,
        supplements: &[Supplement],
    ) -> Result<Encoded> {
        let out = String::with_capacity(bytes);
        let mut encoder = Encoder { out, revision, path: Vec::new(), left_out: Vec::new(), supplements };
        value.encode(&mut encoder)?;
        Ok(Encoded { text: encoder.out, left_out: encoder.left_out })
    }

    /// Whether the revision is one of these.
    #[inline]
    pub fn has(&self, revs: Revs) -> bool {
        self.revision.has(revs)
    }

    /// Begins an object that ends with these unknown members.
    pub fn object<'e>(&'e mut self, extra: &'e Extra) -> ObjectWriter<'e, 's> {
        self.out.push('{');
        ObjectWriter { first: true, written: Vec::new(), encoder: self, extra }
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    /// Writes a value that is nowhere absent but may be `null`.
    ///
    /// # Errors
    /// Those of the value.
    pub fn nullable(&mut self, value: &Option<impl Encode>) -> Result<()> {
        match value {
            Some(value) => value.encode(self),
            None => {
                self.out.push_str("null");
                Ok(())
            }
        }
    }

    fn within(&mut self, name: &str, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.path.push(name.into());
        let result = write(self);
        self.path.pop();
        result
    }

    /// What a member that is not set gets instead.
    fn supplement(&self, name: &str) -> Option<&Json> {
        let stands_at = |supplement: &&Supplement| match supplement.path.split_last() {
            Some((last, within)) => *last == name && self.path.iter().map(|step| &**step).eq(within.iter().copied()),
            None => false,
        };
        self.supplements.iter().find(stands_at).map(|supplement| &supplement.value)
    }

    fn dotted(&self, name: &str) -> String {
        let mut path: Vec<&str> = self.path.iter().map(|segment| &**segment).collect();
        path.push(name);
        path.join(".")
    }
}

/// An object being written.
#[derive(Debug)]
pub struct ObjectWriter<'e, 's> {
    encoder: &'e mut Encoder<'s>,
    extra: &'e Extra,
    first: bool,
    /// The names written so far; kept only if there are unknown members to compare them with.
    written: Vec<&'static str>,
}

impl ObjectWriter<'_, '_> {
    fn key(&mut self, name: &str) {
        if !std::mem::take(&mut self.first) {
            self.encoder.out.push(',');
        }
        write_string(&mut self.encoder.out, name);
        self.encoder.out.push(':');
    }

    fn known_key(&mut self, name: &'static str) {
        self.key(name);
        if !self.extra.is_empty() {
            self.written.push(name);
        }
    }

    /// Writes a member that every revision has and requires.
    ///
    /// # Errors
    /// Those of the value.
    pub fn required(&mut self, name: &'static str, value: &impl Encode) -> Result<()> {
        self.known_key(name);
        self.encoder.within(name, |e| value.encode(e))
    }

    /// Writes a member that may be `null` but not absent.
    ///
    /// # Errors
    /// Those of the value.
    pub fn nullable(&mut self, revs: Revs, name: &'static str, value: &Option<impl Encode>) -> Result<()> {
        if self.encoder.has(revs) {
            self.known_key(name);
            return self.encoder.within(name, |e| e.nullable(value));
        }
        if value.is_some() {
            self.leave_out(name);
        }
        Ok(())
    }

    /// Writes a member if it is set and the revision has it.
    ///
    /// # Errors
    /// If the revision requires it and it is not set.
    pub fn member(
        &mut self,
        revs: Revs,
        required: Revs,
        name: &'static str,
        value: &Option<impl Encode>,
    ) -> Result<()> {
        match value {
            Some(value) if self.encoder.has(revs) => self.required(name, value),
            Some(_) => {
                self.leave_out(name);
                Ok(())
            }
            None if self.encoder.has(revs) && !self.encoder.supplements.is_empty() && self.supplied(name) => Ok(()),
            None if self.encoder.has(required) => {
                Err(EncodeError { path: self.encoder.dotted(name), message: "required member is missing".into() })
            }
            None => Ok(()),
        }
    }

    fn supplied(&mut self, name: &'static str) -> bool {
        let Some(value) = self.encoder.supplement(name).cloned() else { return false };
        self.known_key(name);
        self.encoder.out.push_str(value.as_str());
        true
    }

    /// Writes a member if the revision has it: its value, or where the revision requires one this JSON.
    ///
    /// # Errors
    /// Those of the value.
    pub fn member_or(
        &mut self,
        revs: Revs,
        required: Revs,
        name: &'static str,
        value: &Option<impl Encode>,
        json: &str,
    ) -> Result<()> {
        if value.is_none() && self.encoder.has(required) {
            self.known_key(name);
            self.encoder.out.push_str(json);
            return Ok(());
        }
        self.member(revs, Revs(0), name, value)
    }

    /// Writes a member if it is set, whatever the revision.
    ///
    /// # Errors
    /// Those of the value.
    pub fn ungated(&mut self, name: &'static str, value: &Option<impl Encode>) -> Result<()> {
        value.as_ref().map_or(Ok(()), |value| self.required(name, value))
    }

    /// Writes a member that has only one value, in the revisions that have it.
    pub fn constant(&mut self, revs: Revs, name: &'static str, json: &str) {
        if self.encoder.has(revs) {
            self.known_key(name);
            self.encoder.out.push_str(json);
        }
    }

    fn leave_out(&mut self, name: &str) {
        let path = self.encoder.dotted(name);
        if !self.encoder.left_out.contains(&path) {
            self.encoder.left_out.push(path);
        }
    }

    /// Writes the unknown members and ends the object.
    ///
    /// # Errors
    /// None of its own; it is the last step of every encoding.
    pub fn end(mut self) -> Result<()> {
        let extra = self.extra;
        for (name, value) in extra.iter() {
            if !self.written.contains(&name.as_str()) {
                self.key(name);
                self.encoder.out.push_str(value.as_str());
            }
        }
        self.encoder.out.push('}');
        Ok(())
    }
}

/// Writes a string as JSON: only `"`, `\` and control characters are escaped.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let to = plain_end(bytes, from);
        out.push_str(text.get(from..to).unwrap_or(""));
        let Some(byte) = bytes.get(to) else { break };
        from = to + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            0x09 => out.push_str("\\t"),
            0x0a => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            0x0d => out.push_str("\\r"),
            _ => {
                out.push_str("\\u00");
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                }
            }
        }
    }
    out.push('"');
}

impl Encode for bool {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.out.push_str(if *self { "true" } else { "false" });
        Ok(())
    }
}

impl Encode for i64 {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        use std::fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(e.out, "{self}");
        Ok(())
    }
}

impl Encode for f64 {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        use std::fmt::Write;
        if !self.is_finite() {
            return Err(EncodeError { path: e.path.join("."), message: "must be a finite number".into() });
        }
        // A whole number is written as one, as JavaScript does, while a double is exact about it.
        let _ = match self.fract() == 0.0 && self.abs() < 1e16 {
            true => write!(e.out, "{}", *self as i64),
            false => write!(e.out, "{self:?}"),
        };
        Ok(())
    }
}

impl Encode for Number {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        match self {
            Number::Integer(value) => value.encode(e),
            Number::Float(value) => value.encode(e),
        }
    }
}

impl Encode for String {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.string(self);
        Ok(())
    }
}

impl Encode for Json {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.out.push_str(self.as_str());
        Ok(())
    }
}

impl Encode for JsonObject {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.out.push_str(self.as_str());
        Ok(())
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.out.push('[');
        for (i, item) in self.iter().enumerate() {
            if i > 0 {
                e.out.push(',');
            }
            item.encode(e)?;
        }
        e.out.push(']');
        Ok(())
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        T::encode(self, e)
    }
}

impl<T: Encode> Encode for Map<T> {
    fn encode(&self, e: &mut Encoder<'_>) -> Result<()> {
        e.out.push('{');
        for (i, (name, value)) in self.iter().enumerate() {
            if i > 0 {
                e.out.push(',');
            }
            write_string(&mut e.out, name);
            e.out.push(':');
            e.within(name, |e| value.encode(e))?;
        }
        e.out.push('}');
        Ok(())
    }
}
