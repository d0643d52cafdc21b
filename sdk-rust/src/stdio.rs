//! Newline framing: over the standard streams of this process, and over those of a child (`child.rs`). What a line
//! says is not looked at.

mod child;
mod lines;
#[cfg(target_os = "linux")]
mod pipes;
mod streams;
mod threads;
mod waiting;

use std::future::Future;
use std::io;

use tokio::sync::oneshot;

use crate::transport::{Batch, Frame, Receiver, Sender, Transport};

pub(crate) use child::child;
use streams::Streams;

/// How much is read at a time, and about how much is written.
const CHUNK: usize = 64 * 1024;

/// The lines of a stream that comes in these pieces.
#[cfg(any(test, fuzzing))]
pub(crate) fn lines_of<'p>(limit: usize, pieces: impl IntoIterator<Item = &'p [u8]>) -> Batch {
    let (mut lines, mut batch) = (lines::Lines::new(limit), Batch::new());
    pieces.into_iter().for_each(|piece| lines.feed(piece, &mut batch));
    lines.finish(&mut batch);
    batch
}

/// This process's standard input and output as a transport, and what to wait for until all is written. From now on
/// they are the transport's alone: see [`Streams::take`].
pub(crate) fn standard() -> io::Result<(Transport, impl Future<Output = ()>)> {
    let streams = Streams::take()?;
    let (near, far) = Transport::pair();
    let (sender, receiver) = far.split();
    read(&streams, sender)?;
    let written = write(&streams, receiver)?;
    Ok((near, async move {
        // If whoever writes is gone, so is all that it could write.
        let _ = written.await;
        drop(streams);
    }))
}

#[cfg(target_os = "linux")]
fn read(streams: &Streams, sender: Sender) -> io::Result<()> {
    match pipes::read(streams.input()?, sender) {
        Ok(()) => Ok(()),
        Err((input, sender)) => threads::read(input, sender),
    }
}

#[cfg(target_os = "linux")]
fn write(streams: &Streams, receiver: Receiver) -> io::Result<oneshot::Receiver<()>> {
    match pipes::write(streams.output()?, receiver) {
        Ok(written) => Ok(written),
        Err((output, receiver)) => threads::write(output, receiver),
    }
}

#[cfg(not(target_os = "linux"))]
fn read(streams: &Streams, sender: Sender) -> io::Result<()> {
    threads::read(streams.input()?, sender)
}

#[cfg(not(target_os = "linux"))]
fn write(streams: &Streams, receiver: Receiver) -> io::Result<oneshot::Receiver<()>> {
    threads::write(streams.output()?, receiver)
}

/// What goes out in one write: a batch, and those that are there already.
fn gather(text: &mut Vec<u8>, batch: Batch, receiver: &mut Receiver) {
    text.clear();
    append(text, batch);
    while text.len() < CHUNK
        && let Some(batch) = receiver.receive_now()
    {
        append(text, batch);
    }
}

/// Adds messages as lines.
fn append(text: &mut Vec<u8>, batch: Batch) {
    for frame in batch {
        if let Frame::Message(message) = frame {
            text.extend_from_slice(&message);
            text.push(b'\n');
        }
    }
}
