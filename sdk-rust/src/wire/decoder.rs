//! Decoding: what generated code calls to read a value.
//!
//! It works on the message's text in place. A union's tag is looked up ahead, without a tree and without trying.

use std::borrow::Cow;

use super::error::DecodeError;
use super::json::{Json, JsonObject, Kind, Map, Number, kind};
use super::scan::Scanner;
use super::{Extra, Revs};

type Result<T> = std::result::Result<T, DecodeError>;

/// How much of a found string a message quotes.
const QUOTED: usize = 40;

/// A type that can be read.
pub trait Decode: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// If the next value is not one, with the path to what is wrong.
    fn decode(d: &mut Decoder<'_>) -> Result<Self>;
}

/// A reading position in a message, and the revision it is read in.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    scanner: Scanner<'a>,
    revision: Revs,
}

/// Where a loop over an object's members stands.
#[derive(Debug)]
pub struct Members {
    first: bool,
}

/// The value of a union's tag.
#[derive(Debug)]
pub enum Tag<'a> {
    /// There is none.
    Absent,
    /// A string.
    Text(Cow<'a, str>),
    /// Something that is no string.
    Other(Kind),
}

impl Tag<'_> {
    /// Its text, if it has one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Tag::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is none.
    pub fn is_absent(&self) -> bool {
        matches!(self, Tag::Absent)
    }
}

impl<'a> Decoder<'a> {
    /// Reads a text in a revision.
    pub fn new(text: &'a str, revision: Revs) -> Self {
        Decoder { scanner: Scanner::new(text), revision }
    }

    /// Reads what is JSON already.
    pub(crate) fn of(json: &'a Json, revision: Revs) -> Self {
        Decoder { scanner: Scanner::known(json.as_str()), revision }
    }

    /// Reads a text that is known to be compact JSON.
    pub(crate) fn known(text: &'a str, revision: Revs) -> Self {
        Decoder { scanner: Scanner::known(text), revision }
    }

