//! Newline framing: over the standard streams of this process, and over those of a child (`child.rs`). What a line
//! says is not looked at.

mod child;
mod lines;

use std::future::Future;
use std::io::{self, Read, Write};
use std::thread;

use tokio::sync::oneshot;

use crate::protocol::limits;
use crate::transport::{Batch, Frame, Receiver, Sender, Transport};

pub(crate) use child::child;
use lines::Lines;

/// How much is read at a time, and about how much is written.
const CHUNK: usize = 64 * 1024;

/// This process's standard input and output as a transport, and what to wait for until all is written. From now on
/// they are the transport's alone: see [`Streams::take`].
pub(crate) fn standard() -> io::Result<(Transport, impl Future<Output = ()>)> {
    let streams = Streams::take()?;
    let (input, mut output) = (streams.input()?, streams.output()?);
    let (near, far) = Transport::pair();
    let (sender, receiver) = far.split();
    // A thread that reads cannot be stopped, so nobody waits for it: it ends with the input or with the process.
    thread::Builder::new().name(String::from("isogloss-stdin")).spawn(move || read(input, &sender))?;
    let (done, written) = oneshot::channel();
    thread::Builder::new().name(String::from("isogloss-stdout")).spawn(move || {
        // A client that no longer reads has closed the connection, which the input shows.
        let _ = write(receiver, &mut output);
        drop(streams);
        let _ = done.send(());
    })?;
    Ok((near, async {
        // If the thread is gone, so is all that it could write.
        let _ = written.await;
    }))
}

fn read(mut input: impl Read, sender: &Sender) {
    let mut lines = Lines::new(limits::MAX_MESSAGE);
    let mut chunk = vec![0; CHUNK];
    loop {
        let mut batch = Batch::new();
        let count = match input.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        match count {
            0 => lines.finish(&mut batch),
            count => lines.feed(chunk.get(..count).unwrap_or_default(), &mut batch),
        }
        let closed = !batch.is_empty() && sender.send_blocking(batch).is_err();
        if closed || count == 0 {
            return;
        }
    }
}

fn write(mut receiver: Receiver, output: &mut impl Write) -> io::Result<()> {
    let mut text = Vec::with_capacity(CHUNK);
    while let Some(batch) = receiver.receive_blocking() {
        text.clear();
        append(&mut text, batch);
        while text.len() < CHUNK
            && let Some(batch) = receiver.receive_now()
        {
            append(&mut text, batch);
        }
        output.write_all(&text)?;
        output.flush()?;
    }
    Ok(())
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

/// The standard streams, kept for the wire. While this lives, standard input is empty and standard output is standard
/// error, for the program itself and for its children: nothing of theirs gets between the messages.
#[cfg(unix)]
struct Streams {
    input: std::os::fd::OwnedFd,
    output: std::os::fd::OwnedFd,
}

#[cfg(unix)]
impl Streams {
    fn take() -> io::Result<Self> {
        use std::os::fd::AsFd;
        io::stdout().flush()?;
        let streams = Streams {
            input: io::stdin().as_fd().try_clone_to_owned()?,
            output: io::stdout().as_fd().try_clone_to_owned()?,
        };
        rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(streams)
    }

    fn input(&self) -> io::Result<impl Read + Send + 'static> {
        self.input.try_clone().map(std::fs::File::from)
    }

    fn output(&self) -> io::Result<impl Write + Send + 'static> {
        self.output.try_clone().map(std::fs::File::from)
    }
}

#[cfg(unix)]
impl Drop for Streams {
    /// Gives them back.
    fn drop(&mut self) {
        // Where that fails there is nobody to tell: standard output is what is being restored.
        let _ = io::stdout().flush();
        let _ = rustix::stdio::dup2_stdin(&self.input);
        let _ = rustix::stdio::dup2_stdout(&self.output);
    }
}

/// The standard streams. Without a way to put something else in their place they stay those of the program, too.
#[cfg(not(unix))]
struct Streams;

#[cfg(not(unix))]
impl Streams {
    fn take() -> io::Result<Self> {
        Ok(Streams)
    }

    fn input(&self) -> io::Result<impl Read + Send + 'static> {
        Ok(io::stdin())
    }

    fn output(&self) -> io::Result<impl Write + Send + 'static> {
        Ok(io::stdout())
    }
}
