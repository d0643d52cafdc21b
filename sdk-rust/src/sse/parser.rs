//! The reading half: bytes in pieces of any size to whole events. A piece may end within a character, between CR and
//! LF, or within the byte order mark.

use std::time::Duration;

/// How much of an event that is too long is kept, to find out what it was about.
const BEGINNING: usize = 1024;

/// How much longer a line of data is than its data: a byte order mark and `data: `.
const AROUND: usize = 9;

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An event. One without data is none, as the standard has it; its id counts all the same.
    Event {
        /// What sort of event it is: `message` unless the sender said otherwise.
        kind: String,
        /// What is told, lines separated by LF. It is as it came: that it is UTF-8 is for its reader to see.
        data: Vec<u8>,
    },
    /// An event that was longer than allowed and was dropped. What follows it is read as if it had not been there.
    TooLong {
        /// How its data began.
        beginning: Vec<u8>,
        /// The most bytes that are allowed.
        limit: usize,
    },
}

/// A reader of one stream, piece by piece. An event that has no end when the stream ends is none.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    /// What was read of a line that has no end yet.
    begun: Vec<u8>,
    /// The lines of data so far, each with an LF behind it.
    data: Vec<u8>,
    kind: Option<String>,
    id: Option<String>,
    last_id: String,
    retry: Option<Duration>,
    /// No line has been read yet: the byte order mark may come.
    fresh: bool,
    /// The last byte was a CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The event is too long: what is left of it is passed over.
    skipping: bool,
}

impl Parser {
    /// One that takes events of up to this many bytes.
    pub fn new(limit: usize) -> Self {
        Parser {
            limit,
            begun: Vec::new(),
            data: Vec::new(),
            kind: None,
            id: None,
            last_id: String::new(),
            retry: None,
            fresh: true,
            after_cr: false,
            skipping: false,
        }
    }

    /// The id of the last event that came with one; empty if none did. A reader that comes back sends it as
    /// `Last-Event-ID`.
    pub fn last_event_id(&self) -> &str {
        &self.last_id
    }

    /// How long the sender wants a reader to wait before it comes back.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// How many bytes are kept of what is not complete.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.data.len() + self.begun.len()
    }

    /// Takes the next piece; gives the events that end in it.
    pub fn feed(&mut self, mut piece: &[u8], items: &mut Vec<Item>) {
        while !piece.is_empty() {
            if std::mem::take(&mut self.after_cr)
                && let Some(rest) = piece.strip_prefix(b"\n")
            {
                piece = rest;
                continue;
            }
            let Some(end) = memchr::memchr2(b'\r', b'\n', piece) else {
                self.extend(piece, items);
                return;
            };
            let (line, rest) = piece.split_at(end);
            self.after_cr = rest.first() == Some(&b'\r');
            piece = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() {
                self.line(line, items);
            } else {
                self.extend(line, items);
                let mut line = std::mem::take(&mut self.begun);
                self.line(&line, items);
                line.clear();
                self.begun = line;
            }
        }
    }

    /// Keeps a part of a line. Of what is passed over one byte is enough to know that the line is not empty.
    fn extend(&mut self, part: &[u8], items: &mut Vec<Item>) {
        if !self.skipping && self.too_long(self.begun.len() + part.len()) {
            let value = [&self.begun, part.get(..BEGINNING).unwrap_or(part)].concat();
            self.give_up(field(&value).1, items);
        }
        match self.skipping {
            true => self.begun.extend_from_slice(part.get(..1).unwrap_or_default()),
            false => self.begun.extend_from_slice(part),
        }
        if self.skipping {
            self.begun.truncate(1);
        }
    }

    /// Whether a line of so many bytes leaves no room for its data. It is asked of lines that are not complete and of
    /// those that are, so that it does not matter in which pieces they came.
    fn too_long(&self, line: usize) -> bool {
        self.data.len() + line > self.limit.saturating_add(AROUND)
    }

    /// Reports that the event is too long, and keeps none of it.
    fn give_up(&mut self, rest: &[u8], items: &mut Vec<Item>) {
        let mut beginning = std::mem::take(&mut self.data);
        beginning.extend_from_slice(rest.get(..BEGINNING).unwrap_or(rest));
        beginning.truncate(BEGINNING);
        items.push(Item::TooLong { beginning, limit: self.limit });
        self.skipping = true;
        self.begun = Vec::new();
    }

    fn line(&mut self, line: &[u8], items: &mut Vec<Item>) {
        if !self.skipping && self.too_long(line.len()) {
            self.fresh = false;
            return self.give_up(field(line).1, items);
        }
        let line = match std::mem::take(&mut self.fresh) {
            true => line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line),
            false => line,
        };
        if line.is_empty() {
            return self.end(items);
        }
        if self.skipping {
            return;
        }
        let (name, value) = field(line);
        match name {
            b"data" if self.data.len() + value.len() > self.limit => self.give_up(value, items),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"event" => self.kind = Some(String::from_utf8_lossy(value).into_owned()),
            b"id" if !value.contains(&0) => self.id = Some(String::from_utf8_lossy(value).into_owned()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let number = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                self.retry = number.map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
    }

    /// An empty line: the event is complete.
    fn end(&mut self, items: &mut Vec<Item>) {
        if let Some(id) = self.id.take() {
            self.last_id = id;
        }
        let kind = self.kind.take().filter(|kind| !kind.is_empty());
        let mut data = std::mem::take(&mut self.data);
        // Its last LF separates nothing.
        if !std::mem::take(&mut self.skipping) && data.pop().is_some() {
            items.push(Item::Event { kind: kind.unwrap_or_else(|| String::from("message")), data });
        }
    }
}

/// A line's name and value. A comment has the empty name.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', line) {
        None => (line, b""),
        Some(colon) => {
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default();
            (name, value.strip_prefix(b" ").unwrap_or(value))
        }
    }
}
