//! `proxy`: starts an HTTP server and a recording proxy before it, for as long as its own standard input
//! is open. It is to HTTP what `tee` is to standard streams; the server's output is recorded too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::Proxy;
use crate::error::{Error, Result};
use crate::recording::{Event, Recorder, Side};
use crate::tee::MARK;

/// A server is to serve within three seconds of its start; a machine that compiles gives it less of them.
const START: Duration = Duration::from_secs(30);

/// The first line of a server's output.
#[derive(Deserialize)]
struct Ready {
    url: String,
}

type SharedRecorder = Arc<Mutex<Recorder>>;

/// Runs `server`, prints where its proxy is, and ends it when standard input is closed.
pub fn proxy(recording: &Path, server: &[String]) -> Result<()> {
    let recorder = Recorder::open(recording).map_err(|error| Error::at(recording, error))?;
    let recorder = Arc::new(Mutex::new(recorder));
    let mut child = start(recording, server)?;
    let outcome = serve(&mut child, &recorder);
    let ended = child.try_wait().ok().flatten();
    let _ = child.kill();
    let _ = child.wait();
    write(&recorder, Event::Exit { status: ended.and_then(|status| status.code()) })
        .map_err(|error| Error::at(recording, error))?;
    outcome
}

fn start(recording: &Path, server: &[String]) -> Result<Child> {
    let (program, args) = server.split_first().ok_or_else(|| Error::new("proxy: no server command after --"))?;
    Command::new(program)
        .args(args)
        .env(MARK, recording)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::new(format!("{program}: cannot be started: {error}")))
}

fn serve(child: &mut Child, recorder: &SharedRecorder) -> Result<()> {
    let cannot = |error: io::Error| Error::new(format!("cannot record: {error}"));
    write(recorder, Event::Start { pid: child.id() }).map_err(cannot)?;
    if let Some(stderr) = child.stderr.take() {
        let recorder = Arc::clone(recorder);
        thread::spawn(move || note(BufReader::new(stderr), &recorder));
    }
    let url = first_url(child, recorder)?;
    let proxy = Proxy::start(&url, Arc::clone(recorder))?;
    let mut stdout = io::stdout();
    let line = serde_json::json!({ "url": proxy.url() });
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(|e| Error::new(format!("standard output: {e}")))?;
    // Whatever is said there: the end is what counts.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    if child.try_wait().is_ok_and(|status| status.is_none()) {
        write(recorder, Event::Eof { from: Side::Client }).map_err(cannot)?;
    }
    Ok(())
}

/// Waits for the server's first line; what follows it is noted like its standard error.
fn first_url(child: &mut Child, recorder: &SharedRecorder) -> Result<String> {
    let stdout = child.stdout.take().ok_or_else(|| Error::new("the server has no standard output"))?;
    let (sender, first) = mpsc::channel();
    let recorder = Arc::clone(recorder);
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let _ = stdout.read_line(&mut line);
        let _ = sender.send(line);
        note(stdout, &recorder);
    });
    match first.recv_timeout(START) {
        Ok(line) => serde_json::from_str::<Ready>(&line)
            .map(|ready| ready.url)
            .map_err(|_| Error::new(format!("the server's first line is {line:?}, expected {{\"url\":\"http://…\"}}"))),
        Err(RecvTimeoutError::Timeout) => {
            Err(Error::new(format!("the server said no URL within {} s", START.as_secs())))
        }
        Err(RecvTimeoutError::Disconnected) => Err(Error::new("the server ended without a word")),
    }
}

/// Records lines that are no messages until there are no more.
fn note(reader: BufReader<impl Read>, recorder: &SharedRecorder) {
    for line in reader.split(b'\n').map_while(io::Result::ok) {
        let text = String::from_utf8_lossy(&line).into_owned();
        if write(recorder, Event::Stderr { text }).is_err() {
            return;
        }
    }
}

fn write(recorder: &SharedRecorder, event: Event) -> io::Result<()> {
    recorder.lock().unwrap_or_else(PoisonError::into_inner).record(event)
}
