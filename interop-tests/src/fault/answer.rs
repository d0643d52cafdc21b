//! A server's answer over HTTP as the proxy passes it on: all the same, but that its connection ends with it.
//!
//! The proxy takes one request a connection. A server may say `keep-alive` all the same, though it was asked to close; a
//! client that believed it would send its next request to nobody.

use std::io::{self, Cursor, Read};
use std::net::{Shutdown, TcpStream};

/// Reads an answer, from its first byte on.
pub struct Answer {
    server: TcpStream,
    head: Option<Cursor<Vec<u8>>>,
}

impl Answer {
    pub fn new(server: TcpStream) -> Self {
        Self { server, head: None }
    }

    /// Ends the connection to the server.
    pub fn shutdown(&self) -> io::Result<()> {
        self.server.shutdown(Shutdown::Both)
    }
}

impl Read for Answer {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let head = match &mut self.head {
            Some(head) => head,
            None => self.head.insert(Cursor::new(closing(read_head(&mut self.server)?))),
        };
        match head.read(bytes)? {
            0 => self.server.read(bytes),
            read => Ok(read),
        }
    }
}

/// Up to the empty line, or as far as it goes.
fn read_head(server: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && server.read(&mut byte)? > 0 {
        head.push(byte[0]);
    }
    Ok(head)
}

/// The head of an answer after which the connection is closed.
fn closing(head: Vec<u8>) -> Vec<u8> {
    let Some(lines) = head.strip_suffix(b"\r\n\r\n") else { return head };
    let mut closing = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(b"connection") && !name.eq_ignore_ascii_case(b"keep-alive") {
            closing.extend_from_slice(line.strip_suffix(b"\r\n").unwrap_or(line));
            closing.extend_from_slice(b"\r\n");
        }
    }
    closing.extend_from_slice(b"Connection: close\r\n\r\n");
    closing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_that_its_connection_ends_whatever_it_said() {
        for (head, expected) in [
            (
                "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nA: b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\r\n",
            ),
            ("HTTP/1.1 202 Accepted\r\n\r\n", "HTTP/1.1 202 Accepted\r\n"),
            ("HTTP/1.1 200 OK\r\nA: b\r\nconnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n"),
        ] {
            let closing = String::from_utf8(closing(head.into())).unwrap();
            assert_eq!(closing, format!("{expected}Connection: close\r\n\r\n"));
        }
        assert_eq!(closing(b"HTTP/1.1 2".to_vec()), b"HTTP/1.1 2", "one that is cut stays as it is");
    }

    #[test]
    fn a_head_is_read_to_its_empty_line_and_no_further() {
        let mut answer = &b"HTTP/1.1 200 OK\r\n\r\nbody"[..];
        assert_eq!(read_head(&mut answer).unwrap(), b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(answer, b"body");
    }
}
