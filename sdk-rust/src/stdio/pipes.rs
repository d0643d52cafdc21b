//! Pipes and sockets, which the runtime can wait for: no thread, and no hop between threads, for a message.
//!
//! A pipe is opened anew, so that not waiting is a matter of this process alone and of nobody who shares the stream.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as Socket;

use tokio::io::AsyncWrite;
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::waiting;
use crate::transport::{Receiver, Sender};

/// Where a stream can be opened anew.
fn path(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn socket(file: File) -> io::Result<UnixStream> {
    let socket = Socket::from(OwnedFd::from(file));
    socket.set_nonblocking(true)?;
    UnixStream::from_std(socket)
}

/// Reads lines as they come, if this is a stream that can be waited for; gives it back if not.
pub(super) fn read(input: File, sender: Sender) -> Result<(), (File, Sender)> {
    let kind = input.metadata().map(|about| about.file_type());
    match kind {
        Ok(kind) if kind.is_fifo() => match pipe::OpenOptions::new().open_receiver(path(&input)) {
            Ok(pipe) => tokio::spawn(waiting::read(pipe, sender)),
            Err(_) => return Err((input, sender)),
        },
        Ok(kind) if kind.is_socket() => match input.try_clone().and_then(socket) {
            Ok(socket) => tokio::spawn(waiting::read(socket, sender)),
            Err(_) => return Err((input, sender)),
        },
        _ => return Err((input, sender)),
    };
    Ok(())
}

/// Writes lines as they come, if this is a stream that can be waited for; gives it back if not. What it gives ends
/// when all is written.
pub(super) fn write(output: File, receiver: Receiver) -> Result<oneshot::Receiver<()>, (File, Receiver)> {
    let (done, written) = oneshot::channel();
    let kind = output.metadata().map(|about| about.file_type());
    match kind {
        Ok(kind) if kind.is_fifo() => match pipe::OpenOptions::new().open_sender(path(&output)) {
            Ok(pipe) => tokio::spawn(writing(pipe, receiver, done)),
            Err(_) => return Err((output, receiver)),
        },
        Ok(kind) if kind.is_socket() => match output.try_clone().and_then(socket) {
            Ok(socket) => tokio::spawn(writing(socket, receiver, done)),
            Err(_) => return Err((output, receiver)),
        },
        _ => return Err((output, receiver)),
    };
    Ok(written)
}

async fn writing(output: impl AsyncWrite + Unpin, receiver: Receiver, done: oneshot::Sender<()>) {
    waiting::write(output, receiver).await;
    let _ = done.send(());
}

/// Has a socket wait again, for whoever uses the stream next.
pub(super) fn give_back(stream: &OwnedFd) {
    let Ok(stream) = stream.try_clone().map(File::from) else { return };
    if stream.metadata().is_ok_and(|about| about.file_type().is_socket()) {
        // Where that fails there is nobody to tell.
        let _ = Socket::from(OwnedFd::from(stream)).set_nonblocking(false);
    }
}
