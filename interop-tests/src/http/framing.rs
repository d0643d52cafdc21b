//! Cuts one direction of an HTTP/1.1 connection into heads and bodies while the bytes pass through.
//!
//! It decides nothing and changes nothing; only a head is held until it is whole. HEAD, CONNECT and
//! upgrades are not MCP's and not understood.

use crate::error::{Error, Result};

/// A head longer than this is no client of ours.
const HEAD_LIMIT: usize = 256 * 1024;
/// Header lines of one head.
const HEADER_LIMIT: usize = 128;

/// Names and values in the order they came, names as they were written.
pub type Headers = Vec<(String, String)>;

/// What a direction carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client.
    Requests,
    /// From the server.
    Responses,
}

/// The first line of a head, and its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Method and target, or status and reason.
    pub start: (String, String),
    /// The headers.
    pub headers: Headers,
}

impl Head {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A response's status.
    pub fn status(&self) -> u16 {
        self.start.0.parse().unwrap_or(0)
    }
}

/// What was found next.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// A message begins.
    Head(Head),
    /// Some of its body, without the transfer's own bytes.
    Data(Vec<u8>),
    /// A message ends.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// So many bytes of the body are still to come.
    Sized(u64),
    /// The body ends with the connection.
    UntilClosed,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailer,
}

/// The reader of one direction.
#[derive(Debug)]
pub struct Framing {
    direction: Direction,
    state: State,
    /// The head, or the line of a chunk's size or trailer, that is not whole yet.
    held: Vec<u8>,
}

/// One step: how many bytes were looked at, what is to be handed on, and what was found.
#[derive(Debug)]
pub struct Step {
    /// Bytes of the input that are done with.
    pub taken: usize,
    /// Bytes that may now be handed on.
    pub bytes: Vec<u8>,
    /// What they complete.
    pub pieces: Vec<Piece>,
}

impl Framing {
    /// A connection's beginning.
    pub fn new(direction: Direction) -> Self {
        Self { direction, state: State::Head, held: Vec::new() }
    }

    /// Whether the direction may end here: no message is half said.
    pub fn may_end(&self) -> bool {
        self.state == State::UntilClosed || (self.state == State::Head && self.held.is_empty())
    }

    /// Whether a body is under way that only the connection's end ends.
    pub fn ends_with_connection(&self) -> bool {
        self.state == State::UntilClosed
    }

    /// Looks at the next bytes; `input` is not empty.
    pub fn step(&mut self, input: &[u8]) -> Result<Step> {
        match self.state {
            State::Head => self.head(input),
            State::Sized(left) => Ok(self.sized(input, left)),
            State::UntilClosed => {
                Ok(Step { taken: input.len(), bytes: input.to_vec(), pieces: vec![Piece::Data(input.to_vec())] })
            }
            State::Chunk(left) => {
                let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
                let left = left - taken as u64;
                self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                let bytes = input[..taken].to_vec();
                Ok(Step { taken, pieces: vec![Piece::Data(bytes.clone())], bytes })
            }
            State::ChunkSize | State::ChunkEnd | State::Trailer => self.chunk_line(input),
        }
    }

    fn head(&mut self, input: &[u8]) -> Result<Step> {
        let before = self.held.len();
        self.held.extend_from_slice(input);
        let from = before.saturating_sub(3);
        let Some(end) = self.held[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 4)
        else {
            if self.held.len() > HEAD_LIMIT {
                return Err(Error::new(format!("a head of more than {HEAD_LIMIT} bytes")));
            }
            return Ok(Step { taken: input.len(), bytes: Vec::new(), pieces: Vec::new() });
        };
        self.held.truncate(end);
        let bytes = std::mem::take(&mut self.held);
        let head = parse(self.direction, &bytes)?;
        self.state = self.body_of(&head)?;
        let mut pieces = vec![Piece::Head(head)];
        if self.state == State::Head {
            pieces.push(Piece::End);
        }
        Ok(Step { taken: end - before, bytes, pieces })
    }

