//! `tee`: stands between a client and the server it starts, copies every byte both ways, and records
//! the lines. It never holds a byte back: what one read brings is handed on by the next write.
//!
//! Exit status, end of input and signals pass through, so neither side can tell that it is there.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process::start_server;
use crate::recording::{Event, Moment, Recorder, Side, line_event};

/// How long output may still come after the server's own process ended. A grandchild can hold the
/// pipe open for ever; what a server wrote itself is in the pipe already and takes no time to read.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// One pipe's worth: a larger buffer would never fill, a smaller one costs system calls.
const CHUNK: usize = 64 * 1024;

/// Runs `server` with everything recorded to `recording`; returns the server's exit status.
pub fn tee(recording: &Path, server: &[String]) -> Result<ExitStatus> {
    let recorder = Recorder::open(recording)?;
    let mut child = start_server(server, recording, Stdio::piped())?;
    let pid = child.id();
    recorder.record(Event::Start { pid }).map_err(|error| Error::at(recording, error))?;
    signals::pass_on(pid)?;

    let (done, finished) = mpsc::channel();
    let outputs = copy_outputs(&mut child, &recorder, &done);
    if let Some(stdin) = child.stdin.take() {
        let recorder = recorder.clone();
        // Not joined: it waits for a client that may stay silent long after the server has ended.
        thread::spawn(move || copy_input(stdin, recorder, pid));
    }
    let status = child.wait().map_err(|error| Error::new(format!("waiting for the server: {error}")))?;
    for _ in 0..outputs {
        let _ = finished.recv_timeout(LAST_OUTPUT);
    }
    recorder.record(Event::Exit { status: status.code() }).map_err(|error| Error::at(recording, error))?;
    Ok(status)
}

/// Ends this process the way the server ended: by the same status, or by the same signal.
pub fn exit_like(status: ExitStatus) -> ! {
    signals::raise_like(status);
    std::process::exit(status.code().unwrap_or(1))
}

fn copy_outputs(child: &mut Child, recorder: &Recorder, done: &Sender<()>) -> usize {
    let mut copies = 0;
    if let Some(stdout) = child.stdout.take() {
        let (recorder, done, pid) = (recorder.clone(), done.clone(), child.id());
        copies += 1;
        thread::spawn(move || {
            let lines = Lines::new(recorder, |bytes, whole| line_event(Side::Server, bytes, whole));
            let outcome = copy(stdout, io::stdout(), lines, Some(Event::Eof { from: Side::Server }))
                .and_then(|()| close_output());
            stop_on_failed_recording(outcome, pid);
            let _ = done.send(());
        });
    }
    if let Some(stderr) = child.stderr.take() {
        let (recorder, done, pid) = (recorder.clone(), done.clone(), child.id());
        copies += 1;
        thread::spawn(move || {
            let lines = Lines::new(recorder, |bytes, _| Event::Stderr { text: String::from_utf8_lossy(bytes).into() });
            stop_on_failed_recording(copy(stderr, io::stderr(), lines, None), pid);
            let _ = done.send(());
        });
    }
    copies
}

fn copy_input(stdin: ChildStdin, recorder: Recorder, pid: u32) {
    let lines = Lines::new(recorder, |bytes, whole| line_event(Side::Client, bytes, whole));
    let end = Some(Event::Eof { from: Side::Client });
    stop_on_failed_recording(copy(io::stdin(), stdin, lines, end), pid);
}

/// Copies until the reader ends or the writer is gone; fails only when recording fails. Dropping both
/// ends on return is what tells the other side.
fn copy(
    mut from: impl Read,
    mut to: impl Write,
    mut lines: Lines<impl Fn(&[u8], bool) -> Event>,
    end: Option<Event>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        lines.take(&chunk[..read])?;
        if to.write_all(&chunk[..read]).and_then(|()| to.flush()).is_err() {
            break;
        }
    }
    lines.end(end)
}

/// A recorder that cannot record must not let the run pass as if nothing had been said.
fn stop_on_failed_recording(outcome: io::Result<()>, server: u32) {
    if let Err(error) = outcome {
        eprintln!("isogloss-interop tee: cannot record: {error}");
        signals::kill(server);
    }
}

/// Cuts a stream into lines and records each as soon as its line feed is seen: as of the moment in which the last of its
/// other bytes came, since who does not wait for line feeds may have read it by then, and answered.
struct Lines<F> {
    recorder: Recorder,
    event: F,
    open: Vec<u8>,
    came: Option<Moment>,
}

impl<F: Fn(&[u8], bool) -> Event> Lines<F> {
    fn new(recorder: Recorder, event: F) -> Self {
        Self { recorder, event, open: Vec::new(), came: None }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.open.extend_from_slice(piece);
            if piece != b"\n" || self.came.is_none() {
                self.came = Some(self.recorder.moment());
            }
            if self.open.last() == Some(&b'\n') {
                self.open.pop();
                self.record(true)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, whole: bool) -> io::Result<()> {
        let came = self.came.take().unwrap_or_else(|| self.recorder.moment());
        self.recorder.record_at(came, (self.event)(&self.open, whole))?;
        self.open.clear();
        Ok(())
    }

    fn end(&mut self, end: Option<Event>) -> io::Result<()> {
        if !self.open.is_empty() {
            self.record(false)?;
        }
        end.map_or(Ok(()), |event| self.recorder.record(event))
    }
}

/// The reader of our output sees its end, as it would see the server's; we go on.
#[cfg(unix)]
pub fn close_output() -> io::Result<()> {
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    Ok(rustix::stdio::dup2_stdout(&nowhere)?)
}

/// Elsewhere the end of our output is the end of this program.
#[cfg(not(unix))]
pub fn close_output() -> io::Result<()> {
    Ok(())
}

/// Ends a server that this program started.
pub fn kill(server: u32) {
    signals::kill(server);
}

#[cfg(unix)]
mod signals {
    //! A client ends its server with a signal; that signal must reach the server and not stop here.

    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    use crate::error::{Error, Result};

    pub fn pass_on(server: u32) -> Result<()> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| Error::new(format!("cannot listen for signals: {error}")))?;
        thread::spawn(move || {
            for signal in signals.forever() {
                let signal = match signal {
                    SIGHUP => Signal::HUP,
                    SIGINT => Signal::INT,
                    _ => Signal::TERM,
                };
                send(server, signal);
            }
        });
        Ok(())
    }

    pub fn kill(server: u32) {
        send(server, Signal::KILL);
    }

    fn send(server: u32, signal: Signal) {
        if let Some(pid) = i32::try_from(server).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    pub fn raise_like(status: ExitStatus) {
        if let Some(signal) = status.signal() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

#[cfg(not(unix))]
mod signals {
    //! Elsewhere a client ends its server by terminating it, which closes the server's input.

    use std::process::ExitStatus;

    use crate::error::Result;

    pub fn pass_on(_server: u32) -> Result<()> {
        Ok(())
    }

    pub fn kill(_server: u32) {}

    pub fn raise_like(_status: ExitStatus) {}
}
