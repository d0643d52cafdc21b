//! Bytes of a server to the messages in them: lines, or the bodies of HTTP answers, whether they are JSON or a stream
//! of events.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::call::shown;

/// How messages are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One a line.
    Lines,
    /// One or more an answer.
    Http,
}

/// What a server has sent and nobody has looked at.
pub struct Incoming {
    framing: Framing,
    bytes: Vec<u8>,
    /// Where what is not looked at begins.
    begin: usize,
    /// How far it was searched for an end in vain.
    searched: usize,
}

/// The least room that is offered to a read.
const ROOM: usize = 64 * 1024;

impl Incoming {
    /// Nothing yet.
    pub fn new(framing: Framing) -> Self {
        Incoming { framing, bytes: Vec::new(), begin: 0, searched: 0 }
    }

    /// Reads once; answers how much came and whether there may be more.
    pub fn read(&mut self, source: &mut impl std::io::Read) -> std::io::Result<(usize, bool)> {
        self.bytes.drain(..self.begin);
        self.searched = self.searched.saturating_sub(self.begin);
        self.begin = 0;
        let end = self.bytes.len();
        self.bytes.resize(end + ROOM.max(end), 0);
        let room = self.bytes.len() - end;
        let read = source.read(&mut self.bytes[end..]);
        self.bytes.truncate(end + *read.as_ref().unwrap_or(&0));
        read.map(|count| (count, count == room))
    }

    /// Hands over the messages of the next line or answer; answers whether there was one.
    pub fn next(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), String>) -> Result<bool, String> {
        match self.framing {
            Framing::Lines => match memchr(b'\n', &self.bytes[self.searched..]) {
                Some(at) => {
                    let end = self.searched + at;
                    take(&self.bytes[self.begin..end])?;
                    (self.begin, self.searched) = (end + 1, end + 1);
                    Ok(true)
                }
                None => {
                    self.searched = self.bytes.len();
                    Ok(false)
                }
            },
            Framing::Http => {
                let Some(answer) = HttpAnswer::find(&self.bytes[self.begin..])? else { return Ok(false) };
                let whole = &self.bytes[self.begin..self.begin + answer.length];
                answer.messages(whole, &mut take)?;
                self.begin += answer.length;
                Ok(true)
            }
        }
    }
}

/// A whole HTTP answer.
struct HttpAnswer {
    length: usize,
    /// Where its body is, in pieces.
    body: Vec<Range<usize>>,
    events: bool,
}

impl HttpAnswer {
    /// The one that the bytes begin with; none if it has not ended.
    fn find(bytes: &[u8]) -> Result<Option<Self>, String> {
        const HEADERS: usize = 32;
        let wrong = |what: &str| format!("{what}: {}", shown(bytes));
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = parsed.parse(bytes).map_err(|_| wrong("no HTTP"))? else {
            return Ok(None);
        };
        let header = |name: &str| {
            let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.and_then(|header| std::str::from_utf8(header.value).ok()).unwrap_or_default()
        };
        if parsed.code != Some(200) {
            return Err(wrong("not a 200"));
        }
        let events = header("content-type").starts_with("text/event-stream");
        if header("transfer-encoding").eq_ignore_ascii_case("chunked") {
            return Ok(chunks(bytes, head)?.map(|(body, length)| HttpAnswer { length, body, events }));
        }
        let length: usize = header("content-length").parse().map_err(|_| wrong("no content-length"))?;
        let end = head + length;
        Ok((bytes.len() >= end).then(|| HttpAnswer { length: end, body: std::iter::once(head..end).collect(), events }))
    }

    fn messages(&self, bytes: &[u8], take: &mut impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        let joined;
        let body = match self.body.as_slice() {
            [one] => &bytes[one.clone()],
            several => {
                joined = several.iter().flat_map(|piece| &bytes[piece.clone()]).copied().collect::<Vec<u8>>();
                &joined
            }
        };
        if !self.events {
            return take(body);
        }
        for line in body.split(|byte| *byte == b'\n') {
            let data = line.strip_prefix(b"data:").unwrap_or_default().trim_ascii();
            if !data.is_empty() {
                take(data)?;
            }
        }
        Ok(())
    }
}

/// Pieces of a body, and where it ends.
type Chunks = (Vec<Range<usize>>, usize);

/// The pieces of a chunked body that begins at `head`, and where it ends; none if it has not.
fn chunks(bytes: &[u8], head: usize) -> Result<Option<Chunks>, String> {
    let mut pieces = Vec::new();
    let mut at = head;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let size = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((line, size))) => {
                at += line;
                usize::try_from(size).map_err(|e| e.to_string())?
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(format!("a chunk of no size: {}", shown(rest))),
        };
        if size == 0 {
            // Trailers, if any, end with an empty line.
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.starts_with(b"\r\n") {
                return Ok(Some((pieces, at + 2)));
            }
            return Ok(memmem::find(rest, b"\r\n\r\n").map(|end| (pieces, at + end + 4)));
        }
        if bytes.len() < at + size + 2 {
            return Ok(None);
        }
        pieces.push(at..at + size);
        at += size + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(framing: Framing, text: &str, piece: usize) -> Result<Vec<String>, String> {
        let mut incoming = Incoming::new(framing);
        let mut messages = Vec::new();
        for part in text.as_bytes().chunks(piece) {
            incoming.read(&mut { part }).expect("memory is readable");
            while incoming.next(|message| {
                messages.push(String::from_utf8_lossy(message).into_owned());
                Ok(())
            })? {}
        }
        Ok(messages)
    }

    #[test]
    fn messages_are_found_however_the_bytes_are_cut() {
        let json = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        let events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (framing, text, expected) in [
            (Framing::Lines, String::from("one\ntwo\n"), vec!["one", "two"]),
            (Framing::Http, format!("{json}one{json}two"), vec!["one", "two"]),
            (
                Framing::Http,
                format!("{events}9\r\nid: 0\ndat\r\n8\r\na: one\n\n\r\n0\r\n\r\n{json}two"),
                vec!["one", "two"],
            ),
            (Framing::Http, format!("{events}7\r\ndata:\n\n\r\n0\r\nx: y\r\n\r\n{json}two"), vec!["two"]),
        ] {
            for piece in [1, 2, 7, 1000] {
                assert_eq!(
                    read(framing, &text, piece).as_deref(),
                    Ok(expected.as_slice()).map(|e| e.iter().map(|&s| s.to_owned()).collect::<Vec<_>>()).as_deref(),
                    "{text} by {piece}"
                );
            }
        }
        assert!(read(Framing::Http, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", 1000).is_err());
        assert!(read(Framing::Http, "SSH-2.0\r\n\r\n", 1000).is_err());
    }
}
