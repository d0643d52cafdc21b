//! JSON that is kept as it came, numbers that stay exact, and ordered maps.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::encoder::write_string;
use super::error::DecodeError;
use super::scan::Scanner;
use super::{Decoder, Revs};

/// An object whose member names are data, in the order in which they came.
pub type Map<T> = IndexMap<String, T>;

/// The kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[…]`
    Array,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
    /// A number.
    Number,
    /// `{…}`
    Object,
    /// A string.
    String,
}

impl Kind {
    /// The word that messages use.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Array => "array",
            Kind::Boolean => "boolean",
            Kind::Null => "null",
            Kind::Number => "number",
            Kind::Object => "object",
            Kind::String => "string",
        }
    }
}

/// Any JSON value, as compact text. It is not looked into until someone asks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// The value of this text.
    ///
    /// # Errors
    /// If the text is not one JSON value.
    pub fn from_text(text: &str) -> Result<Self, DecodeError> {
        let mut scanner = Scanner::new(text);
        let value = Json::scan(&mut scanner)?;
        scanner.end()?;
        Ok(value)
    }

    /// The JSON form of a value.
    ///
    /// # Errors
    /// If the value has no JSON form (a map whose keys are no strings, for one).
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(|text| Json(text.into()))
    }

    /// The value as a Rust type.
    ///
    /// # Errors
    /// If it is not one.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The compact text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value within objects that these names lead to. Of a name given twice the last one counts, here as where it
    /// is decoded.
    pub fn get(&self, path: &[&str]) -> Option<Json> {
        self.at(path)?.value().ok()
    }

    /// The text within objects that these names lead to, if it is a string.
    pub fn get_text(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        self.at(path)?.text().ok()
    }

    fn at(&self, path: &[&str]) -> Option<Decoder<'_>> {
        let start = Decoder::of(self, Revs(u32::MAX));
        path.iter().try_fold(start, |mut within, name| within.find_last(name).ok()?)
    }

    /// What kind of value it is.
    pub fn kind(&self) -> Kind {
        kind(self.0.as_bytes().first().copied().unwrap_or(b'n'))
    }

    /// Reads the next value; its text is copied as it stands unless it is not compact.
    pub(super) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, DecodeError> {
        scanner.peek();
        let (from, depth) = (scanner.at, scanner.depth);
        scanner.loose = false;
        scanner.skip()?;
        let text = scanner.slice(from);
        if !scanner.loose {
            return Ok(Json(text.into()));
        }
        compacted(text, depth).map(|compact| Json(compact.into()))
    }

    /// A text that is known to be compact JSON.
    pub(super) fn known(text: Box<str>) -> Self {
        Json(text)
    }
}

/// JSON without what means nothing, read this deep in a message.
pub(super) fn compacted(text: &str, depth: usize) -> Result<String, DecodeError> {
    let mut compact = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text);
    scanner.depth = depth;
    write_compact(&mut scanner, &mut compact)?;
    Ok(compact)
}

/// The kind of the value that begins with this byte.
pub(crate) fn kind(first: u8) -> Kind {
    match first {
        b'{' => Kind::Object,
        b'[' => Kind::Array,
        b'"' => Kind::String,
        b't' | b'f' => Kind::Boolean,
        b'n' => Kind::Null,
        _ => Kind::Number,
    }
}

fn write_compact(scanner: &mut Scanner<'_>, out: &mut String) -> Result<(), DecodeError> {
    match scanner.peek() {
        b'"' => write_string(out, &scanner.string()?),
        open @ (b'{' | b'[') => {
            scanner.at += 1;
            scanner.enter()?;
            let object = open == b'{';
            out.push(char::from(open));
            let mut first = true;
            loop {
                let begins = first;
                if !scanner.next(&mut first, if object { b'}' } else { b']' })? {
                    break;
                }
                if !begins {
                    out.push(',');
                }
                if object {
                    write_string(out, &scanner.string()?);
                    scanner.colon()?;
                    out.push(':');
                }
                write_compact(scanner, out)?;
            }
            out.push(if object { '}' } else { ']' });
        }
        _ => {
            let from = scanner.at;
            scanner.skip()?;
            out.push_str(scanner.slice(from));
        }
    }
    Ok(())
}

impl Default for Json {
    /// `null`
    fn default() -> Self {
        Json("null".into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What serde_json's `RawValue` says of itself, for a text that need not be read again to be written.
struct Unread<'t>(&'t str);

impl Serialize for Unread<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const RAW: &str = "$serde_json::private::RawValue";
        let mut raw = serializer.serialize_struct(RAW, 1)?;
        raw.serialize_field(RAW, self.0)?;
        raw.end()
    }
}

/// Whether this serde_json takes a text like that: the name by which it knows one is its own affair.
fn passes_unread() -> bool {
    static PASSES: OnceLock<bool> = OnceLock::new();
    *PASSES.get_or_init(|| serde_json::to_string(&Unread("[]")).is_ok_and(|text| text == "[]"))
}

impl Serialize for Json {
    /// As the JSON it is. Only formats that write JSON can do it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !passes_unread() {
            let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
            return raw.serialize(serializer);
        }
        Unread(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    /// From JSON text, without a tree. Only formats that read JSON can do it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        Json::from_text(raw.get()).map_err(D::Error::custom)
    }
}

/// A JSON object, as compact text. It is not looked into until someone asks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JsonObject(Json);

impl JsonObject {
    /// The object of this text.
    ///
    /// # Errors
    /// If the text is not one JSON object.
    pub fn from_text(text: &str) -> Result<Self, DecodeError> {
        Json::from_text(text)?.try_into()
    }

    /// The JSON form of a value.
    ///
    /// # Errors
    /// If the value's JSON form is not an object.
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, DecodeError> {
        Json::new(value).map_err(|e| DecodeError::new(e.to_string()))?.try_into()
    }

    /// The object as a Rust type.
    ///
    /// # Errors
    /// If it is not one.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        self.0.to()
    }

    /// The compact text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.as_str() == "{}"
    }

    /// The members, in order.
    pub fn members(&self) -> Map<Json> {
        Decoder::new(self.as_str(), Revs(u32::MAX)).value().unwrap_or_default()
    }
}

impl Serialize for JsonObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl Default for JsonObject {
    /// `{}`
    fn default() -> Self {
        JsonObject(Json("{}".into()))
    }
}

impl TryFrom<Json> for JsonObject {
    type Error = DecodeError;

    fn try_from(value: Json) -> Result<Self, DecodeError> {
        match value.kind() {
            Kind::Object => Ok(JsonObject(value)),
            other => Err(DecodeError::new(format!("expected object, found {}", other.word()))),
        }
    }
}

impl From<JsonObject> for Json {
    fn from(object: JsonObject) -> Self {
        object.0
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A JSON number: an integer stays exact, a fraction is a double.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer.
    Integer(i64),
    /// Anything else.
    Float(f64),
}

impl Number {
    /// The nearest double.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

impl PartialEq for Number {
    /// Numerical equality, so that `2` and `2.0` are one id.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => a == b,
            (a, b) => a.as_f64() == b.as_f64(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number::Integer(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Number::Float(value)
    }
}
