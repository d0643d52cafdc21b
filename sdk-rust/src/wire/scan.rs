//! Scanning: positions in a JSON text. Every value that is passed over is validated on the way.

use std::borrow::Cow;

use super::error::DecodeError;

type Result<T> = std::result::Result<T, DecodeError>;

/// The deepest nesting that is read.
pub(super) const MAX_DEPTH: usize = 128;

/// A reading position.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    pub(crate) at: usize,
    pub(super) depth: usize,
    /// Set when something passed over would be written otherwise: white space, or an escape that is not the one.
    pub(super) loose: bool,
    /// Whether the text is known to be compact JSON: then what is passed over is not looked at again.
    known: bool,
}

/// A bit for each of eight bytes that ends a run of plain text: a quotation mark, a backslash, a control character.
/// The lowest bit is right; those above it may be too many.
#[inline]
const fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn zero(word: u64) -> u64 {
        word.wrapping_sub(EACH) & !word
    }
    let control = word.wrapping_sub(EACH * 0x20) & !word;
    (control | zero(word ^ (EACH * b'"' as u64)) | zero(word ^ (EACH * b'\\' as u64))) & HIGH
}

/// Where the text that stands for itself in a string ends. Eight bytes at a time: most of what is read is text.
#[inline]
pub(super) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let special = special(u64::from_le_bytes(*chunk));
        if special != 0 {
            return at + (special.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        at += 1;
    }
    at
}

/// Where a string that is known to be one has ended.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = plain_end(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(_) => return at + 1,
            None => return at,
        }
    }
}