    /// RFC 9112, section 6.3.
    fn body_of(&self, head: &Head) -> Result<State> {
        if self.direction == Direction::Responses && matches!(head.status(), 100..=199 | 204 | 304) {
            return Ok(State::Head);
        }
        if head.header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked")) {
            return Ok(State::ChunkSize);
        }
        match (head.header("content-length"), self.direction) {
            (Some(length), _) => match length.trim().parse() {
                Ok(0) => Ok(State::Head),
                Ok(length) => Ok(State::Sized(length)),
                Err(_) => Err(Error::new(format!("a Content-Length of {length:?}"))),
            },
            (None, Direction::Requests) => Ok(State::Head),
            (None, Direction::Responses) => Ok(State::UntilClosed),
        }
    }

    fn sized(&mut self, input: &[u8], left: u64) -> Step {
        let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let left = left - taken as u64;
        let bytes = input[..taken].to_vec();
        let mut pieces = vec![Piece::Data(bytes.clone())];
        self.state = State::Sized(left);
        if left == 0 {
            self.state = State::Head;
            pieces.push(Piece::End);
        }
        Step { taken, bytes, pieces }
    }

    /// The lines that chunks are framed by. They are handed on as they come.
    fn chunk_line(&mut self, input: &[u8]) -> Result<Step> {
        let end = input.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(input.len());
        let bytes = input[..taken].to_vec();
        self.held.extend_from_slice(&bytes);
        let mut pieces = Vec::new();
        if end.is_some() {
            let line = std::mem::take(&mut self.held);
            let line = line.trim_ascii();
            self.state = match (self.state, line.is_empty()) {
                (State::ChunkEnd, _) => State::ChunkSize,
                (State::Trailer, true) => {
                    pieces.push(Piece::End);
                    State::Head
                }
                (State::Trailer, false) => State::Trailer,
                _ => match chunk_size(line)? {
                    0 => State::Trailer,
                    size => State::Chunk(size),
                },
            };
        }
        Ok(Step { taken, bytes, pieces })
    }
}

fn chunk_size(line: &[u8]) -> Result<u64> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| Error::new(format!("a chunk's size of {text:?}")))
}

fn parse(direction: Direction, bytes: &[u8]) -> Result<Head> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LIMIT];
    let wrong = |error: httparse::Error| Error::new(format!("no head of HTTP/1.1: {error}"));
    let (start, headers) = match direction {
        Direction::Requests => {
            let mut head = httparse::Request::new(&mut lines);
            head.parse(bytes).map_err(wrong)?;
            let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
            ((word(head.method), word(head.path)), head.headers)
        }
        Direction::Responses => {
            let mut head = httparse::Response::new(&mut lines);
            head.parse(bytes).map_err(wrong)?;
            let status = head.code.unwrap_or_default().to_string();
            ((status, head.reason.unwrap_or_default().to_owned()), head.headers)
        }
    };
    let text =
        |header: &httparse::Header<'_>| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned());
    Ok(Head { start, headers: headers.iter().map(text).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds bytes in pieces of a size; answers the bodies, and checks that every byte is handed on.
    fn bodies(direction: Direction, wire: &str, size: usize) -> (Vec<String>, Framing) {
        let mut framing = Framing::new(direction);
        let (mut handed_on, mut bodies, mut body) = (Vec::new(), Vec::new(), Vec::new());
        for mut input in wire.as_bytes().chunks(size) {
            while !input.is_empty() {
                let step = framing.step(input).unwrap();
                handed_on.extend(step.bytes);
                input = &input[step.taken..];
                for piece in step.pieces {
                    match piece {
                        Piece::Head(_) => body.clear(),
                        Piece::Data(bytes) => body.extend(bytes),
                        Piece::End => bodies.push(String::from_utf8(std::mem::take(&mut body)).unwrap()),
                    }
                }
            }
        }
        let handed_on = String::from_utf8(handed_on).unwrap();
        assert!(wire.starts_with(&handed_on) && (handed_on == wire || !framing.may_end()), "{handed_on}");
        (bodies, framing)
    }

    #[test]
    fn bodies_are_cut_by_length_by_chunks_and_by_status_however_the_bytes_arrive() {
        use Direction::{Requests, Responses};
        for (direction, wire, expected) in [
            (Requests, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\n\r\n", &["abc", ""][..]),
            (
                Responses,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n",
                &["abcde"],
            ),
            (Responses, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", &["", ""]),
            (Responses, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", &["", "x"]),
        ] {
            for size in [1, 2, 7, 1000] {
                let (found, framing) = bodies(direction, wire, size);
                assert_eq!(found, expected, "{size} of {wire}");
                assert!(framing.may_end());
            }
        }
    }

    #[test]
    fn what_is_half_said_may_not_end() {
        for (wire, may_end) in [
            ("HTTP/1.1 200 OK\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", true),
        ] {
            assert_eq!(bodies(Direction::Responses, wire, 5).1.may_end(), may_end, "{wire}");
        }
    }

    #[test]
    fn what_is_no_http_is_an_error() {
        let mut framing = Framing::new(Direction::Requests);
        assert!(framing.step(b"{\"jsonrpc\":\"2.0\"}\r\n\r\n").is_err());
    }
}