    /// Where it stands.
    pub(super) fn scanner(&mut self) -> &mut Scanner<'a> {
        &mut self.scanner
    }

    /// The text that an object's last member of a name is, or the kind that it is instead; none if there is no such
    /// member.
    pub(crate) fn last_text(&mut self, name: &str) -> Option<std::result::Result<String, Kind>> {
        let mut found = None;
        let mut members = self.object().ok()?;
        while let Some(key) = self.key(&mut members).ok()? {
            if key != name {
                self.scanner.skip().ok()?;
                continue;
            }
            found = Some(match self.kind().ok()? {
                Kind::String => Ok(self.scanner.string().ok()?.into_owned()),
                other => {
                    self.scanner.skip().ok()?;
                    Err(other)
                }
            });
        }
        found
    }

    /// The text of a value that is known to be JSON, which is passed over.
    pub(crate) fn raw(&mut self) -> Result<&'a str> {
        self.scanner.peek();
        let from = self.scanner.at;
        self.scanner.skip()?;
        Ok(self.scanner.slice(from))
    }

    /// Reads a whole message.
    ///
    /// # Errors
    /// If the bytes are not UTF-8, not JSON, or not a `T`.
    pub fn message<T: Decode>(bytes: &[u8], revision: Revs) -> Result<T> {
        let text =
            std::str::from_utf8(bytes).map_err(|e| DecodeError::syntax("bytes that are not UTF-8", e.valid_up_to()))?;
        Decoder::whole(text, revision).or_else(|wrong| explain(text, revision, wrong))
    }

    fn whole<T: Decode>(text: &str, revision: Revs) -> Result<T> {
        let mut decoder = Decoder::new(text, revision);
        let value = T::decode(&mut decoder)?;
        decoder.scanner.end()?;
        Ok(value)
    }

    /// Whether the revision is one of these.
    #[inline]
    pub fn has(&self, revs: Revs) -> bool {
        self.revision.has(revs)
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If it is not a `T`.
    #[inline]
    pub fn value<T: Decode>(&mut self) -> Result<T> {
        T::decode(self)
    }

    /// The kind of the next value.
    ///
    /// # Errors
    /// If nothing that could be a value follows.
    pub fn kind(&mut self) -> Result<Kind> {
        match self.scanner.peek() {
            byte @ (b'{' | b'[' | b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => Ok(kind(byte)),
            _ => Err(self.scanner.error("expected a value")),
        }
    }

    /// The error for a value of another kind; the value is validated, so that text that is no JSON is called that.
    pub(super) fn expected(&mut self, expected: &str) -> DecodeError {
        let found = match self.kind() {
            Ok(found) => found,
            Err(error) => return error,
        };
        match self.scanner.skip() {
            Ok(()) => DecodeError::new(format!("expected {expected}, found {}", found.word())),
            Err(error) => error,
        }
    }

    /// Enters an object.
    ///
    /// # Errors
    /// If it is none.
    pub fn object(&mut self) -> Result<Members> {
        if self.scanner.peek() != b'{' {
            return Err(self.expected("object"));
        }
        self.scanner.at += 1;
        self.scanner.enter()?;
        Ok(Members { first: true })
    }

    /// The next member's name; none after the last.
    ///
    /// # Errors
    /// If the text is no JSON.
    #[inline]
    pub fn key(&mut self, members: &mut Members) -> Result<Option<Cow<'a, str>>> {
        if !self.scanner.next(&mut members.first, b'}')? {
            return Ok(None);
        }
        let key = self.scanner.string()?;
        self.scanner.colon()?;
        Ok(Some(key))
    }

    /// Reads a member's value.
    ///
    /// # Errors
    /// If it is not a `T`; the path leads through the member.
    #[inline]
    pub fn member<T: Decode>(&mut self, name: &str) -> Result<T> {
        T::decode(self).map_err(|e| e.in_member(name))
    }

    /// Reads a member's value in a way of its own.
    ///
    /// # Errors
    /// Those of `read`; the path leads through the member.
    #[inline]
    pub fn member_with<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        read(self).map_err(|e| e.in_member(name))
    }

    /// Keeps a member that the type or the revision does not know.
    ///
    /// # Errors
    /// If its value is no JSON or nests too deep.
    pub fn keep(&mut self, extra: &mut Extra, key: Cow<'a, str>) -> Result<()> {
        let value = Json::scan(&mut self.scanner).map_err(|e| e.in_member(&key))?;
        extra.insert(key.into_owned(), value);
        Ok(())
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// If it is not.
    #[inline]
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| missing(name))
    }

    /// A member that must be there in these revisions.
    ///
    /// # Errors
    /// If it is not.
    #[inline]
    pub fn required_in<T>(&self, revs: Revs, name: &str, value: Option<T>) -> Result<Option<T>> {
        if value.is_none() && self.has(revs) { Err(missing(name)) } else { Ok(value) }
    }

    /// A constant member that must have been seen in these revisions.
    ///
    /// # Errors
    /// If it was not.
    #[inline]
    pub fn seen_in(&self, revs: Revs, name: &str, seen: bool) -> Result<()> {
        if !seen && self.has(revs) { Err(missing(name)) } else { Ok(()) }
    }

    /// A value or `null`.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn nullable<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.scanner.peek() == b'n' {
            self.scanner.word("null")?;
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// A string, borrowed where it can be.
    ///
    /// # Errors
    /// If it is none.
    pub fn text(&mut self) -> Result<Cow<'a, str>> {
        if self.scanner.peek() != b'"' {
            return Err(self.expected("string"));
        }
        self.scanner.string()
    }

    /// The one string that may stand here.
    ///
    /// # Errors
    /// If another value does.
    pub fn constant(&mut self, value: &str) -> Result<()> {
        if self.kind()? != Kind::String {
            return Err(self.expected(&quoted(value)));
        }
        let found = self.scanner.string()?;
        if found == value {
            return Ok(());
        }
        Err(DecodeError::new(format!("expected {}, found {}", quoted(value), quoted(&found))))
    }

    /// The one integer that may stand here.
    ///
    /// # Errors
    /// If another value does.
    pub fn constant_integer(&mut self, value: i64) -> Result<()> {
        if self.kind()? != Kind::Number {
            return Err(self.expected(&value.to_string()));
        }
        match integer(self.scanner.number()?) {
            Some(Some(found)) if found == value => Ok(()),
            _ => Err(DecodeError::new(format!("expected {value}, found another number"))),
        }
    }

    /// The text of an integer that stands here in its one spelling and is small enough to be exact anywhere; none, and
    /// the position stays, if something else does.
    pub(crate) fn plain_integer(&mut self) -> Option<&'a str> {
        self.scanner.peek();
        let mut ahead = self.scanner.clone();
        let text = ahead.number().ok()?;
        let digits = text.strip_prefix('-').filter(|digits| *digits != "0").unwrap_or(text);
        let plain = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| {
            self.scanner = ahead;
            text
        })
    }

    /// The index of the string that stands here among those that the revision has.
    ///
    /// # Errors
    /// If none of them does.
    pub fn choice(&mut self, values: &[(&str, Revs)]) -> Result<usize> {
        if self.kind()? != Kind::String {
            let expected = one_of(values.iter().filter(|(_, revs)| self.has(*revs)).map(|(value, _)| *value));
            return Err(self.expected(&expected));
        }
        let found = self.scanner.string()?;
        let index = values.iter().position(|(value, revs)| *value == found && self.has(*revs));
        index.ok_or_else(|| {
            let expected = one_of(values.iter().filter(|(_, revs)| self.has(*revs)).map(|(value, _)| *value));
            DecodeError::new(format!("expected {expected}, found {}", quoted(&found)))
        })
    }

    /// An integer within bounds.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub fn integer(&mut self, min: i64, max: i64) -> Result<i64> {
        let value: i64 = self.value()?;
        if value < min {
            return Err(DecodeError::new(format!("must be at least {min}")));
        }
        if value > max {
            return Err(DecodeError::new(format!("must be at most {max}")));
        }
        Ok(value)
    }

    /// A number within bounds.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub fn number(&mut self, min: f64, max: f64) -> Result<f64> {
        let value: f64 = self.value()?;
        if value < min {
            return Err(DecodeError::new(format!("must be at least {min}")));
        }
        if value > max {
            return Err(DecodeError::new(format!("must be at most {max}")));
        }
        Ok(value)
    }

    /// An array, with at most `max` elements in these revisions.
    ///
    /// # Errors
    /// If it is none, an element is wrong, or there are too many.
    pub fn list<T: Decode>(&mut self, bound: Option<(Revs, usize)>) -> Result<Vec<T>> {
        if self.scanner.peek() != b'[' {
            return Err(self.expected("array"));
        }
        self.scanner.at += 1;
        self.scanner.enter()?;
        let mut items = Vec::new();
        let mut first = true;
        while self.scanner.next(&mut first, b']')? {
            items.push(T::decode(self).map_err(|e| e.in_element(items.len()))?);
        }
        match bound {
            Some((revs, max)) if items.len() > max && self.has(revs) => {
                Err(DecodeError::new(format!("must have at most {max} items")))
            }
            _ => Ok(items),
        }
    }

    /// Any value, which in these revisions must be an object.
    ///
    /// # Errors
    /// If it must be an object and is none.
    pub fn json(&mut self, object_in: Revs) -> Result<Json> {
        if self.has(object_in) && self.kind()? != Kind::Object {
            return Err(self.expected("object"));
        }
        self.value()
    }

    /// The value of a member of the object that follows; the position stays. Of a name given twice the first
    /// value is taken: the alternative then meets the second one, and the whole is read again (see `explain`).
    ///
    /// # Errors
    /// If it is no object.
    pub fn tag(&mut self, name: &str) -> Result<Tag<'a>> {
        let found = self.find(name)?;
        Decoder::tag_at(found)
    }

    /// The value of a member that only these revisions know; in the others it is absent, whatever stands there.
    /// An alternative may take any value of it, so all of the object is looked through: the last value counts.
    ///
    /// # Errors
    /// If it is no object.
    pub fn tag_in(&mut self, revs: Revs, name: &str) -> Result<Tag<'a>> {
        if !self.has(revs) {
            return Ok(Tag::Absent);
        }
        let found = self.find_last(name)?;
        Decoder::tag_at(found)
    }

    fn tag_at(found: Option<Decoder<'a>>) -> Result<Tag<'a>> {
        let Some(mut found) = found else { return Ok(Tag::Absent) };
        match found.kind()? {
            Kind::String => Ok(Tag::Text(found.scanner.string()?)),
            other => Ok(Tag::Other(other)),
        }
    }

    /// Whether the object that follows has a member at this path; the position stays.
    ///
    /// # Errors
    /// If it is no object.
    pub fn has_member(&mut self, path: &[&str]) -> Result<bool> {
        let Some((name, rest)) = path.split_first() else { return Ok(true) };
        let Some(mut found) = self.find(name)? else { return Ok(false) };
        match rest {
            [] => Ok(true),
            _ if found.kind()? != Kind::Object => Ok(false),
            _ => found.has_member(rest),
        }
    }

    /// A decoder at the value of the first member with this name: a tag that comes first costs no scan.
    pub(super) fn find(&mut self, name: &str) -> Result<Option<Decoder<'a>>> {
        if self.scanner.peek() != b'{' {
            return Err(self.expected("object"));
        }
        let mut ahead = self.clone();
        let members = ahead.object()?;
        ahead.find_from(name, members)
    }

    /// The same of the last member with this name, which is the one that counts.
    pub(super) fn find_last(&mut self, name: &str) -> Result<Option<Decoder<'a>>> {
        let mut found = self.find(name)?;
        while let Some(mut rest) = found.clone() {
            rest.scanner.skip()?;
            match rest.find_from(name, Members { first: false })? {
                Some(later) => found = Some(later),
                None => break,
            }
        }
        Ok(found)
    }

    /// The same as `find` from the middle of an object on.
    fn find_from(mut self, name: &str, mut members: Members) -> Result<Option<Decoder<'a>>> {
        while let Some(key) = self.key(&mut members)? {
            if key == name {
                return Ok(Some(self));
            }
            self.scanner.skip().map_err(|e| e.in_member(&key))?;
        }
        Ok(None)
    }

    /// The error for a tag that none of the alternatives has.
    pub fn unknown_tag(&self, name: &str, tag: &Tag<'_>, known: &[(&str, Revs)]) -> DecodeError {
        let expected = || one_of(known.iter().filter(|(_, revs)| self.has(*revs)).map(|(value, _)| *value));
        match tag {
            Tag::Absent => missing(name),
            Tag::Text(text) => {
                DecodeError::new(format!("expected {}, found {}", expected(), quoted(text))).in_member(name)
            }
            Tag::Other(kind) => {
                DecodeError::new(format!("expected {}, found {}", expected(), kind.word())).in_member(name)
            }
        }
    }

    /// The error for an object that has none of the members that tell alternatives apart.
    pub fn none_of(&self, known: &[(&str, Revs)]) -> DecodeError {
        let mut names: Vec<String> =
            known.iter().filter(|(_, revs)| self.has(*revs)).map(|(name, _)| quoted(name)).collect();
        names.sort();
        DecodeError::new(format!("expected one of the members {}", names.join(", ")))
    }

    /// The error for a value of a kind that no alternative has.
    pub fn none_of_kinds(&mut self, known: &[(Kind, Revs)]) -> DecodeError {
        let words: Vec<&str> = known.iter().filter(|(_, revs)| self.has(*revs)).map(|(kind, _)| kind.word()).collect();
        self.expected(&words.join(" or "))
    }
}

