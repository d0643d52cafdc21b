//! Lines in, lines out, in one thread: all that one read brought is answered in one write.

use std::io::{self, Read, Write};

use crate::answer::answer;

/// What a pipe holds.
const CHUNK: usize = 64 * 1024;

/// Serves until standard input ends.
pub fn serve() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut chunk = vec![0; CHUNK];
    // Where in `chunk` the bytes of a line that has not ended yet are.
    let mut held = 0;
    let mut out = Vec::with_capacity(CHUNK);
    loop {
        if held == chunk.len() {
            chunk.resize(2 * held, 0);
        }
        let count = input.read(&mut chunk[held..])?;
        if count == 0 {
            return Ok(());
        }
        let filled = held + count;
        let mut begin = 0;
        while let Some(length) = memchr::memchr(b'\n', &chunk[begin.max(held)..filled]) {
            let end = begin.max(held) + length;
            answer(&chunk[begin..end], &mut out);
            out.push(b'\n');
            begin = end + 1;
        }
        chunk.copy_within(begin..filled, 0);
        held = filled - begin;
        output.write_all(&out)?;
        output.flush()?;
        out.clear();
    }
}
