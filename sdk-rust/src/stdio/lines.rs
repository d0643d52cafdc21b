//! Bytes to lines, whichever way they are cut when they are read.

use crate::transport::{Batch, Frame};

/// How much of a line that is too long is kept, to find out what it was about.
const BEGINNING: usize = 1024;

/// A splitter of what is read, piece by piece.
pub(super) struct Lines {
    limit: usize,
    /// What was read of a line that has no end yet.
    begun: Vec<u8>,
    /// Whether the rest of the line is passed over, since it is too long.
    skipping: bool,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        Lines { limit, begun: Vec::new(), skipping: false }
    }

    /// Takes what was read; nothing is the end.
    pub(super) fn take(&mut self, piece: &[u8], batch: &mut Batch) {
        if piece.is_empty() { self.finish(batch) } else { self.feed(piece, batch) }
    }

    /// Takes the next piece; gives the lines that end in it. Empty ones are left out.
    pub(super) fn feed(&mut self, piece: &[u8], batch: &mut Batch) {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            self.extend(piece.get(from..end).unwrap_or_default(), batch);
            self.end(batch);
            from = end + 1;
        }
        self.extend(piece.get(from..).unwrap_or_default(), batch);
    }

    /// Nothing follows: what has no end is a line, too.
    pub(super) fn finish(&mut self, batch: &mut Batch) {
        self.end(batch);
    }

    fn extend(&mut self, part: &[u8], batch: &mut Batch) {
        if self.skipping {
            return;
        }
        if self.begun.len() + part.len() <= self.limit {
            self.begun.extend_from_slice(part);
            return;
        }
        let mut beginning = std::mem::take(&mut self.begun);
        beginning.extend_from_slice(part.get(..BEGINNING).unwrap_or(part));
        beginning.truncate(BEGINNING);
        batch.push(Frame::TooLong { beginning, limit: self.limit });
        self.skipping = true;
    }

    fn end(&mut self, batch: &mut Batch) {
        let line = std::mem::take(&mut self.begun);
        if !std::mem::take(&mut self.skipping) && !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        {
            batch.push(Frame::Message(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Frame {
        Frame::Message(text.as_bytes().to_vec())
    }

    fn too_long(beginning: &str) -> Frame {
        Frame::TooLong { beginning: beginning.as_bytes().to_vec(), limit: 8 }
    }

    #[test]
    fn lines_are_found_however_the_bytes_are_cut() {
        let text = "one\n\r\n\ntwo é\nlonger than eight\nfour\r\n12345678\nthe end";
        let expected = [
            message("one"),
            message("two é"),
            too_long("longer than eight"),
            message("four\r"),
            message("12345678"),
            message("the end"),
        ];
        for size in 1..=text.len() {
            let mut lines = Lines::new(8);
            let mut batch = Batch::new();
            for piece in text.as_bytes().chunks(size) {
                lines.feed(piece, &mut batch);
            }
            lines.finish(&mut batch);
            for (found, expected) in batch.iter().zip(&expected) {
                match (found, expected) {
                    // How much of it has been read when it becomes too long depends on the cut.
                    (Frame::TooLong { beginning, limit }, Frame::TooLong { beginning: all, limit: same }) => {
                        assert!(all.starts_with(beginning) && limit == same, "{found:?} in pieces of {size}");
                    }
                    _ => assert_eq!(found, expected, "in pieces of {size}"),
                }
            }
            assert_eq!(batch.len(), expected.len(), "in pieces of {size}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_long_line_is_kept() {
        let mut lines = Lines::new(4000);
        let mut batch = Batch::new();
        lines.feed(&[b'x'; 3000], &mut batch);
        lines.feed(&[b'x'; 3000], &mut batch);
        lines.feed(&[b'x'; 3000], &mut batch);
        lines.feed(b"\nnext\n", &mut batch);
        lines.finish(&mut batch);
        let expected = [Frame::TooLong { beginning: vec![b'x'; BEGINNING], limit: 4000 }, message("next")];
        assert_eq!(batch, expected);
    }
}