/// Settles what is wrong with a message; no message that is right comes here. A text that is no JSON is called that,
/// wherever the decoder stopped first. A text with a name given twice is read again with the last value only, since
/// the one that failed may not count.
fn explain<T: Decode>(text: &str, revision: Revs, wrong: DecodeError) -> Result<T> {
    let mut scanner = Scanner::new(text);
    match scanner.skip().and_then(|()| scanner.end()) {
        Err(error) if error.is_syntax() => return Err(error),
        // Nested too deep to be looked through.
        Err(_) => return Err(wrong),
        Ok(()) => {}
    }
    match super::respell::last_values(text) {
        Some(settled) => Decoder::whole(&settled, revision),
        None => Err(wrong),
    }
}

fn missing(name: &str) -> DecodeError {
    DecodeError::new("required member is missing").in_member(name)
}

pub(crate) fn one_of<'v>(values: impl Iterator<Item = &'v str>) -> String {
    let mut values: Vec<String> = values.map(quoted).collect();
    values.sort();
    match values.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", values.join(", ")),
    }
}

/// A string as JSON, cut if it is long.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => super::encoder::write_string(&mut out, &format!("{}…", text.get(..end).unwrap_or(text))),
        None => super::encoder::write_string(&mut out, text),
    }
    out
}

