//! Event-stream bytes to events and back, as the HTML standard has it: no input or output, and no word of MCP.
//! What an event means, and when one is sent again, is for `http_server` and the client to say.

mod parser;

pub use parser::{Item, Parser};

/// An event as it is written.
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// What a reader that comes back names as the last thing it has seen. One that could not be read back, since it
    /// has a line break or a NUL in it, is left out.
    pub id: Option<&'a str>,
    /// What sort of event it is; `message` if it is not said. Left out like an id, if it has a line break in it.
    pub kind: Option<&'a str>,
    /// How long a reader shall wait before it comes back, in milliseconds.
    pub retry: Option<u64>,
    /// What is told. Line breaks are written as lines, so CR and CRLF come back as LF.
    pub data: &'a [u8],
}

impl Outgoing<'_> {
    /// Appends the event to what is to be sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.data.len() + 64);
        let unbroken = |text: &&str| !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        if let Some(kind) = self.kind.filter(unbroken) {
            line(out, b"event: ", kind.as_bytes());
        }
        if let Some(id) = self.id.filter(unbroken) {
            line(out, b"id: ", id.as_bytes());
        }
        if let Some(retry) = self.retry {
            line(out, b"retry: ", retry.to_string().as_bytes());
        }
        let mut rest = self.data;
        while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
            let (one, after) = rest.split_at(end);
            line(out, b"data: ", one);
            rest = after.strip_prefix(b"\r\n").or(after.get(1..)).unwrap_or_default();
        }
        line(out, b"data: ", rest);
        out.push(b'\n');
    }
}

fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Appends a comment, which readers pass over and which keeps a connection from being taken for dead.
pub fn comment(out: &mut Vec<u8>) {
    out.extend_from_slice(b":\n\n");
}

#[cfg(test)]
mod tests;