/// Whether a character is written with these hexadecimal digits: control characters are that have no shorter way.
fn is_the_one(found: char, hex: &[u8]) -> bool {
    let short = matches!(found, '\u{8}' | '\t' | '\n' | '\u{c}' | '\r');
    found < ' ' && !short && hex.len() == 4 && !hex.iter().any(u8::is_ascii_uppercase)
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0, depth: 0, loose: false, known: false }
    }

    /// A scanner of a text that is known to be compact JSON.
    pub(crate) fn known(text: &'a str) -> Self {
        Scanner { known: true, ..Scanner::new(text) }
    }

    /// The byte here, 0 at the end (a NUL in the text is no JSON either).
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The first byte of the next token, 0 at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> u8 {
        loop {
            match self.byte() {
                b' ' | b'\n' | b'\r' | b'\t' => {
                    self.loose = true;
                    self.at += 1;
                }
                byte => return byte,
            }
        }
    }

    /// Passes over this byte if it is next.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    pub(crate) fn error(&self, what: &str) -> DecodeError {
        DecodeError::syntax(what, self.at)
    }

    pub(crate) fn slice(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or("")
    }

    /// Nothing may follow the message.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.peek() {
            0 if self.at >= self.text.len() => Ok(()),
            _ => Err(self.error("text after the value")),
        }
    }

    /// Enters an array or object.
    pub(crate) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(DecodeError::new(format!("nesting deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }

    /// A string: borrowed from the text unless it has escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>> {
        if !self.take(b'"') {
            return Err(self.error("expected a string"));
        }
        let from = self.at;
        match self.plain() {
            b'"' => {
                let text = self.slice(from);
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            b'\\' => self.escaped(from).map(Cow::Owned),
            _ => Err(self.error("a control character or the end inside a string")),
        }
    }

    /// Passes over what stands for itself in a string; the byte after it, 0 at the end.
    #[inline]
    fn plain(&mut self) -> u8 {
        self.at = plain_end(self.text.as_bytes(), self.at);
        self.byte()
    }

    /// The rest of a string with an escape at `self.at`.
    fn escaped(&mut self, from: usize) -> Result<String> {
        let mut text = String::from(self.slice(from));
        let mut from = self.at;
        loop {
            match self.byte() {
                b'"' => {
                    text.push_str(self.slice(from));
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => {
                    text.push_str(self.slice(from));
                    self.at += 1;
                    text.push(self.escape()?);
                    from = self.at;
                }
                0..=0x1f => return Err(self.error("a control character or the end inside a string")),
                _ => {
                    self.plain();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let byte = self.byte();
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => {
                self.loose = true;
                '/'
            }
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let hex = self.at;
                let found = self.unicode()?;
                self.loose |= !is_the_one(found, self.text.as_bytes().get(hex..self.at).unwrap_or_default());
                return Ok(found);
            }
            _ => return Err(self.error("an unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char> {
        let first = self.hex4()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error("an escape that is no character"));
        }
        let paired = first < 0xdc00 && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u");
        if !paired {
            return Err(self.error("a lone surrogate"));
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.error("a lone surrogate"));
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.error("an escape that is no character"))
    }

    fn hex4(&mut self) -> Result<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or(b"");
        let hex = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        if !hex {
            return Err(self.error("an escape without four hexadecimal digits"));
        }
        let value = digits.iter().fold(0, |value, digit| value << 4 | (*digit as char).to_digit(16).unwrap_or(0));
        self.at += 4;
        Ok(value)
    }

    /// A number's text, exactly as JSON allows it.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        self.peek();
        let from = self.at;
        if self.byte() == b'-' {
            self.at += 1;
        }
        match self.byte() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.error("expected a value")),
        }
        if self.byte() == b'.' {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(self.slice(from))
    }

    fn digits(&mut self) {
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<()> {
        let from = self.at;
        self.digits();
        if self.at == from { Err(self.error("a number without digits")) } else { Ok(()) }
    }

    /// `true`, `false` or `null`.
    pub(crate) fn word(&mut self, word: &str) -> Result<()> {
        self.peek();
        if !self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Passes over a value of any kind.
    pub(crate) fn skip(&mut self) -> Result<()> {
        if self.known {
            self.skip_known();
            return Ok(());
        }
        let before = self.clone();
        if self.passes() {
            return Ok(());
        }
        *self = before;
        self.skip_noting()
    }

    /// Whether a value of any kind follows, which is passed over; if not, the position says nothing. Nearly all that
    /// is read is right, so what an error would have to say is not kept on the way.
    fn passes(&mut self) -> bool {
        // A bit for each array or object that is open, the innermost lowest.
        let (mut objects, mut open) = (0_u128, 0);
        loop {
            match self.peek() {
                begin @ (b'{' | b'[') => {
                    self.at += 1;
                    let is_object = begin == b'{';
                    if !self.take(begin + 2) {
                        objects = objects << 1 | u128::from(is_object);
                        open += 1;
                        if self.depth + open > MAX_DEPTH || is_object && !self.passes_name() {
                            return false;
                        }
                        continue;
                    }
                    if self.depth + open >= MAX_DEPTH {
                        return false;
                    }
                }
                b'"' if self.skip_string().is_ok() => {}
                b't' if self.word("true").is_ok() => {}
                b'f' if self.word("false").is_ok() => {}
                b'n' if self.word("null").is_ok() => {}
                b'-' | b'0'..=b'9' if self.number().is_ok() => {}
                _ => return false,
            }
            loop {
                if open == 0 {
                    return true;
                }
                let is_object = objects & 1 == 1;
                match self.peek() {
                    b',' => {
                        self.at += 1;
                        if is_object && !self.passes_name() {
                            return false;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return false,
                }
                self.at += 1;
                objects >>= 1;
                open -= 1;
            }
        }
    }

    /// Whether a member's name and a colon follow.
    fn passes_name(&mut self) -> bool {
        self.peek() == b'"' && self.skip_string().is_ok() && self.take(b':')
    }

    /// Passes over a value of any kind, and knows where it is.
    fn skip_noting(&mut self) -> Result<()> {
        match self.peek() {
            b'{' => self.skip_object(),
            b'[' => self.skip_array(),
            b'"' => self.skip_string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(drop),
        }
    }

    fn skip_string(&mut self) -> Result<()> {
        self.at += 1;
        loop {
            match self.plain() {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.error("a control character or the end inside a string")),
            }
        }
    }

    /// Passes over a value that is known to be one: only where it ends matters.
    fn skip_known(&mut self) {
        let bytes = self.text.as_bytes();
        let mut open = 0usize;
        loop {
            match self.byte() {
                b'"' => self.at = string_end(bytes, self.at + 1),
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    open = open.saturating_sub(1);
                    self.at += 1;
                }
                0 => return,
                _ if open > 0 => {
                    self.at += 1;
                    continue;
                }
                // A number or a word ends before what cannot be part of one.
                _ => {
                    while !matches!(self.byte(), b',' | b'}' | b']' | 0) {
                        self.at += 1;
                    }
                }
            }
            if open == 0 {
                return;
            }
        }
    }

    fn skip_object(&mut self) -> Result<()> {
        self.at += 1;
        self.enter()?;
        let mut first = true;
        while self.next(&mut first, b'}')? {
            let key = self.string()?;
            self.colon()?;
            self.skip_noting().map_err(|e| e.in_member(&key))?;
        }
        Ok(())
    }

    fn skip_array(&mut self) -> Result<()> {
        self.at += 1;
        self.enter()?;
        let mut first = true;
        let mut index = 0;
        while self.next(&mut first, b']')? {
            self.skip_noting().map_err(|e| e.in_element(index))?;
            index += 1;
        }
        Ok(())
    }

    /// Whether another member or element follows; passes over the comma before it, or the end.
    #[inline]
    pub(crate) fn next(&mut self, first: &mut bool, end: u8) -> Result<bool> {
        if self.take(end) {
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            if !self.take(b',') {
                return Err(self.error("expected `,` or the end of an array or object"));
            }
            if self.peek() == end {
                return Err(self.error("a `,` before the end"));
            }
        }
        Ok(true)
    }

    #[inline]
    pub(crate) fn colon(&mut self) -> Result<()> {
        if self.take(b':') { Ok(()) } else { Err(self.error("expected `:`")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_ways_to_pass_over_a_value_agree(
            text in r#"([\[\]{},: ]|"a"|"\\n"|"\\u0041"|"\\x"|1|-|0\.5|1e|true|nul){0,14}"#,
            outer in 120_usize..130,
        ) {
            for text in [text.clone(), format!("{}{text}{}", "[".repeat(outer), "]".repeat(outer))] {
                let (mut quick, mut noting) = (Scanner::new(&text), Scanner::new(&text));
                let (passes, noted) = (quick.passes(), noting.skip_noting());
                prop_assert_eq!(passes, noted.is_ok(), "{}: {:?}", text, noted);
                if passes {
                    prop_assert_eq!((quick.at, quick.depth, quick.loose), (noting.at, noting.depth, noting.loose));
                }
            }
        }
    }

    #[test]
    fn what_nests_as_deep_as_it_may_passes_and_nothing_deeper() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for (depth, inner, passes) in [
                (MAX_DEPTH, "1", true),
                (MAX_DEPTH + 1, "1", false),
                (MAX_DEPTH - 1, "{}", true),
                (MAX_DEPTH, "[]", false),
            ] {
                let text = open.repeat(depth) + inner + &close.repeat(depth);
                assert_eq!(Scanner::new(&text).passes(), passes, "{depth} of {open} around {inner}");
                assert_eq!(Scanner::new(&text).skip_noting().is_ok(), passes, "{depth} of {open} around {inner}");
            }
        }
    }
}