/// The integer a number's text stands for, to the last digit: none if it has a fraction, `Some(None)` if it is out of
/// range.
fn integer(text: &str) -> Option<Option<i64>> {
    if let Ok(value) = text.parse::<i64>() {
        return Some(Some(value));
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    if significant.trim_start_matches(['-', '0']).is_empty() {
        return Some(Some(0));
    }
    // An exponent that is no `i64` is far beyond every integer, or far below one.
    let far = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let zeros = digits.len() - significant.len();
    let scale =
        exponent.parse::<i64>().unwrap_or(far).clamp(i64::MIN / 2, i64::MAX / 2) + zeros as i64 - fraction.len() as i64;
    match usize::try_from(scale) {
        Err(_) => None,
        // More zeros than an integer has digits.
        Ok(scale) if scale > 19 => Some(None),
        Ok(scale) => Some(format!("{significant}{}", "0".repeat(scale)).parse().ok()),
    }
}

impl Decode for bool {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        match d.scanner.peek() {
            b't' => d.scanner.word("true").map(|()| true),
            b'f' => d.scanner.word("false").map(|()| false),
            _ => Err(d.expected("boolean")),
        }
    }
}

impl Decode for i64 {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.kind()? != Kind::Number {
            return Err(d.expected("integer"));
        }
        match integer(d.scanner.number()?) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(DecodeError::new("integer out of range")),
            None => Err(DecodeError::new("expected integer, found number")),
        }
    }
}

impl Decode for f64 {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.kind()? != Kind::Number {
            return Err(d.expected("number"));
        }
        let text = d.scanner.number()?;
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(DecodeError::new("number out of range")),
        }
    }
}

impl Decode for Number {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.kind()? != Kind::Number {
            return Err(d.expected("number"));
        }
        let mut ahead = d.clone();
        match integer(ahead.scanner.number()?) {
            Some(Some(value)) => {
                *d = ahead;
                Ok(Number::Integer(value))
            }
            Some(None) => Err(DecodeError::new("integer out of range")),
            None => d.value().map(Number::Float),
        }
    }
}

impl Decode for String {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.text().map(Cow::into_owned)
    }
}

impl Decode for Json {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Json::scan(&mut d.scanner)
    }
}

impl Decode for JsonObject {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        if d.kind()? != Kind::Object {
            return Err(d.expected("object"));
        }
        Json::scan(&mut d.scanner)?.try_into()
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        d.list(None)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        T::decode(d).map(Box::new)
    }
}

impl<T: Decode> Decode for Map<T> {
    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let mut map = Map::new();
        let mut members = d.object()?;
        while let Some(key) = d.key(&mut members)? {
            let value = d.member(&key)?;
            map.insert(key.into_owned(), value);
        }
        Ok(map)
    }
}
